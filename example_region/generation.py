"""Writes the feeds of a fictitious region and the truth about them.

Everything is made in a folder beside the target and renamed at the end, so the target is either whole or not there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from pydantic import BaseModel

from example_region.decisions import CONTRACT, SYSTEM, Desk
from example_region.enterprises import MAXIMUM_ENTERPRISES, TODAY, Enterprises
from example_region.feeds import FEEDS, Feed
from example_region.files import FORMATS, OutputFile, has_lines, open_file
from example_region.randomness import Indices
from example_region.systems.frame import System
from example_region.systems.truth import SystemsTruth
from example_region.systems.writing import SERVICES, write_system
from example_region.truth import TruthWriter
from lake.errors import TerminalError
from lake.progress import Progress, Silent

FORMAT_VERSION = 1
ENTERPRISES_PER_BLOCK = 20_000
ENTERPRISES_PER_FILE = 200_000
ENTERPRISES_PER_WORKBOOK = 8_000
TRUTH = "_truth"
_DAY = 86_400
_DELIVERED = {0: TODAY - 30, 1: TODAY}
_DATES = {0: "20251101", 1: "20251201"}


class ExampleSummary(BaseModel):
    """What was written: ``files`` and ``rows`` over all feeds, the folders of the feeds and of the truth."""

    out: str
    truth: str
    enterprises: int
    seed: int
    files: int
    rows: int
    is_unchanged: bool


@dataclass
class _Open:
    """A file being written: its path below the target and its writer."""

    path: str
    file: OutputFile


@dataclass(frozen=True)
class _Job:
    """What is being written: ``folder`` is the one beside the target, ``block`` enterprises are held at a time."""

    folder: Path
    count: int
    seed: int
    block: int
    truth: TruthWriter
    progress: Progress
    systems: tuple[System, ...] = ()
    desk: Desk = field(default_factory=Desk)

    def blocks(self, start: int, end: int) -> Iterator[Indices]:
        """The indices from ``start`` to ``end``, a block at a time."""
        for at in range(start, end, self.block):
            yield np.arange(at, min(at + self.block, end))


def generate(
    out: Path,
    enterprises: int,
    seed: int,
    progress: Progress | None = None,
    enterprises_per_block: int = ENTERPRISES_PER_BLOCK,
    systems: Sequence[System] = (),
) -> ExampleSummary:
    """Write the feeds to ``out/<system>/<contract>/`` and the truth to ``out/_truth/``.

    ``systems`` of the plan (``example_region.systems.systems``) are written below ``out/_services/``, where no ``--drop`` looks.
    ``enterprises_per_block`` bounds memory and leaves no trace in the bytes. Raises ``TerminalError``
    ``example.count_out_of_range``, ``example.folder_not_ours``, ``example.other_arguments``, ``example.busy``.
    """
    if not 1 <= enterprises <= MAXIMUM_ENTERPRISES:
        raise TerminalError("example.count_out_of_range", count=enterprises, maximum=MAXIMUM_ENTERPRISES)
    target = out.absolute()
    known = _existing(target, enterprises, seed, [one.id for one in systems])
    if known:
        return known
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    lock = FileLock(target.with_name(f".{target.name}.lock"), timeout=0)
    try:
        with lock:
            shutil.rmtree(partial, ignore_errors=True)
            truth = TruthWriter(partial / TRUTH)
            job = _Job(partial, enterprises, seed, enterprises_per_block, truth, progress or Silent(), tuple(systems))
            summary = _write(job, target)
            partial.rename(target)
    except Timeout:
        raise TerminalError("example.busy", out=target) from None
    Path(lock.lock_file).unlink(missing_ok=True)
    return summary


def _existing(target: Path, enterprises: int, seed: int, systems: list[str]) -> ExampleSummary | None:
    """The summary of what is there when it is what was asked for; raises where the folder holds something else."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return None
    manifest = target / TRUTH / "example.json"
    if not manifest.is_file():
        raise TerminalError("example.folder_not_ours", out=target)
    found = json.loads(manifest.read_text(encoding="utf-8"))
    asked = {"enterprises": enterprises, "seed": seed, "format_version": FORMAT_VERSION, "systems": systems}
    if {name: found.get(name) for name in asked} != asked:
        raise TerminalError("example.other_arguments", out=target, found=found["enterprises"], found_seed=found["seed"])
    missing = [path for path, size in found["files"].items() if not _has_size(target / path, size)]
    if missing:
        raise TerminalError("example.files_changed", out=target, count=len(missing), first=missing[0])
    return _summary(target, found, is_unchanged=True)


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _summary(target: Path, manifest: dict[str, Any], *, is_unchanged: bool) -> ExampleSummary:
    return ExampleSummary(
        out=str(target),
        truth=str(target / TRUTH),
        enterprises=manifest["enterprises"],
        seed=manifest["seed"],
        files=len(manifest["files"]),
        rows=manifest["rows"],
        is_unchanged=is_unchanged,
    )


