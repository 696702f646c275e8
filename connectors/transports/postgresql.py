"""PostgreSQL by ADBC: ``COPY`` in binary, streamed into Arrow batches inside a transaction of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import pyarrow as pa
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi

from connectors.transports.snapshot import Kind, Place, Unit, literal, quoted, quoted_table

_UNITS: dict[str, Unit] = {
    "timestamp": "minutes", "timestamptz": "minutes", "date": "days", "int2": "numbers", "int4": "numbers", "int8": "numbers",
}  # fmt: skip
# Classes of SQLSTATE in which asking again gives the same: names, rights, values, what a read-only transaction forbids.
_REFUSALS = {"0A", "22", "25", "28", "3D", "3F", "42"}


@contextmanager
def snapshot(place: Place) -> Iterator[PostgresqlSnapshot]:
    """A read-only snapshot; times are written as in Beijing, in ISO form."""
    with closing(dbapi.connect(_uri(place))) as connection, closing(connection.cursor()) as cursor:
        for setting in (
            "set transaction isolation level repeatable read, read only",
            "set local timezone = 'Asia/Shanghai'",
            "set local datestyle = 'ISO, YMD'",
            "set local extra_float_digits = 1",
        ):
            cursor.execute(setting)
        yield PostgresqlSnapshot(cursor)
        connection.rollback()


def update(place: Place, statements: Sequence[str]) -> None:
    """Run statements in one transaction; times in them are of Beijing."""
    with closing(dbapi.connect(_uri(place))) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("set local timezone = 'Asia/Shanghai'")
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


def is_trouble(error: Exception) -> bool:
    """Whether an error is the database's."""
    return isinstance(error, Error | pa.ArrowException | OSError)


def is_refusal(error: Exception) -> bool:
    """Whether asking again would give the same error."""
    return str(getattr(error, "sqlstate", None) or "")[:2] in _REFUSALS


class PostgresqlSnapshot:
    """One transaction."""

    def __init__(self, cursor: dbapi.Cursor) -> None:
        self._cursor = cursor

    def columns(self, source: str) -> list[str]:
        """As the table has them."""
        self._cursor.execute(f"select * from {source} limit 0")
        return list(self._cursor.fetch_arrow_table().schema.names)

    def kind(self, table: str, column: str) -> Kind | None:
        """From the catalogue."""
        self._cursor.execute(
            f"select format_type(a.atttypid, null), t.typname from pg_attribute a join pg_type t on t.oid = a.atttypid \
            where a.attrelid = {literal(quoted_table(table))}::regclass and a.attname = {literal(column)} and not a.attisdropped"
        )
        found = self._cursor.fetchone()
        return Kind(str(found[0]), str(found[1]), _UNITS.get(str(found[1]))) if found else None

    def rows(self, query: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Streamed."""
        del columns
        self._cursor.execute(query)
        yield from self._cursor.fetch_record_batch()

    def one(self, query: str) -> tuple[Any, ...]:
        """The only row."""
        self._cursor.execute(query)
        return tuple(next(iter(self._cursor.fetchall())))

    def text(self, expression: str) -> str:
        """A cast."""
        return f"({expression})::text"

    def typed(self, text: str, kind: Kind) -> str:
        """A cast."""
        return f"{literal(text)}::{kind.cast}"

    def less(self, value: str, overlap: int, kind: Kind) -> str:
        """Arithmetic of times and numbers."""
        amount = str(overlap) if kind.unit == "numbers" else f"interval '{overlap} {kind.unit}'"
        return f"({value} - {amount})::{kind.cast}"

    def now(self, kind: Kind) -> str:
        """The start of the transaction."""
        return f"now()::{kind.cast}"

    def digest(self, columns: Sequence[str]) -> str:
        """Digests of rows, sorted."""
        row = "row(" + ", ".join(quoted(name) for name in columns) + ")::text"
        return f"md5(string_agg(md5({row}), '' order by md5({row})))"


def _uri(place: Place) -> str:
    parts = urlsplit(place.address)
    user = quote(place.user, safe="")
    signed = user if place.password is None else f"{user}:{quote(place.password, safe='')}"
    seconds = max(2, round(place.seconds))
    limits = (f"connect_timeout={seconds}", "keepalives_idle=30", f"tcp_user_timeout={seconds}000")
    return f"{parts.scheme}://{signed}@{parts.netloc}{parts.path}?{'&'.join(filter(None, (parts.query, *limits)))}"
