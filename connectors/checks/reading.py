"""How a value of each kind is read: SQL over its text, generated from the column's definition.

``c``, ``d`` are the cell's text and flag, ``t`` the trimmed text and ``p`` whether it means nothing; the last two exist
for cells that need a look. Notes and breaches are code texts of the catalogue (``checks.note_<code>``,
``checks.<code>``), several notes joined by a comma, null where nothing is to be said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.contract.model import CODE_KINDS, DATE_KINDS, LIST_KINDS, Column, Contract

UNIT_SCALE = {"元": 1, "万元": 10_000}
EARLIEST_YEAR, LATEST_YEAR = 1840, 2098
# A stray replacement character in running text is noted; from this share on the row is unreadable.
REPLACEMENT_SHARE = 0.05
_YUAN = ("", "元", "人民币", "人民币元", "元人民币", "RMB", "CNY", "圆")


@dataclass(frozen=True)
class ColumnUse:
    """A column of the contract as this file has it: ``place`` among the contract's columns, ``unit`` of bare numbers.

    ``notes`` are put on every value (what the alias of the header says).
    """

    column: Column
    place: int
    required: bool = False
    expected: bool = False
    unit: str | None = None
    unit_is_assumed: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """SQL of one column: ``cleaned`` and ``more`` are further columns of the second and third step."""

    value: str
    note: str
    breach: str
    cleaned: dict[str, str] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)


def quoted(text: str) -> str:
    """``text`` as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def reading(use: ColumnUse, contract: Contract) -> Reading:
    """The SQL that reads ``use``'s cells."""
    kind = use.column.kind
    if kind in CODE_KINDS:
        return _code(use)
    if kind in LIST_KINDS:
        return _listed(use)
    if kind in DATE_KINDS:
        return _date(use)
    readers: dict[str, Callable[[ColumnUse, Contract], Reading]] = {"timestamp": _time, "amount": _amount}
    return readers.get(kind, _text)(use, contract)


def _looked_at(place: int, clean: str, otherwise: str) -> str:
    return f"CASE d{place} WHEN 0 THEN {clean} WHEN 2 THEN CASE WHEN NOT p{place} THEN {otherwise} END END"


def _remark(place: int, otherwise: str, clean: str = "NULL") -> str:
    nothing = f"CASE WHEN t{place} <> '' THEN 'placeholder' END"
    return f"CASE d{place} WHEN 0 THEN {clean} WHEN 2 THEN CASE WHEN p{place} THEN {nothing} ELSE {otherwise} END END"


def _breach(place: int, *cases: tuple[str, str]) -> str:
    whens = " ".join(f"WHEN {condition} THEN '{code}'" for condition, code in cases)
    return f"CASE WHEN d{place} = 2 THEN CASE WHEN p{place} THEN NULL {whens} END END"


def _joined(*cases: tuple[str, str]) -> str:
    parts = ", ".join(f"CASE WHEN {condition} THEN '{code}' END" for condition, code in cases)
    return f"nullif(concat_ws(',', {parts}), '')"


def _text(use: ColumnUse, contract: Contract) -> Reading:
    n, column = use.place, use.column
    written = f"half_width(t{n})" if column.kind == "identifier" else f"t{n}"
    replaced = f"has_replacement(t{n})"
    share = f"length(t{n}) - length(replace(t{n}, chr(65533), '')) > {REPLACEMENT_SHARE} * length(t{n})"
    unreadable = f"{replaced} AND {share}" if column.kind == "free_text" else replaced
    remarks = [
        (replaced, "replacement_characters"),
        (f"regexp_matches(t{n}, '[\\x{{E000}}-\\x{{F8FF}}]')", "private_use_character"),
    ]
    if column.kind in ("name", "identifier"):
        remarks.insert(0, (f"is_masked(t{n})", "masked"))
    breaches = [(unreadable, "replacement_characters")]
    if column.maximum_length:
        breaches.append((f"length(t{n}) > {column.maximum_length}", "too_long"))
    return Reading(_looked_at(n, f"c{n}", written), _remark(n, _joined(*remarks)), _breach(n, *breaches))


def _spelling(text: str) -> str:
    half = "".join(chr(ord(ch) - 0xFEE0) if 0xFF01 <= ord(ch) <= 0xFF5E else ch for ch in text)
    return "".join(half.split()).upper()


