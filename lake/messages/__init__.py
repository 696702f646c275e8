"""The catalogue of user-facing text: Chinese by default, English by a switch.

``zh/<room>.yaml`` and ``en/<room>.yaml`` hold flat ``key: text`` pairs; a message code is ``<room>.<key>``. The
catalogue lives in the lowest room because every room words its own errors.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

LANGUAGES = ("zh", "en")
_state = {"language": "zh"}


def set_language(language: str) -> None:
    """Choose the language of all text from here on; raises ``ValueError`` for one that is not in ``LANGUAGES``."""
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    _state["language"] = language


def current_language() -> str:
    """The language that ``text`` uses when none is given."""
    return _state["language"]


@cache
def catalogue(language: str) -> dict[str, str]:
    """All messages of a language, message code to text with ``{placeholders}``."""
    messages: dict[str, str] = {}
    for file in sorted((Path(__file__).parent / language).glob("*.yaml")):
        for key, value in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).items():
            messages[f"{file.stem}.{key}"] = str(value)
    return messages


def text(code: str, language: str | None = None, /, **params: object) -> str:
    """The message ``code`` with its placeholders filled; raises ``KeyError`` for a code the catalogue lacks."""
    return catalogue(language or current_language())[code].format(**params)
