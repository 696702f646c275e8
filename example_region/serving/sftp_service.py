"""An SFTP server that shows each user a folder of its own, read only; names in any encoding, as OpenSSH takes them."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko


@dataclass
class SftpServer:
    """``logins``: user to password and folder."""

    logins: dict[str, tuple[str, Path]]
    key: paramiko.PKey = field(default_factory=paramiko.ECDSAKey.generate)
    port: int = 0
    transports: list[paramiko.Transport] = field(default_factory=list)

    @property
    def host_key(self) -> str:
        """As a declaration has it."""
        return f"{self.key.get_name()} {self.key.get_base64()}"

    def files(self, login: paramiko.ServerInterface) -> Files:
        """What a user who is logged in sees."""
        return Files(login)

    def close_connections(self) -> None:
        """End every connection there is, in the middle of whatever it does."""
        for transport in self.transports:
            transport.close()


@contextmanager
def sftp_serving(server: SftpServer) -> Iterator[SftpServer]:
    """The server on a free port of this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    threading.Thread(target=_accept, args=(listening, server), daemon=True).start()
    try:
        yield server
    finally:
        listening.close()
        server.close_connections()


def _accept(listening: socket.socket, server: SftpServer) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        transport = paramiko.Transport(connection)
        transport.add_server_key(server.key)
        login = _Login(server)
        transport.set_subsystem_handler("sftp", _AnyName, server.files)
        server.transports.append(transport)
        try:
            transport.start_server(server=login)
        except (paramiko.SSHException, EOFError):
            transport.close()


class _Names(paramiko.Message):  # type: ignore[misc]  # paramiko has no types
    def get_text(self) -> str:
        return bytes(self.get_string()).decode("utf-8", "surrogateescape")


class _AnyName(paramiko.SFTPServer):  # type: ignore[misc]  # paramiko has no types
    def _process(self, kind: int, number: int, message: paramiko.Message) -> None:
        message.__class__ = _Names
        super()._process(kind, number, message)


class _Login(paramiko.ServerInterface):  # type: ignore[misc]  # paramiko has no types
    def __init__(self, server: SftpServer) -> None:
        self._server = server
        self.folder: Path | None = None

    def check_auth_password(self, username: str, password: str) -> Any:
        known = self._server.logins.get(username)
        if known is None or known[0] != password:
            return paramiko.AUTH_FAILED
        self.folder = known[1]
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> Any:
        del kind, chanid
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        del username
        return "password"


class Handle(paramiko.SFTPHandle):  # type: ignore[misc]  # paramiko has no types
    """A file open for reading."""

    def __init__(self, file: Any) -> None:
        super().__init__(os.O_RDONLY)
        self.readfile = file

    def stat(self) -> Any:
        """Size and time, as the protocol asks for them."""
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Files(paramiko.SFTPServerInterface):  # type: ignore[misc]  # paramiko has no types
    """The folder of the user who is logged in, read only."""

    def __init__(self, login: paramiko.ServerInterface) -> None:
        super().__init__(login)
        self._login = login

    def handle(self, file: Any) -> Handle:
        """What reads from ``file``."""
        return Handle(file)

    def real(self, path: Any) -> bytes:
        """The file meant; a path that climbs out of the user's folder ends in it."""
        text = path if isinstance(path, bytes) else path.encode("utf-8", "surrogateescape")
        assert self._login.folder is not None
        return os.fsencode(self._login.folder) + os.path.normpath(b"/" + text.lstrip(b"/"))

    def list_folder(self, path: str) -> Any:
        """Names and facts of what lies in a folder."""
        found = []
        try:
            entries = list(os.scandir(self.real(path)))
        except FileNotFoundError:
            return paramiko.SFTP_NO_SUCH_FILE
        for entry in entries:
            facts = paramiko.SFTPAttributes.from_stat(entry.stat(follow_symlinks=False))  # as OpenSSH does
            facts.filename = os.fsencode(entry.name)
            found.append(facts)
        return found

    def stat(self, path: str) -> Any:
        """Facts of one file."""
        try:
            return paramiko.SFTPAttributes.from_stat(os.stat(self.real(path)))  # noqa: PTH116  # names are bytes
        except FileNotFoundError:
            return paramiko.SFTP_NO_SUCH_FILE

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        """A file for reading; writing is refused."""
        del attr
        if flags & (os.O_WRONLY | os.O_RDWR):
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            return self.handle(open(self.real(path), "rb"))  # noqa: PTH123  # names are bytes
        except FileNotFoundError:
            return paramiko.SFTP_NO_SUCH_FILE
        except PermissionError:
            return paramiko.SFTP_PERMISSION_DENIED
