"""Codes that the header itself explains, 当前状态（0正常 1撤销）, or that mean something in one layout only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

from connectors.checks.reading import spelling, spellings
from connectors.contract.model import LIST_KINDS, Column

_HAN = "\u4e00-\u9fff"
_LINK = "(?:[-=:.、_]|代表|表示|为|是)*"
_CODE_FIRST = re.compile(rf"(\d{{1,2}}){_LINK}([{_HAN}]+)")
_WORD_FIRST = re.compile(rf"([{_HAN}]+?){_LINK}(\d{{1,2}})")
_ASIDE = re.compile(r"\([^()]*\)")


def with_key(column: Column, headers: Iterable[str], codes: Mapping[str, str] | None = None) -> Column:
    """``column`` with the codes that one of its ``headers`` explains, else with the ``codes`` of its layout; where either says
    what codes mean, the contract's own say nothing."""
    if column.kind not in LIST_KINDS:
        return column
    known = spellings(column.values)
    for header in headers:
        key = _key(header)
        meant = {code: known[spelling(word)] for code, word in key.items() if spelling(word) in known}
        if len(key) > 1 and meant:
            return _keyed(column, meant)
    return _keyed(column, codes) if codes else column


def _keyed(column: Column, meant: Mapping[str, str]) -> Column:
    values = []
    for value in column.values:
        words = [text for text in value.accepted if not text.isdigit()]
        codes = [code for code, name in meant.items() if name == value.value]
        values.append(replace(value, accepted=(*words, *codes)))
    return replace(column, values=tuple(values))


def _key(header: str) -> dict[str, str]:
    """Code to word, of what stands in the brackets or behind the colon; empty where it does not say which goes with which."""
    said = re.split(r"[(:【\[]", "".join(unicodedata.normalize("NFKC", header).split()), maxsplit=1)
    if len(said) < 2:
        return {}
    told = _ASIDE.sub("", said[1]).strip(")】]。,;、")
    told = re.sub(rf"^[{_HAN}]+[:,]", "", told)
    if told[:1].isdigit():
        return dict(_CODE_FIRST.findall(told))
    return {code: word for word, code in _WORD_FIRST.findall(told)} if told[-1:].isdigit() else {}
