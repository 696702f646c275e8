"""Workbooks that go back to the departments: the row as it was sent, the bad cells marked, the reason beside it.

A department mends the cells and drops the file into its folder: ``更正编号`` says which rows it puts right.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import xlsxwriter
from pydantic import BaseModel

from connectors.contract import Contract, load_contract
from connectors.ingest.corrections import REASON_HEADER, correction_header
from connectors.quarantine.headers import Sheet, sheet_for
from connectors.quarantine.open_rows import OpenRow, open_feeds, open_rows
from lake.settings import TIME_ZONE
from lake.storage import Storage

SHEET_ROWS = 500_000
CELL_CHARACTERS = 32_767
REASON_WIDTH = 60
COLUMNS_ON_A_PAGE = 16
COMMENT = {"x_scale": 2, "y_scale": 1.5}


class ExportedWorkbook(BaseModel):
    """A department's workbook: its rows, by contract, and those it cannot hold (a cell above 32,767 characters)."""

    system_id: str
    file: Path
    rows: int
    rows_of: dict[str, int]
    rows_too_long: int


def export(
    storage: Storage, directory: Path, system_id: str | None = None, contract_id: str | None = None
) -> list[ExportedWorkbook]:
    """Write ``<directory>/<system>/更正-<time>.xlsx`` for each department with open rows, a sheet or more a record type.

    The folders are those of a drop: the mended file goes back in by moving the folder there.
    """
    moment = datetime.now(TIME_ZONE).strftime("%Y%m%d-%H%M%S")
    feeds = [feed for feed in open_feeds(storage) if system_id in {None, feed[0]} and contract_id in {None, feed[1]}]
    written = []
    for system, of_system in itertools.groupby(feeds, key=lambda feed: feed[0]):
        file = directory / system / f"更正-{moment}.xlsx"
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = [(load_contract(contract), open_rows(storage, system, contract)) for _, contract in of_system]
        written.append(write_workbook(file, system, rows))
    return written


def write_workbook(file: Path, system_id: str, rows: Iterable[tuple[Contract, Iterable[OpenRow]]]) -> ExportedWorkbook:
    """One workbook of the rows of each contract; those with the same headers share a sheet."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    counts: Counter[str] = Counter()
    rows_of: dict[str, int] = {}
    with xlsxwriter.Workbook(str(file), options) as book:
        styles = _Styles(book)
        for contract, of_contract in rows:
            before = counts["written"]
            for headers, group in itertools.groupby(_sorted(of_contract), key=_headers):
                for part in _parts(group):
                    title = f"{contract.title[:20]}{len(book.worksheets()) + 1}"
                    sheet = sheet_for(contract, headers)
                    _write_sheet(
                        book.add_worksheet(title), styles, sheet, part, correction_header(contract.title), counts
                    )
            rows_of[contract.id] = counts["written"] - before
    return ExportedWorkbook(
        system_id=system_id,
        file=file,
        rows=counts["written"],
        rows_of=rows_of,
        rows_too_long=counts["too_long"],
    )


@dataclass
class _Styles:
    """Cell formats of a workbook; everything is text, so that 18-digit codes stay as they are."""

    book: xlsxwriter.Workbook
    text: object = field(init=False)
    bad: object = field(init=False)
    head: object = field(init=False)
    reason: object = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.book.add_format({"num_format": "@"})
        self.bad = self.book.add_format({"num_format": "@", "bg_color": "#FFC7CE", "font_color": "#9C0006"})
        self.reason = self.book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self.head = self.book.add_format({"bold": True, "bg_color": "#D9E1F2", "num_format": "@"})


def _write_sheet(
    worksheet: xlsxwriter.worksheet.Worksheet,
    styles: _Styles,
    sheet: Sheet,
    rows: Iterable[OpenRow],
    number_header: str,
    counts: Counter[str],
) -> None:
    titles = [*sheet.titles, REASON_HEADER, number_header]
    worksheet.freeze_panes(1, 0)
    worksheet.set_column(0, len(titles) - 1, 22)
    worksheet.set_column(len(sheet.titles), len(sheet.titles), REASON_WIDTH)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.repeat_rows(0)
    if len(titles) <= COLUMNS_ON_A_PAGE:
        worksheet.fit_to_pages(1, 0)
    for position, title in enumerate(titles):
        worksheet.write_string(0, position, title, styles.head)
    line = 0
    for row in rows:
        cells = [str(row.original.get(header) or "") for header in sheet.headers] if not row.is_raw else []
        if any(len(cell) > CELL_CHARACTERS for cell in cells):
            counts["too_long"] += 1
            continue
        line += 1
        counts["written"] += 1
        _write_row(worksheet, styles, sheet, row, cells=cells, line=line)


def _write_row(
    worksheet: xlsxwriter.worksheet.Worksheet,
    styles: _Styles,
    sheet: Sheet,
    row: OpenRow,
    *,
    cells: list[str],
    line: int,
) -> None:
    marked = {position: reason for reason in reversed(row.reasons) for position in sheet.positions(reason.column)}
    for position, cell in enumerate(cells):
        reason = marked.get(position)
        worksheet.write_string(line, position, cell, styles.bad if reason else styles.text)
        if reason:
            worksheet.write_comment(line, position, reason.sentence(), COMMENT)
    sentences = " ".join(dict.fromkeys(reason.sentence() for reason in row.reasons))
    if row.is_raw:
        sentences = f"{sentences} {row.original['raw']}"
    width = len(sheet.titles)
    worksheet.write_string(line, width, sentences[:CELL_CHARACTERS], styles.reason)
    worksheet.write_string(line, width + 1, row.quarantine_id, styles.text)


def _headers(row: OpenRow) -> tuple[str, ...]:
    return () if row.is_raw else tuple(row.original)


def _sorted(rows: Iterable[OpenRow]) -> list[OpenRow]:
    return sorted(rows, key=lambda row: (_headers(row), row.path, row.source_row, row.record_index))


def _parts(rows: Iterable[OpenRow]) -> Iterator[list[OpenRow]]:
    stream = iter(rows)
    while part := list(itertools.islice(stream, SHEET_ROWS)):
        yield part
