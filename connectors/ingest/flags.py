"""What a front-end database (前置库) says beside each row: inserted, updated, deleted, to be exchanged or not.

The words differ from system to system, ``i``, ``d`` and ``1`` side by side in one column (standards 9.1), so the declaration
says what each means, and a word it does not know sets its row aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from connectors.contract.header_key import header_key
from connectors.readers import RejectedRow, TextBatch
from connectors.readers.model import text_batch
from connectors.transports.declaration import RowFlags

NOT_RELEASED = "not_released"
"""In the counts of rows that are no data: the department has switched their exchange off."""


@dataclass(frozen=True)
class FlagReading:
    """A header without the columns of flags, and how to judge the rows by them.

    ``flag`` and ``switch`` are positions in the header as found, ``kept`` those of the columns that stay; ``sets`` maps
    positions in ``header`` to what rows that were deleted get there.
    """

    header: tuple[str, ...]
    found: tuple[str, ...]
    kept: tuple[int, ...]
    flag: int
    switch: int | None
    sets: dict[int, str]
    declared: RowFlags

    def judge(self, batch: TextBatch) -> TextBatch:
        """The rows that stand, those deleted saying so; unknown flags rejected, rows switched off counted."""
        flags = pc.fill_null(pc.utf8_trim_whitespace(batch.columns.column(self.flag)), "")
        released = self._released(batch)
        removed = pc.is_in(flags, pa.array(self.declared.removed, pa.string()))
        known = pc.or_(pc.is_in(flags, pa.array(self.declared.present, pa.string())), removed)
        rejected = [self._rejected(batch, row) for row in _rows(pc.and_(released, pc.invert(known)))]
        stands = pc.and_(released, known)
        columns = [batch.columns.column(position) for position in self.kept]
        count = batch.columns.num_rows
        columns += [pa.nulls(count, pa.string())] * (len(self.header) - len(columns))
        for position, value in self.sets.items():
            columns[position] = pc.if_else(removed, value, columns[position])
        layout = dict(batch.layout_rows)
        switched_off = count - int(pc.sum(released).as_py() or 0)
        if switched_off:
            layout[NOT_RELEASED] = layout.get(NOT_RELEASED, 0) + switched_off
        return replace(
            batch,
            columns=text_batch([column.filter(stands) for column in columns]),
            source_rows=batch.source_rows.filter(stands),
            rejected=(*batch.rejected, *rejected),
            layout_rows=layout,
        )

    def _released(self, batch: TextBatch) -> pa.BooleanArray:
        if self.switch is None or self.declared.switch is None:
            return pa.array([True] * batch.columns.num_rows, pa.bool_())
        values = pc.fill_null(pc.utf8_trim_whitespace(batch.columns.column(self.switch)), "")
        return pc.is_in(values, pa.array(self.declared.switch.open, pa.string()))

    def _rejected(self, batch: TextBatch, row: int) -> RejectedRow:
        cells = [column[row].as_py() for column in batch.columns.columns]
        number = int(batch.source_rows[row].as_py())
        known = ", ".join([*self.declared.present, *self.declared.removed])
        parameters = {"line": number, "column": self.found[self.flag], "value": cells[self.flag] or "", "known": known}
        return RejectedRow(number, "flag_unknown", parameters, dict(zip(self.found, cells, strict=True)))


def read_flags(declared: RowFlags | None, header: Sequence[str]) -> FlagReading | None:
    """How to judge the rows under ``header``; None where nothing is declared, or a file (a workbook that comes back) has
    no such column."""
    keys = [header_key(text) for text in header]
    if declared is None or header_key(declared.column) not in keys:
        return None
    flag = keys.index(header_key(declared.column))
    switch_key = header_key(declared.switch.column) if declared.switch else None
    switch = keys.index(switch_key) if switch_key in keys else None
    kept = tuple(position for position in range(len(header)) if position not in {flag, switch})
    names = [header[position] for position in kept]
    sets: dict[int, str] = {}
    for name, value in declared.removed_sets.items():
        inside = [header_key(text) for text in names]
        if header_key(name) not in inside:
            names.append(name)
            inside.append(header_key(name))
        sets[inside.index(header_key(name))] = value
    return FlagReading(tuple(names), tuple(header), kept, flag, switch, sets, declared)


def _rows(mask: pa.BooleanArray) -> list[int]:
    return [int(row) for row in pc.indices_nonzero(mask).to_pylist()]
