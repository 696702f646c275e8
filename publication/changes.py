"""What changed between two kept releases: for people with fields and causes, for machines as rows to apply.

The law: the rows of release n, without the keys that are removed or changed, with the rows that are added or changed, are
the rows of release m. It holds for any two kept releases, in either direction, also where nothing changed. What was removed is
named by its key alone: a change file repeats nothing of what was taken down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb
from pydantic import BaseModel, ConfigDict

from lake.errors import TerminalError
from lake.storage import Storage
from publication.causes import CAUSES, SUCCESSORS, TABLE, find_causes
from publication.difference import AFTER, BEFORE, DIFFERENCE, Kind, Side, find_difference, side_of
from publication.manifest import Manifest, ReleaseDataset
from publication.parts import quoted
from publication.render import sql_text

Window = Literal["24h", "7d", "31d"]
WINDOWS: dict[Window, timedelta] = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "31d": timedelta(days=31)}
SHOWN_ROWS = 1_000
"""Rows per dataset that a diff for people lists; the counts are always of all of them."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class FieldChange(_Document):
    """One field before and after, as text; None where it was or is empty."""

    name: str
    title: str
    before: str | None
    after: str | None


class RowChange(_Document):
    """One row: its key, what happened, why, and field by field what differs; all its fields where it came or went."""

    key: dict[str, str | None]
    kind: Kind
    cause: str
    fields: tuple[FieldChange, ...]


class DatasetDiff(_Document):
    """One dataset: counts by kind and by cause, and the first ``SHOWN_ROWS`` rows by key."""

    id: str
    title: str
    added: int
    changed: int
    removed: int
    causes: dict[str, int]
    rows: tuple[RowChange, ...]


class ReleaseDiff(_Document):
    """The difference of two releases; ``before`` is None where all is compared with nothing."""

    before: str | None
    after: str
    datasets: tuple[DatasetDiff, ...]


class ChangeFile(_Document):
    """A file of changes: Parquet with the columns of the later release and ``change_kind``, or the same as JSON lines."""

    dataset: str
    path: str
    added: int
    changed: int
    removed: int


def diff(storage: Storage, before: Manifest | None, after: Manifest, shown: int = SHOWN_ROWS) -> ReleaseDiff:
    """What differs between two releases, with causes, for staff: it shows what was taken down, field by field."""
    with _connection(storage) as connection:
        datasets = tuple(
            _diff_of(connection, storage, side_of(before, dataset_id), side_of(after, dataset_id), shown)
            for dataset_id in _datasets(before, after)
        )
    return ReleaseDiff(before=before.version if before else None, after=after.version, datasets=datasets)


