"""Which column of the contract each header of a file means, and which layout the file has."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from connectors.checks.meaning.amounts import Amounts, units_of_amounts
from connectors.checks.meaning.claims import Claim, claims, shared_cell
from connectors.checks.meaning.settle import Doubt, Settled, settle
from connectors.checks.meaning.takes import Take
from connectors.contract.header_key import header_key, header_unit
from connectors.contract.model import Column, Contract, Layout
from lake.errors import TerminalError

# Columns that number or lay out the rows of a sheet and say nothing about the record.
ROW_NUMBER_HEADERS = ("", "序号", "行号", "编号序号", "no", "index", "unnamed0")

# A column, two columns that share the cell, or None: the header is known and not wanted.
Pin = str | Sequence[str] | None


@dataclass(frozen=True)
class Cell:
    """One header that feeds a column: its position, its text, the note on what it gives, and the part it takes."""

    position: int
    header: str
    note: str | None = None
    unit: str | None = None
    take: Take | None = None

    @property
    def is_lent(self) -> bool:
        """Whether the cell is another column's, which lends a fact in it."""
        return self.take is not None and self.take.part in ("found", "last")


@dataclass(frozen=True)
class HeaderMatch:
    """A file's header read by a contract.

    ``columns`` maps a column's name to the headers that feed it, in the order of the file, lent cells last; ``unknown``
    are headers the contract does not know and ``doubts`` those left open, because the values say otherwise or they could
    be two things (both reported, never silently dropped); ``ignored`` are row numbers and those the source's pins leave
    out; ``absent_expected`` are columns the layout expects and the file lacks.
    """

    layout: Layout
    columns: dict[str, tuple[Cell, ...]]
    unknown: tuple[str, ...]
    ignored: tuple[str, ...]
    absent_expected: tuple[str, ...]
    header: tuple[str, ...] = field(default=())
    doubts: tuple[Doubt, ...] = ()
    claims: tuple[Claim | None, ...] = ()

    def mapping(self) -> dict[str, str]:
        """Header as found to column name, for the ledger; two columns that share a cell are joined by a plus."""
        return {
            self.header[position]: "+".join(name for name, _ in claim.feeds)
            for position, claim in enumerate(self.claims)
            if claim is not None
        }

    @property
    def open_columns(self) -> frozenset[str]:
        """Columns whose header is there and left open."""
        return frozenset(doubt.column for doubt in self.doubts) - set(self.columns)

    @property
    def reported(self) -> tuple[str, ...]:
        """Headers that are not read, for the ledger: what is left open says of which column."""
        signs = {"values_disagree": "≠", "ambiguous": "?", "unconfirmed": "?"}
        open_headers = [f"{self.header[one.position]} {signs[one.reason]} {one.column}" for one in self.doubts]
        return (*self.unknown, *open_headers)


def match_header(
    contract: Contract,
    header: Sequence[str],
    pins: Mapping[str, Pin] | None = None,
    sample: Sequence[pa.Array] | None = None,
    *,
    is_page: bool = False,
) -> HeaderMatch:
    """Read ``header`` by the contract's names, headers, aliases and the vocabulary of headers; ``pins`` win.

    ``sample`` (some cells of each column) confirms or overrules what the headers say. ``is_page``: a table of a web page,
    which nobody can send again, is read by the contract's default layout where it lacks what its own requires.

    Raises ``TerminalError`` when a column the layout requires has no header, when two headers mean a column that takes
    one, or when a pin names an unknown header or column.
    """
    pinned = _pins(contract, header, pins or {})
    found = [
        None if header_key(text) in pinned else claim
        for text, claim in zip(header, claims(contract, header), strict=True)
    ]
    for position, text in enumerate(header):
        pin = pinned.get(header_key(text))
        if pin is not None:
            found[position] = pin
    skipped = {position for position, text in enumerate(header) if _is_skipped(text, pinned)}
    settled = settle(contract, header, found, sample, skipped, is_lenient=is_page)
    columns = _columns(contract, header, settled.claims)
    opened = {doubt.position for doubt in settled.doubts}
    is_open = frozenset(doubt.column for doubt in settled.doubts)
    unknown: list[str] = []
    ignored: list[str] = []
    for position, text in enumerate(header):
        if settled.claims[position] is None and position not in opened and text.strip():
            (ignored if position in skipped else unknown).append(text)
    _refuse_collisions(contract, columns, settled.claims)
    layout = _layout(contract, header, settled, set(columns) | is_open if is_page else None)
    _refuse_absent(contract, layout, set(columns) | is_open, header)
    amounts = units_of_amounts(contract, layout, header, settled.claims, sample, is_page=is_page)
    settled, columns = _with_units(amounts, settled, columns)
    absent = tuple(c.name for c in contract.columns if c.is_expected(layout.name) and c.name not in columns)
    return HeaderMatch(
        layout,
        columns,
        tuple(unknown),
        tuple(ignored),
        absent,
        tuple(header),
        tuple(doubt for doubt in settled.doubts if header[doubt.position].strip()),
        settled.claims,
    )


