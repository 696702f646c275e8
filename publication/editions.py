"""Two editions of what is published: one for everybody, one of what named departments may see.

Each is a chain of releases of its own with manifests, signatures, notices and audit chain. That for departments lies under
``departments/`` of the lake, so that a reader who may read ``releases/`` sees nothing of it; a department is given its own rows
alone, by a delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import duckdb

from lake.settings import Settings
from lake.storage import Storage, open_storage
from publication.dataset import ROOM, Dataset, load_datasets
from publication.parts import quoted
from publication.publish import WAREHOUSE, Options
from publication.releases import manifest_of, read_pointer, release_folder
from publication.render import sql_text

EditionName = Literal["public", "departments"]
DEPARTMENTS: EditionName = "departments"
EDITIONS: tuple[EditionName, ...] = ("public", DEPARTMENTS)


def storage_of(lake: Storage, edition: EditionName) -> Storage:
    """Where the releases of an edition lie; its work folder too is one of its own."""
    if edition != DEPARTMENTS:
        return lake
    settings = lake.settings.model_copy(update={"work_dir": lake.settings.work_dir / DEPARTMENTS})
    return open_storage(settings, lake.url(DEPARTMENTS))


def department_datasets() -> tuple[Dataset, ...]:
    """The datasets of the edition for departments."""
    return load_datasets(ROOM / "department_datasets.yaml")


def options_of(settings: Settings, edition: EditionName) -> Options:
    """What an edition is made of: its datasets, from the installation's warehouse."""
    if edition != DEPARTMENTS:
        return Options()
    return replace(Options(), datasets=department_datasets(), warehouse=settings.work_dir / WAREHOUSE)


def has_anything(settings: Settings, edition_storage: Storage) -> bool:
    """Whether the edition for departments was ever published, or the warehouse holds a row for it."""
    if read_pointer(edition_storage).current is not None:
        return True
    warehouse = settings.work_dir / WAREHOUSE
    if not warehouse.exists():
        return False
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        known = {
            (str(schema), str(table))
            for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        }
        held = [one for one in department_datasets() if (one.schema_name, one.table_name) in known]
        return any(connection.execute(f"select 1 from {one.table} limit 1").fetchone() for one in held)


def records_of(storage: Storage, datasets: Sequence[Dataset], records: Sequence[str]) -> tuple[str, ...]:
    """Those of the records that the current release of an edition holds in any of the datasets."""
    manifest = manifest_of(storage, read_pointer(storage))
    if manifest is None or not records:
        return ()
    ids, folder, found = ", ".join(map(sql_text, records)), release_folder(manifest.version), set[str]()
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        for dataset in datasets:
            files = manifest.files_of(dataset.id, "parquet")
            if files:
                places = ", ".join(sql_text(storage.url(f"{folder}/{file.path}")) for file in files)
                key = quoted(dataset.key[0])
                query = f"select distinct {key} from read_parquet([{places}]) where {key} in ({ids})"
                found |= {str(row[0]) for row in connection.execute(query).fetchall()}
    return tuple(record for record in records if record in found)
