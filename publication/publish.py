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

from lake.errors import TerminalError, TransientError
from lake.progress import Progress
from lake.settings import TIME_ZONE, Settings
from lake.storage import ConflictError, Storage
from publication import audit
from publication.candidate import (
    DIGESTS,
    DIGESTS_FILE,
    PUBLISHED_FILE,
    Candidate,
    attach_published,
    find_candidate,
    is_same,
    renderer_version,
)
from publication.dataset import (
    MODELS_FOLDER,
    Dataset,
    contract_column_texts,
    declared_public,
    find_columns,
    load_datasets,
    model_column_texts,
)
from publication.inputs import find_inputs
from publication.manifest import Approval, Approver, Current, Manifest, PublishResult, Signer, sha256_of
from publication.releases import (
    CURRENT,
    Pointer,
    delete_release,
    manifest_of,
    read_pointer,
    release_folder,
    remove_leftovers,
)
from publication.render import sql_text
from publication.signing import ALGORITHM, SigningKey, load_key
from publication.staging import ROWS_PER_PART, SCRATCH, StagedRelease, Workshop, stage_dataset
from publication.verify_release import MANIFEST, SIGNATURE
from publication.workbook import Limits

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
    limits: Limits = field(default_factory=Limits)
    models_folder: Path = MODELS_FOLDER
    datasets: tuple[Dataset, ...] = field(default_factory=load_datasets)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    warehouse: Path | None = None
    content_of: str | None = None


def publish(
    settings: Settings,
    storage: Storage,
    run_id: str,
    progress: Progress,
    approve: Approve | None = None,
    *,
    approver: Approver | None = None,
    options: Options | None = None,
) -> PublishResult:
    """Release the public tables unless the current release holds exactly them already.

    ``approve`` sees the files before any reader can; what it accepted goes with the name of ``approver`` into manifest and
    audit chain. Raises ``TerminalError`` when a table is missing or another
    publisher was faster, ``TransientError`` when the warehouse is in use; the current release then stays as it was.
    """
    started, options = monotonic(), options or Options()
    _remove_dead_staging(storage.temporary_directory())
    pointer = read_pointer(storage)
    warehouse = options.warehouse or settings.work_dir / WAREHOUSE
    if pointer.current and _state_of(settings) == _now(warehouse, pointer.current.version):
        return _unchanged(pointer, started)
    before = manifest_of(storage, pointer)
    _complete_audit(storage, pointer, before)
    key = load_key(settings)
    with _staging(storage) as folder:
        staged = _prepare(storage, warehouse, before, folder, options=options, progress=progress)
        if staged is None:
            _remember(settings, warehouse, pointer)
            return _unchanged(pointer, started)
        accepted = tuple(approve(staged)) if approve else ()
        approval = _record_approval(storage, staged, accepted, approver, options.content_of)
        manifest = _manifest(settings, storage, staged, run_id, approval=approval, key=key)
        manifest = manifest.model_copy(update={"accepted_checks": accepted, "content_of": options.content_of})
        _upload(storage, staged, manifest, key, progress)
        _make_current(storage, manifest, pointer)
        (folder / DIGESTS_FILE).replace(settings.work_dir / PUBLISHED_FILE)
    pointer = read_pointer(storage)
    _complete_audit(storage, pointer, manifest)
    _remember(settings, warehouse, pointer)
    return _published(manifest, remove_leftovers(storage, keep=manifest.version), key, started)


def _prepare(
    storage: Storage, warehouse: Path, before: Manifest | None, folder: Path, *, options: Options, progress: Progress
) -> StagedRelease | None:
    """All files of the coming release in ``folder``; None when the release before holds the same content."""
    with _connection(storage, warehouse, folder) as connection:
        progress.start("publication.step_compare", None)
        candidates = [_candidate(connection, dataset, options) for dataset in options.datasets]
        progress.done()
        if before and all(is_same(candidate, before) for candidate in candidates):
            return None
        created_at = options.clock().replace(microsecond=0)
        version = f"{created_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        staged = StagedRelease(version, created_at, folder, before, candidates)
        progress.start("publication.step_render", sum(candidate.rows for candidate in candidates))
        attach_published(connection, storage.settings.work_dir, before)
        shop = Workshop(connection, storage, staged, options.limits, progress, storage.settings.threads)
        for candidate in candidates:
            stage_dataset(shop, candidate)
        progress.done()
        connection.execute(f"create table {DIGESTS}.main.release as select {sql_text(version)} as version")
        return staged


def _candidate(connection: duckdb.DuckDBPyConnection, dataset: Dataset, options: Options) -> Candidate:
    texts = model_column_texts(dataset, options.models_folder), contract_column_texts(dataset.contract)
    columns = find_columns(connection, dataset, *texts)
    return find_candidate(connection, dataset, columns, declared_public(*texts), options.rows_per_part)