def write_changes(storage: Storage, before: Manifest | None, after: Manifest, folder: Path) -> list[ChangeFile]:
    """Write the changes of each dataset to ``folder`` as ``<dataset>.parquet`` and ``<dataset>.jsonl``, by key."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[ChangeFile] = []
    with _connection(storage) as connection:
        for dataset_id in _datasets(before, after):
            old, new = side_of(before, dataset_id), side_of(after, dataset_id)
            counts = find_difference(connection, storage, old, new)
            for suffix, options in (("parquet", "format parquet, compression zstd"), ("jsonl", "format json")):
                path = folder / f"{dataset_id}.{suffix}"
                connection.execute(f"copy ({_changes_query(old, new)}) to {sql_text(str(path))} ({options})")
                written.append(ChangeFile(dataset=dataset_id, path=str(path), **counts))
    return written


def base_of(releases: Sequence[Manifest], after: Manifest, window: Window) -> Manifest | None:
    """The release that readers had a window's length before ``after``: the newest that is at least so old; None before
    the first. Its version is the cursor that gives the same changes."""
    limit = after.created_at - WINDOWS[window]
    older = [manifest for manifest in releases if manifest.created_at <= limit]
    return max(older, key=lambda manifest: (manifest.created_at, -releases.index(manifest)), default=None)


def window_of(name: str) -> Window:
    """A window by its name; raises ``TerminalError`` for another."""
    for window in get_args(Window):
        if name == window:
            return window  # type: ignore[no-any-return]
    raise TerminalError("publication.window_unknown", window=name, known=", ".join(WINDOWS))


def _datasets(before: Manifest | None, after: Manifest) -> list[str]:
    """Ids of the datasets of both, those of ``after`` first."""
    ids = [dataset.id for dataset in after.datasets]
    return ids + [dataset.id for dataset in (before.datasets if before else ()) if dataset.id not in ids]


def _changes_query(old: Side, new: Side) -> str:
    """Rows added or changed as they are now, of those removed the key alone."""
    dataset = new.dataset or old.dataset
    assert dataset is not None
    names = [quoted(column.name) for column in dataset.columns]
    keys = ", ".join(quoted(name) for name in dataset.key)
    others = "".join(
        f", case when d.kind <> 'removed' then a.{name} end as {name}" for name in names if name not in keys.split(", ")
    )
    chosen = ", ".join(f"d.{quoted(name)} as {quoted(name)}" for name in dataset.key)
    matched = " and ".join(f"d.{quoted(name)} = a.{quoted(name)}" for name in dataset.key)
    return (
        f"select d.kind as change_kind, {chosen}{others} from {DIFFERENCE} as d left join {AFTER} as a on {matched} "
        f"order by {', '.join(f'd.{quoted(name)}' for name in dataset.key)}"
    )


def _diff_of(connection: duckdb.DuckDBPyConnection, storage: Storage, old: Side, new: Side, shown: int) -> DatasetDiff:
    counts = find_difference(connection, storage, old, new)
    dataset = new.dataset or old.dataset
    assert dataset is not None and new.manifest is not None
    causes: dict[str, int] = {}
    rows: tuple[RowChange, ...] = ()
    if sum(counts.values()):
        find_causes(connection, storage, dataset, old.manifest, new.manifest)
        found = dict(connection.execute(f"select cause, count(*) from {TABLE} group by cause").fetchall())
        causes = {cause: int(found[cause]) for cause in CAUSES if cause in found}
        pairs = _join_successors(connection, dataset)
        counts = {kind: count + (pairs if kind == "changed" else -pairs) for kind, count in counts.items()}
        causes = {**causes, **({"source": causes["source"] - pairs} if pairs else {})}
        rows = tuple(_rows(connection, old, new, shown))
    return DatasetDiff(id=dataset.id, title=dataset.title, causes=causes, rows=rows, **counts)


def _join_successors(connection: duckdb.DuckDBPyConnection, dataset: ReleaseDataset) -> int:
    """Make one changed row of a record that went and came again under a new id; returns how many there are."""
    connection.execute(f"alter table {TABLE} add column key_before varchar")
    if len(dataset.key) > 1:
        return 0
    key = quoted(dataset.key[0])
    connection.execute(f"""
        delete from {TABLE} where {key} in (select before from {SUCCESSORS});
        update {TABLE} set kind = 'changed', key_before = s.before from {SUCCESSORS} s where {TABLE}.{key} = s.after""")
    row = connection.execute(f"select count(*) from {SUCCESSORS}").fetchone()
    assert row is not None
    return int(row[0])


def _rows(connection: duckdb.DuckDBPyConnection, old: Side, new: Side, shown: int) -> Iterator[RowChange]:
    dataset = new.dataset or old.dataset
    assert dataset is not None
    titles = {name: column.title for side in (old, new) for name, column in side.columns.items()}
    keys = [quoted(name) for name in dataset.key]
    names = [name for name in titles if name not in dataset.key]
    values = "".join(f", o.{quoted(name)}::varchar, n.{quoted(name)}::varchar" for name in names)
    same = " and ".join(f"c.{name} is not distinct from n.{name}" for name in keys)
    same_before = " and ".join(f"coalesce(c.key_before, c.{name}) is not distinct from o.{name}" for name in keys)
    joins = f"left join {BEFORE} as o on {same_before} left join {AFTER} as n on {same}"
    chosen = ", ".join(f"c.{name}::varchar" for name in keys)
    query = f"select c.kind, c.cause, {chosen}{values} from {TABLE} as c {joins} order by {chosen} limit {shown}"
    for kind, cause, *rest in connection.execute(query).fetchall():
        pairs: list[Any] = rest[len(keys) :]
        fields = tuple(
            FieldChange(name=name, title=titles[name], before=before, after=after)
            for name, before, after in zip(names, pairs[::2], pairs[1::2], strict=True)
            if before != after
        )
        key = dict(zip(dataset.key, rest[: len(keys)], strict=True))
        yield RowChange(key=key, kind=kind, cause=cause, fields=fields)


@contextmanager
def _connection(storage: Storage) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        yield connection
