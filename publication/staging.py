"""Making the files of a release in a local folder: changed parts are rendered, unchanged ones carried over."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.progress import Progress
from lake.settings import TIME_ZONE
from lake.storage import CHUNK_BYTES, Storage
from publication import lookup, render, workbook
from publication.candidate import Candidate, Moves, RowChanges, find_changes, find_moves, renderer_version
from publication.dataset import Dataset
from publication.ended import count_ended
from publication.manifest import FileFormat, Manifest, ReleaseDataset, ReleaseFile, Withdrawal
from publication.parts import WHOLE, Part, quoted
from publication.releases import release_folder
from publication.render import ROWS_OF_PART, PartTexts

ROWS_IN_ONE_PART = 200_000
"""A dataset of so few rows is one part, and one workbook."""
ROWS_PER_PART = 100_000
"""Where a dataset is split by division: what a change of one row costs, its workbook first of all."""
SCRATCH = "scratch"
NOTICES = "publicity_notice"
UPDATE_SHARE = 0.2
"""Beyond this share of changed rows a new look-up file is written faster than the old one is mended."""


@dataclass(frozen=True)
class StagedFile:
    """A file of the coming release: ``local`` when rendered now, else carried from ``carried_from`` in the lake.

    ``changed_keys``, where the release before holds all other rows as they are, is a Parquet file of the keys of the rest.
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
    moves: dict[str, Moves] = field(default_factory=dict)
    withdrawn: tuple[Withdrawal, ...] = ()

    @property
    def declared(self) -> dict[str, frozenset[str]]:
        """Columns that model or contract declare public, per dataset."""
        return {candidate.dataset.id: candidate.declared for candidate in self.candidates}

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


def stage_dataset(shop: Workshop, candidate: Candidate) -> None:
    """Render or carry every file of one dataset into the staged release."""
    before = shop.staged.before
    moves = find_moves(shop.connection, shop.storage, candidate, before) if before else None
    if moves is not None and before is not None and moves.before and not candidate.rows:
        day = shop.staged.created_at.astimezone(TIME_ZONE).date()
        moves = replace(moves, ended=count_ended(shop.connection, shop.storage, candidate.dataset, before, day))
    # Notices only ever come: no share of them says that something is wrong.
    if moves is not None and candidate.dataset.id != NOTICES:
        shop.staged.moves[candidate.dataset.id] = moves
    carried = {part.name: _carried(before, candidate, part) for part in candidate.parts}
    changed = [part for part in candidate.parts if not carried[part.name]]
    for part in candidate.parts:
        for file in carried[part.name]:
            _add_carried(shop.staged, file)
            shop.progress.advance(part.rows, detail=f"{candidate.dataset.id}/{part.name}")
    folder, connection = shop.staged.folder, shop.connection
    changes = find_changes(connection, shop.storage, candidate, before, folder) if before and changed else None
    with ThreadPoolExecutor(1) as pool:
        copying = _begin_lookup(pool, shop, candidate, changes)
        is_whole = copying is None and len(changed) == len(candidate.parts)
        if is_whole and "sqlite" in candidate.dataset.formats:
            # The pool of the file's own is left first: nothing writes any more when the file is closed, after an error too.
            with (
                shop.connection.cursor() as cursor,
                _new_lookup(shop, candidate, cursor) as new,
                ThreadPoolExecutor(1) as filling,
            ):
                _render_parts(shop, candidate, changed, changes, lambda rows: filling.submit(new.add_rows, rows))
            _add_lookup(shop, candidate)
            return
        if changed:
            _render_parts(shop, candidate, changed, changes)
        if "sqlite" in candidate.dataset.formats:
            _stage_lookup(shop, candidate, changes, copying)


def _render_parts(
    shop: Workshop,
    candidate: Candidate,
    changed: Sequence[Part],
    changes: RowChanges | None,
    also: Callable[[pa.Table], Future[None]] | None = None,
) -> None:
    """Parts straight from one sort, in all their formats, some being written while the next are read.

    ``also`` takes the rows of each part, in their order.
    """
    parts = {part.name: part for part in changed}
    relation = f"({_sorted(candidate, changed)})"
    with ThreadPoolExecutor(shop.threads) as pool:
        written: deque[Future[Part | None] | Future[None]] = deque()

        def write(part: Part, rows: pa.Table) -> None:
            if also:
                written.append(also(rows))
            for formats in _shares(candidate.dataset):
                written.append(pool.submit(_write_part, shop, candidate, part, rows, changes, formats))

        for name, rows in render.stream_parts(shop.connection, relation, candidate.columns.released):
            write(parts.pop(name), rows)
            while len(written) > 2 * shop.threads:
                _advance(shop, candidate, written.popleft().result())
        for part in parts.values():
            write(part, _no_rows(shop, candidate))
        for future in written:
            _advance(shop, candidate, future.result())


def _shares(dataset: Dataset) -> list[list[FileFormat]]:
    """The formats of a part in two shares of about the same work, so that one part keeps two processors busy."""
    formats = _formats_in_parts(dataset)
    shares = [[one for one in formats if (one == "xlsx") == is_sheet] for is_sheet in (True, False)]
    return [share for share in shares if share]


def _no_rows(shop: Workshop, candidate: Candidate) -> pa.Table:
    names = ", ".join(quoted(column.name) for column in candidate.columns.released)
    return shop.connection.execute(f"select {names} from ({candidate.assigned}) limit 0").to_arrow_table()


