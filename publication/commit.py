"""Making a staged release the current one: approval, manifest and signature, files, ``current.json``, audit entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from lake.errors import TerminalError
from lake.progress import Progress
from lake.storage import ConflictError, Storage
from publication import audit
from publication.audit import Action
from publication.catalogue import add_catalogue
from publication.manifest import (
    Approval,
    Approver,
    Current,
    Manifest,
    PublishResult,
    ReleaseInputs,
    Signer,
    Withdrawal,
    sha256_of,
)
from publication.releases import CURRENT, Pointer, delete_release, read_pointer, release_folder
from publication.signing import SigningKey
from publication.staging import StagedRelease
from publication.verify_release import MANIFEST, SIGNATURE


@dataclass(frozen=True)
class Act:
    """What a release is made by: the run, who answers for what (or ``because`` of what the run did it by itself), and what it
    does beside publishing what is new."""

    run_id: str
    approver: Approver | None = None
    content_of: str | None = None
    because: str | None = None
    withdrawn: tuple[Withdrawal, ...] = ()
    withdraws: tuple[str, ...] = ()
    lifts: tuple[str, ...] = ()

    @property
    def action(self) -> Action:
        """As the audit chain names what the approver did."""
        if self.withdraws:
            return "withdraw"
        if self.lifts:
            return "lift"
        return "rollback" if self.content_of else "approve"


def commit(
    storage: Storage,
    staged: StagedRelease,
    act: Act,
    *,
    accepted: tuple[str, ...],
    inputs: ReleaseInputs,
    key: SigningKey,
    pointer: Pointer,
    progress: Progress,
) -> Manifest:
    """Make the staged release current and note it in the audit chain; raises ``TerminalError`` when another publisher was
    faster: then the current release is that one's and the files are gone."""
    add_catalogue(staged)
    approval = _record_approval(storage, staged, act, accepted)
    manifest = Manifest(
        version=staged.version,
        created_at=staged.created_at,
        run_id=act.run_id,
        release_before=staged.before.version if staged.before else None,
        inputs=inputs,
        datasets=tuple(staged.describe()),
        files=tuple(item.file for item in sorted(staged.files, key=lambda item: item.file.path)),
        accepted_checks=accepted,
        approval=approval,
        content_of=act.content_of,
        withdrawn=act.withdrawn,
        audit=audit.find_head(storage, staged.before.audit if staged.before else None),
        signer=Signer(algorithm=key.algorithm, key=key.fingerprint),
    )
    _upload(storage, staged, manifest, key, progress)
    _make_current(storage, manifest, pointer)
    complete_audit(storage, read_pointer(storage), manifest)
    return manifest


def warehouse_fingerprint(staged: StagedRelease) -> str:
    """sha256 over the digests of all datasets."""
    return sha256_of("\n".join(f"{one.id} {one.content_digest}" for one in staged.describe()).encode())


def _record_approval(storage: Storage, staged: StagedRelease, act: Act, accepted: tuple[str, ...]) -> Approval | None:
    """Note in the audit chain who or what let what pass, had which release brought back or what taken down; before the manifest,
    so that its signature vouches for the entry."""
    known = staged.before.audit if staged.before else None
    if act.because is not None:
        given = (storage, act.action, staged.version)
        audit.append(*given, actor=act.run_id, reason=act.because, records=act.withdraws, known=known)
        return None
    if act.approver is None or not (accepted or act.action != "approve"):
        return None
    approval = Approval(name=act.approver.name, reason=act.approver.reason, checks=accepted)
    audit.append(
        storage,
        act.action,
        staged.version,
        actor=approval.name,
        reason=approval.reason,
        checks=accepted,
        content_of=act.content_of,
        records=act.withdraws or act.lifts,
        known=known,
    )
    return approval


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


def complete_audit(storage: Storage, pointer: Pointer, manifest: Manifest | None) -> None:
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


def published(
    manifest: Manifest, before: Manifest | None, leftovers: tuple[str, ...], key: SigningKey, seconds: float
) -> PublishResult:
    """What was done, for the run's result."""
    signer = before.signer if before else None
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
        key_before=signer.key if signer and signer.key != key.fingerprint else None,
        seconds=seconds,
    )
