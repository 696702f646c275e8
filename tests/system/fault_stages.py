"""Runs one stage of the program, counts its storage writes, and kills it (SIGKILL, whole group) after the n-th."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import s3fs

from lake.settings import load_settings
from lake.storage import Storage, open_storage
from tests.system.s3_proxy import CountingProxy

KILLED = -signal.SIGKILL
SHIM_SOURCE = Path(__file__).with_name("kill_after_writes.c")
STAGES = ("ingest", "build", "check", "publish")


def build_shim(folder: Path) -> Path:
    """Compile the preloaded counter; the compiler comes with ``make system-deps``."""
    shim = folder / "kill_after_writes.so"
    command = ["gcc", "-shared", "-fPIC", "-O2", "-o", str(shim), str(SHIM_SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return shim


@dataclass
class Bench:
    """A lake on disk or on S3, and how to run the program on it."""

    folder: Path
    drop: Path
    shim: Path
    proxy: CountingProxy | None = None
    prefix: str = "lake"
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def lake_url(self) -> str:
        """Folder or S3 prefix."""
        return f"s3://lake/{self.prefix}" if self.proxy else str(self.folder / self.prefix)

    def variables(self) -> dict[str, str]:
        """Environment of the program."""
        given = dict(os.environ, **self.environment, CREDITLAKE_LAKE_URL=self.lake_url, CREDITLAKE_THREADS="2")
        given["CREDITLAKE_WORK_DIR"] = str(self.work)
        if self.proxy:
            given["CREDITLAKE_S3_ENDPOINT"] = self.proxy.url
        return given

    @property
    def work(self) -> Path:
        """Work folder; below the lake on disk, so that its writes count too."""
        return self.folder / self.prefix / ".work"

    def run(self, stage: str, kill_at: int = 0) -> tuple[int, int]:
        """Exit code and number of writes of ``creditlake <stage>``; ``kill_at`` 0 lets it end."""
        command = [sys.executable, "-m", "creditlake", stage]
        if stage in {"ingest", "run"}:
            command += ["--drop", str(self.drop)]
        if self.proxy:
            return self._run_on_s3(command, kill_at)
        return self._run_on_disk(command, kill_at)

    def _run_on_disk(self, command: list[str], kill_at: int) -> tuple[int, int]:
        counter = self.folder / "writes"
        counter.write_bytes(bytes(8))
        variables = self.variables() | {
            "LD_PRELOAD": str(self.shim),
            "WRITES_BELOW": f"{self.folder / self.prefix}/",
            "WRITES_COUNTER": str(counter),
            "WRITES_KILL_AT": str(kill_at),
        }
        done = self._start(command, variables)
        code = done.wait(timeout=300)
        return code, struct.unpack("Q", counter.read_bytes())[0]

    def _run_on_s3(self, command: list[str], kill_at: int) -> tuple[int, int]:
        assert self.proxy is not None
        started: list[subprocess.Popen[bytes]] = []
        self.proxy.watch(kill_at, lambda: os.killpg(started[0].pid, signal.SIGKILL))
        started.append(self._start(command, self.variables()))
        code = started[0].wait(timeout=300)
        return code, self.proxy.writes

    def _start(self, command: list[str], variables: dict[str, str]) -> subprocess.Popen[bytes]:
        log = (self.folder / "program.log").open("ab")
        return subprocess.Popen(command, env=variables, stdout=log, stderr=log, start_new_session=True)

    def log(self) -> str:
        """The end of what the program printed."""
        return (self.folder / "program.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def keep(self, name: str) -> None:
        """Put a copy of the lake and of the work folder aside under ``name``."""
        shutil.copytree(self.folder / self.prefix, self.folder / name)
        if self.proxy:
            self._copy_objects(self.prefix, name)

    def restore(self, name: str) -> None:
        """Make the lake and the work folder what they were when they were kept under ``name``."""
        shutil.rmtree(self.folder / self.prefix, ignore_errors=True)
        shutil.copytree(self.folder / name, self.folder / self.prefix)
        if self.proxy:
            files = self._files()
            if files.exists(f"lake/{self.prefix}"):
                files.rm(f"lake/{self.prefix}", recursive=True)
            self._copy_objects(name, self.prefix)

    def _copy_objects(self, source: str, target: str) -> None:
        files = self._files()
        start = len(f"lake/{source}/")
        for path in files.find(f"lake/{source}/"):
            files.pipe_file(f"lake/{target}/{path[start:]}", files.cat_file(path))

    def _files(self) -> s3fs.S3FileSystem:
        assert self.proxy is not None
        address = self.proxy.upstream.geturl()
        return s3fs.S3FileSystem(endpoint_url=address, use_listings_cache=False, skip_instance_cache=True)

    def storage(self) -> Storage:
        """The lake as a reader sees it, past the proxy."""
        endpoint = self.proxy.upstream.geturl() if self.proxy else None
        return open_storage(load_settings(lake_url=self.lake_url, work_dir=self.work, s3_endpoint=endpoint))
