"""The difference of two releases row by row: which keys were added, changed or removed, in SQL over their Parquet files.

Files that both releases hold (same sha256) are not read. What is found lies in temporary tables of the connection:
``difference`` (key columns, ``kind``), ``rows_before`` and ``rows_after`` (whole rows of these keys).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from lake.storage import Storage
from publication.manifest import Manifest, ReleaseColumn, ReleaseDataset
from publication.parts import quoted
from publication.releases import release_folder
from publication.render import sql_text

Kind = Literal["added", "changed", "removed"]
KINDS: tuple[Kind, ...] = ("added", "changed", "removed")
DIFFERENCE, BEFORE, AFTER = "difference", "rows_before", "rows_after"


@dataclass(frozen=True)
class Side:
    """One dataset as one release holds it: None where the release, or the dataset in it, is not there."""

    manifest: Manifest | None
    dataset: ReleaseDataset | None

    @property
    def columns(self) -> dict[str, ReleaseColumn]:
        """By name."""
        return {column.name: column for column in self.dataset.columns} if self.dataset else {}


def side_of(manifest: Manifest | None, dataset_id: str) -> Side:
    """A dataset in a release."""
    found = manifest.datasets if manifest else ()
    return Side(manifest, next((dataset for dataset in found if dataset.id == dataset_id), None))


def find_difference(
    connection: duckdb.DuckDBPyConnection, storage: Storage, before: Side, after: Side, *, with_rows: bool = True
) -> dict[str, int]:
    """Fill the temporary tables and count by kind.

    A column that one side lacks is null there. ``with_rows`` false leaves the whole rows out, where counts will do.
    """
    key = _key(before, after)
    names = [*after.columns, *(name for name in before.columns if name not in after.columns)]
    digests = f"hash({', '.join(_value(name, before, after) for name in names)})"
    keys = ", ".join(quoted(name) for name in key)
    for table, side, other in (("side_before", before, after), ("side_after", after, before)):
        relation = _relation(storage, side, other, names)
        connection.execute(f"create or replace temp view {table} as {relation}")
    joined = " and ".join(f"old.{quoted(name)} is not distinct from new.{quoted(name)}" for name in key)
    chosen = ", ".join(f"coalesce(old.{quoted(name)}, new.{quoted(name)}) as {quoted(name)}" for name in key)
    connection.execute(f"""
        create or replace temp table {DIFFERENCE} as
        select {chosen}, case when old.digest is null then 'added' when new.digest is null then 'removed'
            else 'changed' end as kind
        from (select {keys}, {digests} as digest from side_before) as old
        full join (select {keys}, {digests} as digest from side_after) as new on {joined}
        where old.digest is distinct from new.digest""")
    if with_rows:
        for table, source in ((BEFORE, "side_before"), (AFTER, "side_after")):
            connection.execute(
                f"create or replace temp table {table} as select * from {source} semi join {DIFFERENCE} using ({keys})"
            )
    counted = dict(connection.execute(f"select kind, count(*) from {DIFFERENCE} group by kind").fetchall())
    return {kind: int(counted.get(kind, 0)) for kind in KINDS}


def _key(before: Side, after: Side) -> Sequence[str]:
    dataset = after.dataset or before.dataset
    assert dataset is not None
    return dataset.key


def _value(name: str, before: Side, after: Side) -> str:
    """A column as both sides can be compared by it: as text where its type changed."""
    types = {side.columns[name].type for side in (before, after) if name in side.columns}
    return quoted(name) if len(types) == 1 else f"{quoted(name)}::varchar"


def _relation(storage: Storage, side: Side, other: Side, names: Iterable[str]) -> str:
    """SQL of the side's rows that may differ, with all columns of both sides."""
    types = {name: column.type for one in (other, side) for name, column in one.columns.items()}
    urls = _urls(storage, side, other)
    if not urls:
        nothing = ", ".join(f"null::{types[name]} as {quoted(name)}" for name in names)
        return f"select {nothing} where false"
    selected = ", ".join(
        quoted(name) if name in side.columns else f"null::{types[name]} as {quoted(name)}" for name in names
    )
    return f"select {selected} from read_parquet([{', '.join(urls)}])"


def _urls(storage: Storage, side: Side, other: Side) -> list[str]:
    if side.manifest is None or side.dataset is None:
        return []
    known = set()
    if other.manifest and other.dataset:
        known = {file.sha256 for file in other.manifest.files_of(other.dataset.id, "parquet")}
    folder = release_folder(side.manifest.version)
    files = side.manifest.files_of(side.dataset.id, "parquet")
    return [sql_text(storage.url(f"{folder}/{file.path}")) for file in files if file.sha256 not in known]
