"""What each header says by its words and by its neighbours, before any value is looked at."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.checks.meaning.evidence import can_be_confirmed, is_told_by_words
from connectors.checks.meaning.takes import Take, fact_of
from connectors.checks.meaning.vocabulary import Meaning, Vocabulary, vocabulary
from connectors.checks.meaning.wording import Wording, all_parts, is_alternative, parted, read_wording
from connectors.contract.header_key import header_key, without_translation
from connectors.contract.model import CODE_KINDS, Alias, Column, Contract

SIMILAR_LENGTH = 5
_DAYS = ("日期", "时间", "年月日", "日")
_ENDS = ("起", "止", "自", "至", "开始", "截止")
_NUMBERS = ("编号", "文号", "号", "字号")
_PREFIXES = ("行政处罚", "处罚", "行政许可", "许可", "违法")
_ADDRESSES = ("网址", "链接", "网页地址")
_SITES = re.compile("平台|网店|店铺|网站")
_FACTS = ("violation_facts", "violation_type")
# Behind its name a number need not have a year, as other documents' numbers do.
_FACTS_OF_CERTIFICATES: dict[str, str | None] = {"certificate_name": None, "licence_number": "certificate_number"}
_CODES = ("代码", "编码", "号码", "证照号码", "证照代码")


@dataclass(frozen=True)
class Claim:
    """A header's claim: the columns it feeds, each with the part of the cell it takes (None: the whole cell).

    ``source``: alias (the contract names the header), doubtful (an alias that values at hand must confirm),
    wording (the vocabulary), neighbour, numbered, weak or similar (the
    values must confirm it) or values. ``attribute``: a header such as 统一社会信用代码 that does not say whose.
    ``is_shared``: another header gives the same column, each in other rows (persons here, enterprises there).
    ``yields``: where another header says the column outright, this one means the column ``otherwise``, or nothing sure.
    """

    feeds: tuple[tuple[str, Take | None], ...]
    source: str
    note: str | None = None
    attribute: str | None = None
    is_shared: bool = False
    yields: bool = False
    otherwise: str | None = None

    @property
    def column(self) -> str:
        """The column that takes the cell, or what is left of it."""
        return self.feeds[0][0]

    @property
    def needs_values(self) -> bool:
        """Whether the words alone are not enough."""
        return self.source in ("weak", "similar")


def known_headers(contract: Contract) -> dict[str, tuple[str, Alias | None]]:
    """Header key to the column that has it as name, header or alias."""
    known: dict[str, tuple[str, Alias | None]] = {}
    for column in contract.columns:
        known[header_key(column.name)] = (column.name, None)
        known[header_key(column.header)] = (column.name, None)
        for alias in column.aliases:
            known[header_key(alias.text)] = (column.name, alias)
    return known


def claims(contract: Contract, header: Sequence[str]) -> list[Claim | None]:
    """One claim per header, None where its words say nothing that the contract knows."""
    wordings = [read_wording(text) for text in header]
    groups = Counter(wording.rows[0] for wording in wordings if wording.rows)
    several = frozenset(group for group, count in groups.items() if count > 1)
    reader = _Reader(contract, vocabulary(contract), known_headers(contract), several)
    found = [reader.claim(text, wording) for text, wording in zip(header, wordings, strict=True)]
    found = _numbered(reader, header, wordings, found)
    return _by_neighbours(reader, _without_sites(header, wordings, found))


def shared_cell(contract: Contract, first: str, second: str) -> tuple[tuple[str, Take | None], ...] | None:
    """How the cells of one column give two, the one that takes the rest first; None where they cannot be told apart."""
    if fact_of(contract.column(first)) == fact_of(contract.column(second)) == "date":
        return ((first, Take("period", "first")), (second, Take("period", "last")))
    return _Reader(contract, vocabulary(contract), {}).shared(first, second)


@dataclass(frozen=True)
class _Reader:
    contract: Contract
    words: Vocabulary
    known: Mapping[str, tuple[str, Alias | None]]
    groups: frozenset[str] = frozenset()

    def claim(self, header: str, wording: Wording) -> Claim | None:
        key = header_key(header)
        if key in self.known:
            return self._or_by_initials(header, self._aliased(key, wording))
        if not wording.base and not wording.inner:
            return None
        is_group = bool(wording.rows) and wording.rows[0] in self.groups
        return (
            (self._grouped(wording.rows) if is_group else None)
            or self._worded(wording)
            or self._joined(wording.base)
            or self._inlined(wording)
            or self._grouped(wording.rows)
            or self._similar(key)
            or self._english(header)
            or self._initials(header)
            or self._translated(header)
        )

    def _english(self, header: str) -> Claim | None:
        words = self.words.in_chinese(header)
        return self._worded(Wording(words)) if words else None

    def _initials(self, header: str) -> Claim | None:
        """First letters of the words' sounds (cfjg): of two things that they may say, the values tell."""
        told = [claim for words in self.words.by_initials(header) if (claim := self._worded(Wording(words)))]
        by_column = {claim.column: claim for claim in told}
        if len(by_column) != 2:
            return told[0] if len(by_column) == 1 else None
        first, second = sorted(by_column, key=lambda name: not can_be_confirmed(self._column(name)))
        return Claim(((first, None),), "weak", otherwise=second)

    def _or_by_initials(self, header: str, claim: Claim) -> Claim:
        """CF_JG is 处罚结果 in the standard, and 处罚机关 in tables of other offices: what the values deny may be the other."""
        read = self._initials(header)
        others = {read.column, read.otherwise} - {claim.column, None} if read is not None else set()
        return replace(claim, otherwise=others.pop()) if len(others) == 1 else claim

    def _translated(self, header: str) -> Claim | None:
        words = without_translation(header)
        return self.claim(words, read_wording(words)) if words else None

    def _inlined(self, wording: Wording) -> Claim | None:
        readings = (self._worded(Wording(text, wording.inner)) for text in wording.inlined)
        return next((claim for claim in readings if claim is not None), None)

    def _grouped(self, rows: Sequence[str]) -> Claim | None:
        """The last row under those above it; alone where it says itself whose it is."""
        if len(rows) < 2:
            return None
        *above, last = rows
        for group in (*reversed(above), "".join(above)):
            claim = self._worded(Wording(group + last)) if group else None
            if claim is not None:
                return claim
        meaning = self.lookup(last)
        if meaning is None or any(self.words.others.search(group) for group in above):
            return None
        roles = {found.role for group in above if (found := self.lookup(group)) is not None}
        if meaning.is_weak and "party" in roles and self.words.columns_of_role.get(("party", "name")) == meaning.column:
            return Claim(((meaning.column, None),), "wording")
        return _claim(meaning, None) if meaning.attribute in (None, "name") else None

    def _aliased(self, key: str, wording: Wording) -> Claim:
        name, alias = self.known[key]
        attribute = None if wording.inner else self.words.attribute(wording.base)
        if alias is None or alias.also_gives is None:
            meaning = self.words.meaning(wording.base) if is_told_by_words(self._column(name)) else None
            source = "doubtful" if meaning is not None and meaning.is_weak else "alias"
            return Claim(((name, None),), source, alias.note if alias else None, attribute)
        return Claim(self.shared(name, alias.also_gives) or ((name, None),), "alias", alias.note)

    def _worded(self, wording: Wording) -> Claim | None:
        inner = self._in_brackets(wording)
        if self.words.party_code.fullmatch(wording.base):
            return _claim(inner, None) if inner is not None else self._code(wording)
        meaning = self.lookup(wording.base)
        return self._beside(meaning, inner, wording) if meaning is not None else None

    def _beside(self, meaning: Meaning, inner: Meaning | None, wording: Wording) -> Claim | None:
        """``meaning`` of the words with what the brackets say."""
        if inner is not None and inner.column in (meaning.column, meaning.also) and meaning.also is not None:
            return _claim(inner, None)
        if meaning.also is not None:
            pair = ((meaning.column, Take("period", "first")), (meaning.also, Take("period", "last")))
            return Claim(pair, "wording")
        if inner is None or inner.column == meaning.column:
            return _claim(meaning, self.words.attribute(wording.base))
        if inner.is_weak and inner.role is None:
            return _claim(meaning, None)
        shared = self.shared(meaning.column, inner.column)
        if shared is None and self._column(meaning.column).kind == "free_text":
            return _claim(meaning, None)
        return Claim(shared, "wording") if shared else None

    def _in_brackets(self, wording: Wording) -> Meaning | None:
        """What the brackets at the end name; 处罚机关（日期）: the day of what stands before them."""
        inner = self._end_of_period(wording) or next(
            (found for text in wording.inner if (found := self.lookup(text))), None
        )
        if inner is not None or not wording.inner or wording.inner[-1] not in _DAYS:
            return inner
        named = self.lookup(wording.base)
        if named is None or fact_of(self._column(named.column)) is not None:
            return None
        return self._in_context(named, wording.inner[-1])

    def _end_of_period(self, wording: Wording) -> Meaning | None:
        """有效期限（起）: one end of the period that stands before the brackets."""
        return self.lookup(wording.base + wording.inner[-1]) if wording.inner and wording.inner[-1] in _ENDS else None

    def _code(self, wording: Wording) -> Claim | None:
        """行政相对人代码 and nothing more: which code, the values tell."""
        column = self.words.columns_of_role.get(("party", "uscc"))
        return Claim(((column, None),), "weak") if column is not None and wording.number is None else None

    def _joined(self, base: str) -> Claim | None:
        parts = all_parts(base)
        named = [meaning for part in parts if (meaning := self.lookup(part)) is not None]
        if 1 < len(parts) == len(named) and len({meaning.column for meaning in named}) == 1:
            is_weak = all(meaning.is_weak for meaning in named)
            return Claim(((named[0].column, None),), "weak" if is_weak else "wording", named[0].note)
        if 2 < len(parts) == len(named) and len({meaning.role for meaning in named}) == 1:
            codes = [name for meaning in named if self._column(name := meaning.column).kind in CODE_KINDS]
            uscc = [name for name in codes if self._column(name).kind == "uscc"]
            if uscc and len(codes) == len(named):
                return Claim(((uscc[0], None),), "wording")  # one of several codes finds its column row by row
        for first, second in parted(base):
            one = self.lookup(first)
            context = self._in_context(one, second) if one else None
            two = context or self._prefixed(base, second) or self.lookup(second)
            if one is None and two is not None and is_alternative(base):
                one = self.lookup(first + "名称") if two.attribute == "name" else None
            if one is None or two is None or one.also or two.also:
                continue
            source = "weak" if one.is_weak or two.is_weak else "wording"
            if one.column == two.column:
                return Claim(((one.column, None),), "weak" if one.is_weak and two.is_weak else "wording", one.note)
            merged = self.words.merged.get(frozenset((one.column, two.column)))
            merged = merged or next((a.column for a, b in ((one, two), (two, one)) if b.otherwise == a.column), None)
            if merged:
                return Claim(((merged, None),), source)
            shared = self.shared(one.column, two.column)
            if shared:
                return Claim(shared, source)
        return None

    def _similar(self, key: str) -> Claim | None:
        if len(key) < SIMILAR_LENGTH:
            return None
        near = difflib.get_close_matches(key, [known for known in self.known if len(known) == len(key)], 2, 0.8)
        near = [known for known in near if sum(a != b for a, b in zip(known, key, strict=True)) == 1]
        columns = {self.known[known][0] for known in near}
        return Claim(((columns.pop(), None),), "similar") if len(columns) == 1 else None

    def lookup(self, text: str) -> Meaning | None:
        """The meaning of a part of a header."""
        meaning = self.words.meaning(text)
        if meaning is not None:
            return meaning
        name, alias = self.known.get(header_key(text), (None, None))
        if name is None or (alias is not None and alias.also_gives):
            return None
        roles = {column: pair for pair, column in self.words.columns_of_role.items()}
        role, attribute = roles.get(name, (None, None))
        return Meaning(name, role, attribute, alias.note if alias else None)

    def _in_context(self, first: Meaning, second: str) -> Meaning | None:
        names = self.contract.column_names
        if second in _DAYS and "decision_date" in names:
            return Meaning("decision_date")
        if second in _NUMBERS and first.column == "certificate_name" and "licence_number" in names:
            return Meaning("licence_number")
        if second in _NUMBERS and first.role is None and "decision_number" in names:
            return Meaning("decision_number")
        attribute = "uscc" if second in _CODES else self.words.attribute(second)
        column = self.words.columns_of_role.get((first.role or "", attribute or ""))
        return Meaning(column, first.role, attribute) if column else None

    def _prefixed(self, base: str, second: str) -> Meaning | None:
        """处罚依据和结果: what the first part starts with holds for the second."""
        prefix = next((word for word in _PREFIXES if base.startswith(word)), None)
        meaning = self.lookup(prefix + second) if prefix else None
        return None if meaning is None or meaning.is_weak else meaning

    def shared(self, first: str, second: str) -> tuple[tuple[str, Take | None], ...] | None:
        """Two columns in one cell, the one that takes the rest first; None where neither can be told apart."""
        first, second = (
            self.words.widened.get(name, name) if fact_of(self._column(other)) == "citation" else name
            for name, other in ((first, second), (second, first))
        )
        facts = {name: fact_of(self._column(name)) for name in (first, second)}
        facts = _FACTS_OF_CERTIFICATES if facts.keys() == _FACTS_OF_CERTIFICATES.keys() else facts
        if facts[second] is None or (facts[second] in ("citation", "person") and facts[first]):
            first, second = second, first
        fact = facts[second]
        if fact == "code" and facts[first] in ("code", "identity"):
            # One of several codes: it finds its column row by row.
            kept = first if self._column(first).kind == "uscc" else second
            return ((kept, None),)
        if fact == "identity" and facts[first] == "code":
            return ((first, None),)
        if fact is None or facts[first] == fact:
            return None
        rest = "whole" if fact == "citation" else "rest"
        if fact == "citation" and first not in self.words.cites_basis:
            fact = "applied" if first in _FACTS else None
            if fact is None:
                return None
        if self._column(first).kind not in ("name", "free_text", "text", "document_number"):
            return None
        return ((first, Take(fact, rest)), (second, Take(fact, "found")))  # type: ignore[arg-type]

    def _column(self, name: str) -> Column:
        return self.contract.column(name)


