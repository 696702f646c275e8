"""Reading releases: the current one, the chain behind it, verification; and removing what dead publishers left.

A reader takes ``releases/current.json``, checks the manifest's digest against it and each file's against the manifest.
Files and manifests are never changed, so whoever holds a manifest can read that release for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from lake.errors import TerminalError
from lake.messages import text
from lake.storage import CHUNK_BYTES, Storage
from publication.manifest import Current, Manifest, ReleaseFile, sha256_of

FOLDER = "releases"
CURRENT = f"{FOLDER}/current.json"
MANIFEST = "manifest.json"
LEFTOVER_AGE = timedelta(hours=24)
"""A folder that no chain names and nobody has written to for so long belongs to a dead publisher."""

Document = TypeVar("Document", bound=BaseModel)


class ReleaseProblem(BaseModel):
    """One thing wrong with a release: which file, and what."""

    model_config = ConfigDict(frozen=True)

    path: str
    message: str


class VerifyResult(BaseModel):
    """Outcome of checking a release against its digests."""

    model_config = ConfigDict(frozen=True)

    version: str
    files: int
    bytes: int
    problems: tuple[ReleaseProblem, ...]

    @property
    def ok(self) -> bool:
        """Whether every byte is as published."""
        return not self.problems


@dataclass(frozen=True)
class Pointer:
    """``current.json`` as read: its content, or None before the first release, and the tag to replace it by."""

    current: Current | None
    etag: str | None


def release_folder(version: str) -> str:
    """Folder of a release in the lake."""
    return f"{FOLDER}/{version}"


def read_pointer(storage: Storage) -> Pointer:
    """Read ``current.json``; raises ``TerminalError`` if it is not readable."""
    try:
        data, etag = storage.read_with_etag(CURRENT)
    except FileNotFoundError:
        return Pointer(None, None)
    return Pointer(_parse(Current, data, CURRENT), etag)


def read_manifest(storage: Storage, version: str, expected_sha256: str | None = None) -> Manifest:
    """The manifest of ``version``; raises ``TerminalError`` when missing, unreadable or of another digest."""
    path = f"{release_folder(version)}/{MANIFEST}"
    try:
        data = storage.read(path)
    except FileNotFoundError as error:
        raise TerminalError("publication.document_broken", path=storage.url(path), detail="-") from error
    if expected_sha256 is not None and sha256_of(data) != expected_sha256:
        raise TerminalError("publication.document_broken", path=storage.url(path), detail=sha256_of(data))
    return _parse(Manifest, data, path)


def manifest_of(storage: Storage, pointer: Pointer) -> Manifest | None:
    """The manifest that ``current.json`` points at; None before the first release."""
    current = pointer.current
    return read_manifest(storage, current.version, current.manifest_sha256) if current else None


def list_releases(storage: Storage) -> list[Manifest]:
    """Published releases, newest first: the chain that begins at ``current.json``."""
    return list(_chain(storage))


def show_release(storage: Storage, version: str | None = None) -> Manifest:
    """One published release, the current one by default; raises ``TerminalError`` when there is none such."""
    releases = list_releases(storage)
    if not releases:
        raise TerminalError("publication.no_release", lake=storage.url())
    for manifest in releases:
        if version in (None, manifest.version):
            return manifest
    raise TerminalError("publication.release_unknown", version=version, known=", ".join(m.version for m in releases))


def verify_release(storage: Storage, version: str | None = None) -> VerifyResult:
    """Compare every file of a release with the manifest's sizes and sha256 digests, naming each that differs."""
    manifest = show_release(storage, version)
    problems = [problem for file in manifest.files for problem in _problems_of(storage, manifest.version, file)]
    return VerifyResult(
        version=manifest.version,
        files=len(manifest.files),
        bytes=sum(file.bytes for file in manifest.files),
        problems=tuple(problems),
    )


def remove_leftovers(storage: Storage, keep: str, now: datetime | None = None) -> tuple[str, ...]:
    """Delete release folders outside the chain that nobody touched for ``LEFTOVER_AGE``; returns their versions.

    ``keep`` is a version that is spared whatever its age. The manifest goes last, so that a deletion that dies half-way
    leaves nothing that looks complete without being so.
    """
    known = {manifest.version for manifest in _chain(storage)} | {keep}
    found: dict[str, list[tuple[str, datetime]]] = {}
    for item in storage.list(FOLDER):
        version, _, rest = item.path.removeprefix(f"{FOLDER}/").partition("/")
        if rest and version not in known:
            found.setdefault(version, []).append((item.path, item.modified_at))
    limit = (now or datetime.now(UTC)) - LEFTOVER_AGE
    removed = [version for version, files in found.items() if max(time for _, time in files) < limit]
    for version in removed:
        delete_release(storage, version, [path for path, _ in found[version]])
    return tuple(sorted(removed))


def delete_release(storage: Storage, version: str, paths: list[str]) -> None:
    """Delete the files of a release that never became current; its manifest first, so that it never looks complete."""
    manifest = f"{release_folder(version)}/{MANIFEST}"
    for path in sorted(paths, key=lambda path: (path != manifest, path)):
        storage.delete(path)


def _chain(storage: Storage) -> Iterator[Manifest]:
    manifest = manifest_of(storage, read_pointer(storage))
    while manifest is not None:
        yield manifest
        manifest = read_manifest(storage, manifest.release_before) if manifest.release_before else None


def _problems_of(storage: Storage, version: str, file: ReleaseFile) -> Iterator[ReleaseProblem]:
    path = f"{release_folder(version)}/{file.path}"
    try:
        size, digest = digest_of(storage, path)
    except FileNotFoundError:
        yield ReleaseProblem(path=path, message=text("publication.verify_missing", path=path))
        return
    if digest != file.sha256:
        message = text("publication.verify_digest", path=path, expected=file.sha256, found=digest)
        if size != file.bytes:
            message = text("publication.verify_size", path=path, expected=file.bytes, found=size)
        yield ReleaseProblem(path=path, message=message)


def digest_of(storage: Storage, path: str) -> tuple[int, str]:
    """Size in bytes and sha256 of a stored file, read in pieces; raises ``FileNotFoundError``."""
    digest, size = hashlib.sha256(), 0
    with storage.open(path) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def _parse(kind: type[Document], data: bytes, path: str) -> Document:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        raise TerminalError("publication.document_broken", path=path, detail=error.errors()[0]["msg"]) from error
