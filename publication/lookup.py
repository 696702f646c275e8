"""The SQLite file for point look-ups of profiles by code and by name.

A full file is written by DuckDB's SQLite extension (1.1 million rows × 24 columns with both indexes: 6 s, against 19 s
row by row from Python). When few rows changed, the file of the release before is copied and only those rows replaced.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.duckdb_extensions import load_extension
from publication.dataset import Dataset
from publication.manifest import ReleaseColumn
from publication.parts import quoted
from publication.render import ROWS_OF_PART, sql_text, text_expression

PAGE_BYTES = 8_192
NAME_COLUMN = "enterprise_name"
EXTENSION = "sqlite_scanner"


class NewLookup:
    """A new SQLite file that takes relations one after the other, in their order, and gets its indexes at the end.

    ``connection`` is used by nobody else until the file is closed.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, dataset: Dataset, columns: Sequence[ReleaseColumn], path: Path
    ) -> None:
        self._connection, self._dataset, self._columns, self._path = connection, dataset, columns, path
        self._is_begun = False

    def __enter__(self) -> NewLookup:
        _prepare(self._path)
        load_extension(self._connection, EXTENSION)
        self._connection.execute(f"attach {sql_text(str(self._path))} as lookup (type sqlite)")
        self._connection.execute("begin")
        return self

    def add(self, relation: str) -> None:
        """Write all rows of a relation behind those that are there."""
        values = ", ".join(f"{_value(column)} as {quoted(column.name)}" for column in self._columns)
        table = f"lookup.{self._dataset.table_name}"
        to = f"insert into {table}" if self._is_begun else f"create table {table} as"
        self._connection.execute(f"{to} select {values} from {relation}")
        self._is_begun = True

    def add_rows(self, rows: pa.Table) -> None:
        """Write rows in memory behind those that are there."""
        self._connection.register(ROWS_OF_PART, rows)
        self.add(ROWS_OF_PART)
        self._connection.unregister(ROWS_OF_PART)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._connection.execute("rollback" if kind else "commit")
        self._connection.execute("detach lookup")
        if kind:
            return
        with sqlite3.connect(self._path) as database:
            _fast(database)
            _add_indexes(database, self._dataset, self._columns)
            _add_dictionary(database, self._columns)
        database.close()


@dataclass(frozen=True)
class Changes:
    """Two relations: the rows that are new or changed, and the keys of those that are gone."""

    changed: str
    removed: str


def update_lookup(
    connection: duckdb.DuckDBPyConnection,
    changes: Changes,
    dataset: Dataset,
    columns: Sequence[ReleaseColumn],
    path: Path,
) -> None:
    """Apply ``changes`` to the SQLite file at ``path``."""
    keys = ", ".join(quoted(name) for name in dataset.key)
    values = ", ".join(_value(column) for column in columns)
    by_key = " and ".join(f"{quoted(name)} = ?" for name in dataset.key)
    table = quoted(dataset.table_name)
    with sqlite3.connect(path) as database:
        _fast(database)
        # what was taken down must not stay readable in free pages of the file
        database.execute("pragma secure_delete = on")
        gone = connection.execute(f"select {keys} from {changes.removed} order by all").fetchall()
        database.executemany(f"delete from {table} where {by_key}", gone)
        rows = connection.execute(f"select {values} from {changes.changed} order by all").fetchall()
        marks = ", ".join("?" * len(columns))
        database.executemany(f"insert or replace into {table} values ({marks})", rows)
    database.close()


def _prepare(path: Path) -> None:
    """An empty file with our page size: the page size can only be chosen before the first table."""
    database = sqlite3.connect(path)
    database.execute(f"pragma page_size = {PAGE_BYTES}")
    database.execute("vacuum")
    database.close()


def _fast(database: sqlite3.Connection) -> None:
    """No journal: the file is not seen by anybody before it is complete, and a broken one is thrown away."""
    database.execute("pragma journal_mode = off")
    database.execute("pragma synchronous = off")
    database.execute("pragma cache_size = -65536")


def _value(column: ReleaseColumn) -> str:
    """Numbers stay numbers, yes/no becomes 1/0, all else is text as people read it."""
    name = quoted(column.name)
    if column.type == "BOOLEAN":
        return f"{name}::tinyint"
    if column.type.startswith(("DECIMAL", "FLOAT")):
        return f"{name}::double"
    if column.type == "HUGEINT":
        return f"{name}::bigint"
    return name if column.type in {"DOUBLE", "TINYINT", "SMALLINT", "INTEGER", "BIGINT"} else text_expression(column)


def _add_indexes(database: sqlite3.Connection, dataset: Dataset, columns: Sequence[ReleaseColumn]) -> None:
    table = quoted(dataset.table_name)
    key = ", ".join(quoted(name) for name in dataset.key)
    database.execute(f"create unique index lookup_by_key on {table} ({key})")
    if any(column.name == NAME_COLUMN for column in columns):
        database.execute(f"create index lookup_by_name on {table} ({quoted(NAME_COLUMN)})")


def _add_dictionary(database: sqlite3.Connection, columns: Sequence[ReleaseColumn]) -> None:
    database.execute("create table data_dictionary (name text primary key, title text, type text, description text)")
    database.executemany(
        "insert into data_dictionary values (?, ?, ?, ?)",
        [(column.name, column.title, column.type, column.description) for column in columns],
    )
