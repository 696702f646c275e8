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
        characters_before = np.concatenate([[0], np.cumsum((data & 0xC0) != 0x80)])
        codes = np.frombuffer(data.tobytes().decode("utf-8").encode("utf-32-le"), np.uint32)
        return Texts(codes, characters_before[offsets - offsets[0]].astype(np.int64))

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
        marks = np.zeros(len(self.codes) + 1, np.int64)
        wanted = ends > starts
        np.add.at(marks, starts[wanted], 1)
        np.add.at(marks, ends[wanted], -1)
        return self.keep(np.cumsum(marks[:-1]) > 0)

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
        by_length: dict[int, list[tuple[int, int]]] = {}
        for index, phrase in enumerate(self.phrases):
            if phrase:
                by_length.setdefault(len(phrase), []).append((_hash(phrase), index))
        self._tables = {}
        for length, pairs in by_length.items():
            pairs.sort()
            hashes = np.array([h for h, _ in pairs], np.uint64)
            self._tables[length] = (hashes, np.array([i for _, i in pairs], np.int64))
        self.longest = max(by_length, default=0)

    def at(self, texts: Texts, starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """Longest phrase beginning at ``starts`` and reaching at most to ``ends``: (index or -1, its length)."""
        return self._grow(texts, starts, ends - starts, step=1)

    def before(self, texts: Texts, starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """Longest phrase that stops at ``ends`` and begins at ``starts`` or later: (index or -1, its length)."""
        index = np.full(len(starts), -1, np.int64)
        size = np.zeros(len(starts), np.int64)
        for length, (hashes, indexes) in sorted(self._tables.items()):
            fits = np.flatnonzero(ends - starts >= length)
            found = _look_up(hashes, indexes, _hash_at(texts.codes, ends[fits] - length, length))
            index[fits[found >= 0]] = found[found >= 0]
            size[fits[found >= 0]] = length
        return index, size

    def everywhere(self, texts: Texts) -> tuple[Integers, Integers]:
        """For every code point the longest phrase that begins there inside its string: (index or -1, its length)."""
        ends = np.repeat(texts.ends, texts.lengths)
        return self.at(texts, np.arange(len(texts.codes), dtype=np.int64), ends)

    def _grow(self, texts: Texts, starts: Integers, room: Integers, step: int) -> tuple[Integers, Integers]:
        index = np.full(len(starts), -1, np.int64)
        size = np.zeros(len(starts), np.int64)
        rolling = np.zeros(len(starts), np.uint64)
        alive = np.arange(len(starts), dtype=np.int64)
        for length in range(1, self.longest + 1):
            alive = alive[room[alive] >= length]
            if len(alive) == 0:
                break
            rolling[alive] = rolling[alive] * _PRIME + texts.codes[starts[alive] + (length - 1) * step] + np.uint64(1)
            if length in self._tables:
                found = _look_up(*self._tables[length], rolling[alive])
                hit = found >= 0
                index[alive[hit]] = found[hit]
                size[alive[hit]] = length
        return index, size


def _hash(phrase: str) -> int:
    value = 0
    for character in phrase:
        value = (value * int(_PRIME) + ord(character) + 1) & 0xFFFFFFFFFFFFFFFF
    return value


def _hash_at(codes: Codes, starts: Integers, length: int) -> Hashes:
    rolling = np.zeros(len(starts), np.uint64)
    for offset in range(length):
        rolling = rolling * _PRIME + codes[starts + offset] + np.uint64(1)
    return rolling


def _look_up(hashes: Hashes, indexes: Integers, wanted: Hashes) -> Integers:
    place = np.minimum(np.searchsorted(hashes, wanted), len(hashes) - 1)
    return np.where(hashes[place] == wanted, indexes[place], -1)
