"""Cells that share a column, and cells that hold two values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks.headers import Cell
from connectors.contract.model import Column

_YEAR = r"(?:(?:18|19|20|９)\d{2}|[〇零○一二][〇零○一二三四五六七八九]{3})"
_DAY = rf"{_YEAR}\s*[年\-/.]\s*[\d一二三四五六七八九十]{{1,3}}\s*[月\-/.]\s*[\d一二三四五六七八九十]{{1,3}}\s*日?"
# "示例市市场监督管理局，2015年3月3日": authority, some punctuation, the day at the end.
AUTHORITY_AND_DAY = rf"(?s)^(?P<authority>.*?)[\s,，.。;；、:：（(]*(?P<day>{_DAY})[\s。.)）]*$"


def combined_cells(
    column: Column, cells: Sequence[Cell], batch: pa.RecordBatch
) -> tuple[pa.StringArray, npt.NDArray[np.bool_] | None]:
    """The text of ``column`` from the ``cells`` that feed it, and where a second, different text was left out."""
    texts = [_part(column, cell, _text(batch, cell.position)) for cell in cells]
    values, dropped = texts[0], None
    for text in texts[1:]:
        first, second = _filled(values), _filled(text)
        if column.several_headers == "join":
            both = pc.and_(pc.is_valid(first), pc.is_valid(second))
            joined = pc.binary_join_element_wise(first, second, "；")
            values = pc.if_else(both, joined, pc.coalesce(first, second))
        else:
            differ = np.asarray(pc.fill_null(pc.not_equal(first, second), False))
            dropped = differ if dropped is None else dropped | differ
            values = pc.coalesce(first, second)
    return values, dropped


def _text(batch: pa.RecordBatch, position: int) -> pa.StringArray:
    values = batch.column(position)
    return values if values.type == pa.string() else values.cast(pa.string())


def _filled(values: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(values), ""), None, values)


def _part(column: Column, cell: Cell, values: pa.StringArray) -> pa.StringArray:
    if cell.alias is None or cell.alias.also_gives is None:
        return values
    parts = pc.extract_regex(values, AUTHORITY_AND_DAY)
    if cell.alias.also_gives == column.name:
        return pc.struct_field(parts, "day")
    return pc.coalesce(pc.struct_field(parts, "authority"), values)
