"""Writers of the formats departments use. All take text columns and give back the row each record stands in.

Row numbers are 1-based and count every line of the file, header and notes included, as a person sees them in an editor
or a spreadsheet. The same rows give the same bytes: no time of day, no host name gets into a file.
"""

from __future__ import annotations

import datetime
import gzip
import io
import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import xlsxwriter

from example_region.randomness import Indices, Mask
from example_region.rows import Rows
from example_region.vocabulary import Layout

ROW_GROUP = 65_536
CREATED = datetime.datetime(2025, 12, 1)


class OutputFile(Protocol):
    """A file being written; ``layout_rows`` counts its title and note rows."""

    layout_rows: int

    def write(self, rows: Rows) -> Indices:
        """Append rows; the row number each of them got."""

    def close(self) -> None:
        """Finish the file."""


def table_of(rows: Rows, layout: Layout) -> pa.Table:
    """The columns of a layout under their headers."""
    return pa.table({header: rows.columns[column] for column, header in layout.items()})


class DelimitedFile:
    """CSV or tab separated text in an encoding; lines may be damaged on purpose."""

    def __init__(self, path: Path, layout: Layout, encoding: str, separator: str) -> None:
        self.layout_rows = 0
        self._layout, self._encoding, self._separator = layout, encoding, separator
        self._file = path.open("wb")
        self._next_row = 2
        mark = b"\xef\xbb\xbf" if encoding == "utf-8-sig" else b""
        self._encoding = "utf-8" if mark else encoding
        self._file.write(mark + self._encode(separator.join(layout.values()) + "\r\n"))

    def _encode(self, text: str) -> bytes:
        return text.encode(self._encoding)

    def write(self, rows: Rows) -> Indices:
        """Append rows; damaged ones as their ``damage`` says. A row with line breaks in a cell is where it starts."""
        table = table_of(rows, self._layout)
        breaks = line_breaks(table)
        text = self._text(table)
        damaged = np.flatnonzero(rows.damage != "")
        self._file.write(self._with_damage(text, damaged, rows) if len(damaged) else self._encode(text))
        ends = self._next_row + np.cumsum(1 + breaks)
        starts = ends - 1 - breaks
        self._next_row = int(ends[-1]) if len(ends) else self._next_row
        return starts

    def _text(self, table: pa.Table) -> str:
        """Lines of the table: every text quoted in CSV, nothing in tab separated files."""
        style = "none" if self._separator == "\t" else "needed"
        options = pyarrow.csv.WriteOptions(
            include_header=False, delimiter=self._separator, quoting_style=style, eol="\r\n"
        )
        sink = io.BytesIO()
        pyarrow.csv.write_csv(table, sink, options)
        return sink.getvalue().decode("utf-8")

    def _with_damage(self, text: str, damaged: Indices, rows: Rows) -> bytes:
        lines = text.split("\r\n")[:-1]
        encoded = [self._encode(line) for line in lines]
        separator = self._separator.encode()
        for row in damaged.tolist():
            encoded[row] = damage_line(encoded[row], separator, str(rows.damage[row]))
        return b"".join(line + b"\r\n" for line in encoded)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def line_breaks(table: pa.Table) -> Indices:
    """How many line breaks the cells of each row hold (they are ``\\n``; lines end in ``\\r\\n``)."""
    total = np.zeros(table.num_rows, dtype=np.int64)
    for column in table.columns:
        total += pc.fill_null(pc.count_substring(column, "\n"), 0).to_numpy()
    return total


def damage_line(line: bytes, separator: bytes, kind: str) -> bytes:
    """A line as it comes out of a broken export; ``kind`` is a key of ``dirt.LINE_DAMAGE``."""
    if kind == "undecodable":
        return line[:2] + b"\xff\xff" + line[2:]
    if kind == "field_added":
        return line + separator + b"1"
    if kind == "field_missing":
        return line[: line.rindex(separator)]
    cells = line.split(separator)
    return separator.join([*cells[1:], b""])


