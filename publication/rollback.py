"""Rollback: the content of an older release, decided again at today's clock, as a new release.

What was since withdrawn, repaired, held or ended stays out; readers never see the older release itself. A record is told by
its business key, so that one delivered anew under another id is decided by what is known of it today. A record that no source
delivers any more stands by the windows in its row.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from lake.errors import TerminalError
from lake.progress import Progress
from lake.settings import TIME_ZONE, Settings
from lake.storage import Storage
from publication.dataset import Dataset
from publication.difference import side_of
from publication.manifest import Approver, Manifest, PublishResult
from publication.parts import quoted
from publication.publish import WAREHOUSE, Approve, Options, publish
from publication.releases import release_folder, show_release
from publication.render import sql_text

DECISIONS = "now.publicity.publicity_decision"
LEFT_OUT = "left_out"
DECISION_COLUMNS = ("record_id", "contract_id", "business_key", "channel", "is_published", "end_class")
WINDOW_COLUMNS = ("from_date", "to_date", "detail_level", "rule_id", "mark")


@dataclass(frozen=True)
class _Old:
    """One dataset of the older release and its rows in SQL."""

    dataset: Dataset
    columns: tuple[str, ...]
    rows: str

    @property
    def channels(self) -> list[str]:
        """The channels whose windows its rows tell."""
        ends = [name.removesuffix("_to_date") for name in self.columns if name.endswith("_to_date")]
        return [channel for channel in ends if f"{channel}_from_date" in self.columns]


def rollback(
    settings: Settings,
    storage: Storage,
    version: str,
    run_id: str,
    progress: Progress,
    approve: Approve | None = None,
    *,
    approver: Approver,
    options: Options | None = None,
) -> PublishResult:
    """Release the content of ``version`` again, as far as it may be shown today; raises ``TerminalError`` as ``publish`` does.

    The next ``publish`` releases what the warehouse holds: whatever was wrong is to be mended before it.
    """
    chosen = options or Options()
    old = show_release(storage, version)
    today = chosen.clock().astimezone(TIME_ZONE).date()
    with _folder(storage) as folder:
        file = folder / WAREHOUSE
        with _connection(storage, settings.work_dir / WAREHOUSE, file) as connection:
            _decide_again(connection, storage, old, chosen.datasets, today)
            _take_decisions(connection, chosen.datasets)
        held = tuple(one for one in chosen.datasets if side_of(old, one.id).dataset is not None)
        again = replace(chosen, warehouse=file, content_of=old.version, datasets=held)
        return publish(settings, storage, run_id, progress, approve, approver=approver, options=again)


@contextmanager
def _folder(storage: Storage) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rollback-", dir=storage.temporary_directory()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _connection(storage: Storage, warehouse: Path, file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if not warehouse.exists():
        raise TerminalError("publication.warehouse_missing", path=warehouse)
    with duckdb.connect(file) as connection:
        storage.duckdb_setup(connection)
        connection.execute(f"attach {sql_text(str(warehouse))} as now (read_only)")
        connection.execute("set timezone = 'Asia/Shanghai'")
        yield connection


def _decide_again(
    connection: duckdb.DuckDBPyConnection, storage: Storage, old: Manifest, datasets: Sequence[Dataset], today: date
) -> None:
    """Make the tables of the datasets, records first: a profile whose enterprise has a record left out is today's."""
    connection.execute(f"create temp table {LEFT_OUT} (code varchar)")
    for dataset in sorted(datasets, key=lambda one: one.is_profile):
        found = _old_rows(storage, old, dataset)
        if found is None:
            continue
        connection.execute(f"create schema if not exists {dataset.schema_name}")
        make = _make_profiles if dataset.is_profile else _make_records
        make(connection, found, today)
        whole = next((one for one in datasets if one.id == dataset.part_of), None)
        if whole is not None:
            [record] = whole.key
            left = f"select {quoted(record)} from {whole.table}"
            connection.execute(f"delete from {dataset.table} where {quoted(dataset.key[0])} not in ({left})")


def _take_decisions(connection: duckdb.DuckDBPyConnection, datasets: Sequence[Dataset]) -> None:
    """What notices are told from: today's decisions, and the business keys of records."""
    versions = sorted({one.versions_table for one in datasets if not one.is_profile})
    for table in ["publicity.publicity_decision", *(name for name in versions if _has(connection, name))]:
        names = _columns(connection, f"now.{table}") & set(DECISION_COLUMNS)
        connection.execute(f"create schema if not exists {table.split('.')[0]}")
        connection.execute(f"create table {table} as select {', '.join(sorted(names))} from now.{table}")


