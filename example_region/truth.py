"""The truth beside the feeds: who every record is about, which rows are bad and why, what becomes of every row.

``records.parquet``: one row per row of a file and role, with ``fate`` accepted, quarantined or repeated.
``bad_rows.parquet``: the rows that must end in quarantine. ``enterprises.parquet``: the enterprises there are.
``expected_counts.json``: what becomes of the rows of each file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from example_region.columns import Texts
from example_region.enterprises import Enterprises
from example_region.files import ParquetOutput
from example_region.randomness import Indices
from example_region.rows import Rows, Subject

Paths = npt.NDArray[np.object_]

RECORDS = pa.schema(
    [
        ("system_id", pa.string()),
        ("contract_id", pa.string()),
        ("path", pa.string()),
        ("source_row", pa.int64()),
        ("record_index", pa.int32()),
        ("fate", pa.string()),
        ("role", pa.string()),
        ("uscc", pa.string()),
        ("name", pa.string()),
        ("is_registered", pa.bool_()),
        ("kind", pa.string()),
        ("note", pa.string()),
        ("version", pa.int64()),
    ]
)
BAD_ROWS = pa.schema(
    [("path", pa.string()), ("source_row", pa.int64()), ("column_name", pa.string()), ("reason_code", pa.string())]
)
ENTERPRISES = pa.schema(
    [
        ("uscc", pa.string()),
        ("name", pa.string()),
        ("former_name", pa.string()),
        ("status", pa.string()),
        ("division", pa.int64()),
    ]
)
DAMAGE_REASONS = {
    "undecodable": "undecodable",
    "field_missing": "wrong_field_count",
    "field_added": "wrong_field_count",
    "shifted": "shifted_columns",
}


@dataclass
class FileCounts:
    """What becomes of the rows of one file."""

    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_repeated: int = 0
    rows_layout: int = 0
    rows_refused: int = 0


class TruthWriter:
    """Collects the truth while the feeds are written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._records = ParquetOutput(folder / "records.parquet", RECORDS)
        self._bad_rows = ParquetOutput(folder / "bad_rows.parquet", BAD_ROWS)
        self._enterprises = ParquetOutput(folder / "enterprises.parquet", ENTERPRISES)
        self.counts: dict[str, FileCounts] = {}

    def rows(self, paths: Mapping[int, str], rows: Rows, source_rows: Indices) -> None:
        """Rows written at ``source_rows`` of the file of their version (``<system>/<contract>/<file>``)."""
        damage = np.array([DAMAGE_REASONS.get(kind, "") for kind in rows.damage], dtype="<U40")
        reason = np.where(rows.bad_reason == "", damage, rows.bad_reason)
        fate = np.select([reason != "", rows.repeats], ["quarantined", "repeated"], "accepted")
        path = np.array([paths[version] for version in rows.version.tolist()], dtype=object)
        for name in sorted(set(paths.values())):
            self._count(name, fate[path == name])
        tables = [_record_table(path, rows, subject, fate, source_rows) for subject in rows.subjects]
        by_row = np.argsort(np.tile(np.arange(len(rows)), len(tables)), kind="stable")
        self._records.append(pa.concat_tables(tables).take(pa.array(by_row)))
        bad = np.flatnonzero(reason != "")
        columns = [
            pa.array(path[bad], pa.string()),
            pa.array(source_rows[bad]),
            pa.array(rows.bad_column[bad].astype(object), pa.string()),
            pa.array(reason[bad].astype(object), pa.string()),
        ]
        self._bad_rows.append(pa.table(columns, schema=BAD_ROWS))

    def _count(self, path: str, fate: Texts) -> None:
        counts = self.counts.setdefault(path, FileCounts())
        counts.rows_read += len(fate)
        counts.rows_accepted += int((fate == "accepted").sum())
        counts.rows_quarantined += int((fate == "quarantined").sum())
        counts.rows_repeated += int((fate == "repeated").sum())

    def layout(self, path: str, rows: int) -> None:
        """Title and note rows of a file."""
        counts = self.counts.setdefault(path, FileCounts())
        counts.rows_read += rows
        counts.rows_layout += rows

    def copied(self, path: str, original: str) -> None:
        """``path`` has the bytes of ``original``: all its rows are repeated."""
        known = self.counts[original]
        data = known.rows_read - known.rows_layout
        self.counts[path] = FileCounts(known.rows_read, rows_repeated=data, rows_layout=known.rows_layout)

    def accepted(self, path: str, rows: int) -> None:
        """A file without subjects of its own, all of whose rows are good."""
        self.counts[path] = FileCounts(rows_read=rows, rows_accepted=rows)

    def enterprises(self, enterprises: Enterprises) -> None:
        """Enterprises there are."""
        e = enterprises
        columns = [e.uscc, e.name, e.former_name, pa.array(e.status.astype(object), pa.string()), pa.array(e.division)]
        self._enterprises.append(pa.table(columns, schema=ENTERPRISES))

    def close(self) -> None:
        """Finish the files of the truth."""
        for output in (self._records, self._bad_rows, self._enterprises):
            output.close()
        counts = {path: asdict(self.counts[path]) for path in sorted(self.counts)}
        text = json.dumps(counts, ensure_ascii=False, indent=1) + "\n"
        (self._folder / "expected_counts.json").write_text(text, encoding="utf-8")


def _record_table(path: Paths, rows: Rows, subject: Subject, fate: Texts, source_rows: Indices) -> pa.Table:
    count = len(rows)
    parts = [one.split("/", 2) for one in path.tolist()]
    columns = [
        pa.array([part[0] for part in parts], pa.string()),
        pa.array([part[1] for part in parts], pa.string()),
        pa.array(path, pa.string()),
        pa.array(source_rows),
        pa.repeat(pa.scalar(0, pa.int32()), count),
        pa.array(fate.astype(object), pa.string()),
        pa.repeat(pa.scalar(subject.role), count),
        subject.uscc,
        subject.name,
        pa.array(subject.is_registered),
        pa.array(subject.kind.astype(object), pa.string()),
        pa.array(rows.note.astype(object), pa.string()),
        pa.array(rows.version),
    ]
    return pa.table(columns, schema=RECORDS)
