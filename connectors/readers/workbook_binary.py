"""How far the cells of a sheet of an XLSB workbook reach; its library would hold them as one dense rectangle.

Records by [MS-XLSB] 2.1.4: a type of one or two bytes, a size of up to four, seven bits each; then the data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

_ROW = 0
# Cells that hold something: numbers, errors, truth values, texts, results of formulas. 1 is a blank one.
_CELLS = frozenset(range(2, 12))
_MOST_SKIPPED = 1 << 16


def binary_span(stream: IO[bytes]) -> tuple[int, int]:
    """Last row and column that hold something; zeros for an empty sheet."""
    row = rows = columns = 0
    for kind, number in _numbers(stream):
        if kind == _ROW:
            row = number + 1
        else:
            rows, columns = max(rows, row), max(columns, number + 1)
    return rows, columns


def _numbers(stream: IO[bytes]) -> Iterator[tuple[int, int]]:
    """The records of rows and cells, each with the number that it begins with; what breaks off ends them."""
    while head := stream.read(1):
        kind = head[0]
        if kind & 0x80:
            kind = (kind & 0x7F) | (_byte(stream) & 0x7F) << 7
        size = shift = 0
        for _ in range(4):
            part = _byte(stream)
            size |= (part & 0x7F) << shift
            shift += 7
            if not part & 0x80:
                break
        if (kind == _ROW or kind in _CELLS) and size >= 4:
            yield kind, int.from_bytes(stream.read(4), "little")
            size -= 4
        while size > 0 and stream.read(min(size, _MOST_SKIPPED)):
            size -= min(size, _MOST_SKIPPED)


def _byte(stream: IO[bytes]) -> int:
    found = stream.read(1)
    return found[0] if found else 0
