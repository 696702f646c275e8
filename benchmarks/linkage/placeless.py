"""Names written without their place: pairs to fit the weights of their rarity with, right and wrong.

Right pairs: every registered name that only one enterprise bears without its place, beside that enterprise. Wrong pairs: names
that two bear, each as if it were not registered, beside the other.
"""

from __future__ import annotations

import zlib

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.linkage.weights import Graded, Pairs, graded, together, weights, with_products
from linkage.models import placeless_evidence, placeless_pairs, render, weight_columns

# Method -> level, text, and which names it is for: only a company may leave out its form (`link_evidence`).
METHODS = {
    "name_without_region": (3, "name_unplaced", "true"),
    "name_without_region_and_form": (
        2, "name_core", "name_form in ('有限公司', '股份有限公司', '公司', '总公司') and name_branch is null"
    ),
}  # fmt: skip
# Longest names of the bands short and middle, as in the macro name_band_ends.
BAND_ENDS = {"name_without_region": (9, 12), "name_without_region_and_form": (5, 8)}
# What is known of the region -> wrong pairs that it leaves possible, as a condition.
GRADES = {
    "without_region": "true",
    "province_agrees": "region_agreement between -1 and 3 and region_agreement <> 0",
    "region_agrees": "region_agreement >= 2",
}
# Grades whose confidence rests on more than how rare the name is.
MEASURED_ELSEWHERE = ("same_place", "one_of_several")
# The mix that confidence holds for is that of the benchmark: this share of records is written without its place, and of these
# every second is about an enterprise that the registry does not hold.
SHARES = {
    ("name_without_region", "without_region"): 0.038,
    ("name_without_region", "province_agrees"): 0.01,
    ("name_without_region", "region_agrees"): 0.038,
    ("name_without_region_and_form", "without_region"): 0.01,
    ("name_without_region_and_form", "province_agrees"): 0.01,
    ("name_without_region_and_form", "region_agrees"): 0.038,
}
ABSENT_SHARE = 1 / 2
# One right pair in so many is enough.
EVERY = 5
_PAIRS = """
create or replace table link_name_pair as
with texts as (
    select uscc, name_key, {text} as text, count(*) over (partition by {text}) as bearers
    from enterprise_name where length({text}) >= 4 and {text} <> name_key and {condition}
)
select {subject} as subject_id, names.uscc, names.name_key, {level} as name_level
from texts as names {twin} where names.bearers = {bearers}
"""
_TWIN = "inner join texts as twins on names.text = twins.text and names.uscc <> twins.uscc"


def fit(connection: duckdb.DuckDBPyConnection, names: int) -> tuple[list[list[object]], list[Graded]]:
    """Rows of link_placeless_weight and scores of pairs; ``connection`` holds a register of ``names`` names."""
    empty = ", ".join(f"0.0 as {name}" for name in weight_columns(placeless_evidence(), placeless_pairs()))
    kinds = ", ".join(f"('{method}', '{grade}')" for method in METHODS for grade in GRADES)
    connection.execute(
        f"create table link_placeless_weight as select method, grade, {empty} from (values {kinds}) as kinds(method, grade)"
    )
    connection.execute(
        "create or replace table link_subject as"
        " select uscc as subject_id, division_code, address as address_normalised from enterprise_name"
    )
    fitted: list[list[object]] = []
    judged: list[Graded] = []
    for method in METHODS:
        _make(connection, method)
        right = _pairs(connection, f"hash(uscc) % {EVERY} = 0", right=True)
        _make(connection, method, twins=True)
        for grade, condition in GRADES.items():
            pairs = with_products(together([right, _pairs(connection, condition, right=False)]), placeless_pairs())
            fitted.append([method, grade, *weights(pairs)])
            judged += graded(method, grade, pairs, _bands(method, pairs), _shares(method, grade, names))
    return fitted, judged


def _bands(method: str, pairs: Pairs) -> dict[str, npt.NDArray[np.bool_]]:
    """How long each name is: firms share short ones (macro name_band_ends)."""
    length, (short, middle) = pairs.evidence[:, list(pairs.names).index("length")], BAND_ENDS[method]
    return {"short": length <= short, "middle": (length > short) & (length <= middle), "long": length > middle}


def _shares(method: str, grade: str, names: int) -> tuple[float, float]:
    """What a right and a wrong pair are worth among all records."""
    share = SHARES[method, grade]
    return EVERY * share * (1 - ABSENT_SHARE) / names, share * ABSENT_SHARE / names


def _make(connection: duckdb.DuckDBPyConnection, method: str, twins: bool = False) -> None:
    """The table link_placeless of every name beside its own enterprise, or beside its twin."""
    level, text, condition = METHODS[method]
    subject, twin = ("twins.uscc", _TWIN) if twins else ("names.uscc", "")
    connection.execute(
        _PAIRS.format(
            text=text, condition=condition, level=level, subject=subject, twin=twin, bearers=2 if twins else 1
        )
    )
    model = render("link_placeless", left_out=int(twins))
    connection.execute(f"create or replace table link_placeless as {model}")


def _pairs(connection: duckdb.DuckDBPyConnection, condition: str, right: bool) -> Pairs:
    names = list(placeless_evidence())
    table = connection.execute(
        f"select subject_id, uscc, {', '.join(names)} from link_placeless where {condition} order by subject_id, uscc"
    ).to_arrow_table()
    evidence = np.column_stack([table[name].cast(pa.float64()).to_numpy() for name in names])
    both = zip(table["subject_id"].to_pylist(), table["uscc"].to_pylist(), strict=True)
    half = np.array([zlib.crc32(min(pair).encode()) % 2 == 0 for pair in both], bool)
    return Pairs(names, evidence, np.full(len(half), right), half)
