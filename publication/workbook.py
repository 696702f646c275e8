"""XLSX files of one part: cover, data dictionary, data sheets.

Written by ``rustpy-xlsxwriter``, with as many empty rows as there will be, so that all ranges are right; then filled
(``sheet_rows``), in constant memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import duckdb
import pyarrow as pa
from rustpy_xlsxwriter import FastExcel, Format

from lake.messages import catalogue, text
from lake.settings import TIME_ZONE
from publication.dataset import Dataset
from publication.manifest import ReleaseColumn
from publication.parts import WHOLE, Part, quoted
from publication.render import WHOLE_NUMBERS, sql_text, text_expression
from publication.sheet_rows import BATCH_ROWS, CellKind, SheetColumn, SheetData, fill_sheets, is_large

ROWS_PER_SHEET = 200_000
"""Data rows of one sheet, and of one workbook: more open slowly, and Excel has room for 1,048,575."""

SHEETS_PER_WORKBOOK = 1
SHEETS_BEFORE_DATA = 2
"""Cover and data dictionary."""
CELL_CHARACTERS = 32_767
KEPT_CHARACTERS = 16_000
"""What is kept of a text over Excel's limit of 32,767 UTF-16 units: half of it is safe whatever the characters."""

NUMBER_DIGITS_LIMIT = 10**13
"""From here on a double no longer holds cents exactly, so such a column is written as text."""

WIDEST_COLUMN = 56.0
WIDEST_PAGE = 260.0
COVER_WIDTHS = (22.0, 90.0)
LINE_POINTS = 16.0


@dataclass(frozen=True)
class Limits:
    """How much goes into one sheet and one workbook."""

    rows_per_sheet: int = ROWS_PER_SHEET
    sheets_per_workbook: int = SHEETS_PER_WORKBOOK


@dataclass(frozen=True)
class Edition:
    """What the cover says about where the file comes from."""

    version: str
    created_at: datetime


@dataclass(frozen=True)
class _Sheet:
    name: str
    first_row: int
    rows: int


@dataclass(frozen=True)
class _Cell:
    """How one column goes into a sheet."""

    expression: str
    number_format: str
    width: float
    kind: CellKind


@dataclass(frozen=True)
class _Volume:
    """One workbook of a part: its place among them, its sheets, and the part's cells that had to be shortened."""

    number: int
    total: int
    sheets: Sequence[_Sheet]
    shortened: int

    @property
    def rows(self) -> int:
        return sum(sheet.rows for sheet in self.sheets)


