"""Packed files: gzip as a stream, members of zip and tar one by one, all against bounds on what they expand to."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from connectors.readers.model import MEBIBYTE, ReaderHints, ReaderLimits
from lake.errors import TerminalError

_PIECE = MEBIBYTE


class Spool:
    """A member unpacked to a file of its own, deleted when nothing refers to it any more."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="creditlake-", dir=folder)
        self.path = Path(self._folder.name) / "member"

    def fill(self, stream: BinaryIO) -> Spool:
        """Copy ``stream`` into the file."""
        with self.path.open("wb") as target:
            shutil.copyfileobj(stream, target, _PIECE)
        return self


class Unpacked(io.RawIOBase):
    """A stream of unpacked bytes that turns damage into one clear error and refuses to expand without bound."""

    def __init__(self, stream: BinaryIO, packed_size: int, limits: ReaderLimits) -> None:
        super().__init__()
        self._stream = stream
        self._packed_size = packed_size
        self._limits = limits
        self._given = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; raises ``TerminalError`` for a damaged or exploding stream."""
        pieces: list[bytes] = []
        wanted = size if size >= 0 else self._limits.expanded_bytes
        while wanted > 0:
            piece = self._piece(min(wanted, _PIECE))
            if not piece:
                break
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def _piece(self, size: int) -> bytes:
        try:
            piece = self._stream.read(size)
        except EOFError as error:
            raise TerminalError("readers.truncated_archive") from error
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
            raise TerminalError("readers.damaged_archive", detail=str(error)) from error
        self._given += len(piece)
        check_expansion(self._given, self._packed_size, self._limits)
        return piece

    def close(self) -> None:
        """Close the stream below as well."""
        self._stream.close()
        super().close()


def check_expansion(expanded: int, packed: int, limits: ReaderLimits) -> None:
    """Raises ``TerminalError`` ``readers.expands_too_far`` above the bounds on size and ratio."""
    exploding = expanded > limits.ratio_from_bytes and expanded > packed * limits.archive_ratio
    if exploding or expanded > limits.expanded_bytes:
        raise TerminalError(
            "readers.expands_too_far",
            expanded=expanded // MEBIBYTE,
            ratio=expanded // max(1, packed),
            largest=limits.expanded_bytes // MEBIBYTE,
            largest_ratio=limits.archive_ratio,
        )


def open_gzip(path: Path, limits: ReaderLimits) -> BinaryIO:
    """The bytes inside a gzip file."""
    return cast("BinaryIO", Unpacked(cast("BinaryIO", gzip.open(path, "rb")), path.stat().st_size, limits))


def zip_members(path: Path, hints: ReaderHints) -> Iterator[tuple[str, Spool]]:
    """The members of a zip file with their names as a person reads them; the names are never used as paths."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                member for member in archive.infolist() if not member.is_dir() and _is_named_as_data(member.filename)
            ]
            _check_members(members, path, hints.limits)
            for member in members:
                with archive.open(member) as stream:
                    unpacked = Unpacked(cast("BinaryIO", stream), member.compress_size, hints.limits)
                    yield _member_name(member), Spool(hints.temporary_folder).fill(cast("BinaryIO", unpacked))
    except zipfile.BadZipFile as error:
        raise TerminalError("readers.damaged_archive", detail=str(error)) from error
    except NotImplementedError as error:
        raise TerminalError("readers.damaged_archive", detail=str(error)) from error


def tar_members(path: Path, hints: ReaderHints) -> Iterator[tuple[str, Spool]]:
    """The members of a tar file, as those of a zip file; links, devices and pipes are refused."""
    try:
        with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
            entries = archive.getmembers()
            _check_end(path, archive.offset)
            for member in entries:
                if not (member.isreg() or member.isdir()):
                    raise TerminalError("readers.special_member", member=_tar_name(member))
            members = [member for member in entries if member.isreg() and _is_named_as_data(member.name)]
            _check_count(len(members), hints.limits)
            check_expansion(sum(member.size for member in members), path.stat().st_size, hints.limits)
            for member in members:
                stream = archive.extractfile(member)
                assert stream is not None
                with stream:
                    yield _tar_name(member), Spool(hints.temporary_folder).fill(cast("BinaryIO", stream))
    except tarfile.ReadError as error:
        code = "truncated" if "unexpected end" in str(error) else "damaged"
        raise TerminalError(f"readers.{code}_archive", detail=str(error)) from error


def _check_end(path: Path, offset: int) -> None:
    """The library takes a damaged header for the end, and so would a transfer cut between two members be taken."""
    with path.open("rb") as stream:
        stream.seek(offset)
        end = stream.read(tarfile.BLOCKSIZE)
    if not end:
        raise TerminalError("readers.truncated_archive")
    if end.strip(b"\0"):
        raise TerminalError("readers.damaged_archive", detail=f"no header at byte {offset}")


def _tar_name(member: tarfile.TarInfo) -> str:
    raw = member.name.encode("utf-8", "surrogateescape")
    return _decoded(raw) or raw.decode("utf-8", "replace")


def _check_members(members: list[zipfile.ZipInfo], path: Path, limits: ReaderLimits) -> None:
    _check_count(len(members), limits)
    for member in members:
        if member.flag_bits & 1:
            raise TerminalError("readers.encrypted_archive", member=_member_name(member))
    check_expansion(sum(member.file_size for member in members), path.stat().st_size, limits)


def _check_count(members: int, limits: ReaderLimits) -> None:
    if not members:
        raise TerminalError("readers.empty_archive")
    if members > limits.archive_members:
        raise TerminalError("readers.too_many_members", found=members, largest=limits.archive_members)


def _is_named_as_data(path: str) -> bool:
    """Whether a member is more than what file managers and open spreadsheets (``~$…``) leave behind."""
    name = PurePosixPath(path)
    hidden = name.name.startswith(("._", ".DS_Store", "~$")) or name.name.lower() in {"thumbs.db", "desktop.ini"}
    return not (hidden or "__MACOSX" in name.parts)


def _member_name(member: zipfile.ZipInfo) -> str:
    """The member's name: marked as UTF-8, else what its bytes are in UTF-8 or GB18030 (Chinese Windows)."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    return _decoded(raw) or member.filename


def _decoded(raw: bytes) -> str | None:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
