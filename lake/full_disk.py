"""A full disk as every library tells of it, and the one clear error that is made of that."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lake.errors import TransientError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FULL_WORDS = ("No space left", "StorageFull", "os error 28", "Disk quota exceeded")


def tells_of_full_disk(error: BaseException) -> bool:
    """Whether an error, or one that it came from, is that of a full disk or quota."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.errno in FULL:
            return True
        if any(word in str(found) for word in FULL_WORDS):
            return True
        found = found.__cause__ or found.__context__
    return False


@contextmanager
def full_disk_said(folder: Path) -> Iterator[None]:
    """Raise ``TransientError`` for a full disk whatever library met it; other errors pass. ``folder`` is named."""
    try:
        yield
    except Exception as error:
        if getattr(error, "code", "") == "lake.disk_full" or not tells_of_full_disk(error):
            raise
        place = error.filename if isinstance(error, OSError) and error.filename else folder
        raise TransientError("lake.disk_full", path=place) from error
