"""What a file is, by its content; one clear error for what cannot be read."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from connectors.readers.archives import Spool, open_gzip, tar_members, zip_members
from connectors.readers.columnar import open_parquet
from connectors.readers.compound import is_encrypted, is_word
from connectors.readers.delimited import Opener, open_delimited
from connectors.readers.documents import KINDS as DOCUMENTS
from connectors.readers.documents import open_document, takes_documents
from connectors.readers.json_text import open_json
from connectors.readers.model import ReaderHints, SourceTable, TableFacts, TextBatch
from connectors.readers.workbooks import open_workbook
from connectors.readers.xml_text import open_xml
from lake.errors import TerminalError

_SUFFIXES = {
    "text": (".csv", ".txt", ".tsv", ".tab"),
    "workbook": (".xlsx", ".xlsm", ".xls", ".xlsb"),
    "json": (".json", ".jsonl", ".ndjson"),
    "XML": (".xml",),
    "parquet": (".parquet",),
    "gzip": (".gz", ".tgz"),
    "zip": (".zip",),
    "tar": (".tar",),
}
_EXPECTED = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes}
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (_COMPOUND, "workbook"),
    (b"PAR1", "parquet"),
    (b"%PDF", "PDF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"GIF8", "GIF"),
    (b"SQLite format 3", "SQLite"),
    *((b"BZh%d1AY&SY" % level, "bzip2") for level in range(1, 10)),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_MEMBERS = {"zip": zip_members, "tar": tar_members}
_PACKED_AS = {("zip", None): "zip", ("tar", None): "tar", ("tar", "gzip"): "tar.gz"}
_WORD = (".docx", ".docm")
_SNIFF_BYTES = 4096
_SPREADSHEET_XML = (b"urn:schemas-microsoft-com:office:spreadsheet", b'progid="excel.sheet"')
_STREAMED = ("text", "json", "XML")


def open_tables(path: Path, name: str, hints: ReaderHints | None = None) -> Iterator[SourceTable]:
    """The tables of the file at ``path``; ``name`` is what the sender called it (its suffix counts, its text is shown).

    Raises ``TerminalError`` here or while batches are read, with the remedy and the parameter ``file`` = ``name``.
    """
    tables = _named(name, _tables(path, name, hints or ReaderHints(), TableFacts(""), None))
    for index, table in enumerate(tables):
        yield replace(table, index=index)


def _named(name: str, tables: Iterator[SourceTable]) -> Iterator[SourceTable]:
    """The tables with every error of theirs saying which file (or which member of it) it is about."""
    try:
        for table in tables:
            yield replace(table, batches=partial(_named_batches, name, table))
    except TerminalError as error:
        error.params.setdefault("file", name)
        raise


def _named_batches(name: str, table: SourceTable) -> Iterator[TextBatch]:
    try:
        yield from table.batches()
    except TerminalError as error:
        error.params.setdefault("file", name)
        raise


def _tables(path: Path, name: str, hints: ReaderHints, facts: TableFacts, spool: Spool | None) -> Iterator[SourceTable]:
    """``spool`` is the unpacked file at ``path``; it lives as long as something refers to it."""
    kind = _kind_of_file(path, name)
    _check_suffix(name, kind)
    packed_as = _PACKED_AS.get((kind, facts.compression))
    if kind == "gzip" and facts.compression in (None, *_PACKED_AS.values()):
        yield from _unzipped(path, name, hints, facts, spool)
    elif packed_as is not None:
        yield from _member_tables(name, _MEMBERS[kind](path, hints), hints, packed_as)
    elif kind in _STREAMED:
        yield from _text_tables(kind, partial(_open_file, path, spool), hints, facts)
    elif kind == "workbook":
        yield from open_workbook(path, facts, hints, spool)
    elif kind == "parquet":
        yield open_parquet(path, facts, hints, spool)
    elif kind in DOCUMENTS and takes_documents(hints):
        yield open_document(path, name, kind, facts, spool)
    else:
        raise TerminalError("readers.unsupported_content", kind=kind)


def _member_tables(
    name: str, members: Iterator[tuple[str, Spool]], hints: ReaderHints, packed_as: str
) -> Iterator[SourceTable]:
    """The tables of all members. An empty one, or a letter that lies beside the data, is told and keeps no table out."""
    found, problems = False, []
    for member, unpacked in members:
        inner = TableFacts("", member=member, compression=packed_as)
        try:
            for table in _named(f"{name}/{member}", _tables(unpacked.path, member, hints, inner, unpacked)):
                found = True
                yield table
        except TerminalError as error:
            is_letter = error.code == "readers.unsupported_content" and error.params["kind"] in DOCUMENTS
            if not is_letter and error.code != "readers.empty_file":
                raise
            problems.append((error, inner))
    if problems and not found:
        raise problems[0][0]
    for reason, facts in problems:
        code = reason.code.replace("readers.", "readers.member_")
        problem = TerminalError(code, member=facts.member, kind=reason.params.get("kind", ""))
        yield SourceTable(0, facts, (), 0, lambda: iter(()), problem)


def _unzipped(
    path: Path, name: str, hints: ReaderHints, facts: TableFacts, spool: Spool | None
) -> Iterator[SourceTable]:
    """Text is read as a stream; other formats need a file to jump about in."""
    inner_name = name[:-3] if name.lower().endswith(".gz") else name
    inner_name = f"{name[:-4]}.tar" if name.lower().endswith(".tgz") else inner_name
    facts = replace(facts, compression="gzip" if facts.compression is None else f"{facts.compression}+gzip")
    opener: Opener = partial(_open_packed, path, hints, spool)
    with opener() as stream:
        kind = _kind(stream.read(_SNIFF_BYTES), inner_name)
    if kind in _STREAMED:
        _check_suffix(inner_name, kind)
        yield from _text_tables(kind, opener, hints, facts)
        return
    with opener() as stream:
        unpacked = Spool(hints.temporary_folder).fill(stream)
    yield from _tables(unpacked.path, inner_name, hints, facts, unpacked)


def _text_tables(kind: str, opener: Opener, hints: ReaderHints, facts: TableFacts) -> Iterator[SourceTable]:
    if kind == "json":
        yield from open_json(opener, facts, hints)
    elif kind == "XML":
        yield from open_xml(opener, facts, hints)
    else:
        yield open_delimited(opener, 0, facts, hints)


def _open_packed(path: Path, hints: ReaderHints, _spool: Spool | None) -> BinaryIO:
    return open_gzip(path, hints.limits)


def _open_file(path: Path, _spool: Spool | None) -> BinaryIO:
    return cast("BinaryIO", path.open("rb"))


def _kind_of_file(path: Path, name: str) -> str:
    with path.open("rb") as stream:
        start = stream.read(_SNIFF_BYTES)
    kind = _kind(start, name)
    if start.startswith(_COMPOUND):
        return _kind_of_compound(path, name)
    return _kind_of_zip(path, name) if kind == "zip" else kind


def _kind_of_compound(path: Path, name: str) -> str:
    if is_encrypted(path):
        return "Office document" if _suffix(name) in _WORD else "workbook"
    return "Word 97 document" if is_word(path) else "workbook"


def _kind_of_zip(path: Path, name: str) -> str:
    """A zip file by its members: office programs pack their documents that way too; one that breaks off, by its name."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except zipfile.BadZipFile:
        suffix = Path(name).suffix.lower()
        by_name = {"Office document": _WORD, "workbook": _SUFFIXES["workbook"]}
        return next((kind for kind, suffixes in by_name.items() if suffix in suffixes), "zip")
    if any(member.startswith("xl/") for member in members):
        return "workbook"
    if "[Content_Types].xml" in members:
        return "Office document"
    if "OFD.xml" in members:
        return "OFD"
    return "OpenDocument" if "mimetype" in members and "content.xml" in members else "zip"


