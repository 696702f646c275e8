"""Dirt of cells and lines that has nothing to do with who a row is about (standards 9.1)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from example_region.columns import choose
from example_region.randomness import Draws, Mask
from example_region.rows import Rows

_NOTHING = pa.array(["/", "无", "暂无", "\\N", "\\n", "N/A", "-", "--"])
_SENTINELS = pa.array(["1900-01-01", "1899-12-31", "9999-09-09", "0000-00-00"])
_UNREADABLE_DATES = pa.array(["2023-13-45", "不详待查", "20251399", "2024-02-30"])
_UNREADABLE_AMOUNTS = pa.array(["若干", "详见决定书", "叁仟左右", "1.2.3"])
LINE_DAMAGE = {"undecodable": 0.0006, "field_missing": 0.0005, "field_added": 0.0005, "shifted": 0.0004}


def put(
    rows: Rows, column: str, label: str, share: float, draws: Draws, words: pa.Array, only: Mask | None = None
) -> Mask:
    """Write one of ``words`` into a share of the clean rows' cells; the mask of the rows it was done to."""
    mask = draws.chance(f"{label}/{column}", share) & rows.is_clean & (rows.note == "")
    mask = mask if only is None else mask & only
    rows.columns[column] = choose(mask, draws.pick(f"{label}/{column}/word", words), rows.columns[column])
    rows.note = np.where(mask, label, rows.note)
    return mask


def soil(
    rows: Rows,
    draws: Draws,
    placeholders: tuple[str, ...] = (),
    sentinels: tuple[str, ...] = (),
    bad_dates: tuple[str, ...] = (),
    bad_amounts: tuple[str, ...] = (),
    only: Mask | None = None,
) -> None:
    """Plant placeholders and sentinels, which are read as nothing, and unreadable values, which break the contract.

    ``only``: the rows that may be lost to unreadable values; all when None.
    """
    for column in placeholders:
        put(rows, column, "placeholder", 0.02, draws, _NOTHING)
    for column in sentinels:
        put(rows, column, "sentinel", 0.006, draws, _SENTINELS)
    for column in bad_dates:
        _spoil(rows, column, "date_unreadable", draws, _UNREADABLE_DATES, only)
    for column in bad_amounts:
        _spoil(rows, column, "amount_unreadable", draws, _UNREADABLE_AMOUNTS, only)


def _spoil(rows: Rows, column: str, reason: str, draws: Draws, words: pa.Array, only: Mask | None) -> None:
    rows.reject(put(rows, column, reason, 0.0015, draws, words, only), column, reason)


def require(rows: Rows, *columns: str) -> None:
    """Rows whose required cell is empty break the contract."""
    for column in columns:
        rows.reject(rows.columns[column].is_null().to_numpy(zero_copy_only=False), column, "required_missing")


def damage_lines(rows: Rows, draws: Draws, only: Mask | None = None) -> None:
    """Choose lines that get broken when they are written: undecodable bytes, a field more or less, shifted columns."""
    kind = draws.share("damage", LINE_DAMAGE)
    possible = rows.is_clean & (rows.note == "")
    rows.damage = np.where(possible if only is None else possible & only, kind, "").astype(rows.damage.dtype)
