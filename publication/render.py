"""Parquet and CSV files of one part, rendered by DuckDB from the sorted scratch table; same rows, same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from publication.manifest import ReleaseColumn
from publication.parts import quoted

BYTE_ORDER_MARK = "\ufeff"
FORMULA_STARTS = r"^[=+\-@\t\r＝＋－＠]"
"""First characters that spreadsheet programs take for a formula, half and full width (OWASP, CSV injection)."""

ROW_GROUP_ROWS = 122_880


def sql_text(value: str) -> str:
    """An SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


def is_text(data_type: str) -> bool:
    """Whether a column holds free text, so that a cell could pretend to be a formula."""
    return data_type == "VARCHAR" or data_type.endswith("[]")


def text_expression(column: ReleaseColumn) -> str:
    """SQL that gives a column as people read it: yes/no in Chinese, lists joined, times in Beijing time."""
    name = quoted(column.name)
    if column.type == "BOOLEAN":
        return f"case when {name} then '是' when not {name} then '否' end"
    if column.type.endswith("[]"):
        return f"array_to_string({name}, ';')"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(timezone('Asia/Shanghai', {name}), '%Y-%m-%d %H:%M:%S')"
    if column.type.startswith("TIMESTAMP"):
        return f"strftime({name}, '%Y-%m-%d %H:%M:%S')"
    return f"{name}::varchar"


def _csv_expression(column: ReleaseColumn) -> str:
    text = text_expression(column)
    if not is_text(column.type):
        return text
    return f"case when regexp_matches({text}, {sql_text(FORMULA_STARTS)}) then '''' || {text} else {text} end"


def write_parquet(
    connection: duckdb.DuckDBPyConnection, table: str, part: str, columns: Sequence[ReleaseColumn], path: Path
) -> None:
    """One part as Parquet (zstd); English column names, titles in the file's key-value metadata."""
    names = ", ".join(quoted(column.name) for column in columns)
    titles = "; ".join(f"{column.name}={column.title}" for column in columns)
    connection.execute(
        f"copy (select {names} from {table} where release_part = {sql_text(part)}) to {sql_text(str(path))} "
        f"(format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS}, "
        f"kv_metadata {{creditlake_titles: {sql_text(titles)}}})"
    )


def write_csv(
    connection: duckdb.DuckDBPyConnection, table: str, part: str, columns: Sequence[ReleaseColumn], path: Path
) -> None:
    """One part as UTF-8 CSV with byte order mark and Chinese headers; ``'`` before cells that look like formulas."""
    expressions = [_csv_expression(column) for column in columns]
    # DuckDB writes no byte order mark of its own: it goes in front of the first header
    titles = [_header(column.title) for column in columns]
    titles[0] = BYTE_ORDER_MARK + titles[0]
    selected = ", ".join(f"{value} as {quoted(title)}" for value, title in zip(expressions, titles, strict=True))
    connection.execute(
        f"copy (select {selected} from {table} where release_part = {sql_text(part)}) to {sql_text(str(path))} "
        "(format csv, header true)"
    )


def _header(title: str) -> str:
    """A header that needs no quoting, since a byte order mark inside quotes would be taken for text."""
    return title.replace(",", ",").replace('"', "”").replace("\n", " ")
