"""What the ways out have in common: what is sent, to whom, and under which name it is written down."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from connectors.transports.errors import SystemRefusedError
from publication.delivery.receipts import Begun, Book, Unit
from publication.delivery.rows import Selection


@dataclass(frozen=True)
class Errand:
    """One delivery on its way: the environment it signs in with, a local folder, and the book it is written down in."""

    begun: Begun
    released_at: str
    book: Book
    environment: Mapping[str, str]
    folder: Path

    def variable(self, name: str) -> str:
        """An environment variable; raises ``SystemRefusedError`` when it is not set."""
        value = self.environment.get(name, "")
        if not value:
            raise SystemRefusedError("delivery.variable_missing", destination=self.begun.destination, variable=name)
        return value

    def once(self, name: str, send: Callable[[], Unit]) -> Unit:
        """``send``, unless the book says that the unit was taken already."""
        return self.book.unit(self.begun.release, name) or self.book.keep(self.begun.release, send())


class WayOut(Protocol):
    """Sends the rows of one item after the other."""

    def send(self, number: int, selection: Selection) -> Iterator[Unit]:
        """Send the rows of item ``number``; gives each unit as soon as the receiver has it."""


def unit_name(*parts: str) -> str:
    """A name for the book: letters and digits of any script, dots, dashes."""
    return "-".join(re.sub(r"[^\w.]+", "_", part) for part in parts if part)
