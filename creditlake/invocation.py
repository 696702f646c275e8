"""What was asked of one call of the program beside its command: language, lake address, tracebacks."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lake.messages import LANGUAGES

if TYPE_CHECKING:
    from lake.settings import Settings
    from lake.storage import Storage

LANGUAGE_VARIABLE = "CREDITLAKE_LANGUAGE"


@dataclass
class Invocation:
    """Options that every command takes: ``lake`` (a folder or an ``s3://`` address) and ``language``, where given."""

    lake: str | None = None
    language: str | None = None
    debug: bool = False
    json: bool = False

    def settings(self) -> Settings:
        """The settings of this call; raises the errors of ``lake.settings.load_settings``."""
        from lake.settings import load_settings

        return load_settings(lake_url=self.lake, language=self.language)

    def storage(self, settings: Settings) -> Storage:
        """The lake's storage, opened; raises ``TerminalError`` or ``TransientError`` when it cannot be."""
        from lake.storage import open_storage

        return open_storage(settings)


_current = Invocation()


def current() -> Invocation:
    """The call that is running."""
    return _current


def begin(arguments: Sequence[str]) -> Invocation:
    """Start a call: forget the one before; ``--debug`` and ``--json`` count even where the command does not parse."""
    _current.lake = None
    _current.language = _option(arguments)
    _current.debug = "--debug" in arguments
    _current.json = "--json" in arguments
    return _current


def wanted_language(arguments: Sequence[str]) -> str:
    """The language asked for by ``--lang``, the environment or ``creditlake.toml``; Chinese otherwise.

    It is needed before anything is parsed, because help and errors are text too. A wrong value is reported later, by
    the parser or the settings, in Chinese.
    """
    for candidate in (_option(arguments), os.environ.get(LANGUAGE_VARIABLE), _configured()):
        if candidate in LANGUAGES:
            return candidate
    return LANGUAGES[0]


def _option(arguments: Sequence[str]) -> str | None:
    for position, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
        if argument == "--lang" and position + 1 < len(arguments):
            return arguments[position + 1]
    return None


def _configured() -> str | None:
    try:
        language = tomllib.loads(Path("creditlake.toml").read_text(encoding="utf-8")).get("language")
    except (OSError, ValueError):
        return None
    return language if isinstance(language, str) else None
