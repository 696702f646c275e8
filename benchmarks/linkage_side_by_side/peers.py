"""``python -m benchmarks.linkage_side_by_side.peers PEER FOLDER``: one peer links the prepared records in its own environment.

``FOLDER`` holds ``registry_read.parquet`` and ``records_read.parquet`` (names and codes already read and normalised by our own
reading, so that a peer loses nothing to brackets, width or case). The peer writes ``PEER.parquet`` (record, uscc, score; the
best enterprise of each record it can tell apart) and prints its seconds and its peak of memory.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

RAPIDFUZZ_SAMPLE = 300


def exact(folder: Path) -> pa.Table:
    """The code when it is in the register, else the name when one enterprise bears it."""
    return (
        _connect(folder)
        .execute("""
        with by_code as (select r.unique_id as record, e.uscc, 2.0 as score from records r join registry e on r.code = e.code),
        single as (select name_key, min(uscc) as uscc from registry group by name_key having count(*) = 1),
        by_name as (
            select r.unique_id as record, s.uscc, 1.0 as score from records r join single s using (name_key)
            where r.unique_id not in (select record from by_code)
        )
        select * from by_code union all select * from by_name
    """)
        .to_arrow_table()
    )


def rapidfuzz(folder: Path) -> pa.Table:
    """Brute force over all names for a sample of the records; a code in the register decides first."""
    from rapidfuzz import fuzz, process

    registry = pq.read_table(folder / "registry_read.parquet", columns=["uscc", "code", "name_key"])
    records = pq.read_table(folder / "records_read.parquet", columns=["unique_id", "code", "name_key"]).to_pylist()
    codes, names = registry["uscc"].to_pylist(), registry["name_key"].to_pylist()
    by_code = {code: uscc for code, uscc in zip(registry["code"].to_pylist(), codes, strict=True) if code}
    out = []
    for record in random.Random(1).sample(records, min(RAPIDFUZZ_SAMPLE, len(records))):
        if record["code"] in by_code:
            out.append((record["unique_id"], by_code[record["code"]], 101.0))
            continue
        found = process.extract(record["name_key"] or "", names, scorer=fuzz.ratio, limit=2, score_cutoff=60)
        tied = len(found) == 2 and found[0][1] == found[1][1]
        out.append(
            (record["unique_id"], codes[found[0][2]] if found and not tied else None, found[0][1] if found else 0)
        )
    return pa.table([list(column) for column in zip(*out, strict=True)], names=["record", "uscc", "score"])


def splink(folder: Path) -> pa.Table:
    """Splink 5 on DuckDB with the settings of ``splink_settings``; a tie for the best is left unlinked."""
    import splink as library

    from benchmarks.linkage_side_by_side.splink_settings import settings

    connection = _connect(folder)
    engine = library.DuckDBAPI(connection)
    sides = [engine.register(side, dataset_display_name=side) for side in ("records", "registry")]
    linker = library.Linker(sides, settings(), log_level="ERROR")
    pairs = linker.inference.predict(threshold_match_weight=-5).physical_name
    left_is_record = "p.source_dataset_l = 'records'"
    return connection.execute(f"""
        with pairs as (
            select
                case when {left_is_record} then p.unique_id_l else p.unique_id_r end as record,
                case when {left_is_record} then p.unique_id_r else p.unique_id_l end as enterprise,
                p.match_weight as score
            from {pairs} p
        ),
        ranked as (
            select *, row_number() over w as place, lead(score) over w as next_score from pairs
            window w as (partition by record order by score desc)
        )
        select r.record, e.uscc, r.score from ranked r join registry e on r.enterprise = e.unique_id
        where r.place = 1 and (r.next_score is null or r.next_score < r.score)
    """).to_arrow_table()


PEERS: dict[str, Callable[[Path], pa.Table]] = {"exact": exact, "rapidfuzz": rapidfuzz, "splink": splink}


def _connect(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    for side in ("registry", "records"):
        connection.execute(f"create table {side} as select * from read_parquet('{folder / side}_read.parquet')")
    return connection


def main() -> None:
    """Run the peer that the command line names."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    started = time.perf_counter()
    pq.write_table(PEERS[name](folder), folder / f"{name}.parquet")
    print(json.dumps({"seconds": time.perf_counter() - started, "peak_gigabytes": _peak()}))


def _peak() -> float:
    """Peak of this process alone; ``ru_maxrss`` would include its parent's before it started."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e6


if __name__ == "__main__":
    main()
