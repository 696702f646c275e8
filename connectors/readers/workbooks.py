"""Spreadsheets (XLSX, XLS) as tables of text: each sheet is one, cells as the exact text of their value."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from connectors.contract.header_key import header_key
from connectors.readers.compound import is_encrypted
from connectors.readers.finishing import finish
from connectors.readers.layout import HEADER_SEARCH_ROWS, find_header, given_header, is_header, second_headers
from connectors.readers.model import ReaderHints, RejectedRow, SourceTable, TableFacts, TextBatch
from connectors.readers.numbers import plain_number
from connectors.readers.workbook_formulas import Formulas, find_formulas
from connectors.readers.workbook_guard import check_workbook, counts_from_1904
from lake.errors import TerminalError

# Excel keeps 15 significant digits: what lies behind them in a number is lost before we see it.
LONGEST_NUMBER = 1e15
_GUIDE_SHEET = re.compile(
    r"说明|字典|代码表|封面|目录|注意事项|填表|notes?\b|guide|how to|code lists?|dictionary|readme|cover", re.IGNORECASE
)

Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]


@dataclass(frozen=True)
class SheetHeader:
    """The header cells, its first row (1-based), the rows above the data, and the layout rows above the header."""

    cells: tuple[str, ...]
    row: int
    skip: int
    layout: Counter[str]
    known: int


def open_workbook(path: Path, facts: TableFacts, hints: ReaderHints, spool: object = None) -> Iterator[SourceTable]:
    """The tables of a workbook, which ``spool`` keeps alive.

    The rows of sheets that guide the person who fills it in are notes of the first sheet with a known header. Of hidden
    sheets those are given, and marked, that look like the tables beside them; others hold drop-down lists and the like.
    Raises ``TerminalError``: ``readers.encrypted_workbook``, ``readers.damaged_workbook``, ``readers.empty_workbook``,
    ``readers.expands_too_far``, ``readers.workbook_too_large``.
    """
    if zipfile.is_zipfile(path):
        check_workbook(path, hints.limits)
    elif is_encrypted(path):
        raise TerminalError("readers.encrypted_workbook")
    workbook = _workbook(path)
    known = frozenset(header_key(name) for name in [*hints.known_headers, *(hints.columns or ())])
    is_hidden = {
        sheet.name: sheet.visible != SheetVisibleEnum.Visible
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    }
    found = {name: header for name in is_hidden if (header := _sheet_header(_sheet(workbook, name), known, hints))}
    headers = {name: header for name, header in found.items() if not is_hidden[name]}
    if not headers:
        raise TerminalError("readers.empty_workbook")
    since_1904 = counts_from_1904(path)
    guides = _guide_rows(workbook, headers)
    first = next((name for name, header in headers.items() if header.known > 1), None)
    most = max(header.known for header in headers.values())
    hidden = {name: header for name, header in found.items() if is_hidden[name] and _is_like(header, most)}
    for name, header in [*headers.items(), *hidden.items()]:
        if name in guides:
            continue
        if name == first and guides:
            header.layout["note"] += sum(guides.values())
        table = replace(facts, format="workbook", sheet=name, is_hidden=is_hidden[name], since_1904=since_1904)
        yield SourceTable(0, table, header.cells, header.row, partial(_batches, path, name, header, hints, spool))


def _is_like(header: SheetHeader, most: int) -> bool:
    """Whether a sheet has a header of its own that knows half as many columns as that of the best visible sheet."""
    return header.row > 0 and header.known > 1 and header.known * 2 >= most


def _guide_rows(workbook: CalamineWorkbook, headers: dict[str, SheetHeader]) -> dict[str, int]:
    """Sheets that are no table by name and header, once another sheet is one, with their filled rows."""
    most = max(header.known for header in headers.values())
    if most < 2:
        return {}
    # A list of the columns, or of their codes, knows some headers too, but not half as many as the table itself.
    is_no_table = {name for name, header in headers.items() if header.known < 2 or header.known * 2 < most}
    names = [name for name in headers if name in is_no_table and _GUIDE_SHEET.search(name)]
    return {
        name: sum(any(_shown(cell).strip() for cell in row) for row in _sheet(workbook, name).iter_rows())
        for name in names
    }


def _workbook(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(path))
    except PasswordError as error:
        raise TerminalError("readers.encrypted_workbook") from error
    except (CalamineError, OSError) as error:
        raise TerminalError("readers.damaged_workbook", detail=str(error)) from error


def _sheet(workbook: CalamineWorkbook, name: str) -> CalamineSheet:
    try:
        return workbook.get_sheet_by_name(name)
    except (CalamineError, OSError) as error:
        raise TerminalError("readers.damaged_workbook", detail=f"{name}: {error}") from error


def _sheet_header(sheet: CalamineSheet, known: frozenset[str], hints: ReaderHints) -> SheetHeader | None:
    """Where the header of a sheet is; ``None`` for a sheet without a cell."""
    if sheet.start is None or not sheet.height:
        return None
    rows = [[_shown(cell) for cell in row] for row in islice(sheet.iter_rows(), HEADER_SEARCH_ROWS * 4)]
    merged = _merged(sheet)
    for height in (1, 2, 3):
        for at in range(min(HEADER_SEARCH_ROWS, len(rows) - height + 1)):
            if height > 1 and _spanned_rows(merged, at) == height:
                rows[at] = _joined(rows, at, height, merged, known)
    if hints.header_row is None:
        at = find_header(rows, known)
    else:
        at = given_header(list(range(1, len(rows) + 1)), hints.header_row)
    if hints.columns is not None and not is_header(rows[at], known):
        return SheetHeader(hints.columns, 0, 0, Counter(), len(hints.columns))
    cells = rows[at]
    layout = Counter("title" if any(cell.strip() for cell in row) else "empty" for row in rows[:at])
    matches = sum(header_key(cell) in known for cell in cells if cell.strip())
    height = _spanned_rows(merged, at)
    behind = rows[at + height :]
    again = second_headers(behind, cells, known)
    skip = at + height + again.total()
    return SheetHeader(tuple(_without_blank_end(cells, behind)), at + 1, skip, layout + again, matches)


def _without_blank_end(cells: list[str], rows: list[list[str]]) -> list[str]:
    width = len(cells)
    while width > 1 and not cells[width - 1].strip() and not any(row[width - 1].strip() for row in rows):
        width -= 1
    return cells[:width]


def _merged(sheet: CalamineSheet) -> Merged:
    """Merged ranges as ((top, left), (bottom, right)), columns counted from the sheet's first used one."""
    left = sheet.start[1] if sheet.start else 0
    ranges = sheet.merged_cell_ranges or []
    return [((top, first - left), (bottom, last - left)) for (top, first), (bottom, last) in ranges]


