"""``python -m benchmarks.linkage.fit``: fit the weights of slips and of names without their place, and measure their confidence.

Writes the seeds ``link_slip_weight``, ``link_placeless_weight`` and the rows of both in ``link_confidence``; the same registry
gives the same seeds. Slips, right pairs: names of the registry with one slip made on purpose, beside their enterprise. Wrong
pairs: every registered name as if its enterprise were not registered, beside its nearest neighbour. Both pass through the
models themselves; each half of the enterprises is judged by weights of the other half.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import zlib
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.linkage import noise, placeless
from benchmarks.linkage.weights import MOST_OF_ADDRESS, Graded, Pairs, graded, levels, together, weights, with_products
from lake.progress import Silent
from linkage.matching import MODELS, load_registry, load_subjects
from linkage.models import (
    placeless_evidence,
    placeless_pairs,
    project_folder,
    render,
    slip_evidence,
    slip_pairs,
    weight_columns,
)
from linkage.sheets import Sheet

KINDS = ("extra", "missing", "swapped", "wrong")
# The mix that confidence holds for is that of the benchmark: of 100 records eight have a wrong character, two each other kind
# of slip, and 14 are about enterprises that the registry does not hold.
ABSENT_SHARE = 0.14
# Of the absent names so many are written without their place: one slice of SLICES in so many.
UNPLACED_EVERY = 4
# Fewer wrong pairs say nothing about how evidence counts together.
ENOUGH_FOR_PAIRS = 5_000
SLIP_SHARES = {"extra": 0.019, "missing": 0.019, "swapped": 0.019, "wrong": 0.077}
SLICES = 8
_ZONES = ("in_region", "in_brand", "in_trade")
# Brands of at most four characters, as in the macro short_brand_end.
_SHORT_BRANDS = ("in_short_brand", "brand_of_three", "brand_of_four")
SLIP_MODELS = ("link_slip_gram", "link_slip_frame", "link_slip")
SEEDS = project_folder() / "seeds"


def main() -> None:
    """Fit, measure, write the seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    folder = os.environ.get("CREDITLAKE_REAL_DATA", "")
    parser.add_argument("--registry", type=Path, default=Path(folder) / "registry_national.parquet")
    parser.add_argument("--slips", type=int, default=30_000, help="names spoilt per kind of slip")
    arguments = parser.parse_args()
    with duckdb.connect() as connection:
        connection.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
        names = _prepare(connection, arguments.registry)
        slip_weights, slips = _slips(connection, names, arguments.slips)
        placeless_weights, others = placeless.fit(connection, names)
    confidences = levels([*slips, *others])
    slip_columns = weight_columns(slip_evidence(), slip_pairs())
    placeless_columns = weight_columns(placeless_evidence(), placeless_pairs())
    _write("link_slip_weight", [["slip_kind", *slip_columns], *slip_weights])
    _write("link_placeless_weight", [["method", "grade", *placeless_columns], *placeless_weights])
    fitted = {str(row[0]) for row in confidences}
    with (SEEDS / "link_confidence.csv").open(encoding="utf-8", newline="") as file:
        kept = [row for row in csv.reader(file) if row[0] not in fitted or row[1] in placeless.MEASURED_ELSEWHERE]
    _write("link_confidence", [*kept, *confidences])


def _slips(connection: duckdb.DuckDBPyConnection, names: int, slips: int) -> tuple[list[list[object]], list[Graded]]:
    """Rows of link_slip_weight and scores of pairs."""
    made = _right_pairs(connection, names, slips)
    found = [_wrong_pairs(connection, part) for part in range(SLICES)]
    found += [_wrong_pairs(connection, part, placed=False) for part in range(0, SLICES, UNPLACED_EVERY)]
    fitted: list[list[object]] = []
    judged: list[Graded] = []
    for kind in KINDS:
        pairs = together([made[kind], *(part[kind] for part in found)])
        enough = int((~pairs.right).sum()) >= ENOUGH_FOR_PAIRS
        if enough:
            pairs = with_products(pairs, slip_pairs())
        fitted.append([kind, *weights(pairs, MOST_OF_ADDRESS), *([] if enough else [0.0] * len(slip_pairs()))])
        shares = (SLIP_SHARES[kind] / _made(kind, slips), ABSENT_SHARE / names)
        judged += graded(f"slip_{kind}", "score", pairs, _zones(pairs), shares)
    return fitted, judged


def _zones(pairs: Pairs) -> dict[str, npt.NDArray[np.bool_]]:
    """In which part of the name each slip lies: other firms differ almost only in the brand."""
    held = {name: pairs.evidence[:, list(pairs.names).index(name)] > 0 for name in (*_ZONES, *_SHORT_BRANDS)}
    lies = {name.removeprefix("in_"): held[name] for name in _ZONES}
    short = lies["brand"] & np.logical_or.reduce([held[name] for name in _SHORT_BRANDS])
    form = ~np.logical_or.reduce(list(lies.values()))
    return {**lies, "brand": lies["brand"] & ~short, "short_brand": short, "form": form}


