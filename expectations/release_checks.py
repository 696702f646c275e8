"""The gate: what the staged files of a release must hold before ``current.json`` may point at them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from expectations.judge import Rule
from expectations.leaks import LEAK_KINDS
from expectations.measure import Measure
from expectations.release_files import FILE, ROW_NUMBER, FileEntry, Reading, changed_rows
from expectations.result import FailingRow
from lake.duckdb_extensions import literal

GATE = "release"
FRAME_ROWS = 10_000
"""Rows of each dataset that Great Expectations looks at one by one; DuckDB reads all of them."""

CODE_PATTERN = "^[0-9A-HJ-NPQRTUWXY]{18}$"
DATASETS_THAT_MAY_BE_EMPTY = frozenset(
    {
        "public_list_entry",
        "public_honour",
        "public_commitment",
        "list_measure",
        "public_warning",
        "shared_warning",
        "public_licence",
        "public_penalty",
        "publicity_notice",
    }
)


class ColumnEntry(Protocol):
    """A column of the data dictionary."""

    @property
    def name(self) -> str:
        """English name."""

    @property
    def title(self) -> str:
        """Chinese header."""

    @property
    def type(self) -> str:
        """DuckDB type."""


class DatasetEntry(Protocol):
    """A dataset of the coming release."""

    @property
    def id(self) -> str:
        """Dataset id."""

    @property
    def title(self) -> str:
        """Chinese title."""

    @property
    def rows(self) -> int:
        """Rows over all parts."""

    @property
    def columns(self) -> Sequence[ColumnEntry]:
        """The data dictionary."""


@dataclass(frozen=True)
class ReadFile:
    """A staged file and what was read from it."""

    entry: FileEntry
    local: Path
    reading: Reading
    changed_keys: Path | None = None

    @property
    def has_wrong_rows(self) -> bool:
        """Whether it holds another number of rows than the manifest will say."""
        return self.reading.rows != self.entry.rows


def measure_files(dataset: DatasetEntry, files: Sequence[ReadFile]) -> list[Measure]:
    """Rows, headers, byte order marks and personal numbers over the rendered files of a dataset."""
    suite = suite_of(dataset)
    return [
        Measure(suite, "file_rows", sum(file.has_wrong_rows for file in files), "block", "engineer"),
        Measure(suite, "file_columns", sum(has_wrong_columns(dataset, file) for file in files), "block", "engineer"),
        Measure(suite, "byte_order_mark", sum(not f.reading.has_byte_order_mark for f in files), "block", "engineer"),
        *_leak_measures(suite, files),
    ]


def has_wrong_columns(dataset: DatasetEntry, file: ReadFile) -> bool:
    """Whether a file's columns are not those of the data dictionary (Chinese titles in CSV, names elsewhere)."""
    if file.entry.format == "xlsx":
        return False
    attribute = "title" if file.entry.format == "csv" else "name"
    expected = [getattr(column, attribute) for column in dataset.columns]
    return _plain(file.reading.columns) != _plain(expected)


def _plain(names: Iterable[str]) -> list[str]:
    """Headers without the characters that a CSV header may not hold."""
    return [name.replace(",", ",").replace('"', "”").replace("\n", " ") for name in names]


def suite_of(dataset: DatasetEntry) -> str:
    """Name of the gate's suite for a dataset."""
    return f"{GATE}.{dataset.id}"


def _leak_measures(suite: str, files: Sequence[ReadFile]) -> Iterator[Measure]:
    for kind in LEAK_KINDS:
        count = sum(leak.kind == kind for file in files for _, _, leak in file.reading.leaks)
        yield Measure(suite, kind, count, "block", "list_editor")


def findings(dataset: DatasetEntry, files: Sequence[ReadFile]) -> dict[str, list[FailingRow]]:
    """Check id to what was found: places of personal numbers (masked), files with wrong rows or columns."""
    suite = suite_of(dataset)
    rows: dict[str, list[FailingRow]] = {}

    def add(kind: str, file: ReadFile, number: int | None, columns: dict[str, str | None]) -> None:
        row = FailingRow(file=file.entry.path, row=number, record_id=None, columns=columns)
        rows.setdefault(f"{suite}.{kind}", []).append(row)

    for file in files:
        for number, column, leak in file.reading.leaks:
            add(leak.kind, file, number, {column: leak.masked})
        if file.has_wrong_rows:
            add("file_rows", file, None, {"rows": str(file.entry.rows), "rows_found": str(file.reading.rows)})
        if has_wrong_columns(dataset, file):
            add("file_columns", file, None, {"columns": "、".join(file.reading.columns)})
    return rows


def measure_first(dataset: DatasetEntry) -> list[Measure]:
    """A first release should not be empty where nothing explains it."""
    minimum = 0 if dataset.id in DATASETS_THAT_MAY_BE_EMPTY else 1
    return [Measure(suite_of(dataset), "rows", dataset.rows, "warn", "engineer", minimum=minimum, maximum=None)]


def frame_of(connection: duckdb.DuckDBPyConnection, dataset: DatasetEntry, files: Sequence[ReadFile]) -> object:
    """A bounded, Arrow-backed frame of the dataset's Parquet files, the same rows every time; only of new and changed rows
    where the others were judged in the release before."""
    import pandas

    relation = f"read_parquet([{', '.join(literal(str(file.local)) for file in files)}])"
    if files[0].changed_keys is not None:
        relation = f"(select * exclude ({ROW_NUMBER}, {FILE}) from {changed_rows(dataset.id)})"
    sample = f"select * from {relation} using sample {FRAME_ROWS} rows (reservoir, 1)"
    table = connection.execute(sample).to_arrow_table()
    return table.to_pandas(types_mapper=pandas.ArrowDtype)


def rules_of(dataset: DatasetEntry) -> list[Rule]:
    """Expectations on every row of the frame: shape, codes, names, and no telephone in any text."""
    names = [column.name for column in dataset.columns]
    rules = [Rule("columns_in_order", "ExpectTableColumnsToMatchOrderedList", {"column_list": names})]
    for column in dataset.columns:
        parameters = {"column": column.title}
        if column.name == "uscc" or column.name.endswith("_uscc"):
            arguments = {"column": column.name, "regex": CODE_PATTERN}
            rules.append(Rule("code_shape", "ExpectColumnValuesToMatchRegex", arguments, column.name, parameters))
        if column.name in {"counterpart_name", "subject_name", "enterprise_name"}:
            arguments = {"column": column.name}
            rules.append(Rule("never_empty", "ExpectColumnValuesToNotBeNull", arguments, column.name, parameters))
    return rules
