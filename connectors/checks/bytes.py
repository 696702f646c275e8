"""Text columns as bytes: what can be told about many values at once without making a string of any.

All arrays are as long as the column; masks are numpy booleans.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]
# Searched at once: what stays in the processor's cache.
_PIECE = 128 * 1024


@dataclass(frozen=True)
class TextBytes:
    """A string column's UTF-8 bytes: ``starts`` and ``sizes`` (in bytes) index ``octets``; nulls have size 0."""

    octets: Octets
    starts: Rows
    sizes: Rows

    @staticmethod
    def of(column: pa.StringArray) -> TextBytes:
        """A view of ``column`` (type string, any offset), without a copy of its bytes."""
        count = len(column)
        _, offsets, data = column.buffers()
        edges = np.zeros(1, dtype=np.int64)
        if count:
            edges = np.frombuffer(offsets, dtype=np.int32, count=count + 1, offset=column.offset * 4).astype(np.int64)
        octets = np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8)
        sizes: Rows = np.diff(edges)
        if column.null_count:
            sizes = np.where(np.asarray(column.is_valid()), sizes, 0)
        return TextBytes(octets, edges[:-1], sizes)

    def places(self, rows: Rows, width: int) -> Octets:
        """The first ``width`` bytes of each of ``rows``, which must be at least that long; shape (width, rows).

        A place's bytes lie side by side, which is what makes comparing them fast.
        """
        starts = self.starts[rows]
        if len(rows) and starts[-1] - starts[0] == width * (len(rows) - 1) and np.all(np.diff(starts) == width):
            block = self.octets[starts[0] : starts[0] + width * len(rows)].reshape(len(rows), width)
            return np.ascontiguousarray(block.T)
        gathered: Octets = np.empty((width, len(rows)), dtype=np.uint8)
        for place in range(width):
            np.take(self.octets, starts + place, out=gathered[place])
        return gathered

    def at(self, rows: Rows, position: int) -> Octets:
        """The byte at ``position`` of each of ``rows`` (negative counts from the end)."""
        base = self.starts[rows] if position >= 0 else self.starts[rows] + self.sizes[rows]
        found: Octets = self.octets[base + position]
        return found

    def rows_containing(self, pattern: bytes) -> Rows:
        """Rows in whose bytes ``pattern`` stands, ascending, each once."""
        if not len(self.starts):
            return np.zeros(0, dtype=np.int64)
        span = self._span()
        last = len(span) - len(pattern) + 1
        pieces = [np.zeros(0, dtype=np.int64)]
        for start in range(0, last, _PIECE):
            found = np.flatnonzero(span[start : min(start + _PIECE, last)] == pattern[0]) + start
            for step, octet in enumerate(pattern[1:], start=1):
                found = found[span[found + step] == octet]
            if len(found):
                pieces.append(found)
        return self._rows_of(np.concatenate(pieces))

    def _span(self) -> Octets:
        return self.octets[self.starts[0] : self.starts[-1] + self.sizes[-1]]

    def _rows_of(self, positions: Rows) -> Rows:
        rows = np.searchsorted(self.starts, positions + self.starts[0], side="right") - 1
        distinct: Rows = np.unique(rows)
        filled: Rows = distinct[self.sizes[distinct] > 0]
        return filled
