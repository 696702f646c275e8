"""The truth about the systems' rows: ``systems.parquet``, one row per row of a system and role."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from example_region.files import ParquetOutput
from example_region.rows import Rows, Subject
from example_region.systems.frame import NOT_RELEASED

SYSTEM_ROWS = pa.schema(
    [
        ("system_id", pa.string()),
        ("contract_id", pa.string()),
        ("locator_column", pa.string()),
        ("locator", pa.string()),
        ("version", pa.int64()),
        ("fate", pa.string()),
        ("reason_code", pa.string()),
        ("dirt", pa.string()),
        ("column_name", pa.string()),
        ("expected", pa.string()),
        ("role", pa.string()),
        ("uscc", pa.string()),
        ("name", pa.string()),
        ("is_registered", pa.bool_()),
        ("kind", pa.string()),
    ]
)
"""``fate``: accepted, quarantined, or withheld (left out by the department's exchange switch). ``version`` 1 comes with the next delivery. ``dirt`` is planted in the column ``column_name``, of which
bronze must hold ``expected`` (null: nothing); empty for none. ``role`` … ``kind`` as in ``records.parquet``, null without a subject."""


class Planted:
    """What ``Dirt`` made of the rows of a block, by row: its label, column and the value bronze must hold."""

    def __init__(self, count: int) -> None:
        self.label = np.full(count, "", dtype=object)
        self.column = np.full(count, None, dtype=object)
        self.expected = np.full(count, None, dtype=object)

    def take(self, positions: np.ndarray) -> Planted:
        """The same for other rows."""
        taken = Planted(len(positions))
        taken.label, taken.column, taken.expected = (one[positions] for one in (self.label, self.column, self.expected))
        return taken


class SystemsTruth:
    """Collects the truth while the systems are written."""

    def __init__(self, folder: Path) -> None:
        self._output = ParquetOutput(folder / "systems.parquet", SYSTEM_ROWS)
        self.rows_written = 0

    def rows(self, system_id: str, contract_id: str, locator: str, rows: Rows, planted: Planted) -> None:
        """Rows of a feed; ``locator`` is the column that tells them apart."""
        self.rows_written += len(rows)
        for subject in rows.subjects or [None]:
            self._output.append(_table(system_id, contract_id, locator, rows, planted, subject))

    def close(self) -> None:
        """Finish the file."""
        self._output.close()


def _table(
    system_id: str, contract_id: str, locator: str, rows: Rows, planted: Planted, subject: Subject | None
) -> pa.Table:
    count = len(rows)
    nothing = pa.nulls(count, pa.string())
    about = [nothing, nothing, nothing, pa.nulls(count, pa.bool_()), nothing]
    if subject is not None:
        kind = pa.array(subject.kind.astype(object), pa.string())
        about = [pa.repeat(subject.role, count), subject.uscc, subject.name, pa.array(subject.is_registered), kind]
    is_bad = rows.bad_reason != ""
    fate = np.select([rows.bad_reason == NOT_RELEASED, is_bad], ["withheld", "quarantined"], "accepted")
    columns = [
        pa.repeat(system_id, count),
        pa.repeat(contract_id, count),
        pa.repeat(locator, count),
        rows.columns[locator],
        pa.array(rows.version),
        pa.array(fate.astype(object), pa.string()),
        pa.array(np.where(is_bad, rows.bad_reason.astype(object), None), pa.string()),
        pa.array(planted.label, pa.string()),
        pa.array(planted.column, pa.string()),
        pa.array(planted.expected, pa.string()),
        *about,
    ]
    return pa.table(columns, schema=SYSTEM_ROWS)
