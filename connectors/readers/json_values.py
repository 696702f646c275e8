"""JSON values read exactly: digits as written, a name that occurs twice is an error, nested values as compact text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec


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


_QUICK = msgspec.json.Decoder(float_hook=NumberText)
_MEMBERS = msgspec.json.Decoder(type=dict[str, msgspec.Raw])


def read_object(line: bytes) -> Any:
    """As ``read_json`` of a line in UTF-8 that holds one flat object: most lines do, and take a tenth of the time so.

    The quick decoder passes over names that occur twice, so a line that may have one goes the long way; there are as many
    names as ends of texts with a colon behind them, unless a text holds such an end, or a blank comes between.
    """
    try:
        value = _QUICK.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return read_json(line.decode("utf-8"))
    if isinstance(value, dict) and line.count(b'":') == len(value) and b" :" not in line and b"\t:" not in line:
        return value
    return read_json(line.decode("utf-8"))


def names_of(line: bytes) -> Iterable[str]:
    """The names in a line of UTF-8 that holds an object, in their order; none where it holds something else."""
    try:
        return _MEMBERS.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        value = read_json(line.decode("utf-8"))
    except ValueError:
        return ()
    return value if isinstance(value, dict) else ()


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
    if isinstance(value, int):
        return str(value)
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
