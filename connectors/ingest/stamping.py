"""The columns that say where a row came from, put on checked and on quarantined rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.readers import RejectedRow
from lake.schema import BRONZE_META, QUARANTINE, TIMESTAMP

_ID_CHARACTERS, _PREFIX_CHARACTERS = 32, 20
_HEXADECIMAL = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


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
    def id_prefix(self) -> str:
        """The first 20 characters of the ids of the table's rows: of the SHA-256 of feed, file and table."""
        place = f"{self.system_id}|{self.contract_id}|{self.source_digest}|{self.table}"
        return sha256(place.encode()).hexdigest()[:_PREFIX_CHARACTERS]


def stamp_records(
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
        "record_id": position_ids(origin, accepted["source_row"], accepted["record_index"]),
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


def stamp_quarantined(origin: Origin, quarantined: pa.Table, corrections: Mapping[int, str]) -> pa.Table:
    """Quarantined rows (source_row, record_index, original, column_name, reason_code, …) as rows of the quarantine."""
    count = quarantined.num_rows
    given = {
        "quarantine_id": position_ids(origin, quarantined["source_row"], quarantined["record_index"]),
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


def position_ids(origin: Origin, rows: pa.ChunkedArray, indexes: pa.ChunkedArray) -> pa.Array:
    """An id of 32 hexadecimal characters for each record of a file: prefix of its table, row (8), record index (4).

    The same place in the same bytes of the same feed has the same id whenever it is read. Raises ``OverflowError`` for a
    row from 2**32 on.
    """
    count = len(rows)
    places = (rows.to_numpy().astype(np.uint64), indexes.to_numpy().astype(np.uint64))
    if count and max(int(places[0].max()) >> 32, int(places[1].max()) >> 16):
        raise OverflowError("a file of more than 2**32 rows")
    characters = np.empty((count, _ID_CHARACTERS), dtype=np.uint8)
    characters[:, :_PREFIX_CHARACTERS] = np.frombuffer(origin.id_prefix.encode(), dtype=np.uint8)
    place = _PREFIX_CHARACTERS
    for numbers, width in zip(places, (8, 4), strict=True):
        for shift in range(4 * (width - 1), -1, -4):
            characters[:, place] = _HEXADECIMAL[(numbers >> np.uint64(shift)) & np.uint64(15)]
            place += 1
    offsets = np.arange(count + 1, dtype=np.int32) * _ID_CHARACTERS
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(characters))


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
