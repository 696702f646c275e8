"""A job of whole records parsed into a batch, every row accounted for."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from connectors.readers.jobs import ParseJob, holds_octet, octets_of
from connectors.readers.layout import Mask, data_rows
from connectors.readers.model import ReaderLimits, RejectedRow, TextBatch, text_batch
from connectors.readers.odd_rows import OddRows, TableShape
from connectors.readers.quoting import Dialect, Positions, line_ends
from connectors.readers.text_marks import without_text_marks


def parse_job(job: ParseJob, shape: TableShape, limits: ReaderLimits) -> TextBatch:
    """Parse the records of a job; every one ends up in the batch, rejected or counted as layout."""
    rejected: list[RejectedRow] = []
    layout: Counter[str] = Counter()
    job = _take_out_broken(job, rejected)
    columns, invalid, lines, empty = _parse(job, shape.dialect)
    layout["empty"] += empty
    odd = OddRows(shape, limits, rejected, layout)
    for number, text in invalid:
        odd.judge(text, int(lines[number]))
    if invalid:
        lines = np.delete(lines, [number for number, _ in invalid])
    columns, lines = odd.merge(columns, lines)
    columns, lines = odd.without_overflow(columns, lines)
    columns = without_text_marks(columns, job.data)
    if len(lines):
        keep, reasons = data_rows(columns, shape.header)
        layout.update(reasons)
        if not keep.all():
            columns, lines = [column.filter(pa.array(keep)) for column in columns], lines[keep]
    if shape.dialect.written is not None:
        columns, rejected = _as_written(columns, rejected, shape.dialect)
    rejected.sort(key=lambda row: row.source_row)
    counts = {reason: count for reason, count in layout.items() if count}
    return TextBatch(text_batch(columns), pa.array(lines, pa.int64()), tuple(rejected), counts)


def _as_written(
    columns: list[pa.Array], rejected: list[RejectedRow], dialect: Dialect
) -> tuple[list[pa.Array], list[RejectedRow]]:
    """Put the delimiter of the file back where it was part of a quoted cell or of a rejected line."""
    stand_in, written = dialect.delimiter.decode("ascii"), str(dialect.written)
    restored = [
        replace(row, original={name: str(text).replace(stand_in, written) for name, text in row.original.items()})
        for row in rejected
    ]
    return [pc.replace_substring(column, stand_in, written) for column in columns], restored


def _take_out_broken(job: ParseJob, rejected: list[RejectedRow]) -> ParseJob:
    """Reject the records that hold undecodable bytes or NUL, and the lines already found unbalanced."""
    for row in job.rejected:
        broken = job.broken.pop(row.source_row, None)
        rejected.append(row if broken is None else _undecodable(str(row.original["raw"]), broken, row.source_row))
    if not job.broken and not holds_octet(job.data, b"\0"):
        return job
    starts, lines = _positions(job)
    data = job.data.to_pybytes()
    bounds = [*starts.tolist(), len(data)]
    unreadable: dict[int, bytes] = {}
    for line in sorted(job.broken):
        record = int(np.searchsorted(lines, line, side="right") - 1)
        unreadable[record] = unreadable.get(record, b"") + job.broken[line]
    kept: list[int] = []
    for record in range(len(lines)):
        piece = data[bounds[record] : bounds[record + 1]]
        number = int(lines[record])
        if record not in unreadable and b"\0" not in piece:
            kept.append(record)
            continue
        raw = piece.decode("utf-8", errors="replace").rstrip("\r\n")
        if record in unreadable:
            rejected.append(_undecodable(raw, unreadable[record], number))
        else:
            rejected.append(RejectedRow(number, "nul_byte", {"line": number}, {"raw": raw}))
    pieces = [data[bounds[record] : bounds[record + 1]] for record in kept]
    sizes = np.array([len(piece) for piece in pieces], dtype=np.int64)
    buffer = pa.py_buffer(b"".join(pieces))
    return ParseJob(buffer, job.first_line, job.line_count, lines[kept], np.cumsum(sizes) - sizes)


def _undecodable(shown: str, raw: bytes, number: int) -> RejectedRow:
    original = {"raw": shown, "bytes_base64": base64.b64encode(raw.rstrip(b"\r\n")).decode("ascii")}
    return RejectedRow(number, "undecodable", {"line": number}, original)


def _positions(job: ParseJob) -> tuple[Positions, Positions]:
    """Offset and line of each record."""
    if job.starts is not None and job.lines is not None:
        return job.starts, job.lines
    ends = line_ends(octets_of(job.data))
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    return starts, np.arange(job.first_line, job.first_line + len(starts), dtype=np.int64)


def _parse(job: ParseJob, dialect: Dialect) -> tuple[list[pa.Array], list[tuple[int, str]], Positions, int]:
    """Columns of the rows of the right width, the others as (index, text), the line of each, and how many are empty."""
    names = [f"c{index}" for index in range(dialect.width)]
    if not job.data.size:
        return [pa.array([], pa.string()) for _ in names], [], np.empty(0, dtype=np.int64), 0
    invalid: list[tuple[int, str]] = []

    def handler(row: pacsv.InvalidRow) -> str:
        invalid.append((row.number - 1, row.text))
        return "skip"

    table = pacsv.read_csv(
        pa.BufferReader(job.data),
        read_options=pacsv.ReadOptions(column_names=names, use_threads=False, block_size=job.data.size + 1),
        parse_options=pacsv.ParseOptions(
            delimiter=dialect.delimiter.decode("ascii"),
            newlines_in_values=job.starts is not None,
            invalid_row_handler=handler,
        ),
        convert_options=pacsv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            strings_can_be_null=False,
            null_values=[],
            check_utf8=False,
        ),
    )
    columns = [_one_array(table.column(index)) for index in range(dialect.width)]
    found = table.num_rows + len(invalid)
    if job.lines is None and found == job.line_count:
        return columns, invalid, np.arange(job.first_line, job.first_line + found, dtype=np.int64), 0
    starts, lines = _positions(job)
    empty = _empty_records(job.data, starts)
    return columns, invalid, lines[~empty], int(empty.sum())


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays([pa.array([], pa.string()), *column.chunks])


def _empty_records(data: pa.Buffer, starts: Positions) -> Mask:
    """Records that are a line end only, which the parser passes over."""
    octets = octets_of(data)
    sizes = np.diff(np.append(starts, len(octets)))
    first = octets[np.minimum(starts, len(octets) - 1)]
    second = octets[np.minimum(starts + 1, len(octets) - 1)]
    alone = (sizes == 1) & ((first == 10) | (first == 13))
    pair = (sizes == 2) & (first == 13) & (second == 10)
    return np.asarray(alone | pair)
