"""Making the files of a release in a local folder: changed parts are rendered, unchanged ones carried over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb

from lake.progress import Progress
from lake.storage import CHUNK_BYTES, Storage
from publication import lookup, render, workbook
from publication.dataset import ROOM, Dataset, DatasetColumns
from publication.manifest import FileFormat, Manifest, ReleaseDataset, ReleaseFile
from publication.parts import WHOLE, Part, assign_parts, digest_expression, find_parts, quoted
from publication.releases import release_folder

ROWS_PER_PART = 200_000
SCRATCH = "scratch"
UPDATE_SHARE = 0.2
"""Beyond this share of changed rows a new look-up file is written faster than the old one is mended."""

RENDERERS = (
    *(ROOM / name for name in ("render.py", "workbook.py", "lookup.py", "parts.py", "datasets.yaml")),
    ROOM.parent / "lake" / "messages" / "zh" / "publication.yaml",
)


@cache
def renderer_version() -> str:
    """Digest of the code and words that render: after a change of it no file is carried over."""
    digest = hashlib.sha256()
    for file in RENDERERS:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Candidate:
    """One dataset as it would be released now."""

    dataset: Dataset
    columns: DatasetColumns
    assigned: str
    digests: str
    parts: tuple[Part, ...]

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
            columns=self.columns.released,
        )


@dataclass(frozen=True)
class StagedFile:
    """A file of the coming release: ``local`` when rendered now, else carried from ``carried_from`` in the lake.

    ``changed_keys``, for a look-up file mended from the one before, is a Parquet file of the keys of its new rows.
    """

    file: ReleaseFile
    local: Path | None
    carried_from: str | None
    changed_keys: Path | None = None


@dataclass
class StagedRelease:
    """All files of a coming release, before any reader can see it."""

    version: str
    created_at: datetime
    folder: Path
    before: Manifest | None
    candidates: Sequence[Candidate]
    files: list[StagedFile] = field(default_factory=list)

    @property
    def rows_before(self) -> dict[str, int]:
        """Rows per dataset of the release before; empty for the first."""
        return {dataset.id: dataset.rows for dataset in self.before.datasets} if self.before else {}

    def describe(self) -> list[ReleaseDataset]:
        """The entries of the manifest for its datasets."""
        return [candidate.describe() for candidate in self.candidates]


@dataclass(frozen=True)
class Workshop:
    """What rendering works with."""

    connection: duckdb.DuckDBPyConnection
    storage: Storage
    staged: StagedRelease
    limits: workbook.Limits
    progress: Progress
    threads: int

    @property
    def edition(self) -> workbook.Edition:
        """What covers say about the release."""
        return workbook.Edition(self.staged.version, self.staged.created_at)


def find_candidate(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, columns: DatasetColumns, rows_per_part: int
) -> Candidate:
    """Split a dataset into parts and take their digests."""
    assigned = assign_parts(connection, dataset, rows_per_part)
    key = ", ".join(quoted(name) for name in dataset.key)
    digests = f"{SCRATCH}.digest_{dataset.id}"
    digest = digest_expression(columns)
    connection.execute(f"create table {digests} as select release_part, {key}, {digest} as digest from ({assigned})")
    return Candidate(dataset, columns, assigned, digests, tuple(find_parts(connection, digests)))


def is_same(candidate: Candidate, before: Manifest | None) -> bool:
    """Whether the release before holds exactly this content, in this shape, by this renderer."""
    if before is None or before.inputs.renderer_version != renderer_version():
        return False
    return candidate.describe() in before.datasets


def stage_dataset(shop: Workshop, candidate: Candidate) -> None:
    """Render or carry every file of one dataset into the staged release."""
    carried = {part.name: _carried(shop.staged.before, candidate, part) for part in candidate.parts}
    changed = [part for part in candidate.parts if not carried[part.name]]
    table = f"{SCRATCH}.{candidate.dataset.id}"
    if changed:
        _materialise(shop.connection, candidate, changed, table)
    for part in candidate.parts:
        for file in carried[part.name]:
            _add_carried(shop.staged, file)
            shop.progress.advance(part.rows, detail=f"{candidate.dataset.id}/{part.name}")
    with ThreadPoolExecutor(shop.threads) as pool:
        # one part is one row group or two, which DuckDB writes with one thread: so several parts at a time
        for part in pool.map(lambda part: _render_part(shop, candidate, part, table), changed):
            shop.progress.advance(part.rows, detail=f"{candidate.dataset.id}/{part.name}")
    if "sqlite" in candidate.dataset.formats:
        _stage_lookup(shop, candidate, table if len(changed) == len(candidate.parts) else None)
    if changed:
        shop.connection.execute(f"drop table {table}")


def _formats_in_parts(dataset: Dataset) -> list[FileFormat]:
    return [file_format for file_format in dataset.formats if file_format != "sqlite"]


def _carried(before: Manifest | None, candidate: Candidate, part: Part) -> list[ReleaseFile]:
    """The files of an unchanged part in the release before; empty when it must be rendered."""
    if before is None or before.inputs.renderer_version != renderer_version():
        return []
    formats = _formats_in_parts(candidate.dataset)
    files = [
        file
        for file in before.files
        if (file.dataset, file.part, file.content_digest) == (candidate.dataset.id, part.name, part.content_digest)
        and file.schema_version == candidate.columns.schema_version
        and file.format in formats
    ]
    return files if {file.format for file in files} == set(formats) else []


def _add_carried(staged: StagedRelease, file: ReleaseFile) -> None:
    assert staged.before is not None
    source = f"{release_folder(staged.before.version)}/{file.path}"
    staged.files.append(StagedFile(file, None, source))


def _materialise(
    connection: duckdb.DuckDBPyConnection, candidate: Candidate, changed: Sequence[Part], table: str
) -> None:
    """The changed parts, sorted by part and key, in the scratch file: each part is then one short scan."""
    names = ", ".join(render.sql_text(part.name) for part in changed)
    key = ", ".join(quoted(name) for name in candidate.dataset.key)
    connection.execute(
        f"create table {table} as select * from ({candidate.assigned}) "
        f"where release_part in ({names}) order by release_part, {key}"
    )


def _render_part(shop: Workshop, candidate: Candidate, part: Part, table: str) -> Part:
    dataset, columns = candidate.dataset, candidate.columns.released
    connection = shop.connection.cursor()
    rows = workbook.Rows(connection, table, part, columns)
    for file_format in _formats_in_parts(dataset):
        folder = shop.staged.folder / file_format / dataset.id
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{part.name}.{file_format}"
        written = [(path, part.rows)]
        if file_format == "parquet":
            render.write_parquet(connection, table, part.name, columns, path)
        elif file_format == "csv":
            render.write_csv(connection, table, part.name, columns, path)
        else:
            written = workbook.write_workbooks(rows, dataset, shop.edition, folder, shop.limits)
        for file, count in written:
            part_of_file = Part(part.name, count, part.content_digest)
            shop.staged.files.append(_rendered(shop.staged, candidate, file_format, part_of_file, file))
    connection.close()
    return part


def _rendered(
    staged: StagedRelease, candidate: Candidate, file_format: FileFormat, part: Part, path: Path
) -> StagedFile:
    size, digest = _digest(path)
    entry = ReleaseFile(
        path=path.relative_to(staged.folder).as_posix(),
        dataset=candidate.dataset.id,
        format=file_format,
        part=part.name,
        rows=part.rows,
        bytes=size,
        sha256=digest,
        schema_version=candidate.columns.schema_version,
        content_digest=part.content_digest,
        written_in=staged.version,
    )
    return StagedFile(entry, path, None)


def _digest(path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def _stage_lookup(shop: Workshop, candidate: Candidate, table: str | None) -> None:
    """The SQLite file over all parts: carried, mended from the release before, or written anew.

    ``table`` is the sorted scratch table when it holds every part.
    """
    before = _lookup_before(shop.staged.before, candidate)
    if before is not None and before.content_digest == candidate.content_digest:
        _add_carried(shop.staged, before)
        return
    folder = shop.staged.folder / "sqlite"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{candidate.dataset.id}.sqlite"
    changed_keys = _mend_lookup(shop, candidate, before, path) if before else None
    if changed_keys is None:
        key = ", ".join(quoted(name) for name in candidate.dataset.key)
        relation = table or f"({candidate.assigned} order by release_part, {key})"
        lookup.write_lookup(shop.connection, relation, candidate.dataset, candidate.columns.released, path)
    whole = Part(WHOLE, candidate.rows, candidate.content_digest)
    rendered = _rendered(shop.staged, candidate, "sqlite", whole, path)
    shop.staged.files.append(replace(rendered, changed_keys=changed_keys))


def _lookup_before(before: Manifest | None, candidate: Candidate) -> ReleaseFile | None:
    if before is None or before.inputs.renderer_version != renderer_version():
        return None
    files = before.files_of(candidate.dataset.id, "sqlite")
    return next((file for file in files if file.schema_version == candidate.columns.schema_version), None)


def _mend_lookup(shop: Workshop, candidate: Candidate, before: ReleaseFile, path: Path) -> Path | None:
    """Copy the file of the release before and replace what changed; a Parquet file of the keys of its new rows.

    None when too much changed, or when the file before is not the one that was published.
    """
    assert shop.staged.before is not None
    folder = release_folder(shop.staged.before.version)
    _find_changed_keys(shop, candidate, shop.staged.before)
    counts = shop.connection.execute(
        "select (select count(*) from lookup_keys) + (select count(*) from lookup_removed)"
    ).fetchone()
    assert counts is not None
    if counts[0] > UPDATE_SHARE * max(candidate.rows, 1):
        return None
    if not _copy_published(shop.storage, f"{folder}/{before.path}", before.sha256, path):
        return None
    names = ", ".join(quoted(column.name) for column in candidate.columns.released)
    key = ", ".join(quoted(name) for name in candidate.dataset.key)
    changed = f"(select {names} from ({candidate.assigned}) semi join lookup_keys using ({key}))"
    keys = lookup.Changes(changed, "lookup_removed")
    lookup.update_lookup(shop.connection, keys, candidate.dataset, candidate.columns.released, path)
    changed_keys = shop.staged.folder / f"changed-{candidate.dataset.id}.parquet"
    target = render.sql_text(str(changed_keys))
    shop.connection.execute(f"copy (select {key} from lookup_keys) to {target} (format parquet)")
    return changed_keys


def _copy_published(storage: Storage, source: str, expected_sha256: str, path: Path) -> bool:
    """Copy a published file; False, and no file, when its bytes are not those of the manifest."""
    digest = hashlib.sha256()
    with storage.open(source) as stream, path.open("wb") as target:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            target.write(chunk)
    if digest.hexdigest() == expected_sha256:
        return True
    path.unlink()
    return False


def _find_changed_keys(shop: Workshop, candidate: Candidate, before: Manifest) -> None:
    """Temporary tables of the keys whose rows are new or changed, and of those that are gone."""
    folder = release_folder(before.version)
    urls = [shop.storage.url(f"{folder}/{file.path}") for file in before.files_of(candidate.dataset.id, "parquet")]
    old = f"read_parquet([{', '.join(render.sql_text(url) for url in urls)}])"
    digest = digest_expression(candidate.columns)
    key = ", ".join(quoted(name) for name in candidate.dataset.key)
    shop.connection.execute(
        f"create or replace temp table lookup_old as select {key}, {digest} as digest from {old};"
        f"create or replace temp table lookup_keys as "
        f"(select {key}, digest from {candidate.digests} except select * from lookup_old);"
        f"create or replace temp table lookup_removed as "
        f"(select {key} from lookup_old except select {key} from {candidate.digests});"
        "drop table lookup_old"
    )
