"""A real SFTP server on a local folder: one user, who may write, and a connection that can be cut in the middle of a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko

from example_region.serving import sftp_service as served

USER, PASSWORD = "reader", "reader-password"


@dataclass
class Server(served.SftpServer):
    """``cut_after`` closes the connection once so many bytes of files have been given; ``given`` counts them;
    ``cut_writes_after`` and ``taken`` are the same for what is written."""

    cut_after: int | None = None
    cuts: int = 0
    given: int = 0
    cut_writes_after: int | None = None
    taken: int = 0

    @property
    def folder(self) -> Path:
        return self.logins[USER][1]

    @property
    def environment(self) -> dict[str, str]:
        return {"SFTP_USER": USER, "SFTP_PASSWORD": PASSWORD, "SFTP_ADDRESS": f"sftp://127.0.0.1:{self.port}"}

    def files(self, login: paramiko.ServerInterface) -> _Writable:
        return _Writable(login, self)


@contextmanager
def sftp_serving(folder: Path) -> Iterator[Server]:
    """The server on a free port of this machine."""
    server = Server({USER: (PASSWORD, folder)})
    with served.sftp_serving(server):
        yield server


class _Handle(served.Handle):
    def __init__(self, server: Server, file: Any) -> None:
        super().__init__(file)
        self._server = server

    def read(self, offset: int, length: int) -> Any:
        server = self._server
        if server.cut_after is not None and server.given >= server.cut_after:
            server.cut_after = None
            server.cuts += 1
            server.close_connections()
        data = super().read(offset, length)
        server.given += len(data) if isinstance(data, bytes) else 0
        return data


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
            server.close_connections()
        server.taken += len(data)
        return super().write(offset, data)

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.writefile.fileno()))


class _Writable(served.Files):
    def __init__(self, login: paramiko.ServerInterface, server: Server) -> None:
        super().__init__(login)
        self._server = server

    def handle(self, file: Any) -> _Handle:
        return _Handle(self._server, file)

    def open(self, path: str, flags: int, attr: Any) -> Any:
        if not flags & os.O_WRONLY:
            return super().open(path, flags, attr)
        try:
            return _Written(self._server, open(self.real(path), "wb"))  # noqa: PTH123
        except FileNotFoundError:
            return paramiko.SFTP_NO_SUCH_FILE
        except PermissionError:
            return paramiko.SFTP_PERMISSION_DENIED

    def mkdir(self, path: str, attr: Any) -> int:
        try:
            os.mkdir(self.real(path))  # noqa: PTH102
        except FileExistsError:
            return paramiko.SFTP_FAILURE
        return paramiko.SFTP_OK

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        os.replace(self.real(oldpath), self.real(newpath))  # noqa: PTH105
        return paramiko.SFTP_OK