def _kind(start: bytes, name: str) -> str:
    """Text, json, workbook, parquet, gzip, zip, tar, or the name of something that is not read."""
    if not start:
        raise TerminalError("readers.empty_file")
    packed = "tar" if start[_TAR_MAGIC_AT:].startswith(_TAR_MAGIC) else None
    by_magic = next((kind for magic, kind in _MAGIC if start.startswith(magic)), packed)
    if by_magic is not None:
        return by_magic
    if start.startswith(b"BM") and start[6:10] == bytes(4):
        return "BMP"
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1024].lower()
    marked = _kind_of_markup(head)
    if marked is not None:
        return marked
    suffix = _suffix(name)
    if _EXPECTED.get(suffix) == "XML":
        return "XML"
    if _EXPECTED.get(suffix) == "json" or (head[:1] in (b"{", b"[") and _EXPECTED.get(suffix) != "text"):
        return "json"
    return "text"


def _kind_of_markup(head: bytes) -> str | None:
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<table", b"<meta")):
        return "HTML"
    if not head.startswith(b"<?xml"):
        return None
    if any(mark in head for mark in _SPREADSHEET_XML):
        return "Excel 2003 XML"
    return "HTML" if b"<html" in head else "XML"


def _suffix(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def _check_suffix(name: str, kind: str) -> None:
    """Raises ``TerminalError`` when the name promises another kind of file than the content is."""
    suffix = _suffix(name)
    expected = _EXPECTED.get(suffix)
    if kind == "HTML":
        raise TerminalError("readers.html_page")
    if kind == "Excel 2003 XML":
        raise TerminalError("readers.spreadsheet_xml")
    if expected is not None and expected != kind:
        raise TerminalError("readers.content_is_not_suffix", suffix=suffix, kind=kind)
