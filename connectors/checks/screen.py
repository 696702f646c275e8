"""Which values need a look: a pass over bytes that lets clean values through and sends the rest to the SQL.

Every flag is one of ``CLEAN`` (taken as it stands), ``EMPTY`` (nothing there), ``LOOK`` (read by the macros). A clean
value may be flagged LOOK, never the other way round: the tests compare both ways of reading.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks.bytes import Mask, Octets, Rows, TextBytes
from connectors.checks.codes import organisation_code_holds, registration_number_holds, uscc_holds
from connectors.checks.macros import PLACEHOLDERS
from connectors.contract.model import Column

CLEAN, EMPTY, LOOK = 0, 1, 2
Flags = npt.NDArray[np.uint8]

_PLACEHOLDER_BYTES = max(len(text.encode()) for text in PLACEHOLDERS)
# Blanks that take several bytes: U+00A0, U+200B-200F, U+2060, U+3000, U+FEFF (the class of ``tidy``).
_WIDE_BLANKS = tuple(chr(point).encode() for point in (0xA0, *range(0x200B, 0x2010), 0x2060, 0x3000, 0xFEFF))
# What ``half_width`` translates beside the forms at U+FFxx and U+FExx, and what ``is_masked`` looks for.
_OTHER_FORMS = (b"\xc2\xa0", b"\xe2", b"\xe3\x80\x80", b"\xe3\x80\x82", b"\xef")
_MASKS = (b"*", *(mark.encode() for mark in "＊×●█"))
# A spreadsheet writes a number of twelve digits or more so: 2.02101E+11. The digits are lost.
_SCIENTIFIC = (b"E+", b"e+")
_REPLACEMENT, _PRIVATE_USE = b"\xef\xbf\xbd", b"\xee"


def _table(octets: Iterable[int]) -> Mask:
    table = np.zeros(256, dtype=bool)
    table[list(octets)] = True
    return table


_NARROW_BLANK = _table([*range(0x21), 0x7F])
_BLANK_FIRST = _table(blank[0] for blank in _WIDE_BLANKS)
_BLANK_LAST = _table(blank[-1] for blank in _WIDE_BLANKS)
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int32)
_CODE_TESTS = {
    "uscc": uscc_holds,
    "registration_number": registration_number_holds,
    "organisation_code": organisation_code_holds,
}


def _key(octets: bytes) -> int:
    return int.from_bytes(octets[:3].ljust(3, b"\0"), "big")


_UPPER = np.frombuffer(bytes(range(256)).upper(), dtype=np.uint8)
# Lead bytes of the forms that ``half_width`` makes part of a placeholder ("—", "Ｎ/Ａ").
_FORM_LEAD = _table((0xC2, 0xE2, 0xEF))
_PLACEHOLDER_STARTS = [*(text.upper().encode() for text in PLACEHOLDERS), "\u3000".encode(), "。".encode()]
_PLACEHOLDER_KEYS = np.array(sorted({_key(start) for start in _PLACEHOLDER_STARTS}))
_PLACEHOLDER_FIRST = _FORM_LEAD | _table(start[0] for start in _PLACEHOLDER_STARTS)


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
        flags = _texts(column, values, text)
    flags[text.sizes == 0] = EMPTY
    return flags


def _texts(column: Column, values: pa.StringArray, text: TextBytes) -> Flags:
    flags = np.zeros(len(text.sizes), dtype=np.uint8)
    rows = np.flatnonzero(text.sizes)
    if not len(rows):
        return flags
    flags[rows[_blank_at_edge(text, rows)]] = LOOK
    flags[_may_be_placeholder(text, rows)] = LOOK
    if column.maximum_length:
        flags[_too_long(values, text, column.maximum_length)] = LOOK
    patterns = [_REPLACEMENT, _PRIVATE_USE]
    if column.kind in ("name", "identifier"):
        patterns += _MASKS
    if column.kind == "identifier":
        patterns += _OTHER_FORMS
    if column.kind in ("identifier", "document_number"):
        patterns += _SCIENTIFIC
    for pattern in patterns:
        flags[text.rows_containing(pattern)] = LOOK
    return flags


def _too_long(values: pa.StringArray, text: TextBytes, maximum: int) -> Rows:
    rows = np.flatnonzero(text.sizes > maximum)
    if not len(rows):
        return rows
    lengths = np.asarray(pc.utf8_length(values.take(pa.array(rows))))
    longer: Rows = rows[lengths > maximum]
    return longer


def _blank_at_edge(text: TextBytes, rows: Rows) -> Mask:
    first, last = text.at(rows, 0), text.at(rows, -1)
    answer: Mask = _NARROW_BLANK[first] | _NARROW_BLANK[last]
    for marks, at in ((_BLANK_FIRST[first], (0, 1, 2)), (_BLANK_LAST[last], (-1, -2, -3))):
        # Texts of one or two bytes are looked at anyway.
        chosen = np.flatnonzero(marks & (text.sizes[rows] >= 3))
        octets = [text.at(rows[chosen], position) for position in at]
        for blank in _WIDE_BLANKS:
            wanted = blank if at[0] == 0 else blank[::-1]
            alike = [octet == byte for octet, byte in zip(octets, wanted, strict=False)]
            answer[chosen[np.logical_and.reduce(alike)]] = True
    return answer


def _may_be_placeholder(text: TextBytes, rows: Rows) -> Rows:
    """Rows of one or two bytes, and those that begin like a placeholder or with another form of its characters."""
    sizes = text.sizes[rows]
    tiny = rows[sizes <= 2]
    short = rows[(sizes > 2) & (sizes <= _PLACEHOLDER_BYTES * 3)]
    short = short[_PLACEHOLDER_FIRST[_UPPER[text.at(short, 0)]]]
    octets = [_UPPER[text.at(short, position)] for position in range(3)]
    keys = (octets[0].astype(np.int64) << 16) | (octets[1].astype(np.int64) << 8) | octets[2]
    nearest = np.minimum(np.searchsorted(_PLACEHOLDER_KEYS, keys), len(_PLACEHOLDER_KEYS) - 1)
    alike = (_PLACEHOLDER_KEYS[nearest] == keys) & (text.sizes[short] <= _PLACEHOLDER_BYTES)
    other_form = np.logical_or.reduce([_FORM_LEAD[octet] for octet in octets])
    found: Rows = np.concatenate([tiny, short[alike | other_form]])
    return found


def _number(octets: Octets, *places: int) -> npt.NDArray[np.int32]:
    total = np.zeros(octets.shape[1], dtype=np.int32)
    for place in places:
        total = total * 10 + octets[place] - ord("0")
    return total


def _are_digits(octets: Octets, *places: int) -> Mask:
    holds: Mask = np.logical_and.reduce([octets[place] - np.uint8(ord("0")) <= 9 for place in places])
    return holds


def _day_is_plain(octets: Octets) -> Mask:
    plain = _are_digits(octets, 0, 1, 2, 3, 5, 6, 8, 9) & (octets[4] == ord("-")) & (octets[7] == ord("-"))
    year, month, day = _number(octets, 0, 1, 2, 3), _number(octets, 5, 6), _number(octets, 8, 9)
    # Years where sentinels lie go to the statements.
    plain &= (year > 1900) & (year < 2090) & (month >= 1) & (month <= 12) & (day >= 1)
    leap = (year % 4 == 0) & (year != 1900)
    plain &= day <= _DAYS[np.clip(month, 1, 12)] + (leap & (month == 2))
    holds: Mask = plain
    return holds


def _whole_days(text: TextBytes) -> Flags:
    flags = np.full(len(text.sizes), LOOK, dtype=np.uint8)
    rows = np.flatnonzero(text.sizes == 10)
    flags[rows[_day_is_plain(text.places(rows, 10))]] = CLEAN
    return flags


def _whole_seconds(text: TextBytes) -> Flags:
    flags = np.full(len(text.sizes), LOOK, dtype=np.uint8)
    rows = np.flatnonzero(text.sizes == 19)
    octets = text.places(rows, 19)
    good = _are_digits(octets, 11, 12, 14, 15, 17, 18) & _day_is_plain(octets)
    good &= (octets[10] == ord(" ")) & (octets[13] == ord(":")) & (octets[16] == ord(":"))
    hour, minute, second = _number(octets, 11, 12), _number(octets, 14, 15), _number(octets, 17, 18)
    flags[rows[good & (hour < 24) & (minute < 60) & (second < 60)]] = CLEAN
    return flags


def _plain_numbers(text: TextBytes) -> Flags:
    flags = np.full(len(text.sizes), LOOK, dtype=np.uint8)
    for size in range(1, 14):
        rows = np.flatnonzero(text.sizes == size)
        if not len(rows):
            continue
        octets = text.places(rows, size)
        inner = (octets[1:-1] == ord(".")).sum(axis=0, dtype=np.uint8)
        digits = (octets - np.uint8(ord("0")) <= 9).sum(axis=0, dtype=np.uint8)
        flags[rows[(digits + inner == size) & (inner <= 1)]] = CLEAN
    return flags


def holds_uscc_out_of_place(column: Column, values: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Where a whole unified social credit code stands in a column that is no number of any kind: columns shifted."""
    text = TextBytes.of(values)
    if column.kind in (*_CODE_TESTS, "identifier", "document_number", "free_text"):
        return np.zeros(len(text.sizes), dtype=bool)
    return uscc_holds(text)