@contextmanager
def _staging(storage: Storage) -> Iterator[Path]:
    """A local folder named after this process, gone when the publisher is done with it."""
    parent = storage.temporary_directory()
    folder = Path(tempfile.mkdtemp(prefix=f"{STAGING_PREFIX}{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_dead_staging(parent: Path) -> None:
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
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        try:
            connection.execute(f"attach {sql_text(str(warehouse))} as warehouse (read_only)")
        except (duckdb.IOException, duckdb.BinderException, duckdb.ConnectionException) as error:
            raise TransientError("publication.warehouse_busy", path=warehouse, detail=error) from error
        connection.execute(f"attach {sql_text(str(folder / 'scratch.duckdb'))} as {SCRATCH}")
        connection.execute(f"attach {sql_text(str(folder / DIGESTS_FILE))} as {DIGESTS}")
        connection.execute("use warehouse")
        yield connection


def _record_approval(
    storage: Storage,
    staged: StagedRelease,
    accepted: tuple[str, ...],
    approver: Approver | None,
    content_of: str | None,
) -> Approval | None:
    """Note in the audit chain who let what pass, or had which release brought back; before the manifest, so that its
    signature vouches for the entry."""
    if approver is None or not (accepted or content_of):
        return None
    approval = Approval(name=approver.name, reason=approver.reason, checks=accepted)
    audit.append(
        storage,
        "rollback" if content_of else "approve",
        staged.version,
        actor=approval.name,
        reason=approval.reason,
        checks=accepted,
        content_of=content_of,
        known=staged.before.audit if staged.before else None,
    )
    return approval


def _manifest(
    settings: Settings,
    storage: Storage,
    staged: StagedRelease,
    run_id: str,
    *,
    approval: Approval | None,
    key: SigningKey,
) -> Manifest:
    datasets = tuple(staged.describe())
    fingerprint = sha256_of("\n".join(f"{dataset.id} {dataset.content_digest}" for dataset in datasets).encode())
    return Manifest(
        version=staged.version,
        created_at=staged.created_at,
        run_id=run_id,
        release_before=staged.before.version if staged.before else None,
        inputs=find_inputs(settings, storage, fingerprint),
        datasets=datasets,
        files=tuple(item.file for item in sorted(staged.files, key=lambda item: item.file.path)),
        approval=approval,
        audit=audit.find_head(storage, staged.before.audit if staged.before else None),
        signer=Signer(algorithm=ALGORITHM, key=key.fingerprint),
    )


def _upload(storage: Storage, staged: StagedRelease, manifest: Manifest, key: SigningKey, progress: Progress) -> None:
    """Bring every file to its place, the manifest last."""
    progress.start("publication.step_upload", len(staged.files))
    folder = release_folder(staged.version)
    for item in staged.files:
        target = f"{folder}/{item.file.path}"
        if item.local is not None:
            storage.adopt(item.local, target)
        elif item.carried_from is not None:
            storage.copy(item.carried_from, target)
        progress.advance(detail=item.file.path)
    storage.put_if_absent(f"{folder}/{SIGNATURE}", key.sign(manifest.to_bytes()))
    storage.put_if_absent(f"{folder}/{MANIFEST}", manifest.to_bytes())
    progress.done()


def _complete_audit(storage: Storage, pointer: Pointer, manifest: Manifest | None) -> None:
    """The entry of the current release, unless it is there: its publisher may have died right before."""
    current = pointer.current
    if current is None or manifest is None or current.version != manifest.version:
        return
    audit.append(
        storage,
        "publish",
        current.version,
        actor=manifest.run_id,
        manifest_sha256=current.manifest_sha256,
        known=manifest.audit,
    )


def _make_current(storage: Storage, manifest: Manifest, pointer: Pointer) -> None:
    """Move ``current.json`` from the release that was read to this one; the loser of a race takes its files away."""
    current = Current(
        version=manifest.version,
        manifest_sha256=sha256_of(manifest.to_bytes()),
        published_at=datetime.now(UTC).replace(microsecond=0),
    )
    try:
        storage.replace_if(CURRENT, current.to_bytes(), pointer.etag)
    except ConflictError as error:
        winner = read_pointer(storage).current
        if winner and winner.version == manifest.version:
            return  # the answer to our own write was lost and it was tried again
        folder = release_folder(manifest.version)
        delete_release(storage, manifest.version, [f"{folder}/{name}" for name in _names(manifest)])
        raise TerminalError(
            "publication.conflict", current=winner.version if winner else "-", version=manifest.version
        ) from error


def _names(manifest: Manifest) -> list[str]:
    return [MANIFEST, SIGNATURE, *(file.path for file in manifest.files)]


def _now(warehouse: Path, version: str) -> _State | None:
    try:
        facts = warehouse.stat()
    except FileNotFoundError:
        return None
    warehouse_version = f"{facts.st_size}-{facts.st_mtime_ns}"
    # Windows of publicity end by the clock, without any change of the warehouse.
    today = datetime.now(TIME_ZONE).date()
    return _State(version=version, warehouse=warehouse_version, renderer=renderer_version(), day=today)


def _state_of(settings: Settings) -> _State | None:
    try:
        return _State.model_validate_json((settings.work_dir / STATE_FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _remember(settings: Settings, warehouse: Path, pointer: Pointer) -> None:
    state = _now(warehouse, pointer.current.version) if pointer.current else None
    if state:
        (settings.work_dir / STATE_FILE).write_bytes(state.model_dump_json().encode())


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


def _published(manifest: Manifest, leftovers: tuple[str, ...], key: SigningKey, started: float) -> PublishResult:
    written = [file for file in manifest.files if file.written_in == manifest.version]
    return PublishResult(
        published=True,
        version=manifest.version,
        release_before=manifest.release_before,
        rows={dataset.id: dataset.rows for dataset in manifest.datasets},
        files_written=len(written),
        files_carried=len(manifest.files) - len(written),
        bytes_written=sum(file.bytes for file in written),
        leftovers_removed=leftovers,
        is_local_key=key.is_local,
        seconds=monotonic() - started,
    )
