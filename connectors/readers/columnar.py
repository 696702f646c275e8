"""Parquet as tables of text: every value as its exact text, row numbers counted from 1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from connectors.readers.model import ReaderHints, SourceTable, TableFacts, TextBatch, text_batch
from connectors.readers.numbers import plain_number
from lake.errors import TerminalError

# Checked at once without being put together from smaller batches: planning a statement takes as long as checking 10,000 rows.
_MOST_ROWS = 65_536
_BATCH_BYTES = 48 * 1024 * 1024
_LOOKED_AT_ROWS = 1024


def open_parquet(path: Path, facts: TableFacts, hints: ReaderHints, spool: object = None) -> SourceTable:
    """The table of a Parquet file, which ``spool`` keeps alive; raises ``readers.damaged_parquet``."""
    try:
        with parquet.ParquetFile(path) as file:
            header = tuple(file.schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        raise TerminalError("readers.damaged_parquet", detail=str(error)) from error
    facts = TableFacts("parquet", None, None, None, facts.member, False, facts.compression)
    return SourceTable(0, facts, header, 0, partial(_batches, path, hints, spool))


def _batches(path: Path, hints: ReaderHints, _spool: object) -> Iterator[TextBatch]:
    first = 1
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_rows_at_once(file, hints)):
                columns = [exact_text(column) for column in batch.columns]
                rows = np.arange(first, first + batch.num_rows, dtype=np.int64)
                first += batch.num_rows
                yield TextBatch(text_batch(columns), pa.array(rows, pa.int64()))
    except (pa.ArrowException, OSError) as error:
        raise TerminalError("readers.damaged_parquet", detail=str(error)) from error


def _rows_at_once(file: parquet.ParquetFile, hints: ReaderHints) -> int:
    """As many rows as are worth a statement of their own, fewer where rows are long."""
    first = next(file.iter_batches(batch_size=min(_LOOKED_AT_ROWS, hints.limits.batch_rows)), None)
    if first is None or not first.num_rows:
        return hints.limits.batch_rows
    row_bytes = max(1, int(first.nbytes) // int(first.num_rows))
    return max(1, min(_MOST_ROWS, _BATCH_BYTES // row_bytes))


def exact_text(column: pa.Array) -> pa.Array:
    """A column as strings, nothing rounded: decimals with their scale, ISO dates, JSON for nested values."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return exact_text(column.dictionary_decode())
    if pa.types.is_nested(kind):
        return pa.array([None if value is None else _compact(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if value is None else _bytes_text(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        return pa.array([None if value is None else plain_number(value) for value in column.to_pylist()], pa.string())
    return pc.cast(column, pa.string())


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
