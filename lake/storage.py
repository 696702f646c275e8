"""Object storage: a folder or an S3 prefix behind one interface, every write atomic or conditional."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import duckdb

from lake.duckdb_extensions import set_limits
from lake.errors import TransientError
from lake.settings import Settings

CHUNK_BYTES = 8 * 1024 * 1024


class ConflictError(TransientError):
    """Someone else wrote the object first; read it again before deciding anew."""


@dataclass(frozen=True)
class ObjectInfo:
    """One stored object: path below the root, size in bytes, time of last change (UTC), tag of this version."""

    path: str
    size: int
    modified_at: datetime
    etag: str


class Storage(ABC):
    """A root (folder or ``s3://bucket/prefix``) and the objects below it; paths are relative, with ``/``.

    Every method raises ``TransientError`` when the store is away or full, ``TerminalError`` when it refuses.
    """

    def __init__(self, settings: Settings, root: str) -> None:
        self.settings = settings
        self.root = root

    @abstractmethod
    def put_if_absent(self, path: str, data: bytes | BinaryIO) -> bool:
        """Write a new object, whole or not at all; False, and nothing written, when there is one already."""

    @abstractmethod
    def replace_if(self, path: str, data: bytes, etag: str | None) -> str:
        """Replace the version ``etag`` (None: there is none yet); gives the new tag, raises ``ConflictError``."""

    @abstractmethod
    def open(self, path: str) -> BinaryIO:
        """A readable stream; raises ``FileNotFoundError``."""

    @abstractmethod
    def chunks(self, path: str) -> Iterator[bytes]:
        """The content in pieces of at most ``CHUNK_BYTES``; raises ``FileNotFoundError``."""

    @abstractmethod
    def read_with_etag(self, path: str) -> tuple[bytes, str]:
        """Content and its tag, of one and the same version; raises ``FileNotFoundError``."""

    @abstractmethod
    def exists(self, path: str) -> bool:
        """Whether there is such an object."""

    @abstractmethod
    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Objects below the folder ``prefix``, sorted by path; none when there is no such folder."""

    @abstractmethod
    def copy(self, source: str, target: str) -> None:
        """A further name for an object that is never changed; raises ``FileNotFoundError`` without ``source``."""

    @abstractmethod
    def delete(self, path: str) -> None:
        """Remove an object; no error when there is none."""

    @abstractmethod
    def delta_options(self) -> dict[str, str]:
        """Storage options of ``deltalake``."""

    @abstractmethod
    def _create_secret(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give DuckDB what it needs to read this storage."""

    def read(self, path: str) -> bytes:
        """The whole content; raises ``FileNotFoundError``."""
        return self.read_with_etag(path)[0]

    def adopt(self, file: Path, path: str) -> bool:
        """Like ``put_if_absent`` with a local file that nobody changes any more."""
        with file.open("rb") as stream:
            return self.put_if_absent(path, stream)

    def unusable(self) -> Iterator[str]:
        """Paths of entries that are no objects: links that lead nowhere or in a circle, pipes; a store has none."""
        yield from ()

    def is_unchanged(self, found: ObjectInfo) -> bool:
        """Whether an object just read is still that version; a store changes its objects only as a whole."""
        del found
        return True

    def url(self, path: str = "") -> str:
        """``s3://…`` or an absolute path, for engines that read the storage themselves."""
        return f"{self.root}/{path}" if path else self.root

    def temporary_directory(self) -> Path:
        """Local folder for temporary files."""
        folder = self.settings.work_dir / "temporary"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def duckdb_setup(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Give access to this storage and set the limits; ``lake.tables.scan`` loads what reads Delta."""
        set_limits(connection, self.settings, self.temporary_directory())
        self._create_secret(connection)


def open_storage(settings: Settings, url: str | None = None) -> Storage:
    """The lake's storage, or that of another folder or S3 prefix ``url`` with the same endpoint and credentials."""
    place = url or settings.lake_url
    if place.startswith("s3://"):
        from lake.object_storage import ObjectStorage

        return ObjectStorage(settings, place.rstrip("/"))
    from lake.disk_storage import DiskStorage

    return DiskStorage(settings, str(Path(place).absolute()))
