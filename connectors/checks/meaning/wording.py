"""The words of a header: numbering, hints, units and brackets told apart from what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.contract.header_key import plain_header, without_unit

_NUMBERING = re.compile(
    r"^(?:\(?(?:[一二三四五六七八九十]{1,3}|\d{1,2})[)、.．]|第[一二三四五六七八九十\d]+[项栏列][:：]?)+"
)
_NUMBER = re.compile(r"(?:_|\.|-)?(\d{1,2})$")
_BRACKETS = re.compile(r"\(([^()]*)\)?")
_BETWEEN = re.compile(r"以及|及其|和|及|与|并|或者|或|、|/|\\|\+|,|，|;|；|\||&|\n")
_ALTERNATIVE = re.compile(r"或者|或|/")


@dataclass(frozen=True)
class Wording:
    """``base`` is the header without brackets, ``inner`` what the brackets say, ``number`` a number at its end."""

    base: str
    inner: tuple[str, ...] = ()
    number: int | None = None


def read_wording(header: str) -> Wording:
    """The words of ``header`` as found."""
    text = without_unit(plain_header(header))
    text = _NUMBERING.sub("", text)
    inner = tuple(tidied(found) for found in _BRACKETS.findall(text) if found)
    base = tidied(_BRACKETS.sub("", text))
    number = _NUMBER.search(base)
    if number and number.start() > 0:
        return Wording(tidied(base[: number.start()]), inner, int(number.group(1)))
    return Wording(base, inner)


def tidied(text: str) -> str:
    """Words that compare alike: no 的, no marks at the ends."""
    return re.sub(r"[的之]", "", text).strip(" :：、,，.。;；_-*\"'“”‘’[]【】()")


def parted(base: str) -> list[tuple[str, str]]:
    """The ways in which ``base`` may name two things ("机关名称和日期"), the earliest parting first."""
    ways = []
    for found in _BETWEEN.finditer(base):
        first, second = tidied(base[: found.start()]), tidied(base[found.end() :])
        if first and second:
            ways.append((first, second))
    return ways


def is_alternative(base: str) -> bool:
    """Whether the header says "this or that" (违法企业名称或违法自然人姓名)."""
    return _ALTERNATIVE.search(base) is not None