def _with_units(
    amounts: Amounts, settled: Settled, columns: dict[str, tuple[Cell, ...]]
) -> tuple[Settled, dict[str, tuple[Cell, ...]]]:
    """What was read with the units of its amounts; an amount that may be of either is left open."""
    claims, doubts = list(settled.claims), list(settled.doubts)
    for position in amounts.opened:
        claim = claims[position]
        if claim is not None:
            doubts.append(Doubt(position, claim.column, "ambiguous"))
        claims[position] = None
    kept = {
        name: tuple(
            replace(cell, unit=amounts.units.get(cell.position, cell.unit))
            for cell in cells
            if cell.position not in amounts.opened
        )
        for name, cells in columns.items()
    }
    settled = Settled(tuple(claims), tuple(sorted(doubts, key=lambda doubt: doubt.position)))
    return settled, {name: cells for name, cells in kept.items() if cells}


def _is_skipped(text: str, pinned: Mapping[str, Claim | None]) -> bool:
    key = header_key(text)
    return (key in pinned and pinned[key] is None) or (bool(key) and key in ROW_NUMBER_HEADERS)


def _columns(contract: Contract, header: Sequence[str], found: Sequence[Claim | None]) -> dict[str, tuple[Cell, ...]]:
    cells: dict[str, list[Cell]] = {}
    for position, claim in enumerate(found):
        for name, take in claim.feeds if claim is not None else ():
            text = header[position]
            unit = header_unit(text) or ("元" if header_key(text).endswith("yuan") else None)
            note = claim.note if claim is not None and name == claim.column else None
            cells.setdefault(name, []).append(Cell(position, text, note, unit, take))
    return {
        column.name: tuple(sorted(cells[column.name], key=lambda cell: cell.is_lent))
        for column in contract.columns
        if column.name in cells
    }


def _pins(contract: Contract, header: Sequence[str], pins: Mapping[str, Pin]) -> dict[str, Claim | None]:
    present = {header_key(text) for text in header}
    result: dict[str, Claim | None] = {}
    for text, pin in pins.items():
        names = () if pin is None else (pin,) if isinstance(pin, str) else tuple(pin)
        for name in names:
            if name not in contract.column_names:
                columns = ", ".join(contract.column_names)
                raise TerminalError("checks.pin_column_unknown", header=text, column=name, columns=columns)
        if names and header_key(text) not in present:
            shown = ", ".join(names)
            raise TerminalError("checks.pin_header_absent", header=text, column=shown, headers=_shown(header))
        result[header_key(text)] = _pinned(contract, text, names)
    return result


def _pinned(contract: Contract, header: str, names: tuple[str, ...]) -> Claim | None:
    if not names:
        return None
    if len(names) == 1:
        alias = next(
            (alias for alias in contract.column(names[0]).aliases if header_key(alias.text) == header_key(header)), None
        )
        return Claim(((names[0], None),), "pin", alias.note if alias else None)
    feeds = shared_cell(contract, *names) if len(names) == 2 else None
    if feeds is None:
        raise TerminalError("checks.pin_not_separable", header=header, columns=", ".join(names))
    return Claim(feeds, "pin")


def _layout(contract: Contract, header: Sequence[str], settled: Settled, given: set[str] | None) -> Layout:
    """The first layout that a header tells; with ``given``, one of which nothing is lacking, or else the default."""
    keys = {header_key(text) for text in header}
    keys |= {
        header_key(contract.column(claim.column).header)
        for claim in settled.claims
        if claim is not None and claim.source == "wording"
    }
    default = next((layout for layout in contract.layouts if not layout.recognised_by), contract.layouts[-1])
    for layout in contract.layouts:
        if any(header_key(text) in keys for text in layout.recognised_by):
            lacks = given is not None and _absent(contract, layout, given)
            return replace(default, codes=layout.codes) if lacks else layout
    return default


def _absent(contract: Contract, layout: Layout, given: set[str]) -> list[Column]:
    absent = [column for column in contract.columns if column.is_required(layout.name) and column.name not in given]
    return absent + [contract.column(group[0]) for group in layout.required_any_of if not given & set(group)]


def _refuse_collisions(
    contract: Contract, columns: Mapping[str, tuple[Cell, ...]], found: Sequence[Claim | None]
) -> None:
    for name, cells in columns.items():
        column = contract.column(name)
        shared = {place for place, claim in enumerate(found) if claim is not None and claim.is_shared}
        own = [cell for cell in cells if not cell.is_lent and cell.position not in shared]
        if len(own) > 1 and column.several_headers is None:
            headers = _shown([cell.header for cell in own])
            raise TerminalError("checks.header_twice", column=name, title=column.header, headers=headers)


def _refuse_absent(contract: Contract, layout: Layout, given: set[str], header: Sequence[str]) -> None:
    absent = _absent(contract, layout, given)
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
