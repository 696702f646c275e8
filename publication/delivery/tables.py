"""Deliveries as rows of a front-end database (前置库): one row a key, in one transaction per table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote, urlsplit

import pyarrow as pa
import stamina
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi

from connectors.transports.declaration import resolved
from connectors.transports.errors import SystemAwayError, SystemRefusedError
from publication.delivery.declaration import DatabaseDestination, TableItem
from publication.delivery.receipts import Unit
from publication.delivery.rows import Selection
from publication.delivery.sending import Errand, unit_name
from publication.parts import quoted

BATCH_ROWS = 20_000
STAGE = "creditlake_delivery"
# Classes of SQLSTATE in which sending again gives the same: names, rights, values, constraints.
REFUSALS = {"0A", "22", "23", "28", "3D", "3F", "42"}


class TablesOut:
    """Writes rows by key: sending twice leaves what sending once leaves."""

    def __init__(self, destination: DatabaseDestination, errand: Errand) -> None:
        self._destination = destination
        self._errand = errand

    def send(self, number: int, selection: Selection) -> Iterator[Unit]:
        """All rows of the item in one transaction."""
        item = self._destination.items[number]
        name = unit_name(item.table)
        yield self._errand.once(name, lambda: Unit(name=name, rows=self._with_patience(item, selection)))

    def _with_patience(self, item: TableItem, selection: Selection) -> int:
        patience = self._destination.way_out.patience
        for attempt in stamina.retry_context(
            on=SystemAwayError,
            attempts=patience.attempts,
            timeout=None,
            wait_max=max(1.0, patience.longest_wait_seconds),
        ):
            with attempt:
                return self._write(item, selection)
        raise AssertionError("unreachable")

    def _write(self, item: TableItem, selection: Selection) -> int:
        columns = self._columns(item, selection)
        rows = 0
        try:
            with closing(dbapi.connect(self._address())) as connection, closing(connection.cursor()) as cursor:
                for batch in self._batches(item, selection, list(columns)):
                    cursor.adbc_ingest(STAGE, batch, mode="create_append", temporary=True)
                    rows += batch.num_rows
                if rows:
                    self._merge(cursor, item, columns, len(selection.dataset.key))
                connection.commit()
        except Error as error:
            state = str(getattr(error, "sqlstate", "") or "")
            kind, code = (SystemRefusedError, "refused") if state[:2] in REFUSALS else (SystemAwayError, "away")
            raise kind(
                f"delivery.database_{code}",
                destination=self._destination.id,
                table=item.table,
                detail=str(error).split("\n")[0][:300],
            ) from error
        return rows

    def _columns(self, item: TableItem, selection: Selection) -> dict[str, str]:
        """Their column to ours, keys first."""
        theirs = {ours: heading for heading, ours in item.columns.items()}
        keys = {theirs.get(name, name): name for name in selection.dataset.key}
        return {**keys, **{heading: ours for heading, ours in item.columns.items() if heading not in keys}}

    def _batches(self, item: TableItem, selection: Selection, names: list[str]) -> Iterator[pa.RecordBatch]:
        more = [item.flag, *([item.release] if item.release else [])]
        schema = pa.schema([(name, pa.string()) for name in [*names, *more]])
        ours = list(self._columns(item, selection).values())
        for part in selection.parts:
            rows: list[list[str | None]] = []
            for row in selection.rows(part):
                values = {**row.values, **row.key}
                extra = [getattr(item.flags, row.kind), *([self._errand.begun.release] if item.release else [])]
                rows.append([*(values[name] for name in ours), *extra])
                if len(rows) == BATCH_ROWS:
                    yield _batch(schema, rows)
                    rows = []
            if rows:
                yield _batch(schema, rows)

    def _merge(self, cursor: dbapi.Cursor, item: TableItem, columns: dict[str, str], keys: int) -> None:
        """Update by key what is there, insert what is not; a removed row keeps its key and flag, its content is emptied."""
        table = ".".join(quoted(part) for part in item.table.split("."))
        names = [*columns, item.flag, *([item.release] if item.release else [])]
        types = self._types(cursor, item, names)
        values = {name: f"s.{quoted(name)}::{types[name]}" for name in names}
        same = " and ".join(f"t.{quoted(name)} = {values[name]}" for name in names[:keys])
        settings = ", ".join(f"{quoted(name)} = {values[name]}" for name in names[keys:])
        cursor.execute(f"update {table} as t set {settings} from {STAGE} as s where {same}")
        cursor.execute(
            f"insert into {table} ({', '.join(map(quoted, names))}) select {', '.join(values.values())} from {STAGE} as s "
            f"where not exists (select 1 from {table} as t where {same})"
        )

    def _types(self, cursor: dbapi.Cursor, item: TableItem, names: list[str]) -> dict[str, str]:
        """Types of their columns; raises ``SystemRefusedError`` for one that their table lacks."""
        table = ".".join(quoted(part) for part in item.table.split("."))
        cursor.execute(
            "select attname::text, format_type(atttypid, atttypmod) from pg_attribute "
            f"where attrelid = '{table.replace(chr(39), chr(39) * 2)}'::regclass and attnum > 0 and not attisdropped"
        )
        found = dict(cursor.fetchall())
        for name in names:
            if name not in found:
                raise SystemRefusedError(
                    "delivery.table_column_missing",
                    destination=self._destination.id,
                    table=item.table,
                    column=name,
                    found=", ".join(found),
                )
        return found

    def _address(self) -> str:
        way = self._destination.way_out
        parts = urlsplit(resolved(way.address, self._errand.environment))
        user = quote(self._errand.variable(way.user_variable), safe="")
        password = self._errand.variable(way.password_variable) if way.password_variable else None
        signed = user if password is None else f"{user}:{quote(password, safe='')}"
        seconds = max(2, round(way.patience.timeout_seconds))
        waits = f"connect_timeout={seconds}&tcp_user_timeout={seconds}000"
        return f"{parts.scheme}://{signed}@{parts.netloc}{parts.path}?{parts.query}{'&' if parts.query else ''}{waits}"


def _batch(schema: pa.Schema, rows: list[list[str | None]]) -> pa.RecordBatch:
    arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