def _old_rows(storage: Storage, old: Manifest, dataset: Dataset) -> _Old | None:
    side = side_of(old, dataset.id)
    files = old.files_of(dataset.id, "parquet")
    if side.dataset is None or not files:
        return None
    urls = ", ".join(sql_text(storage.url(f"{release_folder(old.version)}/{file.path}")) for file in files)
    return _Old(dataset, tuple(side.columns), f"read_parquet([{urls}])")


def _make_records(connection: duckdb.DuckDBPyConnection, old: _Old, today: date) -> None:
    dataset, key = old.dataset, quoted(old.dataset.key[0])
    windows = " or ".join(_shown(channel, today) for channel in old.channels) or "true"
    connection.execute(f"create or replace temp table decided as {_decided(connection, dataset, key)}")
    connection.execute(f"""
        create or replace temp table judged as
        select o.*, coalesce(d.is_published, {windows}) as stays
        from {old.rows} as o left join decided as d using ({key})""")
    current = f"now.{dataset.table}"
    has_current = _has(connection, dataset.table)
    known = _columns(connection, current) if has_current else set()
    values = ", ".join(_value(name, old, known, today) for name in old.columns)
    same = " and ".join(f"o.{quoted(name)} = c.{quoted(name)}" for name in dataset.key)
    joined = f"left join {current} as c on {same}" if has_current else ""
    connection.execute(f"create table {dataset.table} as select {values} from judged as o {joined} where o.stays")
    if dataset.code in old.columns:
        connection.execute(f"insert into {LEFT_OUT} select {quoted(dataset.code)} from judged where not stays")


def _decided(connection: duckdb.DuckDBPyConnection, dataset: Dataset, key: str) -> str:
    """SQL of key and whether any channel shows the record today, by its business key where it was delivered anew."""
    if not _has(connection, "publicity.publicity_decision"):
        raise TerminalError("publication.no_decisions")
    # What departments alone may see today is not for everybody.
    channels = ", ".join(map(sql_text, dataset.channels))
    own = f"d.contract_id = {sql_text(dataset.contract)} and d.channel in ({channels})"
    by_id = f"select d.record_id as {key}, d.is_published from {DECISIONS} d where {own}"
    versions = dataset.versions_table
    if _has(connection, versions):
        by_id += (
            f" union all select v.record_id, d.is_published from now.{versions} v join {DECISIONS} d "
            f"on v.business_key = d.business_key where {own}"
        )
    return f"select {key}, bool_or(is_published) as is_published from ({by_id}) group by 1"


def _value(name: str, old: _Old, known: set[str], today: date) -> str:
    """A column as it was; of a window what holds today, and nothing of a channel that shows the record no more."""
    column = quoted(name)
    channel = next((one for one in old.channels if name.startswith(f"{one}_")), None)
    if channel is None or name.removeprefix(f"{channel}_") not in WINDOW_COLUMNS:
        return f"o.{column}"
    as_it_was = f"case when {_shown(channel, today, 'o.')} then o.{column} end"
    if name not in known:
        return f"{as_it_was} as {column}"
    key = quoted(old.dataset.key[0])
    return f"case when c.{key} is not null then c.{column} else {as_it_was} end as {column}"


def _shown(channel: str, today: date, alias: str = "") -> str:
    starts, ends = f"{alias}{quoted(f'{channel}_from_date')}", f"{alias}{quoted(f'{channel}_to_date')}"
    return f"coalesce({starts} <= date '{today}' and coalesce({ends} > date '{today}', true), false)"


def _make_profiles(connection: duckdb.DuckDBPyConnection, old: _Old, today: date) -> None:  # noqa: ARG001
    """Profiles as they were; of an enterprise with a record left out, and of one in neither, what is known today."""
    dataset, key = old.dataset, quoted(old.dataset.key[0])
    connection.execute(
        f"create table {dataset.table} as select * from {old.rows} where {key} not in ({_codes_left_out()})"
    )
    if _has(connection, dataset.table):
        connection.execute(
            f"insert into {dataset.table} by name select {', '.join(_common(connection, old))} from now.{dataset.table} "
            f"where {key} in ({_codes_left_out()})"
        )


def _codes_left_out() -> str:
    return f"select code from {LEFT_OUT} where code is not null"


def _common(connection: duckdb.DuckDBPyConnection, old: _Old) -> list[str]:
    known = _columns(connection, f"now.{old.dataset.table}")
    return [quoted(name) for name in old.columns if name in known]


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> set[str]:
    return {str(row[0]) for row in connection.execute(f"describe {relation}").fetchall()}


def _has(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    schema, name = table.split(".", 1)
    query = (
        "select 1 from information_schema.tables where table_catalog = 'now' and table_schema = ? and table_name = ?"
    )
    return connection.execute(query, [schema, name]).fetchone() is not None
