"""Rows of a sheet as XML, put into a workbook that the writer made with a header and no rows.

A writer that is given cells spends its time on them one by one and on packing them tightly: 200,000 rows × 42 columns took
5.6 s. Arrow joins the same XML of whole columns at once. All else (styles, ranges, filters, covers) stays the writer's.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from lake.fast_zip import hasten
from publication.row_texts import NOTHING, Bytes, bytes_of, joined

BATCH_ROWS = 2_048
READ_AHEAD = "50KB"
LARGE_BYTES = 2**31
"""From here on an entry of a ZIP archive needs long lengths, which not every program reads."""
CELL_BYTES = 80
"""What stands around the text of a cell, at most."""

_SEPARATOR = "|"
_SPECIAL = r"[&<>\x00-\x08\x0B-\x1F\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_"
"""What cannot stand in a cell's text as it is (ECMA-376, ST_Xstring)."""
_SPECIAL_IN_ROW = rf"{_SPECIAL}|(^|[{_SEPARATOR}])[ \t\n]|[ \t\n]([{_SEPARATOR}]|$)"
_ESCAPE_LIKE = re.compile(r"_(x[0-9A-Fa-f]{4}_)")
_CONTROLS = [*range(0x09), *range(0x0B, 0x20), 0xFFFE, 0xFFFF]
_ENTITIES = {**{code: f"_x{code:04X}_" for code in _CONTROLS}, ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
FIRST_DAY = "date '1899-12-30'"
"""From which a sheet counts days."""

CellKind = Literal["text", "number", "date"]


@dataclass(frozen=True)
class SheetColumn:
    """How one column becomes cells: SQL of its values, and what they are to the sheet."""

    expression: str
    kind: CellKind


@dataclass(frozen=True)
class SheetData:
    """The rows of one sheet: an SQL relation in order, those from ``first`` on (0 the first), how many, and whether their XML
    could need long lengths in the archive."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    columns: Sequence[SheetColumn]
    first: int
    rows: int
    may_be_large: bool = False


def is_large(bytes_of_texts: int, cells: int) -> bool:
    """Whether the XML of so many cells could need long lengths in the archive."""
    return bytes_of_texts * 2 + cells * CELL_BYTES > LARGE_BYTES


def fill_sheets(template: Path, sheets: Mapping[str, SheetData], replaced: Mapping[str, bytes]) -> None:
    """Rewrite a workbook in place: the sheets (by member name) with their rows, the ``replaced`` members with these bytes.

    The same rows give the same bytes: no member bears the time it was written.
    """
    filled = template.with_suffix(".filled")
    with (
        zipfile.ZipFile(template) as source,
        zipfile.ZipFile(filled, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = replaced.get(name) or source.read(name)
            data = sheets.get(name)
            with target.open(name, "w", force_zip64=data is not None and data.may_be_large) as member:
                hasten(member)
                if data is None:
                    member.write(content)
                    continue
                head, tail = _around_rows(content.decode(), data)
                member.write(head)
                for piece in _pieces(data, _styles(content.decode())):
                    member.write(piece)
                member.write(tail)
    filled.replace(template)


def _around_rows(sheet: str, data: SheetData) -> tuple[bytes, bytes]:
    """A sheet up to the end of its header, with the range of its cells, and from the end of its rows on."""
    head, rest = sheet.split("</row>", 1)
    last = f"{column_letters(len(data.columns) - 1)}{data.rows + 1}"
    head = re.sub(r'<dimension ref="[^"]*"/>', f'<dimension ref="A1:{last}"/>', head, count=1)
    return f"{head}</row>".encode(), rest[rest.index("</sheetData>") :].encode()


def _styles(sheet: str) -> dict[int, str]:
    """Column, from 0 on, to the number of the style that the writer gave it."""
    styles: dict[int, str] = {}
    for first, last, style in re.findall(r'<col min="([0-9]+)" max="([0-9]+)"[^>]* style="([0-9]+)"', sheet):
        styles.update(dict.fromkeys(range(int(first) - 1, int(last)), style))
    return styles


def _pieces(data: SheetData, styles: Mapping[int, str]) -> Iterator[memoryview]:
    # DuckDB counts rows ahead by the size of their values without texts: little of that is much XML.
    data.connection.execute(f"set streaming_buffer_size = '{READ_AHEAD}'")
    reader = data.connection.execute(_query(data)).to_arrow_reader(BATCH_ROWS)
    begins = [f'<c r="{column_letters(index)}' for index in range(len(data.columns))]
    columns = [
        _Column(begin, styles.get(index, "0"), one.kind)
        for index, (begin, one) in enumerate(zip(begins, data.columns, strict=True))
    ]
    first = 2
    for batch in reader:
        yield bytes_of(_rows(batch, columns, first))
        first += batch.num_rows


def _query(data: SheetData) -> str:
    """SQL of the values as text, in order; null where there is none."""
    values = ", ".join(f"{_value(column)} as c{index}" for index, column in enumerate(data.columns))
    return f"select {values} from {data.relation} limit {data.rows} offset {data.first}"


def _value(column: SheetColumn) -> str:
    if column.kind == "text":
        return f"nullif({column.expression}, '')"
    return f"({column.expression}{f' - {FIRST_DAY}' if column.kind == 'date' else ''})::varchar"


@dataclass(frozen=True)
class _Column:
    """What stands around the values of one column: the cell's reference without the row's number, style, kind."""

    begin: str
    style: str
    kind: CellKind

    def cells(self, numbers: pa.Array, values: pa.Array) -> list[pa.Array | str]:
        """Pieces of cells whose text can stand as it is; where there is no value nothing is written."""
        head, tail = self._around()
        if values.null_count == 0:
            return [self.begin, numbers, head, values, tail]
        if values.null_count == len(values):
            return []
        return [
            pc.binary_join_element_wise(self.begin, numbers, head, values, tail, NOTHING, null_handling="emit_null")
        ]

    def may_be_special(self, values: pa.Array) -> bool:
        """Whether any value may hold what ``_SPECIAL_IN_ROW`` finds."""
        if self.kind != "text" or values.null_count == len(values):
            return False
        found = Bytes(values)
        is_odd = found.hold_below(0x20) or found.hold(b"&<>") or found.hold_pair(b"_x") or found.hold_pair(b"\xef\xbf")
        return is_odd or found.begin_with(b" ") or found.end_with(b" ")

    def cell(self, number: str, value: str) -> str:
        """One cell of a row in which some text must be rewritten."""
        head, tail = self._around(' xml:space="preserve"')
        return f"{self.begin}{number}{head}{_escaped(value) if self.kind == 'text' else value}{tail}"

    def _around(self, space: str = "") -> tuple[str, str]:
        if self.kind == "text":
            return f'" s="{self.style}" t="inlineStr"><is><t{space}>', "</t></is></c>"
        return f'" s="{self.style}"><v>', "</v></c>"


def _rows(batch: pa.RecordBatch, columns: Sequence[_Column], first: int) -> pa.Array:
    """Each row as XML. Few rows hold a character that must be rewritten: they are looked for where a column may hold one."""
    numbers = pa.array(range(first, first + batch.num_rows)).cast(pa.string())
    pairs = list(zip(columns, batch.columns, strict=True))
    cells = [piece for column, values in pairs for piece in column.cells(numbers, values)]
    rows = joined(['<row r="', numbers, '">', *cells, "</row>"])
    texts = [values for column, values in pairs if column.may_be_special(values)]
    if not texts:
        return rows
    together = pc.binary_join_element_wise(*texts, _SEPARATOR, null_handling="skip")
    is_special = pc.match_substring_regex(together, _SPECIAL_IN_ROW)
    if not pc.any(is_special).as_py():
        return rows
    written = [
        _special_row(number, row, columns)
        for number, row in zip(
            numbers.filter(is_special).to_pylist(), batch.filter(is_special).to_pylist(), strict=True
        )
    ]
    return pc.replace_with_mask(rows, is_special, pa.array(written, pa.string()))


def _special_row(number: str, row: Mapping[str, str | None], columns: Sequence[_Column]) -> str:
    cells = (
        column.cell(number, value) for column, value in zip(columns, row.values(), strict=True) if value is not None
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def _escaped(text: str) -> str:
    """A text as a cell may hold it: markup as entities, other characters that XML does not allow as ``_xHHHH_``."""
    return _ESCAPE_LIKE.sub(r"_x005F_\1", text).translate(_ENTITIES)


def column_letters(index: int) -> str:
    """The letters of a column, 0 = A."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
