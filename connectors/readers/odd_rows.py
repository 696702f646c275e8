"""Rows whose number of cells is not that of the header: tolerated, layout, or rejected."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.readers.layout import layout_reason
from connectors.readers.model import MEBIBYTE, ReaderLimits, RejectedRow
from connectors.readers.quoting import Dialect, Positions, Record, read_lines

csv.field_size_limit(64 * MEBIBYTE)


@dataclass(frozen=True)
class TableShape:
    """The header of a table and the dialect of its lines; ``dialect.width`` may exceed the header by empty cells."""

    header: tuple[str, ...]
    dialect: Dialect


def split_record(text: str, delimiter: bytes) -> list[str]:
    """The cells of one record."""
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter.decode("ascii")), [])


def unbalanced(line: str, number: int) -> RejectedRow:
    """The rejection of a physical line whose quote is never closed."""
    return RejectedRow(number, "unbalanced_quote", {"line": number}, {"raw": line.rstrip("\r\n")})


@dataclass
class OddRows:
    """Judges the odd rows of one job and keeps those that turn out to be data for ``merge``."""

    shape: TableShape
    limits: ReaderLimits
    rejected: list[RejectedRow]
    layout: Counter[str]
    cells: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def judge(self, text: str, line: int) -> None:
        """Decide on one record that is not as wide as the dialect says."""
        if '"' in text and ("\n" in text or "\r" in text) and self._swallows(text, line):
            return
        self._judge_cells(split_record(text, self.shape.dialect.delimiter), text, line)

    def _judge_cells(self, cells: list[str], text: str, line: int) -> None:
        expected, width = len(self.shape.header), self.shape.dialect.width
        if len(cells) >= expected and not any(cell.strip() for cell in cells[expected:]):
            self.cells.append((cells + [""] * width)[:width])
            self.lines.append(line)
            return
        reason = layout_reason(cells, self.shape.header)
        if reason:
            self.layout[reason] += 1
            return
        parameters = {"line": line, "found": len(cells), "expected": expected}
        self.rejected.append(RejectedRow(line, "wrong_field_count", parameters, {"raw": text.rstrip("\r\n")}))

    def _swallows(self, text: str, line: int) -> bool:
        """Whether a record over several lines is a stray quote and the rows behind it; if so, those rows are judged."""
        pieces = text.encode("utf-8").splitlines(keepends=True)
        first, rest = pieces[0], pieces[1:]
        records = list(read_lines(rest, self.shape.dialect, True, self.limits))
        split = [split_record(_text(record), self.shape.dialect.delimiter) for record in records]
        if not any(len(cells) >= len(self.shape.header) for cells in split):
            return False
        self.rejected.append(unbalanced(first.decode("utf-8"), line))
        for record, cells in zip(records, split, strict=True):
            number = line + 1 + record.line
            if record.unbalanced:
                self.rejected.append(unbalanced(_text(record), number))
            else:
                self._judge_cells(cells, _text(record), number)
        return True

    def merge(self, columns: list[pa.Array], lines: Positions) -> tuple[list[pa.Array], Positions]:
        """The rows of the job and the tolerated ones, in the order of the file."""
        if not self.cells:
            return columns, lines
        lines = np.concatenate([lines, np.array(self.lines, dtype=np.int64)])
        order = np.argsort(lines, kind="stable")
        merged = [
            pa.concat_arrays([column, pa.array([row[index] for row in self.cells], pa.string())]).take(pa.array(order))
            for index, column in enumerate(columns)
        ]
        return merged, lines[order]

    def without_overflow(self, columns: list[pa.Array], lines: Positions) -> tuple[list[pa.Array], Positions]:
        """The columns of the header; rows with text in a column behind it are rejected."""
        expected = len(self.shape.header)
        overflow = np.zeros(len(lines), dtype=bool)
        for column in columns[expected:]:
            filled = pc.not_equal(pc.utf8_trim_whitespace(column), "")
            overflow |= np.asarray(filled.to_numpy(zero_copy_only=False), dtype=bool)
        for row in np.flatnonzero(overflow):
            cells = [column[int(row)].as_py() for column in columns]
            found = max(index for index, cell in enumerate(cells) if cell.strip()) + 1
            line = int(lines[row])
            raw = self.shape.dialect.delimiter.decode("ascii").join(cells)
            parameters = {"line": line, "found": found, "expected": expected}
            self.rejected.append(RejectedRow(line, "wrong_field_count", parameters, {"raw": raw}))
        kept = columns[:expected]
        if overflow.any():
            return [column.filter(pa.array(~overflow)) for column in kept], lines[~overflow]
        return kept, lines


def _text(record: Record) -> str:
    return record.data.decode("utf-8")
