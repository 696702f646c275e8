"""A feed read from a PostgreSQL table: one snapshot, streamed into a Parquet file of texts exactly as PostgreSQL writes them.

Text, because it loses nothing (numbers without bounds, ``infinity``, years before 1) and is what checks read anyway. The
other side is only read: the transaction is opened read-only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import duckdb
import pyarrow as pa
import stamina
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi
from pyarrow import parquet

from connectors.transports.declaration import DatabaseWay, Table, resolved
from connectors.transports.errors import SystemAwayError, SystemRefusedError
from connectors.transports.pulling import Assignment, Part, PullState, now, state_of

SUFFIX = ".parquet"
ROW_GROUP_ROWS = 131_072
COMPARE_MEMORY = "600MB"
_TIMES = {"timestamp": "minutes", "timestamptz": "minutes", "date": "days"}
_NUMBERS = {"int2", "int4", "int8"}
# Classes of SQLSTATE in which asking again gives the same: names, rights, values, what a read-only transaction forbids.
_REFUSALS = {"0A", "22", "25", "28", "3D", "3F", "42"}


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
    """The column of change: its name, type in PostgreSQL, and where this pull begins (``low``) and the last one ended."""

    column: str
    kind: str
    watermark: str | None
    low: str | None


class DatabasePull:
    """One snapshot of one table."""

    def __init__(self, way: DatabaseWay, table: Table, task: Assignment) -> None:
        self._way = way
        self._table = table
        self._task = task
        self._address = _filled(way.address, task)
        self._source = ".".join(_quoted(part) for part in table.name.split("."))
        self._file = task.folder / "rows"

    def part(self) -> Part | None:
        """The rows of a snapshot that is taken now."""
        self._task.folder.mkdir(parents=True, exist_ok=True)
        started = now()
        with self._cursor() as cursor:
            columns = self._table.columns or self._columns(cursor)
            marked = self._marked(cursor)
            unmarked = self._unmarked(cursor, marked, columns)
            with _Writer(self._file, columns, self._task) as writer:
                self._copy(cursor, columns, marked, unmarked, writer)
            newest, watermark = self._newest(cursor, marked)
        if writer.rows == 0 and self._is_increment:
            return None
        state = PullState(
            started_at=started,
            since=marked.low if marked else None,
            watermark=watermark,
            newest=newest,
            unmarked=unmarked,
        )
        return Part(self._file, SUFFIX, writer.rows, state)

    @property
    def _is_increment(self) -> bool:
        return self._task.feed.mode == "increment"

    def _copy(
        self,
        cursor: dbapi.Cursor,
        columns: Sequence[str],
        marked: _Marked | None,
        unmarked: str | None,
        writer: _Writer,
    ) -> None:
        """What lies in the overlap is compared with what was delivered; what lies behind it streams through."""
        if marked is None or not self._task.earlier:
            self._select(cursor, columns, "true", writer)
            return
        if unmarked is not None and unmarked != self._before.unmarked:
            self._select(cursor, columns, f"{_quoted(marked.column)} is null", writer)
        if marked.watermark is None:
            self._select(cursor, columns, f"{_quoted(marked.column)} is not null", writer)
            return
        column, limit, low = _quoted(marked.column), _value(marked.watermark, marked), _value(marked.low, marked)
        self._select(cursor, columns, f"{column} > {limit} and not {_ahead(marked)}", writer)
        overlap = f"{column} >= {low} and {column} <= {limit} or {_ahead(marked)}"
        file = self._task.folder / "overlap"
        with _Writer(file, columns, self._task) as again:
            self._select(cursor, columns, overlap, again)
        for batch in self._not_delivered(file, columns, marked):
            writer.write(batch)

    def _select(self, cursor: dbapi.Cursor, columns: Sequence[str], condition: str, writer: _Writer) -> None:
        texts = ", ".join(f"{_quoted(name)}::text as {_quoted(name)}" for name in columns)
        with self._said():
            cursor.execute(f"select {texts} from {self._source} where {condition}")
            batches = cursor.fetch_record_batch()
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
        mark = _quoted(marked.column) if marked.kind in _TIMES else f"try_cast({_quoted(marked.column)} as bigint)"
        reaches = f"{mark} >= {_literal(low) if marked.kind in _TIMES else low}"
        options = {"memory_limit": COMPARE_MEMORY, "temp_directory": str(self._task.folder / "spill")}
        names = ", ".join(_quoted(name) for name in columns)
        with duckdb.connect(config=options) as database:
            query = f"select {names} from read_parquet({_literal(str(file))})"
            for number, digest in enumerate(originals):
                local = self._task.folder / f"earlier-{number}"
                with self._task.original(digest) as stream, local.open("wb") as target:
                    shutil.copyfileobj(stream, target)
                held = set(parquet.read_schema(local).names)
                as_now = ", ".join(_quoted(name) if name in held else f"null as {_quoted(name)}" for name in columns)
                if marked.column in held:
                    query += f" except all select {as_now} from read_parquet({_literal(str(local))}) where {reaches}"
            yield from database.execute(query).fetch_record_batch(ROW_GROUP_ROWS)

    @property
    def _before(self) -> PullState:
        return self._task.state or PullState(started_at=now())

    def _marked(self, cursor: dbapi.Cursor) -> _Marked | None:
        """The column of change and where to begin; None for a full refresh."""
        column = self._table.updated_at
        if column is None or not self._is_increment:
            return None
        with self._said():
            query = f"select format_type(a.atttypid, null), t.typname from pg_attribute a join pg_type t on t.oid = a.atttypid \
                where a.attrelid = {_literal(self._source)}::regclass and a.attname = {_literal(column)} and not a.attisdropped"
            cursor.execute(query)
            found = cursor.fetchone()
            kind = str(found[1]) if found else ""
        if kind not in _TIMES and kind not in _NUMBERS:
            raise SystemRefusedError(
                "transports.no_such_kind", **self._named(), column=column, found=str(found[0]) if found else "-"
            )
        watermark = self._before.watermark
        if watermark is None:
            return _Marked(column, kind, None, None)
        unit = _TIMES.get(kind)
        less = f"interval '{self._table.overlap} {unit}'" if unit else str(self._table.overlap)
        cast = f"({_literal(watermark)}::{kind} - {less})::{kind}::text"
        with self._said():
            cursor.execute(f"select {cast}")
            low = cursor.fetchone()
        return _Marked(column, kind, watermark, str(low[0]) if low else None)

    def _unmarked(self, cursor: dbapi.Cursor, marked: _Marked | None, columns: Sequence[str]) -> str | None:
        """A digest of the rows that have no time of change, so that a new one is not passed over for ever."""
        if marked is None:
            return None
        row = "row(" + ", ".join(_quoted(name) for name in columns) + ")::text"
        digest = f"md5(string_agg(md5({row}), '' order by md5({row})))"
        query = f"select {digest} from {self._source} where {_quoted(marked.column)} is null"
        with self._said():
            cursor.execute(query)
            found = cursor.fetchone()
        return str(found[0]) if found and found[0] is not None else None

    def _newest(self, cursor: dbapi.Cursor, marked: _Marked | None) -> tuple[str | None, str | None]:
        """The newest mark there is, and the newest that is not ahead of the database's clock: where the next pull begins."""
        if marked is None:
            return None, None
        column = _quoted(marked.column)
        with self._said():
            not_ahead = f"max({column}) filter (where not {_ahead(marked)})"
            if marked.kind in _TIMES:
                not_ahead = f"coalesce({not_ahead}, now()::{marked.kind})"
            query = f"select max({column})::text, ({not_ahead})::text from {self._source}"
            cursor.execute(query)
            newest, reached = next(iter(cursor.fetchall()))
        if marked.watermark is not None and (reached is None or not _not_before(str(reached), marked.watermark)):
            reached = marked.watermark
        return newest, reached

    def _columns(self, cursor: dbapi.Cursor) -> list[str]:
        with self._said():
            cursor.execute(f"select * from {self._source} limit 0")
            return list(cursor.fetch_arrow_table().schema.names)

    @contextmanager
    def _cursor(self) -> Iterator[dbapi.Cursor]:
        """A cursor in one read-only snapshot; times are written as in Beijing, in ISO form."""
        with self._said():
            connection = dbapi.connect(self._uri())
        with closing(connection), closing(connection.cursor()) as cursor:
            with self._said():
                for setting in (
                    "set transaction isolation level repeatable read, read only",
                    "set local timezone = 'Asia/Shanghai'",
                    "set local datestyle = 'ISO, YMD'",
                    "set local extra_float_digits = 1",
                ):
                    cursor.execute(setting)
            yield cursor
            connection.rollback()

    def _uri(self) -> str:
        parts = urlsplit(self._address)
        password = self._task.variable(self._way.password_variable) if self._way.password_variable else None
        user = quote(self._task.variable(self._way.user_variable), safe="")
        signed = user if password is None else f"{user}:{quote(password, safe='')}"
        seconds = max(2, round(self._way.patience.timeout_seconds))
        kept = "&".join(
            filter(
                None,
                (parts.query, f"connect_timeout={seconds}", "keepalives_idle=30", f"tcp_user_timeout={seconds}000"),
            )
        )
        return f"{parts.scheme}://{signed}@{parts.netloc}{parts.path}?{kept}"

    @contextmanager
    def _said(self) -> Iterator[None]:
        """What the database says, as an error of ours."""
        try:
            yield
        except (Error, pa.ArrowException, OSError) as error:
            state, detail = str(getattr(error, "sqlstate", None) or ""), _plain(str(error))
            if state[:2] in _REFUSALS:
                raise SystemRefusedError("transports.database_refused", **self._named(), detail=detail) from error
            attempts = self._way.patience.attempts
            raise SystemAwayError(
                "transports.database_away", **self._named(), detail=detail, attempts=attempts
            ) from error

    def _named(self) -> dict[str, object]:
        return self._task.named(address=self._address, table=self._table.name)


