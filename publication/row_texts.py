"""Columns of text joined to rows by Arrow, a batch at a time: the bytes that a writer of cells gives, in less time.

Whether any cell must be written otherwise than it stands is told from the bytes of a whole column at once: few columns hold one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NOTHING = pa.scalar("", pa.string())


def joined(pieces: Sequence[pa.Array | str]) -> pa.Array:
    """One text per row: its value of each column and the texts between them; where a column has none, nothing."""
    arguments: list[pa.Array | pa.Scalar] = []
    between = ""
    for piece in [*pieces, None]:
        if isinstance(piece, str):
            between += piece
            continue
        if between:
            arguments.append(pa.scalar(between, pa.string()))
            between = ""
        if piece is not None:
            arguments.append(piece)
    return pc.binary_join_element_wise(*arguments, NOTHING, null_handling="skip")


def around(begin: str, values: pa.Array, end: str, otherwise: str) -> list[pa.Array | str]:
    """Pieces of a column whose values stand between two texts, and ``otherwise`` where there is none."""
    if values.null_count == len(values):
        return [otherwise]
    if values.null_count == 0:
        return [begin, values, end]
    written = pc.binary_join_element_wise(begin, values, end, NOTHING, null_handling="emit_null")
    return [pc.fill_null(written, otherwise) if otherwise else written]


def bytes_of(texts: pa.Array) -> memoryview:
    """The bytes of all texts, one after the other as Arrow holds them."""
    plain = texts.cast(pa.large_string())
    offsets = np.frombuffer(plain.buffers()[1], np.int64)[plain.offset : plain.offset + len(plain) + 1]
    return memoryview(plain.buffers()[2] or b"")[offsets[0] : offsets[-1]]


class Bytes:
    """The bytes of a column's texts, to be asked what they hold; several arrays where the column is in several pieces."""

    def __init__(self, texts: pa.Array | pa.ChunkedArray) -> None:
        self._pieces = [_Piece(array) for array in (texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts])]

    def hold(self, characters: bytes) -> bool:
        """Whether any text holds one of the bytes."""
        return any((one.data == character).any() for one in self._pieces for character in characters)

    def hold_below(self, limit: int) -> bool:
        """Whether any text holds a byte less than ``limit``."""
        return any(one.data.size and one.data.min() < limit for one in self._pieces)

    def hold_pair(self, pair: bytes) -> bool:
        """Whether any text holds the two bytes one after the other; texts that meet there may count too."""
        return any(((one.data[:-1] == pair[0]) & (one.data[1:] == pair[1])).any() for one in self._pieces)

    def begin_with(self, characters: bytes) -> bool:
        """Whether any text begins with one of the bytes."""
        return any((one.firsts == character).any() for one in self._pieces for character in characters)

    def end_with(self, characters: bytes) -> bool:
        """Whether any text ends with one of the bytes."""
        return any((one.lasts == character).any() for one in self._pieces for character in characters)

    def hold_empty(self) -> bool:
        """Whether any text has no bytes."""
        return any(one.has_empty for one in self._pieces)


class _Piece:
    """Bytes of one array: of all its texts, the first and the last of each, and whether any text has none."""

    def __init__(self, array: pa.Array) -> None:
        plain = array.cast(pa.large_string())
        _, lengths, data = plain.buffers()
        offsets = np.frombuffer(lengths, np.int64)[plain.offset : plain.offset + len(plain) + 1]
        some = offsets[1:] > offsets[:-1]
        data = np.frombuffer(data or b"", np.uint8)
        self.firsts, self.lasts = data[offsets[:-1][some]], data[offsets[1:][some] - 1]
        self.has_empty = int(some.sum()) + array.null_count < len(array)
        self.data = data[offsets[0] : offsets[-1]] if len(array) else data[:0]
