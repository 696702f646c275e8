"""Arrow types of a contract's columns."""

from __future__ import annotations

import pyarrow as pa

from connectors.contract.model import DATE_KINDS, Column, Contract

AMOUNT_PRECISION, AMOUNT_SCALE = 20, 2


def arrow_type(column: Column) -> pa.DataType:
    """Dates are date32, points in time timestamp[us, UTC], amounts decimal128(20, 2), all else string."""
    if column.kind in DATE_KINDS:
        return pa.date32()
    if column.kind == "timestamp":
        return pa.timestamp("us", tz="UTC")
    if column.kind == "amount":
        return pa.decimal128(AMOUNT_PRECISION, AMOUNT_SCALE)
    return pa.string()


def arrow_schema(contract: Contract) -> pa.Schema:
    """The contract's columns in its order, all nullable: what is required binds per layout."""
    return pa.schema([pa.field(column.name, arrow_type(column)) for column in contract.columns])
