"""MySQL and MariaDB by PyMySQL: rows streamed as the texts that the server writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa
import pymysql
from pymysql.cursors import SSCursor

from connectors.transports.snapshot import Kind, Place, Unit, literal, quoted

BATCH_ROWS = 8_192
_UNITS: dict[str, Unit] = {
    "datetime": "minutes", "timestamp": "minutes", "date": "days",
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint"), "numbers"),
}  # fmt: skip
# Errors of the server after which asking again may help: too many connections, shutdown, network, waits, deadlock, killed.
_PASSING = {1040, 1053, 1158, 1159, 1160, 1161, 1203, 1205, 1213, 1226, 1317, 1412, 1927, 1969, 3024}
_SETTINGS = (
    "set names utf8mb4",
    "set session time_zone = '+08:00'",
    "set session sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
)


@contextmanager
def snapshot(place: Place) -> Iterator[MysqlSnapshot]:
    """A read-only snapshot; times are written as in Beijing."""
    with _connected(place) as cursor:
        cursor.execute("set session transaction isolation level repeatable read")
        cursor.execute("start transaction with consistent snapshot, read only")
        yield MysqlSnapshot(cursor)


def update(place: Place, statements: Sequence[str]) -> None:
    """Run statements in one transaction; times in them are of Beijing."""
    with _connected(place) as cursor:
        cursor.execute("start transaction")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("commit")


def is_trouble(error: Exception) -> bool:
    """Whether an error is the database's."""
    return isinstance(error, pymysql.MySQLError | OSError)


def is_refusal(error: Exception) -> bool:
    """Whether asking again would give the same error; from 2000 to 2999 are errors of the connection."""
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    return code >= 1000 and not 2000 <= code <= 2999 and code not in _PASSING


class MysqlSnapshot:
    """One transaction."""

    def __init__(self, cursor: SSCursor) -> None:
        self._cursor = cursor

    def columns(self, source: str) -> list[str]:
        """As the table has them."""
        self._cursor.execute(f"select * from {source} limit 0")
        names = [str(one[0]) for one in self._cursor.description or ()]
        self._cursor.fetchall()
        return names

    def kind(self, table: str, column: str) -> Kind | None:
        """From the catalogue; fractions of seconds count as the column has them, so that times compare as texts."""
        schema, _, name = table.rpartition(".")
        self._cursor.execute(
            "select data_type, column_type, coalesce(datetime_precision, 0) from information_schema.columns where "
            f"table_schema = {literal(schema) if schema else 'database()'} and table_name = {literal(name)} "
            f"and column_name = {literal(column)}"
        )
        found = self._cursor.fetchall()
        if not found:
            return None
        kind, shown, digits = (str(one) for one in found[0])
        unit = _UNITS.get(kind)
        cast = {"minutes": f"datetime({digits})", "days": "date", "numbers": "signed", None: kind}[unit]
        if "unsigned" in shown:
            cast = "unsigned"
        return Kind(shown, cast, unit)

    def rows(self, query: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Streamed: the server's result is never held as a whole."""
        self._cursor.execute(query)
        while found := self._cursor.fetchmany(BATCH_ROWS):
            cells = [pa.array(cells, pa.string()) for cells in zip(*found, strict=True)]
            yield pa.RecordBatch.from_arrays(cells, names=list(columns))

    def one(self, query: str) -> tuple[Any, ...]:
        """The only row."""
        self._cursor.execute(query)
        return tuple(self._cursor.fetchall()[0])

    def text(self, expression: str) -> str:
        """A cast."""
        return f"cast({expression} as char character set utf8mb4)"

    def typed(self, text: str, kind: Kind) -> str:
        """A cast."""
        return f"cast({literal(text)} as {kind.cast})"

    def less(self, value: str, overlap: int, kind: Kind) -> str:
        """Arithmetic of times and numbers; a number never falls below what an unsigned column holds."""
        if kind.unit == "numbers":
            lowest = 0 if kind.cast == "unsigned" else -(2**63)
            return f"cast(greatest(cast({value} as signed) - {overlap}, {lowest}) as {kind.cast})"
        return f"cast({value} - interval {overlap} {'minute' if kind.unit == 'minutes' else 'day'} as {kind.cast})"

    def now(self, kind: Kind) -> str:
        """The start of the statement."""
        return f"cast(now(6) as {kind.cast})"

    def digest(self, columns: Sequence[str]) -> str:
        """Sums of both halves of the digests of rows: exact, and of any length."""
        cells = ", ".join(f"coalesce({self.text(quoted(name))}, '\x1e')" for name in columns)
        row = f"md5(concat_ws('\x1f', {cells}))"
        halves = (
            f"sum(cast(conv({half}, 16, 10) as decimal(30)))" for half in (f"left({row}, 15)", f"right({row}, 15)")
        )
        return f"nullif(concat_ws('-', count(*), {', '.join(halves)}), '0')"


@contextmanager
def _connected(place: Place) -> Iterator[SSCursor]:
    parts = urlsplit(place.address)
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    connection = pymysql.connect(
        host=parts.hostname or "localhost",
        port=parts.port or 3306,
        user=place.user,
        password=place.password or "",
        database=unquote(parts.path.lstrip("/")) or None,
        unix_socket=options.get("unix_socket"),
        ssl_ca=options.get("ssl_ca"),
        charset="utf8mb4",
        connect_timeout=max(2, round(place.seconds)),
        read_timeout=max(2, round(place.seconds)),
        write_timeout=max(2, round(place.seconds)),
        conv={},
        autocommit=None,
        cursorclass=SSCursor,
    )
    with closing(connection), closing(connection.cursor()) as cursor:
        for setting in _SETTINGS:
            cursor.execute(setting)
        try:
            yield cursor
        except BaseException:
            unread = getattr(cursor, "_result", None)
            if unread is not None:  # closing would read its rows to the end, over a connection that may be gone
                unread.unbuffered_active = False
            raise
