"""JSON lines, one JSON document of records, and JSON lines that are tables of their own, as tables of text."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.readers.decoding import decode_text
from connectors.readers.delimited import Opener
from connectors.readers.encodings import Encoding, find_encoding
from connectors.readers.json_values import cell_text, compact_json, names_of, read_json, read_object
from connectors.readers.layout import data_rows
from connectors.readers.lines import line_blocks
from connectors.readers.model import (
    MEBIBYTE,
    ReaderHints,
    RejectedRow,
    SourceTable,
    TableFacts,
    TextBatch,
    text_batch,
)
from lake.errors import TerminalError

DOCUMENT_BYTES = 128 * MEBIBYTE
_PROBE_LINES = 20


@dataclass(frozen=True)
class Element:
    """One line or element with its 1-based row: a value, a rejection, or (neither) a blank line."""

    row: int
    value: Any = None
    rejected: RejectedRow | None = None


Elements = Callable[[], Iterable[Element]]


def open_json(open_stream: Opener, facts: TableFacts, hints: ReaderHints) -> Iterator[SourceTable]:
    """The tables of a JSON file.

    Raises ``TerminalError``: ``readers.empty_file``, ``readers.encoding_unknown``, ``readers.damaged_json``,
    ``readers.json_too_large``.
    """
    encoding = Encoding(hints.encoding) if hints.encoding else find_encoding(open_stream, hints.limits)
    lines: Elements = partial(_line_elements, open_stream, encoding, hints)
    probe = [element for element in islice(lines(), _PROBE_LINES) if element.value is not None or element.rejected]
    if not probe:
        raise TerminalError("readers.empty_file")
    values = [element.value for element in probe if isinstance(element.value, dict)]
    alone = len(probe) == 1 and bool(values) and _inner_records(values[0]) is not None
    is_lines = bool(values) and not alone
    if is_lines and any(_is_table(value) for value in values):
        yield from _line_tables(lines(), facts, encoding, hints)
        return
    elements = lines if is_lines else _document_elements(open_stream, encoding)
    names = _line_names(open_stream, encoding, hints) if is_lines else _names(elements())
    if not names:
        raise TerminalError("readers.empty_file")
    kind = "json_lines" if is_lines else "json"
    facts = TableFacts(kind, encoding.name, None, None, facts.member, encoding.mark_length > 0, facts.compression)
    yield SourceTable(0, facts, names, 0, partial(_record_batches, elements, names, hints))


def _line_elements(open_stream: Opener, encoding: Encoding, hints: ReaderHints) -> Iterator[Element]:
    for row, line in enumerate(_lines(open_stream, encoding, hints), start=1):
        yield _element(line, row, _lines_encoding(encoding))


def _lines(open_stream: Opener, encoding: Encoding, hints: ReaderHints) -> Iterator[bytes]:
    """The lines of a stream, in ``_lines_encoding``."""
    with open_stream() as stream:
        stream.read(encoding.mark_length)
        for block in line_blocks(stream, encoding.name, hints.limits):
            if encoding.name.startswith("utf-16"):
                yield from (line.encode() for line in block.decode(encoding.name, errors="replace").splitlines())
            else:
                yield from block.splitlines()


def _lines_encoding(encoding: Encoding) -> str:
    return "utf-8" if encoding.name.startswith("utf-16") else encoding.name


def _line_names(open_stream: Opener, encoding: Encoding, hints: ReaderHints) -> tuple[str, ...]:
    """As ``_names``, of lines, whose values are left alone; lines that are no text have none."""
    names: dict[str, None] = {}
    for line in _lines(open_stream, encoding, hints):
        try:
            text = line if _lines_encoding(encoding) == "utf-8" else decode_text(line, encoding.name).encode()
            names.update(dict.fromkeys(names_of(text)))
        except UnicodeDecodeError:
            continue
    return tuple(names)


def _element(line: bytes, row: int, encoding: str) -> Element:
    if not line.strip():
        return Element(row)
    try:
        text = line if encoding == "utf-8" else decode_text(line, encoding).encode("utf-8")
        value = read_object(text)
    except UnicodeDecodeError:
        shown = line.decode(encoding, errors="replace")
        original = {"raw": shown, "bytes_base64": base64.b64encode(line).decode("ascii")}
        return Element(row, rejected=RejectedRow(row, "undecodable", {"line": row}, original))
    except ValueError as error:
        detail = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        parameters = {"line": row, "detail": detail}
        return Element(row, rejected=RejectedRow(row, "broken_json", parameters, {"raw": text.decode("utf-8")}))
    if isinstance(value, dict):
        return Element(row, value)
    return Element(row, rejected=RejectedRow(row, "not_an_object", {"line": row}, {"raw": text.decode("utf-8")}))


def _document_elements(open_stream: Opener, encoding: Encoding) -> Elements:
    with open_stream() as stream:
        stream.read(encoding.mark_length)
        raw = stream.read(DOCUMENT_BYTES + 1)
    if len(raw) > DOCUMENT_BYTES:
        raise TerminalError("readers.json_too_large", mebibytes=DOCUMENT_BYTES // MEBIBYTE)
    try:
        document = read_json(decode_text(raw, encoding.name))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TerminalError("readers.damaged_json", line=line, detail=error.reason) from error
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise TerminalError("readers.damaged_json", line=line, detail=str(error)) from error
    records = _inner_records(document) if isinstance(document, dict) else document
    if records is None:
        records = [document]
    if not isinstance(records, list):
        raise TerminalError("readers.damaged_json", line=1, detail=type(document).__name__)
    return partial(_listed, records)


def _listed(records: list[Any]) -> Iterator[Element]:
    for row, value in enumerate(records, start=1):
        if isinstance(value, dict):
            yield Element(row, value)
        else:
            raw = {"raw": compact_json(value)}
            yield Element(row, rejected=RejectedRow(row, "not_an_object", {"line": row}, raw))


def _inner_records(document: dict[str, Any]) -> list[Any] | None:
    """The only list of objects in an envelope such as ``{"code": 0, "data": [...]}``."""
    lists = [
        value
        for value in document.values()
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
    ]
    return lists[0] if len(lists) == 1 else None


def _names(elements: Iterable[Element]) -> tuple[str, ...]:
    """All member names of all records, in the order they first occur."""
    names: dict[str, None] = {}
    for element in elements:
        if isinstance(element.value, dict):
            names.update(dict.fromkeys(element.value))
    return tuple(names)


def _record_batches(elements: Elements, names: tuple[str, ...], hints: ReaderHints) -> Iterator[TextBatch]:
    iterator = iter(elements())
    while chunk := list(islice(iterator, hints.limits.batch_rows)):
        values = [element.value for element in chunk if element.value is not None]
        columns = [_texts([value.get(name) for value in values]) for name in names]
        numbers = [element.row for element in chunk if element.value is not None]
        rejected = [element.rejected for element in chunk if element.rejected is not None]
        blank = len(chunk) - len(values) - len(rejected)
        yield finish_columns(columns, numbers, names, rejected, Counter({"empty": blank} if blank else {}))


def _texts(cells: list[Any]) -> list[str | None]:
    """The cells of a column as texts; most columns hold nothing else, and finding that out is quick."""
    if set(map(type, cells)) <= {str, type(None)}:
        return cells
    return [cell_text(cell) for cell in cells]


def finish(
    rows: list[list[str | None]],
    numbers: list[int],
    header: tuple[str, ...],
    rejected: list[RejectedRow],
    layout: Counter[str],
) -> TextBatch:
    """A batch of Python rows: those that are no Unicode text are rejected, layout is taken out and counted."""
    cells = [[row[index] for row in rows] for index in range(len(header))]
    return finish_columns(cells, numbers, header, rejected, layout)


def finish_columns(
    cells: list[list[str | None]],
    numbers: list[int],
    header: tuple[str, ...],
    rejected: list[RejectedRow],
    layout: Counter[str],
) -> TextBatch:
    """As ``finish``, of columns."""
    try:
        columns = [pa.array(column, pa.string()) for column in cells]
    except UnicodeEncodeError:
        sound = [index for index in range(len(numbers)) if _is_unicode([column[index] for column in cells])]
        for index in sorted(set(range(len(numbers))) - set(sound)):
            original = {name: _printable(column[index]) for name, column in zip(header, cells, strict=True)}
            rejected.append(RejectedRow(numbers[index], "undecodable", {"line": numbers[index]}, original))
        numbers = [numbers[index] for index in sound]
        columns = [pa.array([column[index] for index in sound], pa.string()) for column in cells]
    lines = np.array(numbers, dtype=np.int64)
    if len(lines):
        keep, reasons = data_rows(columns, header)
        layout = layout + reasons
        if not keep.all():
            columns, lines = [column.filter(pa.array(keep)) for column in columns], lines[keep]
    ordered = tuple(sorted(rejected, key=lambda row: row.source_row))
    return TextBatch(text_batch(columns), pa.array(lines, pa.int64()), ordered, dict(layout))


def _is_unicode(row: list[str | None]) -> bool:
    try:
        "".join(cell or "" for cell in row).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _printable(cell: str | None) -> str | None:
    return None if cell is None else cell.encode("utf-8", errors="backslashreplace").decode("utf-8")


def _is_table(value: dict[str, Any]) -> bool:
    header, rows = value.get("header"), value.get("rows")
    return isinstance(header, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows)


def _line_tables(
    elements: Iterable[Element], facts: TableFacts, encoding: Encoding, hints: ReaderHints
) -> Iterator[SourceTable]:
    """Each line that has header and rows is a table; any other line is a table of one rejected row."""
    for element in elements:
        if element.value is None and element.rejected is None:
            continue
        found = TableFacts(
            "json_tables", encoding.name, None, str(element.row), facts.member, encoding.mark_length > 0,
            facts.compression,
        )  # fmt: skip
        if element.value is not None and _is_table(element.value):
            header = tuple(cell_text(cell) or "" for cell in element.value["header"])
            yield SourceTable(0, found, header, 0, partial(_table_batches, element.value["rows"], header, hints))
            continue
        parameters = {"line": element.row}
        rejected = element.rejected or RejectedRow(
            element.row, "not_an_object", parameters, {"raw": compact_json(element.value)}
        )
        yield SourceTable(0, found, (), 0, partial(_only_rejected, rejected))


def _only_rejected(rejected: RejectedRow) -> Iterator[TextBatch]:
    yield TextBatch(text_batch([]), pa.array([], pa.int64()), (rejected,))


def _table_batches(rows: list[list[Any]], header: tuple[str, ...], hints: ReaderHints) -> Iterator[TextBatch]:
    iterator = iter(enumerate(rows, start=1))
    first = next(iterator, None)
    while first is not None:
        cells: list[list[str | None]] = []
        numbers: list[int] = []
        rejected: list[RejectedRow] = []
        for number, row in chain([first], islice(iterator, hints.limits.batch_rows - 1)):
            texts = [cell_text(cell) for cell in row]
            if len(texts) < len(header) or any(text and text.strip() for text in texts[len(header) :]):
                parameters = {"line": number, "found": len(texts), "expected": len(header)}
                rejected.append(RejectedRow(number, "wrong_field_count", parameters, {"raw": compact_json(row)}))
                continue
            cells.append(texts[: len(header)])
            numbers.append(number)
        yield finish(cells, numbers, header, rejected, Counter())
        first = next(iterator, None)