def _spanned_rows(merged: Merged, at: int) -> int:
    """Rows that the header at ``at`` takes: more than one when a cell of it is merged downwards beside others."""
    heights = [bottom - top + 1 for (top, _), (bottom, _) in merged if top == at and bottom > top]
    return min(max(heights, default=1), 3)


def _joined(rows: list[list[str]], at: int, height: int, merged: Merged, known: frozenset[str]) -> list[str]:
    """A header over several rows as one: the known one of a column's parts, else the parts joined."""
    block = [list(row) for row in rows[at : at + height]]
    for (top, left), (bottom, right) in merged:
        if at <= top < at + height and 0 <= left < len(block[0]):
            text = block[top - at][left]
            for row in range(top, min(bottom, at + height - 1) + 1):
                for column in range(left, min(right, len(block[0]) - 1) + 1):
                    block[row - at][column] = text
    columns = [list(dict.fromkeys(cell for cell in parts if cell.strip())) for parts in zip(*block, strict=True)]
    lowest = Counter(parts[-1] for parts in columns if parts)
    return [_one_header(parts, lowest, known) for parts in columns]


def _one_header(parts: list[str], lowest: Counter[str], known: frozenset[str]) -> str:
    if len(parts) < 2:
        return parts[0] if parts else ""
    for text in ("".join(parts), parts[-1]):
        if header_key(text) in known and (text != parts[-1] or lowest[text] == 1):
            return text
    return "/".join(parts)