def _claim(meaning: Meaning, attribute: str | None) -> Claim:
    source = "weak" if meaning.is_weak else "wording"
    return Claim(
        ((meaning.column, None),), source, meaning.note, attribute, yields=meaning.yields, otherwise=meaning.otherwise
    )


def _numbered(
    reader: _Reader, header: Sequence[str], wordings: Sequence[Wording], found: list[Claim | None]
) -> list[Claim | None]:
    """行政相对人代码_2 without brackets: what it is differs by year; the other numbered headers tell the year."""
    places = [
        (place, wording.number)
        for place, wording in enumerate(wordings)
        if wording.number and reader.words.party_code.fullmatch(wording.base)
    ]
    years = _years(reader, header)
    for place, number in places:
        claim = found[place]
        if claim is not None:
            told = {
                year for year, columns in reader.words.numbered.items() if columns[number - 1 :][:1] == (claim.column,)
            }
            years &= told or years
    highest = max((number for _, number in places), default=0)
    years = {year for year in years if highest <= len(reader.words.numbered[year])}
    result = list(found)
    for place, number in places:
        meant = {reader.words.numbered[year][number - 1] for year in years}
        if result[place] is None and len(meant) == 1 and meant <= set(reader.contract.column_names):
            result[place] = Claim(((meant.pop(), None),), "numbered")
    return result


