"""Keeping what a department sent: one read of the file gives its digest and its original bytes in the lake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from lake.disk_storage import DiskStorage
from lake.errors import TransientError
from lake.storage import ObjectInfo, Storage


@dataclass(frozen=True)
class Landed:
    """A local copy of a delivered file, its SHA-256 (64 hexadecimal characters) and size in bytes."""

    file: Path
    digest: str
    size: int


def original_path(digest: str) -> str:
    """Where the original bytes of ``digest`` lie in the lake."""
    return f"originals/sha256/{digest[:2]}/{digest}"


@contextmanager
def landed(lake: Storage, drop: Storage, found: ObjectInfo) -> Iterator[Landed]:
    """Copy a file of the drop while hashing it; the copy is gone afterwards.

    Raises ``TransientError`` when the file is still being written to.
    """
    with TemporaryDirectory(dir=landing_folder(lake), prefix="landing-") as folder:
        file = Path(folder) / "original"
        digest, size = _copy(drop, found, file)
        if size != found.size:
            raise TransientError("ingest.file_changing", path=drop.url(found.path))
        yield Landed(file, digest, size)


def keep(lake: Storage, copy: Landed) -> None:
    """Store the original bytes under their digest; nothing happens when they are there already."""
    path = original_path(copy.digest)
    if lake.exists(path):
        return
    lake.adopt(copy.file, path)


def landing_folder(lake: Storage) -> Path:
    """On disk, the lake's own file system, so that an original is moved in by a link and not copied once more."""
    return lake.local_folder() if isinstance(lake, DiskStorage) else lake.temporary_directory()


def _copy(drop: Storage, found: ObjectInfo, file: Path) -> tuple[str, int]:
    state, size = sha256(), 0
    with file.open("wb") as target:
        for chunk in drop.chunks(found.path):
            state.update(chunk)
            target.write(chunk)
            size += len(chunk)
    return state.hexdigest(), size
