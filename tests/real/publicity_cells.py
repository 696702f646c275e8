"""Cells of real publicity tables read by themselves, to hold the lake's values against: slower and simpler than the readers."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

NOTHING = {"", "/", "无", "-", "--", "[ID]", "暂无", "∕", "／"}
CODES = ("uscc", "registration_number", "organisation_code", "tax_registration_number")
# The list of categories spells some of them longer (吊销许可证: 吊销许可证件); so many characters tell them apart.
_TELLING = 4
DATES = ("decision_date", "penalty_valid_until_date", "publicity_end_date")


def is_right(meaning: str, cell: str | None, row: dict[str, Any]) -> bool:
    """Whether ``row`` holds what ``cell`` says under a header of ``meaning`` (a column, or two joined by a plus)."""
    cell = (cell or "").strip()
    if cell in NOTHING:
        return True
    if meaning == "authority_name+decision_date":
        rest = cell.removeprefix(row["authority_name"] or "?")
        return (
            rest != cell and not re.search(r"[^\d年月日\s,，。.;；:：\-/]", rest) and day(rest) == row["decision_date"]
        )
    if meaning == "penalty_content+penalty_basis":
        basis = row["penalty_basis"]
        return row["penalty_content"] == cell and (basis in cell if basis else "《" not in cell or "》" not in cell)
    if meaning in CODES:
        held = {row[name] for name in CODES}
        return cell in held or (code(cell) in held and _is_in_its_column(code(cell), row))
    if meaning in DATES:
        return row[meaning] == day(cell)
    if meaning == "source_updated_at":
        midnight = datetime.combine(day(cell), datetime.min.time(), UTC) - timedelta(hours=8)
        return row[meaning] == midnight
    if meaning == "fine_amount_yuan":
        return row[meaning] == Decimal(cell) * 10_000
    if meaning == "penalty_category":
        held_words = {word[:_TELLING] for word in _words(row[meaning] or "")}
        return {word[:_TELLING] for word in _words(cell)} <= held_words
    if meaning == "record_state":
        return row[meaning] is not None
    return row[meaning] == cell


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[、,，;；]", text.replace(" ", "")) if word]


def code(cell: str) -> str:
    """The code in a cell: half width, upper case, without blanks, label and what stands behind it in brackets."""
    text = unicodedata.normalize("NFKC", cell).upper()
    text = re.sub(r"\s", "", text.rpartition(":")[2])
    found = re.match(r"[0-9A-Z]{8}[-—–−][0-9X]$", text)
    if found:
        return text[:8] + text[-1]
    long = re.match(r"([0-9A-Z]{18})[^0-9A-Z]", text)
    return long.group(1) if long and is_uscc(long.group(1)) else text


def _is_in_its_column(text: str, row: dict[str, Any]) -> bool:
    return not is_uscc(text) or row["uscc"] == text or is_uscc(row["uscc"] or "")


def is_uscc(text: str) -> bool:
    """Whether the last of 18 characters is the one that GB 32100-2015 asks for."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if len(text) != 18 or set(text) - set(alphabet):
        return False
    return (
        sum(alphabet.index(mark) * 3**place for place, mark in enumerate(text[:17])) + alphabet.index(text[17])
    ) % 31 == 0


def day(cell: str) -> date | None:
    """The day a cell names, or None; five digits are a day of a spreadsheet."""
    numbers = re.findall(r"\d+", cell)
    if len(numbers) == 1 and len(numbers[0]) == 5:
        return date(1899, 12, 30) + timedelta(days=int(numbers[0]))
    if len(numbers) == 1 and len(numbers[0]) == 8:
        numbers = [numbers[0][:4], numbers[0][4:6], numbers[0][6:]]
    return date(*map(int, numbers)) if len(numbers) == 3 else None
