"""``python -m benchmarks.pulls``: rows a second from a PostgreSQL table and from a paged service, beside dlt in one run.

Ours is counted from the first question to committed bronze (one snapshot or a list safe against moving rows, the original
kept by its digest, every check of the contract); dlt's from the first question to Parquet files, its cheapest destination.
dlt lives in an environment of its own (``make install-peers``); without it only our own figures are shown.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import watched
from benchmarks.pulls import servers

MODULE = "benchmarks.pulls.measured"
PEER_PYTHON = ".venv-peers/bin/python"


def ratio(what: str, arguments: list[str], folder: Path, rounds: int) -> float:
    """Our rows a second over dlt's, the median of ``rounds`` in which the two take turns; infinity without dlt."""
    ratios = []
    for number in range(rounds):
        speeds = {}
        for name, python in (("ours", sys.executable), ("dlt", PEER_PYTHON)):
            if not Path(python).exists():
                continue
            place, *more = arguments
            into = folder / f"{name}-{number}"
            found = watched.measured(python, MODULE, f"{name}_{what}", place, str(into), *more)
            shutil.rmtree(into)
            speeds[name] = found["rows"] / found["seconds"]
            print(f"{' '.join([what, *more])}, {name}: {speeds[name]:,.0f} rows/s; {found}", flush=True)
        ratios.append(speeds["ours"] / speeds["dlt"] if "dlt" in speeds else float("inf"))
    return sorted(ratios)[rounds // 2]


def main() -> int:
    """Measure, print, and fail where dlt is faster."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pulls")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the table; 0 leaves it out")
    parser.add_argument("--records", type=int, default=100_000, help="of the service; 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    verdicts: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="benchmark-pulls-") as name:
        folder = Path(name)
        if options.rows:
            with servers.database(folder, options.rows) as place:
                verdicts["the table"] = ratio("database", [str(place)], folder, options.rounds)
        if options.records:
            with servers.service(folder, options.records) as address:
                for paging in ("offset", "number"):
                    verdicts[f"the service by {paging}"] = ratio("service", [address, paging], folder, options.rounds)
    if not Path(PEER_PYTHON).exists():
        print(f"left out: dlt, as there is no {PEER_PYTHON} (make install-peers makes it)")
        return 0
    for text, faster in verdicts.items():
        print(f"{'holds' if faster > 1 else 'FAILS'}: {text}, {faster:.2f} times dlt's rows a second (more than 1)")
    return 0 if all(faster > 1 for faster in verdicts.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
