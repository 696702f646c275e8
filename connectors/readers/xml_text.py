"""XML envelopes as tables of text: an element that repeats is a row, its children and attributes are the cells.

Departments wrap records in an envelope of their own (``ExchangeMessage/Header`` and ``/Body``, standards 9.1). Which
element is the record is found by the headers that the contract knows, so that no envelope has to be declared.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any, BinaryIO
from xml.parsers import expat

from connectors.contract.header_key import header_key
from connectors.readers.decoding import as_of_2005
from connectors.readers.delimited import Opener
from connectors.readers.encodings import contradicted, marked_encoding
from connectors.readers.finishing import finish
from connectors.readers.json_values import cell_text
from connectors.readers.model import MEBIBYTE, ReaderHints, ReaderLimits, SourceTable, TableFacts, TextBatch
from lake.errors import TerminalError

_PIECE = 256 * 1024
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_CHINESE = {"gb18030", "gbk", "gb2312", "gb-18030"}
# An envelope has a handful of element names; a document that makes up new ones would fill the memory with them.
_MOST_NAMES = 10_000
_DEEPEST = 100

# What an element costs beside its text, so that a record of a billion empty ones is refused too.
_ELEMENT_BYTES = 64
_ATOM_LINK = ("http://www.w3.org/2005/Atom", "link")
_TO_THE_ARTICLE = "alternate"
TEXT = "#text"
"""Cell of the text that stands between or instead of a record's elements."""

Path = tuple[str, ...]


