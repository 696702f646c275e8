"""The workbook a department fills in, made from a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter

from connectors.checks.headers import match_header
from connectors.contract.dictionary import kind_text, meaning, required_text
from connectors.contract.model import CODE_KINDS, DATE_KINDS, LIST_KINDS, Column, Contract
from lake.messages import text

ROWS = 5000
"""Rows that carry formats and drop-downs; more may be filled in."""

# Cells that a spreadsheet would take for numbers or dates and spoil: codes lose digits, document numbers become dates.
_AS_TEXT = (*CODE_KINDS, "identifier", "document_number")
_LIST_LIMIT = 255
CELL_CHARACTERS = 32_767
WIDEST_COLUMN = 64
LINE_POINTS, MOST_LINES = 15, 12


@dataclass(frozen=True)
class FilledRow:
    """A row given to be completed: column to text, and column to values that its cell offers (others may be typed)."""

    values: Mapping[str, str]
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)


def template(contract: Contract, path: Path, rows: Sequence[FilledRow] = ()) -> None:
    """Write the workbook of ``contract`` to ``path``: a sheet to fill in, the notes on filling in, the code lists.

    The first sheet has the Chinese headers in the contract's order, drop-downs for code lists and a note at each
    header, and ``rows`` below; every cell is text where a spreadsheet would change what was typed. Language: the current one.
    """
    with path.open("wb") as target, xlsxwriter.Workbook(target) as workbook:
        formats = _formats(workbook)
        sheet = workbook.add_worksheet(contract.title[:31])
        guide = workbook.add_worksheet(text("contract.template_guide"))
        lists = workbook.add_worksheet(text("contract.template_lists"))
        widths = _fill_in_sheet(contract, sheet, lists, formats, rows)
        for number, row in enumerate(rows, start=1):
            _write_row(contract, sheet, number, row, formats)
            # The height of a wrapped row is not worked out by every program that opens the file.
            lines = max((_lines(value, widths[name]) for name, value in row.values.items()), default=1)
            sheet.set_row(number, LINE_POINTS * min(lines, MOST_LINES))
        _guide_sheet(contract, guide, formats)
        sheet.activate()


def template_headers(contract: Contract) -> list[str]:
    """The headers of the template: those of the contract, amounts with the unit that a bare number is read in."""
    layout = match_header(contract, [column.header for column in contract.columns]).layout
    units = dict(layout.units)
    headers = []
    for column in contract.columns:
        unit = units.get(column.name, column.unit_when_bare)
        headers.append(f"{column.header}（{unit}）" if column.kind == "amount" else column.header)
    return headers


def _formats(workbook: Any) -> dict[str, Any]:
    base = {"font_name": "SimSun", "valign": "top"}
    head = {**base, "bold": True, "border": 1, "align": "center", "text_wrap": True}
    return {
        "head": workbook.add_format({**head, "bg_color": "#DDEBF7"}),
        "required": workbook.add_format({**head, "bg_color": "#F8CBAD"}),
        "text": workbook.add_format({**base, "num_format": "@"}),
        "date": workbook.add_format({**base, "num_format": "yyyy-mm-dd"}),
        "time": workbook.add_format({**base, "num_format": "yyyy-mm-dd hh:mm:ss"}),
        "plain": workbook.add_format({**base, "text_wrap": True}),
        "title": workbook.add_format({**base, "bold": True, "font_size": 14}),
    }


def _fill_in_sheet(
    contract: Contract, sheet: Any, lists: Any, formats: dict[str, Any], rows: Sequence[FilledRow]
) -> dict[str, float]:
    """Headers, notes and drop-downs; gives the width of each column, in characters: what ``rows`` hold is not cut."""
    widths: dict[str, float] = {}
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_row(0, 36)
    headers = template_headers(contract)
    for position, column in enumerate(contract.columns):
        style = "required" if column.required_in else "head"
        sheet.write_string(0, position, headers[position], formats[style])
        sheet.write_comment(0, position, _comment(contract, column, headers[position]), {"x_scale": 2, "y_scale": 1.6})
        longest = max((_room(line) for row in rows for line in row.values.get(column.name, "").splitlines()), default=0)
        width = max(12, min(32, 2 * len(headers[position]) + 4), min(WIDEST_COLUMN, longest + 2))
        widths[column.name] = width
        sheet.set_column(position, position, width, formats[_format_of(column)])
        if column.values:
            _drop_down(column, position, sheet, lists, formats)
    return widths


def _room(line: str) -> int:
    return sum(2 if ord(character) > 255 else 1 for character in line)


def _lines(value: str, width: float) -> int:
    return sum(max(1, -int(-_room(line) // (width - 2))) for line in value.splitlines() or [""])


def _write_row(contract: Contract, sheet: Any, number: int, row: FilledRow, formats: dict[str, Any]) -> None:
    for position, column in enumerate(contract.columns):
        if column.name in row.values:
            sheet.write_string(number, position, row.values[column.name][:CELL_CHARACTERS], formats[_format_of(column)])
        if row.choices.get(column.name):
            rule = {"validate": "list", "source": list(row.choices[column.name]), "error_type": "warning"}
            sheet.data_validation(number, position, number, position, rule)


def _format_of(column: Column) -> str:
    if column.kind in DATE_KINDS:
        return "date"
    if column.kind == "timestamp":
        return "time"
    return "text" if column.kind in _AS_TEXT or column.kind in LIST_KINDS else "plain"


def _drop_down(column: Column, position: int, sheet: Any, lists: Any, formats: dict[str, Any]) -> None:
    values = [value.value for value in column.values]
    lists.write_string(0, position, column.header, formats["head"])
    for row, value in enumerate(values, start=1):
        lists.write_string(row, position, value, formats["text"])
    letter = xlsxwriter.utility.xl_col_to_name(position, col_abs=True)
    name = text("contract.template_lists")
    source: object = f"='{name}'!{letter}$2:{letter}${len(values) + 1}"
    rule = {"validate": "list", "source": source, "error_type": "warning", "error_title": column.header[:32]}
    rule["error_message"] = text("contract.template_not_in_list")[:_LIST_LIMIT]
    sheet.data_validation(1, position, ROWS, position, rule)


def _comment(contract: Contract, column: Column, header: str) -> str:
    lines = [meaning(column), _kind(column, header)]
    required = required_text(contract, column)
    if required:
        lines.append(text("contract.template_required", when=required))
    if column.example:
        lines.append(text("contract.template_example", example=column.example))
    return "\n".join(lines)


def _kind(column: Column, header: str) -> str:
    if column.kind != "amount":
        return kind_text(column)
    # The unit of what is typed stands in the header; the dictionary's is that of what is stored.
    return text("contract.kind_amount") + header.removeprefix(column.header)


def _guide_sheet(contract: Contract, sheet: Any, formats: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 56)
    sheet.set_column(2, 5, 22)
    sheet.write_string(0, 0, contract.title, formats["title"])
    advice = [text(f"contract.template_advice_{number}") for number in range(1, 6)]
    for row, sentence in enumerate(advice, start=1):
        sheet.merge_range(row, 0, row, 5, sentence, formats["plain"])
    start = len(advice) + 2
    headings = ("header", "meaning", "kind", "required", "example", "source")
    for position, heading in enumerate(headings):
        sheet.write_string(start, position, text(f"contract.heading_{heading}"), formats["head"])
    headers = template_headers(contract)
    for row, (column, header) in enumerate(zip(contract.columns, headers, strict=True), start=start + 1):
        cells = [header, meaning(column), _kind(column, header), required_text(contract, column)]
        cells += [column.example or "", column.defined_by]
        for position, cell in enumerate(cells):
            sheet.write_string(row, position, cell, formats["plain"])
