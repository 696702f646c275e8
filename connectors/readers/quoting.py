"""Where records begin and end in delimited text, with quoted cells that hold line ends and quotes that are broken.

Two readings of the same grammar (RFC 4180, quotes special only at the start of a cell): a vectorised one that holds for
blocks whose quotes are all in order, and one line by line for the rest of a block from the first quote that is not.
A quote that is never closed costs its own physical line and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from connectors.readers.model import ReaderLimits

_QUOTE, _LINE_FEED, _RETURN = 34, 10, 13
_LONE_RETURN = re.compile(rb"\r(?!\n)")
# Searched at once: what stays in the processor's cache.
PIECE = 128 * 1024
Positions = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]
Quoting = Literal["closed", "open", "broken"]
"""Where a line's quotes leave its record: whole, within a quoted cell, or against the grammar."""


@dataclass(frozen=True)
class Dialect:
    """A one-byte delimiter and the number of cells of a record; ``written`` is what the file has where that differs."""

    delimiter: bytes
    width: int
    written: str | None = None


@dataclass
class Record:
    """One record (or, with ``unbalanced``, one line that is none) as bytes with its line end; lines count from 0."""

    line: int
    lines: int
    data: bytes
    unbalanced: bool = False


def line_ends(octets: Octets) -> Positions:
    """Offsets just behind each line end; a last line without one counts too."""
    ends = np.flatnonzero(octets == _LINE_FEED) + 1
    alone = _lone_returns(octets)
    if len(alone):
        ends = np.sort(np.concatenate([ends, np.flatnonzero(alone) + 1]))
    if len(octets) and (not len(ends) or ends[-1] != len(octets)):
        ends = np.append(ends, len(octets))
    return ends.astype(np.int64)


def count_lines(octets: Octets) -> int:
    """Number of lines; a last one without line end counts too."""
    unended = len(octets) > 0 and octets[-1] not in (_LINE_FEED, _RETURN)
    ends = 0
    for start in range(0, len(octets), PIECE):
        piece, behind = octets[start : start + PIECE], octets[start + 1 : start + PIECE + 1]
        returns = piece == _RETURN
        ends += int(np.count_nonzero(piece == _LINE_FEED))
        if returns.any():
            alone = returns
            alone[: len(behind)] &= behind != _LINE_FEED
            ends += int(np.count_nonzero(alone))
    return ends + unended


def _lone_returns(octets: Octets) -> npt.NDArray[np.bool_]:
    """Where carriage returns are that no line feed follows; empty when there are none."""
    if _LONE_RETURN.search(octets) is None:  # type: ignore[call-overload]
        return np.zeros(0, dtype=bool)
    alone: npt.NDArray[np.bool_] = octets == _RETURN
    alone[:-1] &= octets[1:] != _LINE_FEED
    return alone


@dataclass
class Scan:
    """What the vectorised reading found in a block.

    ``starts``: offset of each complete record; ``start_lines``: its 0-based line; ``sound``: bytes that are whole, well
    quoted records; ``broken``: whether a quote that breaks the grammar comes right behind (else the rest is a record
    that goes on in the next block).
    """

    starts: Positions
    start_lines: Positions
    sound: int
    sound_lines: int
    broken: bool


def scan(octets: Octets, dialect: Dialect, final: bool, limits: ReaderLimits) -> Scan:
    """Find the records of a block that starts at a record; ``final`` when nothing follows it."""
    ends = line_ends(octets)
    quotes = np.flatnonzero(octets == _QUOTE)
    wrong = _first_wrong_quote(octets, quotes, dialect.delimiter[0])
    closed = np.searchsorted(quotes, ends) % 2 == 0
    if wrong is not None:
        closed &= ends <= wrong
    record_ends = ends[closed]
    starts = np.concatenate([[0], record_ends[:-1]]).astype(np.int64) if len(record_ends) else record_ends
    last_lines = np.flatnonzero(closed)
    start_lines = np.concatenate([[0], last_lines[:-1] + 1]).astype(np.int64) if len(last_lines) else last_lines
    spans = last_lines - start_lines + 1
    suspect = _first_suspect(octets, ends, (start_lines, spans), dialect, limits)
    if suspect is not None:
        starts, start_lines = starts[:suspect], start_lines[:suspect]
        sound = int(record_ends[suspect - 1]) if suspect else 0
        return Scan(starts, start_lines, sound, int(last_lines[suspect - 1]) + 1 if suspect else 0, True)
    sound = int(record_ends[-1]) if len(record_ends) else 0
    sound_lines = int(last_lines[-1]) + 1 if len(record_ends) else 0
    open_lines, open_bytes = len(ends) - sound_lines, len(octets) - sound
    too_long = open_lines > limits.record_lines or open_bytes > limits.line_bytes
    broken = open_bytes > 0 and (wrong is not None or final or too_long)
    return Scan(starts, start_lines, sound, sound_lines, broken)


