"""Programs that are started for the example: PostgreSQL where it is installed, SeaweedFS from its wheel."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lake.errors import TransientError

START_SECONDS = 60
SUPERUSER = "postgres"


@dataclass(frozen=True)
class PostgreSQL:
    """A running server: its port, and how a statement is run as its superuser."""

    port: int
    binaries: Path
    sockets: Path

    def run(self, statement: str, database: str = SUPERUSER, *, file: Path | None = None) -> str:
        """What a statement (with ``file``: read from it by ``psql``) gives; raises ``TransientError`` with what was said."""
        command = [str(self.binaries / "psql"), "-h", str(self.sockets), "-p", str(self.port), "-U", SUPERUSER]
        command += ["-d", database, "-At", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement]
        with file.open("rb") if file else Path(os.devnull).open("rb") as given:
            done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=given)
        if done.returncode:
            raise TransientError("example.server_failed", program="PostgreSQL", detail=done.stderr.strip())
        return done.stdout.strip()


def postgresql_binaries() -> Path | None:
    """Folder of ``initdb``, ``postgres`` and ``psql``; none when PostgreSQL is not on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    folders = [*reversed(found), *([Path(on_path).parent] if on_path else [])]
    return next((one for one in folders if all((one / name).exists() for name in ("initdb", "postgres", "psql"))), None)


@contextmanager
def postgresql(binaries: Path) -> Iterator[PostgreSQL]:
    """A server of its own in a temporary folder, on a free port of this machine."""
    # It refuses to run as root, and its own user cannot look into other users' folders.
    user = SUPERUSER if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="creditlake-postgresql-"))
    if user:
        shutil.chown(folder, user)
    port = free_port()
    data = folder / "data"
    make = [
        str(binaries / "initdb"),
        "-D",
        str(data),
        "-U",
        SUPERUSER,
        "--auth-local=trust",
        "--auth-host=scram-sha-256",
    ]
    # The records are read as they are: a database of UTF-8, whatever this machine's language.
    make += ["--no-sync", "--encoding=UTF8", "--locale=C"]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL, user=user)
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1"]
    server = PostgreSQL(port, binaries, folder)
    try:
        with _running([*command, "-F"], folder / "log", user=user) as process:
            _wait(process, "PostgreSQL", folder / "log", lambda: server.run("select 1") == "1")
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def object_store(key: str, secret: str, bucket: str) -> Iterator[str]:
    """SeaweedFS with a bucket; gives the address of its S3."""
    folder = Path(tempfile.mkdtemp(prefix="creditlake-objects-"))
    port = free_port()
    binary = Path(sys.executable).parent / "weed"
    command = [str(binary), "mini", f"-dir={folder}", "-ip=127.0.0.1", f"-bucket={bucket}", "-master.telemetry=false"]
    kinds = ("master", "volume", "filer", "webdav", "admin", "s3")
    command += [f"-{kind}.port={port if kind == 's3' else free_port()}" for kind in kinds]
    command += [f"-{kind}.port.grpc={free_port()}" for kind in kinds if kind != "webdav"]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    try:
        with _running(command, folder / "log", environment=environment) as process:
            _wait(process, "SeaweedFS", folder / "log", lambda: _is_open(port))
            yield f"http://127.0.0.1:{port}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A free port below 50,000: servers derive further ports by adding 10,000."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            number = int(probe.getsockname()[1])
        if number < 50_000:
            return number


@contextmanager
def _running(
    command: list[str], log: Path, *, environment: dict[str, str] | None = None, user: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program in a process group of its own, so that Ctrl-C reaches it through us alone; asked to end afterwards."""
    with log.open("ab") as stream:
        process = subprocess.Popen(
            command, stdout=stream, stderr=stream, env=environment, user=user, cwd=log.parent, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], program: str, log: Path, answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if answers():
                return
        except TransientError:
            pass
        time.sleep(0.1)
    raise TransientError("example.server_failed", program=program, detail=log.read_text(errors="replace")[-500:])
