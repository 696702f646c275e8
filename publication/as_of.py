"""What was published about a code on a day, with proof: the release, its signed manifest, the file and the row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import duckdb
from pydantic import BaseModel, ConfigDict, Field

from lake.settings import TIME_ZONE
from lake.storage import Storage
from publication.manifest import Manifest, ReleaseDataset, sha256_of
from publication.parts import quoted
from publication.releases import list_releases, release_folder
from publication.render import sql_text
from publication.verify_release import MANIFEST

CODE = "uscc"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class PublishedRow(_Document):
    """A row as it was published: its fields as text by column name, and the file with its digest that holds it."""

    dataset: str
    title: str
    file: str
    sha256: str
    row: dict[str, str | None]
    titles: dict[str, str] = Field(exclude=True)


class PublishedState(_Document):
    """What one release said about the code; ``manifest_sha256`` is what ``manifest.sig`` and the audit chain vouch for.

    ``until`` is when the next release took its place (UTC); None: it is the current one.
    """

    version: str
    since: datetime
    until: datetime | None
    manifest_sha256: str
    signer: str | None
    rows: tuple[PublishedRow, ...]


def as_of(storage: Storage, day: date, code: str) -> list[PublishedState]:
    """What every release that was current at any moment of the day (Beijing) said about the code, oldest first."""
    begin = datetime.combine(day, datetime.min.time(), TIME_ZONE)
    end = begin + timedelta(days=1)
    states: list[PublishedState] = []
    until: datetime | None = None
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        for manifest in list_releases(storage):
            since = manifest.created_at
            if since < end and (until is None or until > begin):
                rows = tuple(_rows(connection, storage, manifest, code))
                states.append(_state(storage, manifest, until, rows))
            until = since
    return states[::-1]


def _state(
    storage: Storage, manifest: Manifest, until: datetime | None, rows: tuple[PublishedRow, ...]
) -> PublishedState:
    return PublishedState(
        version=manifest.version,
        since=manifest.created_at,
        until=until,
        manifest_sha256=sha256_of(storage.read(f"{release_folder(manifest.version)}/{MANIFEST}")),
        signer=manifest.signer.key if manifest.signer else None,
        rows=rows,
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, storage: Storage, manifest: Manifest, code: str
) -> Iterator[PublishedRow]:
    for dataset in manifest.datasets:
        if CODE in {column.name for column in dataset.columns}:
            yield from _rows_of(connection, storage, manifest, dataset, code)


def _rows_of(
    connection: duckdb.DuckDBPyConnection, storage: Storage, manifest: Manifest, dataset: ReleaseDataset, code: str
) -> Iterator[PublishedRow]:
    folder = release_folder(manifest.version)
    files = {storage.url(f"{folder}/{file.path}"): file for file in manifest.files_of(dataset.id, "parquet")}
    if not files:
        return
    names = [column.name for column in dataset.columns]
    values = ", ".join(f"{quoted(name)}::varchar" for name in names)
    relation = f"read_parquet([{', '.join(map(sql_text, files))}], filename = true)"
    query = f"select filename, {values} from {relation} where {quoted(CODE)} = ? order by all"
    for name, *row in connection.execute(query, [code]).fetchall():
        file = files[name]
        yield PublishedRow(
            dataset=dataset.id,
            title=dataset.title,
            file=file.path,
            sha256=file.sha256,
            row=dict(zip(names, row, strict=True)),
            titles={column.name: column.title for column in dataset.columns},
        )
