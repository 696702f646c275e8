"""Delimited text: encoding, delimiter and header found out, then rows in blocks on a few threads."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

import pyarrow as pa

from connectors.contract.header_key import header_key
from connectors.readers.decoding import DecodedBlock, decode_block
from connectors.readers.encodings import Encoding, find_encoding, marked_encoding
from connectors.readers.jobs import make_jobs
from connectors.readers.layout import HEADER_SEARCH_ROWS, find_header, given_header, is_header, second_headers
from connectors.readers.lines import line_blocks
from connectors.readers.model import MEBIBYTE, ReaderHints, SourceTable, TableFacts, TextBatch, text_batch
from connectors.readers.odd_rows import TableShape, split_record
from connectors.readers.ordered import in_order
from connectors.readers.parsing import parse_job
from connectors.readers.quoting import Dialect, read_lines
from lake.errors import TerminalError

DELIMITERS = (",", "\t", ";", "|")
FULL_WIDTH_COMMA = "，"
# Stands for the full-width comma while lines are parsed, which takes a delimiter of one byte.
_UNIT_SEPARATOR = "\x1f"
_SAMPLE_LINES = 200
_BINARY_SAMPLE = 64 * 1024

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True)
class _Row:
    """A row of the sample: its 1-based line, the lines it takes, its cells."""

    line: int
    lines: int
    cells: list[str]


@dataclass(frozen=True)
class _Found:
    """What the start of the file tells: shape, header row (0 without), lines to skip, layout rows above the header."""

    shape: TableShape
    header_row: int
    skip_lines: int
    layout: Counter[str]


def open_delimited(open_stream: Opener, index: int, facts: TableFacts, hints: ReaderHints) -> SourceTable:
    """The one table of a text file.

    Raises ``TerminalError``: ``readers.encoding_unknown``, ``readers.line_too_long``, ``readers.empty_file``,
    ``readers.binary_content``.
    """
    _refuse_binary(open_stream)
    encoding = _encoding(open_stream, hints)
    sample = _sample(open_stream, encoding, hints)
    known = frozenset(header_key(name) for name in [*hints.known_headers, *(hints.columns or ())])
    delimiter = hints.delimiter or find_delimiter(sample, known)
    found = _find_shape(sample, delimiter, known, hints)
    facts = TableFacts(
        "csv", encoding.name, delimiter, facts.sheet, facts.member, encoding.mark_length > 0, facts.compression
    )
    batches = partial(_batches, open_stream, encoding, found, hints)
    return SourceTable(index, facts, found.shape.header, found.header_row, batches)


def _refuse_binary(open_stream: Opener) -> None:
    """Text holds no NUL but by accident; UTF-16 without its mark and every other binary content is full of them."""
    with open_stream() as stream:
        start = stream.read(_BINARY_SAMPLE)
    if marked_encoding(start[:4]) is None and start.count(b"\0") * 20 > len(start):
        raise TerminalError("readers.binary_content")


def _encoding(open_stream: Opener, hints: ReaderHints) -> Encoding:
    if hints.encoding is None:
        return find_encoding(open_stream, hints.limits)
    with open_stream() as stream:
        return marked_encoding(stream.read(4)) or Encoding(hints.encoding)


def _sample(open_stream: Opener, encoding: Encoding, hints: ReaderHints) -> list[bytes]:
    """The first lines of the file as UTF-8, line ends kept."""
    lines: list[bytes] = []
    with open_stream() as stream:
        stream.read(encoding.mark_length)
        for raw in line_blocks(stream, encoding.name, hints.limits):
            data = decode_block(raw, encoding.name).data.to_pybytes()
            lines += data[: 4 * MEBIBYTE].splitlines(keepends=True)[:_SAMPLE_LINES]
            if len(lines) >= _SAMPLE_LINES:
                break
    if not any(line.strip() for line in lines):
        raise TerminalError("readers.empty_file")
    return lines[:_SAMPLE_LINES]


def find_delimiter(lines: list[bytes], known: frozenset[str]) -> str:
    """The delimiter whose reading finds most known headers, else the one that gives the steadiest width above one.

    A full-width comma is text more often than not: it is one only when two known headers say so, or when it alone
    gives nearly all lines the same width of three or more.
    """
    text = b"".join(lines).decode("utf-8", errors="replace")
    best, best_score = DELIMITERS[0], (0, 0.0, 0)
    for delimiter in DELIMITERS:
        score = _delimiter_score(text, delimiter, known)
        if score > best_score:
            best, best_score = delimiter, score
    matches, share, width = _delimiter_score(text, FULL_WIDTH_COMMA, known)
    alone = best_score[2] < 2 and share >= 0.9 and width > 2 and len(lines) > 2
    return FULL_WIDTH_COMMA if matches > best_score[0] or alone else best


def _delimiter_score(text: str, delimiter: str, known: frozenset[str]) -> tuple[int, float, int]:
    """Known headers found (two or more), share of rows of the commonest width above one, that width."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return 0, 0.0, 0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0, 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    matches = max(len(known & {header_key(cell) for cell in row}) for row in rows[:HEADER_SEARCH_ROWS])
    return matches if matches > 1 else 0, round(count / len(rows), 2), width


