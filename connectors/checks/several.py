"""Cells that share a column, and cells that hold two values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks.headers import Cell
from connectors.checks.macros import FULL_WIDTH, PLACEHOLDERS
from connectors.checks.meaning.takes import taken
from connectors.contract.model import Column

_NOTHING = pa.array(["", *PLACEHOLDERS, *(text.translate(FULL_WIDTH) for text in PLACEHOLDERS), "—", "——"])
"""What a cell holds that says nothing: beside another cell of the same column it is not joined and not in the way."""


def combined_cells(
    column: Column, cells: Sequence[Cell], batch: pa.RecordBatch
) -> tuple[pa.StringArray, npt.NDArray[np.bool_] | None]:
    """The text of ``column`` from the ``cells`` that feed it, and where a second, different text was left out."""
    texts = [_part(cell, _text(batch, cell.position)) for cell in cells]
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
    # Where no cell says anything the first stays as written, and is noted as every such cell is.
    return pc.coalesce(values, texts[0]) if len(texts) > 1 else values, dropped


def _text(batch: pa.RecordBatch, position: int) -> pa.StringArray:
    values = batch.column(position)
    return values if values.type == pa.string() else values.cast(pa.string())


def _filled(values: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pc.is_in(pc.utf8_upper(pc.utf8_trim_whitespace(values)), _NOTHING), None, values)


def _part(cell: Cell, values: pa.StringArray) -> pa.StringArray:
    return values if cell.take is None else taken(cell.take, values)
