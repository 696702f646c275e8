"""The truth about the systems' rows, one row per row of a system and role.

``systems.parquet`` has those of the first delivery, ``systems_later.parquet`` those of the next.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from example_region.files import ParquetOutput
from example_region.rows import Rows, Subject
from example_region.systems.frame import NOT_RELEASED

FILES = ("systems.parquet", "systems_later.parquet")
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
"""``fate``: accepted, quarantined or withheld (by an exchange switch). ``version`` 1 comes with the next delivery.
``dirt`` is planted in the column ``column_name``, of which bronze must hold ``expected`` (null: nothing); empty for
none. ``role`` … ``kind`` as in ``records.parquet``, null without a subject."""


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
        self._outputs = [ParquetOutput(folder / name, SYSTEM_ROWS) for name in FILES]
        self.rows_written = 0

    def rows(self, system_id: str, contract_id: str, locator: str, rows: Rows, planted: Planted) -> None:
        """Rows of a feed; ``locator`` is the column that tells them apart."""
        self.rows_written += len(rows)
        subjects: list[Subject | None] = [*rows.subjects] or [None]
        tables = [_table(system_id, contract_id, locator, rows, planted, subject) for subject in subjects]
        by_row = np.argsort(np.tile(np.arange(len(rows)), len(tables)), kind="stable")
        later = int(rows.version[0]) if len(rows) else 0
        self._outputs[later].append(pa.concat_tables(tables).take(pa.array(by_row)))

    def close(self) -> None:
        """Finish the files."""
        for output in self._outputs:
            output.close()


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
        pa.array([reason or None for reason in rows.bad_reason.tolist()], pa.string()),
        pa.array(planted.label, pa.string()),
        pa.array(planted.column, pa.string()),
        pa.array(planted.expected, pa.string()),
        *about,
    ]
    return pa.table(columns, schema=SYSTEM_ROWS)
