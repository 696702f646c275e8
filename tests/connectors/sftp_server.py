"""The example's SFTP server on a folder of a test, whose connection can be cut in the middle of a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from example_region.serving import sftp_service

USER, PASSWORD = "reader", "reader-password"


@dataclass
class Server(sftp_service.SftpServer):
    """``cut_after`` closes the connection once so many bytes of files have been given; ``given`` counts them."""

    cut_after: int | None = None
    cuts: int = 0

    def __post_init__(self) -> None:
        self.before_read = self._cut

    def _cut(self) -> None:
        if self.cut_after is not None and self.given >= self.cut_after:
            self.cut_after = None
            self.cuts += 1
            self.close_connections()

    @property
    def folder(self) -> Path:
        """What it shows."""
        return self.logins[USER][1]

    @property
    def environment(self) -> dict[str, str]:
        return {"SFTP_USER": USER, "SFTP_PASSWORD": PASSWORD, "SFTP_ADDRESS": f"sftp://127.0.0.1:{self.port}"}


@contextmanager
def sftp_serving(folder: Path) -> Iterator[Server]:
    """The server on a free port of this machine."""
    server = Server({USER: (PASSWORD, folder)})
    with sftp_service.sftp_serving(server):
        yield server
