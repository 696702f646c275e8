"""Arrow schemas of the lake's own tables, and of the columns that every bronze row ends with."""

from __future__ import annotations

import pyarrow as pa

TIMESTAMP: pa.DataType = pa.timestamp("us", tz="UTC")
NOTES: pa.DataType = pa.list_(pa.field("element", pa.string()))


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in columns.items()])


BRONZE_META = _schema(
    record_id=pa.string(),
    batch_id=pa.string(),
    system_id=pa.string(),
    contract_id=pa.string(),
    source_digest=pa.string(),
    source_row=pa.int64(),
    record_index=pa.int32(),
    layout=pa.string(),
    notes=NOTES,
    content_digest=pa.string(),
    corrects=pa.string(),
    ingested_at=TIMESTAMP,
)
"""The columns after a contract's own, in this order."""

QUARANTINE = _schema(
    quarantine_id=pa.string(),
    batch_id=pa.string(),
    system_id=pa.string(),
    contract_id=pa.string(),
    source_digest=pa.string(),
    source_row=pa.int64(),
    record_index=pa.int32(),
    original=pa.string(),
    column_name=pa.string(),
    reason_code=pa.string(),
    reason_parameters=pa.string(),
    further_reasons=pa.string(),
    corrects=pa.string(),
    ingested_at=TIMESTAMP,
)

LEDGER = _schema(
    delivery_id=pa.string(),
    batch_id=pa.string(),
    system_id=pa.string(),
    contract_id=pa.string(),
    path=pa.string(),
    source_digest=pa.string(),
    byte_size=pa.int64(),
    format=pa.string(),
    encoding=pa.string(),
    layout=pa.string(),
    header_mapping=pa.string(),
    unknown_columns=NOTES,
    mode=pa.string(),
    status=pa.string(),
    reason_code=pa.string(),
    reason_parameters=pa.string(),
    rows_read=pa.int64(),
    rows_accepted=pa.int64(),
    rows_quarantined=pa.int64(),
    rows_repeated=pa.int64(),
    rows_layout=pa.int64(),
    rows_refused=pa.int64(),
    records_accepted=pa.int64(),
    reasons=pa.string(),
    delivered_at=TIMESTAMP,
    received_at=TIMESTAMP,
    run_id=pa.string(),
    contract_version=pa.string(),
    follows=pa.string(),
    pull_state=pa.string(),
)

PUBLICITY_NOTICE = _schema(
    system_id=pa.string(),
    valid_from=pa.date32(),
    valid_to=pa.date32(),
    region=pa.string(),
    document_number=pa.string(),
)
"""Statements of departments that they tell each party in writing of the publicity."""

FIRST_PUBLICATION = _schema(
    contract_id=pa.string(),
    business_key=pa.string(),
    record_id=pa.string(),
    channel=pa.string(),
    first_published_date=pa.date32(),
    release_version=pa.string(),
)
"""What each release was the first to show on a channel; a release that showed nothing new has one row of nulls."""

PUBLICITY_NOTICE_TABLE = "declared/publicity_notice"
FIRST_PUBLICATION_TABLE = "released/first_publication"
QUARANTINE_TABLE = "bronze/quarantine"
LEDGER_TABLE = "bronze/ledger"


def bronze_table(contract_id: str) -> str:
    """Path of a contract's bronze table in the lake."""
    return f"bronze/{contract_id}"


def bronze_schema(columns: pa.Schema) -> pa.Schema:
    """A contract's columns followed by ``BRONZE_META``."""
    return pa.schema([*columns, *BRONZE_META])
