"""Columns of text as one flat array of code points, so that millions of names are read without a Python loop.

A ``Texts`` holds n strings: ``codes`` (uint32, all characters one after the other) and ``bounds`` (int64, n + 1), so
that string i is ``codes[bounds[i]:bounds[i + 1]]``. Null and empty are the same here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]

_HIGHEST = 0x110000
_PRIME = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Texts:
    """n strings as code points; see the module's text."""

    codes: Codes
    bounds: Integers

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def starts(self) -> Integers:
        """Where each string begins."""
        return self.bounds[:-1]

    @property
    def ends(self) -> Integers:
        """Where each string ends (exclusive)."""
        return self.bounds[1:]

    @property
    def lengths(self) -> Integers:
        """Characters per string."""
        return np.diff(self.bounds)

    @staticmethod
    def from_arrow(column: pa.Array | pa.ChunkedArray) -> Texts:
        """Read a string column; nulls become empty strings."""
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks)
        column = column.cast(pa.large_string())
        if column.null_count:
            column = column.fill_null("")
        if len(column) == 0:
            return Texts(np.zeros(0, np.uint32), np.zeros(1, np.int64))
        _, offset_buffer, data_buffer = column.buffers()
        offsets = np.frombuffer(offset_buffer, np.int64)[column.offset : column.offset + len(column) + 1]
        data = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]] if data_buffer else np.zeros(0, np.uint8)
        codes = np.frombuffer(data.tobytes().decode("utf-8").encode("utf-32-le"), np.uint32)
        lengths = pc.utf8_length(column).to_numpy(zero_copy_only=False)
        return Texts(codes, np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))

    @staticmethod
    def from_strings(strings: Iterable[str | None]) -> Texts:
        """Read Python strings."""
        return Texts.from_arrow(pa.array(strings, pa.large_string()))

    def to_arrow(self, present: Booleans | None = None) -> pa.Array:
        """A ``string`` column; empty strings (and rows not ``present``) become null."""
        sizes = np.ones(len(self.codes), np.int64)
        for limit in (0x80, 0x800, 0x10000):
            sizes += self.codes >= limit
        bytes_before = np.concatenate([[0], np.cumsum(sizes)])
        data = self.codes.tobytes().decode("utf-32-le").encode("utf-8")
        filled = self.lengths > 0
        if present is not None:
            filled &= present
        validity = pa.py_buffer(np.packbits(filled, bitorder="little").tobytes())
        buffers = [validity, pa.py_buffer(bytes_before[self.bounds].astype(np.int64)), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.large_string(), len(self), buffers).cast(pa.string())

    def keep(self, kept: Booleans) -> Texts:
        """The same strings without the characters where ``kept`` (per code point) is false."""
        kept_before = np.concatenate([[0], np.cumsum(kept)])
        return Texts(self.codes[kept], kept_before[self.bounds].astype(np.int64))

    def part(self, starts: Integers, ends: Integers) -> Texts:
        """Of each string the part from ``starts`` to ``ends`` (positions in ``codes``); empty where end <= start."""
        return self.keep(self.span_flags([(starts, ends)]))

    def span_flags(self, spans: Sequence[tuple[Integers, Integers]]) -> Booleans:
        """Per code point, whether it lies in one of the spans (one start and end per string and span)."""
        marks = np.zeros(len(self.codes) + 1, np.int8)
        for starts, ends in spans:
            wanted = ends > starts
            marks += np.bincount(starts[wanted], minlength=len(marks)).astype(np.int8)
            marks -= np.bincount(ends[wanted], minlength=len(marks)).astype(np.int8)
        return np.asarray(np.cumsum(marks[:-1], dtype=np.int8) > 0)

    def take(self, rows: Booleans) -> Texts:
        """The strings of the given rows."""
        kept = np.repeat(rows, self.lengths)
        return Texts(self.codes[kept], np.concatenate([[0], np.cumsum(self.lengths[rows])]).astype(np.int64))

    def rows(self) -> Integers:
        """For every code point the row that it belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths)

    def strings(self) -> list[str]:
        """As Python strings; for small batches and tests."""
        whole = self.codes.tobytes().decode("utf-32-le")
        return [whole[start:end] for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]

    def contains_any(self, characters: str) -> Booleans:
        """Whether each string holds one of ``characters``."""
        return self.any_where(np.isin(self.codes, np.array([ord(c) for c in characters], np.uint32)))

    def any_where(self, flags: Booleans) -> Booleans:
        """Per string, whether a flag (per code point) is set in it."""
        before = np.concatenate([[0], np.cumsum(flags)])
        return np.asarray(before[self.bounds[1:]] > before[self.bounds[:-1]])

    def counts_where(self, flags: Booleans) -> Integers:
        """Per string, how many flags (per code point) are set in it."""
        before = np.concatenate([[0], np.cumsum(flags)])
        return np.asarray(before[self.bounds[1:]] - before[self.bounds[:-1]], np.int64)


def replace_characters(texts: Texts, replacement: Callable[[str], str]) -> Texts:
    """Replace every character by ``replacement(character)``, which may be longer or empty; called once per kind."""
    seen = np.zeros(_HIGHEST, bool)
    seen[texts.codes] = True
    kinds = np.flatnonzero(seen)
    spelled = [replacement(chr(kind)) for kind in kinds.tolist()]
    sizes = np.zeros(_HIGHEST, np.int8)
    sizes[kinds] = [len(s) for s in spelled]
    first = np.zeros(_HIGHEST, np.uint32)
    first[kinds] = [ord(s[0]) if s else 0 for s in spelled]
    counts = sizes[texts.codes]
    if len(counts) == 0 or counts.max() <= 1:
        return Texts(first[texts.codes], texts.bounds).keep(counts == 1)
    flat = np.array([ord(c) for s in spelled for c in s], np.uint32)
    begin = np.zeros(_HIGHEST, np.int64)
    begin[kinds] = np.concatenate([[0], np.cumsum([len(s) for s in spelled])[:-1]])
    before = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    source = np.repeat(np.arange(len(texts.codes)), counts)
    within = np.arange(before[-1]) - before[source]
    return Texts(flat[begin[texts.codes[source]] + within], before[texts.bounds])


class Phrases:
    """A set of phrases that is looked for at many places at once; each phrase has its index as given."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self.phrases = list(phrases)
        self._forward = _prefix_tables(self.phrases)
        self._backward = _prefix_tables([phrase[::-1] for phrase in self.phrases])

    def at(self, texts: Texts, starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """Longest phrase beginning at ``starts`` and reaching at most to ``ends``: (index or -1, its length)."""
        return _grow(self._forward, texts.codes, starts, 1, ends - starts)

    def before(self, texts: Texts, starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """Longest phrase that stops at ``ends`` and begins at ``starts`` or later: (index or -1, its length)."""
        return _grow(self._backward, texts.codes, ends - 1, -1, ends - starts)

    def everywhere(self, texts: Texts) -> tuple[Integers, Integers]:
        """For every code point the longest phrase that begins there inside its string: (index or -1, its length)."""
        index = np.full(len(texts.codes), -1, np.int64)
        size = np.zeros(len(texts.codes), np.int64)
        initials = np.zeros(_HIGHEST, bool)
        initials[[ord(phrase[0]) for phrase in self.phrases if phrase]] = True
        places = np.flatnonzero(initials[texts.codes])
        ends = texts.ends[np.searchsorted(texts.ends, places, side="right")]
        index[places], size[places] = self.at(texts, places, ends)
        return index, size


_Tables = list[tuple[Hashes, Integers]]


def _prefix_tables(phrases: list[str]) -> _Tables:
    """Per length the sorted hashes of all prefixes of that length, and the index of the phrase that ends there or -1."""
    tables: list[dict[int, int]] = [{} for _ in range(max(map(len, phrases), default=0))]
    for index, phrase in enumerate(phrases):
        value = 0
        for length, character in enumerate(phrase, start=1):
            value = (value * int(_PRIME) + ord(character) + 1) & 0xFFFFFFFFFFFFFFFF
            whole = length == len(phrase)
            tables[length - 1][value] = index if whole else tables[length - 1].get(value, -1)
    ordered = [sorted(table.items()) for table in tables]
    return [(np.array([h for h, _ in o], np.uint64), np.array([i for _, i in o], np.int64)) for o in ordered]


def _grow(tables: _Tables, codes: Codes, first: Integers, step: int, room: Integers) -> tuple[Integers, Integers]:
    """Follow ``codes`` from ``first`` in direction ``step`` as long as some phrase goes on; the longest whole one wins."""
    index = np.full(len(first), -1, np.int64)
    size = np.zeros(len(first), np.int64)
    alive = np.arange(len(first), dtype=np.int64)
    rolling = np.zeros(len(first), np.uint64)
    for length, (hashes, indexes) in enumerate(tables, start=1):
        fits = room[alive] >= length
        alive, rolling = alive[fits], rolling[fits]
        rolling = rolling * _PRIME + codes[first[alive] + (length - 1) * step] + np.uint64(1)
        place = np.minimum(np.searchsorted(hashes, rolling), len(hashes) - 1)
        known = hashes[place] == rolling
        alive, rolling, found = alive[known], rolling[known], indexes[place[known]]
        if len(alive) == 0:
            break
        whole = found >= 0
        index[alive[whole]] = found[whole]
        size[alive[whole]] = length
    return index, size
