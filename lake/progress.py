"""How a long step tells what it does, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listener of a step. ``step`` is a message code of the catalogue; ``total`` None when it cannot be known."""

    def start(self, step: str, total: int | None = None) -> None:
        """A step begins."""

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """``amount`` more units of the running step are done; ``detail`` names what, for example a file."""

    def done(self) -> None:
        """The running step has ended."""


class Silent:
    """Progress for callers that do not listen."""

    def start(self, step: str, total: int | None = None) -> None:
        """Do nothing."""

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Do nothing."""

    def done(self) -> None:
        """Do nothing."""
