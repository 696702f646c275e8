"""Compound files, the container of Office programs before 2007 and of documents with a password: what is in one."""

from __future__ import annotations

import mmap
from pathlib import Path


def is_encrypted(path: Path) -> bool:
    """Whether a compound file is a workbook or document with a password."""
    return _names(path, "EncryptedPackage")


def is_word(path: Path) -> bool:
    """Whether a compound file is a document of Word (or WPS) of before 2007."""
    return _names(path, "WordDocument") and not _names(path, "Workbook")


def _names(path: Path, stream: str) -> bool:
    """Whether the directory of a compound file names ``stream``; False for an empty file."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(stream.encode("utf-16-le")) >= 0
