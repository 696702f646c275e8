"""JSON values read exactly: digits as written, a name that occurs twice is an error, nested values as compact text."""

from __future__ import annotations

import json
from typing import Any


class NumberText(str):
    """A number kept as the digits that were written."""

    __slots__ = ()


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"duplicate name {next(name for name in names if names.count(name) > 1)!r}")
    return members


_DECODER = json.JSONDecoder(
    parse_float=NumberText, parse_int=NumberText, parse_constant=NumberText, object_pairs_hook=_members
)


def read_json(text: str) -> Any:
    """The value of ``text``; raises ``ValueError`` (``json.JSONDecodeError`` has line and column)."""
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def cell_text(value: Any) -> str | None:
    """A value as the text of a cell: null stays null, nested values are compact JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return compact_json(value)


def compact_json(value: Any) -> str:
    """JSON without blanks, Chinese as it is, numbers with the digits that were read."""
    if isinstance(value, NumberText):
        return str(value)
    if isinstance(value, dict):
        members = (f"{json.dumps(name, ensure_ascii=False)}:{compact_json(item)}" for name, item in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(compact_json(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)