def _years(reader: _Reader, header: Sequence[str]) -> set[str]:
    """The years whose order of codes may hold: of the layout that a header tells, else all."""
    keys = {header_key(text) for text in header}
    layouts = reader.contract.layouts
    told = next((one for one in layouts if any(header_key(text) in keys for text in one.recognised_by)), None)
    years = {year for year in reader.words.numbered if told is not None and told.name.endswith(year)}
    return years or set(reader.words.numbered)


def _without_sites(
    header: Sequence[str], wordings: Sequence[Wording], found: Sequence[Claim | None]
) -> list[Claim | None]:
    """A bare 网址 beside platforms or shops may be theirs as well as that of the page the record was found on."""
    if not any(_SITES.search(text) for text in header):
        return list(found)
    return [
        None if claim is not None and claim.column == "source_url" and wording.base in _ADDRESSES else claim
        for claim, wording in zip(found, wordings, strict=True)
    ]


def _by_neighbours(reader: _Reader, found: list[Claim | None]) -> list[Claim | None]:
    """Whose a bare 统一社会信用代码 or 证件号码 is where there are several, or one beside a representative."""
    roles = {column: role for (role, _), column in reader.words.columns_of_role.items()}
    result, role = list(found), None
    for place, claim in enumerate(found):
        if claim is None:
            continue
        if claim.attribute in (None, "name"):
            role = roles.get(claim.column, role if claim.feeds[0][1] is None else None)
            if claim.column not in roles:
                role = None
            continue
        same = [other for other in found if other is not None and other.column == claim.column]
        is_document = claim.attribute in ("document_type", "document_number")
        if len(same) < 2 and not (is_document and role == "representative"):
            continue
        column = reader.words.columns_of_role.get((role or "", claim.attribute or ""))
        is_taken = any(other is not None and other is not claim and other.column == column for other in result)
        if len(same) < 2 and column is not None and not is_taken:
            result[place] = None  # the representative's or the party's own: nobody can tell
        elif column is not None and column != claim.column and not is_taken:
            result[place] = replace(claim, feeds=((column, None),), source="neighbour", attribute=None)
        elif claim.column in roles and any(other.attribute is None for other in same):
            result[place] = None  # another header says outright that it is the party's
    return result


def neighbour_role(contract: Contract, found: Sequence[Claim | None], place: int) -> str | None:
    """The role that the header left of ``place`` names outright."""
    roles = {column: role for (role, _), column in vocabulary(contract).columns_of_role.items()}
    claim = found[place - 1] if place else None
    return roles.get(claim.column) if claim is not None and claim.attribute in (None, "name") else None
