"""``python -m benchmarks.linkage_side_by_side``: creditlake and its peers link the same cases in one run.

Peers: Splink 5, rapidfuzz (brute force, a sample), exact match; they live in the environment that ``make install-peers``
makes. Ours is the whole process ``creditlake match``, start-up included; the peers are given names and codes that our
own reading has normalised, and their time is counted without start-up and reading. A peer's cut-off is chosen on these very
cases: the lowest score at which no more than the allowed share of its links is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.linkage.cases import make_cases, split
from linkage.reading import SubjectColumns, read

SENT = ("name", "code", "region", "address")
USED = (
    "name_key", "name_folded", "name_stem", "name_unplaced", "name_core", "organisation_code", "registration_number",
    "province", "city",
)  # fmt: skip
SHARES = (1e-4, 1e-3)
LAUNCHER = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
"""A small parent for the measured process: a large one's memory would count as its child's."""
ROOT = Path(__file__).parent.parent.parent


def main() -> None:
    """Make the cases, run everybody, print one line each."""
    arguments = _arguments()
    registry = pq.read_table(arguments.registry, columns=["name", "uscc", "province", "city", "address"])
    held, absent = split(registry, arguments.seed)
    cases = make_cases(held, absent, arguments.seed, arguments.per_kind)
    with tempfile.TemporaryDirectory(prefix="benchmark-linkage-") as name:
        folder = Path(name)
        pq.write_table(held, folder / "registry.parquet")
        columns = list(zip(*(astuple(case)[1:5] for case in cases), strict=True))
        pq.write_table(pa.table([pa.array(c) for c in columns], names=list(SENT)), folder / "records.parquet")
        labels = [case.label for case in cases]
        print(f"{held.num_rows:,} enterprises, {len(cases):,} records, {sum(map(bool, labels)):,} of them linkable")
        for threshold in (0.9999, 0.999):
            _ours(folder, labels, threshold)
        _prepare(folder)
        for peer in ("exact", "splink", "rapidfuzz"):
            _peer(folder, peer, arguments.peer_python, labels)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = os.environ.get("CREDITLAKE_REAL_DATA", "")
    parser.add_argument("--registry", type=Path, default=Path(folder) / "registry_national.parquet")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--per-kind", type=int, default=640)
    parser.add_argument("--peer-python", default=str(ROOT / ".venv-peers" / "bin" / "python"))
    return parser.parse_args()


def _ours(folder: Path, labels: list[str], threshold: float) -> None:
    out = folder / "ours.parquet"
    command = [sys.executable, "-m", "creditlake", "match", str(folder / "records.parquet"), "-o", str(out)]
    command += ["--registry", str(folder / "registry.parquet"), "--threshold", str(threshold)]
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", LAUNCHER, *command], check=True, stdout=subprocess.PIPE)
    seconds = time.perf_counter() - started
    peak = int(done.stdout.splitlines()[-1]) / 1e6
    rows = pq.read_table(out, columns=["uscc", "status"]).to_pylist()
    linked = [(row["uscc"], label) for row, label in zip(rows, labels, strict=True) if row["status"] == "auto"]
    right = sum(uscc == label for uscc, label in linked)
    recall = right / sum(map(bool, labels))
    print(
        f"creditlake at {threshold}: recall {recall:.4f}, {len(linked) - right} wrong of {len(linked)} links; "
        f"{seconds:.1f} s, {peak:.2f} GB, the whole process"
    )


def _prepare(folder: Path) -> None:
    """Both sides as our own reading gives them."""
    registry = pq.read_table(folder / "registry.parquet")
    records = pq.read_table(folder / "records.parquet")
    for side, table, code, places in (
        ("registry", registry, "uscc", ["province", "city"]),
        ("records", records, "code", ["region"]),
    ):
        reading = read(
            SubjectColumns(
                name=_whole(table, "name"),
                code=_whole(table, code),
                address=_whole(table, "address"),
                region=[_whole(table, place) for place in places],
            ),
            registered=side == "registry",
        )
        columns = {column: reading[column] for column in USED}
        columns["code"] = pc.coalesce(reading["uscc"], reading["code_clean"])
        columns["unique_id"] = pa.array(np.arange(table.num_rows))
        columns["uscc"] = table["uscc"] if side == "registry" else pa.nulls(table.num_rows, pa.string())
        pq.write_table(pa.table(columns), folder / f"{side}_read.parquet")


def _whole(table: pa.Table, column: str) -> pa.Array:
    return table[column].combine_chunks()


def _peer(folder: Path, peer: str, python: str, labels: list[str]) -> None:
    command = [python, "-m", "benchmarks.linkage_side_by_side.peers", peer, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT)
    used = json.loads(done.stdout.splitlines()[-1])
    found = pq.read_table(folder / f"{peer}.parquet").sort_by([("score", "descending")])
    records = found["record"].to_pylist()
    rows = [(uscc, labels[record]) for record, uscc in zip(records, found["uscc"].to_pylist(), strict=True)]
    asked = records if peer == "rapidfuzz" else range(len(labels))
    linkable = sum(bool(labels[record]) for record in asked)
    recalls = [_recall(rows, found["score"].to_numpy(), linkable, share) for share in SHARES]
    figures = ", ".join(f"{recall:.4f} at {share:g} wrong" for recall, share in zip(recalls, SHARES, strict=True))
    print(
        f"{peer} ({len(asked):,} records): recall {figures}; {used['seconds']:.1f} s, {used['peak_gigabytes']:.2f} GB"
    )


def _recall(rows: list[tuple[str | None, str]], scores: np.ndarray, linkable: int, share: float) -> float:
    """Recall at the lowest score at which at most ``share`` of the links (or one link) is wrong."""
    linked = np.cumsum([uscc is not None for uscc, _ in rows])
    right = np.cumsum([uscc is not None and uscc == label for uscc, label in rows])
    wrong = linked - right
    last_of_score = np.append(scores[1:] != scores[:-1], True) if len(scores) else np.array([], bool)
    fine = last_of_score & (wrong <= np.maximum(share * linked, 1 if share < 1e-3 else 0))
    return float(right[fine].max() / linkable) if fine.any() else 0.0


if __name__ == "__main__":
    main()
