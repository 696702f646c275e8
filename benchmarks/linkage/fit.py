"""``python -m benchmarks.linkage.fit``: fit the weights of the slip model and measure its confidence; writes both seeds.

Right pairs: names of the registry with one slip made on purpose, beside their enterprise. Wrong pairs: every registered name
as if its enterprise were not registered, beside its nearest neighbour. Both pass through the models themselves; each half of
the enterprises is judged by weights of the other half.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import zlib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.linkage import noise
from lake.progress import Silent
from linkage.matching import load_registry, load_subjects
from linkage.models import project_folder, render, slip_evidence
from linkage.sheets import Sheet

KINDS = ("extra", "missing", "swapped", "wrong")
# The mix that confidence holds for: of 100 records six are about enterprises that the registry does not hold, four have a
# wrong character and two each other kind of slip.
ABSENT_SHARE = 0.06
SLIP_SHARES = {"extra": 0.02, "missing": 0.02, "swapped": 0.02, "wrong": 0.04}
# Largest share of wrong links among the links at a score or better -> confidence.
LEVELS = ((1e-4, 0.9999), (1e-3, 0.9993), (1e-2, 0.995))
LEAST = 0.9
PENALTY = 3.0
SLICES = 8
SEEDS = project_folder() / "seeds"

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Pairs of one kind: evidence (a row per pair), whether right, and which half of the enterprises they belong to."""

    evidence: Numbers
    right: npt.NDArray[np.bool_]
    half: npt.NDArray[np.bool_]


def main() -> None:
    """Fit, measure, write ``link_slip_weight.csv`` and the slip rows of ``link_confidence.csv``."""
    parser = argparse.ArgumentParser(description=__doc__)
    folder = os.environ.get("CREDITLAKE_REAL_DATA", "")
    parser.add_argument("--registry", type=Path, default=Path(folder) / "registry_national.parquet")
    parser.add_argument("--slips", type=int, default=15_000, help="names spoilt per kind of slip")
    parser.add_argument("--slices", type=int, default=SLICES, help="eighths of the registry used for wrong pairs")
    arguments = parser.parse_args()
    with duckdb.connect() as connection:
        connection.execute("set threads = 2; set memory_limit = '4GB'; set preserve_insertion_order = false")
        names = _prepare(connection, arguments.registry)
        made = _right_pairs(connection, names, arguments.slips)
        found = [_wrong_pairs(connection, part) for part in range(arguments.slices)]
    weights, levels = [], []
    for kind in KINDS:
        pairs = _together(made[kind], [slice_[kind] for slice_ in found])
        weights.append([kind, *_weights(pairs)])
        absent = names * arguments.slices / SLICES
        levels += _levels(kind, pairs, _made(kind, arguments.slips), absent)
        print(kind, "right", int(pairs.right.sum()), "wrong", int((~pairs.right).sum()), levels[-4:])
    _write(SEEDS / "link_slip_weight.csv", [["slip_kind", "intercept", *slip_evidence()], *weights])
    with (SEEDS / "link_confidence.csv").open(encoding="utf-8", newline="") as file:
        kept = [row for row in csv.reader(file) if not row[0].startswith("slip_")]
    _write(SEEDS / "link_confidence.csv", kept + levels)


def _made(kind: str, slips: int) -> int:
    return 2 * slips if kind == "wrong" else slips


def _write(path: Path, rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _prepare(connection: duckdb.DuckDBPyConnection, registry: Path) -> int:
    """Load the registry and count its characters; the number of names."""
    table = pq.read_table(registry, columns=["name", "uscc"])
    load_registry(connection, Sheet(table, {"name": "name", "code": "uscc"}), 2, Silent())
    for model in ("link_trigram", "link_bigram", "link_character"):
        connection.execute(f"create table {model} as {render(model)}")
    zeros = ", ".join(f"0.0 as {name}" for name in ("intercept", *slip_evidence()))
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
        [min(names, 5 * slips)],
    ).fetchall()
    characters = "".join(name for name, _ in chosen[:20_000])
    kinds = "".join(sorted(set(characters)))
    spoil = (
        lambda name: noise.missing(name, rng),
        lambda name: noise.swapped(name, rng),
        lambda name: noise.character_extra(name, rng, characters),
        lambda name: noise.character_wrong(name, rng, characters),
        lambda name: noise.character_wrong(name, rng, kinds),
    )
    sent = [spoil[place % len(spoil)](name) for place, (name, _) in enumerate(chosen)]
    load_subjects(connection, Sheet(pa.table({"name": sent}), {"name": "name"}))
    connection.register("chosen", pa.table({"place": range(len(chosen)), "label": [uscc for _, uscc in chosen]}))
    matching = ("link_sought_name", "link_code_pair", "link_name_pair", "link_leftover")
    for model in (*matching, "link_near_pair", "link_slip_gram", "link_slip"):
        connection.execute(f"create or replace table {model} as {render(model)}")
    label = "(select label from chosen where chosen.place = link_slip.subject_id)"
    return _pairs(connection, f"uscc = {label}", right=True)


