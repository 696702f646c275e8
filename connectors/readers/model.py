"""What every reader gives: tables of text with the row numbers a person sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from lake.errors import TerminalError

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class ReaderLimits:
    """Upper bounds that keep one bad file from taking the machine; sizes in bytes, ratios expanded to packed."""

    line_bytes: int = 16 * MEBIBYTE
    record_lines: int = 1000
    block_bytes: int = 4 * MEBIBYTE
    expanded_bytes: int = 64 * 1024 * MEBIBYTE
    workbook_bytes: int = 2 * 1024 * MEBIBYTE
    workbook_cells: int = 30_000_000
    archive_ratio: int = 200
    archive_members: int = 1000
    ratio_from_bytes: int = 64 * MEBIBYTE
    batch_rows: int = 16_384


@dataclass(frozen=True)
class ReaderHints:
    """What a contract or a source declaration knows about a file; all of it optional.

    ``known_headers`` (any spelling; compared by the contract's ``header_key``) find the header row below titles.
    ``columns`` pins the columns of files that carry no header. ``encoding``, ``delimiter`` and ``header_row``
    (1-based line or sheet row) replace finding out.
    ``threads`` bounds the workers that decode and parse. ``temporary_folder`` takes unpacked members.
    """

    known_headers: frozenset[str] | set[str] = frozenset()
    columns: tuple[str, ...] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    threads: int = 2
    temporary_folder: Path | None = None
    limits: ReaderLimits = field(default_factory=ReaderLimits)


@dataclass(frozen=True)
class TableFacts:
    """How a table was found: ``format`` is csv, workbook, json_lines, json, json_tables, xml or parquet.

    ``member`` is the path inside an archive, ``sheet`` the sheet, inner table or kind of element; both are
    for people and never used as a path. ``delimiter``, ``encoding`` are null where the format has none.
    ``is_hidden``: a person who opens the file does not see this table. ``since_1904``: days that stand there as numbers
    are counted from 1904 (a workbook of an old Macintosh), not from 1900.
    """

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    member: str | None = None
    had_bom: bool = False
    compression: str | None = None
    is_hidden: bool = False
    since_1904: bool = False


@dataclass(frozen=True)
class RejectedRow:
    """A row that could not be read as a record of its table.

    ``reason_code`` is one of ``REJECT_REASONS`` (a message of the catalogue: ``readers.<reason_code>``), ``parameters``
    fill that message, ``original`` is what was found: header to text, or ``raw`` (and ``bytes_base64``).
    """

    source_row: int
    reason_code: str
    parameters: Mapping[str, object]
    original: Mapping[str, Any]


REJECT_REASONS = (
    "undecodable",
    "unbalanced_quote",
    "wrong_field_count",
    "nul_byte",
    "number_too_long_in_cell",
    "formula_not_calculated",
    "broken_json",
    "not_an_object",
    "flag_unknown",
)
LAYOUT_REASONS = ("title", "note", "total", "empty", "repeated_header")


@dataclass(frozen=True)
class TextBatch:
    """Rows of one table, in order.

    ``columns`` has string columns ``c0`` … ``cn``, one per header cell. ``source_rows`` (int64, same length) is the
    1-based line, sheet row or record at which the row starts. ``layout_rows`` counts the rows that are no data
    (``LAYOUT_REASONS``). Every row between the header and the end is in exactly one of the three.
    """

    columns: pa.RecordBatch
    source_rows: pa.Int64Array
    rejected: tuple[RejectedRow, ...] = ()
    layout_rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        """Rows of the file this batch accounts for."""
        return int(self.columns.num_rows) + len(self.rejected) + sum(self.layout_rows.values())


@dataclass(frozen=True)
class SourceTable:
    """One table of a file: ``index`` numbers the tables of a file from 0, so (index, source_row) is unique in it.

    ``header`` has the cells as found; ``header_row`` is its 1-based row, 0 where there is none. ``batches`` reads the
    rows anew each time it is called and raises ``TerminalError`` when the file turns out to be broken further on.
    ``problem``: why a member of an archive is no table; it has neither header nor rows then.
    """

    index: int
    facts: TableFacts
    header: tuple[str, ...]
    header_row: int
    batches: Callable[[], Iterator[TextBatch]]
    problem: TerminalError | None = None


def text_batch(columns: list[pa.Array]) -> pa.RecordBatch:
    """A record batch of string columns named by position."""
    fields = [pa.field(f"c{index}", pa.string()) for index in range(len(columns))]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))
