"""A report to a department as one HTML page and as a workbook; both show the same sections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import jinja2
import xlsxwriter

from flows.source_report.model import SourceReport
from lake.messages import current_language, text
from lake.settings import TIME_ZONE

ROOM = Path(__file__).parent
CELL_CHARACTERS = 32_767
_WIDTHS = {"what": 90, "reason": 70, "path": 45, "title": 22, "due": 18, "last": 18, "received": 18}
_USUAL_WIDTH = 14
_LINE_POINTS, _MOST_LINES = 15, 25
_COUNTS = ("files", "rows_read", "rows_accepted", "rows_repeated", "rows_quarantined", "rows_open", "files_not_taken")
_BAD = ("rows_quarantined", "rows_open", "files_not_taken")
Cell = str | int


@dataclass(frozen=True)
class Section:
    """A table under a title; ``columns`` are keys of ``department.column_<key>``. Without rows only ``note`` is shown."""

    key: str
    columns: tuple[str, ...]
    rows: list[list[Cell]]
    note: str = ""

    @property
    def title(self) -> str:
        """In the current language."""
        return text(f"department.section_{self.key}")

    @property
    def headers(self) -> list[str]:
        """In the current language."""
        return [text(f"department.column_{name}") for name in self.columns]


def sections(report: SourceReport) -> list[Section]:
    """What a report shows, what to do first."""
    return [_to_fix(report), _feeds(report), _open(report), _quarantined(report), _not_taken(report), _late(report)]


def _to_fix(report: SourceReport) -> Section:
    rows: list[list[Cell]] = [
        [number, "—" if one.rows is None else one.rows, text(f"department.kind_{one.kind}"), one.what]
        for number, one in enumerate(report.to_fix, start=1)
    ]
    note = text("department.note_fix" if rows else "department.note_nothing_to_fix")
    return Section("fix", ("order", "rows", "kind", "what"), rows, note)


def _feeds(report: SourceReport) -> Section:
    counts = ("files", "files_not_taken", "rows_read", "rows_accepted", "rows_repeated", "rows_quarantined",
              "rows_open", "rows_refused", "rows_layout")  # fmt: skip
    rows: list[list[Cell]] = [
        [
            one.title,
            *(getattr(one, name) for name in counts),
            text(f"department.state_{one.state}") if one.state else "—",
            _moment(one.last_delivered_at),
            _moment(one.due_at),
        ]
        for one in report.feeds
    ]
    return Section("feeds", ("title", *counts, "state", "last", "due"), rows, text("department.note_feeds"))


def _open(report: SourceReport) -> Section:
    rows: list[list[Cell]] = [
        [one.title, one.column or "—", one.rows, one.reason, one.example or "—"] for one in report.open_reasons
    ]
    note = text("department.note_open", system=report.system_id) if rows else text("department.note_none")
    return Section("open", ("title", "column", "rows", "reason", "example"), rows, note)


def _quarantined(report: SourceReport) -> Section:
    rows: list[list[Cell]] = [[one.title, one.reason, one.reason_code, one.rows] for one in report.quarantined]
    note = text("department.note_all" if rows else "department.note_none")
    return Section("quarantined", ("title", "reason", "code", "rows"), rows, note)


def _not_taken(report: SourceReport) -> Section:
    rows: list[list[Cell]] = [
        [
            one.title, one.path, text(f"cli.delivery_{one.status}"), one.rows, one.reason, _moment(one.received_at),
            text("cli.answer_yes") if one.is_settled else text("department.answer_no"),
        ]
        for one in report.not_taken
    ]  # fmt: skip
    columns = ("title", "path", "state", "rows", "reason", "received", "settled")
    return Section("not_taken", columns, rows, "" if rows else text("department.note_none"))


def _late(report: SourceReport) -> Section:
    titles = {one.contract_id: one.title for one in report.feeds}
    rows: list[list[Cell]] = [
        [titles.get(one.contract_id, one.contract_id), one.records, one.late, f"{one.late_share:.2%}",
         f"{one.compliant_share:.2%}"]
        for one in report.timeliness or []
    ]  # fmt: skip
    note = "note_not_built" if report.timeliness is None else "note_late" if rows else "note_no_publicity"
    columns = ("title", "records", "late", "late_share", "compliant_share")
    return Section("late", columns, rows, text(f"department.{note}", rule=report.deadline))


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}" if moment else "—"


def _heading(report: SourceReport) -> tuple[str, str]:
    title = text("department.title", name=report.name)
    made = _moment(report.made_at)
    return title, text("department.subtitle", system=report.system_id, department=report.department, made=made)


def _totals(report: SourceReport) -> list[tuple[str, str, int]]:
    """Column key, label and the sum over all feeds."""
    return [
        (name, text(f"department.column_{name}"), sum(getattr(one, name) for one in report.feeds)) for name in _COUNTS
    ]


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string((ROOM / "report.html.j2").read_text(encoding="utf-8"))


def to_html(report: SourceReport) -> str:
    """The report as one page without anything from outside, in the current language."""
    title, subtitle = _heading(report)
    counts = [{"label": label, "value": value, "is_bad": name in _BAD} for name, label, value in _totals(report)]
    language = "zh-CN" if current_language() == "zh" else "en"
    return _template().render(
        title=title, subtitle=subtitle, counts=counts, sections=sections(report), language=language
    )


def _lines(columns: tuple[str, ...], row: list[Cell]) -> int:
    """Lines that the fullest cell of a row takes; a Chinese character is two wide."""
    widths = [(_WIDTHS.get(name, _USUAL_WIDTH), str(cell)) for name, cell in zip(columns, row, strict=True)]
    return min(_MOST_LINES, max(-(-sum(1 + (mark > "\u2000") for mark in said) // width) for width, said in widths))


def write_workbook(file: Path, report: SourceReport) -> None:
    """The report as a workbook: an overview, then a sheet for each section. Text stays text, whatever it begins with."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(file), options) as book:
        head = book.add_format({"bold": True, "bg_color": "#D9E1F2", "text_wrap": True, "valign": "top", "border": 1})
        body = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        count = book.add_format({"num_format": "#,##0", "valign": "top", "border": 1})
        overview = book.add_worksheet(text("department.section_overview"))
        overview.set_column(0, 0, 30)
        overview.set_landscape()
        overview.set_paper(9)
        overview.fit_to_pages(1, 0)
        for line, said in enumerate(_heading(report)):
            overview.write_string(line, 0, said)
        for line, (_, label, value) in enumerate(_totals(report), start=3):
            overview.write_string(line, 0, label, head)
            overview.write_number(line, 1, value, count)
        for section in sections(report):
            sheet = book.add_worksheet(section.title)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.write_string(0, 0, section.note)
            for place, (name, header) in enumerate(zip(section.columns, section.headers, strict=True)):
                sheet.set_column(place, place, _WIDTHS.get(name, _USUAL_WIDTH))
                sheet.write_string(2, place, header, head)
            sheet.freeze_panes(3, 0)
            for line, row in enumerate(section.rows, start=3):
                sheet.set_row(line, _LINE_POINTS * _lines(section.columns, row))
                for place, cell in enumerate(row):
                    if isinstance(cell, int):
                        sheet.write_number(line, place, cell, count)
                    else:
                        sheet.write_string(line, place, cell[:CELL_CHARACTERS], body)
