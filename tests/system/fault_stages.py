"""Runs one stage of the program, counts its writes, and kills it (SIGKILL, whole group) after the n-th."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import s3fs

from lake.settings import load_settings
from lake.storage import Storage, open_storage
from tests.system.s3_proxy import CountingProxy

KILLED = -signal.SIGKILL
SHIM_SOURCE = Path(__file__).with_name("kill_after_writes.c")
STAGES = ("ingest", "build", "check", "publish")
SECONDS = 300

Place = Literal["storage", "work"]
PLACES: tuple[Place, ...] = ("storage", "work")
"""The lake itself, and the local work folder: warehouse file, memory of the copies, state of build and publisher."""

NOT_READ_AGAIN = ("/temporary/", "/.work/dbt/logs/", "manifest.json", "run_results.json", "graph", "/dbt/duckdb/run/",
                  "/dbt/duckdb/compiled/")  # fmt: skip
"""Parts of paths that no later run reads: a kill there is a kill between two writes that count."""


def build_shim(folder: Path) -> Path:
    """Compile the preloaded counter; the compiler comes with ``make system-deps``."""
    shim = folder / "kill_after_writes.so"
    command = ["gcc", "-shared", "-fPIC", "-O2", "-o", str(shim), str(SHIM_SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return shim


@dataclass(frozen=True)
class Kill:
    """After which write, and to what, the program is killed."""

    place: Place
    at: int


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit code (negative: signal) and writes per place."""

    code: int
    writes: dict[Place, int]


@dataclass
class Bench:
    """A lake on disk or on S3, and how to run the program on it."""

    folder: Path
    drop: Path
    shim: Path
    proxy: CountingProxy | None = None
    environment: dict[str, str] = field(default_factory=dict)
    prefix: str = "lake"

    @property
    def lake_url(self) -> str:
        """Folder or S3 prefix."""
        return f"s3://lake/{self.prefix}" if self.proxy else str(self.folder / self.prefix)

    @property
    def work(self) -> Path:
        """Work folder; where a lake on disk has it."""
        return self.folder / self.prefix / ".work"

    def variables(self, kill: Kill | None) -> dict[str, str]:
        """Environment of the program, the counter preloaded."""
        given = dict(os.environ, **self.environment, CREDITLAKE_LAKE_URL=self.lake_url, CREDITLAKE_THREADS="2")
        if self.proxy:
            given["CREDITLAKE_S3_ENDPOINT"] = self.proxy.url
        at = 0 if kill is None or (self.proxy and kill.place == "storage") else kill.at
        return given | {
            "CREDITLAKE_WORK_DIR": str(self.work),
            "LD_PRELOAD": str(self.shim),
            "WRITES_STORAGE": f"{self.folder / self.prefix}/",
            "WRITES_WORK": f"{self.work}/",
            "WRITES_EXCEPT": ":".join(NOT_READ_AGAIN),
            "WRITES_COUNTERS": str(self.counters),
            "WRITES_KILL_IN": str(PLACES.index(kill.place) if kill else 0),
            "WRITES_KILL_AT": str(at),
        }

    @property
    def counters(self) -> Path:
        """The file in which the preloaded library counts."""
        return self.folder / "writes"

    def run(self, stage: str, kill: Kill | None = None) -> Ended:
        """Run ``creditlake <stage>`` to its end or, with ``kill``, to its death."""
        command = [sys.executable, "-m", "creditlake", stage]
        if stage == "ingest":
            command += ["--drop", str(self.drop)]
        self.counters.write_bytes(bytes(16))
        started: list[subprocess.Popen[bytes]] = []
        if self.proxy:
            at = kill.at if kill and kill.place == "storage" else 0
            self.proxy.watch(at, lambda: os.killpg(started[0].pid, signal.SIGKILL))
        with (self.folder / "program.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=self.variables(kill), stdout=log, stderr=log, start_new_session=True
            )
            started.append(process)
            code = process.wait(timeout=SECONDS)
        storage, work = struct.unpack("QQ", self.counters.read_bytes())
        return Ended(code, {"storage": self.proxy.writes if self.proxy else storage, "work": work})

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
            self._copy_objects(name, self.prefix)

    def _copy_objects(self, source: str, target: str) -> None:
        """Make the objects below ``target`` those below ``source``; what is the same there already stays."""
        files = self._files()
        wanted, found = self._objects(files, source), self._objects(files, target)

        def copy(path: str) -> None:
            files.pipe_file(f"lake/{target}/{path}", files.cat_file(f"lake/{source}/{path}"))

        with ThreadPoolExecutor(8) as pool:
            gone = found.keys() - wanted.keys()
            list(pool.map(lambda path: files.rm_file(f"lake/{target}/{path}"), gone))
            list(pool.map(copy, (path for path in wanted if wanted[path] != found.get(path))))

    @staticmethod
    def _objects(files: s3fs.S3FileSystem, prefix: str) -> dict[str, str]:
        """Path below the prefix and ETag, which SeaweedFS makes of an object's bytes."""
        start = len(f"lake/{prefix}/")
        return {path[start:]: one["ETag"] for path, one in files.find(f"lake/{prefix}/", detail=True).items()}

    def _files(self) -> s3fs.S3FileSystem:
        assert self.proxy is not None
        address = self.proxy.upstream.geturl()
        return s3fs.S3FileSystem(endpoint_url=address, use_listings_cache=False, skip_instance_cache=True)

    def storage(self) -> Storage:
        """The lake as a reader sees it, past the proxy."""
        endpoint = self.proxy.upstream.geturl() if self.proxy else None
        return open_storage(load_settings(lake_url=self.lake_url, work_dir=self.work, s3_endpoint=endpoint))