def _known(column: Column, expression: str) -> str:
    spellings: dict[str, str] = {}
    for value in column.values:
        for text in (value.value, *value.accepted):
            spellings.setdefault(_spelling(text), value.value)
    whens = " ".join(f"WHEN {quoted(text)} THEN {quoted(value)}" for text, value in spellings.items())
    return f"CASE regexp_replace(upper(half_width({expression})), '\\s', '', 'g') {whens} END"


def _listed(use: ColumnUse) -> Reading:
    n, column = use.place, use.column
    if column.kind == "code_list_several":
        parts = f"list_filter(string_split_regex(t{n}, '[;；、,，/|\\s]+'), lambda part: part <> '')"
        known = f"list_transform({parts}, lambda part: {_known(column, 'part')})"
        cleaned = f"CASE WHEN d{n} = 2 AND NOT list_contains(list_transform({known}, lambda part: part IS NULL), true) THEN array_to_string({known}, '；') END"
    else:
        cleaned = f"CASE WHEN d{n} = 2 THEN {_known(column, f't{n}')} END"
    unknown = f"x{n} IS NULL AND NOT starts_with(t{n}, '其他')"
    breaches = [(f"has_replacement(t{n})", "replacement_characters")]
    if column.unknown_value == "quarantine":
        breaches.append((unknown, "value_not_in_list"))
    if column.maximum_length:
        breaches.append((f"length(t{n}) > {column.maximum_length}", "too_long"))
    return Reading(
        _looked_at(n, f"c{n}", f"coalesce(x{n}, t{n})"),
        _remark(n, _joined((unknown, "value_not_in_list"))),
        _breach(n, *breaches),
        cleaned={f"x{n}": cleaned},
    )


def _date(use: ColumnUse) -> Reading:
    n = use.place
    endless = use.column.kind == "date_until"
    far = f"date_is_sentinel(i{n}) AND i{n} > '2'"
    good = f"year(TRY_CAST(i{n} AS DATE)) BETWEEN {EARLIEST_YEAR} AND {LATEST_YEAR}"
    value = f"CASE WHEN NOT date_is_sentinel(i{n}) AND {good} THEN TRY_CAST(i{n} AS DATE) END"
    otherwise = f"""CASE WHEN is_long_term(t{n}) THEN '{"long_term" if endless else "unreadable"}'
      WHEN {far} THEN '{"long_term" if endless else "sentinel"}' WHEN date_is_sentinel(i{n}) THEN 'sentinel'
      WHEN i{n} IS NULL THEN 'unreadable' WHEN date_form(x{n}) <> 'day' THEN date_form(x{n}) END"""
    breaches = [
        (f"i{n} IS NOT NULL AND NOT date_is_sentinel(i{n}) AND NOT coalesce({good}, false)", "date_impossible"),
        (f"has_replacement(t{n})", "replacement_characters"),
    ]
    if use.required:
        breaches.append((f"i{n} IS NULL", "date_unreadable"))
    return Reading(
        _looked_at(n, f"TRY_CAST(c{n} AS DATE)", value),
        _remark(n, otherwise),
        _breach(n, *breaches),
        cleaned={f"x{n}": f"CASE WHEN d{n} = 2 THEN date_clean(t{n}) END"},
        more={f"i{n}": f"CASE WHEN d{n} = 2 THEN date_iso(x{n}) END"},
    )


def _time(use: ColumnUse, contract: Contract) -> Reading:
    n = use.place
    sentinel = f"date_is_sentinel(regexp_extract(x{n}, '^[0-9]+-[0-9]+-[0-9]+'))"
    unreadable = f"i{n} IS NULL AND NOT {sentinel}"
    breaches = [(f"has_replacement(t{n})", "replacement_characters")]
    if use.required:
        breaches.append((unreadable, "time_unreadable"))
    return Reading(
        _looked_at(n, f"TRY_CAST(c{n} AS TIMESTAMP) - INTERVAL 8 HOUR", f"CASE WHEN NOT {sentinel} THEN i{n} END"),
        _remark(n, f"CASE WHEN {sentinel} THEN 'sentinel' WHEN {unreadable} THEN 'unreadable' END"),
        _breach(n, *breaches),
        cleaned={f"x{n}": f"CASE WHEN d{n} = 2 THEN time_clean(t{n}) END"},
        more={f"i{n}": f"CASE WHEN d{n} = 2 THEN time_read(x{n}) END"},
    )


