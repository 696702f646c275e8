"""Real servers for tests: SeaweedFS from its wheel."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import s3fs

START_SECONDS = 60


@dataclass
class SeaweedFS:
    """A running object store. ``url`` is its endpoint; ``environment`` is what a process needs to use it."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]
    access_key: str = "creditlake"
    secret_key: str = "creditlake-secret"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "CREDITLAKE_S3_ENDPOINT": self.url,
        }

    def new_prefix(self) -> str:
        """An empty ``s3://lake/<something>`` that nobody else uses."""
        return f"s3://lake/{uuid.uuid4().hex[:12]}"

    def files(self) -> s3fs.S3FileSystem:
        """A client of its own, for tests that look at or change objects behind creditlake's back."""
        return s3fs.S3FileSystem(
            key=self.access_key, secret=self.secret_key, endpoint_url=self.url, skip_instance_cache=True
        )

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)


@contextmanager
def seaweedfs_server(folder: Path) -> Iterator[SeaweedFS]:
    """A server on free ports with the bucket ``lake``, stopped and removed afterwards."""
    server = start_seaweedfs(folder, _free_port())
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def start_seaweedfs(folder: Path, port: int) -> SeaweedFS:
    """Start a server whose data lies in ``folder``; used again with the same port and folder it is the same server."""
    folder.mkdir(parents=True, exist_ok=True)
    binary = Path(sys.executable).parent / "weed"
    kinds = ("master", "volume", "filer", "webdav", "admin", "s3")
    ports = {kind: (port if kind == "s3" else _free_port()) for kind in kinds}
    command = [str(binary), "mini", f"-dir={folder}", "-ip=127.0.0.1", "-bucket=lake", "-master.telemetry=false"]
    for kind, number in ports.items():
        command.append(f"-{kind}.port={number}")
    command += [f"-{kind}.port.grpc={_free_port()}" for kind in kinds if kind != "webdav"]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "creditlake", "AWS_SECRET_ACCESS_KEY": "creditlake-secret"}
    log = (folder / "server.log").open("ab")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    server = SeaweedFS(f"http://127.0.0.1:{port}", folder, process)
    _wait(server)
    return server


def _wait(server: SeaweedFS) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            server.files().pipe_file(f"lake/ready-{uuid.uuid4().hex}", b"1")
            return
        except Exception:
            if server.process.poll() is not None:
                break
            time.sleep(0.2)
    server.stop()
    raise RuntimeError((server.folder / "server.log").read_text(errors="replace")[-3000:])


def _free_port() -> int:
    """A free port below 50,000: servers derive further ports by adding 10,000."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            number = probe.getsockname()[1]
        if number < 50_000:
            return int(number)
