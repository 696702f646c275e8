"""Files on an SFTP server: the host key checked, connections made again where they broke, partial copies gone on with.

A file that was changed a moment ago may still be written to and is left to the next run.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import paramiko
import stamina

from connectors.transports.declaration import SftpWay, resolved
from connectors.transports.errors import SystemAwayError, SystemRefusedError
from lake.storage import ObjectInfo

PIECE_BYTES = 256 * 1024
COMPARED_BYTES = 1024 * 1024
"""So much of the end of a partial copy is read once more: it must be what the server has there."""
_BROKEN = (paramiko.SSHException, EOFError, OSError)
logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what matters is said by our own errors


class _Names(paramiko.Message):  # type: ignore[misc]
    """File names as they are: Chinese Windows writes them in GBK, which is no UTF-8."""

    def get_text(self) -> str:
        return bytes(self.get_string()).decode("utf-8", "surrogateescape")


class _Client(paramiko.SFTPClient):  # type: ignore[misc]
    """A client that reads any file name."""

    def _request(self, kind: int, *arguments: Any) -> Any:
        answer, message = super()._request(kind, *arguments)
        message.__class__ = _Names
        return answer, message


class _UnknownHostKeyError(paramiko.SSHException):  # type: ignore[misc]
    """The server shows a kind of key that the declaration does not have."""


class _Refusing(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """No key is taken on trust."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        del client, key
        raise _UnknownHostKeyError(hostname)


