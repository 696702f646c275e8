"""One Delta copy of a model: what differs between the two, and the commit that ends the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from lake.duckdb_extensions import literal
from lake.schema import TIMESTAMP
from lake.settings import Settings
from lake.storage import Storage
from lake.tables import apply_changes, ensure, overwrite_once, scan

ROWS_PER_BATCH = 65_536


@dataclass(frozen=True)
class Remembered:
    """The Delta version whose digests we hold, and the build it shows."""

    version: int | None
    build_id: str


@dataclass(frozen=True)
class Difference:
    """Rows by which a copy differs from its model."""

    added: int
    replaced: int
    removed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.added + self.replaced + self.removed

    @property
    def counts(self) -> dict[str, int]:
        """By kind."""
        return {"added": self.added, "replaced": self.replaced, "removed": self.removed}


@dataclass(frozen=True)
class TableCopy:
    """A model of the warehouse (``schema/model``) and its Delta table of the same path; ``keys`` are never null."""

    connection: duckdb.DuckDBPyConnection
    storage: Storage
    table: str
    keys: tuple[str, ...]

    @property
    def relation(self) -> str:
        """The model in SQL."""
        return self.table.replace("/", ".")

    @property
    def digests(self) -> str:
        """Keys and row digests of what Delta holds, in SQL."""
        return f"exported.main.{self.table.split('/')[1]}"

    @property
    def key_list(self) -> str:
        """The key columns in SQL."""
        return ", ".join(self.keys)

    def columns(self, relation: str) -> list[str]:
        """Names of a relation's columns."""
        return [str(row[0]) for row in self.connection.execute(f"describe from {relation}").fetchall()]

    def has_other_columns(self) -> bool:
        """Whether the Delta table was made for other columns."""
        return self.columns(self.relation) != self.columns(scan(self.connection, self.storage, self.table))

    def digest(self) -> str:
        """MD5 over all values of a row, in SQL; null and empty differ."""
        names = self.columns(self.relation)
        values = ", ".join(f'coalesce(cast("{name}" as varchar), chr(30))' for name in names)
        return f"md5(concat_ws(chr(31), {values}))"

    def difference(self, *, only_changes: bool) -> Difference:
        """Compare the model with what Delta holds, only where the last build touched it if ``only_changes``.

        The rows that differ are then in the temporary table ``difference`` (keys, row_digest, kind).
        """
        key, name = self.keys[0], self.table.split("/")[1]
        touched = f"where {key} in (select {key} from changes.{name})" if only_changes else ""
        joined = " and ".join(f"model.{one} = copy.{one}" for one in self.keys)
        keys = ", ".join(f"coalesce(model.{one}, copy.{one}) as {one}" for one in self.keys)
        self.connection.execute(f"""
            create or replace temporary table difference as
            select {keys}, model.row_digest,
                case when copy.{key} is null then 'added' when model.{key} is null then 'removed'
                    else 'replaced' end as kind
            from (select {self.key_list}, {self.digest()} as row_digest
                  from {self.relation} {touched}) as model
            full outer join (select * from {self.digests} {touched}) as copy on {joined}
            where model.row_digest is distinct from copy.row_digest""")
        found = self.connection.execute("select kind, count(*) from difference group by kind").fetchall()
        counts = {str(kind): int(count) for kind, count in found}
        return Difference(counts.get("added", 0), counts.get("replaced", 0), counts.get("removed", 0))

    def create(self) -> None:
        """Make the empty Delta table."""
        ensure(self.storage, self.table, self._reader(f"from {self.relation} limit 0").schema)

    def commit(self, transaction: str) -> bool:
        """Write the rows of the table ``difference`` in one commit; False when another machine wrote under this name before."""
        gone = self._reader(f"select {self.key_list} from difference where kind = 'removed'").read_all()
        # Merged even when rows are only added: two machines' appends would both land, two merges conflict.
        rows = self._reader(f"""select model.* from {self.relation} as model
            semi join (from difference where kind <> 'removed') as changed using ({self.key_list})""")
        return apply_changes(self.storage, self.table, list(self.keys), rows.read_all(), gone, transaction)

    def overwrite(self, transaction: str) -> None:
        """Write all rows anew, with the model's columns, in one commit."""
        rows = self._reader(f"from {self.relation}")
        overwrite_once(self.storage, self.table, rows, rows.schema, transaction)

    def _reader(self, query: str) -> pa.RecordBatchReader:
        """Rows of a query with moments in UTC, as Delta keeps them."""
        found = self.connection.execute(query).fetch_record_batch(ROWS_PER_BATCH)
        schema = pa.schema([_in_utc(field) for field in found.schema])
        return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in found))


def _in_utc(field: Any) -> Any:
    return pa.field(field.name, TIMESTAMP) if pa.types.is_timestamp(field.type) else field


class Memory:
    """Digests of what each Delta copy holds, in a file beside the warehouse; it can be deleted at any time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        self.connection = connection
        file = settings.work_dir / "exported.duckdb"
        connection.execute(f"attach {literal(str(file))} as exported (read_write)")
        connection.execute(
            "create table if not exists exported.main.remembered"
            " (path varchar primary key, version bigint, build varchar)"
        )

    def of(self, copy: TableCopy) -> Remembered:
        """What is remembered of a copy."""
        found = self.connection.execute(
            "select version, build from exported.main.remembered where path = ?", [copy.table]
        ).fetchone()
        return Remembered(None if found is None else int(found[0]), "" if found is None else str(found[1]))

    def forget(self, copy: TableCopy) -> None:
        """Remember nothing of a copy: what Delta holds is read again."""
        self.connection.execute("delete from exported.main.remembered where path = ?", [copy.table])

    def learn(self, copy: TableCopy) -> None:
        """Read the digests from Delta; until ``keep`` nothing is remembered of this copy."""
        self.forget(copy)
        source = scan(self.connection, copy.storage, copy.table)
        self.connection.execute(
            f"create or replace table {copy.digests} as"
            f" select {copy.key_list}, {copy.digest()} as row_digest from {source}"
        )

    def keep(self, copy: TableCopy, remembered: Remembered) -> None:
        """The copy now holds what ``difference`` said, as ``remembered``; one transaction."""
        matched = " and ".join(f"copy.{key} = difference.{key}" for key in copy.keys)
        self.connection.execute("begin")
        self.connection.execute(f"delete from {copy.digests} as copy using difference where {matched}")
        self.connection.execute(
            f"insert into {copy.digests} select {copy.key_list}, row_digest from difference where kind <> 'removed'"
        )
        self.connection.execute(
            "insert or replace into exported.main.remembered values (?, ?, ?)",
            [copy.table, remembered.version, remembered.build_id],
        )
        self.connection.execute("commit")
