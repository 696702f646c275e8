"""Delta tables: streamed appends and changes that land exactly once, whoever runs at the same time."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Schema,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from lake.duckdb_extensions import literal, load_extension
from lake.errors import TerminalError, TransientError
from lake.full_disk import tells_of_full_disk
from lake.storage import Storage

ROW_GROUP_ROWS = 131_072
LOOKED_AT = 4096
COMMIT_RETRIES = 100
COMMITS_TO_A_CHECKPOINT = 10
"""Whoever opens a table reads the commits since the last checkpoint one by one, on an object store a request each."""
ATTEMPTS = 20
# Columns in which no value occurs twice: a dictionary of them costs time and space.
_ALL_DIFFERENT = ("record_id", "content_digest", "quarantine_id")
Result = TypeVar("Result")


def _writer(all_different: Iterable[str] = _ALL_DIFFERENT) -> WriterProperties:
    return WriterProperties(
        compression="ZSTD",
        compression_level=1,
        max_row_group_size=ROW_GROUP_ROWS,
        column_properties={name: ColumnProperties(dictionary_enabled=False) for name in all_different},
    )


WRITER = _writer()
_TREE = re.compile(r"\x1b\[[0-9;]*m|↳")


def ensure(storage: Storage, table: str, schema: pa.Schema) -> None:
    """Create an empty table; one that lacks columns (an older version or contract made it) gets them at its end, null.

    The order of columns says nothing. Raises ``TerminalError`` when the table that exists has columns that ``schema`` lacks.
    """
    _open_or_create(storage, table, schema)


def mostly_different(rows: pa.RecordBatch) -> list[str]:
    """Columns of texts that seldom come twice in ``rows``: no dictionary is made of them when they are written."""
    some = rows.slice(0, LOOKED_AT)
    texts = [field.name for field in rows.schema if pa.types.is_string(field.type)]
    return [name for name in texts if pc.count_distinct(some[name]).as_py() * 2 > len(some)]


def append_once(
    storage: Storage, table: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema, batch_id: str
) -> bool:
    """Append ``batches`` as one commit under the name ``batch_id``; False, and nothing new, if that is already there.

    The batches are streamed: no more than a row group and a few batches are in memory. An error that ``batches`` raises
    leaves the table as it was and is raised again unchanged. No batch at all gives no commit, and False.
    """
    return append_named(storage, table, batches, schema, (batch_id,))


def append_named(
    storage: Storage,
    table: str,
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    names: tuple[str, ...],
    *,
    compact_every: int | None = None,
) -> bool:
    """Like ``append_once`` under several names at once: False if any one of them is already there.

    ``compact_every`` so many versions the table's small files are joined, for a table that is read whole all the time. That is
    a commit of its own that changes no row; earlier versions stay readable.
    """
    stream = iter(batches)
    first = next(stream, None)
    if first is None:
        return False
    target = _open_or_create(storage, table, schema)
    if any(_has(target, name) for name in names):
        return False
    source = _Source(chain([first], stream))
    reader = pa.RecordBatchReader.from_batches(schema, source.batches())
    writer = _writer({*_ALL_DIFFERENT, *mostly_different(first)})
    try:
        write_deltalake(target, reader, mode="append", writer_properties=writer, commit_properties=_properties(names))
    except Exception as error:
        # What the stream raises comes out in classes of the library's choice, a bare Exception among them.
        if source.failure is not None:
            raise source.failure from None
        if not isinstance(error, DeltaError | OSError):
            raise
        return _lost_or_raise(storage, table, names, error)
    _sync(storage, table, target)
    if compact_every and target.version() % compact_every == 0:
        _compact(storage, table, target)
    return True


def overwrite_once(
    storage: Storage, table: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema, transaction: str
) -> bool:
    """Replace all rows, and the columns, of a table in one commit; False if ``transaction`` is already there."""
    target = _open(storage, table)
    if target is None:
        return append_once(storage, table, batches, schema, transaction)
    if _has(target, transaction):
        return False
    reader = pa.RecordBatchReader.from_batches(schema, batches)
    properties = _properties((transaction,))
    _guard(
        storage,
        table,
        lambda: write_deltalake(
            target,
            reader,
            mode="overwrite",
            schema_mode="overwrite",
            writer_properties=WRITER,
            commit_properties=properties,
        ),
    )
    _sync(storage, table, target)
    return True


def apply_changes(
    storage: Storage,
    table: str,
    key_columns: list[str],
    upserts: pa.Table,
    deletes: pa.Table,
    transaction: str,
) -> bool:
    """Replace or add the rows ``upserts`` and remove those whose keys are in ``deletes``, in one commit.

    ``key_columns`` must hold no nulls; ``deletes`` has those columns. False, and no commit, when there is nothing to
    change or ``transaction`` is already there. Raises ``TransientError`` when others keep changing the same rows.
    """
    if upserts.num_rows + deletes.num_rows == 0:
        return False
    for _ in range(ATTEMPTS):
        target = _open_or_create(storage, table, upserts.schema)
        if _has(target, transaction):
            return False
        try:
            _change(target, key_columns, upserts, deletes, _properties((transaction,)))
        except CommitFailedError:
            continue
        except (DeltaError, OSError) as error:
            raise _translate(storage, table, error) from error
        _sync(storage, table, target)
        return True
    raise TransientError("lake.table_busy", table=storage.url(table))


def version(storage: Storage, table: str) -> int | None:
    """Version of the table, None when there is no such table."""
    opened = _open(storage, table)
    return None if opened is None else int(opened.version())


def scan(connection: duckdb.DuckDBPyConnection, storage: Storage, table: str) -> str:
    """SQL text of the relation that reads the table as it is now; ``connection`` needs ``storage.duckdb_setup``."""
    load_extension(connection, "delta")
    return f"delta_scan({literal(storage.url(table))})"


def read(storage: Storage, table: str, columns: list[str] | None = None) -> pa.Table:
    """The whole of a small table, with no rows when it does not exist or ``columns`` of it."""
    opened = _open(storage, table)
    if opened is None:
        return pa.table({name: pa.array([], pa.string()) for name in columns or []})
    found: pa.Table = _guard(storage, table, lambda: opened.to_pyarrow_table(columns=columns))
    return found


def dataset_at(storage: Storage, table: str, number: int) -> Any:
    """The rows of an earlier version of a table, as an Arrow dataset; raises ``TerminalError`` when that is not kept any more."""

    def find() -> Any:
        target = DeltaTable(storage.url(table), version=number, storage_options=storage.delta_options())
        return target.to_pyarrow_dataset()

    return _guard(storage, table, find)


def has_batch(storage: Storage, table: str, batch_id: str) -> bool:
    """Whether ``append_once`` has landed ``batch_id``."""
    opened = _open(storage, table)
    return opened is not None and _has(opened, batch_id)


def names_missing(storage: Storage, table: str, names: Iterable[str]) -> set[str]:
    """Those of ``names`` (see ``append_named``) that have not landed in the table; all when there is no table."""
    opened = _open(storage, table)
    return {name for name in names if opened is None or not _has(opened, name)}


class _Source:
    """Passes batches on and keeps the error they raise, which Arrow's C interface would turn into text."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = batches
        self.failure: BaseException | None = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches
        except BaseException as error:
            self.failure = error
            raise


