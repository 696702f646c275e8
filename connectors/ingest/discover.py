"""Which files lie at the ways in, and which feed each of them belongs to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath

from connectors.contract import Contract
from connectors.contract.header_key import header_key
from connectors.ingest.landing import readable
from connectors.ingest.returned import corrected_record_types
from connectors.source import Bounds, Feed, Source
from connectors.transports.declaration import FolderWay, SftpWay
from connectors.transports.errors import SystemAwayError, SystemRefusedError
from connectors.transports.place import Place
from lake.errors import CreditlakeError, TerminalError
from lake.settings import Settings
from lake.storage import ObjectInfo, Storage, open_storage

# What editors, file managers and half-done uploads leave behind; never data.
LEFTOVERS = re.compile(
    r"(^|/)(\.|~\$|Thumbs\.db$|desktop\.ini$)|\.(part|partial|tmp|crdownload|filepart)$", re.IGNORECASE
)


@dataclass(frozen=True)
class Notice:
    """Something a person should know that stops nothing: a message code and its parameters."""

    code: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """A file at a way in. ``path`` is relative to the root of the drop or location; ``storage`` opens ``found``.

    ``elsewhere``: record types (keys of their names) of a department's corrected workbook whose sheets other feeds take.
    ``sheets_elsewhere``: patterns of the sheets of this file that are left to other feeds.
    """

    system_id: str
    department: str
    feed: Feed
    contract: Contract
    storage: Place
    found: ObjectInfo
    elsewhere: frozenset[str] = frozenset()
    sheets_elsewhere: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Path below the root of the drop, as a person reads it."""
        return readable(self.found.path)

    @property
    def contract_id(self) -> str:
        """The feed's contract."""
        return self.contract.id


@dataclass(frozen=True)
class Discovery:
    """All candidates in the order in which they are taken, what was noticed on the way, and servers that gave no list."""

    candidates: list[Candidate]
    notices: list[Notice]
    away: list[CreditlakeError] = field(default_factory=list)


def discover_drop(
    settings: Settings, drop: str, sources: Mapping[str, Source], contracts: Mapping[str, Contract]
) -> Discovery:
    """Files of a folder or S3 prefix laid out as ``<system>/<contract_id>/…``.

    A corrected workbook of a whole department lies in ``<system>/``. Top folders named ``_…`` or ``.…`` are no systems.
    Raises ``TerminalError`` when the drop does not exist or a folder is named like no contract.
    """
    if not drop.strip():
        raise TerminalError("ingest.drop_missing", place='""')
    storage = open_storage(settings, drop)
    _require_folder(storage, drop)
    candidates: list[Candidate] = []
    notices: dict[Notice | str, Notice] = {}
    _note_unusable(storage, notices)
    for found in storage.list():
        path = readable(found.path)
        parts = PurePosixPath(path).parts
        if parts[0].startswith(("_", ".")):
            continue  # no system: the example keeps its truth in such a folder
        if LEFTOVERS.search(path):
            _note(notices, "ingest.leftover_ignored", path=path)
        elif len(parts) < 3:
            source = sources.get(parts[0])
            corrected = corrected_record_types(storage, found.path, contracts) if len(parts) == 2 else []
            shared = _by_sheet(storage, found, source, contracts) if len(parts) == 2 and not corrected else []
            if not corrected and not shared:
                _note(notices, "ingest.misplaced", path=path)
            candidates += [*shared, *_of_department(storage, found, source, parts[0], corrected)]
        elif parts[1] not in contracts:
            raise TerminalError(
                "ingest.unknown_feed",
                folder=storage.url("/".join(parts[:2])),
                name=parts[1],
                known=", ".join(sorted(contracts)),
            )
        else:
            source, contract = sources.get(parts[0]), contracts[parts[1]]
            feed = source.feed(contract.id) if source else None
            if feed is None:
                _note(notices, "ingest.undeclared_feed", system=parts[0], contract=contract.id)
            elif source and source.way(feed) is None and not matches("/".join(parts[2:]), feed.files):
                _note(notices, "ingest.pattern_mismatch", path=path, patterns=", ".join(feed.files))
                continue
            department = source.department if source else parts[0]
            candidates.append(
                Candidate(parts[0], department, feed or undeclared_feed(contract), contract, storage, found)
            )
    return Discovery(_ordered(candidates), list(notices.values()))


def discover_sources(settings: Settings, sources: Mapping[str, Source], contracts: Mapping[str, Contract]) -> Discovery:
    """Files at the declared ways in; feeds without one come only through a drop, or are pulled (``ingest.pulls``).

    Raises ``TerminalError`` when no source has a way in that is connected, when a location is missing or names an unset variable.
    """
    if not any(source.is_connected(feed, os.environ) for source in sources.values() for feed in source.feeds):
        raise TerminalError("ingest.no_way_in", folders=", ".join(map(str, settings.sources)))
    candidates: list[Candidate] = []
    notices: dict[Notice | str, Notice] = {}
    away: list[CreditlakeError] = []
    for source in sources.values():
        listed: dict[str, tuple[Place, list[ObjectInfo]] | None] = {}
        for feed in source.feeds:
            way = source.way(feed)
            if not isinstance(way, FolderWay | SftpWay) or not source.is_connected(feed, os.environ):
                continue
            key = way.model_dump_json()
            if key not in listed:
                listed[key] = None
                try:
                    listed[key] = found = _listed(settings, source, way, notices)
                    candidates += _corrected(source, *found, contracts)
                except (SystemAwayError, SystemRefusedError) as error:
                    away.append(error)
            if (there := listed[key]) is None:
                continue
            place, files = there
            taken = [one for one in files if matches(readable(one.path), feed.files) and not LEFTOVERS.search(one.path)]
            if not taken:
                _note(notices, "ingest.nothing_found", system=source.id, contract=feed.contract, place=place.url())
            beside = [other for other in source.feeds if source.way(other) == way]
            candidates += [
                Candidate(
                    source.id,
                    source.department,
                    feed,
                    contracts[feed.contract],
                    place,
                    one,
                    sheets_elsewhere=_sheets_elsewhere(feed, beside, readable(one.path)),
                )
                for one in taken
            ]
    return Discovery(_ordered(candidates), list(notices.values()), away)


