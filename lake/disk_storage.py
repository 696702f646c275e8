"""Storage in a folder: temporary file, fsync, then link or rename, so that a reader never sees half an object."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import duckdb
from filelock import FileLock
from typing_extensions import override

from lake.errors import TerminalError, TransientError
from lake.full_disk import FULL
from lake.settings import Settings
from lake.storage import CHUNK_BYTES, ConflictError, ObjectInfo, Storage

# Small enough to stay in the processor's cache while a piece is hashed and written.
PIECE_BYTES = 256 * 1024

PRIVATE = ".creditlake"
NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})


class DiskStorage(Storage):
    """A folder of the local (or a mounted) file system."""

    def __init__(self, settings: Settings, root: str) -> None:
        super().__init__(settings, root)
        self._root = Path(root)

    @override
    def put_if_absent(self, path: str, data: bytes | BinaryIO) -> bool:
        target = self._path(path)
        with _clear_errors(target):
            if target.exists():
                return False
            temporary = self._write_temporary(data)
            try:
                return self._publish_new(temporary, target)
            finally:
                temporary.unlink(missing_ok=True)

    @override
    def adopt(self, file: Path, path: str) -> bool:
        """Like ``put_if_absent`` with a local file, moved by a link where the file system allows, else copied."""
        target = self._path(path)
        with _clear_errors(target):
            _sync(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(file, target)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in NO_LINKS | {errno.EXDEV}:
                    raise
                with file.open("rb") as stream:
                    return self.put_if_absent(path, stream)
            _sync(target.parent)
            return True

    @override
    def replace_if(self, path: str, data: bytes, etag: str | None) -> str:
        target = self._path(path)
        with _clear_errors(target), self._lock(path):
            if _tag(target) != etag:
                raise ConflictError("lake.object_changed", path=target)
            temporary = self._write_temporary(data)
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(target)
            _sync(target.parent)
            return _tag(target) or ""

    @override
    def open(self, path: str) -> BinaryIO:
        with _clear_errors(self._path(path)):
            return self._path(path).open("rb")

    @override
    def chunks(self, path: str) -> Iterator[bytes]:
        with _clear_errors(self._path(path)), self.open(path) as stream:
            while chunk := stream.read(PIECE_BYTES):
                yield chunk

    @override
    def read_with_etag(self, path: str) -> tuple[bytes, str]:
        with self.open(path) as stream:
            return stream.read(), _tag_of(os.fstat(stream.fileno()))

    @override
    def exists(self, path: str) -> bool:
        return self._path(path).is_file()

    @override
    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        with _clear_errors(self._path(prefix)):
            yield from self._walk(self._path(prefix))

    @override
    def unusable(self) -> Iterator[str]:
        with _clear_errors(self._root):
            yield from (self._relative(entry) for entry, is_file in _entries(self._root, frozenset()) if not is_file)

    @override
    def is_unchanged(self, found: ObjectInfo) -> bool:
        return _tag(self._path(found.path)) == found.etag

    @override
    def copy(self, source: str, target: str) -> None:
        self.adopt(self._path(source), target)

    @override
    def delete(self, path: str) -> None:
        with _clear_errors(self._path(path)):
            self._path(path).unlink(missing_ok=True)

    @override
    def delta_options(self) -> dict[str, str]:
        return {}

    @override
    def _create_secret(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A folder needs none."""

    def local_folder(self) -> Path:
        """Folder for temporary files on the same file system as the lake; ``list`` does not show it."""
        folder = self._root / PRIVATE / "temporary"
        with _clear_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _path(self, path: str) -> Path:
        return self._root / path

    def _walk(self, folder: Path) -> Iterator[ObjectInfo]:
        for entry, is_file in _entries(folder, frozenset()):
            if is_file:
                facts = entry.stat()
                modified = datetime.fromtimestamp(facts.st_mtime_ns // 1000 / 1_000_000, UTC)
                yield ObjectInfo(self._relative(entry), facts.st_size, modified, _tag_of(facts))

    def _relative(self, entry: os.DirEntry[str]) -> str:
        return Path(entry.path).relative_to(self._root).as_posix()

    def _write_temporary(self, data: bytes | BinaryIO) -> Path:
        file = self.local_folder() / uuid.uuid4().hex
        try:
            with file.open("wb") as stream:
                if isinstance(data, bytes):
                    stream.write(data)
                else:
                    shutil.copyfileobj(data, stream, CHUNK_BYTES)
                stream.flush()
                os.fsync(stream.fileno())
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        return file

    def _publish_new(self, temporary: Path, target: Path) -> bool:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(temporary, target)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            with self._lock(str(target)):
                if target.exists():
                    return False
                temporary.replace(target)
        _sync(target.parent)
        return True

    def _lock(self, path: str) -> FileLock:
        folder = self._root / PRIVATE / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / sha256(path.encode()).hexdigest()[:32])


def _entries(folder: Path, above: frozenset[str]) -> Iterator[tuple[os.DirEntry[str], bool]]:
    """Everything below ``folder`` sorted by name, folders left out, and whether it is a file.

    ``above`` are the real paths of the folders on the way here: a link back to one of them is not followed.
    """
    if not folder.is_dir():
        return
    above |= {os.path.realpath(folder)}
    for entry in sorted(os.scandir(folder), key=lambda found: found.name):
        if entry.name == PRIVATE:
            continue
        try:
            is_folder, is_file = entry.is_dir(), entry.is_file()
        except OSError:  # a link that leads to itself
            is_folder = is_file = False
        if is_folder and os.path.realpath(entry.path) not in above:
            yield from _entries(Path(entry.path), above)
        else:
            yield entry, is_file


@contextmanager
def _clear_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError as error:
        if error.errno in FULL:
            raise TransientError("lake.disk_full", path=target) from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise TerminalError("lake.disk_denied", path=target) from error
        raise TransientError("lake.disk_failed", path=target, detail=error.strerror or error) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tag(path: Path) -> str | None:
    try:
        return _tag_of(path.stat())
    except FileNotFoundError:
        return None


def _tag_of(facts: os.stat_result) -> str:
    """Each replacement is a new inode, so inode, time and size name a version without reading it."""
    return f"{facts.st_ino:x}-{facts.st_mtime_ns:x}-{facts.st_size:x}"
