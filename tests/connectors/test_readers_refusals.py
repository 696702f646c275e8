"""Archives, and what is refused with one clear error."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from connectors.readers import ReaderHints, ReaderLimits
from tests.connectors.reading_files import HEADER, KNOWN, refusal, rows_of, tables_of, workbook

CSV = (",".join(HEADER) + "\n甲,1,2,3\n").encode("gb18030")


def test_archives_of_text_and_workbooks(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        book.add_worksheet("一").write_row(0, 0, HEADER)
        book.get_worksheet_by_name("一").write_row(1, 0, ["乙", "1", "2", "3"])

    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../处罚.csv", CSV)
        archive.writestr("目录/", b"")
        archive.writestr("__MACOSX/._x", b"1")
        archive.writestr("目录/~$b.xlsx", b"\x05admin")
        archive.writestr("desktop.ini", b"[x]\r\n")
        archive.writestr("b.xlsx", workbook(tmp_path / "b.xlsx", fill).read_bytes())
        archive.writestr("c.csv.gz", gzip.compress(CSV))
    spool = tmp_path / "spool"
    spool.mkdir()
    hints = ReaderHints(KNOWN.known_headers, temporary_folder=spool)
    tables = tables_of(path, hints=hints)
    assert [table.facts.member for table in tables] == ["../../处罚.csv", "b.xlsx", "c.csv.gz"]
    assert [[cells[0] for _, cells in rows_of(table)] for table in tables] == [["甲"], ["乙"], ["甲"]]
    assert {file.name for file in tmp_path.iterdir()} == {"a.zip", "b.xlsx", "spool"}
    del tables
    assert list(spool.iterdir()) == []


def test_member_names_in_gbk_are_read(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("AAAA.csv", CSV)
    raw = packed.getvalue().replace(b"AAAA", "处罚".encode("gbk"))
    path = tmp_path / "a.zip"
    path.write_bytes(raw)
    assert tables_of(path)[0].facts.member == "处罚.csv"


@pytest.mark.parametrize(("form", "encoding"), [(tarfile.GNU_FORMAT, "gb18030"), (tarfile.USTAR_FORMAT, "utf-8"),
                                                (tarfile.PAX_FORMAT, "utf-8")])  # fmt: skip
@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tgz"])
def test_members_of_a_tar_have_their_chinese_names(tmp_path: Path, form: int, encoding: str, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(_tar({"双公示/处罚.csv": CSV, "双公示/._处罚.csv": b"x", "许可.csv.gz": gzip.compress(CSV)},
                          form, encoding, packed=suffix != "tar"))  # fmt: skip
    tables = tables_of(path)
    assert [(table.facts.member, len(rows_of(table))) for table in tables] == [
        ("双公示/处罚.csv", 1),
        ("许可.csv.gz", 1),
    ]
    assert [table.facts.compression for table in tables] == (
        ["tar", "tar+gzip"] if suffix == "tar" else ["tar.gz", "tar.gz+gzip"]
    )


def _tar(members: dict[str, bytes], form: int = tarfile.GNU_FORMAT, encoding: str = "utf-8", *, packed: bool = False,
         link: tuple[str, bytes] | None = None) -> bytes:  # fmt: skip
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz" if packed else "w", format=form, encoding=encoding) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        if link:
            entry = tarfile.TarInfo("link.csv")
            entry.linkname, entry.type = link
            archive.addfile(entry)
    return made.getvalue()


def _tar_with_damaged_header() -> bytes:
    made = bytearray(_tar({"a.csv": CSV, "b.csv": CSV}))
    made[1024 + 148] ^= 0x7F
    return bytes(made)


def test_gzip_of_a_workbook(tmp_path: Path) -> None:
    book = workbook(tmp_path / "b.xlsx", lambda book: book.add_worksheet().write_row(0, 0, HEADER))
    path = tmp_path / "b.xlsx.gz"
    path.write_bytes(gzip.compress(book.read_bytes()))
    assert tables_of(path)[0].header == tuple(HEADER)


def _zip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def _encrypted(data: bytes) -> bytes:
    """Set the flag that says a member has a password, in both of its headers."""
    changed = bytearray(data)
    changed[6] |= 1
    changed[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


REFUSED = {
    "empty_file": [
        ("a.csv", b""),
        ("b.csv", b"\n\r\n \n"),
        ("a.jsonl", b"\n\n"),
        ("a.csv.gz", gzip.compress(b"")),
        ("a.zip", _zip("x.csv", b"")),
    ],
    "encoding_unknown": [
        ("shift.csv", ("名前,住所\n" * 30).encode("shift_jis") + b"\x80\xff,\xff\n" * 60),
        ("utf32.csv", "名称,代码\n甲,1\n".encode("utf-32")),
    ],
    "binary_content": [("a.txt", b"\x00\x01\x02\x03\n" * 50), ("b.csv", "名称,代码\n甲,1\n".encode("utf-16-le"))],
    "unsupported_content": [
        ("a.bin", b"%PDF-1.7 x"),
        ("a.rar.part", b"Rar!\x1a\x07"),
        ("b.zip", _zip("inner.zip", _zip("x.csv", CSV))),
    ],
    "content_is_not_suffix": [
        ("a.csv", _zip("x.csv", CSV)),
        ("a.xlsx", CSV),
        ("a.parquet", CSV),
        ("a.zip", gzip.compress(CSV)),
        ("a.xlsx", _zip("x.csv", CSV)),
        ("a.csv", b"%PDF-1.4"),
    ],
    "html_page": [("a.xls", b"<html><body>500</body></html>"), ("a.csv", "﻿\r\n<!DOCTYPE html><p>".encode())],
    "truncated_archive": [
        ("a.tar", _tar({"a.csv": CSV, "b.csv": CSV})[:1024]),
        ("a.tar", _tar({"b.csv": CSV})[:530]),
        ("a.csv.gz", gzip.compress(CSV * 3000)[:-20]),
        ("a.csv.gz", gzip.compress(CSV)[:15]),
    ],
    "special_member": [
        ("a.tar", _tar({"a.csv": CSV}, link=("/etc/passwd", tarfile.SYMTYPE))),
        ("a.tgz", _tar({"a.csv": CSV}, link=("a.csv", tarfile.LNKTYPE), packed=True)),
        ("a.tar", _tar({"a.csv": CSV}, link=("", tarfile.CHRTYPE))),
    ],
    "damaged_archive": [
        ("a.tar", _tar_with_damaged_header()),
        ("a.zip", _zip("x.csv", CSV)[:40]),
        ("a.csv.gz", b"\x1f\x8b\x08\x00" + b"\xff" * 50),
    ],
    "empty_archive": [("a.tar", _tar({"._a.csv": CSV})), ("a.zip", b"PK\x05\x06" + b"\0" * 18)],
    "encrypted_archive": [("a.zip", _encrypted(_zip("x.csv", CSV)))],
    "encrypted_workbook": [("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))],
    "damaged_workbook": [
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        ("a.xlsx", _zip("xl/workbook.xml", b"<x")),
    ],
    "damaged_json": [("a.json", b'[{"a": 1}, {"a": '), ("b.json", b'"text"'), ("c.json", b"12")],
    "damaged_parquet": [("a.parquet", b"PAR1" + b"\0" * 50)],
}


@pytest.mark.parametrize(
    ("code", "name", "content"),
    [
        # Ids without the content: the time in a gzip header would give each worker tests of other names.
        pytest.param(code, *case, id=f"{code}-{number}")
        for code, cases in REFUSED.items()
        for number, case in enumerate(cases)
    ],
)
def test_what_cannot_be_read_is_one_clear_error(tmp_path: Path, code: str, name: str, content: bytes) -> None:
    path = tmp_path / "drop"
    path.write_bytes(content)
    assert refusal(path, name).code == f"readers.{code}"


def test_archive_bombs_are_refused(tmp_path: Path) -> None:
    limits = ReaderLimits(ratio_from_bytes=1 << 20)
    hints = ReaderHints(KNOWN.known_headers, limits=limits)
    bomb = b"," * (8 << 20)
    packed = {
        "a.zip": _zip("x.csv", bomb),
        "a.csv.gz": gzip.compress(bomb),
        "a.tgz": _tar({"x.csv": bomb}, packed=True),
    }
    for name, content in packed.items():
        (tmp_path / "drop").write_bytes(content)
        assert refusal(tmp_path / "drop", name, hints).code == "readers.expands_too_far"


def test_an_empty_workbook_says_so(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", lambda book: book.add_worksheet())
    assert refusal(path).code == "readers.empty_workbook"
