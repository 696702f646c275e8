"""Which column of the contract each header of a file means, and which layout the file has."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.contract.header_key import header_key, header_unit
from connectors.contract.model import Alias, Column, Contract, Layout
from lake.errors import TerminalError

# Columns that number or lay out the rows of a sheet and say nothing about the record.
ROW_NUMBER_HEADERS = ("", "序号", "行号", "编号序号", "no", "index", "unnamed0")


@dataclass(frozen=True)
class Cell:
    """One header that feeds a column: its position in the file, its text, and what its alias says."""

    position: int
    header: str
    alias: Alias | None = None
    unit: str | None = None


@dataclass(frozen=True)
class HeaderMatch:
    """A file's header read by a contract.

    ``columns`` maps a column's name to the headers that feed it, in the order of the file; ``unknown`` are headers the
    contract does not know (reported, never silently dropped); ``ignored`` are row numbers and those the source's pins
    leave out; ``absent_expected`` are columns the layout expects and the file lacks.
    """

    layout: Layout
    columns: dict[str, tuple[Cell, ...]]
    unknown: tuple[str, ...]
    ignored: tuple[str, ...]
    absent_expected: tuple[str, ...]
    header: tuple[str, ...] = field(default=())

    def mapping(self) -> dict[str, str]:
        """Header as found to column name, for the ledger."""
        return {cell.header: name for name, cells in self.columns.items() for cell in cells}


def match_header(
    contract: Contract, header: Sequence[str], pins: Mapping[str, str | None] | None = None
) -> HeaderMatch:
    """Read ``header`` by the contract's names, headers and aliases; ``pins`` (header to column, None = leave out) win.

    Raises ``TerminalError`` when a column the layout requires has no header, when two headers mean a column that takes
    one, or when a pin names an unknown header or column.
    """
    pinned = _pins(contract, header, pins or {})
    known = _known(contract)
    found: dict[str, list[Cell]] = {}
    unknown: list[str] = []
    ignored: list[str] = []
    for position, text in enumerate(header):
        key = header_key(text)
        if key in pinned:
            column_name, alias = pinned[key], None
            if column_name is None:
                ignored.append(text)
                continue
        elif key in known:
            column_name, alias = known[key]
        else:
            if text.strip():  # whether a column without a header holds anything is seen when it is read
                (ignored if key in ROW_NUMBER_HEADERS else unknown).append(text)
            continue
        unit = header_unit(text) or ("元" if key.endswith("yuan") else None)
        found.setdefault(column_name, []).append(Cell(position, text, alias, unit))
    layout = _layout(contract, header)
    columns = {column.name: tuple(found[column.name]) for column in contract.columns if column.name in found}
    _refuse_collisions(contract, columns)
    _refuse_absent(contract, layout, columns, header)
    given = _given(columns)
    absent = tuple(c.name for c in contract.columns if c.is_expected(layout.name) and c.name not in given)
    return HeaderMatch(layout, columns, tuple(unknown), tuple(ignored), absent, tuple(header))


def _known(contract: Contract) -> dict[str, tuple[str, Alias | None]]:
    known: dict[str, tuple[str, Alias | None]] = {}
    for column in contract.columns:
        known[header_key(column.name)] = (column.name, None)
        known[header_key(column.header)] = (column.name, None)
        for alias in column.aliases:
            known[header_key(alias.text)] = (column.name, alias)
    return known


def _pins(contract: Contract, header: Sequence[str], pins: Mapping[str, str | None]) -> dict[str, str | None]:
    present = {header_key(text) for text in header}
    for text, name in pins.items():
        if name is not None and name not in contract.column_names:
            columns = ", ".join(contract.column_names)
            raise TerminalError("checks.pin_column_unknown", header=text, column=name, columns=columns)
        if name is not None and header_key(text) not in present:
            raise TerminalError("checks.pin_header_absent", header=text, column=name, headers=_shown(header))
    return {header_key(text): name for text, name in pins.items()}


def _layout(contract: Contract, header: Sequence[str]) -> Layout:
    keys = {header_key(text) for text in header}
    for layout in contract.layouts:
        if any(header_key(text) in keys for text in layout.recognised_by):
            return layout
    return next((layout for layout in contract.layouts if not layout.recognised_by), contract.layouts[-1])


def _given(columns: Mapping[str, tuple[Cell, ...]]) -> set[str]:
    also = {cell.alias.also_gives for cells in columns.values() for cell in cells if cell.alias}
    return set(columns) | {name for name in also if name}


def _refuse_collisions(contract: Contract, columns: Mapping[str, tuple[Cell, ...]]) -> None:
    for name, cells in columns.items():
        column = contract.column(name)
        if len(cells) > 1 and column.several_headers is None:
            headers = _shown([cell.header for cell in cells])
            raise TerminalError("checks.header_twice", column=name, title=column.header, headers=headers)


def _refuse_absent(
    contract: Contract, layout: Layout, columns: Mapping[str, tuple[Cell, ...]], header: Sequence[str]
) -> None:
    given = _given(columns)
    absent = [column for column in contract.columns if column.is_required(layout.name) and column.name not in given]
    for group in layout.required_any_of:
        if not given & set(group):
            absent.append(contract.column(group[0]))
    if not absent:
        return
    raise TerminalError(
        "checks.header_missing_required",
        contract=contract.id,
        layout=layout.title,
        missing=", ".join(f"{column.header} ({column.name})" for column in absent),
        nearest="; ".join(_nearest(column, header) for column in absent),
        found=_shown(header),
    )


def _nearest(column: Column, header: Sequence[str]) -> str:
    keys = {header_key(text): text for text in header if header_key(text)}
    wanted = [column.header, column.name, *(alias.text for alias in column.aliases)]
    best = [match for text in wanted for match in difflib.get_close_matches(header_key(text), keys, 2, 0.5)]
    near = list(dict.fromkeys(keys[key] for key in best))[:3]
    return f"{column.header} ~ {_shown(near)}" if near else f"{column.header} ~ -"


def _shown(texts: Sequence[str]) -> str:
    return ", ".join(f"“{text}”" for text in texts) or "-"
