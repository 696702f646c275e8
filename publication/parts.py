"""Splitting a dataset into parts that can be carried from release to release untouched.

A small dataset is one part. A larger one is split by the division in the code (characters 3 to 8 of a unified social
credit code, GB 32100-2015): by province, then prefecture, then county, and a county that is still too large by a digest
of the code. A part is rendered again only when the digest of its rows differs from the release before. Profiles stay in the
part in which the release before holds them, and new ones come into parts of their own, ``33_2`` the second addition to
province 33: few new enterprises all over the country would else change every part.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from publication.dataset import Dataset, DatasetColumns

WHOLE = "all"
NO_DIVISION = "000000"
EMPTY_DIGEST = "d41d8cd98f00b204e9800998ecf8427e"
"""md5 of nothing."""


@dataclass(frozen=True)
class Part:
    """One part of a dataset: its name, number of rows and the md5 digest over all its rows in any order."""

    name: str
    rows: int
    content_digest: str


def division_expression(code: str) -> str:
    """SQL for the six-digit division of a code column, ``000000`` for a row without one."""
    return (
        f"case when regexp_full_match(substr({quoted(code)}, 3, 6), '[0-9]{{6}}') "
        f"then substr({quoted(code)}, 3, 6) else '{NO_DIVISION}' end"
    )


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


MOST_ADDITIONS = 7
LARGEST_ADDED_SHARE = 0.1
"""Beyond so many additions, or so large a share of the rows in them, all is split anew."""


def plan_divisions(
    counts: dict[str, int], rows_per_part: int, rows_in_one: int | None = 0
) -> dict[str, tuple[str, bool]]:
    """Division to (part name, whether the part is split further by digest), given rows per division.

    ``rows_in_one``: a dataset of so few rows is one part, even if parts are smaller where it is split; None: never one.
    """
    if rows_in_one is not None and sum(counts.values()) <= max(rows_per_part, rows_in_one):
        return dict.fromkeys(counts, (WHOLE, False))
    plan: dict[str, tuple[str, bool]] = {}
    for length in (2, 4, 6):
        groups: dict[str, list[str]] = defaultdict(list)
        for division in counts:
            if division not in plan:
                groups[division[:length]].append(division)
        for prefix, divisions in groups.items():
            small = sum(counts[division] for division in divisions) <= rows_per_part
            if small or length == 6:
                plan.update(dict.fromkeys(divisions, (prefix, not small)))
    return plan


def plan_addition(
    counts: dict[str, int], kept: Iterable[Part], rows_per_part: int
) -> tuple[dict[str, tuple[str, bool]], int] | None:
    """Parts for new rows (``counts`` per division) beside those kept, and the number of the addition; None where all is to
    be split anew."""
    number = 1 + max((addition_of(part.name) for part in kept), default=0)
    added = sum(counts.values()) + sum(part.rows for part in kept if addition_of(part.name))
    rows = sum(counts.values()) + sum(part.rows for part in kept)
    if number > MOST_ADDITIONS or added > LARGEST_ADDED_SHARE * rows:
        return None
    return plan_divisions(counts, rows_per_part, None), number


def addition_of(part: str) -> int:
    """The number of the addition that a part belongs to; 0 for a part of a whole split."""
    return int(part.partition("_")[2] or 0)


def write_plan(connection: duckdb.DuckDBPyConnection, dataset: Dataset, plan: dict[str, tuple[str, bool]]) -> str:
    """A temporary table of the plan (division, part, bucketed); returns its name."""
    name = f"part_map_{dataset.id}"
    connection.execute(f"create or replace temp table {name} (division text, part text, bucketed bool)")
    if plan:
        connection.executemany(
            f"insert into temp.{name} values (?, ?, ?)",
            [(division, part, bucketed) for division, (part, bucketed) in sorted(plan.items())],
        )
    return f"temp.{name}"


def planned_part(code: str) -> str:
    """SQL of the part of a row with this code, of a joined plan ``m``."""
    return f"m.part || case when m.bucketed then '-' || substr(md5(coalesce({code}, '')), 1, 1) else '' end"


def assign_parts(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, relation: str, rows_per_part: int, rows_in_one: int
) -> str:
    """Fill a temporary table with the plan; returns SQL selecting every row of ``relation`` with its ``release_part``."""
    division = division_expression(dataset.code)
    counts = dict(connection.execute(f"select {division} as d, count(*) from {relation} group by d").fetchall())
    plan = write_plan(connection, dataset, plan_divisions(counts, rows_per_part, rows_in_one))
    return (
        f"select t.*, {planned_part(f't.{quoted(dataset.code)}')} as release_part "
        f"from {relation} t join {plan} m on m.division = {division}"
    )


def digest_expression(columns: DatasetColumns) -> str:
    """SQL for the md5 of one row's released values; a null differs from an empty text."""
    values = ", ".join(f"coalesce({quoted(column.name)}::varchar, chr(0))" for column in columns.released)
    return f"md5(concat_ws(chr(31), {values}))"


def find_parts(connection: duckdb.DuckDBPyConnection, digests: str) -> list[Part]:
    """The parts in a relation of row digests, by name; a dataset without rows is one empty part."""
    rows = connection.execute(
        "select release_part, count(*), md5(string_agg(digest, '' order by digest)) "
        f"from {digests} group by 1 order by 1"
    ).fetchall()
    return [Part(*row) for row in rows] or [Part(WHOLE, 0, EMPTY_DIGEST)]


def may_hold(part: str, code: str) -> bool:
    """Whether rows of ``code`` can lie in the part of this name; never False for the part that holds them."""
    prefix, _, bucket = part.partition("_")[0].partition("-")
    if prefix == WHOLE:
        return True
    division = code[2:8] if code[2:8].isascii() and code[2:8].isdigit() and len(code) >= 8 else NO_DIVISION
    return division.startswith(prefix) and bucket in (
        "",
        hashlib.md5(code.encode(), usedforsecurity=False).hexdigest()[0],
    )
