"""``python -m benchmarks.linkage``: match labelled cases against their registry and show the measures by kind.

The registry is ``registry_national.parquet`` of the folder CREDITLAKE_REAL_DATA, or ``--registry FILE`` with the columns name,
uscc, province, city and address. ``--save`` writes the measures by kind (no names) to ``reference.csv``, the frozen run.
``--growth`` matches a tenth of ten times as many cases, then all of them, and compares the times. Ends with code 1 when a
bound is missed.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import sys
import tempfile
import time
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.linkage.cases import Case, make_cases, split
from benchmarks.linkage.measures import HEADER, Bound, bounds, measured, rows
from linkage.matching import DEFAULT_THRESHOLD, match

REFERENCE = Path(__file__).parent / "reference.csv"
SENT = ("name", "code", "region", "address")
TIMES = 10


def main() -> None:
    """Run the benchmark; print one line per kind and one per bound."""
    arguments = _arguments()
    registry = pq.read_table(arguments.registry, columns=["name", "uscc", "province", "city", "address"])
    held, absent = split(registry, arguments.seed)
    cases = make_cases(held, absent, arguments.seed, arguments.per_kind * (TIMES if arguments.growth else 1))
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(held, Path(folder) / "registry.parquet")
        if arguments.growth:
            checked = [_growth(Path(folder), cases, arguments.threshold)]
        else:
            checked = _accuracy(Path(folder), cases, arguments)
    print(*checked, sep="\n")
    sys.exit(0 if all(bound.holds() for bound in checked) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    folder = os.environ.get("CREDITLAKE_REAL_DATA", "")
    parser.add_argument("--registry", type=Path, default=Path(folder) / "registry_national.parquet")
    parser.add_argument("--seed", type=int, default=1, help="1 is for development, 2 and up for validation")
    parser.add_argument("--per-kind", type=int, default=640)
    parser.add_argument("--threshold", type=float, default=DEFAULT_THRESHOLD)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--growth", action="store_true")
    return parser.parse_args()


def _accuracy(folder: Path, cases: list[Case], arguments: argparse.Namespace) -> list[Bound]:
    found, seconds, processor = _match(folder, cases, arguments.threshold)
    measures = measured(cases, found)
    for line in (HEADER, *rows(measures)):
        print("\t".join(map(str, line)))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{seconds:.1f} s by the clock, {processor:.1f} s of processor time")
    print(f"peak {used.ru_maxrss / 1e6:.2f} GB with the maker of cases")
    if arguments.save:
        with REFERENCE.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([HEADER, *rows(measures)])
    return bounds(measures, arguments.threshold)


def _growth(folder: Path, cases: list[Case], threshold: float) -> Bound:
    few, many = cases[: len(cases) // TIMES], cases
    _, few_seconds, few_processor = _match(folder, few, threshold)
    _, many_seconds, many_processor = _match(folder, many, threshold)
    for count, seconds, processor in ((few, few_seconds, few_processor), (many, many_seconds, many_processor)):
        print(f"{len(count)} records: {seconds:.1f} s by the clock, {processor:.1f} s of processor time")
    return Bound(
        f"processor time of {TIMES} times the records, times that of one", many_processor / few_processor, most=11
    )


def _match(folder: Path, cases: list[Case], threshold: float) -> tuple[list[dict[str, Any]], float, float]:
    """Rows of the result, seconds by the clock, seconds of processor time."""
    columns = list(zip(*(astuple(case)[1:5] for case in cases), strict=True))
    pq.write_table(pa.table([pa.array(column) for column in columns], names=list(SENT)), folder / "records.parquet")
    started, used = time.perf_counter(), time.process_time()
    match(folder / "records.parquet", folder / "registry.parquet", folder / "out.parquet", threshold=threshold)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    result = pq.read_table(folder / "out.parquet", columns=["uscc", "status", "confidence", "candidates"])
    return result.to_pylist(), seconds, processor


if __name__ == "__main__":
    main()