@dataclass(frozen=True)
class Rows:
    """The rows of one part: an SQL relation that gives them in order."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    part: Part
    columns: Sequence[ReleaseColumn]

    def values(self, expressions: Sequence[str], relation: str) -> tuple[Any, ...]:
        """One value for each of the expressions, which sum up all rows of ``relation``."""
        row = self.connection.execute(f"select {', '.join(expressions)} from {relation}").fetchone()
        assert row is not None
        return tuple(row)

    def count(self, query: str) -> int:
        """The one whole number that ``query`` gives."""
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])


def write_workbooks(
    rows: Rows, dataset: Dataset, edition: Edition, folder: Path, limits: Limits
) -> list[tuple[Path, int]]:
    """Write the part's workbooks into ``folder``; returns each file and its number of data rows.

    One workbook unless the rows exceed ``limits``; then several, and each cover names its place in the row.
    """
    looks = _look(rows)
    groups = list(_grouped(rows.part.rows, limits))
    written: list[tuple[Path, int]] = []
    for number, sheets in enumerate(groups, 1):
        path = folder / _file_name(rows.part, number, len(groups))
        book = FastExcel(path)
        _add_cover(
            book, _cover_lines(dataset, edition, rows.part, _Volume(number, len(groups), sheets, looks.shortened))
        )
        _add_dictionary(book, rows.columns)
        for sheet in sheets:
            _add_data(book, rows, looks.cells, sheet)
        book.save()
        filled = {
            f"xl/worksheets/sheet{number}.xml": _data_of(rows, looks, sheet)
            for number, sheet in enumerate(sheets, 1 + SHEETS_BEFORE_DATA)
        }
        fill_sheets(path, filled, {_PROPERTIES_MEMBER: _properties(dataset.title, edition.created_at)})
        written.append((path, sum(sheet.rows for sheet in sheets)))
    return written


def _file_name(part: Part, number: int, workbooks: int) -> str:
    return f"{part.name}.xlsx" if workbooks == 1 else f"{part.name}-{number:03d}.xlsx"


def _grouped(rows: int, limits: Limits) -> Iterator[list[_Sheet]]:
    starts = range(0, max(rows, 1), limits.rows_per_sheet)
    sheets = [
        _Sheet(_sheet_name(index, len(starts)), start, min(limits.rows_per_sheet, rows - start))
        for index, start in enumerate(starts, 1)
    ]
    for first in range(0, len(sheets), limits.sheets_per_workbook):
        yield sheets[first : first + limits.sheets_per_workbook]


def _sheet_name(index: int, sheets: int) -> str:
    name = text("publication.sheet_data", "zh")
    return name if sheets == 1 else f"{name}{index}"


@dataclass(frozen=True)
class _Looks:
    """How the columns go into a sheet, how many cells had to be shortened, and whether the sheet's XML could be large."""

    cells: Sequence[_Cell]
    shortened: int
    may_be_large: bool


def _look(rows: Rows) -> _Looks:
    """One look at all rows, and one at the first for the widths; planning a query of so many columns costs more than running it
    over a small part."""
    as_texts = [text_expression(column) for column in rows.columns]
    facts = [_facts(column, one) for column, one in zip(rows.columns, as_texts, strict=True)]
    found = rows.values([expression for pair in facts for expression in pair], rows.relation)
    misfits, bytes_of_texts = found[::3], sum(size or 0 for size in found[1::3])
    shortened = 0
    if max((longest or 0 for longest in found[2::3]), default=0) > CELL_CHARACTERS:
        as_texts, shortened = [_limited(one) for one in as_texts], _shortened_cells(rows)
    # a Chinese character has three bytes and takes the room of two letters
    room = [f"max(length({one}) + (strlen({one}) - length({one})) // 2)" for one in as_texts]
    widest = rows.values(room, f"(from {rows.relation} limit 2000)")
    cells = [_cell_of(*one) for one in zip(rows.columns, as_texts, misfits, widest, strict=True)]
    return _Looks(cells, shortened, is_large(bytes_of_texts, rows.part.rows * len(cells)))


def _facts(column: ReleaseColumn, as_text: str) -> tuple[str, str, str]:
    """SQL over all rows: whether a column holds a date or number that Excel does not, and how many bytes its texts have in all
    and at most."""
    name = quoted(column.name)
    if column.type == "DATE":
        # Excel knows no date before 1900-03-01 that other programs agree on, and none after 9999
        return f"bool_or({name} not between date '1900-03-01' and date '9999-12-31')", "max(0)", "max(0)"
    if type_family(column.type) == "number":
        return f"bool_or(abs({name}) >= {NUMBER_DIGITS_LIMIT})", "max(0)", "max(0)"
    return "bool_or(false)", f"sum(strlen({as_text}))", f"max(strlen({as_text}))"


def _cell_of(column: ReleaseColumn, as_text: str, is_misfit: bool | None, widest: int | None) -> _Cell:
    name = quoted(column.name)
    if column.type == "DATE":
        return _Cell(as_text, "@", 12, "text") if is_misfit else _Cell(name, "yyyy-mm-dd", 12, "date")
    if type_family(column.type) == "number":
        if is_misfit:
            return _Cell(as_text, "@", 20, "text")
        return _Cell(f"{name}::double", "0" if column.type in WHOLE_NUMBERS else "#,##0.00", 14, "number")
    return _Cell(as_text, "@", min(WIDEST_COLUMN, max(10.0, (widest or 0) + 2, len(column.title) * 2.2)), "text")


