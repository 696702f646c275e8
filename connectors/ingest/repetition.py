"""Rows that a file repeats: exact 128-bit digests in sorted runs, 16 bytes a row, large runs on disk."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Words = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]
IN_MEMORY_ROWS = 8_000_000
PARTS = 16
_EDGES = np.arange(1, PARTS, dtype=np.uint64) << np.uint64(60)
_NIBBLES = np.zeros(256, dtype=np.uint8)
_NIBBLES[np.frombuffer(b"0123456789abcdef", dtype=np.uint8)] = np.arange(16)


def digest_words(digests: pa.StringArray) -> tuple[Words, Words]:
    """Hexadecimal digests (32 lower-case characters each, no nulls) as high and low 64-bit words."""
    data = digests.buffers()[2]
    count = len(digests)
    if count == 0 or data is None:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint64)
    offsets = np.frombuffer(digests.buffers()[1], dtype=np.int32)[digests.offset : digests.offset + count + 1]
    text = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]].reshape(count, 32)
    nibbles = _NIBBLES[text]
    octets = np.ascontiguousarray((nibbles[:, 0::2] << 4) | nibbles[:, 1::2])
    words = octets.view(">u8").astype(np.uint64)
    return np.ascontiguousarray(words[:, 0]), np.ascontiguousarray(words[:, 1])


class SeenDigests:
    """The digests met so far in one file, in order of arrival.

    They are kept apart by their first bits, so that no step handles more than a small part of them. In each part runs of
    growing size are merged as in a log-structured tree, so adding n digests costs n log n and a look-up goes through few
    runs. Once there are more than ``IN_MEMORY_ROWS``, large runs live in files that the system may page out.
    """

    def __init__(self, folder: Path) -> None:
        self._parts: list[list[tuple[Words, Words]]] = [[] for _ in range(PARTS)]
        self._folder = TemporaryDirectory(dir=folder, prefix="digests-")
        self._written = 0

    def add(self, digests: pa.StringArray) -> Mask:
        """Which of ``digests`` were met before, earlier in this array included; the others are remembered."""
        high, low = digest_words(digests)
        order = np.lexsort((low, high))  # stable: of equal digests the earlier one comes first
        high, low = high[order], low[order]
        repeated = np.zeros(len(high), dtype=bool)
        repeated[1:] = (high[1:] == high[:-1]) & (low[1:] == low[:-1])
        edges = [0, *np.searchsorted(high, _EDGES).tolist(), len(high)]
        for runs, first, last in zip(self._parts, edges[:-1], edges[1:], strict=True):
            part = slice(first, last)
            for run_high, run_low in runs:
                repeated[part] |= _contained(run_high, run_low, high[part], low[part])
            fresh = ~repeated[part]
            self._remember(runs, high[part][fresh], low[part][fresh])
        answer = np.zeros(len(high), dtype=bool)
        answer[order] = repeated
        return answer

    def close(self) -> None:
        """Forget everything and remove the files."""
        self._parts.clear()
        self._folder.cleanup()

    def _remember(self, runs: list[tuple[Words, Words]], high: Words, low: Words) -> None:
        while runs and len(runs[-1][0]) < 2 * len(high):
            other_high, other_low = runs.pop()
            high, low = np.concatenate([other_high, high]), np.concatenate([other_low, low])
            order = np.argsort(high, kind="stable")  # of two sorted runs: a merge
            high, low = high[order], low[order]
        if len(high):
            runs.append(self._placed(high, low) if len(high) * PARTS > IN_MEMORY_ROWS else (high, low))

    def _placed(self, high: Words, low: Words) -> tuple[Words, Words]:
        self._written += 1
        placed = []
        for name, words in (("high", high), ("low", low)):
            file = Path(self._folder.name) / f"{self._written}-{name}"
            words.tofile(file)
            placed.append(np.memmap(file, dtype=np.uint64, mode="r"))
        return placed[0], placed[1]


def _contained(run_high: Words, run_low: Words, high: Words, low: Words) -> Mask:
    left = np.searchsorted(run_high, high, "left")
    inside = left < len(run_high)
    alike = np.zeros(len(high), dtype=bool)
    alike[inside] = run_high[left[inside]] == high[inside]
    found = alike.copy()
    found[alike] = run_low[left[alike]] == low[alike]
    # Equal high words with unequal low ones: as good as never, and decided exactly all the same.
    for place in np.flatnonzero(alike & ~found):
        position = int(left[place])
        while position < len(run_high) and run_high[position] == high[place]:
            if run_low[position] == low[place]:
                found[place] = True
                break
            position += 1
    return found