class _Writer:
    """A Parquet file of texts that grows batch by batch, each written while the next one is fetched."""

    def __init__(self, file: Path, columns: Sequence[str], task: Assignment) -> None:
        self._schema = pa.schema([pa.field(name, pa.string()) for name in columns])
        self._file = file
        self._task = task
        self.rows = 0

    def __enter__(self) -> _Writer:
        self._writer = parquet.ParquetWriter(self._file, self._schema, compression="zstd", compression_level=1)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pull")
        self._pending: Future[None] | None = None
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._settle()
        finally:
            self._pool.shutdown()
            self._writer.close()

    def write(self, batch: Any) -> None:
        """Add a batch of text columns in the writer's order."""
        if batch.num_rows:
            self._settle()
            rows = pa.RecordBatch.from_arrays(batch.columns, schema=self._schema)
            self._pending = self._pool.submit(self._writer.write_batch, rows, ROW_GROUP_ROWS)
            self.rows += batch.num_rows
            self._task.shown.advance(0, f"{self._task.source.id}/{self._task.feed.contract} +{self.rows}")

    def _settle(self) -> None:
        """Wait for the batch that is being written; raises what went wrong with it."""
        if self._pending is not None:
            self._pending.result()


def _filled(template: str, task: Assignment) -> str:
    try:
        return resolved(template, task.environment)
    except KeyError as error:
        raise SystemRefusedError("transports.variable_missing", **task.named(variable=error.args[0])) from error


def _ahead(marked: _Marked) -> str:
    """A row whose mark is ahead of the clock: it is read each time, and never moves the watermark."""
    return f"{_quoted(marked.column)} > now()" if marked.kind in _TIMES else "false"


def _value(text: str | None, marked: _Marked) -> str:
    return f"{_literal(str(text))}::{marked.kind}"


def _not_before(mark: str, low: str) -> bool:
    """Whether ``mark`` is ``low`` or later: whole numbers, or times in ISO form, among which ``infinity`` is last."""
    try:
        return int(mark) >= int(low)
    except ValueError:
        return mark >= low


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _plain(text: str) -> str:
    return " ".join(text.split())[:300]