def _limited(expression: str) -> str:
    note = sql_text(text("publication.cell_shortened", "zh"))
    return (
        f"case when length({expression}) > {KEPT_CHARACTERS} and strlen({expression}) > {CELL_CHARACTERS} "
        f"then left({expression}, {KEPT_CHARACTERS}) || {note} else {expression} end"
    )


def _shortened_cells(rows: Rows) -> int:
    counts = [
        f"count(*) filter (length({quoted(column.name)}) > {KEPT_CHARACTERS} "
        f"and strlen({quoted(column.name)}) > {CELL_CHARACTERS})"
        for column in rows.columns
        if column.type == "VARCHAR"
    ]
    return rows.count(f"select {' + '.join(counts)} from {rows.relation}") if counts else 0


def _header_format() -> Format:
    return (
        Format().set_bold().set_background_color("#1F4E78").set_font_color("#FFFFFF").set_text_wrap()
        .set_align("center").set_align("vertical_center").set_border("thin")
    )  # fmt: skip


def _cover_lines(dataset: Dataset, edition: Edition, part: Part, volume: _Volume) -> list[tuple[str, str]]:
    """Message code and value of each line of the cover."""
    time = edition.created_at.astimezone(TIME_ZONE).strftime("%Y-%m-%d %H:%M")
    extent = "publication.part_whole" if part.name == WHOLE else "publication.part_division"
    lines = [
        ("cover_dataset", dataset.title),
        ("cover_version", edition.version),
        ("cover_time", time),
        ("cover_rows", f"{volume.rows:,}"),
        ("cover_part", text(extent, "zh", part=part.name)),
        ("cover_source", dataset.source_note),
    ]
    if volume.total > 1:
        place = {"number": volume.number, "total": volume.total, "rows": f"{part.rows:,}"}
        lines.append(("cover_split", text("publication.cover_split_text", "zh", **place)))
    if len(volume.sheets) > 1:
        lines.append(("cover_sheets", ";".join(f"{sheet.name}:{sheet.rows:,}" for sheet in volume.sheets)))
    if volume.shortened:
        lines.append(("cover_shortened", text("publication.cover_shortened_text", "zh", cells=volume.shortened)))
    return [*lines, ("cover_note", text("publication.cover_note_text", "zh"))]


def _add_cover(book: FastExcel, lines: Sequence[tuple[str, str]]) -> None:
    item, content = text("publication.cover_item", "zh"), text("publication.cover_content", "zh")
    book.sheet(
        text("publication.sheet_cover", "zh"),
        [{item: text(f"publication.{key}", "zh"), content: value} for key, value in lines],
        column_widths=list(COVER_WIDTHS),
        # the height of a wrapped row is not worked out by every program that opens the file
        row_heights={row: LINE_POINTS * _lines(value) for row, (_, value) in enumerate(lines, 1)},
        column_formats=[_top().set_bold(), _top()],
        header_format=_header_format(),
        sheet_view={"gridlines": False},
        page_setup=_page(),
    )


