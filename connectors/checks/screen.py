"""Which values need a look: a pass over bytes that lets clean values through and sends the rest to the SQL.

Every flag is one of ``CLEAN`` (taken as it stands), ``EMPTY`` (nothing there), ``LOOK`` (read by the macros). A clean
value may be flagged LOOK, never the other way round: the tests compare both ways of reading.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks.bytes import Mask, Rows, TextBytes
from connectors.checks.codes import organisation_code_holds, registration_number_holds, uscc_holds
from connectors.checks.macros import PLACEHOLDERS
from connectors.contract.model import Column

CLEAN, EMPTY, LOOK = 0, 1, 2
Flags = npt.NDArray[np.uint8]

_PLACEHOLDER_BYTES = max(len(text.encode()) for text in PLACEHOLDERS)
# Blanks at the edges that take several bytes, by their first bytes: U+00A0, U+200B-200F and U+2060, U+3000, U+FEFF.
_WIDE_BLANKS = ((0xC2, 0xA0), (0xE2, 0x80), (0xE2, 0x81), (0xE3, 0x80, 0x80), (0xEF, 0xBB, 0xBF))
_DIGIT = np.zeros(256, dtype=bool)
_DIGIT[ord("0") : ord("9") + 1] = True
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_CODE_TESTS = {
    "uscc": uscc_holds,
    "registration_number": registration_number_holds,
    "organisation_code": organisation_code_holds,
}


def _key(octets: bytes) -> int:
    return int.from_bytes(octets[:3].ljust(3, b"\0"), "big")


_PLACEHOLDER_KEYS = np.array(
    sorted({_key(form.encode()) for text in PLACEHOLDERS for form in (text, text.lower(), text.title())})
)


def screen(column: Column, values: pa.StringArray) -> Flags:
    """A flag for each of ``values`` read as ``column``."""
    text = TextBytes.of(values)
    if column.kind in _CODE_TESTS:
        flags = np.where(_CODE_TESTS[column.kind](text), CLEAN, LOOK).astype(np.uint8)
    elif column.kind in ("date", "date_until"):
        flags = _whole_days(text)
    elif column.kind == "timestamp":
        flags = _whole_seconds(text)
    elif column.kind == "amount":
        flags = _plain_numbers(text)
    elif column.values:
        known = pc.is_in(values, pa.array([value.value for value in column.values]))
        flags = np.where(np.asarray(known), CLEAN, LOOK).astype(np.uint8)
    else:
        flags = _texts(column, text)
    flags[text.sizes == 0] = EMPTY
    return flags


def _texts(column: Column, text: TextBytes) -> Flags:
    flags = np.zeros(len(text.sizes), dtype=np.uint8)
    rows = np.flatnonzero(text.sizes)
    if not len(rows):
        return flags
    suspicious = _blank_at_edge(text, rows) | _may_be_placeholder(text, rows)
    if column.maximum_length:
        suspicious |= text.sizes[rows] > column.maximum_length
    flags[rows[suspicious]] = LOOK
    for rare in (b"\xef\xbf\xbd", b"\xee"):
        flags[text.rows_containing(rare)] = LOOK
    if column.kind in ("name", "identifier"):
        flags[text.rows_containing(b"*")] = LOOK
    if column.kind == "identifier":
        flags[text.rows_beyond_ascii()] = LOOK
    return flags


def _blank_at_edge(text: TextBytes, rows: Rows) -> npt.NDArray[np.bool_]:
    first, last = text.at(rows, 0), text.at(rows, -1)
    answer: Mask = (first <= 0x20) | (last <= 0x20) | (first == 0x7F) | (last == 0x7F)
    wide = np.flatnonzero((text.sizes[rows] >= 3) & ((first >= 0xC2) | (last >= 0x80)))
    several = rows[wide]
    second = text.at(several, 1)
    third = text.at(several, 2)
    before_last, third_last = text.at(several, -2), text.at(several, -3)
    for blank in _WIDE_BLANKS:
        leads = (first[wide] == blank[0]) & (second == blank[1])
        ends = (third_last == blank[0]) & (before_last == blank[1])
        if len(blank) == 3:
            leads &= third == blank[2]
            ends &= last[wide] == blank[2]
        if blank[0] == 0xC2:
            ends = (before_last == blank[0]) & (last[wide] == blank[1])
        answer[wide[leads | ends]] = True
    return answer


def _may_be_placeholder(text: TextBytes, rows: Rows) -> npt.NDArray[np.bool_]:
    answer = text.sizes[rows] <= 2
    short = np.flatnonzero((text.sizes[rows] > 2) & (text.sizes[rows] <= _PLACEHOLDER_BYTES * 3))
    octets = text.matrix(rows[short], 3).astype(np.int64)
    keys = (octets[:, 0] << 16) | (octets[:, 1] << 8) | octets[:, 2]
    full_width = (octets[:, 0] == 0xEF) & ((octets[:, 1] == 0xBC) | (octets[:, 1] == 0xBD))
    answer[short] = np.isin(keys, _PLACEHOLDER_KEYS) & (text.sizes[rows[short]] <= _PLACEHOLDER_BYTES) | full_width
    return answer


def _numbers(octets: npt.NDArray[np.uint8], *places: int) -> npt.NDArray[np.int64]:
    total = np.zeros(len(octets), dtype=np.int64)
    for place in places:
        total = total * 10 + (octets[:, place].astype(np.int64) - ord("0"))
    return total


def _day_is_plain(octets: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    digits = _DIGIT[octets[:, [0, 1, 2, 3, 5, 6, 8, 9]]].all(axis=1)
    separators = (octets[:, 4] == ord("-")) & (octets[:, 7] == ord("-"))
    year, month, day = _numbers(octets, 0, 1, 2, 3), _numbers(octets, 5, 6), _numbers(octets, 8, 9)
    # Years where sentinels lie go to the statements.
    plain = (year > 1900) & (year < 2090) & (month >= 1) & (month <= 12) & (day >= 1)
    leap = (year % 4 == 0) & (year != 1900)
    plain &= day <= _DAYS[np.clip(month, 1, 12)] + (leap & (month == 2))
    holds: Mask = digits & separators & plain
    return holds


def _whole_days(text: TextBytes) -> Flags:
    flags = np.full(len(text.sizes), LOOK, dtype=np.uint8)
    rows = np.flatnonzero(text.sizes == 10)
    flags[rows[_day_is_plain(text.matrix(rows, 10))]] = CLEAN
    return flags


def _whole_seconds(text: TextBytes) -> Flags:
    flags = np.full(len(text.sizes), LOOK, dtype=np.uint8)
    rows = np.flatnonzero(text.sizes == 19)
    octets = text.matrix(rows, 19)
    digits = _DIGIT[octets[:, [11, 12, 14, 15, 17, 18]]].all(axis=1)
    separators = (octets[:, 10] == ord(" ")) & (octets[:, 13] == ord(":")) & (octets[:, 16] == ord(":"))
    hour, minute, second = _numbers(octets, 11, 12), _numbers(octets, 14, 15), _numbers(octets, 17, 18)
    good = digits & separators & _day_is_plain(octets) & (hour < 24) & (minute < 60) & (second < 60)
    flags[rows[good]] = CLEAN
    return flags


def _plain_numbers(text: TextBytes) -> Flags:
    flags = np.full(len(text.sizes), LOOK, dtype=np.uint8)
    for size in range(1, 14):
        rows = np.flatnonzero(text.sizes == size)
        octets = text.matrix(rows, size)
        points = octets == ord(".")
        inner = points[:, 1:-1].sum(axis=1) if size > 2 else np.zeros(len(rows), dtype=np.int64)
        digits = _DIGIT[octets].sum(axis=1)
        flags[rows[(digits + inner == size) & (inner <= 1)]] = CLEAN
    return flags


def holds_uscc_out_of_place(column: Column, values: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Where a whole unified social credit code stands in a column that is no number of any kind: columns shifted."""
    text = TextBytes.of(values)
    if column.kind in (*_CODE_TESTS, "identifier", "document_number", "free_text"):
        return np.zeros(len(text.sizes), dtype=bool)
    return uscc_holds(text)
