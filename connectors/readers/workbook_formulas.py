"""Formulas without a value in an XLSX sheet, which the spreadsheet library gives as empty cells.

An error such as #REF! is what the department sees in the cell. A formula that no spreadsheet program has calculated yet
(files written by programs) has no value at all. Both would be lost in silence if they were read as empty.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from connectors.readers.workbook_guard import sheet_pieces

_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d+)"([^>]*)>(.*?)</c>', re.DOTALL)
_VALUE = re.compile(rb"<v>([^<]+)</v>")
_FORMULA = re.compile(rb"<f[^>]*>([^<]*)</f>")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

Place = tuple[int, int]


@dataclass(frozen=True)
class Formulas:
    """Cells by (row, column), both from 1: the text of an error, and formulas that were never calculated."""

    errors: dict[Place, str] = field(default_factory=dict)
    uncalculated: dict[Place, str] = field(default_factory=dict)

    def moved(self, columns: int) -> Formulas:
        """The same cells in a sheet whose first ``columns`` columns are left out."""
        return Formulas(
            {(row, column - columns): text for (row, column), text in self.errors.items()},
            {(row, column - columns): text for (row, column), text in self.uncalculated.items()},
        )


def find_formulas(path: Path, sheet: str) -> Formulas:
    """The valueless formulas of a sheet; none for other formats than XLSX, which do not tell."""
    found = Formulas()
    try:
        with zipfile.ZipFile(path) as archive:
            member = _member(archive, sheet)
            if member is not None:
                for cell in _cells(archive, member):
                    _judge(cell, found)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError):
        return found
    return found


def _member(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The file of the sheet called ``sheet``."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in relations}
    for one in book.iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet and one.get(_RELATION) in targets:
            return posixpath.normpath(posixpath.join("/xl", targets[one.get(_RELATION)])).lstrip("/")
    return None


def _cells(archive: zipfile.ZipFile, member: str) -> Iterator[re.Match[bytes]]:
    """The cells that hold a formula or an error, read piece by piece."""
    rest = b""
    with archive.open(member) as stream:
        for piece in sheet_pieces(stream):
            text = rest + piece
            end = text.rfind(b"</c>") + 4
            if end < 4:
                rest = text
                continue
            whole, rest = text[:end], text[end:]
            if b"<f" in whole or b't="e"' in whole:
                yield from _CELL.finditer(whole)


def _judge(cell: re.Match[bytes], found: Formulas) -> None:
    letters, row, attributes, content = cell.groups()
    value = _VALUE.search(content)
    place = (int(row), _column(letters))
    if b't="e"' in attributes:
        found.errors[place] = value[1].decode() if value else "#VALUE!"
    elif value is None and b't="str"' not in attributes and (formula := _FORMULA.search(content)):
        found.uncalculated[place] = "=" + unescape(formula[1].decode("utf-8", errors="replace"))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
