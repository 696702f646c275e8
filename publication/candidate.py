"""One dataset as it would be released now: its parts, their digests, and which rows differ from the release before."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from lake.storage import Storage
from publication.dataset import ROOM, Dataset, DatasetColumns
from publication.manifest import Manifest, ReleaseDataset
from publication.parts import Part, digest_expression, quoted
from publication.releases import release_folder
from publication.render import sql_text

DIGESTS = "digests"
PUBLISHED = "published"
DIGESTS_FILE = "digests.duckdb"
PUBLISHED_FILE = "published.duckdb"
"""Row digests of the last release from here, in the work folder; can be deleted at any time."""

RENDERERS = (
    *(
        ROOM / name
        for name in (
            "render.py",
            "row_texts.py",
            "workbook.py",
            "sheet_rows.py",
            "lookup.py",
            "parts.py",
            "splitting.py",
        )
    ),
    *(ROOM / name for name in ("datasets.yaml", "department_datasets.yaml", "notices.yaml")),
    ROOM.parent / "lake" / "messages" / "zh" / "publication.yaml",
    # What the gate looks for: rows carried over were judged by it once.
    *(ROOM.parent / "expectations" / name for name in ("leaks.py", "release_checks.py", "release_files.py")),
)


@cache
def renderer_version() -> str:
    """Digest of the code and words that render and of the rules that judge: after a change no file is carried over."""
    digest = hashlib.sha256()
    for file in RENDERERS:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Candidate:
    """One dataset as it would be released now; ``assigned`` selects its rows with their part, ``declared`` are the columns that
    may be public."""

    dataset: Dataset
    columns: DatasetColumns
    declared: frozenset[str]
    assigned: str
    parts: tuple[Part, ...] = ()
    touched: frozenset[str] | None = None
    """Where only these parts can differ from the release before, the digests are of their rows alone."""
    suspects: str | None = None
    """Table of keys: where given, only rows with these can differ from the release before."""

    @property
    def digests(self) -> str:
        """Table of part, key and digest of every row."""
        return f"{DIGESTS}.{self.table}"

    @property
    def table(self) -> str:
        """Name of the table of row digests, here and in what is kept of the last release."""
        return f"digest_{self.dataset.id}"

    @property
    def key(self) -> str:
        """The key columns in SQL."""
        return ", ".join(quoted(name) for name in self.dataset.key)

    @property
    def content_digest(self) -> str:
        """Digest over the digests of all parts."""
        joined = "\n".join(f"{part.name} {part.rows} {part.content_digest}" for part in self.parts)
        return hashlib.sha256(joined.encode()).hexdigest()

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)

    def describe(self) -> ReleaseDataset:
        """The dataset's entry in the manifest."""
        return ReleaseDataset(
            id=self.dataset.id,
            title=self.dataset.title,
            rows=self.rows,
            schema_version=self.columns.schema_version,
            content_digest=self.content_digest,
            key=self.dataset.key,
            columns=self.columns.released,
        )


def is_same(candidate: Candidate, before: Manifest | None) -> bool:
    """Whether the release before holds exactly this content, in this shape, by this renderer."""
    if before is None or before.inputs.renderer_version != renderer_version():
        return False
    return candidate.describe() in before.datasets


@dataclass(frozen=True)
class Moves:
    """How the rows of a dataset moved against the release before: rows there, keys that are new, keys that are gone.

    ``ended``, counted where no row is left: rows there whose windows were over, so that the clock took them.
    """

    before: int
    added: int = 0
    removed: int = 0
    ended: int = 0


def find_moves(
    connection: duckdb.DuckDBPyConnection, storage: Storage, candidate: Candidate, before: Manifest
) -> Moves | None:
    """Compare keys with the release before; None when it does not hold the dataset."""
    held = next((dataset for dataset in before.datasets if dataset.id == candidate.dataset.id), None)
    if held is None:
        return None
    if held.content_digest == candidate.content_digest:
        return Moves(held.rows)
    old = _suspects_of(candidate, digests_before(connection, storage, candidate, before, with_digest=False))
    new = _suspects_of(candidate, candidate.digests)
    counts = (
        f"select count(*) from {one} anti join {other} using ({candidate.key})"
        for one, other in ((new, old), (old, new))
    )
    row = connection.execute(f"select {', '.join(f'({count})' for count in counts)}").fetchone()
    assert row is not None
    return Moves(held.rows, int(row[0]), int(row[1]))


@dataclass(frozen=True)
class RowChanges:
    """Rows by which a dataset differs from the release before: two tables of keys, how many there are in both, and the
    keys of new and changed rows as a Parquet file."""

    changed: str
    removed: str
    count: int
    changed_keys: Path