def _open(storage: Storage, table: str) -> DeltaTable | None:
    try:
        return DeltaTable(storage.url(table), storage_options=storage.delta_options() or None)
    except TableNotFoundError:
        return None
    except (DeltaError, OSError) as error:
        raise _translate(storage, table, error) from error


def _open_or_create(storage: Storage, table: str, schema: pa.Schema) -> DeltaTable:
    """The table as ``ensure`` leaves it, read once: on an object store each reading is a dozen requests."""
    opened = _open(storage, table)
    if opened is None:
        _guard(storage, table, lambda: _create(storage, table, schema))
        opened = _open_again(storage, table)
    found = {field.name for field in opened.schema().fields}
    if found - set(schema.names):
        surplus = ", ".join(sorted(found - set(schema.names)))
        raise TerminalError("lake.table_schema_differs", table=storage.url(table), columns=surplus)
    if len(found) == len(schema):
        return opened
    narrow = opened
    _guard(storage, table, lambda: _widen_table(storage, table, narrow, schema))
    return _open_again(storage, table)


def _open_again(storage: Storage, table: str) -> DeltaTable:
    opened = _open(storage, table)
    if opened is None:
        raise TransientError("lake.table_busy", table=storage.url(table))
    return opened


def _create(storage: Storage, table: str, schema: pa.Schema) -> None:
    if not storage.url().startswith("s3://"):
        Path(storage.url(table)).mkdir(parents=True, exist_ok=True)
    DeltaTable.create(
        storage.url(table),
        schema,
        mode="ignore",
        configuration={"delta.checkpointInterval": str(COMMITS_TO_A_CHECKPOINT)},
        storage_options=storage.delta_options() or None,
    )


