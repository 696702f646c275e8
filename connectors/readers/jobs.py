"""Decoded blocks cut into jobs of whole records."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from connectors.readers.decoding import DecodedBlock
from connectors.readers.model import ReaderLimits, RejectedRow
from connectors.readers.odd_rows import unbalanced
from connectors.readers.quoting import Dialect, Octets, Positions, count_lines, line_ends, read_lines, scan

_memchr = ctypes.CDLL(None).memchr
_memchr.restype = ctypes.c_void_p
_memchr.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]


@dataclass
class ParseJob:
    """Whole records as UTF-8: ``lines`` has the 1-based line of each record, ``None`` where every line is one.

    ``broken`` maps lines to their undecodable bytes; ``rejected`` are lines already found unbalanced.
    """

    data: pa.Buffer
    first_line: int
    line_count: int
    lines: Positions | None = None
    starts: Positions | None = None
    broken: dict[int, bytes] = field(default_factory=dict)
    rejected: list[RejectedRow] = field(default_factory=list)


def make_jobs(
    blocks: Iterable[DecodedBlock], dialect: Dialect, skip_lines: int, limits: ReaderLimits
) -> Iterator[ParseJob]:
    """Cut decoded blocks at record ends; the first ``skip_lines`` lines of the file are left out."""
    pending = pa.py_buffer(b"")
    first_line = 1
    broken: dict[int, bytes] = {}
    for block, final in _with_last(blocks):
        buffer = _join(pending, block.data)
        pending_lines = count_lines(octets_of(pending)) if pending.size else 0
        broken |= {first_line + pending_lines + line: data for line, data in block.broken.items()}
        if skip_lines:
            ends = line_ends(octets_of(buffer))
            dropped = min(skip_lines, len(ends))
            skip_lines -= dropped
            first_line += dropped
            buffer = buffer.slice(int(ends[dropped - 1]))
        for job, rest in _cut(buffer, first_line, dialect, final, limits):
            job.broken = {line: data for line, data in broken.items() if line < first_line + job.line_count}
            broken = {line: data for line, data in broken.items() if line >= first_line + job.line_count}
            first_line += job.line_count
            buffer = rest
            yield job
        pending = buffer
        if not pending.size:
            pending = pa.py_buffer(b"")


def _with_last(blocks: Iterable[DecodedBlock]) -> Iterator[tuple[DecodedBlock, bool]]:
    iterator = iter(blocks)
    current = next(iterator, None)
    while current is not None:
        following = next(iterator, None)
        yield current, following is None
        current = following


def _join(first: pa.Buffer, second: pa.Buffer) -> pa.Buffer:
    return pa.py_buffer(first.to_pybytes() + second.to_pybytes()) if first.size else second


def holds_octet(buffer: pa.Buffer, octet: bytes) -> bool:
    """Whether ``octet`` (one byte) is anywhere in the buffer; makes no copy and leaves the interpreter lock alone."""
    return _memchr(buffer.address, octet[0], buffer.size) is not None


def octets_of(buffer: pa.Buffer) -> Octets:
    """The bytes of a buffer as an array, not copied."""
    return np.frombuffer(buffer, dtype=np.uint8)


def _cut(
    buffer: pa.Buffer, first_line: int, dialect: Dialect, final: bool, limits: ReaderLimits
) -> Iterator[tuple[ParseJob, pa.Buffer]]:
    """The jobs of a block, each with what is left of the block behind it."""
    octets = octets_of(buffer)
    if not len(octets):
        return
    if not holds_octet(buffer, b'"'):
        yield ParseJob(buffer, first_line, count_lines(octets)), buffer.slice(buffer.size)
        return
    found = scan(octets, dialect, final, limits)
    rest = buffer.slice(found.sound)
    if found.sound:
        data = buffer.slice(0, found.sound)
        yield ParseJob(data, first_line, found.sound_lines, found.start_lines + first_line, found.starts), rest
    if found.broken:
        yield _line_by_line(rest, first_line + found.sound_lines, dialect, final, limits)


def _line_by_line(
    rest: pa.Buffer, first_line: int, dialect: Dialect, final: bool, limits: ReaderLimits
) -> tuple[ParseJob, pa.Buffer]:
    data = rest.to_pybytes()
    lines = data.splitlines(keepends=True)
    sound, rejected, numbers, count = [], [], [], 0
    for record in read_lines(lines, dialect, final, limits):
        count += record.lines
        if record.unbalanced:
            rejected.append(unbalanced(record.data.decode("utf-8"), first_line + record.line))
        else:
            sound.append(record.data)
            numbers.append(first_line + record.line)
    used = sum(len(line) for line in lines[:count])
    sizes = np.array([len(item) for item in sound], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    job = ParseJob(pa.py_buffer(b"".join(sound)), first_line, count, np.array(numbers, np.int64), starts)
    job.rejected = rejected
    return job, pa.py_buffer(data[used:])
