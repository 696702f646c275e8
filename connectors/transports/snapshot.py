"""What every database gives a pull: one read-only snapshot, its rows as text, and its own ways to say a few things in SQL.

Names are quoted by ``"`` and texts by ``'`` everywhere; a database that does otherwise is told so when it is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import pyarrow as pa

Unit = Literal["minutes", "days", "numbers"]


@dataclass(frozen=True)
class Kind:
    """The type of a column of change: its name for people, what texts are cast to, and what ``overlap`` counts.

    ``unit`` is None for a type that is neither time nor date nor whole number.
    """

    shown: str
    cast: str
    unit: Unit | None


@dataclass(frozen=True)
class Place:
    """Where a database is and who asks; ``seconds`` without an answer are too many."""

    address: str
    user: str
    password: str | None
    seconds: float

    @property
    def host(self) -> str | None:
        """The machine."""
        return urlsplit(self.address).hostname


class Snapshot(Protocol):
    """One transaction that only reads and sees one state."""

    def columns(self, source: str) -> list[str]:
        """The names of all columns of a quoted table."""

    def kind(self, table: str, column: str) -> Kind | None:
        """The type of a column of ``table`` (as declared), None where there is no such column."""

    def rows(self, query: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows of a query that gives texts."""

    def one(self, query: str) -> tuple[Any, ...]:
        """The only row of a query."""

    def text(self, expression: str) -> str:
        """SQL of a value as the text that the database writes."""

    def typed(self, text: str, kind: Kind) -> str:
        """SQL of a text as a value of ``kind``."""

    def less(self, value: str, overlap: int, kind: Kind) -> str:
        """SQL of ``value`` less so many minutes, days or numbers."""

    def now(self, kind: Kind) -> str:
        """SQL of the database's clock, as ``kind``."""

    def digest(self, columns: Sequence[str]) -> str:
        """SQL of one text that tells these rows, in any order, from any others; null or the same for no rows."""


class Database(Protocol):
    """A kind of database."""

    def snapshot(self, place: Place) -> AbstractContextManager[Snapshot]:
        """A snapshot taken now."""

    def update(self, place: Place, statements: Sequence[str]) -> None:
        """Run statements that change something, in one transaction."""

    def is_trouble(self, error: Exception) -> bool:
        """Whether an error is the database's."""

    def is_refusal(self, error: Exception) -> bool:
        """Whether asking again would give the same error."""


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def quoted_table(name: str) -> str:
    """A table, or schema.table, in SQL."""
    return ".".join(quoted(part) for part in name.split("."))


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"