def _listed(
    settings: Settings, source: Source, way: FolderWay | SftpWay, notices: dict[Notice | str, Notice]
) -> tuple[Place, list[ObjectInfo]]:
    if isinstance(way, SftpWay):
        from connectors.transports.sftp import SftpPlace  # its library takes a while to load

        server = SftpPlace(source.id, way, partial(_variable, source), settings.work_dir / "pulls" / "sftp")
        files = list(server.list())
        for path in server.waiting:
            _note(notices, "ingest.file_settling", path=readable(server.url(path)))
        for path in server.unusable():
            _note(notices, "ingest.not_a_file", path=readable(server.url(path)))
        return server, files
    location = _location(source, way)
    storage = open_storage(settings, location)
    _require_folder(storage, location)
    _note_unusable(storage, notices)
    return storage, list(storage.list())


def _variable(source: Source, name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        contracts = ", ".join(feed.contract for feed in source.feeds)
        raise SystemRefusedError("transports.variable_missing", system=source.id, contract=contracts, variable=name)
    return value


def _corrected(
    source: Source, place: Place, files: list[ObjectInfo], contracts: Mapping[str, Contract]
) -> Iterator[Candidate]:
    """Corrected workbooks of the whole department, which lie beside the feeds' files."""
    for one in files:
        if "/" not in one.path and not any(matches(readable(one.path), feed.files) for feed in source.feeds):
            corrected = corrected_record_types(place, one.path, contracts)
            yield from _of_department(place, one, source, source.id, corrected)


def _by_sheet(
    storage: Place, found: ObjectInfo, source: Source | None, contracts: Mapping[str, Contract]
) -> list[Candidate]:
    """A workbook beside the feeds' folders, once for each feed that declares which sheets of it are its own."""
    if source is None:
        return []
    name = PurePosixPath(readable(found.path)).name
    feeds = [feed for feed in source.feeds if feed.reader.sheets is not None and matches(name, feed.files)]
    return [
        Candidate(
            source.id,
            source.department,
            feed,
            contracts[feed.contract],
            storage,
            found,
            sheets_elsewhere=_sheets_elsewhere(feed, feeds, name),
        )
        for feed in feeds
    ]


def _sheets_elsewhere(feed: Feed, feeds: Sequence[Feed], path: str) -> tuple[str, ...]:
    """Sheets of the file at ``path`` that others of ``feeds`` take; what none takes the first one has to refuse."""
    takers = [one for one in feeds if matches(path, one.files)]
    others = [one for one in takers if one is not feed]
    named = tuple(pattern for one in others for pattern in one.reader.sheets or ())
    if feed.reader.sheets is None:
        return named
    takes_the_rest = any(one.reader.sheets is None for one in others)
    return ("*",) if takes_the_rest or takers[:1] != [feed] else named


def _of_department(
    storage: Place, found: ObjectInfo, source: Source | None, system_id: str, contracts: Sequence[Contract]
) -> list[Candidate]:
    """A corrected workbook once for each record type that its sheets name."""
    department = source.department if source else system_id
    feeds = {contract.id: source.feed(contract.id) if source else None for contract in contracts}
    keys = {one.id: header_key(one.title) for one in contracts}
    return [
        Candidate(
            system_id,
            department,
            feeds[one.id] or undeclared_feed(one),
            one,
            storage,
            found,
            frozenset(keys.values()) - {keys[one.id]},
        )
        for one in contracts
    ]


def undeclared_feed(contract: Contract) -> Feed:
    """What is taken of a system that no declaration knows: increments within the contract's default bounds."""
    bounds = contract.default_bounds
    declared = {"minimum": bounds.minimum, "maximum": bounds.maximum, "period": bounds.period}
    return Feed(contract=contract.id, mode="increment", bounds=Bounds.model_validate(declared))


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether ``path`` fits a pattern, in which ``*`` stays within a folder and ``**/`` is any number of folders."""
    return any(_expression(pattern).fullmatch(path) for pattern in patterns)


def _expression(pattern: str) -> re.Pattern[str]:
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts))


def _location(source: Source, way: FolderWay) -> str:
    try:
        return way.resolved(os.environ)
    except KeyError as error:
        raise TerminalError("ingest.variable_missing", system=source.id, variable=error.args[0]) from error


def _require_folder(storage: Storage, place: str) -> None:
    from pathlib import Path

    if not storage.url().startswith("s3://") and not Path(storage.url()).is_dir():
        raise TerminalError("ingest.drop_missing", place=place)


def _note_unusable(storage: Storage, notices: dict[Notice | str, Notice]) -> None:
    for path in storage.unusable():
        _note(notices, "ingest.not_a_file", path=readable(path))


def _note(notices: dict[Notice | str, Notice], code: str, **parameters: object) -> None:
    notices.setdefault(f"{code}|{sorted(parameters.items())}", Notice(code, parameters))


def _ordered(candidates: list[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda one: (one.system_id, one.contract_id, one.found.modified_at, one.path))
