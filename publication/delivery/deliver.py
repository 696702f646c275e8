"""Delivering a release: to each destination the difference to what it has, once, with a receipt."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict

from lake.errors import CreditlakeError, TerminalError
from lake.messages import text
from lake.progress import Progress
from lake.storage import Storage
from publication.delivery.calls import CallsOut
from publication.delivery.declaration import (
    DatabaseDestination,
    Destination,
    FolderDestination,
    SftpDestination,
    missing_variables,
)
from publication.delivery.files import FilesOut
from publication.delivery.receipts import Begun, Book, Receipt, Rejection, Unit
from publication.delivery.returned import Returned, rejections_of, release_of, returned
from publication.delivery.rows import selected
from publication.delivery.sending import Errand, WayOut
from publication.delivery.tables import TablesOut
from publication.difference import DIFFERENCE, find_difference, side_of
from publication.editions import storage_of
from publication.manifest import Manifest
from publication.parts import quoted
from publication.releases import list_releases, read_manifest


class Outcome(BaseModel):
    """What became of one destination: ``state`` is sent, nothing_new, not_connected or failed."""

    model_config = ConfigDict(frozen=True)

    destination: str
    state: str
    receipt: Receipt | None = None
    detail: str = ""
    missing: tuple[str, ...] = ()


def deliver_all(
    storage: Storage,
    destinations: Mapping[str, Destination],
    progress: Progress,
    environment: Mapping[str, str] | None = None,
) -> list[Outcome]:
    """Deliver the current release to every destination; one that is away keeps no other from its delivery."""
    outcomes = []
    for destination in destinations.values():
        missing = missing_variables(destination, os.environ if environment is None else environment)
        if missing:
            outcomes.append(Outcome(destination=destination.id, state="not_connected", missing=tuple(missing)))
            continue
        try:
            receipt = deliver(storage, destination, progress, environment)
        except CreditlakeError as error:
            outcomes.append(Outcome(destination=destination.id, state="failed", detail=str(error)))
            continue
        outcomes.append(
            Outcome(destination=destination.id, state="sent" if receipt else "nothing_new", receipt=receipt)
        )
    return outcomes


def deliver(
    storage: Storage,
    destination: Destination,
    progress: Progress,
    environment: Mapping[str, str] | None = None,
) -> Receipt | None:
    """Bring one destination to the current release; None when it has it. Finishes first what was begun.

    Raises ``TransientError`` when the receiver stays away, ``TerminalError`` when it refuses; the next call goes on.
    """
    known = os.environ if environment is None else environment
    lake, storage = storage, storage_of(storage, destination.edition)
    releases = list_releases(storage)
    if not releases and destination.edition != "public" and list_releases(lake):
        return None  # nothing was ever shared
    if not releases:
        raise TerminalError("publication.no_release", lake=storage.url())
    book = Book(storage, destination.id)
    begun, receipt = book.begun(), None
    while begun or _last(book) != releases[0].version:
        begun = begun or book.begin(releases[0].version, _last(book))
        receipt = _send(storage, destination, begun, book, known, progress)
        begun = book.begun()
    return receipt


def _last(book: Book) -> str | None:
    receipts = book.receipts()
    return receipts[-1].release if receipts else None


def _send(
    storage: Storage,
    destination: Destination,
    begun: Begun,
    book: Book,
    environment: Mapping[str, str],
    progress: Progress,
) -> Receipt:
    after = read_manifest(storage, begun.release)
    before = read_manifest(storage, begun.since) if begun.since else None
    units: list[Unit] = []
    progress.start(text("delivery.step_send", destination=destination.id), len(destination.items))
    with tempfile.TemporaryDirectory(dir=storage.temporary_directory()) as folder:
        errand = Errand(begun, after.created_at.strftime("%Y-%m-%dT%H:%M:%S"), book, environment, Path(folder))
        way = _way_out(destination, errand)
        for number, item in enumerate(destination.items):
            with selected(storage, before, after, item) as selection:
                if selection is not None:
                    units += way.send(number, selection)
            progress.advance(detail=item.dataset)
    progress.done()
    return book.finish(begun, tuple(units))


def _way_out(destination: Destination, errand: Errand) -> WayOut:
    if isinstance(destination, FolderDestination | SftpDestination):
        return FilesOut(destination, errand)
    if isinstance(destination, DatabaseDestination):
        return TablesOut(destination, errand)
    return CallsOut(destination, errand)


def open_rejections(lake: Storage, destination: Destination) -> list[Rejection]:
    """Rows that a receiver did not take and that have not changed since: someone has to look at them.

    From its answers, and from files that it gives back (``publication.delivery.returned``). One that was changed, or taken
    out, since has been sent again and is the receiver's next answer.
    """
    storage = storage_of(lake, destination.edition)
    releases, receipts = list_releases(storage), Book(storage, destination.id).receipts()
    rejected: list[tuple[str | None, list[Rejection]]] = [(one.release, one.rejected) for one in receipts]
    rejected += _given_back(lake, storage, destination, releases, receipts)
    found: dict[tuple[str, ...], Rejection] = {}
    for release, rows in rejected:
        then = _release(storage, releases, release) if release else None
        for dataset in sorted({one.dataset for one in rows}):
            is_known = then is not None and side_of(then, dataset).dataset is not None
            changed = _changed_keys(storage, then, releases[0], dataset) if then and is_known else set()
            for one in rows:
                key = (one.dataset, *one.key.values())
                if one.dataset == dataset and key not in changed:
                    found[key] = one
    return list(found.values())


def _given_back(
    lake: Storage,
    storage: Storage,
    destination: Destination,
    releases: Sequence[Manifest],
    receipts: Sequence[Receipt],
) -> list[tuple[str | None, list[Rejection]]]:
    """What came back in files, by the release that it came with."""
    by_release: dict[str | None, list[Returned]] = {}
    for one in returned(lake, destination.id):
        by_release.setdefault(release_of(one, receipts), []).append(one)
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        return [
            (name, list(rejections_of(connection, storage, destination, _release(storage, releases, name), rows)))
            for name, rows in by_release.items()
        ]


def _release(storage: Storage, releases: Sequence[Manifest], name: str | None) -> Manifest | None:
    found = next((one for one in releases if one.version == name), None)
    return found or (read_manifest(storage, name) if name else None)


def _changed_keys(storage: Storage, then: Manifest, now: Manifest, dataset: str) -> set[tuple[str, ...]]:
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        side = side_of(now, dataset)
        find_difference(connection, storage, side_of(then, dataset), side, with_rows=False)
        keys = ", ".join(f"{quoted(name)}::varchar" for name in (side.dataset.key if side.dataset else ())) or "*"
        return {(dataset, *row) for row in connection.execute(f"select {keys} from {DIFFERENCE}").fetchall()}