def _first_wrong_quote(octets: Octets, quotes: Positions, delimiter: int) -> int | None:
    """Offset of the first quote that neither opens a cell, closes one, nor is half of a pair inside one."""
    if not len(quotes):
        return None
    before = np.where(quotes > 0, octets[np.maximum(quotes - 1, 0)], _LINE_FEED)
    after = np.where(quotes + 1 < len(octets), octets[np.minimum(quotes + 1, len(octets) - 1)], _LINE_FEED)
    opening = np.arange(len(quotes)) % 2 == 0
    border = np.array([delimiter, _LINE_FEED, _RETURN], dtype=np.uint8)
    neighbour = np.diff(quotes) == 1
    doubled_before = np.concatenate([[False], neighbour])
    doubled_after = np.concatenate([neighbour, [False]])
    right = np.where(opening, np.isin(before, border) | doubled_before, np.isin(after, border) | doubled_after)
    wrong = np.flatnonzero(~right)
    return int(quotes[wrong[0]]) if len(wrong) else None


def _first_suspect(
    octets: Octets, ends: Positions, records: tuple[Positions, Positions], dialect: Dialect, limits: ReaderLimits
) -> int | None:
    """First record that seems to have swallowed others: too many lines, or each of its lines is a record in width.

    ``records`` has the first line of each record and the number of its lines.
    """
    start_lines, spans = records
    several = np.flatnonzero(spans > 1)
    if not len(several):
        return None
    suspect = spans[several] > limits.record_lines
    if dialect.width >= 4:
        delimiters = np.searchsorted(np.flatnonzero(octets == dialect.delimiter[0]), ends)
        per_line = np.diff(np.concatenate([[0], delimiters]))
        other = np.concatenate([[0], np.cumsum(per_line != dialect.width - 1)])
        first = start_lines[several]
        suspect |= other[first + spans[several]] - other[first] == 0
    found = several[suspect]
    return int(found[0]) if len(found) else None


# Step by step: Python before 3.11.5 matches possessive quantifiers wrongly; other patterns take a gigabyte for a hostile line.
def _quoting(line: bytes, delimiter: bytes, *, inside: bool) -> Quoting:
    """How the quotes of a line without its line end leave its record; ``inside``: it begins within a quoted cell."""
    at = 0
    if not inside:
        at = 1 if line.startswith(b'"') else _next_opening(line, delimiter, 0)
        if not at:
            return "closed"
    while (at := line.find(b'"', at)) >= 0:
        behind = line[at + 1 : at + 2]
        if behind == b'"':
            at += 2
        elif behind != delimiter:
            return "broken" if behind else "closed"
        elif line[at + 2 : at + 3] == b'"':
            at += 3
        else:
            at = _next_opening(line, delimiter, at + 2)
            if not at:
                return "closed"
    return "open"


def _next_opening(line: bytes, delimiter: bytes, at: int) -> int:
    """Offset behind the next quote that begins a cell, from within an unquoted one; 0 where there is none."""
    found = line.find(delimiter + b'"', at)
    return found + 2 if found >= 0 else 0


def read_lines(lines: list[bytes], dialect: Dialect, final: bool, limits: ReaderLimits) -> Iterator[Record]:
    """Records of whole lines, one by one; stops before a record that may go on behind the last line.

    What is left is told by the lines of the records given: their sum is less than ``len(lines)``.
    """
    at = 0
    while at < len(lines):
        count = _record_length(lines, at, dialect, limits)
        if count is None and not final:
            return
        if count:
            yield Record(at, count, b"".join(lines[at : at + count]))
            at += count
            continue
        yield _mended(lines[at], at, dialect)
        at += 1


def _record_length(lines: list[bytes], at: int, dialect: Dialect, limits: ReaderLimits) -> int | None:
    """Lines of the record at ``at``; 0 when its quotes are broken, ``None`` when it may go on behind the last line."""
    first = _quoting(lines[at].rstrip(b"\r\n"), dialect.delimiter, inside=False)
    if first != "open":
        return 1 if first == "closed" else 0
    size = len(lines[at])
    for count in range(2, limits.record_lines + 1):
        if at + count > len(lines):
            return None
        line = lines[at + count - 1]
        size += len(line)
        left = _quoting(line.rstrip(b"\r\n"), dialect.delimiter, inside=True)
        if left == "closed":
            return 0 if _swallowed(lines[at : at + count], dialect) else count
        if left == "broken" or size > limits.line_bytes:
            return 0
    return 0


def _swallowed(record: list[bytes], dialect: Dialect) -> bool:
    return dialect.width >= 4 and {line.count(dialect.delimiter) for line in record} == {dialect.width - 1}


def _mended(line: bytes, at: int, dialect: Dialect) -> Record:
    """A line with quotes inside cells ("甲"公司) is read as it stands when it has the right width and paired quotes."""
    body = line.rstrip(b"\r\n")
    cells = body.split(dialect.delimiter)
    if len(cells) == dialect.width and all(cell.count(b'"') % 2 == 0 for cell in cells):
        quoted = dialect.delimiter.join(b'"' + cell.replace(b'"', b'""') + b'"' for cell in cells)
        return Record(at, 1, quoted + b"\n")
    return Record(at, 1, line, unbalanced=True)
