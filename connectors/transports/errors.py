"""What may go wrong on the other side. One system's trouble never keeps another's deliveries out."""

from __future__ import annotations

from lake.errors import TerminalError, TransientError


class SystemAwayError(TransientError):
    """A system is away, slow, restless or busy: the next run goes on where this one stopped."""


class SystemRefusedError(TerminalError):
    """A system refuses, or answers otherwise than declared: someone must change the declaration or the system."""


class NotAcknowledgedError(TransientError):
    """What was pulled is committed, but its department could not be told so: the next run tells it."""