def _made(kind: str, slips: int) -> int:
    return 3 * slips if kind == "wrong" else slips


def _write(seed: str, rows: Sequence[Sequence[object]]) -> None:
    with (SEEDS / f"{seed}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _prepare(connection: duckdb.DuckDBPyConnection, registry: Path) -> int:
    """Load the registry and count its characters; the number of names."""
    table = pq.read_table(registry, columns=["name", "uscc", "province", "city", "address"])
    columns = {"name": "name", "code": "uscc", "province": "province", "city": "city", "address": "address"}
    load_registry(connection, Sheet(table, columns), 2, Silent())
    for model in ("link_trigram", "link_bigram", "link_character", "link_brand_character"):
        connection.execute(f"create table {model} as {render(model)}")
    sounds = SEEDS / "link_character_sound.csv"
    connection.execute(f"create table link_character_sound as select * from read_csv('{sounds}')")
    zeros = ", ".join(f"0.0 as {name}" for name in weight_columns(slip_evidence(), slip_pairs()))
    kinds = ", ".join(f"('{kind}')" for kind in KINDS)
    connection.execute(
        f"create table link_slip_weight as select slip_kind, {zeros} from (values {kinds}) as kinds(slip_kind)"
    )
    counted = connection.execute("select count(*) from enterprise_name").fetchone()
    return int(counted[0]) if counted else 0


def _right_pairs(connection: duckdb.DuckDBPyConnection, names: int, slips: int) -> dict[str, Pairs]:
    rng = random.Random("slips")
    chosen = connection.execute(
        "select name_raw, uscc from enterprise_name where length(name_raw) between 4 and 60 order by hash(uscc) limit ?",
        [min(names, 6 * slips)],
    ).fetchall()
    characters = "".join(name for name, _ in chosen[:20_000])
    kinds = "".join(sorted(set(characters)))
    sounds = dict(connection.execute("select character_text, sound from link_character_sound").fetchall())
    spoil = (
        lambda name: noise.missing(name, rng),
        lambda name: noise.swapped(name, rng),
        lambda name: noise.character_extra(name, rng, characters),
        lambda name: noise.character_wrong(name, rng, characters),
        lambda name: noise.character_wrong(name, rng, kinds),
        lambda name: noise.homophone(name, rng, characters, sounds),
    )
    sent = [spoil[place % len(spoil)](name) for place, (name, _) in enumerate(chosen)]
    load_subjects(connection, Sheet(pa.table({"name": sent}), {"name": "name"}))
    connection.register("chosen", pa.table({"place": range(len(chosen)), "label": [uscc for _, uscc in chosen]}))
    for model in MODELS[: MODELS.index("link_near_pair") + 1] + SLIP_MODELS:
        connection.execute(f"create or replace table {model} as {render(model)}")
    label = "(select label from chosen where chosen.place = link_slip.subject_id)"
    return _pairs(connection, f"uscc = {label}", right=True)


def _wrong_pairs(connection: duckdb.DuckDBPyConnection, part: int, placed: bool = True) -> dict[str, Pairs]:
    """An eighth of the registered names against all others, as they are or (of names that have one) without their place."""
    key, division = ("name_key", "name_division") if placed else ("name_unplaced", "cast(null as varchar)")
    alone = "select name_unplaced from enterprise_name group by name_unplaced having count(*) = 1"
    connection.execute(
        f"create or replace table link_subject as select uscc as subject_id, name_raw, {key} as name_key, name_form, name_brand,"
        f" {division} as name_division, cast(null as varchar) as division_code, address as address_normalised"
        f" from enterprise_name where hash(uscc) % {SLICES} = {part}"
        + ("" if placed else f" and name_unplaced <> name_key and name_unplaced in ({alone})")
    )
    connection.execute(
        "create or replace table link_leftover as select subject_id, name_key, length(name_key) as name_length"
        " from link_subject where length(name_key) between 4 and 60"
    )
    connection.execute(f"create or replace table link_near_pair as {render('link_near_pair')}")
    connection.execute("delete from link_near_pair where subject_id = uscc")
    connection.execute(
        "delete from link_near_pair where (subject_id, name_key) in (select subject_id, name_key from link_subject)"
    )
    for model in SLIP_MODELS:
        connection.execute(f"create or replace table {model} as {render(model, left_out=1)}")
    return _pairs(connection, "true", right=False)


def _pairs(connection: duckdb.DuckDBPyConnection, condition: str, right: bool) -> dict[str, Pairs]:
    names = list(slip_evidence())
    out = {}
    for kind in KINDS:
        table = connection.execute(
            f"select uscc, {', '.join(names)} from link_slip where slip_kind = '{kind}' and is_telling = 0 and rivals = 1"
            f" and {condition} order by subject_id, uscc"
        ).to_arrow_table()
        evidence = np.column_stack([table[name].cast(pa.float64()).to_numpy() for name in names])
        half = np.array([zlib.crc32(uscc.encode()) % 2 == 0 for uscc in table["uscc"].to_pylist()], bool)
        out[kind] = Pairs(names, evidence, np.full(len(half), right), half)
    return out


if __name__ == "__main__":
    main()
