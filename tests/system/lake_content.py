"""What a lake says, in a form that two lakes can be compared by: everything but times and the run's name."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
from deltalake import DeltaTable

from lake.storage import Storage
from publication import releases

Content = dict[str, Counter[str]]
"""By table or other kind of content: rows and how often they are there."""

OF_THE_RUN = frozenset({"ingested_at", "received_at", "run_id", "seen_at", "read_at", "built_at", "release_version"})
"""Columns that tell when and by which run; a run after a fault has its own."""


def lake_content(storage: Storage) -> Content:
    """Rows of every Delta table as JSON without ``OF_THE_RUN``, the originals, and the current release."""
    content = {table: _rows(storage, table) for table in sorted(_tables(storage))}
    content["originals"] = Counter(f"{one.path} {one.size}" for one in storage.list("originals"))
    if storage.exists("releases/current.json"):
        manifest = releases.show_release(storage)
        content["release"] = Counter(f"{one.id} {one.rows} {one.content_digest}" for one in manifest.datasets)
        content["releases"] = Counter({"published": len(releases.list_releases(storage))})
        # The catalogue names the release's version, which is another one each time.
        content["release files"] = Counter(
            f"{file.path} {'' if file.path == 'catalogue.jsonld' else file.content_digest}" for file in manifest.files
        )
    return content


def differences(expected: Content, found: Content) -> list[str]:
    """One line per table that differs, with a row that is missing or too many."""
    lines = [f"{table}: not in both lakes" for table in sorted(set(expected) ^ set(found))]
    for table in sorted(set(expected) & set(found)):
        missing, added = expected[table] - found[table], found[table] - expected[table]
        if missing or added:
            sample = next(iter(missing or added))[:400]
            lines.append(f"{table}: {missing.total()} rows missing, {added.total()} too many, for example {sample}")
    return lines


def _tables(storage: Storage) -> set[str]:
    logs = (info.path for info in storage.list("") if "/_delta_log/" in info.path)
    return {path.split("/_delta_log/")[0] for path in logs}


def _rows(storage: Storage, table: str) -> Counter[str]:
    data: pa.Table = DeltaTable(storage.url(table), storage_options=storage.delta_options() or None).to_pyarrow_table()
    kept = data.drop_columns([name for name in data.column_names if name in OF_THE_RUN])
    return Counter(json.dumps(row, ensure_ascii=False, sort_keys=True, default=str) for row in kept.to_pylist())
