"""A file's check plan: its header read once, then every batch checked by one generated statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks.headers import Cell, HeaderMatch, match_header
from connectors.checks.macros import install_macros
from connectors.checks.reading import ColumnUse
from connectors.checks.screen import holds_uscc_out_of_place, screen
from connectors.checks.several import combined_cells
from connectors.checks.statement import statement
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


def plan(contract: Contract, header: Sequence[str], pins: Mapping[str, str | None] | None = None) -> CheckPlan:
    """How files with ``header`` are checked; ``pins`` map a header to a column, or to None to leave it out.

    Raises ``TerminalError`` for a header that lacks what its layout requires, or that is ambiguous.
    """
    return CheckPlan(contract, match_header(contract, header, pins))


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
        units = dict(layout.units)
        uses = []
        for place, column in enumerate(self.contract.columns):
            cells = self._cells(column)
            if not cells:
                continue
            unit = next((cell.unit for cell in cells if cell.unit), None) or units.get(column.name)
            assumed = column.kind == "amount" and unit is None and column.unit_when_bare != "元"
            notes = tuple(dict.fromkeys(cell.alias.note for cell in cells if cell.alias and cell.alias.note))
            uses.append(
                ColumnUse(
                    column,
                    place,
                    required=column.is_required(layout.name),
                    expected=column.is_expected(layout.name),
                    unit=unit or column.unit_when_bare,
                    unit_is_assumed=assumed,
                    notes=notes,
                )
            )
        return tuple(uses)

    @cached_property
    def sql(self) -> str:
        """The generated statement, for ``creditlake contract show`` and for whoever wonders."""
        return statement(self.contract, self.match.layout, self.uses)

    def run(
        self, connection: duckdb.DuckDBPyConnection, batch: pa.RecordBatch, source_rows: pa.Int64Array
    ) -> CheckedBatch:
        """Check ``batch`` (text columns c0..cn, one per header cell; ``source_rows`` as long as it)."""
        screened, extra_notes = self._screened(batch, source_rows)
        install_macros(connection)
        connection.register("screened", screened)
        try:
            result = connection.execute(self.sql).to_arrow_table()
        finally:
            connection.unregister("screened")
        bad = pc.is_valid(result["breaches"])
        good = result.filter(pc.invert(bad)) if pc.any(bad).as_py() else result
        return CheckedBatch(self._accepted(good, extra_notes), self._quarantined(result, bad, batch))

    def _cells(self, column: Column) -> tuple[Cell, ...]:
        own = self.match.columns.get(column.name, ())
        lent = (
            cell
            for cells in self.match.columns.values()
            for cell in cells
            if cell.alias is not None and cell.alias.also_gives == column.name
        )
        return (*own, *lent)

    def _screened(self, batch: pa.RecordBatch, source_rows: pa.Int64Array) -> tuple[pa.Table, dict[int, set[str]]]:
        columns: dict[str, pa.Array] = {"source_row": source_rows}
        shifted = np.zeros(batch.num_rows, dtype=bool)
        extra: dict[int, set[str]] = {}
        for use in self.uses:
            cells = self._cells(use.column)
            values, dropped = combined_cells(use.column, cells, batch)
            if dropped is not None:
                for row in np.flatnonzero(dropped):
                    extra.setdefault(int(source_rows[int(row)].as_py()), set()).add(
                        f"{use.column.name}:other_value_dropped"
                    )
            columns[f"c{use.place}"] = values
            columns[f"d{use.place}"] = pa.array(screen(use.column, values))
            shifted |= holds_uscc_out_of_place(use.column, values)
        columns["shifted"] = pa.array(shifted)
        return pa.table(columns), extra

    def _accepted(self, rows: pa.Table, extra_notes: dict[int, set[str]]) -> pa.Table:
        schema = self.accepted_schema
        columns = []
        for field in schema:
            if field.name == "record_index":
                columns.append(pa.array(np.zeros(rows.num_rows, dtype=np.int32)))
            elif field.name == "notes" and extra_notes:
                columns.append(_with_notes(rows, extra_notes))
            else:
                columns.append(rows[field.name].cast(field.type))
        return pa.table(columns, schema=schema)

    def _quarantined(self, result: pa.Table, bad: pa.ChunkedArray, batch: pa.RecordBatch) -> pa.Table:
        places = np.flatnonzero(np.asarray(bad))
        if not len(places):
            return QUARANTINE_SCHEMA.empty_table()
        rows = batch.take(pa.array(places)).to_pylist()
        numbers = result["source_row"].take(pa.array(places)).to_pylist()
        breaches = result["breaches"].take(pa.array(places)).to_pylist()
        records = [
            self._quarantine_row(number, list(row.values()), reasons)
            for number, row, reasons in zip(numbers, rows, breaches, strict=True)
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
        cells = self._cells(column)
        value = "；".join(texts[cell.position] or "" for cell in cells)
        parameters: dict[str, object] = {"title": column.header, "value": value[:200]}
        if code == "too_long":
            parameters |= {"length": len(value), "maximum": column.maximum_length}
        if code == "value_not_in_list":
            parameters["allowed"] = "、".join(value.value for value in column.values)
        if code == "values_missing":
            groups = [group for group in self.match.layout.required_any_of if name in group]
            parameters["columns"] = "、".join(self.contract.column(each).header for group in groups for each in group)
        return parameters


# Which of several reasons is said first: what explains the others.
_GRAVITY = {"replacement_characters": 0, "shifted_columns": 1, "value_missing": 8, "values_missing": 8}


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


def _with_notes(rows: pa.Table, extra: Mapping[int, set[str]]) -> pa.Array:
    numbers = rows["source_row"].to_pylist()
    notes = rows["notes"].to_pylist()
    return pa.array(
        [[*own, *sorted(extra.get(number, ()))] for number, own in zip(numbers, notes, strict=True)],
        pa.list_(pa.string()),
    )
