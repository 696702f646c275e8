"""Quarantined rows wait on disk until the accepted ones are in, since there may be as many as the file has rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from lake.schema import QUARANTINE


class Spool:
    """A local file of quarantine rows in the order of arrival."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"quarantine-{uuid.uuid4().hex}.arrow"
        self._writer: pa.RecordBatchFileWriter | None = None

    def add(self, rows: pa.Table) -> None:
        """Keep ``rows`` (schema ``QUARANTINE``)."""
        if rows.num_rows == 0:
            return
        if self._writer is None:
            options = pa.ipc.IpcWriteOptions(compression="zstd")
            self._writer = pa.ipc.new_file(str(self._file), QUARANTINE, options=options)
        self._writer.write_table(rows)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Everything kept, after which nothing more may be added."""
        if self._writer is None:
            return
        self._writer.close()
        with pa.OSFile(str(self._file)) as source:
            reader = pa.ipc.open_file(source)
            for index in range(reader.num_record_batches):
                yield reader.get_batch(index)

    def close(self) -> None:
        """Remove the file."""
        if self._writer is not None:
            self._writer.close()
        self._file.unlink(missing_ok=True)
