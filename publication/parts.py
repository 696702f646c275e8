"""Splitting a dataset into parts that can be carried from release to release untouched.

A small dataset is one part. A larger one is split by the division in the code (characters 3 to 8 of a unified social
credit code, GB 32100-2015): by province, then prefecture, then county, and a county that is still too large by a digest
of the code. A part is rendered again only when the digest of its rows differs from the release before.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
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


def plan_divisions(counts: dict[str, int], rows_per_part: int, rows_in_one: int = 0) -> dict[str, tuple[str, bool]]:
    """Division to (part name, whether the part is split further by digest), given rows per division.

    ``rows_in_one``: a dataset of so few rows is one part, even if parts are smaller where it is split.
    """
    if sum(counts.values()) <= max(rows_per_part, rows_in_one):
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


def assign_parts(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, relation: str, rows_per_part: int, rows_in_one: int
) -> str:
    """Fill a temporary table with the plan; returns SQL selecting every row of ``relation`` with its ``release_part``."""
    division = division_expression(dataset.code)
    counts = dict(connection.execute(f"select {division} as d, count(*) from {relation} group by d").fetchall())
    plan = plan_divisions(counts, rows_per_part, rows_in_one)
    map_table = f"temp.part_map_{dataset.id}"
    connection.execute(f"create or replace temp table part_map_{dataset.id} (division text, part text, bucketed bool)")
    if plan:
        connection.executemany(
            f"insert into {map_table} values (?, ?, ?)",
            [(division, part, bucketed) for division, (part, bucketed) in sorted(plan.items())],
        )
    bucket = f"'-' || substr(md5(coalesce(t.{quoted(dataset.code)}, '')), 1, 1)"
    return (
        f"select t.*, m.part || case when m.bucketed then {bucket} else '' end as release_part "
        f"from {relation} t join {map_table} m on m.division = {division}"
    )


def digest_expression(columns: DatasetColumns) -> str:
    """SQL for the md5 of one row's released values; a null differs from an empty text."""
    values = ", ".join(f"coalesce({quoted(column.name)}::varchar, chr(0))" for column in columns.released)
    return f"md5(concat_ws(chr(31), {values}))"


def find_parts(connection: duckdb.DuckDBPyConnection, digests: str) -> list[Part]:
    """The parts in a table of row digests, by name; a dataset without rows is one empty part."""
    rows = connection.execute(
        "select release_part, count(*), md5(string_agg(digest, '' order by digest)) "
        f"from {digests} group by 1 order by 1"
    ).fetchall()
    return [Part(*row) for row in rows] or [Part(WHOLE, 0, EMPTY_DIGEST)]


def may_hold(part: str, code: str) -> bool:
    """Whether rows of ``code`` can lie in the part of this name; never False for the part that holds them."""
    prefix, _, bucket = part.partition("-")
    if prefix == WHOLE:
        return True
    division = code[2:8] if code[2:8].isascii() and code[2:8].isdigit() and len(code) >= 8 else NO_DIVISION
    return division.startswith(prefix) and bucket in (
        "",
        hashlib.md5(code.encode(), usedforsecurity=False).hexdigest()[0],
    )
