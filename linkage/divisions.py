"""Administrative divisions (GB/T 2260): reading province, city and county off the front of names and addresses."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from linkage.text import Booleans, Integers, Phrases, Texts

_FILE = Path(__file__).parent / "data" / "divisions.csv"
# Short forms that are brands far more often than places; they count as a place only with their 市, 县 or 区.
_BRAND_LIKE = frozenset(
    [
        "朝阳",
        "东方",
        "安康",
        "平安",
        "和平",
        "新华",
        "长安",
        "太平",
        "永安",
        "吉安",
        "海安",
        "兴安",
        "太和",
        "永兴",
        "兴隆",
        "安宁",
        "德兴",
        "宝丰",
        "永和",
        "新兴",
        "东兴",
        "同心",
        "民和",
        "双流",
        "新建",
        "新民",
        "永康",
        "丰城",
        "凤凰",
        "玉泉",
        "金山",
        "金沙",
        "长乐",
        "福安",
        "安吉",
        "长青",
        "永泰",
        "泰和",
        "长丰",
        "永丰",
        "广安",
        "大方",
        "乐安",
        "新安",
        "建安",
    ]
)
_PEOPLES = [
    "蒙古族",
    "蒙古",
    "回族",
    "藏族",
    "维吾尔族",
    "维吾尔",
    "苗族",
    "彝族",
    "壮族",
    "布依族",
    "朝鲜族",
    "满族",
    "侗族",
    "瑶族",
    "白族",
    "土家族",
    "哈尼族",
    "哈萨克族",
    "哈萨克",
    "傣族",
    "黎族",
    "傈僳族",
    "佤族",
    "畲族",
    "拉祜族",
    "水族",
    "东乡族",
    "纳西族",
    "景颇族",
    "柯尔克孜族",
    "柯尔克孜",
    "土族",
    "达斡尔族",
    "仫佬族",
    "羌族",
    "布朗族",
    "撒拉族",
    "毛南族",
    "仡佬族",
    "锡伯族",
    "锡伯",
    "阿昌族",
    "普米族",
    "塔吉克族",
    "塔吉克",
    "怒族",
    "鄂温克族",
    "德昂族",
    "保安族",
    "裕固族",
    "鄂伦春族",
    "独龙族",
    "门巴族",
    "珞巴族",
    "各族",
]
_AUTONOMOUS = re.compile(rf"(?:{'|'.join(_PEOPLES)})*自治[区州县旗]$")
_PLAIN = re.compile(r"(?:特别行政区|自治[区州县旗]|地区|林区|新区|矿区|[省市县区盟旗])$")
_MERGED_LEVELS = 3


@dataclass(frozen=True)
class Regions:
    """Per row the deepest division found: ``code`` (6 digits as a number, 0 for none) and where its text stops."""

    code: Integers
    ends: Integers
    suffixes: tuple[tuple[Integers, Integers], ...]

    @property
    def found(self) -> Booleans:
        """Whether any division was read."""
        return np.asarray(self.code > 0)


class Divisions:
    """All known divisions, with look-up by full and short name below a known parent."""

    def __init__(self, extra: Iterable[tuple[str, str]] = ()) -> None:
        self._names: dict[int, str] = {}
        rows = _known() + [(int(code), name, 9999) for code, name in extra]
        self._towns = _town_shorts(rows)
        for code, name, _ in sorted(rows, key=lambda row: row[2]):
            self._names[code] = name
        entries: dict[str, list[tuple[int, int, bool]]] = {}
        for code, name, year in rows:
            entries.setdefault(name, []).append((code, year, True))
            short = short_name(name)
            if len(short) >= 2 and short != name:
                entries.setdefault(short, []).append((code, year, False))
        self._phrases = Phrases(list(entries))
        self._short_length = np.array([len(short_name(name)) for name in entries], np.int64)
        self._index(list(entries.items()))

    def _index(self, entries: list[tuple[str, list[tuple[int, int, bool]]]]) -> None:
        best: dict[int, tuple[tuple[int, int], int]] = {}
        for phrase, (text, meanings) in enumerate(entries):
            alone = {code for code, _, full in meanings if _stands_alone(code, text, full)}
            cities = {code // 100 for code in alone}
            # A county that only got another code in its province (寿县, 简阳市) is still one; a short form may be a brand, too.
            is_recoded = len({city // 100 for city in cities}) == 1
            for code, year, full in meanings:
                parents = [code // 10000 * 10000, code // 100 * 100] if code % 10000 else []
                if not full and code % 100 and text not in self._towns:
                    parents = []
                if code in alone and (_level(code) < 2 or len(cities) == 1 or (full and is_recoded)):
                    parents.append(0)
                for parent in parents:
                    if parent == code:
                        continue
                    rank = (-_level(code), year)
                    key = phrase * 1_000_000 + parent
                    if key not in best or rank > best[key][0]:
                        best[key] = (rank, code)
        ordered = sorted((key, code) for key, (_, code) in best.items())
        self._keys = np.array([key for key, _ in ordered], np.int64)
        self._codes = np.array([code for _, code in ordered], np.int64)

    def _resolve(self, phrases: Integers, parents: Integers) -> Integers:
        wanted = phrases * 1_000_000 + parents
        place = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return np.where(self._keys[place] == wanted, self._codes[place], 0)

    def read(self, texts: Texts, starts: Integers, ends: Integers, within: Integers | None = None) -> Regions:
        """Read up to three nested divisions off the front; ``within`` is the division known from elsewhere (0: none)."""
        code = np.zeros(len(texts), np.int64)
        context = code if within is None else within
        position = starts.copy()
        suffixes = []
        for _ in range(_MERGED_LEVELS):
            phrase, size = self._phrases.at(texts, position, ends)
            parent = np.where(code > 0, code, context)
            found = self._resolve(phrase, parent // 100 * 100)
            found = np.where(found == 0, self._resolve(phrase, parent // 10000 * 10000), found)
            found = np.where((found == 0) & (code == 0), self._resolve(phrase, np.zeros_like(phrase)), found)
            deeper = (phrase >= 0) & (found > 0) & (_levels(found) > np.where(code > 0, _levels(code), -1))
            code = np.where(deeper, found, code)
            short = np.where(deeper, np.minimum(self._short_length[phrase], size), 0)
            suffixes.append((position + short, np.where(deeper, position + size, position + short)))
            position = np.where(deeper, position + size, position)
        return Regions(code, position, tuple(suffixes))

    def names(self, codes: Integers, level: int) -> list[str | None]:
        """Names of the divisions at a level (0 province, 1 city, 2 county) of ``codes``; null where too shallow."""
        divisor = (10000, 100, 1)[level]
        kinds, inverse = np.unique(codes, return_inverse=True)
        texts = [
            self._names.get(code // divisor * divisor) if code and _level(code) >= level else None
            for code in kinds.tolist()
        ]
        named: list[str | None] = np.array(texts, object)[inverse].tolist()
        return named


def short_name(name: str) -> str:
    """A division's name without its kind: 杭州市 to 杭州, 广西壮族自治区 to 广西, 海淀区 to 海淀."""
    if name.endswith(("自治区", "自治州", "自治县", "自治旗")):
        short = _AUTONOMOUS.sub("", name)
    else:
        short = _PLAIN.sub("", name)
    return short if len(short) >= 2 else name


@cache
def standard() -> Divisions:
    """The divisions of GB/T 2260 as kept in ``data/divisions.csv``."""
    return Divisions()


def _known() -> list[tuple[int, str, int]]:
    with _FILE.open(encoding="utf-8") as file:
        return [(int(row["division_code"]), row["name"], int(row["last_seen_year"])) for row in csv.DictReader(file)]


def _level(code: int) -> int:
    return 0 if code % 10000 == 0 else 1 if code % 100 == 0 else 2


def _levels(codes: Integers) -> Integers:
    return np.where(codes % 10000 == 0, 0, np.where(codes % 100 == 0, 1, 2)).astype(np.int64)


def _stands_alone(code: int, text: str, full: bool) -> bool:
    """Whether a name says its division without a parent: never for the short form of a district or of a brand word."""
    if full:
        return not (text.endswith("区") and _level(code) == 2)
    return text not in _BRAND_LIKE


def _town_shorts(rows: list[tuple[int, str, int]]) -> frozenset[str]:
    """Short forms of what is or once was a county or a county-level city (萧山, 吴江), never only a district."""
    return frozenset(short_name(n) for _, n, _ in rows if n.endswith(("市", "县", "旗"))) - _BRAND_LIKE
