"""Parquet, JSON lines and CSV files of one part, rendered from sorted rows; same rows, same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from publication.manifest import ReleaseColumn
from publication.parts import quoted
from publication.row_texts import Bytes, around, bytes_of, joined

ROWS_OF_PART = "rows_of_part"
"""The rows of a part as the connection that writes its files knows them."""
BATCH_ROWS = 8_192

BYTE_ORDER_MARK = "\ufeff"
FORMULA_STARTS = r"^[=+\-@\t\r＝＋－＠]"
"""First characters that spreadsheet programs take for a formula, half and full width (OWASP, CSV injection)."""
_FORMULA_BYTES = b"=+-@\t\r\xef"
"""First bytes of those."""
_QUOTED_IN_CSV = b'"#,\n\r'
"""A cell that holds one of these, or an empty text, stands between quotation marks; one without a value is empty."""

ROW_GROUP_ROWS = 122_880


def sql_text(value: str) -> str:
    """An SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


WHOLE_NUMBERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)


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
    """SQL that gives a column of text as cells of CSV."""
    text = text_expression(column)
    cell = f"case when regexp_matches({text}, {sql_text(FORMULA_STARTS)}) then '''' || {text} else {text} end"
    needs_marks = f"{cell} = '' or regexp_matches({cell}, {sql_text(f'[{_QUOTED_IN_CSV.decode()}]')})"
    return f"case when {needs_marks} then '\"' || replace({cell}, '\"', '\"\"') || '\"' else {cell} end"


def write_parquet(rows: pa.Table, columns: Sequence[ReleaseColumn], path: Path) -> None:
    """One part as Parquet (zstd); English column names, titles in the file's key-value metadata."""
    titles = "; ".join(f"{column.name}={column.title}" for column in columns)
    described = rows.replace_schema_metadata({"creditlake_titles": titles})
    pq.write_table(described, path, compression="zstd", row_group_size=ROW_GROUP_ROWS, store_schema=False)


class PartTexts:
    """The rows of a part with each column as text, read once for all formats that are made of texts.

    ``connection`` knows the rows as ``ROWS_OF_PART``.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, rows: pa.Table, columns: Sequence[ReleaseColumn]) -> None:
        self.connection = connection
        self.columns = columns
        self._rows = rows

    @cached_property
    def _texts(self) -> dict[str, pa.ChunkedArray]:
        others = {column.name: text_expression(column) for column in self.columns if column.type != "VARCHAR"}
        plain = {column.name: self._rows[column.name] for column in self.columns if column.name not in others}
        return plain | self._select(others)

    def batches(self, written: Mapping[str, str]) -> list[pa.RecordBatch]:
        """All rows, some thousand at a time; columns that are named are written by an SQL expression of their own."""
        texts = self._texts | self._select(written)
        batches: list[pa.RecordBatch] = (
            pa.table(texts).select([one.name for one in self.columns]).to_batches(BATCH_ROWS)
        )
        return batches

    def bytes_of(self, column: ReleaseColumn) -> Bytes:
        """The bytes of a column's texts."""
        return Bytes(self._texts[column.name])

    def _select(self, expressions: Mapping[str, str]) -> dict[str, pa.ChunkedArray]:
        if not expressions:
            return {}
        query = f"select {', '.join(expressions.values())} from {ROWS_OF_PART}"
        return dict(zip(expressions, self.connection.execute(query).to_arrow_table().columns, strict=True))


def write_json_lines(texts: PartTexts, path: Path) -> None:
    """One part as JSON lines: an object per row in UTF-8 with every column, null where it is empty."""
    written = {column.name: _json_expression(column) for column in texts.columns if not _is_json(column, texts)}
    heads = [json.dumps(column.name, ensure_ascii=False) + ":" for column in texts.columns]
    marks = ['"' if one.type in _QUOTED_IN_JSON and one.name not in written else "" for one in texts.columns]
    with path.open("wb") as file:
        for batch in texts.batches(written):
            pieces: list[pa.Array | str] = []
            for head, mark, values in zip(heads, marks, batch.columns, strict=True):
                pieces += [",", *around(head + mark, values, mark, f"{head}null")]
            file.write(bytes_of(joined(["{", *pieces[1:], "}\n"])))


_QUOTED_IN_JSON = ("VARCHAR", "DATE")


def _is_json(column: ReleaseColumn, texts: PartTexts) -> bool:
    """Whether a column's texts can stand in JSON as people read them, between quotation marks where they are no numbers."""
    if column.type == "VARCHAR":
        found = texts.bytes_of(column)
        return not (found.hold_below(0x20) or found.hold(b'"\\'))
    return column.type in ("DATE", *WHOLE_NUMBERS) or column.type.startswith("DECIMAL")


def _json_expression(column: ReleaseColumn) -> str:
    """SQL that gives a column as JSON: days and times as ISO 8601 text, all else as it is."""
    name = quoted(column.name)
    value = f"{name}::varchar" if column.type == "DATE" else name
    if column.type == "TIMESTAMP WITH TIME ZONE":
        value = f"strftime(timezone('Asia/Shanghai', {name}), '%Y-%m-%dT%H:%M:%S+08:00')"
    elif column.type.startswith("TIMESTAMP"):
        value = f"strftime({name}, '%Y-%m-%dT%H:%M:%S')"
    return f"to_json({value})::varchar"


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


def write_csv(texts: PartTexts, path: Path) -> None:
    """One part as UTF-8 CSV with byte order mark and Chinese headers; ``'`` before cells that look like formulas."""
    written = {column.name: _csv_expression(column) for column in texts.columns if _is_marked(column, texts)}
    with path.open("wb") as file:
        file.write((BYTE_ORDER_MARK + ",".join(_header(column.title) for column in texts.columns) + "\n").encode())
        for batch in texts.batches(written):
            pieces = [piece for values in batch.columns for piece in (",", values)]
            file.write(bytes_of(joined([*pieces[1:], "\n"])))


def _is_marked(column: ReleaseColumn, texts: PartTexts) -> bool:
    """Whether any cell needs quotation marks or could be taken for a formula."""
    if not is_text(column.type):
        return False
    found = texts.bytes_of(column)
    return found.hold_empty() or found.hold(_QUOTED_IN_CSV) or found.begin_with(_FORMULA_BYTES)


def _header(title: str) -> str:
    """A header that needs no quoting, since a byte order mark inside quotes would be taken for text."""
    return title.replace(",", ",").replace('"', "”").replace("\n", " ")