def _batches(path: Path, name: str, header: SheetHeader, hints: ReaderHints, _spool: object) -> Iterator[TextBatch]:
    sheet = _sheet(_workbook(path), name)
    left = sheet.start[1] if sheet.start else 0
    rows = _filled_downwards(enumerate(sheet.iter_rows(), start=1), _merged(sheet), header.skip)
    formulas = find_formulas(path, name).moved(left)
    layout = Counter(header.layout)
    for _ in islice(rows, header.skip):
        pass
    while chunk := list(islice(rows, hints.limits.batch_rows)):
        yield _batch(chunk, header.cells, layout, formulas)
        layout = Counter()
    if layout:
        yield finish([], [], header.cells, [], layout)


def _filled_downwards(
    rows: Iterator[tuple[int, list[Any]]], merged: Merged, skip: int
) -> Iterator[tuple[int, list[Any]]]:
    """The rows with the value of a cell that is merged over several of them in each: it was written for all."""
    tops = {(top + 1, left): bottom + 1 for (top, left), (bottom, _) in merged if bottom > top >= skip}
    columns = {column for _, column in tops}
    carried: dict[int, tuple[int, Any]] = {}
    for number, cells in rows:
        for column in columns:
            last, value = carried.get(column, (0, None))
            if (number, column) in tops and column < len(cells):
                carried[column] = (tops[number, column], cells[column])
            elif number <= last and column < len(cells):
                cells[column] = value
        yield number, cells


def _batch(
    chunk: list[tuple[int, list[Any]]], header: tuple[str, ...], layout: Counter[str], formulas: Formulas
) -> TextBatch:
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    rejected: list[RejectedRow] = []
    width = len(header)
    errors, uncalculated = _by_row(formulas.errors), _by_row(formulas.uncalculated)
    for number, cells in chunk:
        texts: list[str | None] = [cell if isinstance(cell, str) else _shown(cell) for cell in cells]
        for column, shown in [*errors.get(number, {}).items(), *uncalculated.get(number, {}).items()]:
            if 0 <= column < len(texts):
                texts[column] = shown
        fault = _fault(cells, uncalculated.get(number, {}))
        if fault is not None:
            reason, column = fault
            named = header[column] if column < width else ""
            parameters = {"line": number, "column": named, "value": texts[column]}
            rejected.append(RejectedRow(number, reason, parameters, dict(zip(header, texts, strict=False))))
            continue
        if any(text and text.strip() for text in texts[width:]):
            parameters = {"line": number, "found": len(texts), "expected": width}
            rejected.append(RejectedRow(number, "wrong_field_count", parameters, {"raw": "\t".join(map(str, texts))}))
            continue
        rows.append((texts + [""] * width)[:width])
        numbers.append(number)
    return finish(rows, numbers, header, rejected, layout)


def _fault(cells: list[Any], uncalculated: dict[int, str]) -> tuple[str, int] | None:
    """What makes a row unusable as a whole, and the position of the cell: a value that is lost in the file itself."""
    for column, cell in enumerate(cells):
        if _is_too_long(cell):
            return "number_too_long_in_cell", column
        if column in uncalculated:
            return "formula_not_calculated", column
    return None


def _by_row(cells: dict[tuple[int, int], str]) -> dict[int, dict[int, str]]:
    rows: dict[int, dict[int, str]] = {}
    for (row, column), text in cells.items():
        rows.setdefault(row, {})[column - 1] = text
    return rows


def _is_too_long(cell: Any) -> bool:
    return isinstance(cell, int | float) and abs(cell) >= LONGEST_NUMBER


def _shown(cell: Any) -> str:
    """The text of a cell's value: whole numbers without ".0", dates as ISO, midnight left out."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return plain_number(cell)
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)
