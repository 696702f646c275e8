"""Files that departments should not send, one kind each: content, and what the program must say about it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as parquet
import xlsxwriter

HEADER = "登记编号,诉求类型,登记时间,被投诉方名称,争议金额,办理状态"
GOOD = "TS9901010000018,投诉,2026-11-11 10:05:00,某某市甲商行,128.00,已受理"
CSV = f"{HEADER}\n{GOOD}\n".encode("gb18030")


class BadFile(NamedTuple):
    """``says`` are words of the English message; ``code`` the reason under which the file or the row is counted."""

    group: str
    name: str
    content: bytes
    code: str
    says: tuple[str, ...]


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A zip file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def with_password(archive: bytes) -> bytes:
    """The same zip file with the flag set that its first member has a password."""
    changed = bytearray(archive)
    changed[6] |= 1
    changed[changed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def workbook(fill: Callable[[Any], None]) -> bytes:
    """A workbook that ``fill`` writes into."""
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, {"in_memory": True})
    fill(book)
    book.close()
    return packed.getvalue()


def compound_file(stream_name: str) -> bytes:
    """A compound file (the container of XLS and of encrypted XLSX) with one stream of 4096 zero bytes."""
    end, free, no_entry = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0, 0)
    header += struct.pack("<108I", *([free] * 108))
    table = struct.pack("<128I", 0xFFFFFFFD, end, *range(3, 10), end, *([free] * 118))

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        encoded = (name + "\0").encode("utf-16-le") if name else b""
        fields = struct.pack("<HBBIII", len(encoded), kind, 1, no_entry, no_entry, child) + bytes(36)
        return encoded.ljust(64, b"\0") + fields + struct.pack("<IQ", start, size)

    entries = entry("Root Entry", 5, 1, end, 0) + entry(stream_name, 2, no_entry, 2, 4096)
    directory = entries + entry("", 0, no_entry, 0, 0) * 2
    return header[:512] + table + directory + bytes(4096)


def _sheet(rows: list[list[object]], header: str = HEADER) -> bytes:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("投诉")
        for number, cells in enumerate([header.split(","), *rows]):
            sheet.write_row(number, 0, cells)

    return workbook(fill)


def _hidden(book: Any) -> None:
    book.add_worksheet("空")
    sheet = book.add_worksheet("投诉")
    sheet.write_row(0, 0, HEADER.split(","))
    sheet.hide()


def _far_corner(book: Any) -> None:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER.split(","))
    sheet.write(1_048_575, 16_383, "x")


def _parquet(**columns: list[str]) -> bytes:
    packed = io.BytesIO()
    parquet.write_table(pa.table(columns), packed)
    return packed.getvalue()


def _text(*lines: str, encoding: str = "gb18030") -> bytes:
    return ("\n".join(lines) + "\n").encode(encoding)


def _row(**changes: str) -> str:
    """The good row with the cells of some headers changed."""
    return ",".join(changes.get(name, cell) for name, cell in zip(HEADER.split(","), GOOD.split(","), strict=True))


BOMB = b"0,0,0,0,0,0\n" * (12 << 20)
SHIFT_JIS = "苦情番号,種類,受付日\n".encode("shift_jis") + b"\x80\xff\x81\xff,\xa0\xff,\x80\n" * 80
JSON_LINE = json.dumps(dict(zip(HEADER.split(","), GOOD.split(","), strict=True)), ensure_ascii=False)

SPREADSHEET_XML = (
    b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
)
OPEN_DOCUMENT = zipped(("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<a/>"))
LETTER = zipped(("[Content_Types].xml", b"<a/>"), ("word/document.xml", b"<a/>"))

REFUSED_FILES = [
    BadFile("encoding", "neither.csv", SHIFT_JIS, "readers.encoding_unknown", ("neither UTF-8 nor GB18030",)),
    BadFile("encoding", "wide.csv", _text(HEADER, GOOD, encoding="utf-32"), "readers.encoding_unknown", ("UTF-32",)),
    BadFile("encoding", "unmarked.csv", _text(HEADER, GOOD, encoding="utf-16-le"), "readers.binary_content", ("NUL",)),
    BadFile("encoding", "binary.txt", bytes(range(256)) * 40 + b"\0\n" * 900, "readers.binary_content", ("binary",)),
    BadFile("encoding", "endless.csv", b"x" * (17 << 20), "readers.line_too_long", ("line 1", "16 MB")),
    BadFile("encoding", "zeros.csv", bytes(2 << 20), "readers.binary_content", ("NUL",)),
    BadFile("header", "empty.csv", b"", "readers.empty_file", ("empty",)),
    BadFile("header", "blank.csv", b"\xef\xbb\xbf\r\n\r\n", "readers.empty_file", ("empty",)),
    BadFile(
        "header", "lacking.csv", _text("登记编号,诉求类型", "1,投诉"), "checks.header_missing_required", ("登记时间",)
    ),
    BadFile("header", "without.csv", _text(GOOD, GOOD), "checks.header_missing_required", ("登记编号",)),
    BadFile("header", "other.csv", _text("甲,乙,丙", "1,2,3"), "checks.header_missing_required", ("甲", "丙")),
    BadFile("header", "twice.csv", _text(HEADER + ",投诉编号", GOOD + ",2"), "checks.header_twice", ("投诉编号",)),
    BadFile(
        "header",
        "title.csv",
        _text("某某市投诉台账", "填报单位：某某局"),
        "checks.header_missing_required",
        ("登记编号",),
    ),
    BadFile("header", "a.parquet", _parquet(a=["1"]), "checks.header_missing_required", ("登记编号",)),
    BadFile("header", "a.jsonl", b'{"a": 1}\n', "checks.header_missing_required", ("登记编号",)),
    BadFile("archive", "short.csv.gz", gzip.compress(CSV * 999)[:-9], "readers.truncated_archive", ("ends early",)),
    BadFile("archive", "broken.csv.gz", b"\x1f\x8b\x08\0" + b"\xff" * 60, "readers.damaged_archive", ("damaged",)),
    BadFile("archive", "cut.zip", zipped(("a.csv", CSV * 99))[:80], "readers.damaged_archive", ("damaged",)),
    BadFile("archive", "none.zip", b"PK\x05\x06" + bytes(18), "readers.empty_archive", ("no data file",)),
    BadFile("archive", "lock.zip", with_password(zipped(("a.csv", CSV))), "readers.encrypted_archive", ("password",)),
    BadFile(
        "archive", "nest.zip", zipped(("b.zip", zipped(("a.csv", CSV)))), "readers.unsupported_content", ("b.zip",)
    ),
    BadFile("archive", "bomb.zip", zipped(("a.csv", BOMB)), "readers.expands_too_far", ("times its size",)),
    BadFile("archive", "bomb.csv.gz", gzip.compress(BOMB), "readers.expands_too_far", ("times its size",)),
    BadFile("archive", "member.zip", zipped(("b.csv", b"")), "readers.empty_file", ("b.csv",)),
    BadFile("archive", "a.csv.bz2", bz2.compress(CSV), "readers.unsupported_content", ("bzip2", "gz, zip or tar")),
    BadFile("archive", "a.csv.xz", lzma.compress(CSV), "readers.unsupported_content", ("xz",)),
    BadFile("archive", "a.rar", b"Rar!\x1a\x07\x00" + bytes(90), "readers.unsupported_content", ("RAR",)),
    BadFile("archive", "a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(90), "readers.unsupported_content", ("7z",)),
    BadFile("workbook", "page.xls", b"<html><body>404</body></html>", "readers.html_page", ("web page",)),
    BadFile("workbook", "2003.xls", SPREADSHEET_XML, "readers.spreadsheet_xml", ("Excel 2003", "XLSX")),
    BadFile("workbook", "text.xlsx", CSV, "readers.content_is_not_suffix", (".xlsx", "text")),
    BadFile("workbook", "book.csv", _sheet([]), "readers.content_is_not_suffix", (".csv", "workbook")),
    BadFile("workbook", "locked.xlsx", compound_file("EncryptedPackage"), "readers.encrypted_workbook", ("password",)),
    BadFile("workbook", "broken.xls", compound_file("Nothing"), "readers.damaged_workbook", ("damaged",)),
    BadFile("workbook", "part.xlsx", zipped(("xl/workbook.xml", b"<x")), "readers.damaged_workbook", ("damaged",)),
    BadFile("workbook", "hidden.xlsx", workbook(_hidden), "readers.empty_workbook", ("visible sheet",)),
    BadFile("workbook", "corner.xlsx", workbook(_far_corner), "readers.workbook_too_large", ("1048576",)),
    BadFile("workbook", "other.xlsx", _sheet([["1", "2"]], "甲,乙"), "checks.header_missing_required", ("登记编号",)),
    BadFile("workbook", "free.ods", OPEN_DOCUMENT, "readers.unsupported_content", ("OpenDocument", "XLSX")),
    BadFile("workbook", "letter.docx", LETTER, "readers.unsupported_content", ("Office document",)),
    BadFile("workbook", "report.pdf", b"%PDF-1.7\n" + bytes(90), "readers.unsupported_content", ("PDF",)),
    BadFile("row", "cut.json", b'[{"a": 1}, {"a":', "readers.damaged_json", ("line 1",)),
    BadFile("row", "broken.parquet", b"PAR1" + bytes(60), "readers.damaged_parquet", ("Parquet",)),
]

REJECTED_ROWS = [
    BadFile("encoding", "bytes.csv", CSV + b"\xbc\xff\xff,1,2,3,4,5\n", "undecodable", ("line 3", "cannot decode")),
    BadFile(
        "encoding", "cut.csv", CSV.decode("gb18030").encode() + b"\xe7\x94,1,2,3,4,5\n", "undecodable", ("line 3",)
    ),
    BadFile("encoding", "nul.csv", CSV + b"T\0S,1,2,3,4,5\n", "nul_byte", ("line 3", "NUL")),
    BadFile(
        "encoding", "surrogate.jsonl", f'{JSON_LINE}\n{{"登记编号": "\\ud800"}}\n'.encode(), "undecodable", ("line 2",)
    ),
    BadFile("row", "few.csv", CSV + b"1,2\n", "wrong_field_count", ("line 3", "2 cells", "has 6")),
    BadFile("row", "many.csv", CSV + b"1,2,3,4,5,6,7\n", "wrong_field_count", ("line 3", "7 cells")),
    BadFile("row", "quote.csv", CSV + b'1,"2,3,4,5,6\n' + CSV[-40:], "unbalanced_quote", ("line 3", "quote")),
    BadFile("row", "none.csv", _text(HEADER, _row(登记编号="")), "value_missing", ("登记编号",)),
    BadFile("row", "day.csv", _text(HEADER, _row(登记时间="2026-02-30 10:00:00")), "time_unreadable", ("2026-02-30",)),
    BadFile("row", "time.csv", _text(HEADER, _row(登记时间="昨天")), "time_unreadable", ("昨天",)),
    BadFile("row", "lost.csv", _text(HEADER, _row(被投诉方名称="\ufffd" * 9)), "replacement_characters", ("decoded",)),
    BadFile("row", "power.csv", _text(HEADER, _row(登记编号="9.9E+17")), "scientific_notation", ("9.9E+17", "text")),
    BadFile("row", "long.csv", _text(HEADER, _row(登记编号="9" * 65)), "too_long", ("65", "64")),
    BadFile("row", "broken.jsonl", f"{JSON_LINE}\n{{x\n".encode(), "broken_json", ("line 2",)),
    BadFile("row", "list.jsonl", f"{JSON_LINE}\n[1]\n".encode(), "not_an_object", ("line 2",)),
    BadFile("row", "same.jsonl", f'{JSON_LINE}\n{{"a": 1, "a": 2}}\n'.encode(), "broken_json", ("duplicate name",)),
    BadFile(
        "workbook", "digits.xlsx", _sheet([[990101202600000018.0]]), "number_too_long_in_cell", ("登记编号", "line 2")
    ),
]


def place(drop: Path, bad: BadFile) -> Path:
    """Put the file where its feed looks for it."""
    folder = drop / "consumer_platform" / "complaint"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / bad.name
    path.write_bytes(bad.content)
    return path
