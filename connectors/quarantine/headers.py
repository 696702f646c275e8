"""The headers of a workbook that goes back: the contract's Chinese ones, as long as they read the same way."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.checks.headers import HeaderMatch, match_header
from connectors.contract import Contract
from lake.errors import TerminalError


@dataclass(frozen=True)
class Sheet:
    """Headers as they were sent, the titles they get, and the column that each feeds (None: unknown)."""

    headers: tuple[str, ...]
    titles: tuple[str, ...]
    columns: tuple[str | None, ...]

    def positions(self, column: str | None) -> list[int]:
        """Where a column's cells are; nowhere for a reason that is about the whole row."""
        return [position for position, name in enumerate(self.columns) if column is not None and name == column]


def sheet_for(contract: Contract, headers: tuple[str, ...]) -> Sheet:
    """The sheet for rows sent under ``headers``; rows without cells get all columns of the contract to fill in."""
    if not headers:
        names = contract.column_names
        return Sheet((), tuple(column.header for column in contract.columns), tuple(names))
    try:
        match = match_header(contract, headers)
    except TerminalError:
        return Sheet(headers, headers, (None,) * len(headers))
    columns = _columns(match, len(headers))
    renamed = tuple(_title(contract, match, position, columns) for position in range(len(headers)))
    titles = renamed if _reads_alike(contract, match, renamed) else headers
    return Sheet(headers, titles, columns)


def _columns(match: HeaderMatch, count: int) -> tuple[str | None, ...]:
    by_position = {cell.position: name for name, cells in match.columns.items() for cell in cells if not cell.is_lent}
    return tuple(by_position.get(position) for position in range(count))


def _title(contract: Contract, match: HeaderMatch, position: int, columns: tuple[str | None, ...]) -> str:
    name = columns[position]
    if name is None or len(match.columns[name]) > 1:
        return match.header[position]
    cell = match.columns[name][0]
    if cell.unit is not None or cell.note is not None or cell.take is not None:
        return match.header[position]
    return contract.column(name).header


def _reads_alike(contract: Contract, match: HeaderMatch, titles: tuple[str, ...]) -> bool:
    """A header can tell the layout, and with it the unit of an amount: a title that loses that must not be used."""
    try:
        again = match_header(contract, titles)
    except TerminalError:
        return False
    same_columns = _columns(again, len(titles)) == _columns(match, len(titles))
    return again.layout.name == match.layout.name and same_columns
