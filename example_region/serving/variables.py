"""The environment variables that connect the example's systems: what each name of a declaration stands for on this
machine."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from connectors.source import Source
from connectors.transports.declaration import DatabaseWay, FolderWay, HttpWay, SftpWay, declared_variables

HOST = "127.0.0.1"
BUCKET = "lake"
FOLDER_ENDINGS = ("_DROP", "_FOLDER", "_LOCATION")


@dataclass
class Servers:
    """Where the servers listen, and what was made up for signing in. Ports are none where a server does not run."""

    services: Path
    http_port: int | None = None
    sftp_port: int | None = None
    sftp_host_key: str = ""
    database_port: int | None = None
    object_store: str | None = None
    values: dict[str, str] = field(default_factory=dict)

    def variables(self, source: Source) -> dict[str, str]:
        """Value of every variable of the system's ways in whose server runs."""
        found: dict[str, str] = {}
        for way in ways(source):
            if self._runs(way):
                found |= {name: self._value(source.id, way, name) for name in declared_variables(way)}
        return found

    def _runs(self, way: object) -> bool:
        if isinstance(way, FolderWay):
            return way.kind == "folder" or self.object_store is not None
        return self._port(way) is not None

    def _value(self, system_id: str, way: object, name: str) -> str:
        """By the end of the name: addresses, hosts and folders are where they are, all else was made up for this time."""
        if name not in self.values:
            self.values[name] = self._place(system_id, way, name) or secrets.token_hex(12)
        return self.values[name]

    def _place(self, system_id: str, way: object, name: str) -> str | None:
        if name.endswith(FOLDER_ENDINGS):
            is_bucket = isinstance(way, FolderWay) and way.kind == "s3"
            return f"s3://{BUCKET}/{system_id}" if is_bucket else str(self.services / system_id)
        address = f"{HOST}:{self._port(way)}"
        scheme = {HttpWay: "http", SftpWay: "sftp", DatabaseWay: "postgresql"}.get(type(way), "")  # type: ignore[call-overload]
        endings = {
            "_HOST_KEY": self.sftp_host_key,
            "_USER": f"reader_{system_id}",
            "_DATABASE": system_id,
            "_HOST": address,
            "_ADDRESS": f"{scheme}://{address}" + (f"/{system_id}" if scheme == "http" else ""),
        }
        return next((value for ending, value in endings.items() if name.endswith(ending)), None)

    def _port(self, way: object) -> int | None:
        ports = {HttpWay: self.http_port, SftpWay: self.sftp_port, DatabaseWay: self.database_port}
        return ports.get(type(way))  # type: ignore[call-overload,no-any-return]


def ways(source: Source) -> list[object]:
    """The ways in of a system's feeds, each once."""
    found: list[object] = []
    for feed in source.feeds:
        way = source.way(feed)
        if way is not None and way not in found:
            found.append(way)
    return found


def has_way(sources: Iterable[Source], kind: type) -> bool:
    """Whether any of the systems has a way in of this kind."""
    return any(isinstance(way, kind) for source in sources for way in ways(source))
