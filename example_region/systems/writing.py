"""Writes what the systems of the plan would serve or lay out, below ``_services`` of the example, and the truth about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from connectors.contract import load_contracts
from connectors.source import SHIPPED, load_source
from example_region.enterprises import TODAY
from example_region.randomness import Indices
from example_region.rows import Rows
from example_region.systems.frame import DAY, Block, Database, Files, Service, System
from example_region.systems.frame import Feed as ExampleFeed
from example_region.systems.places import folder_below
from example_region.systems.truth import Planted, SystemsTruth
from example_region.systems.writers import FORMATS, Book, Lines, Objects, Output, Sheet, open_output, pack

SERVICES = "_services"
"""Folder of the example that no ``--drop`` looks into: its name begins as those of no system do."""
_DATES = {0: "20251101", 1: "20251201"}
_DELIVERED = {0: TODAY - 30, 1: TODAY}


@dataclass
class _Written:
    """Files of a system that are open, by path; workbooks by path too; what is to be packed into which zip."""

    outputs: dict[Path, Output] = field(default_factory=dict)
    books: dict[Path, Book] = field(default_factory=dict)
    packed: dict[Path, list[Path]] = field(default_factory=dict)
    versions: dict[Path, int] = field(default_factory=dict)


def write_system(
    system: System,
    folder: Path,
    *,
    seed: int,
    count: int,
    blocks: Callable[[], Iterator[Indices]],
    truth: SystemsTruth,
) -> list[Path]:
    """Write a system's content below ``folder`` (``<example>/_services/<system>``); gives the files, in order."""
    declared = load_source(SHIPPED / f"{system.id}.yaml", load_contracts())
    written = _Written()
    for one in declared.feeds:
        # Also where nothing is delivered: a folder that is declared and missing would stop a run.
        folder_below(folder, declared, one).mkdir(parents=True, exist_ok=True)
    for feed in system.feeds:
        of_feed = declared.feed(feed.contract)
        assert of_feed is not None, f"{system.id} does not declare {feed.contract}"
        place = folder_below(folder, declared, of_feed)
        for index in blocks():
            block = Block(seed, count, feed, system.id, index)
            for rows, planted in _made(feed, block):
                truth.rows(system.id, feed.contract, feed.locator, rows, planted)
                _append(written, place, feed, rows)
    return _finish(written)


def _made(feed: ExampleFeed, block: Block) -> Iterator[tuple[Rows, Planted]]:
    """The rows of the first delivery, soiled, then those of the next."""
    rows = feed.make(block)
    planted = Planted(len(rows))
    for place, dirt in enumerate(feed.dirt):
        positions = np.flatnonzero(block.dirt == place)
        cells = rows.columns[dirt.column].to_pylist()
        written, expected = dirt.apply([cells[position] for position in positions.tolist()])
        for position, cell in zip(positions.tolist(), written, strict=True):
            cells[position] = cell
        rows.columns[dirt.column] = pa.array(cells, pa.string())
        planted.label[positions], planted.column[positions] = dirt.label, dirt.shows or dirt.column
        planted.expected[positions] = expected
        if dirt.reason:
            rows.reject(block.dirt == place, dirt.column, dirt.reason)
            planted.expected[positions] = None
    yield rows, planted
    if feed.later is not None:
        # What went to quarantine is not told about again: a correction is another matter.
        following = feed.later(block, rows.take(np.flatnonzero(~block.is_spared)))
        following.version[:] = 1
        yield following, Planted(len(following))


def _append(written: _Written, place: Path, feed: ExampleFeed, rows: Rows) -> None:
    if not len(rows):
        return
    version = int(rows.version[0])
    delivery = feed.delivery
    if isinstance(delivery, Service | Database):
        path = place / f"{feed.contract}.{version}{'.jsonl' if isinstance(delivery, Service) else '.csv'}"
        _output(written, path, version, lambda: _served(path, feed)).write(rows)
        return
    for part in range(delivery.parts):
        chosen = rows.take(np.flatnonzero(rows.keys // 64 % delivery.parts == part)) if delivery.parts > 1 else rows
        number = f"_{part + 1:02d}" if delivery.parts > 1 else ""
        path = place / f"{delivery.stem}_{_DATES[version]}{number}{FORMATS[delivery.file_format]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if delivery.sheet is not None:
            _sheet(written, path, version, feed, delivery).write(chosen)
        else:
            make = partial(open_output, path, delivery.file_format, feed.layout, delivery.stem.rsplit("/", 1)[-1])
            _output(written, path, version, make).write(chosen)
        if delivery.packed is not None:
            packed = written.packed.setdefault(place / f"{delivery.packed}_{_DATES[version]}.zip", [])
            packed += [] if path in packed else [path]


def _served(path: Path, feed: ExampleFeed) -> Output:
    if isinstance(feed.delivery, Service):
        return Objects(path, feed.layout, document=False)
    return Lines(path, feed.layout, encoding="utf-8", header=True)


def _output(written: _Written, path: Path, version: int, make: Callable[[], Output]) -> Output:
    if path not in written.outputs:
        path.parent.mkdir(parents=True, exist_ok=True)
        written.outputs[path] = make()
        written.versions[path] = version
    return written.outputs[path]


def _sheet(written: _Written, path: Path, version: int, feed: ExampleFeed, delivery: Files) -> Sheet:
    """The feed's sheet of the workbook at ``path``."""
    key = path.with_name(f"{path.name}#{delivery.sheet}")
    if key not in written.outputs:
        if path not in written.books:
            written.books[path] = Book(path)
            written.versions[path] = version
        is_merged = delivery.file_format == "workbook_merged"
        written.outputs[key] = written.books[path].sheet(
            delivery.sheet or "", feed.layout, delivery.stem, merged=is_merged
        )
    found = written.outputs[key]
    assert isinstance(found, Sheet)
    return found


def _finish(written: _Written) -> list[Path]:
    """Close everything, pack what is packed, and give the files the times of their deliveries."""
    for output in written.outputs.values():
        output.close()
    for book in written.books.values():
        book.close()
    versions = dict(written.versions)
    for archive, files in written.packed.items():
        versions[archive] = max(versions.pop(file) for file in files)
        pack(archive, files)
    for path, version in versions.items():
        seconds = _DELIVERED[version] * DAY
        os.utime(path, (seconds, seconds))
    return sorted(versions)