def _currencies(column: Column, contract: Contract) -> dict[str, str | None]:
    words: dict[str, str | None] = dict.fromkeys(_YUAN)
    if column.currency_column is None:
        return words
    for value in contract.column(column.currency_column).values:
        for text in (value.value, *value.accepted):
            for form in (text, text + "元", "元" + text, text.removesuffix("元") + "币"):
                words.setdefault(form, value.value)
            if value.value == "CNY":
                words |= dict.fromkeys((text, text + "元", "元" + text), value.value)
    return words | {"": None, "元": None, "圆": None}


def _amount(use: ColumnUse, contract: Contract) -> Reading:
    n, column = use.place, use.column
    words = _currencies(column, contract)
    known = f"amount_currency(w{n}) IN ({', '.join(quoted(word) for word in words)})"
    bare = UNIT_SCALE[use.unit or "元"]
    scale = f"coalesce(amount_scale(w{n}), CASE WHEN regexp_matches(w{n}, '[元圆]') THEN 1 ELSE {bare} END)"
    value = f"CASE WHEN {known} THEN money(amount_number(x{n}), {scale}) END"
    assumed = f"amount_scale(w{n}) IS NULL AND NOT regexp_matches(w{n}, '[元圆]')" if use.unit_is_assumed else "false"
    clean_note = "'unit_assumed'" if use.unit_is_assumed else "NULL"
    remarks = _joined(
        (f"i{n} IS NULL", "unreadable"), (f"i{n} < 0", "negative"), (f"i{n} IS NOT NULL AND {assumed}", "unit_assumed")
    )
    more = {f"i{n}": f"CASE WHEN d{n} = 2 AND NOT p{n} THEN {value} END"}
    breaches = [(f"has_replacement(t{n})", "replacement_characters")]
    if use.required:
        breaches.append((f"i{n} IS NULL", "amount_unreadable"))
    if column.currency_column:
        whens = " ".join(f"WHEN {quoted(word)} THEN {quoted(code)}" for word, code in words.items() if code)
        more[f"k{n}"] = f"CASE WHEN d{n} = 2 THEN CASE amount_currency(w{n}) {whens} END END"
    return Reading(
        _looked_at(n, f"TRY_CAST(TRY_CAST(c{n} AS DECIMAL(27, 12)) * {bare} AS DECIMAL(20, 2))", f"i{n}"),
        _remark(n, remarks, clean_note),
        _breach(n, *breaches),
        cleaned={
            f"x{n}": f"CASE WHEN d{n} = 2 THEN amount_clean(t{n}) END",
            f"w{n}": f"CASE WHEN d{n} = 2 THEN upper(amount_words(amount_clean(t{n}))) END",
        },
        more=more,
    )


def _code(use: ColumnUse) -> Reading:
    n, kind = use.place, use.column.kind
    clean = f"code_clean(t{n})"
    if kind == "uscc":
        clean = f"CASE WHEN length({clean}) > 18 THEN coalesce(uscc_inside({clean}), {clean}) ELSE {clean} END"
    if kind == "organisation_code":
        clean = f"regexp_replace({clean}, '^([0-9A-Z]{{8}})-([0-9X])$', '\\1\\2')"
    is_code = f"regexp_full_match(x{n}, '[0-9A-Z*-]+')"
    status = f"CASE WHEN g{n} <> '{kind}' THEN g{n} || '_given' WHEN NOT {is_code} THEN 'not_a_code' ELSE {kind}_status(x{n}) END"
    value = f"CASE WHEN coalesce(s{n}, '') <> 'placeholder' THEN CASE WHEN {is_code} THEN x{n} ELSE t{n} END END"
    cleaned = f"{is_code} AND x{n} <> t{n}"
    return Reading(
        _looked_at(n, f"c{n}", value),
        _remark(n, f"nullif(concat_ws(',', CASE WHEN {cleaned} THEN 'cleaned' END, s{n}), '')"),
        _breach(n, (f"has_replacement(t{n})", "replacement_characters")),
        cleaned={f"x{n}": f"CASE WHEN d{n} = 2 AND NOT p{n} THEN {clean} END"},
        more={
            f"g{n}": f"CASE WHEN d{n} = 2 AND NOT p{n} THEN code_kind(x{n}) END",
            f"s{n}": f"CASE WHEN d{n} = 2 AND NOT p{n} THEN {status} END",
        },
    )
