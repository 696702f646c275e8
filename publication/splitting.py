"""Which part of a release each row lies in, and the digests by which rows and parts are compared with the release before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from lake.storage import Storage
from publication.candidate import Candidate, digests_before, renderer_version
from publication.dataset import Dataset, DatasetColumns
from publication.manifest import Manifest
from publication.parts import (
    EMPTY_DIGEST,
    WHOLE,
    Part,
    assign_parts,
    digest_expression,
    division_expression,
    find_parts,
    plan_addition,
    planned_part,
    quoted,
    write_plan,
)


@dataclass(frozen=True)
class Kept:
    """What the release before holds of a dataset: its parts and a relation of part, key and digest of every row.

    ``suspects``: table of the keys of all rows that can differ from it; then the table of digests begins as a copy of it.
    """

    digests: str
    parts: tuple[Part, ...]
    suspects: str | None = None


@dataclass(frozen=True)
class Sizes:
    """How many rows a part may hold, and a dataset that is not split."""

    rows_per_part: int
    rows_in_one: int


def find_kept(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    dataset: Dataset,
    columns: DatasetColumns,
    before: Manifest | None,
    *,
    is_next: bool,
) -> Kept | None:
    """What the release before holds of profiles in the same shape, split into parts; None where it does not.

    Only of profiles, whose part follows from their key: a record whose code changes belongs to another division's part.
    ``is_next``: the table of digests is a copy of the release's, and the warehouse was built upon what that was made from.
    """
    if before is None or not dataset.is_profile or before.inputs.renderer_version != renderer_version():
        return None
    files = before.files_of(dataset.id, "parquet")
    if {file.part for file in files} <= {WHOLE} or any(f.schema_version != columns.schema_version for f in files):
        return None
    digests = digests_before(connection, storage, Candidate(dataset, columns, frozenset(), ""), before)
    parts = tuple(Part(file.part, file.rows, file.content_digest) for file in files)
    return Kept(digests, parts, _find_suspects(connection, dataset) if is_next else None)


def _find_suspects(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> str:
    """A table of the keys that the last build may have changed, old and new."""
    name, keys = f"suspects_{dataset.id}", ", ".join(quoted(name) for name in dataset.key)
    connection.execute(f"create temp table {name} as select distinct {keys} from changes.{dataset.table_name}")
    return f"temp.{name}"


def find_candidate(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    relation: str,
    columns: DatasetColumns,
    declared: frozenset[str],
    *,
    sizes: Sizes,
    kept: Kept | None = None,
) -> Candidate:
    """Split the rows of ``relation`` into parts and take their digests; rows that are ``kept`` stay in their part."""
    if kept is not None:
        grown = _find_grown(connection, Candidate(dataset, columns, declared, ""), relation, kept, sizes)
        if grown is not None:
            return grown
    assigned = assign_parts(connection, dataset, relation, sizes.rows_per_part, sizes.rows_in_one)
    candidate = Candidate(dataset, columns, declared, assigned)
    connection.execute(
        f"create or replace table {candidate.digests} as select release_part, {candidate.key}, "
        f"{digest_expression(columns)} as digest from ({candidate.assigned})"
    )
    return replace(candidate, parts=tuple(find_parts(connection, candidate.digests)))


def _find_grown(
    connection: duckdb.DuckDBPyConnection, candidate: Candidate, relation: str, kept: Kept, sizes: Sizes
) -> Candidate | None:
    """Rows that are kept in their parts, new ones in parts of an addition; None where all is to be split anew."""
    dataset, digests, key = candidate.dataset, candidate.digests, candidate.key
    same = " and ".join(f"new.{quoted(name)} = old.{quoted(name)}" for name in dataset.key)
    rows = f"select {key}, {digest_expression(candidate.columns)} as digest from {relation}"
    if kept.suspects is not None:
        rows += f" semi join {kept.suspects} using ({key})"
        connection.execute(f"delete from {digests} where ({key}) in (from {kept.suspects})")
    else:
        connection.execute(f"create or replace table {digests} as from {kept.digests} limit 0")
    connection.execute(
        f"insert into {digests} select old.release_part, new.* from ({rows}) as new left join {kept.digests} as old on {same}"
    )
    division = division_expression(dataset.code)
    query = f"select {division} as d, count(*) from {digests} where release_part is null group by d"
    counts = dict(connection.execute(query).fetchall())
    if counts:
        found = plan_addition(counts, kept.parts, sizes.rows_per_part)
        if found is None:
            return None
        plan, number = write_plan(connection, dataset, found[0]), found[1]
        connection.execute(
            f"update {digests} set release_part = {planned_part(quoted(dataset.code))} || '_{number}' "
            f"from {plan} as m where release_part is null and m.division = {division}"
        )
    names = ", ".join(quoted(column.name) for column in candidate.columns.released)
    assigned = f"select {names}, release_part from {relation} join {digests} using ({key})"
    parts = _parts_of_grown(connection, candidate, kept)
    return replace(candidate, assigned=assigned, parts=parts, suspects=kept.suspects)


def _parts_of_grown(connection: duckdb.DuckDBPyConnection, candidate: Candidate, kept: Kept) -> tuple[Part, ...]:
    """All parts; those that no suspect touches are as they were."""
    digests, suspects = candidate.digests, kept.suspects
    if suspects is None:
        return tuple(find_parts(connection, digests))
    touched = " union ".join(
        f"select release_part from {one} semi join {suspects} using ({candidate.key})"
        for one in (kept.digests, digests)
    )
    names = {str(row[0]) for row in connection.execute(touched).fetchall()}
    again = find_parts(connection, f"{digests} where release_part in ({touched})") if names else []
    parts = [*(part for part in kept.parts if part.name not in names), *(part for part in again if part.rows)]
    return tuple(sorted(parts, key=lambda part: part.name)) or (Part(WHOLE, 0, EMPTY_DIGEST),)
