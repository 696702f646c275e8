"""What fails around the program while it works: the disk fills up, the object store goes away, another machine works too.

None of it is a mock: a file system that is too small, a server that is killed and started again, two work folders.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from creditlake.exit_codes import ExitCode
from tests.publication.test_signing import new_key
from tests.servers import SeaweedFS, free_port, start_seaweedfs
from tests.system.conftest import Finished
from tests.system.fault_stages import STAGES
from tests.system.lake_content import differences, lake_content
from tests.system.program import SECONDS, Program
from tests.system.s3_proxy import CountingProxy

pytestmark = pytest.mark.full

PLENTY = 1 << 30
FREE = {"ingest": 300_000, "build": 4_000_000, "check": 200_000, "publish": 300_000}
"""Bytes that are free when a stage starts: less than it writes, else it would not fail."""
SECONDS_AWAY = 5


def stage_arguments(stage: str, drop: Path) -> list[str]:
    return [stage, *(["--drop", str(drop)] if stage == "ingest" else [])]


class SmallDisk:
    """A file system in memory whose size can be changed while it is in use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={PLENTY}", "tmpfs", str(folder)], check=True)

    @property
    def used(self) -> int:
        """Bytes in use."""
        facts = os.statvfs(self.folder)
        return (facts.f_blocks - facts.f_bfree) * facts.f_frsize

    def resize(self, size: int) -> None:
        """Let it hold ``size`` bytes; not less than it holds already."""
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder)], check=True)

    def take_away(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if os.geteuid() != 0:
        pytest.fail("a disk that fills up is a small file system, which only root may mount: run make test-all as root")
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.take_away()


def test_full_disk(small_disk: SmallDisk, job_on_disk: Finished, drop: Path) -> None:
    """Each stage once runs out of space: it says so, and with space it ends as if nothing had been."""
    program = Program(str(small_disk.folder / "lake"), small_disk.folder / "lake" / ".work")
    for stage in STAGES:
        small_disk.resize(small_disk.used + FREE[stage])
        process = program.start(*stage_arguments(stage, drop))
        _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == ExitCode.TRANSIENT, f"{stage}: {process.returncode} {errors[-3000:]}"
        assert "disk is full" in errors and "Traceback" not in errors, f"{stage}: {errors[-3000:]}"
        small_disk.resize(PLENTY)
        program.run(*stage_arguments(stage, drop))
    assert differences(job_on_disk.content, lake_content(program.storage())) == []


class Store:
    """A SeaweedFS of this test's own, seen through a proxy that can have it killed after the n-th write."""

    def __init__(self, folder: Path) -> None:
        self.server: SeaweedFS = start_seaweedfs(folder, free_port())
        self.starts = 1
        self.proxy = CountingProxy(self.server.url)

    @property
    def environment(self) -> dict[str, str]:
        """What the program needs to use it."""
        return {**self.server.environment, "CREDITLAKE_S3_ENDPOINT": self.proxy.url}

    def kill_after(self, writes: int, seconds: float | None) -> None:
        """Kill the server after so many writes, and start it again ``seconds`` later (None: not by itself)."""

        def kill() -> None:
            self.server.stop()
            if seconds is not None:
                threading.Timer(seconds, self.start_again).start()

        self.proxy.watch(writes, kill)

    def start_again(self) -> None:
        """The same server: same port, same folder."""
        self.server = start_seaweedfs(self.server.folder, int(self.server.url.rsplit(":", 1)[1]))
        self.starts += 1


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    made = Store(tmp_path / "store")
    for name, value in made.server.environment.items():
        monkeypatch.setenv(name, value)
    yield made
    made.server.stop()


def test_object_store_that_goes_away_and_comes_back(
    store: Store, job_on_disk: Finished, drop: Path, tmp_path: Path
) -> None:
    """Away for good it is one clear error; away for seconds the run waits, tries again and ends well."""
    program = Program("s3://lake/away", tmp_path / "work", store.environment)
    store.kill_after(60, None)
    process = program.start("ingest", "--drop", str(drop))
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == ExitCode.TRANSIENT, errors[-3000:]
    assert store.proxy.url in errors and "Traceback" not in errors
    store.start_again()
    store.kill_after(60, SECONDS_AWAY)
    process = program.start("run", "--drop", str(drop))
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode in {ExitCode.OK, ExitCode.REFUSED}, errors[-3000:]
    assert store.starts == 3, "the server was not killed while the run went on"
    assert differences(job_on_disk.content, lake_content(program.storage())) == []


def test_two_machines_at_the_same_time(
    seaweedfs: SeaweedFS, job_on_disk: Finished, drop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two work folders share no lock: only the lake's own commits keep the two runs from doing things twice.

    Machines that publish into one lake are given one signing key, as docs/releases.md says.
    """
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    place = seaweedfs.new_prefix()
    environment = {**seaweedfs.environment, "CREDITLAKE_SIGNING_KEY": str(new_key(tmp_path / "bureau.pem"))}
    machines = [Program(place, tmp_path / name, environment) for name in ("one", "two")]
    runs = [program.start("run", "--drop", str(drop), "--json") for program in machines]
    for process in runs:
        out, errors = process.communicate(timeout=SECONDS)
        if process.returncode not in {ExitCode.OK, ExitCode.REFUSED}:
            assert json.loads(out)["error"]["code"] == "publication.conflict", out[-2000:] + errors[-2000:]
    assert machines[0].json("release", "verify")["problems"] == []
    machines[1].run("run", "--drop", str(drop))
    assert differences(job_on_disk.content, lake_content(machines[1].storage())) == []
