"""Entries taken down before the warehouse knows: kept out of every release until it does.

A profile counts the records of its enterprise. Until it is counted again, the figures that rest on an entry taken down are
left empty: a list's name in the profile would tell what was withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from lake.errors import TerminalError
from publication.dataset import Dataset
from publication.manifest import Manifest, ReasonClass, Withdrawal
from publication.parts import quoted
from publication.render import sql_text


@dataclass(frozen=True)
class End:
    """A published record that is to be taken down, and the class of the reason; where a rule and no person asks for it, the
    ids of the rule and of the delivered record that says so."""

    record_id: str
    reason_class: ReasonClass
    rule_id: str | None = None
    cause_id: str | None = None


def after_lifting(before: Manifest | None, lifts: Sequence[str]) -> tuple[Withdrawal, ...]:
    """What stays taken down when the records ``lifts`` may be shown again; raises ``TerminalError`` for one that was not."""
    withdrawn = before.withdrawn if before else ()
    missing = sorted(set(lifts) - {one.record_id for one in withdrawn})
    if missing:
        raise TerminalError("publication.record_not_withdrawn", record="、".join(missing))
    return tuple(one for one in withdrawn if one.record_id not in lifts)


def still_there(
    connection: duckdb.DuckDBPyConnection, datasets: Sequence[Dataset], withdrawn: Sequence[Withdrawal]
) -> tuple[Withdrawal, ...]:
    """Those that the warehouse still holds; the others it has left out by itself.

    One that a delivered record ended is for the warehouse to decide as soon as it knows that record: it may have been taken
    back since.
    """
    return tuple(
        one
        for dataset in datasets
        for one in withdrawn
        if one.dataset == dataset.id
        and _holds(connection, dataset, one.record_id)
        and not (one.cause_id and _knows(connection, one.cause_id))
    )


def _holds(connection: duckdb.DuckDBPyConnection, dataset: Dataset, record_id: str) -> bool:
    query = f"select 1 from {dataset.table} where {quoted(dataset.key[0])} = ? limit 1"
    return connection.execute(query, [record_id]).fetchone() is not None


def _knows(connection: duckdb.DuckDBPyConnection, record_id: str) -> bool:
    tables = connection.execute(
        "select table_schema || '.' || table_name from information_schema.columns where column_name = 'record_id' "
        "and table_catalog = current_database() and table_schema = 'staging' and ends_with(table_name, '_versions')"
    ).fetchall()
    queries = [f"select 1 from {table} where record_id = {sql_text(record_id)}" for (table,) in tables]
    return bool(queries) and connection.execute(f"{' union all '.join(queries)} limit 1").fetchone() is not None


def without(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    datasets: Sequence[Dataset],
    withdrawn: Sequence[Withdrawal],
) -> str:
    """SQL of a dataset's rows in the warehouse without what was taken down."""
    if not withdrawn:
        return dataset.table
    if not dataset.is_profile:
        return f"(select * from {dataset.table} where {rows_left(dataset, withdrawn)})"
    codes = {
        one.id: f"select {quoted(one.code)} from {one.table} "
        f"where {quoted(one.key[0])} in ({_ids(one, withdrawn)}) and {quoted(one.code)} is not null"
        for one in datasets
        if _ids(one, withdrawn)
    }
    known = {str(row[0]) for row in connection.execute(f"describe {dataset.table}").fetchall()}
    replaced = ", ".join(emptied(dataset, datasets, codes, known))
    return f"(select * replace ({replaced}) from {dataset.table})" if replaced else dataset.table


def rows_left(dataset: Dataset, withdrawn: Sequence[Withdrawal]) -> str:
    """SQL condition of the rows that stay."""
    ids = _ids(dataset, withdrawn)
    return f"{quoted(dataset.key[0])} not in ({ids})" if ids else "true"


def emptied(profile: Dataset, datasets: Sequence[Dataset], codes: dict[str, str], known: set[str]) -> Iterator[str]:
    """SQL of those of the profile's columns ``known`` that count a dataset, empty for the enterprises whose entry was taken
    down: ``codes`` is a list or a query of them, without nulls, per dataset."""
    for dataset in datasets:
        for name in dataset.profile_figures if dataset.id in codes else ():
            if name in known:
                column = quoted(name)
                yield f"case when {quoted(profile.code)} not in ({codes[dataset.id]}) then {column} end as {column}"


def _ids(dataset: Dataset, withdrawn: Sequence[Withdrawal]) -> str:
    of = {dataset.id, dataset.part_of}
    return ", ".join(sql_text(one.record_id) for one in withdrawn if one.dataset in of)
