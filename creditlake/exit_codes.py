"""Exit codes of the command line, the same for every command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script may rely on.

    Each member's text for people is ``cli.exit_<name>`` in the catalogue; ``creditlake --help`` lists them.
    """

    OK = 0
    REFUSED = 1
    USAGE = 2
    INTERNAL = 3
    TERMINAL = 4
    TRANSIENT = 5
    INTERRUPTED = 130
