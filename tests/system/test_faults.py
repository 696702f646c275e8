"""kill -9 after the n-th storage write: the next run ends in the state of a run that nothing disturbed.

Meanwhile a reader that verifies the digests of the current release in a loop never sees half a release.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import example_region
from publication import releases
from tests.system.fault_stages import KILLED, STAGES, Bench, build_shim
from tests.system.lake_content import differences, lake_content
from tests.system.s3_proxy import CountingProxy

pytestmark = pytest.mark.long

POINTS = int(os.environ.get("CREDITLAKE_FAULT_POINTS", "5"))
"""Kills per stage and storage; 0 stands for every write (make bench)."""


@pytest.fixture(scope="module", params=["disk", "s3"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A lake with one published release, and a second drop folder whose files have not been taken yet."""
    folder = tmp_path_factory.mktemp("faults")
    example_region.generate(folder / "first", enterprises=120, seed=1)
    example_region.generate(folder / "second", enterprises=120, seed=2)
    proxy, environment = None, {}
    if request.param == "s3":
        server = request.getfixturevalue("seaweedfs")
        proxy, environment = CountingProxy(server.url), dict(server.environment)
        os.environ.update(environment)
    (folder / "lake").mkdir()
    made = Bench(folder, folder / "first", build_shim(folder), proxy, environment=environment)
    for stage in STAGES:
        code, _ = made.run(stage)
        assert code in {0, 1}, made.log()
    made.drop = folder / "second"
    return made


@pytest.fixture(scope="module")
def undisturbed(bench: Bench) -> dict[str, int]:
    """Writes of each stage in a run that nothing disturbs; the lake before each stage is kept aside."""
    writes = {}
    for stage in STAGES:
        bench.keep(f"before-{stage}")
        code, writes[stage] = bench.run(stage)
        assert code in {0, 1}, bench.log()
        bench.keep(f"after-{stage}")
    return writes


@contextmanager
def reading(bench: Bench) -> Iterator[list[str]]:
    """Verify the current release again and again meanwhile; gives the problems a reader would have seen."""
    problems: list[str] = []
    stop = threading.Event()
    storage = bench.storage()

    def loop() -> None:
        while not stop.is_set():
            problems.extend(problem.message for problem in releases.verify_release(storage).problems)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    yield problems
    stop.set()
    thread.join(60)


def points(total: int) -> list[int]:
    """``POINTS`` numbers from 1 to ``total``, first and last among them."""
    if POINTS == 0 or total <= POINTS:
        return list(range(1, total + 1))
    return sorted({1 + round(index * (total - 1) / (POINTS - 1)) for index in range(POINTS)})


@pytest.mark.parametrize("stage", STAGES)
def test_killed_run_is_finished_by_the_next(bench: Bench, undisturbed: dict[str, int], stage: str) -> None:
    bench.restore(f"after-{stage}")
    expected = lake_content(bench.storage())
    for point in points(undisturbed[stage]):
        bench.restore(f"before-{stage}")
        with reading(bench) as problems:
            killed, _ = bench.run(stage, kill_at=point)
            again, _ = bench.run(stage)
        assert killed == KILLED, f"{stage}: write {point} of {undisturbed[stage]} was never made: {killed}"
        assert again in {0, 1}, bench.log()
        assert not problems
        assert differences(expected, lake_content(bench.storage())) == [], f"{stage}: killed at write {point}"


def test_every_stage_writes(undisturbed: dict[str, int]) -> None:
    """A stage that writes nothing would make the test above pass without a kill."""
    assert all(writes > 0 for stage, writes in undisturbed.items() if stage != "check")
