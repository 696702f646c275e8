"""One run of a feed and one build of a warehouse at a time, on this machine.

The locks are of the operating system: a killed process holds none. Between machines the tables' own exactly-once
commits decide, and the concurrency limits of the shared Prefect server keep feeds apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from lake.settings import Settings

Waiting = Callable[[str], None]
SECONDS_BETWEEN_MESSAGES = 30


@contextmanager
def exclusively(settings: Settings, name: str, waiting: Waiting) -> Iterator[None]:
    """Hold the lock ``name`` of the lake; ``waiting`` is called with its path whenever someone else holds it."""
    folder = settings.work_dir / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting(lock.lock_file)
        while not lock.is_locked:
            try:
                lock.acquire(timeout=SECONDS_BETWEEN_MESSAGES)
            except Timeout:
                waiting(lock.lock_file)
    try:
        yield
    finally:
        lock.release()
