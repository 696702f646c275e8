"""Delimited text: encoding, delimiter and header found out, then rows in blocks on a few threads."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import pyarrow as pa

from connectors.contract.header_key import header_key
from connectors.readers.decoding import decode_block
from connectors.readers.encodings import Encoding, find_encoding, marked_encoding
from connectors.readers.jobs import make_jobs
from connectors.readers.layout import HEADER_SEARCH_ROWS, find_header
from connectors.readers.lines import line_blocks
from connectors.readers.model import MEBIBYTE, ReaderHints, SourceTable, TableFacts, TextBatch, text_batch
from connectors.readers.odd_rows import TableShape, split_record
from connectors.readers.ordered import in_order
from connectors.readers.parsing import parse_job
from connectors.readers.quoting import Dialect, read_lines
from lake.errors import TerminalError

DELIMITERS = (",", "\t", ";", "|")
_SAMPLE_LINES = 200

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
    if sum(b"\0" in line for line in lines) * 2 > len(lines):
        raise TerminalError("readers.binary_content")
    return lines[:_SAMPLE_LINES]


def find_delimiter(lines: list[bytes], known: frozenset[str]) -> str:
    """The delimiter whose reading finds most known headers, else the one that gives the steadiest width above one."""
    text = b"".join(lines).decode("utf-8", errors="replace")
    best, best_score = DELIMITERS[0], (0, 0.0, 0)
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows)
        width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]), default=(1, 0))
        matches = max((len(known & {header_key(cell) for cell in row}) for row in rows[:HEADER_SEARCH_ROWS]), default=0)
        score = (matches if matches > 1 else 0, round(count / max(1, len(rows)), 2) if width > 1 else 0.0, width)
        if score > best_score and width > 1:
            best, best_score = delimiter, score
    return best


def _find_shape(sample: list[bytes], delimiter: str, known: frozenset[str], hints: ReaderHints) -> _Found:
    dialect = Dialect(delimiter.encode("utf-8"), 0)
    rows = [
        _Row(record.line + 1, record.lines, split_record(record.data.decode("utf-8"), dialect.delimiter))
        for record in read_lines(sample, dialect, True, hints.limits)
    ]
    at = find_header([row.cells for row in rows], known)
    header_row = rows[at]
    has_header = hints.columns is None or any(header_key(cell) in known for cell in header_row.cells)
    behind = [row.cells for row in (rows[at + 1 :] if has_header else rows)]
    cells = header_row.cells if has_header else list(hints.columns or ())
    width = max([len(cells), *_steady_width(behind, len(cells))])
    while (
        len(cells) > 1 and not cells[-1].strip() and not any("".join(row[len(cells) - 1 :]).strip() for row in behind)
    ):
        cells = cells[:-1]
    shape = TableShape(tuple(cells), Dialect(dialect.delimiter, width))
    if not has_header:
        return _Found(shape, 0, 0, Counter())
    above = rows[:at]
    layout = Counter("title" if any(cell.strip() for cell in row.cells) else "empty" for row in above)
    return _Found(shape, header_row.line, header_row.line + header_row.lines - 1, layout)


def _steady_width(rows: list[list[str]], header_width: int) -> list[int]:
    """Widths above the header's that rows reach with empty cells only."""
    wider = [row for row in rows if len(row) > header_width and not any(cell.strip() for cell in row[header_width:])]
    return [Counter(len(row) for row in wider).most_common(1)[0][0]] if len(wider) * 2 > len(rows) else []


def _batches(open_stream: Opener, encoding: Encoding, found: _Found, hints: ReaderHints) -> Iterator[TextBatch]:
    with open_stream() as stream, ThreadPoolExecutor(max(1, hints.threads), "reader") as pool:
        stream.read(encoding.mark_length)
        raw = line_blocks(stream, encoding.name, hints.limits)
        decoded = in_order(pool, partial(decode_block, encoding=encoding.name), raw, hints.threads)
        jobs = make_jobs(decoded, found.shape.dialect, found.skip_lines, hints.limits)
        parse = partial(parse_job, shape=found.shape, limits=hints.limits)
        if found.layout:
            nothing = text_batch([pa.array([], pa.string()) for _ in found.shape.header])
            yield TextBatch(nothing, pa.array([], pa.int64()), (), dict(found.layout))
        yield from in_order(pool, parse, jobs, hints.threads)
