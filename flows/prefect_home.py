"""Prefect as creditlake runs it: files in the work folder, no telemetry, quiet, its own server unless one is set.

Everything here happens before Prefect is imported, which reads its settings once.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version as package_version
from pathlib import Path

from filelock import FileLock, Timeout

from lake.errors import TransientError
from lake.settings import Settings

SERVER_START_SECONDS = 120
SERVERS_AT_ONCE = 16


def environment(home: Path) -> dict[str, str]:
    """Variables under which every Prefect process of creditlake runs; ``home`` holds its database and its files."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
        "PREFECT_LOGGING_INTERNAL_LEVEL": "ERROR",
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_CLI_PROMPT": "false",
    }


@contextmanager
def prefect_server(settings: Settings) -> Iterator[None]:
    """A reachable Prefect API for this process: the one in ``PREFECT_API_URL``, else a temporary one.

    Raises ``TransientError`` when the temporary server does not come up.
    """
    home = settings.work_dir / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(_unset(environment(home)))
    if os.environ.get("PREFECT_API_URL"):
        yield
        return
    with _slot(home) as number:
        database = home / f"run-{number}.db"
        _start_from_template(database)
        # Who started the run reads the error once, from the command line; nobody reads this server's log.
        os.environ.update({"PREFECT_LOGGING_TO_API_ENABLED": "false", "PREFECT_LOGGING_LEVEL": "CRITICAL"})
        url = f"sqlite+aiosqlite:///{database}"
        with _temporary_server({"PREFECT_API_DATABASE_CONNECTION_URL": url}) as address:
            _keep_as_template(database)
            use_server(address)
            try:
                yield
            finally:
                use_server(None)


def _template() -> Path:
    """An empty database that Prefect's own migrations made: they take 20 seconds, a copy none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "creditlake" / f"prefect-{package_version('prefect')}.db"


def _start_from_template(database: Path) -> None:
    if not database.exists() and _template().exists():
        shutil.copyfile(_template(), database)


def _keep_as_template(database: Path) -> None:
    """Keep a copy of a fresh database for later lakes; a cache folder that cannot be written costs time, no more."""
    template = _template()
    with suppress(OSError, sqlite3.Error):
        if template.exists():
            return
        template.parent.mkdir(parents=True, exist_ok=True)
        made = template.with_suffix(f".{os.getpid()}")
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(made)) as copy:
            source.backup(copy)
            copy.execute("pragma journal_mode = delete")
        made.replace(template)


def _unset(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in os.environ}


@contextmanager
def _slot(home: Path) -> Iterator[int]:
    """A database for this run: SQLite serves one server well; runs at the same time take different numbers."""
    for number in range(SERVERS_AT_ONCE):
        lock = FileLock(home / f"run-{number}.lock")
        with suppress(Timeout):
            lock.acquire(timeout=0)
            try:
                yield number
            finally:
                lock.release()
            return
    raise TransientError("flows.too_many_runs", limit=SERVERS_AT_ONCE, folder=home)


@contextmanager
def _temporary_server(variables: Mapping[str, str]) -> Iterator[str]:
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "flows.temporary_server", str(port)],
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # Ctrl-C goes to the whole group: the server must outlive it until the flow has told it the end.
        start_new_session=True,
    )
    try:
        import prefect  # noqa: F401  # takes seconds, as the server does: both at once

        address = f"http://127.0.0.1:{port}/api"
        wait_for(server, address)
        yield address
    finally:
        server.kill()
        server.communicate()


def wait_for(server: subprocess.Popen[bytes], address: str) -> None:
    """Return once ``server`` answers at ``address``; raises ``TransientError`` when it ends or takes too long."""
    started = time.monotonic()
    while time.monotonic() - started < SERVER_START_SECONDS:
        if server.poll() is not None:
            problem = server.stderr.read().decode(errors="replace")[-500:] if server.stderr else ""
            raise TransientError("flows.server_ended", exit_code=server.returncode, problem=problem)
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{address}/health", timeout=5).close()
            return
        time.sleep(0.05)
    raise TransientError("flows.server_slow", seconds=SERVER_START_SECONDS)


def use_server(address: str | None) -> None:
    """Point this process at ``address``, ``None`` for none; an imported Prefect is told too."""
    if address is None:
        os.environ.pop("PREFECT_API_URL", None)
    else:
        os.environ["PREFECT_API_URL"] = address
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
