"""What the tests of readers share: tables of a file, their rows, what was refused, and a workbook to be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from connectors.readers import ReaderHints, SourceTable, open_tables
from lake.errors import TerminalError

HEADER = ["行政相对人名称", "统一社会信用代码", "处罚决定书文号", "处罚内容"]
KNOWN = ReaderHints(known_headers=frozenset(HEADER))


def tables_of(path: Path, name: str | None = None, hints: ReaderHints = KNOWN) -> list[SourceTable]:
    return list(open_tables(path, name or path.name, hints))


def rows_of(table: SourceTable) -> list[tuple[int, list[str | None]]]:
    found = []
    for batch in table.batches():
        columns = [column.to_pylist() for column in batch.columns.columns]
        found += list(zip(batch.source_rows.to_pylist(), map(list, zip(*columns, strict=True)), strict=True))
    return found


def rejected_of(table: SourceTable) -> list[tuple[int, str]]:
    return [(row.source_row, row.reason_code) for batch in table.batches() for row in batch.rejected]


def layout_of(table: SourceTable) -> dict[str, int]:
    total: dict[str, int] = {}
    for batch in table.batches():
        for reason, count in batch.layout_rows.items():
            total[reason] = total.get(reason, 0) + count
    return total


def refusal(path: Path, name: str | None = None, hints: ReaderHints = KNOWN) -> TerminalError:
    with pytest.raises(TerminalError) as caught:
        for table in open_tables(path, name or path.name, hints):
            list(table.batches())
    for language in ("zh", "en"):
        assert (name or path.name) in caught.value.localised(language)
    return caught.value


def workbook(path: Path, fill: Any) -> Path:
    book = xlsxwriter.Workbook(str(path))
    fill(book)
    book.close()
    return path