def _write(job: _Job, target: Path) -> ExampleSummary:
    job.progress.start("example.step_writing", job.count * (len(FEEDS) + 1 + len(job.systems)))
    for index in job.blocks(0, job.count):
        job.truth.enterprises(Enterprises(job.seed, index))
        job.progress.advance(len(index))
    for feed in FEEDS:
        _write_feed(job, feed)
    _write_decisions(job)
    job.truth.close()
    served, served_rows = _write_systems(job)
    job.progress.done()
    counts = job.truth.counts
    rows = sum(one.rows_read - one.rows_layout for one in counts.values()) + served_rows
    manifest: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "enterprises": job.count,
        "seed": job.seed,
        "systems": [one.id for one in job.systems],
        "rows": rows,
        "files": {path: (job.folder / path).stat().st_size for path in sorted([*counts, *served])},
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    (job.folder / TRUTH / "example.json").write_text(text, encoding="utf-8")
    return _summary(target, manifest, is_unchanged=False)


def _write_systems(job: _Job) -> tuple[list[str], int]:
    """What the systems of the plan would serve or lay out; paths below the example, and rows."""
    if not job.systems:
        return [], 0
    truth, paths = SystemsTruth(job.folder / TRUTH), []
    for system in job.systems:
        folder = job.folder / SERVICES / system.id
        written = write_system(
            system, folder, seed=job.seed, count=job.count, blocks=lambda: job.blocks(0, job.count), truth=truth
        )
        paths += [path.relative_to(job.folder).as_posix() for path in written]
        job.progress.advance(job.count, system.id)
    truth.close()
    return paths, truth.rows_written


def _parts(feed: Feed, count: int) -> list[tuple[int, int, str]]:
    """First enterprise, end and format of each file of a feed; a workbook only for the first enterprises."""
    parts = [(0, min(count, ENTERPRISES_PER_WORKBOOK), "workbook")] if feed.file_format == "workbook" else []
    start = ENTERPRISES_PER_WORKBOOK if parts else 0
    rest = "csv_gb18030" if parts else feed.file_format
    parts += [(at, min(at + ENTERPRISES_PER_FILE, count), rest) for at in range(start, count, ENTERPRISES_PER_FILE)]
    return parts


def _write_feed(job: _Job, feed: Feed) -> None:
    (job.folder / feed.system_id / feed.contract_id).mkdir(parents=True)
    first_path = ""
    for part, (start, end, file_format) in enumerate(_parts(feed, job.count), start=1):
        files: dict[int, _Open] = {}
        for index in job.blocks(start, end):
            rows = feed.make(job.seed, job.count, index)
            if not has_lines(file_format):
                rows.damage[:] = ""
            numbers = np.zeros(len(rows), dtype=np.int64)
            for version in np.unique(rows.version).tolist():
                opened = files.get(version) or _open(job.folder, feed, version, f"{part:03d}", file_format)
                files[version] = opened
                positions = np.flatnonzero(rows.version == version)
                numbers[positions] = opened.file.write(rows.take(positions))
            paths = {version: opened.path for version, opened in files.items()}
            job.truth.rows(paths, rows, numbers)
            job.desk.see(feed.contract_id, paths, rows, numbers)
            job.progress.advance(len(index), f"{feed.system_id}/{feed.contract_id}")
        for version, opened in sorted(files.items()):
            _close(job, opened, version)
            first_path = first_path or opened.path
    if feed.is_sent_twice and first_path:
        _send_again(job, first_path)


def _write_decisions(job: _Job) -> None:
    path = f"{SYSTEM}/{CONTRACT}/归属认定_{_DATES[1]}_001.csv"
    decisions = job.desk.write(job.folder, path)
    if decisions:
        job.truth.accepted(path, decisions)
        _set_delivered(job.folder / path, _DELIVERED[1])


def _open(folder: Path, feed: Feed, version: int, part: str, file_format: str) -> _Open:
    name = f"{feed.stem}_{_DATES[version]}_{part}{FORMATS[file_format]}"
    path = f"{feed.system_id}/{feed.contract_id}/{name}"
    return _Open(path, open_file(folder / path, file_format, feed.layout, feed.stem))


def _close(job: _Job, opened: _Open, version: int) -> None:
    opened.file.close()
    job.truth.layout(opened.path, opened.file.layout_rows)
    _set_delivered(job.folder / opened.path, _DELIVERED[version])


def _set_delivered(path: Path, day: int) -> None:
    """The file's time is the day of the delivery: it decides which delivery of a feed is the newest."""
    seconds = day * _DAY
    os.utime(path, (seconds, seconds))


def _send_again(job: _Job, path: str) -> None:
    name = path.rsplit("/", 1)[1]
    copy = path.replace(name, name.replace(".", "（重报）.", 1))
    shutil.copyfile(job.folder / path, job.folder / copy)
    _set_delivered(job.folder / copy, _DELIVERED[1] + 1)
    job.truth.copied(copy, path)
