"""One file from bytes to bronze rows: read, check on several threads, leave out what repeats, count everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from pathlib import Path
from queue import SimpleQueue

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks import CheckPlan, plan
from connectors.checks.headers import Pin
from connectors.checks.meaning.values import SAMPLE_ROWS
from connectors.contract import Contract, arrow_schema
from connectors.contract.header_key import header_key
from connectors.contract.model import DATE_KINDS
from connectors.ingest.corrections import Corrections, take_corrections, with_constants
from connectors.ingest.flags import FlagReading, read_flags
from connectors.ingest.repetition import SeenDigests
from connectors.ingest.spool import Spool
from connectors.ingest.stamping import Origin, rejected_rows, stamp_quarantined, stamp_records
from connectors.ingest.tally import Tally
from connectors.readers import ReaderHints, SourceTable, TextBatch, open_tables
from connectors.readers.model import text_batch
from connectors.readers.ordered import in_order
from connectors.source import Feed
from lake.errors import TerminalError
from lake.schema import bronze_schema

CHECK_ROWS = 32_768
DAYS_TO_1904 = pa.scalar(Decimal(1462), pa.decimal128(10, 0))
CHECK_BYTES = 20 * 1024 * 1024
# Tables of web pages, which nobody can send again with the columns that they lack.
PAGE_FORMAT = "json_tables"
# Rows handed on at once: what writes them keeps several such batches.
WRITTEN_ROWS = 8_192


@dataclass(frozen=True)
class CheckedRows:
    """One batch after its checks: bronze rows, quarantine rows and the counts of the batch.

    ``nameless`` are columns with content and without a header, by position (#3).
    """

    records: pa.Table
    quarantined: pa.Table
    text_rows: int
    rejected: int
    layout: Mapping[str, int]
    nameless: tuple[str, ...] = ()


class FileReading:
    """Reads one file for one feed: ``batches`` gives the bronze rows; then ``tally`` and ``spool`` are complete.

    Corrected sheets of the record types ``elsewhere``, and sheets whose names fit ``sheets_elsewhere``, are left to the
    deliveries of other feeds; any other sheet is read or refused.
    """

    def __init__(
        self,
        database: duckdb.DuckDBPyConnection,
        contract: Contract,
        feed: Feed,
        *,
        origin: Origin,
        folder: Path,
        threads: int,
        elsewhere: frozenset[str] = frozenset(),
        sheets_elsewhere: tuple[str, ...] = (),
    ) -> None:
        self.tally = Tally()
        self.spool = Spool(folder)
        self.is_correction = False
        self._contract = contract
        self._feed = feed
        self.origin = origin
        self._folder = folder
        self._elsewhere = elsewhere
        self._sheets_elsewhere = sheets_elsewhere
        self._threads = threads
        self._schema = bronze_schema(arrow_schema(contract))
        self._connections: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        for _ in range(threads):
            self._connections.put(database.cursor())

    def batches(self, file: Path, name: str) -> Iterator[pa.RecordBatch]:
        """Bronze rows in the order of the file, each content once.

        Raises ``TerminalError`` when no table of the file can be taken, or the file breaks further on.
        """
        seen = SeenDigests(self._folder)
        hints = reader_hints(self._contract, self._feed, self._threads, self._folder)
        try:
            with ThreadPoolExecutor(self._threads, thread_name_prefix="check") as pool:
                for table in open_tables(file, name, hints):
                    yield from self._table(pool, table, seen)
        finally:
            seen.close()
        if self.tally.refusals and not self.tally.layouts:
            first = self.tally.refusals[0]
            raise TerminalError(first["code"], **first["parameters"])

    def close(self) -> None:
        """Free the connections and the quarantined rows' file."""
        while not self._connections.empty():
            self._connections.get().close()
        self.spool.close()

    def _table(self, pool: ThreadPoolExecutor, table: SourceTable, seen: SeenDigests) -> Iterator[pa.RecordBatch]:
        corrections = take_corrections(table.header)
        if corrections.record_type in self._elsewhere or self._is_elsewhere(table, corrections):
            return  # the delivery of another feed takes this sheet
        self.tally.found(table)
        batches = iter(table.batches())
        first = next(batches, None)
        batches = chain([first], batches) if first is not None else batches
        problem = self._problem(table, corrections)
        if problem is not None:
            self.tally.refuse(sum(batch.rows_read for batch in batches), problem, table)
            return
        flags = read_flags(self._feed.flags, corrections.header)
        found = flags.header if flags else corrections.header
        constants = _constants(self._feed, found)
        header = [*found, *constants]
        prepared = partial(_prepared, corrections, flags, list(constants.values()))
        sample = prepared(few_rows(first)).columns.columns if first is not None else None
        is_page = table.facts.format == PAGE_FORMAT
        try:
            check_plan = plan(self._contract, header, _pins(self._feed, header), sample, is_page=is_page)
        except TerminalError as error:
            self.tally.refuse(sum(batch.rows_read for batch in batches), error, table)
            return
        self.is_correction = self.is_correction or corrections.is_correction
        match = check_plan.match
        self.tally.understood(match.layout.name, match.mapping(), match.reported)
        origin = replace(self.origin, table=table.index)
        days = _positions_of_days(check_plan) if table.facts.since_1904 else ()
        check = partial(self._check, check_plan, origin, corrections, flags, list(constants.values()), days)
        for checked in in_order(pool, check, grouped(batches), self._threads):
            yield from self._take(checked, seen).to_batches(max_chunksize=WRITTEN_ROWS)

    def _is_elsewhere(self, table: SourceTable, corrections: Corrections) -> bool:
        """Whether this sheet is declared for another feed and not for this one; a corrected sheet says itself whose it is."""
        if corrections.is_correction or self._is_declared(table):
            return False
        return _fits(table.facts.sheet, self._sheets_elsewhere)

    def _is_declared(self, table: SourceTable) -> bool:
        sheets = self._feed.reader.sheets
        return sheets is not None and _fits(table.facts.sheet, sheets)

    def _problem(self, table: SourceTable, corrections: Corrections) -> TerminalError | None:
        """Why a sheet that no other feed takes cannot be read as this feed's."""
        if not corrections.are_of(self._contract.title):
            return TerminalError("ingest.other_record_type", title=self._contract.title, found=corrections.record_type)
        if table.problem is not None:
            return table.problem
        if table.facts.is_hidden:
            return TerminalError("readers.hidden_sheet", sheet=table.facts.sheet)
        sheets = self._feed.reader.sheets
        if sheets is None or table.facts.sheet is None or corrections.is_correction or self._is_declared(table):
            return None
        named = ", ".join(sheets)
        return TerminalError(
            "ingest.sheet_undeclared", sheet=table.facts.sheet, contract=self._contract.id, sheets=named
        )

    def _check(
        self,
        check_plan: CheckPlan,
        origin: Origin,
        corrections: Corrections,
        flags: FlagReading | None,
        constants: list[str],
        days_since_1904: tuple[int, ...],
        group: list[TextBatch],
    ) -> CheckedRows:
        batch = merged(group)
        connection = self._connections.get()
        try:
            stripped, numbers = corrections.strip(batch)
            judged = flags.judge(stripped) if flags else stripped
            complete = _since_1900(with_constants(judged, constants), days_since_1904)
            checked = check_plan.run(connection, complete.columns, complete.source_rows)
            layout = check_plan.match.layout.name
            records = stamp_records(origin, checked.accepted, layout=layout, schema=self._schema, corrections=numbers)
            quarantined = pa.concat_tables([checked.quarantined, rejected_rows(judged.rejected)])
            stamped = stamp_quarantined(origin, quarantined, numbers)
        finally:
            self._connections.put(connection)
        nameless = _nameless(corrections.header, batch)
        return CheckedRows(
            records, stamped, judged.columns.num_rows, len(judged.rejected), judged.layout_rows, nameless
        )

    def _take(self, checked: CheckedRows, seen: SeenDigests) -> pa.Table:
        """Count a batch, spool what is quarantined, and give what is accepted and not repeated."""
        tally = self.tally
        tally.read += checked.text_rows + checked.rejected + sum(checked.layout.values())
        tally.layout_rows(checked.layout)
        tally.unknown(checked.nameless)
        self.spool.add(checked.quarantined)
        tally.quarantined += checked.quarantined.num_rows
        tally.reasons.update(Counter(checked.quarantined["reason_code"].to_pylist()))
        kept = self._without_repeated(checked.records, seen)
        tally.records += kept.num_rows
        return kept

    def _without_repeated(self, records: pa.Table, seen: SeenDigests) -> pa.Table:
        """A row repeats when every record it gives was met before, earlier in the file."""
        if records.num_rows == 0:
            return records
        rows = records["source_row"].to_numpy()
        repeated = seen.add(records["content_digest"].combine_chunks())
        first = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
        row_repeated = np.logical_and.reduceat(repeated, first)
        self.tally.accepted += int(np.count_nonzero(~row_repeated))
        self.tally.repeated += int(np.count_nonzero(row_repeated))
        if not row_repeated.any():
            return records
        self.tally.reasons["repeated_in_file"] += int(np.count_nonzero(row_repeated))
        sizes = np.diff(np.append(first, len(rows)))
        return records.filter(pa.array(np.repeat(~row_repeated, sizes)))


def _prepared(corrections: Corrections, flags: FlagReading | None, constants: list[str], batch: TextBatch) -> TextBatch:
    """The batch with the columns that the plan is made for: without ours and the flags, with the declared constants."""
    stripped, _ = corrections.strip(batch)
    return with_constants(flags.judge(stripped) if flags else stripped, constants)


def _positions_of_days(check_plan: CheckPlan) -> tuple[int, ...]:
    kinds = (*DATE_KINDS, "timestamp")
    names = [column.name for column in check_plan.contract.columns if column.kind in kinds]
    return tuple(sorted({cell.position for name in names for cell in check_plan.match.columns.get(name, ())}))


def _since_1900(batch: TextBatch, positions: tuple[int, ...]) -> TextBatch:
    """The batch with the days at ``positions`` that are numbers, counted from 1904, counted as everywhere else."""
    if not positions:
        return batch
    columns = list(batch.columns.columns)
    for position in positions:
        cells = columns[position]
        is_number = pc.fill_null(pc.match_substring_regex(cells, r"^[0-9]{1,5}(?:\.[0-9]{1,15})?$"), False)
        numbers = pc.if_else(is_number, cells, None).cast(pa.decimal128(30, 15))
        columns[position] = pc.if_else(is_number, pc.add(numbers, DAYS_TO_1904).cast(pa.string()), cells)
    return replace(batch, columns=text_batch(columns))


def few_rows(batch: TextBatch) -> TextBatch:
    """Some rows, spread over the batch: what a header says is held against their values."""
    count = batch.columns.num_rows
    places = pa.array(range(0, count, max(1, count // SAMPLE_ROWS))[:SAMPLE_ROWS], pa.int64())
    return TextBatch(batch.columns.take(places), batch.source_rows.take(places))


def _fits(sheet: str | None, patterns: Iterable[str]) -> bool:
    return sheet is not None and any(fnmatchcase(sheet.strip(), pattern) for pattern in patterns)


def _nameless(header: tuple[str, ...], batch: TextBatch) -> tuple[str, ...]:
    """Columns without a header that hold something all the same."""
    blank = [position for position, text in enumerate(header) if not text.strip()]
    return tuple(f"#{position + 1}" for position in blank if _holds_text(batch.columns.column(position)))


def _holds_text(column: pa.Array) -> bool:
    return bool(pc.any(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(column)), 0)).as_py())


def grouped(batches: Iterable[TextBatch]) -> Iterator[list[TextBatch]]:
    """Batches in groups worth a statement: planning one takes as long as checking some ten thousand rows."""
    group: list[TextBatch] = []
    for batch in batches:
        group.append(batch)
        rows = sum(one.columns.num_rows for one in group)
        if rows >= CHECK_ROWS or sum(one.columns.nbytes for one in group) >= CHECK_BYTES:
            yield group
            group = []
    if group:
        yield group


def merged(group: list[TextBatch]) -> TextBatch:
    """One batch of several that follow each other."""
    if len(group) == 1:
        return group[0]
    columns = pa.concat_batches([batch.columns for batch in group])
    rows = pa.concat_arrays([batch.source_rows for batch in group])
    layout: Counter[str] = Counter()
    for batch in group:
        layout.update(batch.layout_rows)
    return TextBatch(columns, rows, tuple(row for batch in group for row in batch.rejected), layout)


def reader_hints(contract: Contract, feed: Feed, threads: int, folder: Path) -> ReaderHints:
    """What contract and declaration know about a file before it is opened."""
    known = {alias.text for column in contract.columns for alias in column.aliases}
    known |= {text for column in contract.columns for text in (column.name, column.header)}
    columns = feed.header.columns
    return ReaderHints(
        known_headers=known | set(feed.header.pins),
        columns=tuple(columns) if columns and not feed.reader.has_header else None,
        encoding=feed.reader.encoding,
        delimiter=feed.reader.delimiter,
        header_row=feed.reader.header_row,
        threads=threads,
        temporary_folder=folder,
    )


def _constants(feed: Feed, header: Iterable[str]) -> dict[str, str]:
    """Declared values for columns that the file does not have; a workbook that comes back has them already."""
    present = {header_key(text) for text in header}
    return {name: value for name, value in feed.header.constants.items() if header_key(name) not in present}


def _pins(feed: Feed, header: list[str]) -> dict[str, Pin]:
    """Pins of the headers that this file has; the declaration may know more files than one."""
    present = {header_key(text) for text in header}
    pins: dict[str, Pin] = {**dict.fromkeys(feed.header.ignore), **feed.header.pins}
    pins |= {column: column for column in feed.header.constants}
    return {text: column for text, column in pins.items() if header_key(text) in present}
