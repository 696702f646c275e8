"""A real SFTP server on a local folder: its key, a user, and a connection that can be cut in the middle of a file."""

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

USER, PASSWORD = "reader", "reader-password"


@dataclass
class Server:
    """``cut_after`` closes the connection once so many bytes of files have been given; ``given`` counts them;
    ``cut_writes_after`` and ``taken`` are the same for what is written."""

    folder: Path
    key: paramiko.PKey = field(default_factory=paramiko.ECDSAKey.generate)
    port: int = 0
    cut_after: int | None = None
    cuts: int = 0
    given: int = 0
    cut_writes_after: int | None = None
    taken: int = 0
    transports: list[paramiko.Transport] = field(default_factory=list)

    @property
    def host_key(self) -> str:
        """As a declaration has it."""
        return f"{self.key.get_name()} {self.key.get_base64()}"

    @property
    def environment(self) -> dict[str, str]:
        return {"SFTP_USER": USER, "SFTP_PASSWORD": PASSWORD, "SFTP_ADDRESS": f"sftp://127.0.0.1:{self.port}"}


@contextmanager
def sftp_serving(folder: Path) -> Iterator[Server]:
    """The server on a free port of this machine."""
    server = Server(folder)
    listening = socket.create_server(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    threading.Thread(target=_accept, args=(listening, server), daemon=True).start()
    try:
        yield server
    finally:
        listening.close()
        for transport in server.transports:
            transport.close()


def _accept(listening: socket.socket, server: Server) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        transport = paramiko.Transport(connection)
        transport.add_server_key(server.key)
        transport.set_subsystem_handler("sftp", _AnyName, _Files, server)
        server.transports.append(transport)
        try:
            transport.start_server(server=_Login())
        except (paramiko.SSHException, EOFError):
            transport.close()


class _Names(paramiko.Message):
    def get_text(self) -> str:
        return bytes(self.get_string()).decode("utf-8", "surrogateescape")


class _AnyName(paramiko.SFTPServer):
    """Takes names in any encoding, as OpenSSH does."""

    def _process(self, kind: int, number: int, message: paramiko.Message) -> None:
        message.__class__ = _Names
        super()._process(kind, number, message)


class _Login(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password"


class _Handle(paramiko.SFTPHandle):
    def __init__(self, server: Server, file: Any) -> None:
        super().__init__(os.O_RDONLY)
        self.readfile = file
        self._server = server

    def read(self, offset: int, length: int) -> Any:
        server = self._server
        if server.cut_after is not None and server.given >= server.cut_after:
            server.cut_after = None
            server.cuts += 1
            for transport in server.transports:
                transport.close()
        data = super().read(offset, length)
        server.given += len(data) if isinstance(data, bytes) else 0
        return data

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Written(paramiko.SFTPHandle):
    def __init__(self, server: Server, file: Any) -> None:
        super().__init__(os.O_WRONLY)
        self.writefile = file
        self._server = server

    def write(self, offset: int, data: bytes) -> Any:
        server = self._server
        if server.cut_writes_after is not None and server.taken >= server.cut_writes_after:
            server.cut_writes_after = None
            server.cuts += 1
            for transport in server.transports:
                transport.close()
        server.taken += len(data)
        return super().write(offset, data)

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.writefile.fileno()))


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, login: paramiko.ServerInterface, served: Server) -> None:
        super().__init__(login)
        self._served = served

    def _real(self, path: Any) -> bytes:
        text = path if isinstance(path, bytes) else path.encode("utf-8", "surrogateescape")
        return os.fsencode(self._served.folder) + b"/" + text.lstrip(b"/")

    def list_folder(self, path: str) -> Any:
        found = []
        try:
            entries = list(os.scandir(self._real(path)))
        except FileNotFoundError:
            return paramiko.SFTP_NO_SUCH_FILE
        for entry in entries:
            facts = paramiko.SFTPAttributes.from_stat(entry.stat())
            facts.filename = os.fsencode(entry.name)
            found.append(facts)
        return found

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(os.stat(self._real(path)))  # noqa: PTH116
        except FileNotFoundError:
            return paramiko.SFTP_NO_SUCH_FILE

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            if flags & os.O_WRONLY:
                return _Written(self._served, open(self._real(path), "wb"))  # noqa: PTH123
            return _Handle(self._served, open(self._real(path), "rb"))  # noqa: PTH123
        except FileNotFoundError:
            return paramiko.SFTP_NO_SUCH_FILE
        except PermissionError:
            return paramiko.SFTP_PERMISSION_DENIED

    def mkdir(self, path: str, attr: Any) -> int:
        try:
            os.mkdir(self._real(path))  # noqa: PTH102
        except FileExistsError:
            return paramiko.SFTP_FAILURE
        return paramiko.SFTP_OK

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        os.replace(self._real(oldpath), self._real(newpath))  # noqa: PTH105
        return paramiko.SFTP_OK
