"""A file's check plan: its header read once, then every batch checked in one go."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np
import pyarrow as pa

from connectors.checks.columns import read_columns
from connectors.checks.headers import Cell, HeaderMatch, Pin, match_header
from connectors.checks.meaning.keys import with_key
from connectors.checks.reading import ColumnUse
from connectors.checks.rows import Remarks, breaches, digests, notes, settled_values
from connectors.checks.screen import holds_uscc_out_of_place
from connectors.checks.several import combined_cells
from connectors.contract.arrow import arrow_schema
from connectors.contract.model import Column, Contract

QUARANTINE_SCHEMA = pa.schema(
    [
        ("source_row", pa.int64()),
        ("record_index", pa.int32()),
        ("original", pa.string()),
        ("column_name", pa.string()),
        ("reason_code", pa.string()),
        ("reason_parameters", pa.string()),
        ("further_reasons", pa.string()),
    ]
)


@dataclass(frozen=True)
class CheckedBatch:
    """A batch's rows: ``accepted`` (contract columns, notes, content_digest, source_row, record_index) and
    ``quarantined`` (``QUARANTINE_SCHEMA``). Every row of the batch is in exactly one of them."""

    accepted: pa.Table
    quarantined: pa.Table


def plan(
    contract: Contract,
    header: Sequence[str],
    pins: Mapping[str, Pin] | None = None,
    sample: Sequence[pa.Array] | None = None,
    *,
    is_page: bool = False,
) -> CheckPlan:
    """How files with ``header`` are checked; ``pins`` map a header to its column or columns, or to None to leave it out.

    ``sample`` are some cells of each column: what a header says is held against them. ``is_page``: see ``match_header``.

    Raises ``TerminalError`` for a header that lacks what its layout requires, or that is ambiguous.
    """
    return CheckPlan(contract, match_header(contract, header, pins, sample, is_page=is_page))


@dataclass(frozen=True)
class CheckPlan:
    """Checks of one header. Give each thread its own DuckDB connection; the plan itself is shared."""

    contract: Contract
    match: HeaderMatch

    @property
    def accepted_schema(self) -> pa.Schema:
        """Schema of ``CheckedBatch.accepted``."""
        return accepted_schema(self.contract)

    @cached_property
    def uses(self) -> tuple[ColumnUse, ...]:
        """The contract's columns that this header fills, in the contract's order."""
        layout = self.match.layout
        units, codes = dict(layout.units), dict(layout.codes)
        uses = []
        for place, column in enumerate(self.contract.columns):
            cells = self._cells_of[column.name]
            if not cells:
                continue
            unit = next((cell.unit for cell in cells if cell.unit), None) or units.get(column.name)
            assumed = column.kind == "amount" and unit is None and column.unit_when_bare != "元"
            notes = tuple(dict.fromkeys(cell.note for cell in cells if cell.note))
            uses.append(
                ColumnUse(
                    with_key(column, (cell.header for cell in cells), dict(codes.get(column.name, ()))),
                    place,
                    required=column.is_required(layout.name),
                    expected=column.is_expected(layout.name),
                    unit=unit or column.unit_when_bare,
                    unit_is_assumed=assumed,
                    notes=notes,
                )
            )
        return tuple(uses)

    def run(
        self, connection: duckdb.DuckDBPyConnection, batch: pa.RecordBatch, source_rows: pa.Int64Array
    ) -> CheckedBatch:
        """Check ``batch`` (text columns c0..cn, one per header cell; ``source_rows`` as long as it)."""
        texts, dropped = self._texts(batch)
        count = batch.num_rows
        read = read_columns(connection, self.contract, texts)
        shifted = np.zeros(count, dtype=bool)
        for use, cells in texts:
            shifted |= holds_uscc_out_of_place(use.column, cells)
        values = settled_values(connection, self.contract, read, count)
        opened = self.match.open_columns
        bad = breaches(self.contract, self.match.layout, read, values, shifted=shifted, opened=opened)
        noted = notes(self.contract, read, values).lists(count)
        columns = [*values, _with_notes(noted, dropped) if dropped else noted]
        rows = pa.table(columns, names=[*self.contract.column_names, "notes"])
        rows = rows.append_column("source_row", source_rows)
        if len(bad.rows):
            good = np.ones(count, dtype=bool)
            good[bad.rows] = False
            rows = rows.filter(pa.array(good))
        return CheckedBatch(self._accepted(connection, rows), self._quarantined(bad, batch, source_rows))

    @cached_property
    def _cells_of(self) -> dict[str, tuple[Cell, ...]]:
        """Where in the header each column of the contract is found."""
        return {column.name: self._cells(column) for column in self.contract.columns}

    def _cells(self, column: Column) -> tuple[Cell, ...]:
        return self.match.columns.get(column.name, ())

    def _texts(self, batch: pa.RecordBatch) -> tuple[list[tuple[ColumnUse, pa.StringArray]], dict[int, list[str]]]:
        texts: list[tuple[ColumnUse, pa.StringArray]] = []
        dropped: dict[int, list[str]] = {}
        for use in self.uses:
            values, left_out = combined_cells(use.column, self._cells_of[use.column.name], batch)
            for row in np.flatnonzero(left_out) if left_out is not None else ():
                dropped.setdefault(int(row), []).append(f"{use.column.name}:other_value_dropped")
            texts.append((use, values))
        return texts, dropped

    def _accepted(self, connection: duckdb.DuckDBPyConnection, rows: pa.Table) -> pa.Table:
        schema = self.accepted_schema
        if not rows.num_rows:
            return schema.empty_table()
        rows = rows.append_column("content_digest", digests(connection, self.contract, rows))
        rows = rows.append_column("record_index", pa.array(np.zeros(rows.num_rows, dtype=np.int32)))
        return rows.select(schema.names).cast(schema)

    def _quarantined(self, bad: Remarks, batch: pa.RecordBatch, source_rows: pa.Int64Array) -> pa.Table:
        places = np.unique(bad.rows)
        if not len(places):
            return QUARANTINE_SCHEMA.empty_table()
        rows = batch.take(pa.array(places)).to_pylist()
        numbers = source_rows.take(pa.array(places)).to_pylist()
        reasons: dict[int, list[str]] = {}
        for place, code in zip(bad.rows.tolist(), bad.codes.to_pylist(), strict=True):
            reasons.setdefault(place, []).append(code)
        records = [
            self._quarantine_row(number, list(row.values()), reasons[place])
            for number, row, place in zip(numbers, rows, places.tolist(), strict=True)
        ]
        return pa.Table.from_pylist(records, schema=QUARANTINE_SCHEMA)

    def _quarantine_row(self, number: int, texts: list[str | None], breaches: list[str]) -> dict[str, object]:
        reasons = sorted((breach.rpartition(":") for breach in breaches), key=lambda parts: _GRAVITY.get(parts[2], 9))
        described = [
            {"column": name, "reason": code, "parameters": self._parameters(name, code, texts)}
            for name, _, code in reasons
        ]
        first = described[0]
        return {
            "source_row": number,
            "record_index": 0,
            "original": json.dumps(_original(self.match.header, texts), ensure_ascii=False),
            "column_name": first["column"],
            "reason_code": first["reason"],
            "reason_parameters": json.dumps(first["parameters"], ensure_ascii=False),
            "further_reasons": json.dumps(described[1:], ensure_ascii=False),
        }

    def _parameters(self, name: str, code: str, texts: list[str | None]) -> dict[str, object]:
        column = self.contract.column(name)
        cells = self._cells_of[name]
        value = "；".join(texts[cell.position] or "" for cell in cells)
        parameters: dict[str, object] = {"title": column.header, "value": value[:200]}
        if code == "header_left_open":
            doubts = [doubt.position for doubt in self.match.doubts if doubt.column == name]
            parameters["headers"] = "、".join(self.match.header[position] for position in doubts)
            parameters["value"] = "；".join(texts[position] or "" for position in doubts)[:200]
        if code == "too_long":
            parameters |= {"length": len(value), "maximum": column.maximum_length}
        if code == "value_not_in_list":
            parameters["allowed"] = "、".join(value.value for value in column.values)
        if code == "value_missing_when" and column.required_when:
            parameters["other"] = self.contract.column(column.required_when.column).header
            parameters["values"] = "、".join(column.required_when.values)
        if code == "values_missing":
            groups = [group for group in self.match.layout.required_any_of if name in group]
            parameters["columns"] = "、".join(self.contract.column(each).header for group in groups for each in group)
        return parameters


# Which of several reasons is said first: what explains the others.
_GRAVITY = {
    "replacement_characters": 0,
    "shifted_columns": 1,
    "header_left_open": 2,
    "value_missing": 8,
    "value_missing_when": 8,
    "values_missing": 8,
}


def accepted_schema(contract: Contract) -> pa.Schema:
    """The contract's columns, then notes, content_digest, source_row and record_index."""
    further = [
        pa.field("notes", pa.list_(pa.string())),
        pa.field("content_digest", pa.string()),
        pa.field("source_row", pa.int64()),
        pa.field("record_index", pa.int32()),
    ]
    return pa.schema([*arrow_schema(contract), *further])


def _original(header: Sequence[str], texts: Sequence[str | None]) -> dict[str, str | None]:
    original: dict[str, str | None] = {}
    for position, (name, text) in enumerate(zip(header, texts, strict=True), start=1):
        original[name if name and name not in original else f"{name}#{position}"] = text
    return original


def _with_notes(noted: pa.ListArray, dropped: Mapping[int, list[str]]) -> pa.Array:
    lists = noted.to_pylist()
    for row, codes in dropped.items():
        lists[row] = [*lists[row], *codes]
    return pa.array(lists, pa.list_(pa.string()))
