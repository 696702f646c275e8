"""What a report says: plain values, from which PDF and HTML are set and over which its digest is taken."""

from __future__ import annotations

import hashlib
from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

DIGEST_LENGTH = 16


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Edition(StrEnum):
    """The two editions: everything published, or the statement that replaces certificates of no violations."""

    FULL = "full"
    NO_VIOLATIONS = "no-violations"


class Question(_Value):
    """What was asked for: both ends of the period are inside it; no scope is every field (领域)."""

    uscc: str
    edition: Edition = Edition.FULL
    start: date | None = None
    end: date | None = None
    scope: str | None = None


class Fact(_Value):
    """One labelled value."""

    label: str
    value: str


class Entry(_Value):
    """One record: its heading and what is known of it, empty values left out."""

    heading: str
    facts: tuple[Fact, ...]


class Section(_Value):
    """Records of one kind; ``not_held``: the release has no such data, which is not the same as none found."""

    title: str
    state: Literal["found", "none", "not_held"]
    note: str
    entries: tuple[Entry, ...]


class Chapter(_Value):
    """A chapter with its number in the official order; ``count`` is None where nothing is counted or nothing held."""

    number: int
    title: str
    count: int | None
    is_counted: bool
    sections: tuple[Section, ...]
    text: tuple[str, ...]


class Content(_Value):
    """All that a report says but its own number."""

    title: str
    layout_version: str
    issuer: str
    release: str
    released_at: str
    manifest_sha256: str
    question: Question
    name: str
    labels: tuple[str, ...]
    card: tuple[Fact, ...]
    statement: tuple[str, ...]
    chapters: tuple[Chapter, ...]
    closing_title: str
    closing: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Sha256 over everything the report says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def number(self) -> str:
        """The report number: the release, then the first characters of the digest."""
        return f"{self.release}-{self.digest[:DIGEST_LENGTH]}"


class IssuedFile(_Value):
    """One rendering of an issued report."""

    format: Literal["pdf", "html"]
    sha256: str


class Issued(_Value):
    """What the lake keeps of a report that was given out: ``reports/<number>.json``."""

    number: str
    release: str
    manifest_sha256: str
    content_sha256: str
    question: Question
    files: tuple[IssuedFile, ...]
