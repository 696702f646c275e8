"""When a record was first shown on a channel: kept beside the releases, and made again from them where it is missing.

Order 45 counts a window from publication, so the day of the release that first held a record decides when it ends. A new
version of the record, under a new id, goes on with that day: what is kept is the record's business key.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.duckdb_extensions import connect, literal
from lake.schema import FIRST_PUBLICATION, FIRST_PUBLICATION_TABLE
from lake.settings import TIME_ZONE
from lake.storage import Storage
from lake.tables import append_once, ensure, has_batch, scan
from publication.dataset import Dataset, load_datasets
from publication.manifest import Manifest
from publication.policy import PUBLIC_CHANNELS
from publication.releases import list_releases, read_pointer, release_folder


def note_first_publications(storage: Storage, warehouse: Path) -> int:
    """Note what each published release was the first to show, oldest first; gives how many records and channels.

    A release that is noted is never read again; the day is that of its manifest, in Beijing. ``warehouse`` knows the
    business keys of the records; without it nothing is noted, and the next call does it.
    """
    current = read_pointer(storage).current
    if current is None or not warehouse.exists() or has_batch(storage, FIRST_PUBLICATION_TABLE, current.version):
        return 0
    ensure(storage, FIRST_PUBLICATION_TABLE, FIRST_PUBLICATION)
    pending = [one for one in list_releases(storage) if not has_batch(storage, FIRST_PUBLICATION_TABLE, one.version)]
    with connect() as connection:
        storage.duckdb_setup(connection)
        connection.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
        return sum(_note(connection, storage, manifest) for manifest in reversed(pending))


def _note(connection: duckdb.DuckDBPyConnection, storage: Storage, manifest: Manifest) -> int:
    known = scan(connection, storage, FIRST_PUBLICATION_TABLE)
    day = manifest.created_at.astimezone(TIME_ZONE).date()
    parts = [
        f"select {literal(dataset.contract)} as contract_id, business_key, record_id, {literal(channel)} as channel"
        f" from ({_shown(storage, manifest, dataset, channel)})"
        f" where not exists (select 1 from {known} as known where known.channel = {literal(channel)}"
        " and (known.business_key = business_key or known.record_id = record_id))"
        for dataset, channel in _datasets(connection, manifest)
    ]
    rows = connection.execute(" union all ".join(parts)).to_arrow_table() if parts else pa.table({})
    nothing = pa.Table.from_pylist([{"release_version": manifest.version}], FIRST_PUBLICATION)
    count = int(rows.num_rows)
    if count:
        columns = [*rows.columns, pa.repeat(pa.scalar(day, pa.date32()), count), pa.repeat(manifest.version, count)]
        rows = pa.table(columns, FIRST_PUBLICATION.names).cast(FIRST_PUBLICATION)
    batches = (rows if count else nothing).to_batches()
    append_once(storage, FIRST_PUBLICATION_TABLE, batches, FIRST_PUBLICATION, manifest.version)
    return count


def _datasets(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> Iterator[tuple[Dataset, str]]:
    """Datasets of the release that say per channel whether a record is shown."""
    released = {dataset.id: {column.name for column in dataset.columns} for dataset in manifest.datasets}
    keyed = {
        f"staging.{name}"
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'staging'"
        ).fetchall()
    }
    for dataset in load_datasets():
        for channel in PUBLIC_CHANNELS:
            if f"{channel}_from_date" in released.get(dataset.id, ()) and dataset.versions_table in keyed:
                yield dataset, channel


def _shown(storage: Storage, manifest: Manifest, dataset: Dataset, channel: str) -> str:
    """Query of the records, and their business keys, that the release shows on the channel."""
    folder = release_folder(manifest.version)
    files = [storage.url(f"{folder}/{file.path}") for file in manifest.files_of(dataset.id, "parquet")]
    if not files:
        return "select null::varchar as record_id, null::varchar as business_key where false"
    return (
        f"select shown.record_id, versions.business_key from read_parquet([{', '.join(map(literal, files))}]) as shown"
        f" left join warehouse.{dataset.versions_table} as versions on shown.record_id = versions.record_id"
        f" where shown.{channel}_from_date is not null"
    )
