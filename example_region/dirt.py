"""Dirt of cells and lines that has nothing to do with who a row is about (standards 9.1)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from example_region.columns import choose, join
from example_region.randomness import Draws, Mask
from example_region.rows import Rows

_NOTHING = pa.array(["/", "无", "暂无", "\\N", "\\n", "N/A", "-", "--"])
_SENTINELS = pa.array(["1900-01-01", "1899-12-31", "9999-09-09", "0000-00-00"])
_IMPOSSIBLE_DATES = pa.array(["2023-13-45", "2024-02-30", "2025-06-31"])
_UNREADABLE_DATES = pa.array(["见附件", "另行通知", "待核实后补"])
_UNREADABLE_AMOUNTS = pa.array(["若干", "详见决定书", "叁仟左右"])
LINE_DAMAGE = {"undecodable": 0.0006, "field_missing": 0.0005, "field_added": 0.0005, "shifted": 0.0006}


def put(
    rows: Rows, draws: Draws, column: str, label: str, *, share: float, words: pa.Array, only: Mask | None = None
) -> Mask:
    """Write one of ``words`` into a share of the clean rows' cells; the mask of the rows it was done to."""
    mask = draws.chance(f"{label}/{column}", share) & rows.is_clean & (rows.note == "")
    mask = mask if only is None else mask & only
    rows.columns[column] = choose(mask, draws.pick(f"{label}/{column}/word", words), rows.columns[column])
    rows.note = np.where(mask, label, rows.note)
    return np.asarray(mask)


def soil(
    rows: Rows,
    draws: Draws,
    placeholders: tuple[str, ...] = (),
    sentinels: tuple[str, ...] = (),
    amounts: tuple[str, ...] = (),
) -> None:
    """Plant what is read as nothing and loses no row: placeholders, sentinels, amounts that nobody must give."""
    for column in placeholders:
        put(rows, draws, column, "placeholder", share=0.02, words=_NOTHING)
    for column in sentinels:
        put(rows, draws, column, "sentinel", share=0.006, words=_SENTINELS)
    for column in amounts:
        put(rows, draws, column, "amount_unreadable", share=0.0015, words=_UNREADABLE_AMOUNTS)


def spoil_dates(rows: Rows, draws: Draws, column: str, is_required: bool = True, only: Mask | None = None) -> None:
    """Plant days that do not exist, which always break the contract, and text, which does in a required column.

    ``only``: the rows that may be lost; all when None.
    """
    label = "date_impossible"
    planted = put(rows, draws, column, label, share=0.0015, words=_IMPOSSIBLE_DATES, only=only)
    rows.reject(planted, column, label)
    label = "date_unreadable"
    planted = put(rows, draws, column, label, share=0.001, words=_UNREADABLE_DATES, only=only)
    if is_required:
        rows.reject(planted, column, label)


def spoil_times(rows: Rows, draws: Draws, column: str) -> None:
    """Plant text in a required column of times."""
    label = "time_unreadable"
    rows.reject(put(rows, draws, column, label, share=0.0015, words=_UNREADABLE_DATES), column, label)


def spoil_values(rows: Rows, draws: Draws, column: str, words: tuple[str, ...]) -> None:
    """Plant values that the closed code list of a column does not have."""
    label = "value_not_in_list"
    rows.reject(put(rows, draws, column, label, share=0.004, words=pa.array(words)), column, label)


def run_together(rows: Rows, draws: Draws, column: str, other: str, only: Mask | None = None) -> None:
    """Columns run together into one: a cell far longer than its column may be."""
    mask = draws.chance("too_long", 0.0008) & rows.is_clean & (rows.note == "")
    mask = mask if only is None else mask & only
    filler = join(rows.columns[column], *([pc.coalesce(rows.columns[other], pa.scalar("/")), " "] * 12))
    rows.columns[column] = choose(mask, pc.utf8_slice_codeunits(join(filler, "…" * 260), 0, 300), rows.columns[column])
    rows.note = np.where(mask, "too_long", rows.note)
    rows.reject(mask, column, "too_long")


def require(rows: Rows, *columns: str) -> None:
    """Rows whose required cell is empty break the contract."""
    for column in columns:
        rows.reject(rows.columns[column].is_null().to_numpy(zero_copy_only=False), column, "value_missing")


def damage_lines(rows: Rows, draws: Draws, only: Mask | None = None) -> None:
    """Choose lines that get broken when they are written: undecodable bytes, a field more or less, shifted columns.

    A shift is only planted where it can be seen: in rows with a plain unified code, then found in another column.
    """
    kind = draws.share("damage", LINE_DAMAGE)
    possible = rows.is_clean & (rows.note == "")
    has_code = np.zeros(len(rows), dtype=bool)
    if "uscc" in rows.columns:
        is_whole = pc.equal(pc.utf8_length(rows.columns["uscc"]), 18)
        has_code = np.asarray(pc.fill_null(is_whole, False)).astype(bool) & (rows.subjects[0].kind == "")
    possible &= (kind != "shifted") | has_code
    rows.damage = np.where(possible if only is None else possible & only, kind, "").astype(rows.damage.dtype)
