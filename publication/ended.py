"""Rows of a release whose windows, as that release told its readers, are over: they leave by the clock and by nothing else."""

from __future__ import annotations

from datetime import date

import duckdb

from lake.storage import Storage
from publication.dataset import Dataset
from publication.difference import Side, side_of
from publication.manifest import Manifest
from publication.parts import quoted
from publication.releases import release_folder
from publication.render import sql_text


def count_ended(
    connection: duckdb.DuckDBPyConnection, storage: Storage, dataset: Dataset, before: Manifest, day: date
) -> int:
    """Rows of the release before whose every window had ended on ``day``, in Beijing; rows that tell of no window of their own
    end with the record that they belong to."""
    own = side_of(before, dataset.id)
    told = own if _windows(dataset, own) else side_of(before, dataset.part_of or dataset.id)
    windows, rows, records = _windows(dataset, told), _rows(storage, own), _rows(storage, told)
    if not windows or rows is None or records is None:
        return 0
    over = " and ".join(f"({begin} is null or coalesce({end} <= date '{day}', false))" for begin, end in windows)
    was_shown = " or ".join(f"{begin} is not null" for begin, _ in windows)
    key = quoted(dataset.key[0])
    # A record may have several rows: all of them must be over.
    running = f"select {key} from {records} where not coalesce(({over}) and ({was_shown}), false)"
    known = f"select {key} from {records}"
    query = f"select count(*) from {rows} where {key} in ({known}) and {key} not in ({running})"
    found = connection.execute(query).fetchone()
    assert found is not None
    return int(found[0])


def _windows(dataset: Dataset, side: Side) -> list[tuple[str, str]]:
    """Columns of first day and of the first day no longer shown, of each window that the release tells."""
    prefixes = ["", *(f"{channel}_" for channel in dataset.channels)]
    pairs = [(f"{prefix}from_date", f"{prefix}to_date") for prefix in prefixes]
    return [pair for pair in pairs if side.columns.keys() >= set(pair)]


def _rows(storage: Storage, side: Side) -> str | None:
    if side.manifest is None or side.dataset is None:
        return None
    folder = release_folder(side.manifest.version)
    urls = [storage.url(f"{folder}/{file.path}") for file in side.manifest.files_of(side.dataset.id, "parquet")]
    return f"read_parquet([{', '.join(map(sql_text, urls))}])" if urls else None
