"""Rows that a reader has found, as a batch: layout taken out and counted, what is no text rejected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.readers.layout import data_rows
from connectors.readers.model import RejectedRow, TextBatch, text_batch


def finish(
    rows: list[list[str | None]],
    numbers: list[int],
    header: tuple[str, ...],
    rejected: list[RejectedRow],
    layout: Counter[str],
) -> TextBatch:
    """A batch of Python rows: those that are no Unicode text are rejected, layout is taken out and counted."""
    cells = [[row[index] for row in rows] for index in range(len(header))]
    return finish_columns(cells, numbers, header, rejected, layout)


def finish_columns(
    cells: list[list[str | None]],
    numbers: list[int],
    header: tuple[str, ...],
    rejected: list[RejectedRow],
    layout: Counter[str],
) -> TextBatch:
    """As ``finish``, of columns."""
    try:
        columns = [pa.array(column, pa.string()) for column in cells]
    except UnicodeEncodeError:
        sound = [index for index in range(len(numbers)) if _is_unicode([column[index] for column in cells])]
        for index in sorted(set(range(len(numbers))) - set(sound)):
            original = {name: _printable(column[index]) for name, column in zip(header, cells, strict=True)}
            rejected.append(RejectedRow(numbers[index], "undecodable", {"line": numbers[index]}, original))
        numbers = [numbers[index] for index in sound]
        columns = [pa.array([column[index] for index in sound], pa.string()) for column in cells]
    return finish_texts(columns, np.array(numbers, dtype=np.int64), header, rejected, layout)


def finish_texts(
    columns: list[pa.Array],
    lines: npt.NDArray[np.int64],
    header: tuple[str, ...],
    rejected: Sequence[RejectedRow],
    layout: Counter[str],
) -> TextBatch:
    """As ``finish``, of text columns, whose rows are Unicode; ``lines`` are the rows' numbers."""
    if len(lines):
        keep, reasons = data_rows(columns, header)
        layout = layout + reasons
        if not keep.all():
            columns, lines = [column.filter(pa.array(keep)) for column in columns], lines[keep]
    ordered = tuple(sorted(rejected, key=lambda row: row.source_row))
    return TextBatch(text_batch(columns), pa.array(lines, pa.int64()), ordered, dict(layout))


def _is_unicode(row: list[str | None]) -> bool:
    try:
        "".join(cell or "" for cell in row).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _printable(cell: str | None) -> str | None:
    return None if cell is None else cell.encode("utf-8", errors="backslashreplace").decode("utf-8")
