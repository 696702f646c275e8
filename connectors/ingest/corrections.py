"""Corrected workbooks: a column of correction numbers says which quarantined row each row puts right."""

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
OUR_HEADERS = frozenset(header_key(header) for header in (CORRECTION_HEADER, REASON_HEADER))


@dataclass(frozen=True)
class Corrections:
    """A header without our own columns, and how to take these off the rows."""

    header: tuple[str, ...]
    number_position: int | None
    kept: tuple[int, ...]

    @property
    def is_correction(self) -> bool:
        """Whether the table carries correction numbers."""
        return self.number_position is not None

    def strip(self, batch: TextBatch) -> tuple[TextBatch, dict[int, str]]:
        """The batch without our columns, and source row to correction number (rows without one are new rows)."""
        if self.number_position is None:
            return batch, {}
        trimmed = pc.utf8_trim_whitespace(batch.columns.column(self.number_position))
        numbers = zip(batch.source_rows.to_pylist(), trimmed.to_pylist(), strict=True)
        columns = [batch.columns.column(position) for position in self.kept]
        return replace(batch, columns=text_batch(columns)), {row: number for row, number in numbers if number}


def take_corrections(header: Sequence[str]) -> Corrections:
    """Find the correction numbers in a header; a table without them is left as it is."""
    keys = [header_key(text) for text in header]
    if header_key(CORRECTION_HEADER) not in keys:
        return Corrections(tuple(header), None, tuple(range(len(header))))
    kept = tuple(position for position, key in enumerate(keys) if key not in OUR_HEADERS)
    return Corrections(tuple(header[position] for position in kept), keys.index(header_key(CORRECTION_HEADER)), kept)


def with_constants(batch: TextBatch, values: Sequence[str]) -> TextBatch:
    """The batch with one more column per value, the same in every row."""
    if not values:
        return batch
    added = [pa.repeat(pa.scalar(value, pa.string()), batch.columns.num_rows) for value in values]
    return replace(batch, columns=text_batch([*batch.columns.columns, *added]))
