"""Headers compared by meaning: width, brackets, spaces, case, byte order marks and filling hints do not count."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\x00-\x1f*＊]+")
_HINT = re.compile(r"【[^】]*】?|\[格式[^\]]*\]?|\((?:必填|选填|格式|如|例如|示例|注)[^)]*\)?")
# The number differs between the layouts of 2016 and 2018; what the brackets say is the meaning (standards 2.4).
_NUMBERED_CODE = re.compile(r"^(?:行政相对人)?代码_?\d+\((.+?)\)?$")
_UNIT = re.compile(r"\((?:单位[:：])?(万元人民币|万元|元人民币|元|人民币元|万美元|美元)\)$")
_UNITS = {"万元人民币": "万元", "万元": "万元", "元人民币": "元", "人民币元": "元", "元": "元"}


def plain_header(header: str) -> str:
    """``header`` in half width and lower case, without blanks, marks that nobody sees and hints how to fill it in."""
    text = unicodedata.normalize("NFKC", header)
    text = _INVISIBLE.sub("", text).translate(str.maketrans("［］｛｝〔〕", "()()()"))
    return _HINT.sub("", text).lower()


def header_key(header: str) -> str:
    """The form in which two headers of the same meaning are equal; empty for a header without letters."""
    text = plain_header(header)
    numbered = _NUMBERED_CODE.match(text)
    if numbered:
        text = numbered.group(1)
    text = _UNIT.sub("", text)
    return re.sub(r"[()\-_、,，.。:：;；/\\\"'“”‘’·]+", "", text)


def without_unit(plain: str) -> str:
    """A ``plain_header`` without the unit of money in brackets at its end."""
    return _UNIT.sub("", plain)


def header_unit(header: str) -> str | None:
    """The unit of money a header names in brackets ("元" or "万元"), or None."""
    found = _UNIT.search(plain_header(header))
    return _UNITS.get(found.group(1)) if found else None
