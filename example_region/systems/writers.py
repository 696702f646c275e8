"""What systems deliver besides the formats of ``example_region.files``: files as a whole of rows, appended block by
block."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from xml.sax.saxutils import escape

import xlsxwriter

from example_region.files import CREATED, open_file
from example_region.files import FORMATS as PLAIN_FORMATS
from example_region.rows import Rows
from example_region.systems.documents import Documents
from example_region.vocabulary import Layout

FORMATS = {
    **PLAIN_FORMATS,
    "csv_gb18030_bare": ".csv",
    "json": ".json",
    "json_lines_plain": ".jsonl",
    "xml_envelope": ".xml",
    "workbook_merged": ".xlsx",
    "pages": ".jsonl",
    "documents": ".zip",
}
"""Formats of files and how their names end."""
_LONG_AGO = (2025, 12, 1, 0, 0, 0)
PAGE_ROWS = 20
SHEET_NOTE = "填表说明：本表由业务系统导出，每行一件；日期格式为YYYY-MM-DD。"


class Output(Protocol):
    """A file being written."""

    def write(self, rows: Rows) -> object:
        """Append rows."""

    def close(self) -> None:
        """Finish the file."""


def records(rows: Rows, layout: Layout) -> list[dict[str, str | None]]:
    """Each row as header to cell."""
    columns = [rows.columns[column].to_pylist() for column in layout]
    return [dict(zip(layout.values(), cells, strict=True)) for cells in zip(*columns, strict=True)]


class Lines:
    """CSV without a header (``encoding`` GB18030), or with one for a database."""

    def __init__(self, path: Path, layout: Layout, *, encoding: str, header: bool) -> None:
        self._layout = layout
        self._file = path.open("w", encoding=encoding, newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        if header:
            self._writer.writerow(layout.values())

    def write(self, rows: Rows) -> None:
        """Append rows; nothing is an empty cell."""
        self._writer.writerows(one.values() for one in records(rows, self._layout))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class Objects:
    """JSON objects, nested where a header is a path: one per line, or one document ``{"data": [...]}``."""

    def __init__(self, path: Path, layout: Layout, *, document: bool, version: int = 0) -> None:
        self._layout, self._document, self._version = layout, document, version
        self._file = path.open("w", encoding="utf-8", newline="")
        self._written = 0
        if document:
            self._file.write('{"data": [\n')

    def write(self, rows: Rows) -> None:
        """Append one object per row."""
        for record in records(rows, self._layout):
            before = ",\n" if self._document and self._written else ""
            after = "" if self._document else "\n"
            self._file.write(f"{before}{json.dumps(nested(record), ensure_ascii=False)}{after}")
            self._written += 1

    def close(self) -> None:
        """Finish the file."""
        self._file.write("\n]}\n" if self._document else "")
        self._file.close()


def nested(record: Mapping[str, str | None]) -> dict[str, Any]:
    """``respondent.name`` as a member of the member ``respondent``."""
    made: dict[str, Any] = {}
    for path, value in record.items():
        *parents, name = path.split(".")
        place = made
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = value
    return made


class Envelope:
    """XML as exchange systems wrap it: head and body, GB18030."""

    def __init__(self, path: Path, layout: Layout, title: str) -> None:
        self._layout = layout
        self._file = path.open("w", encoding="gb18030", newline="")
        head = f"<Head><Title>{escape(title)}</Title><Version>1.0</Version></Head>"
        self._file.write(f'<?xml version="1.0" encoding="GB18030"?>\n<Message>{head}\n<Body>\n')

    def write(self, rows: Rows) -> None:
        """Append one element per row; an empty cell is an element without text."""
        for record in records(rows, self._layout):
            cells = "".join(f"<{name}>{escape(value or '')}</{name}>" for name, value in record.items())
            self._file.write(f"<Record>{cells}</Record>\n")

    def close(self) -> None:
        """Finish the file."""
        self._file.write("</Body>\n</Message>\n")
        self._file.close()


class Tables:
    """Tables of web pages, one per line: its address, header and rows."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._layout, self._stem = layout, path.stem
        self._file = path.open("w", encoding="utf-8", newline="")
        self._rows: list[list[str | None]] = []
        self._written = 0

    def write(self, rows: Rows) -> None:
        """Append rows; a page is written when it is full, whatever the blocks."""
        self._rows += [list(one.values()) for one in records(rows, self._layout)]
        while len(self._rows) >= PAGE_ROWS:
            self._page(self._rows[:PAGE_ROWS])
            self._rows = self._rows[PAGE_ROWS:]

    def _page(self, rows: list[list[str | None]]) -> None:
        self._written += 1
        table = {
            "source_url": f"https://www.example.com/{self._stem}/{self._written}.html",
            "header": list(self._layout.values()),
            "rows": rows,
        }
        self._file.write(json.dumps(table, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Write the last page and finish the file."""
        if self._rows:
            self._page(self._rows)
        self._file.close()


class Book:
    """A workbook with a sheet per feed: title row over merged cells, header (``merged``: in two rows), data, a last row
    with notes."""

    def __init__(self, path: Path) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
        self._book.set_properties({"created": CREATED})
        self._is_open = True

    def sheet(self, name: str, layout: Layout, title: str, *, merged: bool) -> Sheet:
        """A new sheet."""
        return Sheet(
            self, self._book.add_worksheet(name), self._book.add_format({"align": "center"}), layout, title, merged
        )

    def close(self) -> None:
        """Finish the file, once."""
        if self._is_open:
            self._book.close()
        self._is_open = False


class Sheet:
    """One sheet of a ``Book``."""

    def __init__(self, book: Book, sheet: Any, centred: Any, layout: Layout, title: str, merged: bool) -> None:
        self._book, self._sheet, self._layout = book, sheet, layout
        width = len(layout)
        sheet.merge_range(0, 0, 0, max(width - 1, 1), title, centred)
        self._next_row = 1
        if merged:
            # A band over the columns, as forms have it; the names stand under it.
            sheet.merge_range(1, 0, 1, max(width - 1, 1), "基本情况", centred)
            self._next_row = 2
        for column, header in enumerate(layout.values()):
            sheet.write_string(self._next_row, column, header)
        self._next_row += 1

    def write(self, rows: Rows) -> None:
        """Append rows as text cells."""
        for record in records(rows, self._layout):
            for column, cell in enumerate(record.values()):
                if cell is not None:
                    self._sheet.write_string(self._next_row, column, cell)
            self._next_row += 1

    def close(self) -> None:
        """Write the last row; the book is finished with the first of its sheets that is closed last."""
        self._sheet.write_string(self._next_row, 0, SHEET_NOTE)


def open_output(path: Path, file_format: str, layout: Layout, title: str) -> Output:
    """A writer of ``file_format`` (a key of ``FORMATS``, but for workbooks of several sheets)."""
    makers: dict[str, Callable[[], Output]] = {
        "csv_gb18030_bare": partial(Lines, path, layout, encoding="gb18030", header=False),
        "json": partial(Objects, path, layout, document=True),
        "json_lines_plain": partial(Objects, path, layout, document=False),
        "xml_envelope": partial(Envelope, path, layout, title),
        "pages": partial(Tables, path, layout),
        "documents": partial(Documents, path),
    }
    return makers.get(file_format, partial(open_file, path, file_format, layout, title))()


class _NamedInGbk(zipfile.ZipInfo):
    """A member whose name is in GBK and not said to be UTF-8, as Chinese Windows packs it."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  # the library's name
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def pack(archive: Path, files: list[Path]) -> None:
    """Move files into a zip with names in GBK; the same files give the same bytes."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            member = _NamedInGbk(file.name, _LONG_AGO)
            member.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(member, file.read_bytes())
            file.unlink()