def _dialect(delimiter: str) -> Dialect:
    if len(delimiter.encode("utf-8")) == 1:
        return Dialect(delimiter.encode("ascii"), 0)
    return Dialect(_UNIT_SEPARATOR.encode("ascii"), 0, delimiter)


def _decode(raw: bytes, encoding: str, dialect: Dialect) -> DecodedBlock:
    block = decode_block(raw, encoding)
    if dialect.written is not None:
        block.data = pa.py_buffer(block.data.to_pybytes().replace(dialect.written.encode("utf-8"), dialect.delimiter))
    return block


def _find_shape(sample: list[bytes], delimiter: str, known: frozenset[str], hints: ReaderHints) -> _Found:
    dialect = _dialect(delimiter)
    if dialect.written is not None:
        sample = [line.replace(delimiter.encode("utf-8"), dialect.delimiter) for line in sample]
    rows = [
        _Row(record.line + 1, record.lines, split_record(record.data.decode("utf-8"), dialect.delimiter))
        for record in read_lines(sample, dialect, True, hints.limits)
    ]
    if hints.header_row is None:
        at = find_header([row.cells for row in rows], known)
    else:
        at = given_header([row.line for row in rows], hints.header_row)
    header_row = rows[at]
    has_header = hints.columns is None or is_header(header_row.cells, known)
    behind = [row.cells for row in (rows[at + 1 :] if has_header else rows)]
    cells = header_row.cells if has_header else list(hints.columns or ())
    width = max([len(cells), *_steady_width(behind, len(cells))])
    while (
        len(cells) > 1 and not cells[-1].strip() and not any("".join(row[len(cells) - 1 :]).strip() for row in behind)
    ):
        cells = cells[:-1]
    shape = TableShape(tuple(cells), replace(dialect, width=width))
    if not has_header:
        return _Found(shape, 0, 0, Counter())
    above = rows[:at]
    layout = Counter("title" if _filled(row.cells) else "empty" for row in above)
    again = second_headers(behind, cells, known)
    last = rows[at + again.total()]
    return _Found(shape, header_row.line, last.line + last.lines - 1, layout + again)


def _filled(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells)


def _steady_width(rows: list[list[str]], header_width: int) -> list[int]:
    """Widths above the header's that rows reach with empty cells only."""
    wider = [row for row in rows if len(row) > header_width and not _filled(row[header_width:])]
    return [Counter(len(row) for row in wider).most_common(1)[0][0]] if len(wider) * 2 > len(rows) else []


def _batches(open_stream: Opener, encoding: Encoding, found: _Found, hints: ReaderHints) -> Iterator[TextBatch]:
    with open_stream() as stream, ThreadPoolExecutor(max(1, hints.threads), "reader") as pool:
        stream.read(encoding.mark_length)
        raw = line_blocks(stream, encoding.name, hints.limits)
        decoded = in_order(
            pool, partial(_decode, encoding=encoding.name, dialect=found.shape.dialect), raw, hints.threads
        )
        jobs = make_jobs(decoded, found.shape.dialect, found.skip_lines, hints.limits)
        parse = partial(parse_job, shape=found.shape, limits=hints.limits)
        if found.layout:
            nothing = text_batch([pa.array([], pa.string()) for _ in found.shape.header])
            yield TextBatch(nothing, pa.array([], pa.int64()), (), dict(found.layout))
        yield from in_order(pool, parse, jobs, hints.threads)