def find_changes(
    connection: duckdb.DuckDBPyConnection, storage: Storage, candidate: Candidate, before: Manifest, folder: Path
) -> RowChanges | None:
    """Compare row by row with the release before; None when that has other columns or another renderer."""
    if before.inputs.renderer_version != renderer_version():
        return None
    files = before.files_of(candidate.dataset.id, "parquet")
    if not files or any(file.schema_version != candidate.columns.schema_version for file in files):
        return None
    old = _suspects_of(candidate, digests_before(connection, storage, candidate, before))
    new = _suspects_of(candidate, candidate.digests)
    changed, removed = f"changed_{candidate.dataset.id}", f"removed_{candidate.dataset.id}"
    target = folder / f"{changed}.parquet"
    connection.execute(
        f"create or replace temp table {changed} as (select {candidate.key} from {new} "
        f"anti join {old} using ({candidate.key}, digest));"
        f"create or replace temp table {removed} as (select {candidate.key} from {old} "
        f"anti join {new} using ({candidate.key}));"
        f"copy {changed} to {sql_text(str(target))} (format parquet)"
    )
    row = connection.execute(f"select (select count(*) from {changed}) + (select count(*) from {removed})").fetchone()
    assert row is not None
    return RowChanges(changed, removed, int(row[0]), target)


def _suspects_of(candidate: Candidate, digests: str) -> str:
    """The rows of a relation that can differ from the release before."""
    if candidate.suspects is None:
        return digests
    return f"(from {digests} semi join {candidate.suspects} using ({candidate.key}))"


def digests_before(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    candidate: Candidate,
    before: Manifest,
    *,
    with_digest: bool = True,
) -> str:
    """Relation of part, key and digest of every row of the release before: as kept, else read from its files.

    Without the digest the columns of the release before may be others than the candidate's.
    """
    if _are_kept(connection):
        return f"{PUBLISHED}.{candidate.table}"
    folder, touched = release_folder(before.version), candidate.touched
    files = before.files_of(candidate.dataset.id, "parquet")
    digest = f", {digest_expression(candidate.columns)} as digest" if with_digest else ""
    relation = " union all ".join(
        f"select {sql_text(file.part)} as release_part, {candidate.key}{digest} "
        f"from read_parquet({sql_text(storage.url(f'{folder}/{file.path}'))})"
        for file in files
        if touched is None or file.part in touched
    )
    if not with_digest:
        return f"({relation})"
    connection.execute(f"create or replace temp table before_{candidate.dataset.id} as {relation}")
    return f"temp.before_{candidate.dataset.id}"


def changed_since_kept(connection: duckdb.DuckDBPyConnection, candidate: Candidate) -> str:
    """SQL of the keys of rows that are new or changed, by the kept digests; of all rows where none are kept."""
    known = f" anti join {PUBLISHED}.{candidate.table} using ({candidate.key}, digest)" if _are_kept(connection) else ""
    return f"select {candidate.key} from {candidate.digests}{known}"


def _are_kept(connection: duckdb.DuckDBPyConnection) -> bool:
    query = "select 1 from duckdb_databases() where database_name = ?"
    return connection.execute(query, [PUBLISHED]).fetchone() is not None


def attach_published(connection: duckdb.DuckDBPyConnection, work_dir: Path, before: Manifest | None) -> str | None:
    """Attach the kept row digests, if they are those of the release before; returns the build they are of."""
    file = work_dir / PUBLISHED_FILE
    if before is None or not file.exists():
        return None
    try:
        connection.execute(f"attach {sql_text(str(file))} as {PUBLISHED} (read_only)")
        kept = connection.execute(f"select version, build from {PUBLISHED}.main.release").fetchone()
    except duckdb.Error:
        # Another DuckDB's file, an older one's or a broken one: the release's own files say the same.
        kept = None
    if kept is None or kept[0] != before.version:
        connection.execute(f"detach database if exists {PUBLISHED}")
        return None
    return str(kept[1]) if kept[1] else None


def attach_digests(connection: duckdb.DuckDBPyConnection, work_dir: Path, folder: Path, *, as_kept: bool) -> None:
    """Attach the digests of the coming release: an empty file, or ``as_kept`` a copy of those of the release before."""
    file = folder / DIGESTS_FILE
    if as_kept:
        shutil.copyfile(work_dir / PUBLISHED_FILE, file)
    connection.execute(f"attach {sql_text(str(file))} as {DIGESTS}")


def note_release(connection: duckdb.DuckDBPyConnection, version: str, build: str | None) -> None:
    """Write beside the digests which release they are of, and which build it shows."""
    connection.execute(
        f"create or replace table {DIGESTS}.main.release as select ? as version, ?::varchar as build", [version, build]
    )
