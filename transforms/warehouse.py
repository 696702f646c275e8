"""The warehouse file: one process at a time has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from filelock import FileLock, Timeout

from lake.duckdb_extensions import connect
from lake.errors import TransientError
from lake.settings import Settings
from lake.storage import Storage
from transforms.profile import warehouse_file

WAIT_SECONDS = 600


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Hold the warehouse against other runs on this machine; raises ``TransientError`` after ten minutes of waiting."""
    file = warehouse_file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(file.with_suffix(".lock"), timeout=WAIT_SECONDS):
            yield
    except Timeout as error:
        raise TransientError("transforms.warehouse_busy", path=file, minutes=WAIT_SECONDS // 60) from error


@contextmanager
def open_warehouse(
    settings: Settings, storage: Storage, *, read_only: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the built tables that can also read the lake's Delta tables; holds the lock while it is open.

    Raises ``TransientError`` when another run has held the warehouse for ten minutes.
    """
    with locked(settings), connect(warehouse_file(settings), read_only=read_only) as connection:
        storage.duckdb_setup(connection)
        yield connection
