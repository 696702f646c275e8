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
_LAST_BRACKETS = re.compile(r"(?:\([^()]*\)?)+$")
# Characters that are typed for one that looks or sounds alike.
_MISPRINTS = str.maketrans({"椐": "据", "裾": "据", "証": "证"})
# Between the rows of a header that stood in several rows of cells.
_ROWS = re.compile(r"[\s_\-/·.:：>|]+")
_UNIT_AT_END = re.compile(r"[/／:：,，、]\s*(?:人民币)?万?元\s*$")
_ONLY_INFORMATION = re.compile(r"(?:基本|主要)?(?:信息|情况|资料|数据)$")
_BETWEEN = re.compile(r"以及|及其|和|及|与|并|或者|或|、|/|\\|\+|,|，|;|；|\||&|\n")
# What the codes below mean, behind a colon: 当前状态：0=正常；1=撤销.
_EXPLAINED = re.compile(r":\d{1,2}[-=:.、]?[\u4e00-\u9fff].*\d.*", re.DOTALL)
_ALTERNATIVE = re.compile(r"或者|或|/")


@dataclass(frozen=True)
class Wording:
    """The words of a header.

    ``base`` is the header without brackets, ``inner`` what the brackets at its end say, ``number`` a number at its end.
    ``inlined`` are readings with the brackets inside it: as if they were not there ("处理（处罚）结果": 处理处罚结果), and in the
    place of the word before them (处罚结果). ``rows`` are the rows of a header that stood in several, whose first names a
    group ("行政相对人信息_名称").
    """

    base: str
    inner: tuple[str, ...] = ()
    number: int | None = None
    inlined: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


def read_wording(header: str) -> Wording:
    """The words of ``header`` as found."""
    text = _EXPLAINED.sub("", without_unit(plain_header(header)))
    text = _NUMBERING.sub("", text)
    last = _LAST_BRACKETS.search(text)
    inner = tuple(tidied(found) for found in _BRACKETS.findall(last.group() if last else "") if found)
    base = tidied(_BRACKETS.sub("", text))
    number = _NUMBER.search(base)
    if number and number.start() > 0:
        base = tidied(base[: number.start()])
    return Wording(
        base, inner, int(number[1]) if number and number.start() > 0 else None, _inlined(text), _rows(header)
    )


def _inlined(text: str) -> tuple[str, ...]:
    readings = []
    for found in _BRACKETS.finditer(text):
        before, inner, after = text[: found.start()], found.group(1), text[found.end() :]
        if inner and after:
            readings += [before + inner + after, before[: -len(inner)] + inner + after]
    return tuple(dict.fromkeys(tidied(_BRACKETS.sub("", reading)) for reading in readings))


def _rows(header: str) -> tuple[str, ...]:
    text = _UNIT_AT_END.sub("", _closed(header)).strip()
    parts = [tidied(_BRACKETS.sub("", without_unit(plain_header(part)))) for part in _ROWS.split(text)]
    rows = [_ONLY_INFORMATION.sub("", part) for part in parts[:-1]]
    return (*rows, parts[-1]) if len(parts) > 1 and parts[-1] and not parts[-1].isdigit() else ()


def _closed(header: str) -> str:
    """``header`` without its brackets, in which the marks between rows say nothing."""
    return re.sub(r"[(（【\[][^()（）【】\[\]]*[)）】\]]?", "", header)


def tidied(text: str) -> str:
    """Words that compare alike: no 的, no marks at the ends, the usual misprints mended."""
    return re.sub(r"[的之]", "", text.translate(_MISPRINTS)).strip(" :：、,，.。;；_-*\"'“”‘’[]【】()")


def parted(base: str) -> list[tuple[str, str]]:
    """The ways in which ``base`` may name two things ("机关名称和日期"), the earliest parting first."""
    ways = []
    for found in _BETWEEN.finditer(base):
        first, second = tidied(base[: found.start()]), tidied(base[found.end() :])
        if first and second:
            ways.append((first, second))
    return ways


def all_parts(base: str) -> list[str]:
    """Everything that ``base`` names ("法定代表人/负责人/经营者")."""
    return [part for text in _BETWEEN.split(base) if (part := tidied(text))]


def is_alternative(base: str) -> bool:
    """Whether the header says "this or that" (违法企业名称或违法自然人姓名)."""
    return _ALTERNATIVE.search(base) is not None
