"""Parquet, JSON lines and CSV files of one part, rendered from sorted rows; same rows, same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

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


def write_parquet(rows: pa.Table, columns: Sequence[ReleaseColumn], path: Path) -> None:
    """One part as Parquet (zstd); English column names, titles in the file's key-value metadata."""
    titles = "; ".join(f"{column.name}={column.title}" for column in columns)
    described = rows.replace_schema_metadata({"creditlake_titles": titles})
    pq.write_table(described, path, compression="zstd", row_group_size=ROW_GROUP_ROWS, store_schema=False)


def write_json_lines(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[ReleaseColumn], path: Path
) -> None:
    """One part as JSON lines: an object per row in UTF-8 with every column, null where it is empty."""
    values = ", ".join(f"{_json_expression(column)} as {quoted(column.name)}" for column in columns)
    connection.execute(f"copy (select {values} from {relation}) to {sql_text(str(path))} (format json)")


def _json_expression(column: ReleaseColumn) -> str:
    """SQL that gives a column as JSON: days and times as ISO 8601 text, all else as it is."""
    name = quoted(column.name)
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(timezone('Asia/Shanghai', {name}), '%Y-%m-%dT%H:%M:%S+08:00')"
    if column.type.startswith("TIMESTAMP"):
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%S')"
    return f"{name}::varchar" if column.type == "DATE" else name


def stream_parts(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[ReleaseColumn]
) -> Iterator[tuple[str, pa.Table]]:
    """Name and rows of one part after the other, of a relation sorted by ``release_part``.

    Straight from the sort: a table of its own for the sorted rows would take as long again as the files.
    """
    names = ", ".join(quoted(column.name) for column in columns)
    reader = connection.execute(f"select {names}, release_part from {relation}").to_arrow_reader(ROW_GROUP_ROWS)
    part, batches = "", list[pa.RecordBatch]()
    for batch in reader:
        for name, rows in _by_part(batch):
            if name != part and batches:
                yield part, pa.Table.from_batches(batches)
                batches = []
            part = name
            batches.append(rows)
    if batches:
        yield part, pa.Table.from_batches(batches)


def _by_part(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """A batch cut where ``release_part``, its last column, changes."""
    runs = pc.run_end_encode(batch.column(batch.num_columns - 1))
    rows, begin = batch.select(range(batch.num_columns - 1)), 0
    for name, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield name, rows.slice(begin, end - begin)
        begin = end


def write_csv(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[ReleaseColumn], path: Path
) -> None:
    """One part as UTF-8 CSV with byte order mark and Chinese headers; ``'`` before cells that look like formulas."""
    expressions = [_csv_expression(column) for column in columns]
    # DuckDB writes no byte order mark of its own: it goes in front of the first header
    titles = [_header(column.title) for column in columns]
    titles[0] = BYTE_ORDER_MARK + titles[0]
    selected = ", ".join(f"{value} as {quoted(title)}" for value, title in zip(expressions, titles, strict=True))
    connection.execute(f"copy (select {selected} from {relation}) to {sql_text(str(path))} (format csv, header true)")


def _header(title: str) -> str:
    """A header that needs no quoting, since a byte order mark inside quotes would be taken for text."""
    return title.replace(",", ",").replace('"', "”").replace("\n", " ")
