"""Bounds on a workbook before it is read: what it unpacks to, and how many cells its sheets span.

The spreadsheet library holds a sheet as one dense rectangle, so a single stray cell in the last corner would take all
memory of the machine.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from connectors.readers.archives import check_expansion
from connectors.readers.model import MEBIBYTE, ReaderLimits
from connectors.readers.workbook_binary import binary_span
from lake.errors import TerminalError

_ROW = re.compile(rb'<row [^>]*?r="(\d+)"')
_WIDE_CELL = re.compile(rb'<c r="([A-Z]{2,3})\d')
_FILLED_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d+)"[^>/]*>')
_OVERLAP = 64
_SINCE_1904 = re.compile(rb"""\bdate1904\s*=\s*["'](?:1|true|on)["']""")
_PREFIX = re.compile(rb"<([A-Za-z]\w*:)worksheet[\s>]")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.(?:xml|bin)", re.IGNORECASE)


def check_workbook(path: Path, limits: ReaderLimits) -> None:
    """Raises ``TerminalError``: ``readers.expands_too_far``, ``workbook_too_large`` or ``damaged_workbook``."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            check_expansion(unpacked, path.stat().st_size, limits)
            if unpacked > limits.workbook_bytes:
                raise TerminalError(
                    "readers.workbook_too_large",
                    found=f"{unpacked // MEBIBYTE} MB",
                    largest=f"{limits.workbook_bytes // MEBIBYTE} MB",
                )
            for member in members:
                if _SHEET.fullmatch(member.filename):
                    _check_sheet(archive, member, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise TerminalError("readers.damaged_workbook", detail=str(error)) from error


def sheet_pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """A sheet piece by piece, its elements without the prefix (``<x:c>``) that some programs give them."""
    piece = stream.read(4 * MEBIBYTE)
    found = _PREFIX.search(piece[:4096])
    if found is None:
        while piece:
            yield piece
            piece = stream.read(4 * MEBIBYTE)
        return
    rest = b""
    while piece:
        text = rest + piece
        # A name that the end of the piece cuts through is left to the next one.
        cut = text.rfind(b"<", max(0, len(text) - _OVERLAP))
        text, rest = (text, b"") if cut < 0 else (text[:cut], text[cut:])
        yield text.replace(b"<" + found[1], b"<").replace(b"</" + found[1], b"</")
        piece = stream.read(4 * MEBIBYTE)
    yield rest.replace(b"<" + found[1], b"<").replace(b"</" + found[1], b"</")


def counts_from_1904(path: Path) -> bool:
    """Whether an XLSX file counts its days from 1904; False for other formats, whose library does not tell."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("xl/workbook.xml") as stream:
            return _SINCE_1904.search(stream.read(MEBIBYTE)) is not None
    except (zipfile.BadZipFile, KeyError):
        return False


def _check_sheet(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: ReaderLimits) -> None:
    if member.filename.lower().endswith(".bin"):
        with archive.open(member) as stream:
            rows, columns = binary_span(io.BufferedReader(cast("io.RawIOBase", stream)))
    else:
        rows, columns = _span(archive, member, exact=False)
        if rows * columns > limits.workbook_cells:
            rows, columns = _span(archive, member, exact=True)
    if rows * columns > limits.workbook_cells:
        raise TerminalError(
            "readers.workbook_too_large", found=f"{rows} × {columns}", largest=f"{limits.workbook_cells:,}"
        )


def _span(archive: zipfile.ZipFile, member: zipfile.ZipInfo, exact: bool) -> tuple[int, int]:
    """Last row and column of a sheet: those of all cells, or (slower) of the cells that hold something."""
    rows, columns, rest = 0, 26, b""
    if exact:
        columns = 1
    with archive.open(member) as stream:
        for piece in sheet_pieces(stream):
            text = rest + piece
            if exact:
                for letters, row in set(_FILLED_CELL.findall(text)):
                    rows, columns = max(rows, int(row)), max(columns, _column_number(letters))
            else:
                rows = max([rows, *(int(row) for row in _ROW.findall(text))])
                columns = max([columns, *(_column_number(letters) for letters in set(_WIDE_CELL.findall(text)))])
            rest = text[-_OVERLAP:]
    return rows, columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
