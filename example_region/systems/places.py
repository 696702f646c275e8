"""What the variables of a system's ways in stand for in the example region, and where its files therefore lie."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from string import Template
from urllib.parse import urlsplit

from connectors.source import Feed, Source
from connectors.transports.declaration import FolderWay, SftpWay


def folder_below(folder: Path, source: Source, feed: Feed) -> Path:
    """Where the files of a feed lie below ``folder``, which is the system's: the path that follows in its location or address."""
    way = source.way(feed)
    if isinstance(way, FolderWay):
        return folder / _behind(way.location)
    if isinstance(way, SftpWay):
        return folder / _behind(way.address)
    return served_folder(folder.parent, source.id)


def served_folder(services: Path, system_id: str) -> Path:
    """Where the content of a system's service or database lies below ``_services``, apart from its files."""
    return services / "_served" / system_id


def _behind(address: str) -> PurePosixPath:
    """The path behind the variable, or behind host and port, of a location or an address."""
    names = Template(address).get_identifiers()
    filled = Template(address).substitute({name: _stands_for(name) for name in names})
    path = urlsplit(filled).path if "://" in filled else filled
    return PurePosixPath(path.lstrip("/"))


def _stands_for(name: str) -> str:
    return "host" if name.endswith(("_HOST", "_PORT")) else "x://host"
