"""Rows of any record type that shares staging, made from its contract."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.contract import Column, Contract, load_contracts

SHARED = [contract for contract in load_contracts().values() if not contract.has_own_staging]


def record(contract: Contract, number: int, name: str, uscc: str | None, **changes: Any) -> dict[str, Any]:
    """The record with this number about the enterprise, in each of its roles; ``changes`` are other values of columns."""
    row = {column.name: _value(column, number) for column in contract.columns}
    for subject in contract.subjects:
        row[subject.name] = name
        row |= {subject.uscc: uscc} if subject.uscc else {}
        others = (subject.organisation_code, subject.registration_number, subject.address, *subject.region)
        row |= {column: None for column in others if column}
    return {**row, **changes}


def _value(column: Column, number: int) -> object:
    if column.kind in {"date", "date_until"}:
        return date(2026, 1, 1 + number % 28)
    if column.kind == "timestamp":
        return datetime(2026, 1, 1 + number % 28, 18, tzinfo=UTC)
    if column.kind == "amount":
        return Decimal(number)
    if column.values:
        return column.values[number % len(column.values)].value
    return None if column.kind in {"uscc", "registration_number", "organisation_code"} else f"{column.name}{number}"
