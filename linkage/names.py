"""Enterprise names: one spelling for all, the parts of a name, and the keys that names are compared by.

A name is 行政区划 + 字号 + 行业 + 组织形式 (+ the branch). Keys, from strict to loose:

* ``key``: letters, digits and Chinese characters only, after NFKC, upper case and traditional to simplified;
* ``folded``: the key with 杭州市 as 杭州 and 有限责任公司 as 有限公司;
* ``unplaced``: folded without the leading region;
* ``stem``: folded without the legal form;
* ``core``: without either.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import opencc
import pyarrow as pa
import yaml

from linkage.divisions import Divisions, Regions
from linkage.text import Codes, Integers, Phrases, Texts, replace_characters

_DATA = Path(__file__).parent / "data" / "name_parts.yaml"
_OPENCC = Path(opencc.__file__).parent / "dictionary"
_OPENING = "([{<〔【《〈「『〖﹝"
_CLOSING = ")]}>〕】》〉」』〗﹞"
_ORPHANS = "、,，.。;；:：!！?？'\"“”‘’`*#-_—~～/\\|·・•"
_MAXIMUM_TRADES = 3


@dataclass(frozen=True)
class NameParts:
    """What names are made of, as positions in ``key`` (see the module's text)."""

    key: Texts
    region: Regions
    form: Integers
    form_start: Integers
    trade_start: Integers
    branch_start: Integers

    def brand(self) -> Texts:
        """字号: what is left between region and trade."""
        return self.key.part(self.region.ends, self.trade_start)

    def trade(self) -> Texts:
        """行业."""
        return self.key.part(self.trade_start, self.form_start)

    def branch(self) -> Texts:
        """What follows the head office's name."""
        return self.key.part(self.branch_start, self.key.ends)


@cache
def words() -> dict[str, dict[str, str]]:
    """The word lists of ``data/name_parts.yaml``; plain lists as word -> word."""
    loaded = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    return {name: value if isinstance(value, dict) else {w: w for w in value} for name, value in loaded.items()}


@cache
def _simplified() -> dict[str, str]:
    pairs = (
        line.split("\t") for line in (_OPENCC / "TSCharacters.txt").read_text(encoding="utf-8").splitlines() if line
    )
    return {traditional: simplified.split(" ")[0] for traditional, simplified in pairs}


@cache
def spell(character: str) -> str:
    """One character in the spelling all names share: NFKC, upper case, simplified, brackets as ( and ), no blanks."""
    if character in _OPENING:
        return "("
    if character in _CLOSING:
        return ")"
    plain = unicodedata.normalize("NFKC", character).upper()
    simplified = _simplified()
    out = []
    for one in plain:
        if one in _OPENING:
            out.append("(")
        elif one in _CLOSING:
            out.append(")")
        elif unicodedata.category(one)[0] not in "ZC":
            out.append(simplified.get(one, one))
    return "".join(out)


def normalise(texts: Texts) -> Texts:
    """Names in one spelling, without blanks, control characters and stray marks at either end."""
    spelled = replace_characters(texts, spell)
    return _trim(spelled, _ORPHANS)


# What one simplified character is written as when text goes to traditional and back, beyond the tables of OpenCC.
_SAME = {
    "俱": "具", "钜": "巨", "覆": "复", "幷": "并", "馀": "余", "揹": "背", "炼": "链", "座": "坐", "伕": "夫", "暱": "昵",
    "锺": "钟", "薰": "熏", "衞": "卫", "敍": "叙",
}  # fmt: skip


@cache
def _significant(character: str) -> str:
    return _SAME.get(character, character) if character.isalnum() else ""


def key(normalised: Texts) -> Texts:
    """Letters, digits and Chinese characters of normalised names."""
    return replace_characters(normalised, _significant)


def _trim(texts: Texts, marks: str) -> Texts:
    stray = np.isin(texts.codes, np.array([ord(c) for c in marks], np.uint32))
    if not stray.any():
        return texts
    solid_before = np.concatenate([[0], np.cumsum(~stray)])
    rows = texts.rows()
    places = np.arange(len(texts.codes))
    leading = solid_before[places] == solid_before[texts.bounds[rows]]
    trailing = solid_before[places] == solid_before[texts.bounds[rows + 1]]
    return texts.keep(~(stray & (leading | trailing)))


@dataclass(frozen=True)
class _Tables:
    forms: Phrases
    canonical: list[str]
    trades: Phrases
    branches: Phrases
    inner: Phrases


@cache
def _tables() -> _Tables:
    lists = words()
    return _Tables(
        Phrases(list(lists["forms"])),
        list(lists["forms"].values()),
        Phrases(list(lists["trades"])),
        Phrases(list(lists["branches"])),
        Phrases(list(lists["inner"])),
    )


def parse(keys: Texts, divisions: Divisions, within: Integers | None = None) -> NameParts:
    """Take names (as keys) apart; ``within`` is a division known from the record, which names may leave out."""
    tables = _tables()
    region = divisions.read(keys, keys.starts, keys.ends, within)
    form, form_size = tables.forms.before(keys, region.ends, keys.ends)
    form_start = keys.ends - form_size
    trade_start = form_start.copy()
    for _ in range(_MAXIMUM_TRADES):
        _, size = tables.trades.before(keys, region.ends + 1, trade_start)
        trade_start -= size
    branch, branch_size = tables.branches.before(keys, region.ends, keys.ends)
    branch_start = np.where(branch >= 0, keys.ends - branch_size, keys.ends)
    inner = _first_inner(keys, tables.inner)
    return NameParts(
        keys, region, form, form_start, trade_start, np.where(inner > 0, np.minimum(inner, branch_start), branch_start)
    )


def _first_inner(keys: Texts, inner: Phrases) -> Integers:
    """Per name the place after the first inner 公司 with more text behind it, or 0."""
    flat_index, flat_size = inner.everywhere(keys)
    places = np.flatnonzero(flat_index >= 0)
    places_rows = np.searchsorted(keys.ends, places, side="right")
    stops = places + flat_size[places]
    further = stops < keys.ends[places_rows] - 1
    stops, rows = stops[further], places_rows[further]
    out = np.zeros(len(keys), np.int64)
    hit_rows, first = np.unique(rows, return_index=True)
    out[hit_rows] = stops[first]
    return out


def form_names(parts: NameParts) -> pa.Array:
    """Canonical legal form per name, null where none was found."""
    canonical = pa.array([*_tables().canonical, None], pa.string())
    return canonical.take(pa.array(np.where(parts.form < 0, len(canonical) - 1, parts.form)))


def folded_keys(parts: NameParts) -> tuple[Texts, Texts, Texts, Texts]:
    """``folded``, ``unplaced``, ``stem`` and ``core`` of names; see the module's text."""
    keys = parts.key
    dropped = keys.span_flags([*parts.region.suffixes, _redundant(parts)])
    folded = keys.keep(~dropped)
    region = keys.span_flags([(keys.starts, parts.region.ends)])
    form = keys.span_flags([(parts.form_start, keys.ends)])
    whole_is_region = np.repeat(parts.region.ends >= parts.form_start, keys.lengths)
    region &= ~whole_is_region
    return (
        folded,
        keys.keep(~(dropped | region)),
        keys.keep(~(dropped | form)),
        keys.keep(~(dropped | region | form)),
    )


def _redundant(parts: NameParts) -> tuple[Integers, Integers]:
    """The span of 责任 in endings that mean 有限公司."""
    endings = _tables().forms.phrases
    offsets = np.array([e.find("责任") if "责任" in e else -1 for e in endings] + [-1], np.int64)[parts.form]
    starts = parts.form_start + offsets
    return starts, np.where(offsets >= 0, starts + 2, starts)


def codes_of(characters: str) -> Codes:
    """Code points of ``characters``."""
    return np.array([ord(c) for c in characters], np.uint32)
