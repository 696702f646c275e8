"""What modules of systems share: parties by name and code, and the ways in which dates and amounts are written."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from example_region.columns import choose, join, number
from example_region.enterprises import Enterprises
from example_region.randomness import Indices
from example_region.rows import Subject
from example_region.systems.frame import Cell, Dirt

NAME_AND_CODE = ("organisation_code_only", "registration_number_only", "code_in_other_column", "natural_person")
"""Noise for which a feed with a name and a code alone has no column."""
NAME_NEEDED = (*NAME_AND_CODE, "name_missing")
"""The same where a row without the name is set aside."""
WITH_CATEGORY = ("organisation_code_only", "registration_number_only", "code_in_other_column", "name_missing")
"""The same where a column says that the party is a natural person."""


def category(truth: Subject, enterprises: Enterprises) -> pa.Array:
    """Kind of party, as the feeds say it."""
    kind = choose(enterprises.is_individual, "个体工商户", "法人及非法人组织")
    return choose(np.asarray(truth.kind == "natural_person"), "自然人", kind)


def ten_thousands(yuan: Indices) -> pa.Array:
    """Whole hundreds of yuan as ten thousands (万元) with two decimals: 36 is 0.36."""
    return join(number(yuan // 100), ".", number(yuan % 100, 2))


def hundreds(yuan: Indices) -> pa.Array:
    """The same as yuan with two decimals: 36 is 3600.00."""
    return join(number(yuan * 100), ".00")


def in_chinese(cell: Cell) -> Cell:
    """2025-03-04 as 2025年3月4日."""
    if not cell:
        return cell
    year, month, day = cell[:10].split("-")
    return f"{year}年{int(month)}月{int(day)}日"


def compact(cell: Cell) -> Cell:
    """2025-03-04 as 20250304."""
    return cell and cell[:10].replace("-", "")


def chinese_date(column: str) -> Dirt:
    """A date in Chinese characters."""
    return Dirt("chinese_date", column, in_chinese)


def compact_date(column: str) -> Dirt:
    """A date of eight digits."""
    return Dirt("compact_date", column, compact)


def impossible_date(column: str, reason: str = "date_impossible") -> Dirt:
    """A day that no calendar has."""
    return Dirt("date_impossible", column, "2025-02-30", reason=reason)


def placeholder(column: str, written: str = "暂无") -> Dirt:
    """A word that means nothing was known (standards 9.1)."""
    return Dirt("placeholder", column, written, None)


def padded(column: str) -> Dirt:
    """Blanks around a text."""
    return Dirt("padded", column, lambda cell: cell and f"　{cell} ")
