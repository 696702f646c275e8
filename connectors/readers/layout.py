"""What in a table is no data: titles above the header, notes, totals, empty rows, repeated headers.

Source of the rules: spreadsheets of bureaus carry a "表格说明" row inside the data (standards 9.1), and printed tables
repeat their header and end in totals.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.contract.header_key import header_key
from lake.errors import TerminalError

HEADER_SEARCH_ROWS = 50
_OPENING = r"^[\s【\[（(]*"
_GUIDES = "表格说明|填表说明|填报说明|填写说明|填表须知|填报须知"
_NOTES = (
    "注|备注|说明|附注|填表人|填报人|制表人|制表单位|填报单位|审核人|复核人|(?:单位)?负责人|经办人|联系人|(?:联系)?电话|数据来源"
    "|(?:填表|制表|填报|报送|统计)?(?:日期|时间)"
)
# Beside the name of whoever filled it in, a table is dated.
_DAY = r"\d{4}\s*[-年./]\s*\d{1,2}\s*[-月./]\s*\d{1,2}\s*日?"
_MUST = re.compile(r"^\s*[（(\[【]?\s*(?:非?必填|选填|必录|可选|可空|可不填|不必填)项?\s*[）)\]】]?\s*$")
_TOTALS = r"合\s*计|总\s*计|小\s*计|本页合计|共\s*计"
_GUIDE = re.compile(f"{_OPENING}(?:{_GUIDES})")
_NOTE = re.compile(rf"{_OPENING}(?:{_NOTES})\d*[\s】\]）)]*[:：]")
_NOTE_OR_DAY = re.compile(rf"{_NOTE.pattern}|\s*{_DAY}\s*$")
_TOTAL = re.compile(rf"^\s*(?:{_TOTALS})\s*[:：]?\s*$")
_UNITS = "件|户|家|条|元|万元|人|人次|批次|份|个|笔|项|行"
_COUNTED = re.compile(rf"^\s*(?:(?:{_TOTALS})\s*[:：]?|共)\s*[\d,.，]+\s*(?:{_UNITS})?(?:记录|数据)?\s*[。.]?\s*$")
_CANDIDATE = rf"{_OPENING}(?:{_GUIDES}|{_NOTES}|{_TOTALS}|共\s*\d)"
# What a file may end in (DOS) or, put together from two, hold in its middle (byte order mark).
_NOTHING = " \t\r\n\x1a\ufeff"
_LEADING_COLUMNS = 3

Mask = npt.NDArray[np.bool_]


def layout_reason(cells: Sequence[str], header: Sequence[str]) -> str | None:
    """Why a row is no data (one of ``LAYOUT_REASONS``), or ``None`` for a data row."""
    filled = [(position, cell) for position, cell in enumerate(cells) if cell.strip().strip(_NOTHING)]
    if not filled:
        return "empty"
    position, first = filled[0]
    is_signed = len(filled) < len(header) and _NOTE.match(first) and all(_NOTE_OR_DAY.match(cell) for _, cell in filled)
    if _GUIDE.match(first) or is_signed:
        return "note"
    if position < _LEADING_COLUMNS and len(header) > 1 and _TOTAL.match(first):
        return "total"
    if len(filled) == 1 < len(header) and _COUNTED.match(first):
        return "total"
    if len(filled) > 1 and [cell.strip(_NOTHING) for cell in cells[: len(header)]] == [
        cell.strip(_NOTHING) for cell in header
    ]:
        return "repeated_header"
    return None


def data_rows(columns: Sequence[pa.Array], header: Sequence[str]) -> tuple[Mask, Counter[str]]:
    """Which rows of a block are data (boolean, one per row), and how many are not, by reason."""
    keep = np.ones(len(columns[0]), dtype=bool)
    reasons: Counter[str] = Counter()
    candidates, blank = _candidates(columns, header)
    for row in np.flatnonzero(candidates):
        reason = layout_reason([column[int(row)].as_py() or "" for column in columns], header)
        if reason:
            keep[row] = False
            reasons[reason] += 1
    for column in columns[_LEADING_COLUMNS:]:
        if not blank.any():
            break
        blank &= _is_blank(column)
    empty = blank & keep
    if empty.any():
        reasons["empty"] += int(empty.sum())
    return keep & ~empty, reasons


def _candidates(columns: Sequence[pa.Array], header: Sequence[str]) -> tuple[Mask, Mask]:
    """Rows worth a closer look, and those whose leading columns are all blank; vectorised."""
    found = np.zeros(len(columns[0]), dtype=bool)
    blank = np.ones(len(columns[0]), dtype=bool)
    for column, title in zip(columns[:_LEADING_COLUMNS], header[:_LEADING_COLUMNS], strict=False):
        if not blank.any():
            break
        hits = pc.match_substring_regex(column, _CANDIDATE)
        if title.strip():
            hits = pc.or_(hits, pc.equal(column, title))
            hits = pc.or_(hits, pc.equal(column, f"\ufeff{title}"))
        found |= blank & _as_mask(hits)
        blank &= _is_blank(column)
    return found, blank


def _is_blank(column: pa.Array) -> Mask:
    short = _as_mask(pc.less_equal(pc.binary_length(column), 8), null=True)
    if not short.any():
        return short
    return _as_mask(pc.equal(pc.utf8_trim_whitespace(column), ""), null=True)


def _as_mask(values: pa.Array, null: bool = False) -> Mask:
    return np.asarray(pc.fill_null(values, null).to_numpy(zero_copy_only=False), dtype=bool)


def find_header(rows: Sequence[Sequence[str]], known: frozenset[str]) -> int:
    """Index in ``rows`` (the first rows of a table, at least one) of its header.

    The row with most cells among ``known`` (header keys); where none has two of them (one in a narrow table), the first
    row that is as wide as the table and not a lone title.
    """
    search = rows[:HEADER_SEARCH_ROWS]
    scores = [sum(header_key(cell) in known for cell in row if cell.strip()) for row in search]
    best = max(range(len(search)), key=lambda index: (scores[index], -index))
    widths = [sum(bool(cell.strip()) for cell in row) for row in search]
    if scores[best] >= min(2, max(1, widths[best])) and scores[best] * 4 >= widths[best]:
        return best
    several = Counter(width for width in widths if width > 1)
    is_wide = several.total() * 2 >= sum(width > 0 for width in widths)
    wide = max(2, several.most_common(1)[0][0] // 2) if several and is_wide else 1
    for index, width in enumerate(widths):
        if width >= wide:
            return index
    return 0


def second_headers(rows: Sequence[Sequence[str]], header: Sequence[str], known: frozenset[str]) -> Counter[str]:
    """The rows right behind the header that are none of data: its columns in other words (codes), or which must be filled in.

    Gives how many there are by layout reason; ``known`` are header keys.
    """
    found: Counter[str] = Counter()
    width = sum(bool(cell.strip()) for cell in header)
    for cells in rows[:2]:
        filled = [cell for cell in cells if cell.strip()]
        keys = {header_key(cell) for cell in filled}
        if len(filled) < min(3, max(2, width)):
            break
        if keys <= known and len(keys) == len(filled):
            found["repeated_header"] += 1
        elif all(_MUST.match(cell) for cell in filled):
            found["note"] += 1
        else:
            break
    return found


def is_header(cells: Sequence[str], known: frozenset[str]) -> bool:
    """Whether a row of a file that may lack its header is one: half of its cells are known headers.

    A single one proves nothing: "投诉" or "备注" are values as well.
    """
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and sum(header_key(cell) in known for cell in filled) * 2 >= len(filled)


def given_header(rows: Sequence[int], header_row: int) -> int:
    """Index of the declared ``header_row`` among the first rows of a table (their 1-based numbers).

    Raises ``TerminalError`` ``readers.header_row_absent`` when no row starts there.
    """
    if header_row not in rows:
        raise TerminalError("readers.header_row_absent", row=header_row)
    return rows.index(header_row)
