"""Documents as records: PDF, Word, OFD and images, one row each with digest, format, text where there is some, and number.

Texts come from the file itself (text layer, paragraphs); nothing is recognised from pictures, and DOC and OFD are not read.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import file_digest
from pathlib import Path
from typing import IO
from xml.parsers.expat import ExpatError, ParserCreate

import pyarrow as pa

from connectors.readers.compound import is_encrypted
from connectors.readers.model import MEBIBYTE, ReaderHints, SourceTable, TableFacts, TextBatch, text_batch

HEADER = ("文件名", "文件摘要", "文件格式", "文件大小", "页数", "文号", "正文来源", "读取说明", "正文")
"""Columns of a document; a contract that knows the digest's takes documents."""
DIGEST_HEADER = HEADER[1]
KINDS = {
    "PDF": "PDF", "Office document": "DOCX", "Word 97 document": "DOC", "OFD": "OFD",
    "PNG": "PNG", "JPEG": "JPEG", "TIFF": "TIFF", "GIF": "GIF", "BMP": "BMP",
}  # fmt: skip
"""What a file is by its content, and the format that its row says."""
MOST_CHARACTERS = 1_000_000
MOST_PAGES = 500
MOST_BYTES = 256 * MEBIBYTE
"""Of a larger file no text is read; the file is kept like any other."""
_NOT_READ = {"DOC", "OFD"}
_HEAD_LINES = 15
# 示市监罚〔2026〕18号, （2026）示9901执18号: the year in brackets with letters before or behind it, a number and 号.
_NUMBER = (
    r"[\u4e00-\u9fff]{2,14}[〔\[［(（【](?:19|20)\d\d[〕\]］)）】]第?\d{1,6}(?:-\d{1,4})?号"
    r"|[(（〔](?:19|20)\d\d[)）〕][\u4e00-\u9fff\d]{2,14}?\d{1,6}号"
)
_IN_NAME = re.compile(_NUMBER)
_LINE = re.compile(rf"(?:文号|编号|案号)?[:：]?({_NUMBER})")
# What stands before a number in a file's name and is no part of it.
_LEAD = re.compile(r"^.*(?:决定书|通知书|承诺书|文号|编号|案号)")
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True)
class _Read:
    """What a document says: its pages (none where there are no such), its text, and how far it was read."""

    pages: int | None
    text: str
    note: str


class _UnreadableError(Exception):
    """The text cannot be had; ``args`` has the note to put into the row."""


def takes_documents(hints: ReaderHints) -> bool:
    """Whether the contract being read knows what a document is."""
    return DIGEST_HEADER in hints.known_headers


def open_document(path: Path, name: str, kind: str, facts: TableFacts, spool: object = None) -> SourceTable:
    """The one row of the document at ``path``; ``kind`` is one of ``KINDS``, ``spool`` keeps the file alive.

    A file whose text cannot be read is a row all the same, and says so: evidence is not refused.
    """
    return SourceTable(
        0, replace(facts, format=KINDS[kind]), HEADER, 0, partial(_batches, path, name, KINDS[kind], spool)
    )


def _batches(path: Path, name: str, kind: str, _spool: object) -> Iterator[TextBatch]:
    with path.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    size = path.stat().st_size
    try:
        found = _read(path, kind, size)
    except _UnreadableError as error:
        found = _Read(None, "", str(error))
    text = found.text.replace("\x00", "").strip()
    pages = None if found.pages is None else str(found.pages)
    origin, note = ("文本层", found.note) if text else ("无", found.note if found.note != "完整" else "无正文")
    file_name = name.replace("\\", "/").rpartition("/")[2]
    cells = (file_name, digest, kind, str(size), pages, number_in(file_name, text), origin, note, text or None)
    yield TextBatch(text_batch([pa.array([cell], pa.string()) for cell in cells]), pa.array([1], pa.int64()))


def number_in(file_name: str, text: str) -> str | None:
    """The document's own number: in its name, else alone on one of its first lines.

    Numbers within sentences are of other documents, which it cites.
    """
    if found := _IN_NAME.search(re.sub(r"\s", "", file_name)):
        return _LEAD.sub("", found.group())
    for line in text.splitlines()[:_HEAD_LINES]:
        if alone := _LINE.fullmatch(re.sub(r"\s", "", line)):
            return alone.group(1)
    return None


def _read(path: Path, kind: str, size: int) -> _Read:
    if kind not in {"PDF", "DOCX", *_NOT_READ}:
        return _Read(None, "", "无正文")
    if size > MOST_BYTES or kind in _NOT_READ:
        raise _UnreadableError("无法读取")
    return _read_pdf(path) if kind == "PDF" else _read_docx(path)


def _read_pdf(path: Path) -> _Read:
    import logging

    import pypdf  # takes a while to load
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what matters is said in the row
    try:
        reader = pypdf.PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise _UnreadableError("有密码")
        pages, texts, length = len(reader.pages), list[str](), 0
        for page in reader.pages[:MOST_PAGES]:
            texts.append(page.extract_text().strip())
            length += len(texts[-1])
            if length > MOST_CHARACTERS:
                break
    except _PDF_TROUBLE as error:
        raise _UnreadableError("无法读取") from error
    except PyPdfError as error:
        raise _UnreadableError("无法读取") from error
    return _Read(pages, *_cut("\n".join(texts), is_whole=len(texts) == pages))


# What the library lets through of damaged files.
_PDF_TROUBLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OSError, NotImplementedError)


def _cut(text: str, *, is_whole: bool = True) -> tuple[str, str]:
    """The text as far as it is kept, and the note about it."""
    return text[:MOST_CHARACTERS], "完整" if is_whole and len(text) <= MOST_CHARACTERS else "已截断"


def _read_docx(path: Path) -> _Read:
    """Paragraphs of the main part, cells of tables among them."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("word/document.xml") as stream:
            return _Read(None, *_cut(_paragraphs(stream)))
    except zipfile.BadZipFile as error:
        raise _UnreadableError("有密码" if is_encrypted(path) else "无法读取") from error
    except (KeyError, ExpatError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise _UnreadableError("无法读取") from error


def _paragraphs(stream: IO[bytes]) -> str:
    """Texts (``w:t``) of a part, a line for each paragraph; as much as is kept. Document types are refused."""
    lines: list[str] = [""]
    is_text = [False]

    def start(tag: str, _: dict[str, str]) -> None:
        is_text[0] = tag == f"{_WORD}t"

    def end(tag: str) -> None:
        is_text[0] = False
        if tag == f"{_WORD}p":
            lines.append("")

    def data(text: str) -> None:
        if is_text[0]:
            lines[-1] += text

    def refuse(*_: object) -> None:
        raise _UnreadableError("无法读取")

    parser = ParserCreate(namespace_separator="}")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = data, refuse
    length = 0
    while length < MOST_BYTES and (piece := stream.read(MEBIBYTE)):
        parser.Parse(piece, False)
        length += len(piece)
    return "\n".join(line for line in lines if line.strip())
