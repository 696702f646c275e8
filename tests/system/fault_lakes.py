"""Lakes whose runs are killed, and what must hold then: the next run ends in the state of a run that nothing disturbed.

Meanwhile a reader that verifies the digests of the current release in a loop never sees half a release.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import example_region
from publication import releases
from tests.system.fault_stages import KILLED, STAGES, Bench, Kill, Place, build_shim
from tests.system.lake_content import Content, differences, lake_content
from tests.system.s3_proxy import CountingProxy

LOG = logging.getLogger(__name__)
POINTS = int(os.environ.get("CREDITLAKE_FAULT_POINTS", "5"))
"""Kills per storage, stage and place; 0 stands for every write (make bench)."""

MARKS = [pytest.mark.full, pytest.mark.timeout(0 if POINTS == 0 else 1800)]

NEWLY_DELIVERED = ("20251201", "重报")
"""In the names of the region's last files: the first run has none of them, the run that is killed takes them."""

SECONDS_BETWEEN_READS = 0.05
SHARE_REACHED = 0.9
"""How DuckDB cuts its file into writes depends on its threads: the last of the work folder's may not come again."""


@dataclass
class Undisturbed:
    """A lake whose state before each stage is kept, and what a run that nothing disturbs does to it."""

    bench: Bench
    writes: dict[tuple[str, Place], int] = field(default_factory=dict)
    content: dict[str, Content] = field(default_factory=dict)


def undisturbed_lake(folder: Path, proxy: CountingProxy | None, environment: dict[str, str]) -> Undisturbed:
    """A lake in ``folder``, or behind a proxy that counts what is written to an object store."""
    bench = Bench(folder, folder / "first", build_shim(folder), proxy, environment)
    return undisturbed(released(folder, bench))


def released(folder: Path, bench: Bench) -> Bench:
    """Bring the lake to its first release, and give the drop folder the files that came after it."""
    example_region.generate(folder / "region", enterprises=120, seed=1)
    shutil.copytree(folder / "region", folder / "first")
    for path in (folder / "first").rglob("*"):
        if any(word in path.name for word in NEWLY_DELIVERED):
            path.unlink()
    for stage in STAGES:
        assert bench.run(stage).code in {0, 1}, bench.log()
    bench.drop = folder / "region"
    return bench


def undisturbed(bench: Bench) -> Undisturbed:
    """Run every stage once, with the lake as it was before it kept."""
    made = Undisturbed(bench)
    for stage in STAGES:
        bench.keep(f"before-{stage}")
        ended = bench.run(stage)
        assert ended.code in {0, 1}, bench.log()
        made.writes |= {(stage, place): count for place, count in ended.writes.items()}
        made.content[stage] = lake_content(bench.storage())
    return made


@dataclass
class Reader:
    """Verifies the current release again and again; ``problems`` is what a reader would have stumbled over."""

    reads: int = 0
    problems: list[str] = field(default_factory=list)


@contextmanager
def reading(bench: Bench) -> Iterator[Reader]:
    """A reader beside whatever happens in the block."""
    reader, storage, stop = Reader(), bench.storage(), threading.Event()

    def loop() -> None:
        while not stop.wait(SECONDS_BETWEEN_READS):
            try:
                reader.problems += [problem.message for problem in releases.verify_release(storage).problems]
            except Exception as error:
                reader.problems.append(repr(error))
            reader.reads += 1

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    yield reader
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def points(total: int) -> list[int]:
    """``POINTS`` numbers from 1 to ``total``, first and last among them."""
    if POINTS == 0 or total <= POINTS:
        return list(range(1, total + 1))
    return sorted({1 + round(index * (total - 1) / (POINTS - 1)) for index in range(POINTS)})


def check_kills(lake: Undisturbed, storage: str, stage: str, place: Place) -> None:
    """Kill a stage after some of its writes; each time the next run must finish what it left."""
    bench, total = lake.bench, lake.writes[stage, place]
    assert total > 0
    began = time.monotonic()
    for point in points(total):
        bench.restore(f"before-{stage}")
        with reading(bench) as reader:
            killed = bench.run(stage, Kill(place, point))
            again = bench.run(stage)
        where = f"{stage}: write {point} of {total} to {place}"
        is_past = place == "work" and point > SHARE_REACHED * total and killed.code in {0, 1}
        assert killed.code == KILLED or is_past, f"{where}: {killed.code}\n{bench.log()}"
        assert again.code in {0, 1}, f"{where}\n{bench.log()}"
        assert reader.reads > 0 and reader.problems == [], where
        assert differences(lake.content[stage], lake_content(bench.storage())) == [], where
    seconds = time.monotonic() - began
    LOG.info("%s %s %s: killed at %d of %d, %.0f s", storage, stage, place, len(points(total)), total, seconds)
