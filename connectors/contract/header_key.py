"""Headers compared by meaning: width, brackets, spaces, case, byte order marks and filling hints do not count."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\x00-\x1f*＊]+")
_SQUARE = str.maketrans("[]", "()")
_HINT = re.compile(
    r"【[^】]*】?|\[格式[^\]]*\]?|\((?:必填|选填|可空|格式|如|例|示例|注|从下拉|没有则?填|y{2,4}\W?m)(?:[^()]|\([^()]*\))*\)?",
    re.IGNORECASE,
)
# The number differs between the layouts of 2016 and 2018; what the brackets say is the meaning (standards 2.4).
_NUMBERED_CODE = re.compile(r"^(?:行政相对人)?代码_?\d+\((.+?)\)?$")
_MONEY = (
    r"(?:(?:金额)?单位[:：]?|以)?(?:人民币|rmb|¥)?[:：/,、]?"
    r"(?P<{0}>[千百]?万|[千百亿]|)(?P<{0}_of>美|欧|港|日|)元(?:人民币|/rmb|整|计)?"
)
# In brackets anywhere ("罚款(万元)金额"), or behind a word for money or a mark at the end ("罚款金额万元", "罚款/元").
_UNIT = re.compile(
    rf"\({_MONEY.format('inner')}(?:[,;，；][^()]*)?\)|(?:(?<=[额款数得金物])|[:：/_\-,、]){_MONEY.format('outer')}$",
    re.IGNORECASE,
)
_SCALES = {"": "元", "万": "万元"}
_ENGLISH_TEN_THOUSANDS = re.compile(r"(?:10k|10,?000|tenthousand)(?:yuan|rmb|cny)")
# A header in two languages, the other one behind or before: 处罚决定日期 Penalty Date. A currency is no translation.
_CURRENCY = re.compile(r"\b(?:usd|eur|gbp|hkd|jpy|krw|twd|mop|sgd)\b", re.IGNORECASE)
_LATIN = r"[a-z][a-z\s,.'’&/()\-0-9]*"
_TRANSLATED = re.compile(
    rf"(?P<said>.*[\u3400-\u9fff)）])[\s/|]*{_LATIN}|{_LATIN}[\s/|](?P<last>[\u3400-\u9fff].*)",
    re.IGNORECASE | re.DOTALL,
)


def plain_header(header: str) -> str:
    """``header`` in half width and lower case, without blanks, marks that nobody sees and hints how to fill it in."""
    text = unicodedata.normalize("NFKC", header)
    text = _INVISIBLE.sub("", text).translate(str.maketrans("{}〔〕", "()()"))
    return _HINT.sub("", text).translate(_SQUARE).lower()


def header_key(header: str) -> str:
    """The form in which two headers of the same meaning are equal; empty for a header without letters."""
    text = plain_header(header)
    numbered = _NUMBERED_CODE.match(text)
    if numbered:
        text = numbered.group(1)
    text = _UNIT.sub("", text)
    return re.sub(r"[()\-_、,，.。:：;；/\\\"'“”‘’·]+", "", text)


def without_unit(plain: str) -> str:
    """A ``plain_header`` without the unit of money in it."""
    return _UNIT.sub("", plain)


def header_unit(header: str) -> str | None:
    """The unit of money a header names: "元" or "万元"; one that no amount is held in as it is written; None for none."""
    found = _UNIT.search(plain_header(header))
    if found is None:
        return "万元" if _ENGLISH_TEN_THOUSANDS.search(plain_header(header)) else None
    side = "inner" if found["inner"] is not None else "outer"
    scale, currency = found[side], found[f"{side}_of"]
    return _SCALES.get(scale, f"{scale}元") if not currency else f"{scale}{currency}元"


def without_translation(header: str) -> str | None:
    """The Chinese words of a header in two languages; None for one in one language."""
    found = _TRANSLATED.fullmatch(header.strip())
    return (found["said"] or found["last"]).strip() if found and not _CURRENCY.search(header) else None
