"""Ctrl-C, remembered until the work has ended by it: libraries now and then swallow or mask the ``KeyboardInterrupt``."""

from __future__ import annotations

import signal
import threading
from typing import NoReturn

_asked = threading.Event()


def listen() -> None:
    """Remember Ctrl-C from now on; a process that ignores it (in the background of a shell) goes on doing so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _remember)


def was_asked() -> bool:
    """Whether Ctrl-C was pressed since ``listen``."""
    return _asked.is_set()


def end_if_asked() -> None:
    """Raise ``KeyboardInterrupt`` if Ctrl-C was pressed and the work goes on all the same."""
    if _asked.is_set():
        raise KeyboardInterrupt


def _remember(*_: object) -> NoReturn:
    _asked.set()
    raise KeyboardInterrupt