def _wrong_pairs(connection: duckdb.DuckDBPyConnection, part: int) -> dict[str, Pairs]:
    """An eighth of the registered names against all others."""
    connection.execute(
        "create or replace table link_subject as select uscc as subject_id, name_key, name_form, name_brand, name_division,"
        f" cast(null as varchar) as division_code from enterprise_name where hash(uscc) % {SLICES} = {part}"
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
    for model in ("link_slip_gram", "link_slip"):
        connection.execute(f"create or replace table {model} as {render(model, left_out=1)}")
    return _pairs(connection, "true", right=False)


def _pairs(connection: duckdb.DuckDBPyConnection, condition: str, right: bool) -> dict[str, Pairs]:
    columns = ", ".join(slip_evidence())
    out = {}
    for kind in KINDS:
        table = (
            connection.execute(
                f"select uscc, {columns} from link_slip where slip_kind = '{kind}' and is_telling = 0 and rivals = 1"
                f" and {condition}"
            )
            .arrow()
            .read_all()
        )
        evidence = np.column_stack([table[name].cast(pa.float64()).to_numpy() for name in slip_evidence()])
        half = np.array([zlib.crc32(uscc.encode()) % 2 == 0 for uscc in table["uscc"].to_pylist()], bool)
        out[kind] = Pairs(evidence, np.full(len(half), right), half)
    return out


def _together(made: Pairs, found: list[Pairs]) -> Pairs:
    parts = [made, *found]
    return Pairs(
        np.concatenate([p.evidence for p in parts]),
        np.concatenate([p.right for p in parts]),
        np.concatenate([p.half for p in parts]),
    )


def _weights(pairs: Pairs, rows: npt.NDArray[np.bool_] | None = None) -> list[float]:
    """Intercept and weights of a logistic regression with a quadratic penalty on standardised evidence."""
    rows = np.ones(len(pairs.right), bool) if rows is None else rows
    evidence, right = pairs.evidence[rows], pairs.right[rows].astype(float)
    middle, spread = evidence.mean(axis=0), evidence.std(axis=0)
    spread[spread < 1e-9] = np.inf
    design = np.column_stack([np.ones(len(right)), (evidence - middle) / spread])
    penalty = np.full(design.shape[1], PENALTY)
    penalty[0] = 0.0
    weights = np.zeros(design.shape[1])
    for _ in range(30):
        share = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (right - share) - penalty * weights
        curve = (design * (share * (1 - share))[:, None]).T @ design + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-6:
            break
    plain = weights[1:] / spread
    return [round(float(value), 4) for value in (weights[0] - plain @ middle, *plain)]


def _levels(kind: str, pairs: Pairs, made: int, absent: float) -> list[list[object]]:
    """Rows of link_confidence: the least score from which on the links are as often right as the level says."""
    score = np.zeros(len(pairs.right))
    for half in (True, False):
        fitted = np.array(_weights(pairs, pairs.half != half))
        score[pairs.half == half] = fitted[0] + pairs.evidence[pairs.half == half] @ fitted[1:]
    wrong = np.sort(score[~pairs.right])[::-1]
    right = np.sort(score[pairs.right])
    out: list[list[object]] = []
    for share, confidence in LEVELS:
        above = np.searchsorted(-wrong, -wrong, side="right") + 1
        links = (len(right) - np.searchsorted(right, wrong, side="right")) / made * SLIP_SHARES[kind]
        errors = above / absent * ABSENT_SHARE
        fits = errors <= share * (links + errors)
        least = float(wrong[np.flatnonzero(fits)[-1]]) if fits.any() else float(right[-1])
        kept = float((right > least).mean()) * len(right) / made
        print(f"  {kind} {confidence}: score {least:.3f}, recall {kept:.4f}, wrong {(wrong > least).mean():.5f}")
        out.append([f"slip_{kind}", "score", round(least + 5e-4, 3), confidence])
    return [*out, [f"slip_{kind}", "score", -1000, LEAST]]


if __name__ == "__main__":
    main()