def _widen_table(storage: Storage, table: str, existing: DeltaTable, schema: pa.Schema) -> None:
    """Add the columns at the end; another process may have done so first."""
    found = {field.name for field in existing.schema().fields}
    try:
        existing.alter.add_columns([field for field in Schema.from_arrow(schema).fields if field.name not in found])
    except DeltaError:
        now = _open(storage, table)
        if now is None or {field.name for field in now.schema().fields} != set(schema.names):
            raise


def _has(table: DeltaTable, name: str) -> bool:
    return table.transaction_version(name) is not None


def _properties(names: tuple[str, ...]) -> CommitProperties:
    return CommitProperties(
        max_commit_retries=COMMIT_RETRIES, app_transactions=[Transaction(name, 1) for name in names]
    )


def _lost_or_raise(storage: Storage, table: str, names: tuple[str, ...], error: Exception) -> bool:
    """Two runs of the same batch: the later one finds the name taken, which is no error."""
    opened = _open(storage, table)
    if opened is not None and any(_has(opened, name) for name in names):
        return False
    raise _translate(storage, table, error) from error


def _change(
    target: DeltaTable, keys: list[str], upserts: pa.Table, deletes: pa.Table, properties: CommitProperties
) -> None:
    if deletes.num_rows == 0 and target.count() == 0:
        write_deltalake(target, upserts, mode="append", writer_properties=WRITER, commit_properties=properties)
        return
    flag = pa.field("is_deleted_row", pa.bool_())
    added = upserts.append_column(flag, pa.array([False] * upserts.num_rows, pa.bool_()))
    removed = _widen(deletes, upserts.schema).append_column(flag, pa.array([True] * deletes.num_rows, pa.bool_()))
    predicate = " AND ".join(f'target."{key}" = source."{key}"' for key in keys)
    values = {f'"{name}"': f'source."{name}"' for name in upserts.schema.names}
    merge: Any = target.merge(
        pa.concat_tables([added, removed]).to_reader(),
        predicate,
        source_alias="source",
        target_alias="target",
        writer_properties=WRITER,
        commit_properties=properties,
    )
    merge.when_matched_delete("source.is_deleted_row").when_matched_update(
        values, "NOT source.is_deleted_row"
    ).when_not_matched_insert(values, "NOT source.is_deleted_row").execute()


def _widen(keys: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        keys.column(field.name).cast(field.type) if field.name in keys.schema.names else pa.nulls(len(keys), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _compact(storage: Storage, table: str, target: DeltaTable) -> None:
    """Join small files. What was appended stands; where this does not go through it is tried at the next turn."""
    try:
        target.optimize.compact(writer_properties=WRITER)
    except (DeltaError, OSError):
        return
    _sync(storage, table, target)


def _sync(storage: Storage, table: str, target: DeltaTable) -> None:
    """On disk, force the new files out before anything later may count on them (power cut between two commits)."""
    if storage.url().startswith("s3://"):
        return
    folder = Path(storage.url(table))
    log = folder / "_delta_log" / f"{target.version():020d}.json"
    checkpoint = [log.with_name(f"{target.version():020d}.checkpoint.parquet"), log.with_name("_last_checkpoint")]
    # Only line feeds part the actions: splitlines would also cut at U+0085 or U+2028 inside a value's statistics.
    lines = log.read_text(encoding="utf-8").split("\n") if log.exists() else []
    actions = [json.loads(line) for line in lines if line]
    added = [folder / unquote(action["add"]["path"]) for action in actions if "add" in action]
    for file in [*added, log, *checkpoint, log.parent, folder]:
        if file.exists():
            descriptor = os.open(file, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)


def _guard(storage: Storage, table: str, work: Callable[[], Result]) -> Result:
    try:
        return work()
    except (DeltaError, OSError) as error:
        raise _translate(storage, table, error) from error


def _translate(storage: Storage, table: str, error: Exception) -> Exception:
    url, words = storage.url(table), str(error)
    if tells_of_full_disk(error):
        return TransientError("lake.disk_full", path=url)
    if "Permission denied" in words or "AccessDenied" in words or "403 Forbidden" in words:
        return TerminalError("lake.storage_denied", path=url, endpoint=storage.root, detail=_plain(words))
    if isinstance(error, CommitFailedError):
        return TransientError("lake.table_busy", table=url)
    if url.startswith("s3://") and "error sending request" in words:
        place = storage.settings.s3_endpoint or storage.root
        return TransientError(
            "lake.storage_unreachable", path=url, endpoint=place, detail=_plain(words).rpartition(" - ")[2]
        )
    return TransientError("lake.table_failed", table=url, detail=_plain(words))


def _plain(words: str) -> str:
    """An error that the library prints as a coloured tree, on one line."""
    return " ".join(_TREE.sub(" ", words).split())[:500]
