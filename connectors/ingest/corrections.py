"""Corrected workbooks: a column of correction numbers says which quarantined row each row puts right.

A department's workbook has sheets of all its record types; the header of that column names the one of its sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from connectors.contract.header_key import header_key
from connectors.readers import TextBatch
from connectors.readers.model import text_batch

# Headers of the exchange format, not wording: the same in every language, since the file comes back.
CORRECTION_HEADER = "更正编号"
REASON_HEADER = "退回原因"


@dataclass(frozen=True)
class Corrections:
    """A header without our own columns, and how to take these off the rows.

    ``record_type`` is the key of the contract's Chinese name in the header of the numbers, empty where none is named.
    """

    header: tuple[str, ...]
    number_position: int | None
    kept: tuple[int, ...]
    record_type: str = ""

    @property
    def is_correction(self) -> bool:
        """Whether the table carries correction numbers."""
        return self.number_position is not None

    def are_of(self, title: str) -> bool:
        """Whether the sheet may hold rows of the contract named ``title``."""
        return self.record_type in {"", header_key(title)}

    def strip(self, batch: TextBatch) -> tuple[TextBatch, dict[int, str]]:
        """The batch without our columns, and source row to correction number (rows without one are new rows)."""
        if self.number_position is None:
            return batch, {}
        trimmed = pc.utf8_trim_whitespace(batch.columns.column(self.number_position))
        numbers = zip(batch.source_rows.to_pylist(), trimmed.to_pylist(), strict=True)
        columns = [batch.columns.column(position) for position in self.kept]
        return replace(batch, columns=text_batch(columns)), {row: number for row, number in numbers if number}


def correction_header(title: str) -> str:
    """The header of the correction numbers in a sheet of the contract named ``title``."""
    return f"{CORRECTION_HEADER}（{title}）"


def take_corrections(header: Sequence[str]) -> Corrections:
    """Find the correction numbers in a header; a table without them is left as it is."""
    keys, ours = [header_key(text) for text in header], header_key(CORRECTION_HEADER)
    found = next((position for position, key in enumerate(keys) if key.startswith(ours)), None)
    if found is None:
        return Corrections(tuple(header), None, tuple(range(len(header))))
    leave_out = {header_key(REASON_HEADER), keys[found]}
    kept = tuple(position for position, key in enumerate(keys) if key not in leave_out)
    return Corrections(tuple(header[position] for position in kept), found, kept, keys[found].removeprefix(ours))


def with_constants(batch: TextBatch, values: Sequence[str]) -> TextBatch:
    """The batch with one more column per value, the same in every row."""
    if not values:
        return batch
    added = [pa.repeat(pa.scalar(value, pa.string()), batch.columns.num_rows) for value in values]
    return replace(batch, columns=text_batch([*batch.columns.columns, *added]))