def _write_part(
    shop: Workshop,
    candidate: Candidate,
    part: Part,
    rows: pa.Table,
    changes: RowChanges | None,
    formats: Sequence[FileFormat],
) -> Part | None:
    """The files of one part in some formats, from its rows in memory; the part where they are all but its workbooks."""
    with shop.connection.cursor() as connection:
        connection.register(ROWS_OF_PART, rows)
        texts = PartTexts(connection, rows, candidate.columns.released)
        for file_format in formats:
            for path, count in _write_format(shop, candidate, part, rows, texts, file_format):
                part_of_file = replace(part, rows=count)
                rendered = _rendered(shop.staged, candidate, file_format, part_of_file, path)
                keys = changes.changed_keys if changes and file_format == "parquet" else None
                shop.staged.files.append(replace(rendered, changed_keys=keys))
    return None if "xlsx" in formats else part


def _write_format(
    shop: Workshop,
    candidate: Candidate,
    part: Part,
    rows: pa.Table,
    texts: PartTexts,
    file_format: FileFormat,
) -> list[tuple[Path, int]]:
    """The part's files in one format, each with its number of rows."""
    columns, path = candidate.columns.released, _path(shop, candidate, part, file_format)
    if file_format == "xlsx":
        relation = workbook.Rows(texts.connection, ROWS_OF_PART, part, columns)
        return workbook.write_workbooks(relation, candidate.dataset, shop.edition, path.parent, shop.limits)
    if file_format == "parquet":
        render.write_parquet(rows, columns, path)
    elif file_format == "jsonl":
        render.write_json_lines(texts, path)
    else:
        render.write_csv(texts, path)
    return [(path, part.rows)]


def _advance(shop: Workshop, candidate: Candidate, part: Part | None) -> None:
    if part:
        shop.progress.advance(part.rows, detail=f"{candidate.dataset.id}/{part.name}")


def _sorted(candidate: Candidate, parts: Sequence[Part]) -> str:
    """SQL of the rows of some parts, sorted by part and key."""
    names = ", ".join(render.sql_text(part.name) for part in parts)
    wanted = f"select * from ({candidate.assigned}) where release_part in ({names})"
    return f"{wanted} order by release_part, {candidate.key}"


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


def _path(shop: Workshop, candidate: Candidate, part: Part, file_format: FileFormat) -> Path:
    folder = shop.staged.folder / file_format / candidate.dataset.id
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{part.name}.{file_format}"


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


def _begin_lookup(
    pool: ThreadPoolExecutor, shop: Workshop, candidate: Candidate, changes: RowChanges | None
) -> Future[bool] | None:
    """Begin to copy the SQLite file of the release before, where it can be mended, while the parts are written."""
    staged, before = shop.staged, _lookup_before(shop.staged.before, candidate)
    if staged.before is None or before is None or before.content_digest == candidate.content_digest:
        return None
    if changes is None or changes.count > UPDATE_SHARE * max(candidate.rows, 1):
        return None
    source = f"{release_folder(staged.before.version)}/{before.path}"
    return pool.submit(_copy_published, shop.storage, source, before.sha256, _lookup_path(shop, candidate))


def _lookup_path(shop: Workshop, candidate: Candidate) -> Path:
    folder = shop.staged.folder / "sqlite"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{candidate.dataset.id}.sqlite"


def _stage_lookup(
    shop: Workshop, candidate: Candidate, changes: RowChanges | None, copying: Future[bool] | None
) -> None:
    """The SQLite file over all parts: carried, mended from the release before (where its copy is ``copying`` and its bytes are
    those that were published), or written anew."""
    before = _lookup_before(shop.staged.before, candidate)
    if before is not None and before.content_digest == candidate.content_digest:
        _add_carried(shop.staged, before)
        return
    path, is_mended = _lookup_path(shop, candidate), copying is not None and copying.result()
    if is_mended and changes:
        _mend_lookup(shop, candidate, changes, path)
    else:
        with _new_lookup(shop, candidate, shop.connection) as new:
            new.add(f"({candidate.assigned} order by release_part, {candidate.key})")
    _add_lookup(shop, candidate, changes.changed_keys if is_mended and changes else None)


def _new_lookup(shop: Workshop, candidate: Candidate, connection: duckdb.DuckDBPyConnection) -> lookup.NewLookup:
    return lookup.NewLookup(connection, candidate.dataset, candidate.columns.released, _lookup_path(shop, candidate))


def _add_lookup(shop: Workshop, candidate: Candidate, changed_keys: Path | None = None) -> None:
    whole = Part(WHOLE, candidate.rows, candidate.content_digest)
    rendered = _rendered(shop.staged, candidate, "sqlite", whole, _lookup_path(shop, candidate))
    shop.staged.files.append(replace(rendered, changed_keys=changed_keys))


def _lookup_before(before: Manifest | None, candidate: Candidate) -> ReleaseFile | None:
    if before is None or before.inputs.renderer_version != renderer_version():
        return None
    files = before.files_of(candidate.dataset.id, "sqlite")
    return next((file for file in files if file.schema_version == candidate.columns.schema_version), None)


def _mend_lookup(shop: Workshop, candidate: Candidate, changes: RowChanges, path: Path) -> None:
    """Replace what changed in a copy of the file of the release before."""
    names = ", ".join(quoted(column.name) for column in candidate.columns.released)
    changed = f"(select {names} from ({candidate.assigned}) semi join {changes.changed} using ({candidate.key}))"
    keys = lookup.Changes(changed, changes.removed)
    lookup.update_lookup(shop.connection, keys, candidate.dataset, candidate.columns.released, path)


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
