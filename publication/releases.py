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
from publication.manifest import Current, Manifest, sha256_of
from publication.verify_release import (
    MANIFEST,
    SIGNATURE,
    Expected,
    Problem,
    compare,
    extra_files,
    fingerprint,
    is_signed,
    read_key,
)

FOLDER = "releases"
CURRENT = f"{FOLDER}/current.json"
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


def verify_release(storage: Storage, version: str | None = None, public_key: bytes | None = None) -> VerifyResult:
    """Compare a release with its manifest, naming each file that is changed, missing or too many, and the manifest with
    its signature.

    ``public_key`` is the PEM text of the key that should have signed; without it the signature is not looked at, and the
    digest in ``current.json`` and the chain behind it vouch for the manifest. Raises ``TerminalError`` for a text that is
    no key.
    """
    manifest = show_release(storage, version)
    folder = release_folder(manifest.version)
    expected = [Expected(file.path, file.bytes, file.sha256) for file in manifest.files]
    found = (item.path.removeprefix(f"{folder}/") for item in storage.list(folder))
    problems = [
        *(_signature_problems(storage, folder, public_key) if public_key is not None else ()),
        *(problem for file in expected for problem in _problems_of(storage, folder, file)),
        *extra_files(expected, found),
    ]
    return VerifyResult(
        version=manifest.version,
        files=len(manifest.files),
        bytes=sum(file.bytes for file in manifest.files),
        problems=tuple(_described(folder, problem) for problem in problems),
    )


def _signature_problems(storage: Storage, folder: str, public_key: bytes) -> Iterator[Problem]:
    try:
        key = read_key(public_key)
    except ValueError as error:
        raise TerminalError("publication.public_key_unreadable", detail=error) from error
    try:
        signature = storage.read(f"{folder}/{SIGNATURE}")
    except FileNotFoundError:
        yield Problem(SIGNATURE, "missing")
        return
    try:
        is_right = is_signed(storage.read(f"{folder}/{MANIFEST}"), signature, key)
    except ImportError as error:
        raise TerminalError("publication.sm2_missing", detail=error) from error
    if not is_right:
        yield Problem(MANIFEST, "signature", fingerprint(key))


def _problems_of(storage: Storage, folder: str, file: Expected) -> Iterator[Problem]:
    try:
        size, digest = digest_of(storage, f"{folder}/{file.path}")
    except FileNotFoundError:
        yield Problem(file.path, "missing")
        return
    yield from compare(file, size, digest)


def _described(folder: str, problem: Problem) -> ReleaseProblem:
    path = f"{folder}/{problem.path}"
    message = text(f"publication.verify_{problem.kind}", path=path, expected=problem.expected, found=problem.found)
    return ReleaseProblem(path=path, message=message)


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
