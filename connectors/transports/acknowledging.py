"""Telling a department's database, in the column that it declared for this, which rows are in the lake.

Only rows whose delivery is committed are told, each only as long as it is what was delivered; telling twice changes nothing.
How far it has come is noted beside the spool. Losing the note costs statements: everything is told once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
from pyarrow import parquet

from connectors.transports.database_pull import Talk
from connectors.transports.declaration import Acknowledgement, DatabaseWay, Table
from connectors.transports.errors import NotAcknowledgedError, SystemAwayError, SystemRefusedError
from connectors.transports.pulling import Assignment
from connectors.transports.snapshot import literal, quoted, quoted_table
from lake.ledger import Delivery

STATEMENT_ROWS = 500


def acknowledge(way: DatabaseWay, table: Table, task: Assignment) -> None:
    """Tell the rows of all committed deliveries of the feed that were not told yet.

    Raises ``NotAcknowledgedError``: the rows are safe, and the next run tells them.
    """
    declared = table.acknowledge
    if declared is None:
        return
    note = task.folder.with_suffix(".acknowledged")
    talk = Talk(way, table, task)
    try:
        for delivery in _untold(task, note):
            with task.original(delivery.source_digest) as stream:
                statements = list(_statements(table, declared, stream))
            with talk.said():
                talk.database.update(talk.place(), statements)
            note.write_text(delivery.delivery_id, encoding="utf-8")
    except (SystemAwayError, SystemRefusedError) as error:
        detail = error.params.get("detail", error)
        named = {**talk.named(), "column": declared.column, "detail": detail}
        raise NotAcknowledgedError("transports.not_acknowledged", **named) from error


def _untold(task: Assignment, note: Path) -> list[Delivery]:
    """The deliveries behind the last one that was told."""
    told = note.read_text(encoding="utf-8") if note.exists() else ""
    known = [one.delivery_id for one in task.earlier]
    return task.earlier[known.index(told) + 1 :] if told in known else list(task.earlier)


def _statements(table: Table, declared: Acknowledgement, stream: BinaryIO) -> Iterator[str]:
    """Updates of some hundred rows each; a column that changes by itself with its row keeps its value."""
    names = [*declared.key, *([table.updated_at] if table.updated_at else [])]
    column, value = quoted(declared.column), literal(declared.value)
    kept = f", {quoted(table.updated_at)} = {quoted(table.updated_at)}" if table.updated_at else ""
    for rows in _rows(stream, names):
        same = " or ".join("(" + " and ".join(_is(name, cell) for name, cell in row) + ")" for row in rows)
        yield (
            f"update {quoted_table(table.name)} set {column} = {value}{kept} "
            f"where ({column} is null or {column} <> {value}) and ({same})"
        )


def _rows(stream: BinaryIO, names: list[str]) -> Iterator[list[list[tuple[str, str | None]]]]:
    file = parquet.ParquetFile(pa.BufferReader(stream.read()))
    wanted = [name for name in dict.fromkeys(names) if name in file.schema_arrow.names]
    if len(wanted) < len(set(names)):
        return  # delivered under another declaration: nothing says which rows these are
    found = (
        list(zip(wanted, cast("tuple[str | None, ...]", cells), strict=True))
        for batch in file.iter_batches(columns=wanted)
        for cells in zip(*(batch.column(name).to_pylist() for name in wanted), strict=True)
    )
    while rows := list(islice(found, STATEMENT_ROWS)):
        yield rows


def _is(name: str, cell: str | None) -> str:
    return f"{quoted(name)} is null" if cell is None else f"{quoted(name)} = {literal(cell)}"