class WorkbookFile:
    """XLSX as handed in: a title row, the header, a row of notes, data as text, a last row naming the compiler."""

    def __init__(self, path: Path, layout: Layout, title: str) -> None:
        self.layout_rows = 3
        self._layout = layout
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
        self._book.set_properties({"title": title, "created": CREATED})
        self._sheet = self._book.add_worksheet("数据")
        self._date = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._sheet.write_string(0, 0, title)
        for column, header in enumerate(layout.values()):
            self._sheet.write_string(1, column, header)
        self._sheet.write_string(2, 0, "表格说明：请按登记信息如实填写，日期格式为YYYY-MM-DD，统一社会信用代码为18位")
        self._next_row = 3

    def write(self, rows: Rows) -> Indices:
        """Append rows as text cells; every fifth date as a real spreadsheet date."""
        columns = [rows.columns[column].to_pylist() for column in self._layout]
        is_date = [column.endswith("_date") for column in self._layout]
        for offset, cells in enumerate(zip(*columns, strict=True)):
            for position, cell in enumerate(cells):
                self._write_cell(self._next_row + offset, position, cell, is_date[position])
        first = self._next_row + 1
        self._next_row += len(rows)
        return np.arange(first, first + len(rows))

    def _write_cell(self, row: int, column: int, cell: str | None, is_date: bool) -> None:
        if cell is None:
            return
        if (
            is_date
            and row % 5 == 0
            and len(cell) == 10
            and cell[4] == "-"
            and "1901" < cell[:4] < "2050"
            and is_real(cell)
        ):
            self._sheet.write_datetime(row, column, datetime.datetime.fromisoformat(cell), self._date)
        else:
            self._sheet.write_string(row, column, cell)

    def close(self) -> None:
        """Write the last row and finish the file."""
        self._sheet.write_string(self._next_row, 0, "填报人：综合科")
        self._book.close()


def is_real(text: str) -> bool:
    """Whether an ISO date exists in the calendar."""
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


class JsonLinesFile:
    """One JSON object per line, gzip."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.layout_rows = 0
        self._layout = layout
        self._raw = path.open("wb")
        self._file = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, compresslevel=6, mtime=0)
        self._next_row = 1

    def write(self, rows: Rows) -> Indices:
        """Append one object per row; absent values are left out of some and null in others."""
        for record in table_of(rows, self._layout).to_pylist():
            self._file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        first = self._next_row
        self._next_row += len(rows)
        return np.arange(first, self._next_row)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
        self._raw.close()


class ParquetOutput:
    """Parquet in row groups of fixed size, so that the way rows arrive leaves no trace in the bytes."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")
        self._schema = schema
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0

    def append(self, table: pa.Table) -> None:
        """Append rows; they are written once a row group is full."""
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        while self._waiting_rows >= ROW_GROUP:
            joined = pa.concat_tables(self._waiting)
            self._writer.write_table(joined.slice(0, ROW_GROUP).combine_chunks(), row_group_size=ROW_GROUP)
            self._waiting = [joined.slice(ROW_GROUP)]
            self._waiting_rows -= ROW_GROUP

    def close(self) -> None:
        """Write what waits and finish the file."""
        if self._waiting_rows:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks(), row_group_size=ROW_GROUP)
        self._writer.close()


class ParquetFile:
    """A Parquet file of text columns."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.layout_rows = 0
        self._layout = layout
        self._output = ParquetOutput(path, pa.schema([(header, pa.string()) for header in layout.values()]))
        self._next_row = 1

    def write(self, rows: Rows) -> Indices:
        """Append rows."""
        self._output.append(table_of(rows, self._layout))
        first = self._next_row
        self._next_row += len(rows)
        return np.arange(first, self._next_row)

    def close(self) -> None:
        """Finish the file."""
        self._output.close()


FORMATS: dict[str, str] = {
    "csv_gb18030": ".csv",
    "csv_utf8_mark": ".csv",
    "tab_gb18030": ".txt",
    "workbook": ".xlsx",
    "json_lines": ".jsonl.gz",
    "parquet": ".parquet",
}


def open_file(path: Path, file_format: str, layout: Layout, title: str) -> OutputFile:
    """A writer of ``file_format`` (a key of ``FORMATS``)."""
    made: dict[str, Any] = {
        "csv_gb18030": lambda: DelimitedFile(path, layout, "gb18030", ","),
        "csv_utf8_mark": lambda: DelimitedFile(path, layout, "utf-8-sig", ","),
        "tab_gb18030": lambda: DelimitedFile(path, layout, "gb18030", "\t"),
        "workbook": lambda: WorkbookFile(path, layout, title),
        "json_lines": lambda: JsonLinesFile(path, layout),
        "parquet": lambda: ParquetFile(path, layout),
    }
    return made[file_format]()  # type: ignore[no-any-return]


def has_lines(file_format: str) -> bool:
    """Whether lines of the format can be damaged."""
    return file_format.startswith(("csv", "tab"))


def null_mask(column: pa.Array) -> Mask:
    """Where a column is null."""
    return np.asarray(pc.is_null(column).to_numpy(zero_copy_only=False), dtype=bool)