@dataclass
class _Opened:
    """An element that has begun and not ended."""

    attributes: dict[str, str] = field(default_factory=dict)
    cells: list[tuple[str, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    has_attributes: bool = False
    has_children: bool = False
    has_text: bool = False


@dataclass
class _Shape:
    """An element with children of its own: how often it occurs, and the names of its cells in their first order."""

    count: int = 0
    cells: dict[str, None] = field(default_factory=dict)
    has_leaf: bool = False


def open_xml(open_stream: Opener, facts: TableFacts, hints: ReaderHints) -> Iterator[SourceTable]:
    """The tables of an XML file: one per kind of element that holds records; ``facts.sheet`` is that element's name.

    Elements without a known header are the envelope once another kind has two. Source rows number the records of a table
    from 1. Raises ``TerminalError``: ``readers.document_type``, ``readers.damaged_xml``, ``readers.encoding_unknown``,
    ``readers.xml_record_too_large``, ``readers.empty_file``.
    """
    encoding, mark_length = _encoding(open_stream, hints)
    shapes = _shapes(open_stream, encoding, hints.limits)
    if not shapes:
        raise TerminalError("readers.empty_file")
    for path in _tables(shapes, frozenset(map(header_key, hints.known_headers))):
        names = tuple(shapes[path].cells)
        found = replace(facts, format="xml", encoding=encoding, sheet=path[-1], had_bom=mark_length > 0)
        yield SourceTable(0, found, names, 0, partial(_batches, open_stream, encoding, path, names, hints))


def _encoding(open_stream: Opener, hints: ReaderHints) -> tuple[str, int]:
    with open_stream() as stream:
        start = stream.read(1024)
    marked = marked_encoding(start[:4])
    if marked is not None:
        return marked.name, marked.mark_length
    said = _DECLARED.match(start)
    name = (hints.encoding or (said.group(1).decode("ascii") if said else "utf-8")).lower()
    name = "gb18030" if name in _CHINESE else name
    try:
        found = codecs.lookup(name).name.replace("_", "-")
    except LookupError as error:
        raise TerminalError("readers.encoding_unknown", seen=name) from error
    return found if hints.encoding else _as_written(open_stream, found), 0


def _as_written(open_stream: Opener, said: str) -> str:
    """The encoding that was said, or the other one where the first bytes beyond ASCII show it."""
    with open_stream() as stream:
        while piece := stream.read(MEBIBYTE):
            if not piece.isascii():
                return contradicted(said, piece) or said
    return said


def _tables(shapes: dict[Path, _Shape], known: frozenset[str]) -> list[Path]:
    """The kinds of element that are records, in the order of the file.

    The one with most known headers first; what lies around or inside of a chosen one is its envelope or its cells.
    """
    scores = {path: sum(header_key(name) in known for name in shape.cells) for path, shape in shapes.items()}
    best = max(scores.values())

    def rank(path: Path) -> tuple[int, int, int]:
        return scores[path], shapes[path].count, -len(path)

    chosen: list[Path] = []
    for path in sorted((path for path, shape in shapes.items() if shape.has_leaf), key=rank, reverse=True):
        is_related = any(path[: len(other)] == other or other[: len(path)] == path for other in chosen)
        is_envelope = best >= 2 > scores[path] and shapes[path].count == 1
        if not is_related and not is_envelope:
            chosen.append(path)
    order = list(shapes)
    return sorted(chosen, key=order.index)


class _Events:
    """Reads a document once; raises ``TerminalError`` for what is broken or may not be in it."""

    def __init__(self, limits: ReaderLimits) -> None:
        self.path: list[str] = []
        self.events = 0
        self.limits = limits
        self.parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def feed(self, stream: BinaryIO, encoding: str) -> Iterator[None]:
        """Parse the whole stream; a step each time a piece of it is done."""
        silent, first = 0, True
        for piece in _decoded(stream, encoding):
            text = _DECLARATION.sub(_line_ends, piece, count=1) if first else piece
            first = False
            before = self.events
            self._parse(text, is_last=False)
            silent = silent + len(text) if self.events == before else 0
            if silent > self.limits.line_bytes:  # one endless tag: the parser would keep all of it
                self.too_large()
            yield
        self._parse("", is_last=True)
        yield

    def too_large(self) -> None:
        """Raises ``TerminalError``: an element beyond what a record may hold."""
        line, mebibytes = self.parser.CurrentLineNumber, self.limits.line_bytes // MEBIBYTE
        raise TerminalError("readers.xml_record_too_large", line=line, mebibytes=mebibytes)

    def _parse(self, text: str, is_last: bool) -> None:
        try:
            self.parser.Parse(text.encode("utf-8"), is_last)
        except expat.ExpatError as error:
            raise TerminalError(
                "readers.damaged_xml", line=error.lineno, detail=expat.ErrorString(error.code)
            ) from error

    def _refuse(self, *_: object) -> None:
        raise TerminalError("readers.document_type", line=self.parser.CurrentLineNumber)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.events += 1
        self.path.append(element_name(*tag.rpartition(" ")[::2], attributes))
        if len(self.path) > _DEEPEST:
            line = self.parser.CurrentLineNumber
            raise TerminalError("readers.damaged_xml", line=line, detail=f"> {_DEEPEST} levels")
        self.opened({_local(name): value for name, value in attributes.items()})

    def _end(self, _tag: str) -> None:
        self.events += 1
        self.closed()
        self.path.pop()

    def _characters(self, text: str) -> None:
        self.events += 1
        self.said(text)

    def opened(self, attributes: dict[str, str]) -> None:
        """An element began; ``path`` ends in its name."""

    def closed(self) -> None:
        """The element at ``path`` ends."""

    def said(self, text: str) -> None:
        """Text of the element at ``path``."""


class _ShapeEvents(_Events):
    """Which elements there are, and what they hold."""

    def __init__(self, limits: ReaderLimits) -> None:
        super().__init__(limits)
        self.shapes: dict[Path, _Shape] = {}
        self._texts: dict[Path, None] = {}
        self._open: list[_Opened] = []
        self._names = 0

    def opened(self, attributes: dict[str, str]) -> None:
        path = tuple(self.path)
        if self._open:
            self._open[-1].has_children = True
            for name in (path[-1], *(f"{path[-1]}@{name}" for name in attributes)):
                self._cell(path[:-1], name)
        for name in attributes:
            self._cell(path, name)
            self.shapes[path].has_leaf = True
        self._open.append(_Opened(has_attributes=bool(attributes)))

    def said(self, text: str) -> None:
        if text.strip():
            self._open[-1].has_text = True

    def closed(self) -> None:
        path, element = tuple(self.path), self._open.pop()
        if element.has_children or element.has_attributes:
            self.shapes[path].count += 1
        if not element.has_children and len(path) > 1 and (element.has_text or not element.has_attributes):
            self.shapes[path[:-1]].has_leaf = True
        if element.has_text and path not in self._texts:
            self._count(1)
            self._texts[path] = None

    def finished(self) -> dict[Path, _Shape]:
        """The elements with cells; text beside or instead of their cells is one more cell."""
        for path in self._texts:
            if path in self.shapes:
                self.shapes[path].cells.setdefault(TEXT, None)
        return self.shapes

    def _cell(self, path: Path, name: str) -> None:
        if path not in self.shapes:
            self._count(1)
            self.shapes[path] = _Shape()
        if name not in self.shapes[path].cells:
            self._count(1)
            self.shapes[path].cells[name] = None

    def _count(self, names: int) -> None:
        self._names += names
        if self._names > _MOST_NAMES:
            line = self.parser.CurrentLineNumber
            raise TerminalError("readers.damaged_xml", line=line, detail=f"> {_MOST_NAMES} names")


class _RecordEvents(_Events):
    """The records at ``wanted``, each a mapping of cell name to text, mapping or list."""

    def __init__(self, limits: ReaderLimits, wanted: Path) -> None:
        super().__init__(limits)
        self.records: list[dict[str, Any]] = []
        self._wanted = list(wanted)
        self._open: list[_Opened] = []
        self._size = 0

    def opened(self, attributes: dict[str, str]) -> None:
        if self._open:
            self._open[-1].has_children = True
        elif self.path != self._wanted:
            return
        self._grow(_ELEMENT_BYTES + sum(len(name) + len(value) for name, value in attributes.items()))
        self._open.append(_Opened(attributes=attributes))

    def said(self, text: str) -> None:
        if self._open:
            self._grow(len(text))
            self._open[-1].texts.append(text)

    def closed(self) -> None:
        if not self._open:
            return
        element = self._open.pop()
        text = "".join(element.texts)
        if not self._open:
            self._size = 0
            said = [(TEXT, text)] if text.strip() else []
            self.records.append(_joined([*element.attributes.items(), *element.cells, *said]))
        elif element.has_children:
            said = [(TEXT, text)] if text.strip() else []
            self._add(self.path[-1], _joined([*element.attributes.items(), *element.cells, *said]))
        else:
            # What an element says beside its text (a type, a unit) is a cell of its own, so that it is seen.
            self._add(self.path[-1], text if text.strip() else None)
            for name, value in element.attributes.items():
                self._add(f"{self.path[-1]}@{name}", value)

    def _add(self, name: str, value: Any) -> None:
        self._open[-1].cells.append((name, value))

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > self.limits.line_bytes:
            self.too_large()


def _joined(cells: list[tuple[str, Any]]) -> dict[str, Any]:
    """Cells by name; a name that occurs several times has the list of its values."""
    values: dict[str, list[Any]] = {}
    for name, value in cells:
        values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _shapes(open_stream: Opener, encoding: str, limits: ReaderLimits) -> dict[Path, _Shape]:
    reader = _ShapeEvents(limits)
    with open_stream() as stream:
        for _ in reader.feed(stream, encoding):
            pass
    return reader.finished()


def _records(open_stream: Opener, encoding: str, path: Path, limits: ReaderLimits) -> Iterator[dict[str, Any]]:
    reader = _RecordEvents(limits, path)
    with open_stream() as stream:
        for _ in reader.feed(stream, encoding):
            yield from reader.records
            reader.records.clear()


def _batches(
    open_stream: Opener, encoding: str, path: Path, names: tuple[str, ...], hints: ReaderHints
) -> Iterator[TextBatch]:
    records = enumerate(_records(open_stream, encoding, path, hints.limits), start=1)
    while chunk := list(islice(records, hints.limits.batch_rows)):
        rows = [[cell_text(record.get(name)) for name in names] for _, record in chunk]
        yield finish(rows, [number for number, _ in chunk], names, [], Counter())


def _decoded(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """The text of ``stream`` in pieces; raises ``TerminalError`` naming the line of bytes that are no text."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, is_first = 1, True
    while True:
        piece = stream.read(_PIECE)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            line += piece.count(b"\n", 0, error.start)
            raise TerminalError("readers.damaged_xml", line=line, detail=f"{encoding}: {error.reason}") from error
        line += text.count("\n")
        if encoding == "gb18030":
            text = as_of_2005(text)
        if is_first and text:
            text, is_first = text.removeprefix("\ufeff"), False
        if text:
            yield text
        if not piece:
            return


def element_name(space: str, name: str, attributes: Mapping[str, str]) -> str:
    """What an element is called: links of Atom that lead elsewhere than to the article say where (RFC 4287, 4.2.7)."""
    relation = attributes.get("rel", _TO_THE_ARTICLE)
    is_other = (space, name) == _ATOM_LINK and relation != _TO_THE_ARTICLE
    return f"{name}[{relation}]" if is_other else name


def _line_ends(found: re.Match[str]) -> str:
    return "\n" * found.group().count("\n")


def _local(tag: str) -> str:
    return tag.rpartition(" ")[2]
