"""Which files lie at the ways in, and which feed each of them belongs to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from connectors.contract import Contract
from connectors.ingest.landing import readable
from connectors.ingest.returned import corrected_record_types
from connectors.source import Bounds, Feed, Source
from connectors.transports.declaration import FolderWay
from lake.errors import TerminalError
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

    ``is_of_department``: a corrected workbook with sheets of several feeds, each of which takes its own.
    """

    system_id: str
    department: str
    feed: Feed
    contract: Contract
    storage: Storage
    found: ObjectInfo
    is_of_department: bool = False

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
    """All candidates in the order in which they are taken, and what was noticed on the way."""

    candidates: list[Candidate]
    notices: list[Notice]


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
            corrected = corrected_record_types(storage, found.path, contracts) if len(parts) == 2 else []
            if not corrected:
                _note(notices, "ingest.misplaced", path=path)
            candidates += _of_department(storage, found, sources.get(parts[0]), parts[0], corrected)
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
            elif not matches("/".join(parts[2:]), feed.files):
                _note(notices, "ingest.pattern_mismatch", path=path, patterns=", ".join(feed.files))
                continue
            department = source.department if source else parts[0]
            candidates.append(
                Candidate(parts[0], department, feed or undeclared_feed(contract), contract, storage, found)
            )
    return Discovery(_ordered(candidates), list(notices.values()))


def discover_sources(settings: Settings, sources: Mapping[str, Source], contracts: Mapping[str, Contract]) -> Discovery:
    """Files at the declared ways in; feeds without one come only through a drop, or are pulled (``ingest.pulls``).

    Raises ``TerminalError`` when no source has a way in, when a location is missing or names an unset variable.
    """
    if not any(source.way(feed) for source in sources.values() for feed in source.feeds):
        raise TerminalError("ingest.no_way_in", folders=", ".join(map(str, settings.sources)))
    candidates: list[Candidate] = []
    notices: dict[Notice | str, Notice] = {}
    for source in sources.values():
        listed: dict[str, tuple[Storage, list[ObjectInfo]]] = {}
        for feed in source.feeds:
            way = source.way(feed)
            if not isinstance(way, FolderWay):
                continue
            place = _location(source, way)
            if place not in listed:
                listed[place] = _listed(settings, place, notices)
            storage, files = listed[place]
            taken = [one for one in files if matches(readable(one.path), feed.files) and not LEFTOVERS.search(one.path)]
            if not taken:
                _note(notices, "ingest.nothing_found", system=source.id, contract=feed.contract, place=storage.url())
            candidates += [
                Candidate(source.id, source.department, feed, contracts[feed.contract], storage, one) for one in taken
            ]
        for storage, files in listed.values():
            for one in files:
                if "/" not in one.path and not any(matches(readable(one.path), feed.files) for feed in source.feeds):
                    corrected = corrected_record_types(storage, one.path, contracts)
                    candidates += _of_department(storage, one, source, source.id, corrected)
    return Discovery(_ordered(candidates), list(notices.values()))


def _listed(settings: Settings, place: str, notices: dict[Notice | str, Notice]) -> tuple[Storage, list[ObjectInfo]]:
    storage = open_storage(settings, place)
    _require_folder(storage, place)
    _note_unusable(storage, notices)
    return storage, list(storage.list())


def _of_department(
    storage: Storage, found: ObjectInfo, source: Source | None, system_id: str, contracts: Iterable[Contract]
) -> list[Candidate]:
    department = source.department if source else system_id
    feeds = {contract.id: source.feed(contract.id) if source else None for contract in contracts}
    return [
        Candidate(system_id, department, feeds[one.id] or undeclared_feed(one), one, storage, found, True)
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
