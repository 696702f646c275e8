"""A feed read from a database table: one snapshot, streamed into a Parquet file of texts exactly as the database writes them.

Text, because it loses nothing (numbers without bounds, ``infinity``, years before 1) and is what checks read anyway. The
other side is only read: the transaction is opened read-only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import stamina
from pyarrow import parquet

from connectors.transports.declaration import DatabaseWay, Table, resolved
from connectors.transports.errors import SystemAwayError, SystemRefusedError
from connectors.transports.pulling import Assignment, Part, PullState, now, state_of
from connectors.transports.snapshot import Database, Kind, Place, Snapshot, literal, quoted, quoted_table
from lake.tables import mostly_different

SUFFIX = ".parquet"
ROW_GROUP_ROWS = 131_072
COMPARE_MEMORY = "600MB"


def pull(way: DatabaseWay, table: Table, task: Assignment) -> Iterator[Part]:
    """The rows that are new (or all, for a full refresh) as one part; none when there is nothing new.

    Raises ``SystemAwayError`` when the database stays away, ``SystemRefusedError`` when it refuses or the table is not as
    declared.
    """
    patience = way.patience
    part = None
    for attempt in stamina.retry_context(
        on=SystemAwayError, attempts=patience.attempts, timeout=None, wait_max=max(1.0, patience.longest_wait_seconds)
    ):
        with attempt:
            part = DatabasePull(way, table, task).part()
    if part is not None:
        yield part
        shutil.rmtree(task.folder, ignore_errors=True)


@dataclass(frozen=True)
class _Marked:
    """The column of change: its name, its type, and where this pull begins (``low``) and the last one ended."""

    column: str
    kind: Kind
    watermark: str | None
    low: str | None


class Talk:
    """What is said to one table's database, and its errors as errors of ours."""

    def __init__(self, way: DatabaseWay, table: Table, task: Assignment) -> None:
        self.database = cast("Database", import_module(f"connectors.transports.{way.kind}"))
        self._way = way
        self._table = table
        self._task = task
        self._address = _filled(way.address, task)

    def place(self) -> Place:
        """Where the database is, with credentials from the environment."""
        way = self._way
        password = self._task.variable(way.password_variable) if way.password_variable else None
        user = self._task.variable(way.user_variable)
        return Place(self._address, user, password, way.patience.timeout_seconds)

    @contextmanager
    def said(self) -> Iterator[None]:
        """Around every question; raises ``SystemAwayError`` or ``SystemRefusedError`` for what the database says."""
        try:
            yield
        except Exception as error:
            if not self.database.is_trouble(error):
                raise
            detail = _plain(str(error))
            if self.database.is_refusal(error):
                raise SystemRefusedError("transports.database_refused", **self.named(), detail=detail) from error
            attempts = self._way.patience.attempts
            raise SystemAwayError(
                "transports.database_away", **self.named(), detail=detail, attempts=attempts
            ) from error

    def named(self) -> dict[str, object]:
        """Parameters of a message about this table."""
        return self._task.named(address=self._address, table=self._table.name)


