"""Where delivered files lie: a folder, an S3 prefix or an SFTP server, seen alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from lake.storage import ObjectInfo


class Place(Protocol):
    """Files below a root; paths are relative, with ``/``. ``lake.storage.Storage`` is one."""

    def url(self, path: str = "") -> str:
        """The address of a file, or of the root, for people."""

    def list(self) -> Iterator[ObjectInfo]:
        """All files, sorted by path."""

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content in pieces; raises ``FileNotFoundError``."""

    def is_unchanged(self, found: ObjectInfo) -> bool:
        """Whether a file just read is still the version that was found."""

    def unusable(self) -> Iterator[str]:
        """Paths of entries that are no files."""
