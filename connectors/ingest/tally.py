"""What became of every row of a file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.readers import SourceTable
from lake.errors import TerminalError


@dataclass
class Tally:
    """Counts of one file, filled while it is read; rows are rows of the file, records what came of them."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    repeated: int = 0
    layout: int = 0
    refused: int = 0
    records: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    layouts: list[str] = field(default_factory=list)
    mappings: list[dict[str, str]] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    encodings: list[str] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)

    def found(self, table: SourceTable) -> None:
        """A table of the file has been opened."""
        _once(self.formats, table.facts.format)
        _once(self.encodings, table.facts.encoding)

    def understood(self, layout: str, mapping: Mapping[str, str], unknown: tuple[str, ...]) -> None:
        """A table's header has been read."""
        _once(self.layouts, layout)
        if dict(mapping) not in self.mappings:
            self.mappings.append(dict(mapping))
        self.unknown(unknown)

    def unknown(self, columns: tuple[str, ...]) -> None:
        """Columns that the contract does not know, or that have no header."""
        for column in columns:
            _once(self.unknown_columns, column)

    def refuse(self, rows: int, error: TerminalError, table: SourceTable | None = None) -> None:
        """``rows`` rows are refused together, for a reason that lies in their table or file."""
        self.read += rows
        self.refused += rows
        self.reasons[error.code] += rows
        place: dict[str, Any] = {"sheet": table.facts.sheet, "member": table.facts.member} if table else {}
        place["is_no_table"] = table is not None and table.problem is not None
        named = {key: value for key, value in place.items() if value}
        self.refusals.append({"code": error.code, "rows": rows, "parameters": _plain(error.params), **named})

    def refuse_everything(self, error: TerminalError) -> None:
        """The file breaks further on: what was read of it is refused with it."""
        read = self.read
        self.__init__()  # type: ignore[misc]
        self.refuse(read, error)

    def layout_rows(self, counts: Mapping[str, int]) -> None:
        """Rows that are no data: titles, notes, totals, empty rows, repeated headers."""
        self.layout += sum(counts.values())
        for reason, count in counts.items():
            self.reasons[f"layout.{reason}"] += count

    def verify(self, path: str) -> None:
        """Raise ``TerminalError`` unless every row read has exactly one fate: then nothing may be committed."""
        fates = self.accepted + self.quarantined + self.repeated + self.layout + self.refused
        if self.read != fates:
            raise TerminalError("ingest.accounts_differ", path=path, read=self.read, sum=fates)

    @property
    def header_mapping(self) -> str:
        """JSON: header to column, or a list of such for tables with different headers."""
        value: object = self.mappings[0] if len(self.mappings) == 1 else self.mappings or {}
        return json.dumps(value, ensure_ascii=False)


def _once(values: list[str], value: str | None) -> None:
    if value and value not in values:
        values.append(value)


def _plain(parameters: Mapping[str, object]) -> dict[str, Any]:
    return {key: value if isinstance(value, int | float) else str(value) for key, value in parameters.items()}
