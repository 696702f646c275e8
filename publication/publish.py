"""Publishing: from the warehouse's public tables to an immutable release, made current by one conditional write.

Order of writes: files, signature, manifest, ``current.json``, entry in the audit chain. Whoever dies before ``current.json``
leaves a folder that no reader ever looks at; whoever dies after it leaves the entry to the next publisher.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from lake.duckdb_extensions import connect
from lake.errors import TerminalError, TransientError
from lake.progress import Progress
from lake.settings import TIME_ZONE, Settings
from lake.storage import Storage, open_storage
from publication.candidate import (
    DIGESTS_FILE,
    PUBLISHED_FILE,
    Candidate,
    attach_digests,
    attach_published,
    is_same,
    note_release,
    renderer_version,
)
from publication.commit import Act, commit, complete_audit, published, warehouse_fingerprint
from publication.dataset import (
    MODELS_FOLDER,
    Dataset,
    contract_column_texts,
    declared_public,
    find_columns,
    load_datasets,
    model_column_texts,
)
from publication.difference import side_of
from publication.inputs import find_inputs
from publication.manifest import Approver, Manifest, PublishResult, Withdrawal
from publication.notices import Release, add_notices
from publication.releases import (
    Pointer,
    manifest_of,
    read_pointer,
    remove_leftovers,
)
from publication.render import sql_text
from publication.signing import load_key
from publication.splitting import Sizes, find_candidate, find_kept
from publication.staging import (
    NOTICES,
    ROWS_IN_ONE_PART,
    ROWS_PER_PART,
    SCRATCH,
    StagedRelease,
    Workshop,
    stage_dataset,
)
from publication.withdrawal import after_lifting, still_there, without
from publication.workbook import Limits
from transforms.state import read_state

WAREHOUSE = "warehouse.duckdb"
STATE_FILE = "publication.json"
STAGING_PREFIX = "release-"

Approve = Callable[[StagedRelease], Sequence[str]]
"""Judges the staged files; returns the ids of failed checks that someone accepted, raises to stop the release."""


class _State(BaseModel):
    """What the last ``publish`` here saw, so that the next one can tell in a moment that nothing is new."""

    model_config = ConfigDict(frozen=True)

    version: str
    warehouse: str
    renderer: str
    day: date


@dataclass(frozen=True)
class Options:
    """How large parts, sheets and workbooks may get, which datasets there are, where the models describe their columns,
    and what time it is (UTC).

    ``warehouse`` is another file than the work folder's, with the content of the release ``content_of``.
    """

    rows_per_part: int = ROWS_PER_PART
    rows_in_one_part: int = ROWS_IN_ONE_PART
    limits: Limits = field(default_factory=Limits)
    models_folder: Path = MODELS_FOLDER
    datasets: tuple[Dataset, ...] = field(default_factory=load_datasets)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    warehouse: Path | None = None
    content_of: str | None = None

    @property
    def sizes(self) -> Sizes:
        """How many rows parts may hold."""
        return Sizes(self.rows_per_part, self.rows_in_one_part)


def publish(
    settings: Settings,
    storage: Storage,
    run_id: str,
    progress: Progress,
    approve: Approve | None = None,
    *,
    approver: Approver | None = None,
    lifts: Sequence[str] = (),
    options: Options | None = None,
) -> PublishResult:
    """Release the public tables unless the current release holds exactly them already.

    ``settings`` are the installation's (key, warehouse, tables), ``storage`` is where the releases lie, with a work folder of
    its own where that is not the lake. ``approve`` sees the files before any reader can; what it accepted goes with the name
    of ``approver`` into manifest and audit chain. ``lifts`` are ids of records that an urgent release took down and that may
    be shown again.
    Raises ``TerminalError`` when one was not taken down, a table is missing or another
    publisher was faster, ``TransientError`` when the warehouse is in use; the current release then stays as it was.
    """
    started, options = monotonic(), options or Options()
    remove_dead_staging(storage.temporary_directory())
    pointer = read_pointer(storage)
    warehouse = options.warehouse or settings.work_dir / WAREHOUSE
    if pointer.current and not lifts and _state_of(storage) == _now(warehouse, pointer.current.version):
        return _unchanged(pointer, started)
    before = manifest_of(storage, pointer)
    withdrawn = after_lifting(before, lifts)
    complete_audit(storage, pointer, before)
    key = load_key(settings)
    with staging_folder(storage) as folder:
        staged = _prepare(storage, warehouse, before, folder, withdrawn=withdrawn, options=options, progress=progress)
        if staged is None:
            _remember(storage, warehouse, pointer)
            return _unchanged(pointer, started)
        accepted = tuple(approve(staged)) if approve else ()
        manifest = commit(
            storage,
            staged,
            Act(run_id, approver, options.content_of, withdrawn=staged.withdrawn, lifts=tuple(lifts)),
            accepted=accepted,
            inputs=find_inputs(settings, open_storage(settings), warehouse_fingerprint(staged)),
            key=key,
            pointer=pointer,
            progress=progress,
        )
        (folder / DIGESTS_FILE).replace(storage.settings.work_dir / PUBLISHED_FILE)
    _remember(storage, warehouse, read_pointer(storage))
    return published(manifest, before, remove_leftovers(storage, keep=manifest.version), key, monotonic() - started)


def _prepare(
    storage: Storage,
    warehouse: Path,
    before: Manifest | None,
    folder: Path,
    *,
    withdrawn: Sequence[Withdrawal],
    options: Options,
    progress: Progress,
) -> StagedRelease | None:
    """All files of the coming release in ``folder``; None when the release before holds the same content."""
    with _connection(storage, warehouse, folder) as connection:
        progress.start("publication.step_compare", None)
        withdrawn = still_there(connection, options.datasets, withdrawn)
        build = None if options.warehouse else read_state(storage.settings)
        kept_build = attach_published(connection, storage.settings.work_dir, before)
        is_next = build is not None and kept_build is not None and kept_build == build.previous_build_id
        if before and before.withdrawn:
            is_next = False  # what was taken down or may be shown again is no change of the build
        attach_digests(connection, storage.settings.work_dir, folder, as_kept=is_next)
        candidates = [
            _candidate(connection, storage, dataset, before, withdrawn, options=options, is_next=is_next)
            for dataset in options.datasets
        ]
        progress.done()
        has_notices = before is not None and side_of(before, NOTICES).dataset is not None
        if has_notices and all(is_same(candidate, before) for candidate in candidates):
            return None
        created_at = options.clock().replace(microsecond=0)
        version = new_version(created_at)
        release = Release(version, created_at, options.sizes)
        candidates.append(add_notices(connection, storage, candidates, before, release))
        staged = StagedRelease(version, created_at, folder, before, candidates, withdrawn=withdrawn)
        progress.start("publication.step_render", sum(candidate.rows for candidate in candidates))
        shop = Workshop(connection, storage, staged, options.limits, progress, storage.settings.threads)
        for candidate in candidates:
            stage_dataset(shop, candidate)
        progress.done()
        note_release(connection, version, build.build_id if build else None)
        return staged


def new_version(created_at: datetime) -> str:
    """A name for a release of this time, which no other publisher takes."""
    return f"{created_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def _candidate(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    dataset: Dataset,
    before: Manifest | None,
    withdrawn: Sequence[Withdrawal],
    *,
    options: Options,
    is_next: bool,
) -> Candidate:
    texts = model_column_texts(dataset, options.models_folder), contract_column_texts(dataset.contract)
    columns = find_columns(connection, dataset, *texts)
    relation = without(connection, dataset, options.datasets, withdrawn)
    return find_candidate(
        connection,
        dataset,
        relation,
        columns,
        declared_public(*texts),
        sizes=options.sizes,
        kept=find_kept(connection, storage, dataset, columns, before, is_next=is_next),
    )


@contextmanager
def staging_folder(storage: Storage) -> Iterator[Path]:
    """A local folder named after this process, gone when the publisher is done with it."""
    parent = storage.temporary_directory()
    folder = Path(tempfile.mkdtemp(prefix=f"{STAGING_PREFIX}{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_dead_staging(parent: Path) -> None:
    """Staging folders of processes that are no more (kill -9, power cut)."""
    for folder in parent.glob(f"{STAGING_PREFIX}*-*"):
        process = folder.name.removeprefix(STAGING_PREFIX).split("-", 1)[0]
        if process.isdigit() and not Path(f"/proc/{process}").exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _connection(storage: Storage, warehouse: Path, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, read only, beside a scratch file for sorted copies."""
    if not warehouse.exists():
        raise TerminalError("publication.warehouse_missing", path=warehouse)
    with connect() as connection:
        storage.duckdb_setup(connection)
        try:
            connection.execute(f"attach {sql_text(str(warehouse))} as warehouse (read_only)")
        except (duckdb.IOException, duckdb.BinderException, duckdb.ConnectionException) as error:
            raise TransientError("publication.warehouse_busy", path=warehouse, detail=error) from error
        connection.execute(f"attach {sql_text(str(folder / 'scratch.duckdb'))} as {SCRATCH}")
        connection.execute("use warehouse")
        yield connection


def _now(warehouse: Path, version: str) -> _State | None:
    try:
        facts = warehouse.stat()
    except FileNotFoundError:
        return None
    warehouse_version = f"{facts.st_size}-{facts.st_mtime_ns}"
    # Windows of publicity end by the clock, without any change of the warehouse.
    today = datetime.now(TIME_ZONE).date()
    return _State(version=version, warehouse=warehouse_version, renderer=renderer_version(), day=today)


def _state_of(storage: Storage) -> _State | None:
    try:
        return _State.model_validate_json((storage.settings.work_dir / STATE_FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _remember(storage: Storage, warehouse: Path, pointer: Pointer) -> None:
    state = _now(warehouse, pointer.current.version) if pointer.current else None
    if state:
        (storage.settings.work_dir / STATE_FILE).write_bytes(state.model_dump_json().encode())


def _unchanged(pointer: Pointer, started: float) -> PublishResult:
    return PublishResult(
        published=False,
        version=pointer.current.version if pointer.current else None,
        release_before=None,
        rows={},
        files_written=0,
        files_carried=0,
        bytes_written=0,
        seconds=monotonic() - started,
    )
