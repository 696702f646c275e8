"""``python -m benchmarks.linkage``: match labelled cases against their registry and show the measures by kind.

The registry is ``registry_national.parquet`` of the folder CREDITLAKE_REAL_DATA, or ``--registry FILE`` with the columns name,
uscc, province, city and address. ``--save`` writes the measures by kind (no names) to ``reference.csv``, the frozen run.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import tempfile
import time
from collections import defaultdict
from dataclasses import astuple
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.linkage.cases import Case, make_cases, split
from linkage.matching import DEFAULT_THRESHOLD, match

REFERENCE = Path(__file__).parent / "reference.csv"
HEADER = ("kind", "cases", "linkable", "right", "wrong", "missed", "missed_in_first_three")
SENT = ("name", "code", "region", "address")


def main() -> None:
    """Run the benchmark and print one line per kind."""
    arguments = _arguments()
    registry = pq.read_table(arguments.registry, columns=["name", "uscc", "province", "city", "address"])
    held, absent = split(registry, arguments.seed)
    cases = make_cases(held, absent, arguments.seed, arguments.per_kind)
    with tempfile.TemporaryDirectory() as folder:
        rows, wall = _match(Path(folder), held, cases, arguments.threshold)
    measures = _measures(cases, rows)
    for line in (HEADER, *measures):
        print("\t".join(map(str, line)))
    used = resource.getrusage(resource.RUSAGE_SELF)
    linkable, right, wrong = (sum(int(line[place]) for line in measures) for place in (2, 3, 4))
    print(f"recall {right / linkable:.4f}, wrong {wrong}, {wall:.1f} s")
    print(f"peak {used.ru_maxrss / 1e6:.2f} GB with the maker of cases")
    if arguments.save:
        with REFERENCE.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([HEADER, *measures])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    folder = os.environ.get("CREDITLAKE_REAL_DATA", "")
    parser.add_argument("--registry", type=Path, default=Path(folder) / "registry_national.parquet")
    parser.add_argument("--seed", type=int, default=1, help="1 is for development, 2 and up for validation")
    parser.add_argument("--per-kind", type=int, default=640)
    parser.add_argument("--threshold", type=float, default=DEFAULT_THRESHOLD)
    parser.add_argument("--save", action="store_true")
    return parser.parse_args()


def _match(folder: Path, held: pa.Table, cases: list[Case], threshold: float) -> tuple[list[dict[str, object]], float]:
    pq.write_table(held, folder / "registry.parquet")
    columns = list(zip(*(astuple(case)[1:5] for case in cases), strict=True))
    pq.write_table(pa.table([pa.array(column) for column in columns], names=list(SENT)), folder / "records.parquet")
    started = time.perf_counter()
    match(folder / "records.parquet", folder / "registry.parquet", folder / "out.parquet", threshold=threshold)
    wall = time.perf_counter() - started
    return pq.read_table(folder / "out.parquet", columns=["uscc", "status", "candidates"]).to_pylist(), wall


def _measures(cases: list[Case], rows: list[dict[str, object]]) -> list[tuple[str | int, ...]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for case, row in zip(cases, rows, strict=True):
        linked = row["status"] == "auto"
        first = [candidate["uscc"] for candidate in json.loads(str(row["candidates"]))[:3]]
        flags = (
            True,
            bool(case.label),
            linked and row["uscc"] == case.label,
            linked and row["uscc"] != case.label,
            bool(case.label) and not linked,
            bool(case.label) and not linked and case.label in first,
        )
        counts[case.kind] = [count + flag for count, flag in zip(counts[case.kind], flags, strict=True)]
    return [(kind, *counts[kind]) for kind in sorted(counts)]


if __name__ == "__main__":
    main()
