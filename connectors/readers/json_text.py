"""JSON lines, one JSON document of records, and JSON lines that are tables of their own, as tables of text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any

import pyarrow as pa

from connectors.contract.header_key import header_key
from connectors.readers.decoding import decode_text
from connectors.readers.delimited import Opener
from connectors.readers.encodings import Encoding, find_encoding
from connectors.readers.finishing import finish
from connectors.readers.json_lines import Element, JsonLines, element_batches
from connectors.readers.json_values import cell_text, compact_json, read_json
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
ENVELOPES = 3
"""So many objects may lie around the list of records."""


Elements = Callable[[], Iterable[Element]]


def open_json(open_stream: Opener, facts: TableFacts, hints: ReaderHints) -> Iterator[SourceTable]:
    """The tables of a JSON file.

    Raises ``TerminalError``: ``readers.empty_file``, ``readers.encoding_unknown``, ``readers.damaged_json``,
    ``readers.json_too_large``.
    """
    encoding = Encoding(hints.encoding) if hints.encoding else find_encoding(open_stream, hints.limits)
    lines = JsonLines(open_stream, encoding, hints)
    probe = [
        element for element in islice(lines.elements(), _PROBE_LINES) if element.value is not None or element.rejected
    ]
    if not probe:
        raise TerminalError("readers.empty_file")
    values = [element.value for element in probe if isinstance(element.value, dict)]
    known = frozenset(header_key(name) for name in hints.known_headers)
    alone = len(probe) == 1 and bool(values) and _inner_records(values[0], known) is not None
    document = (
        None
        if probe[0].value is not None and not alone
        else _document_or_none(open_stream, encoding, known, bool(values))
    )
    if document is None and any(_is_table(value) for value in values):
        yield from _line_tables(lines.elements(), facts, encoding, hints)
        return
    names = lines.names() if document is None else _names(document())
    if not names:
        raise TerminalError("readers.empty_file")
    kind = "json_lines" if document is None else "json"
    facts = TableFacts(kind, encoding.name, None, None, facts.member, encoding.mark_length > 0, facts.compression)
    batches = partial(lines.batches, names) if document is None else partial(_document_batches, document, names, hints)
    yield SourceTable(0, facts, names, 0, batches)


def _document_or_none(
    open_stream: Opener, encoding: Encoding, known: frozenset[str], has_records_in_lines: bool
) -> Elements | None:
    """The records of one document; None where its first line is only a broken one among lines that are records.

    A document that was written record by record has such lines too, so it is tried as a whole first.
    """
    try:
        return _document_elements(open_stream, encoding, known)
    except TerminalError:
        if has_records_in_lines:
            return None
        raise


def _document_elements(open_stream: Opener, encoding: Encoding, known: frozenset[str]) -> Elements:
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
    records = _inner_records(document, known) if isinstance(document, dict) else document
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


def _inner_records(document: dict[str, Any], known: frozenset[str]) -> list[Any] | None:
    """The only list of objects in an envelope such as ``{"code": 0, "data": {"total": 2, "list": [...]}}``.

    None for a record that has such a list among its members: it knows more headers than what is in the list.
    """
    lists = list(_lists_of_objects(document, ENVELOPES))
    if len(lists) != 1 or _known(document, known) > max(1, _known(lists[0][0], known)):
        return None
    return lists[0]


def _lists_of_objects(document: dict[str, Any], depth: int) -> Iterator[list[Any]]:
    for value in document.values():
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            yield value
        elif isinstance(value, dict) and depth > 1:
            yield from _lists_of_objects(value, depth - 1)


def _known(record: dict[str, Any], known: frozenset[str]) -> int:
    return sum(header_key(name) in known for name in record)


def _document_batches(document: Elements, names: tuple[str, ...], hints: ReaderHints) -> Iterator[TextBatch]:
    yield from element_batches(document(), names, hints.limits.batch_rows)


def _names(elements: Iterable[Element]) -> tuple[str, ...]:
    """All member names of all records, in the order they first occur."""
    names: dict[str, None] = {}
    for element in elements:
        if isinstance(element.value, dict):
            names.update(dict.fromkeys(element.value))
    return tuple(names)


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