def _lines(value: str) -> int:
    """Lines that a text takes in the cover's second column."""
    room = sum(2 if ord(character) > 255 else 1 for character in value)
    return max(1, -int(-room // (COVER_WIDTHS[1] - 4)))


def _top() -> Format:
    return Format().set_align("top").set_text_wrap().set_num_format("@")


def _page(width: float = 0.0) -> dict[str, Any]:
    """Landscape A4; a sheet too wide to be read on one page is printed over several."""
    page: dict[str, Any] = {"paper_size": 9, "landscape": True, "repeat_rows": 0, "footer": "&C&P / &N"}
    return page if width > WIDEST_PAGE else {**page, "fit_to_pages": (1, 0)}


def _add_dictionary(book: FastExcel, columns: Sequence[ReleaseColumn]) -> None:
    keys = ("title", "name", "type", "unit", "description")
    headers = {key: text(f"publication.dictionary_{key}", "zh") for key in keys}
    rows: list[Mapping[str, str]] = [
        {headers[key]: dictionary_value(column, key) for key in keys} for column in columns
    ]
    book.sheet(
        text("publication.sheet_dictionary", "zh"),
        rows,
        column_widths=[26, 34, 14, 8, 70],
        column_formats=[_top() for _ in keys],
        header_format=_header_format(),
        page_setup=_page(),
    )
    book.freeze(row=1, col=0, sheet=text("publication.sheet_dictionary", "zh"))


def dictionary_value(column: ReleaseColumn, key: str) -> str:
    """One entry of the data dictionary as people read it: ``key`` is a field of the column."""
    if key == "type":
        return text(f"publication.type_{type_family(column.type)}", "zh")
    if key == "unit" and column.unit:
        return catalogue("zh").get(f"publication.unit_{column.unit}", column.unit)
    return str(getattr(column, key) or "")


def type_family(data_type: str) -> str:
    """The family of a DuckDB type that people are told: text, date, time, number, yes_no or list."""
    if data_type.endswith("[]"):
        return "list"
    if data_type.startswith("TIMESTAMP"):
        return "time"
    if data_type.startswith(("DECIMAL", "DOUBLE", "FLOAT")) or data_type in WHOLE_NUMBERS:
        return "number"
    return {"DATE": "date", "BOOLEAN": "yes_no"}.get(data_type, "text")


def _add_data(book: FastExcel, rows: Rows, cells: Sequence[_Cell], sheet: _Sheet) -> None:
    """The sheet with its header, formats and ranges, and rows without a value."""
    formats = [Format().set_num_format(cell.number_format).set_align("top") for cell in cells]
    book.sheet(
        sheet.name,
        _empty_rows([column.title for column in rows.columns], sheet.rows),
        column_widths=[cell.width for cell in cells],
        column_formats=formats,
        header_format=_header_format(),
        autofilter=True,
        ignore_errors=[column.title for column, cell in zip(rows.columns, cells, strict=True) if cell.kind == "text"],
        row_heights={0: 32},
        page_setup=_page(sum(cell.width for cell in cells)),
    )
    book.freeze(row=1, col=0, sheet=sheet.name)


def _empty_rows(titles: Sequence[str], count: int) -> pa.RecordBatchReader:
    """So many rows without a value, a batch at a time."""
    schema = pa.schema([(title, pa.string()) for title in titles])
    sizes = [BATCH_ROWS] * (count // BATCH_ROWS) + ([count % BATCH_ROWS] if count % BATCH_ROWS else [])
    batches = (pa.RecordBatch.from_arrays([pa.nulls(size, pa.string())] * len(titles), schema=schema) for size in sizes)
    return pa.RecordBatchReader.from_batches(schema, batches)


def _data_of(rows: Rows, looks: _Looks, sheet: _Sheet) -> SheetData:
    columns = [SheetColumn(cell.expression, cell.kind) for cell in looks.cells]
    return SheetData(rows.connection, rows.relation, columns, sheet.first_row, sheet.rows, looks.may_be_large)


def _properties(title: str, created_at: datetime) -> bytes:
    """Title and the release's time in place of the time of writing, so that the same content gives the same bytes."""
    time = created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _PROPERTIES.format(title=escape(title), time=time).encode()


_PROPERTIES_MEMBER = "docProps/core.xml"
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><dc:creator>creditlake</dc:creator>'
    '<dcterms:created xsi:type="dcterms:W3CDTF">{time}</dcterms:created>'
    '<dcterms:modified xsi:type="dcterms:W3CDTF">{time}</dcterms:modified></cp:coreProperties>'
)