class SftpPlace:
    """The files below the declared folder of a server."""

    def __init__(self, system_id: str, way: SftpWay, variable: Callable[[str], str], partial_copies: Path) -> None:
        """``variable`` gives environment variables by name; ``partial_copies`` is a local folder."""
        self._system = system_id
        self._way = way
        self._variable = variable
        self._copies = partial_copies
        parts = urlsplit(resolved(way.address, _Variables(variable)))
        self._host, self._port, self._root = parts.hostname or "", parts.port or 22, unquote(parts.path) or "/"
        self._client: _Client | None = None
        self._transport: paramiko.Transport | None = None
        self.waiting: list[str] = []
        self._others: list[str] = []

    def url(self, path: str = "") -> str:
        """The address of a file; without user and password."""
        return f"sftp://{self._host}:{self._port}{self._root.rstrip('/')}/{path}".rstrip("/")

    def list(self) -> Iterator[ObjectInfo]:
        """Files that have rested for ``quiet_seconds``; the others are in ``waiting`` afterwards."""
        self.waiting, self._others = [], []
        quiet = datetime.now(UTC) - timedelta(seconds=self._way.quiet_seconds)
        for path, facts in sorted(self._again(lambda client: list(self._walk(client, "")))):
            found = _info(path, facts)
            if found.modified_at > quiet:
                self.waiting.append(path)
            else:
                yield found

    def unusable(self) -> Iterator[str]:
        """Links, pipes and devices that the last ``list`` met: they are left alone."""
        yield from dict.fromkeys(self._others)

    def is_unchanged(self, found: ObjectInfo) -> bool:
        """Whether size and time of change are what they were."""
        facts = self._again(lambda client: client.stat(self._bytes(found.path)))
        return _info(found.path, facts).etag == found.etag

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content; what an earlier run copied comes from the local disk, and a broken connection is made again.

        Raises ``FileNotFoundError``, ``SystemAwayError`` when it breaks again and again without getting further.
        """
        facts = _info(path, self._again(lambda client: client.stat(self._bytes(path))))
        copy = self._copies / hashlib.sha256(f"{self.url(path)}|{facts.etag}".encode("utf-8", "replace")).hexdigest()
        self._copies.mkdir(parents=True, exist_ok=True)
        offset = self._usable(copy, path)
        with copy.open("r+b" if copy.exists() else "w+b") as local:
            local.truncate(offset)
            while piece := local.read(PIECE_BYTES):
                yield piece
            for piece in self._pieces(path, offset, facts.size):
                local.write(piece)
                yield piece
        copy.unlink()

    def put(self, file: Path, path: str) -> None:
        """Put a local file there under ``path``, whole or not at all: written beside it, then renamed over what there was.

        Raises ``SystemAwayError`` when it breaks again and again, ``SystemRefusedError`` for a folder that is not there or not
        ours to write.
        """
        self._again(lambda client: self._put(client, file, path))

    def _put(self, client: _Client, file: Path, path: str) -> None:
        folder, _, name = path.rpartition("/")
        for depth in range(1, len(folder.split("/")) + 1 if folder else 1):
            with suppress(OSError):
                client.mkdir(self._bytes("/".join(folder.split("/")[:depth])))
        partial = self._bytes(f"{folder}/.{name}.part".lstrip("/"))
        client.put(str(file), partial, confirm=True)
        client.posix_rename(partial, self._bytes(path))

    def _pieces(self, path: str, offset: int, size: int) -> Iterator[bytes]:
        failures = 0
        while True:
            before = offset
            try:
                for piece in self._read(path, offset, size):
                    offset += len(piece)
                    yield piece
                return
            except FileNotFoundError:
                raise
            except _BROKEN as error:
                self._drop()
                failures = 1 if offset > before else failures + 1
                if failures >= self._way.patience.attempts:
                    raise self._away(error) from error

    def _read(self, path: str, offset: int, size: int) -> Iterator[bytes]:
        with self._connected().open(self._bytes(path), "rb") as stream:
            stream.seek(offset)
            while offset < size and (piece := stream.read(min(PIECE_BYTES, size - offset))):
                offset += len(piece)
                yield piece

    def _usable(self, copy: Path, path: str) -> int:
        """How much of a partial copy can be gone on with: nothing, unless its end is what the server has there."""
        if not copy.exists():
            return 0
        size = copy.stat().st_size
        start = max(0, size - COMPARED_BYTES)
        with copy.open("rb") as local:
            local.seek(start)
            mine = local.read()
        return size if b"".join(self._pieces(path, start, size)) == mine else 0

    def _walk(self, client: _Client, folder: str) -> Iterator[tuple[str, paramiko.SFTPAttributes]]:
        for entry in client.listdir_attr(self._bytes(folder)):
            path = f"{folder}/{entry.filename}" if folder else entry.filename
            mode = entry.st_mode or 0
            if stat.S_ISDIR(mode):
                yield from self._walk(client, path)
            elif stat.S_ISREG(mode):
                yield path, entry
            else:
                self._others.append(path)

    def _bytes(self, path: str) -> Any:
        return f"{self._root.rstrip('/')}/{path}".encode("utf-8", "surrogateescape")

    def _again(self, work: Callable[[_Client], Any]) -> Any:
        """``work`` with a connection, tried again with a new one when it breaks; raises what the server refuses."""
        patience = self._way.patience
        for attempt in stamina.retry_context(
            on=SystemAwayError,
            attempts=patience.attempts,
            timeout=None,
            wait_max=max(1.0, patience.longest_wait_seconds),
        ):
            with attempt:
                client = self._connected()
                with self._said():
                    return work(client)
        raise AssertionError("unreachable")

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if error.args and self._client is not None and self._is_root_missing():
                raise SystemRefusedError("transports.sftp_no_folder", **self._named()) from error
            raise
        except PermissionError as error:
            raise SystemRefusedError("transports.sftp_denied", **self._named()) from error
        except _BROKEN as error:
            self._drop()
            raise self._away(error) from error

    def _is_root_missing(self) -> bool:
        try:
            self._connected().stat(self._bytes(""))
        except FileNotFoundError:
            return True
        except _BROKEN:
            return False
        return False

    def _connected(self) -> _Client:
        if self._client is None:
            self._client = self._connect()
        return self._client

    def _connect(self) -> _Client:
        """Raises ``SystemRefusedError`` for another host key or wrong credentials, ``SystemAwayError`` else."""
        way = self._way
        password = self._variable(way.password_variable) if way.password_variable else None
        key_file = self._variable(way.private_key_variable) if way.private_key_variable else None
        client = paramiko.SSHClient()
        name = self._host if self._port == 22 else f"[{self._host}]:{self._port}"
        for kind, key in self._host_keys():
            client.get_host_keys().add(name, kind, key)
        client.set_missing_host_key_policy(_Refusing())
        try:
            client.connect(
                self._host,
                self._port,
                self._variable(way.user_variable),
                password,
                key_filename=key_file,
                timeout=way.patience.timeout_seconds,
                banner_timeout=way.patience.timeout_seconds,
                auth_timeout=way.patience.timeout_seconds,
                allow_agent=False,
                look_for_keys=False,
            )
            self._transport = client.get_transport()
            opened: _Client = _Client.from_transport(self._transport)
            channel = opened.get_channel()
            channel.settimeout(way.patience.timeout_seconds)
        except (paramiko.BadHostKeyException, _UnknownHostKeyError) as error:
            raise SystemRefusedError("transports.host_key_changed", **self._named()) from error
        except paramiko.AuthenticationException as error:
            raise SystemRefusedError("transports.sftp_not_authorised", **self._named()) from error
        except _BROKEN as error:
            raise self._away(error) from error
        return opened

    def _host_keys(self) -> Iterator[tuple[str, paramiko.PKey]]:
        """Kind and key, one by one; raises ``SystemRefusedError`` for a variable that holds no key."""
        for declared in self._way.host_keys:
            text = resolved(declared, _Variables(self._variable))
            try:
                kind, key = text.split()[:2]
                yield kind, paramiko.PKey.from_type_string(kind, base64.b64decode(key, validate=True))
            except (ValueError, paramiko.SSHException) as error:
                raise SystemRefusedError(
                    "transports.host_key_unreadable", **self._named(), declared=declared
                ) from error

    def _drop(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._client = self._transport = None

    def _away(self, error: BaseException) -> SystemAwayError:
        detail = f"{type(error).__name__} {error}".strip()
        attempts = self._way.patience.attempts
        return SystemAwayError("transports.sftp_away", **self._named(), detail=detail, attempts=attempts)

    def _named(self) -> dict[str, object]:
        return {"system": self._system, "address": self.url()}


class _Variables(dict[str, str]):
    """Environment variables by name, asked for one at a time."""

    def __init__(self, variable: Callable[[str], str]) -> None:
        super().__init__()
        self._variable = variable

    def __missing__(self, name: str) -> str:
        return self._variable(name)


def _info(path: str, facts: paramiko.SFTPAttributes) -> ObjectInfo:
    size, moment = int(facts.st_size or 0), int(facts.st_mtime or 0)
    return ObjectInfo(path, size, datetime.fromtimestamp(moment, UTC), f"{moment:x}-{size:x}")
