"""Small helpers over the warehouse: which tables and columns there are, counts, and bounded failing rows."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from expectations.leaks import may_hold_personal_value
from expectations.measure import FailingRows, Measure
from expectations.result import SHOWN_ROWS, FailingRow

MASK = "***"
ORIGIN_COLUMNS = ("file", "row", "record_id")


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Column name to type of a warehouse table ``schema.name``; empty when there is no such table."""
    schema, name = table.split(".", 1)
    return dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ? "
            "and database_name = current_database() order by column_index",
            [schema, name],
        ).fetchall()
    )


def counts(connection: duckdb.DuckDBPyConnection, relation: str, conditions: Sequence[str]) -> list[int]:
    """Rows of ``relation`` for which each condition holds, in one scan."""
    if not conditions:
        return []
    selected = ", ".join(f"count(*) filter (where {condition})" for condition in conditions)
    row = connection.execute(f"select {selected} from {relation}").fetchone()
    assert row is not None
    return [int(value) for value in row]


def number(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """The one number that ``query`` gives; 0 for null."""
    row = connection.execute(query).fetchone()
    return float(row[0] or 0) if row else 0.0


def failing_rows(connection: duckdb.DuckDBPyConnection, measure: Measure) -> list[FailingRow]:
    """Up to ``SHOWN_ROWS`` rows that break a check; values of columns that are not public are masked, and
    those that may be a person's."""
    if measure.failing is None:
        return []
    cursor = connection.execute(f"select * from ({measure.failing.query}) limit {SHOWN_ROWS}")
    names = [column[0] for column in cursor.description or ()]
    return [_row(measure.failing, dict(zip(names, values, strict=True))) for values in cursor.fetchall()]


def _row(failing: FailingRows, values: dict[str, object]) -> FailingRow:
    shown = {
        name: _shown(value, name, name in failing.clear_columns)
        for name, value in values.items()
        if name not in ORIGIN_COLUMNS
    }
    file, row, record = (values.get(name) for name in ORIGIN_COLUMNS)
    return FailingRow(
        file=None if file is None else str(file),
        row=None if row is None else int(str(row)),
        record_id=None if record is None else str(record),
        columns=shown,
    )


def _shown(value: object, name: str, is_clear: bool) -> str | None:
    if value is None:
        return None
    return str(value) if is_clear and not may_hold_personal_value(str(value), name) else MASK
