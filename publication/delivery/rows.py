"""What a receiver has to be told: the difference between the release it has and the one that is to be delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from lake.errors import TerminalError
from lake.storage import Storage
from publication.delivery.declaration import DatasetItem, Kind
from publication.difference import AFTER, BEFORE, DIFFERENCE, find_difference, side_of
from publication.manifest import Manifest, ReleaseDataset
from publication.parts import quoted
from publication.render import sql_text

FETCHED_ROWS = 5_000
TABLE = "to_deliver"


@dataclass(frozen=True)
class Row:
    """One row to deliver: all values as text. Of a removed one only the key is given, never its old content."""

    kind: Kind
    key: dict[str, str]
    values: dict[str, str | None]


@dataclass(frozen=True)
class Selection:
    """The rows of one item: their parts, and how to read them by part, by key; needs no memory to speak of."""

    connection: duckdb.DuckDBPyConnection
    dataset: ReleaseDataset
    item: DatasetItem
    parts: tuple[str, ...]

    def rows(self, part: str, kinds: Sequence[Kind] = ("added", "changed", "removed")) -> Iterator[Row]:
        """Rows of a part in the order of the key; nothing else may be asked of the connection meanwhile."""
        keys = [quoted(name) for name in self.dataset.key]
        names = list(self.item.columns.values())
        shown = ", ".join([*(f"{key}::varchar" for key in keys), *(f"{quoted('value_' + name)}" for name in names)])
        cursor = self.connection.execute(
            f"select kind, {shown} from {TABLE} where part = ? and kind in ({', '.join(map(sql_text, kinds))}) "
            f"order by {', '.join(keys)}, kind desc",
            [part],
        )
        while batch := cursor.fetchmany(FETCHED_ROWS):
            for kind, *rest in batch:
                key = dict(zip(self.dataset.key, rest[: len(keys)], strict=True))
                yield Row(kind, key, dict(zip(names, rest[len(keys) :], strict=True)))

    def count(self, part: str, kinds: Sequence[Kind] = ("added", "changed", "removed")) -> int:
        """How many."""
        row = self.connection.execute(
            f"select count(*) from {TABLE} where part = ? and kind in ({', '.join(map(sql_text, kinds))})", [part]
        ).fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def selected(
    storage: Storage, before: Manifest | None, after: Manifest, item: DatasetItem
) -> Iterator[Selection | None]:
    """The rows of ``item`` that differ, None where neither release has the dataset; raises ``TerminalError`` for a column
    that is not released."""
    old, new = side_of(before, item.dataset), side_of(after, item.dataset)
    dataset = new.dataset or old.dataset
    if dataset is None:
        yield None
        return
    known = {*old.columns, *new.columns}
    for name in [*item.columns.values(), *item.where, *item.filled, *([item.split_by] if item.split_by else [])]:
        if name not in known:
            raise TerminalError(
                "delivery.column_unknown", dataset=item.dataset, column=name, known=", ".join(sorted(known))
            )
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        find_difference(connection, storage, old, new)
        _select(connection, dataset, item)
        parts = connection.execute(f"select distinct part from {TABLE} order by part").fetchall()
        yield Selection(connection, dataset, item, tuple(part for (part,) in parts))


def _select(connection: duckdb.DuckDBPyConnection, dataset: ReleaseDataset, item: DatasetItem) -> None:
    """A row that leaves the selection, or its part of it, is removed there; one that enters is added."""
    keys = [quoted(name) for name in dataset.key]
    same = {side: " and ".join(f"d.{key} is not distinct from {side}.{key}" for key in keys) for side in ("b", "a")}
    inside = {side: " and ".join(_conditions(side, keys[0], item)) for side in ("b", "a")}
    part = {
        side: f"coalesce({side}.{quoted(item.split_by)}::varchar, '')" if item.split_by else "''" for side in ("b", "a")
    }
    chosen = ", ".join(f"d.{key} as {key}" for key in keys)
    values = ", ".join(f"a.{quoted(name)}::varchar as {quoted('value_' + name)}" for name in item.columns.values())
    nothing = ", ".join(f"null::varchar as {quoted('value_' + name)}" for name in item.columns.values())
    connection.execute(f"""
        create or replace temp table pairs as
        select {chosen}, {values}, coalesce({inside["b"]}, false) as was, coalesce({inside["a"]}, false) as is_now,
            {part["b"]} as part_before, {part["a"]} as part_after
        from {DIFFERENCE} as d left join {BEFORE} as b on {same["b"]} left join {AFTER} as a on {same["a"]};
        create or replace temp table {TABLE} as
        select case when was and part_before = part_after then 'changed' else 'added' end as kind, part_after as part,
            * exclude (was, is_now, part_before, part_after)
        from pairs where is_now
        union all by name
        select 'removed' as kind, part_before as part, {", ".join(keys)}, {nothing}
        from pairs where was and not (is_now and part_before = part_after)""")


def _conditions(side: str, key: str, item: DatasetItem) -> Iterator[str]:
    """SQL: the row is there on this side and is one that the item selects."""
    yield f"{side}.{key} is not null"
    for name, values in item.where.items():
        yield f"{side}.{quoted(name)}::varchar in ({', '.join(map(sql_text, values))})"
    for name in item.filled:
        yield f"{side}.{quoted(name)} is not null"
