"""Keeping what a department sent: one read of the file gives its digest and its original bytes in the lake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.transports.errors import SystemAwayError, SystemRefusedError
from connectors.transports.place import Place
from lake.disk_storage import DiskStorage
from lake.errors import CreditlakeError, TerminalError, TransientError
from lake.storage import ObjectInfo, Storage


class NotTakenError(CreditlakeError):
    """A delivered file that cannot be read now: the next run tries it again, other files need not wait for it."""


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
def landed(lake: Storage, drop: Place, found: ObjectInfo) -> Iterator[Landed]:
    """Copy a file of the drop while hashing it; the copy is gone afterwards.

    Raises ``NotTakenError`` when the file is still being written to, or cannot be read.
    """
    with TemporaryDirectory(dir=landing_folder(lake), prefix="landing-") as folder:
        file = Path(folder) / "original"
        digest, size = _copy(drop, found, file)
        if size != found.size or not _is_unchanged(drop, found):
            raise NotTakenError("ingest.file_changing", path=readable(drop.url(found.path)))
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


def _copy(drop: Place, found: ObjectInfo, file: Path) -> tuple[str, int]:
    state, size = sha256(), 0
    with file.open("wb") as target:
        for chunk in _delivered(drop, found):
            state.update(chunk)
            target.write(chunk)
            size += len(chunk)
    return state.hexdigest(), size


def _delivered(drop: Place, found: ObjectInfo) -> Iterator[bytes]:
    """The file's bytes. A store that is away (``TransientError``) keeps all files waiting, one bad file does not."""
    path = readable(drop.url(found.path))
    try:
        yield from drop.chunks(found.path)
    except FileNotFoundError as error:
        raise NotTakenError("ingest.file_gone", path=path) from error
    except (SystemAwayError, SystemRefusedError) as error:
        raise NotTakenError(error.code, **error.params) from error
    except (TerminalError, TransientError) as error:
        if isinstance(error, TransientError) and not isinstance(drop, DiskStorage):
            raise
        detail = getattr(error.__cause__, "strerror", None) or error
        raise NotTakenError("ingest.file_unreadable", path=path, detail=detail) from error


def _is_unchanged(drop: Place, found: ObjectInfo) -> bool:
    try:
        return drop.is_unchanged(found)
    except FileNotFoundError:
        return False
    except (SystemAwayError, SystemRefusedError) as error:
        raise NotTakenError(error.code, **error.params) from error


def readable(path: str) -> str:
    """A path as text: names that are not UTF-8 come from Chinese Windows and are GB18030."""
    raw = path.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")