class DatabasePull:
    """One snapshot of one table."""

    def __init__(self, way: DatabaseWay, table: Table, task: Assignment) -> None:
        self._table = table
        self._task = task
        self._talk = Talk(way, table, task)
        self._said = self._talk.said
        self._source = quoted_table(table.name)
        self._file = task.folder / "rows"

    def part(self) -> Part | None:
        """The rows of a snapshot that is taken now."""
        self._task.folder.mkdir(parents=True, exist_ok=True)
        started = now()
        with self._snapshot() as cursor:
            columns = self._columns(cursor)
            marked = self._marked(cursor)
            unmarked = self._unmarked(cursor, marked, columns)
            with _Writer(self._file, columns, self._task) as writer:
                self._copy(cursor, columns, marked, unmarked, writer)
            watermark = self._reached(cursor, marked)
        if writer.rows == 0 and self._is_increment:
            return None
        state = PullState(
            started_at=started,
            since=marked.low if marked else None,
            watermark=watermark,
            newest=_newest(self._file, marked) if marked else None,
            unmarked=unmarked,
        )
        return Part(self._file, SUFFIX, writer.rows, state)

    @property
    def _is_increment(self) -> bool:
        return self._task.feed.mode == "increment"

    def _copy(
        self,
        cursor: Snapshot,
        columns: Sequence[str],
        marked: _Marked | None,
        unmarked: str | None,
        writer: _Writer,
    ) -> None:
        """What earlier deliveries may hold is compared with them; what lies behind all of them streams through."""
        if marked is None or not self._task.earlier:
            self._select(cursor, columns, "true", writer)
            return
        if unmarked is not None and unmarked != self._before.unmarked:
            self._select(cursor, columns, f"{quoted(marked.column)} is null", writer)
        if marked.watermark is None:
            self._select(cursor, columns, f"{quoted(marked.column)} is not null", writer)
            return
        column = quoted(marked.column)
        limit, low = (cursor.typed(str(mark), marked.kind) for mark in (marked.watermark, marked.low))
        overlap = f"{column} >= {low}"
        if not self._went_ahead(marked):
            ahead = _ahead(cursor, marked)
            self._select(cursor, columns, f"{column} > {limit} and not {ahead}", writer)
            overlap = f"{column} >= {low} and {column} <= {limit} or {ahead}"
        file = self._task.folder / "overlap"
        with _Writer(file, columns, self._task) as again:
            self._select(cursor, columns, overlap, again)
        for batch in self._not_delivered(file, columns, marked):
            writer.write(batch)

    def _went_ahead(self, marked: _Marked) -> bool:
        """Whether a row was delivered whose mark, ahead of the clock then, is behind the watermark: it may be past by now."""
        newest = (state_of(one).newest for one in self._task.earlier)
        return any(mark is not None and not _not_before(str(marked.watermark), mark) for mark in newest)

    def _select(self, cursor: Snapshot, columns: Sequence[str], condition: str, writer: _Writer) -> None:
        texts = ", ".join(f"{cursor.text(quoted(name))} as {quoted(name)}" for name in columns)
        batches = cursor.rows(f"select {texts} from {self._source} where {condition}", columns)
        while True:
            with self._said():  # not around what is written: a full disk here is no trouble of theirs
                batch = next(batches, None)
            if batch is None:
                return
            writer.write(batch)

    def _not_delivered(self, file: Path, columns: Sequence[str], marked: _Marked) -> Iterator[pa.RecordBatch]:
        """The rows of ``file`` less those that deliveries which reach into the overlap have brought, one for one."""
        low = str(marked.low)
        marks = [(one.source_digest, state_of(one).newest) for one in self._task.earlier]
        originals = [digest for digest, newest in marks if newest is not None and _not_before(newest, low)]
        is_number = marked.kind.unit == "numbers"
        mark = f"try_cast({quoted(marked.column)} as hugeint)" if is_number else quoted(marked.column)
        reaches = f"{mark} >= {low if is_number else literal(low)}"
        options = {"memory_limit": COMPARE_MEMORY, "temp_directory": str(self._task.folder / "spill")}
        names = ", ".join(quoted(name) for name in columns)
        with duckdb.connect(config=options) as database:
            query = f"select {names} from read_parquet({literal(str(file))})"
            for number, digest in enumerate(originals):
                local = self._task.folder / f"earlier-{number}"
                with self._task.original(digest) as stream, local.open("wb") as target:
                    shutil.copyfileobj(stream, target)
                held = set(parquet.read_schema(local).names)
                as_now = ", ".join(quoted(name) if name in held else f"null as {quoted(name)}" for name in columns)
                if marked.column in held:
                    query += f" except all select {as_now} from read_parquet({literal(str(local))}) where {reaches}"
            yield from database.execute(query).fetch_record_batch(ROW_GROUP_ROWS)

    @property
    def _before(self) -> PullState:
        return self._task.state or PullState(started_at=now())

    def _marked(self, cursor: Snapshot) -> _Marked | None:
        """The column of change and where to begin; None for a full refresh."""
        column = self._table.updated_at
        if column is None or not self._is_increment:
            return None
        with self._said():
            kind = cursor.kind(self._table.name, column)
        if kind is None or kind.unit is None:
            shown = kind.shown if kind else "-"
            raise SystemRefusedError("transports.no_such_kind", **self._talk.named(), column=column, found=shown)
        watermark = self._before.watermark
        if watermark is None:
            return _Marked(column, kind, None, None)
        begin = cursor.less(cursor.typed(watermark, kind), self._table.overlap, kind)
        with self._said():
            (low,) = cursor.one(f"select {cursor.text(begin)}")
        return _Marked(column, kind, watermark, str(low))

    def _unmarked(self, cursor: Snapshot, marked: _Marked | None, columns: Sequence[str]) -> str | None:
        """A digest of the rows that have no time of change, so that a new one is not passed over for ever."""
        if marked is None:
            return None
        query = f"select {cursor.digest(columns)} from {self._source} where {quoted(marked.column)} is null"
        with self._said():
            (found,) = cursor.one(query)
        return str(found) if found is not None else None

    def _reached(self, cursor: Snapshot, marked: _Marked | None) -> str | None:
        """The newest mark that is not ahead of the database's clock: where the next pull begins."""
        if marked is None:
            return None
        column = quoted(marked.column)
        not_ahead = f"max(case when not {_ahead(cursor, marked)} then {column} end)"
        if marked.kind.unit != "numbers":
            not_ahead = f"coalesce({not_ahead}, {cursor.now(marked.kind)})"
        with self._said():
            (reached,) = cursor.one(f"select {cursor.text(not_ahead)} from {self._source}")
        if marked.watermark is not None and (reached is None or not _not_before(str(reached), marked.watermark)):
            return marked.watermark
        return str(reached) if reached is not None else None

    def _columns(self, cursor: Snapshot) -> list[str]:
        """The declared columns or all; what is acknowledged in is ours, and would make every row differ from itself."""
        declared = self._table.acknowledge
        if self._table.columns:
            return self._table.columns
        with self._said():
            found = cursor.columns(self._source)
        return [name for name in found if declared is None or name != declared.column]

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        place = self._talk.place()
        with ExitStack() as stack:
            with self._said():
                cursor = stack.enter_context(self._talk.database.snapshot(place))
            yield cursor


