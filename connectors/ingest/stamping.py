"""The columns that say where a row came from, put on checked and on quarantined rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from connectors.readers import RejectedRow
from lake.schema import BRONZE_META, QUARANTINE, TIMESTAMP


@dataclass(frozen=True)
class Origin:
    """The batch that rows belong to, and the table of the file (0 for the first)."""

    system_id: str
    contract_id: str
    source_digest: str
    batch_id: str
    ingested_at: datetime
    table: int = 0

    @property
    def position_prefix(self) -> str:
        """What, followed by row and record index, makes the text whose digest is a record's id."""
        place = f"{self.system_id}|{self.contract_id}|{self.source_digest}|"
        return place if self.table == 0 else f"{place}{self.table}:"


def stamp_records(
    connection: duckdb.DuckDBPyConnection,
    origin: Origin,
    accepted: pa.Table,
    *,
    layout: str,
    schema: pa.Schema,
    corrections: Mapping[int, str],
) -> pa.Table:
    """Accepted records (contract columns, notes, content_digest, source_row, record_index) as bronze rows."""
    count = accepted.num_rows
    given = {
        "record_id": position_ids(connection, origin, accepted["source_row"], accepted["record_index"]),
        "batch_id": origin.batch_id,
        "system_id": origin.system_id,
        "contract_id": origin.contract_id,
        "source_digest": origin.source_digest,
        "layout": layout,
        "corrects": _corrected(accepted["source_row"], corrections),
        "ingested_at": origin.ingested_at,
    }
    meta = set(BRONZE_META.names)
    columns = []
    for field in schema:
        value = given[field.name] if field.name in given and field.name in meta else accepted[field.name]
        columns.append(_column(value, field.type, count))
    return pa.table(columns, schema=schema)


def stamp_quarantined(
    connection: duckdb.DuckDBPyConnection, origin: Origin, quarantined: pa.Table, corrections: Mapping[int, str]
) -> pa.Table:
    """Quarantined rows (source_row, record_index, original, column_name, reason_code, …) as rows of the quarantine."""
    count = quarantined.num_rows
    given = {
        "quarantine_id": position_ids(connection, origin, quarantined["source_row"], quarantined["record_index"]),
        "batch_id": origin.batch_id,
        "system_id": origin.system_id,
        "contract_id": origin.contract_id,
        "source_digest": origin.source_digest,
        "corrects": _corrected(quarantined["source_row"], corrections),
        "ingested_at": origin.ingested_at,
    }
    columns = [
        _column(given.get(field.name, quarantined[field.name] if field.name not in given else None), field.type, count)
        for field in QUARANTINE
    ]
    return pa.table(columns, schema=QUARANTINE)


def rejected_rows(rejected: Iterable[RejectedRow]) -> pa.Table:
    """Rows that a reader could not make a record of, in the shape that ``stamp_quarantined`` takes."""
    rows = [
        {
            "source_row": row.source_row,
            "record_index": 0,
            "original": json.dumps(dict(row.original), ensure_ascii=False),
            "column_name": None,
            "reason_code": row.reason_code,
            "reason_parameters": json.dumps(dict(row.parameters), ensure_ascii=False),
            "further_reasons": "[]",
        }
        for row in rejected
    ]
    return pa.Table.from_pylist(rows, schema=QUARANTINED)


QUARANTINED = pa.schema(
    [
        QUARANTINE.field(name)
        for name in (
            "source_row",
            "record_index",
            "original",
            "column_name",
            "reason_code",
            "reason_parameters",
            "further_reasons",
        )
    ]
)
"""What is known of a quarantined row before its origin is put on it."""


def position_ids(
    connection: duckdb.DuckDBPyConnection, origin: Origin, rows: pa.ChunkedArray, indexes: pa.ChunkedArray
) -> pa.ChunkedArray:
    """32 hexadecimal characters of the SHA-256 of each record's position, computed in DuckDB."""
    if len(rows) == 0:
        return pa.chunked_array([], pa.string())
    positions = pa.table({"source_row": rows, "record_index": indexes})
    relation = connection.from_arrow(positions)
    found = relation.project(
        "left(sha256(? || source_row || '|' || record_index), 32) AS id".replace("?", _literal(origin.position_prefix))
    )
    return found.to_arrow_table()["id"]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _corrected(rows: pa.ChunkedArray, corrections: Mapping[int, str]) -> pa.Array | None:
    if not corrections:
        return None
    keys = pa.array(corrections.keys(), pa.int64())
    return pc.take(pa.array(corrections.values(), pa.string()), pc.index_in(rows, keys))


def _column(value: object, kind: pa.DataType, count: int) -> pa.Array | pa.ChunkedArray:
    if value is None:
        return pa.nulls(count, kind)
    if isinstance(value, pa.Array | pa.ChunkedArray):
        return value if value.type == kind else value.cast(kind)
    return pa.repeat(pa.scalar(value, TIMESTAMP if isinstance(value, datetime) else pa.string()), count)