class _Writer:
    """A Parquet file of texts that grows batch by batch, each written while the next one is fetched."""

    def __init__(self, file: Path, columns: Sequence[str], task: Assignment) -> None:
        self._schema = pa.schema([pa.field(name, pa.string()) for name in columns])
        self._file = file
        self._task = task
        self.rows = 0

    def __enter__(self) -> _Writer:
        self._writer: parquet.ParquetWriter | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pull")
        self._pending: Future[None] | None = None
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._settle()
        finally:
            self._pool.shutdown()
            (self._writer or self._opened(None)).close()

    def write(self, batch: Any) -> None:
        """Add a batch of text columns in the writer's order."""
        if batch.num_rows:
            self._settle()
            rows = pa.RecordBatch.from_arrays(batch.columns, schema=self._schema)
            self._writer = self._writer or self._opened(rows)
            self._pending = self._pool.submit(self._writer.write_batch, rows, ROW_GROUP_ROWS)
            self.rows += batch.num_rows
            self._task.shown.advance(0, f"{self._task.source.id}/{self._task.feed.contract} +{self.rows}")

    def _opened(self, rows: pa.RecordBatch | None) -> parquet.ParquetWriter:
        different = mostly_different(rows) if rows is not None else []
        return parquet.ParquetWriter(
            self._file,
            self._schema,
            compression="zstd",
            compression_level=1,
            write_statistics=False,
            use_dictionary=[name for name in self._schema.names if name not in different],
        )

    def _settle(self) -> None:
        """Wait for the batch that is being written; raises what went wrong with it."""
        if self._pending is not None:
            self._pending.result()


def _filled(template: str, task: Assignment) -> str:
    try:
        return resolved(template, task.environment)
    except KeyError as error:
        raise SystemRefusedError("transports.variable_missing", **task.named(variable=error.args[0])) from error


def _ahead(cursor: Snapshot, marked: _Marked) -> str:
    """A row whose mark is ahead of the clock: it is read each time, and never moves the watermark."""
    return "1 = 0" if marked.kind.unit == "numbers" else f"{quoted(marked.column)} > {cursor.now(marked.kind)}"


def _newest(file: Path, marked: _Marked) -> str | None:
    """The newest mark among the rows of ``file``; None where none has a mark, or the column is not read."""
    kind = pa.decimal128(38, 0) if marked.kind.unit == "numbers" else pa.string()
    with parquet.ParquetFile(file) as rows:
        if marked.column not in rows.schema_arrow.names:
            return None
        batches = rows.iter_batches(columns=[marked.column])
        found = [pc.max(batch.column(0).cast(kind)).as_py() for batch in batches]
    newest = max((mark for mark in found if mark is not None), default=None)
    return None if newest is None else str(newest)


def _not_before(mark: str, low: str) -> bool:
    """Whether ``mark`` is ``low`` or later: whole numbers, or times in ISO form, among which ``infinity`` is last."""
    try:
        return int(mark) >= int(low)
    except ValueError:
        return mark >= low


def _plain(text: str) -> str:
    return " ".join(text.split())[:300]
