"""What a file seems to hold: its record type by what its headers and values mean, each column with its grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from connectors.checks.headers import ROW_NUMBER_HEADERS
from connectors.checks.meaning.claims import Claim, claims, known_headers
from connectors.checks.meaning.evidence import confirms
from connectors.checks.meaning.settle import Doubt, settle
from connectors.checks.meaning.values import SAMPLE_ROWS, Profile, profile_of
from connectors.contract.header_key import header_key
from connectors.contract.model import Contract
from connectors.readers import ReaderHints, SourceTable, TextBatch, open_tables
from lake.errors import TerminalError

GRADES = {"pin": 3, "alias": 3, "wording": 2, "numbered": 2, "neighbour": 2, "values": 1, "weak": 1, "similar": 1}
# A record type is told when at least this share of the headers means something in it.
UNDERSTOOD_SHARE = 0.4
RUNNERS_UP = 3
SAMPLE_VALUES = 3


@dataclass(frozen=True)
class ColumnDraft:
    """One header: the columns it feeds (none: not mapped), how sure that is (3 sure, 2 likely, 1 look closely, 0 open),
    why (a claim's source, or a doubt's reason), what it might be, and some values."""

    header: str
    columns: tuple[str, ...]
    grade: int
    reason: str
    suspected: str | None
    profile: Profile
    is_row_number: bool = False


@dataclass(frozen=True)
class TableDraft:
    """One table of the file: ``sheet`` where it has a name, its data rows, and its columns read by ``contract``."""

    contract: Contract
    sheet: str | None
    rows: int
    columns: tuple[ColumnDraft, ...]
    missing: tuple[str, ...]
    runners_up: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Draft:
    """A proposed declaration: file name, kind of its tables and the tables that could be understood."""

    file_name: str
    format: str
    tables: tuple[TableDraft, ...]
    left_out: tuple[str, ...]


def propose(file: Path, contracts: Mapping[str, Contract], contract_id: str | None = None) -> Draft:
    """Read ``file`` and say what it holds; ``contract_id`` names the record type where that is known.

    Raises ``TerminalError``: ``propose.contract_unknown``, ``propose.record_type_unknown`` (with the nearest record types),
    and what reading the file raises.
    """
    if contract_id is not None and contract_id not in contracts:
        raise TerminalError("propose.contract_unknown", contract=contract_id, known=", ".join(contracts))
    known = frozenset(text for contract in contracts.values() for text in known_headers(contract))
    candidates = [contracts[contract_id]] if contract_id else list(contracts.values())
    tables, left_out, formats, nearest, headers = [], [], set(), "", ""
    told: dict[tuple[str, ...], Contract] = {}
    for table in open_tables(file, file.name, ReaderHints(known_headers=known)):
        formats.add(table.facts.format)
        if table.facts.is_hidden or table.problem is not None:
            left_out.append(table.facts.sheet or table.facts.member or file.name)
            continue
        rows, sample = _first_rows(table)
        again = told.get(table.header)
        best = _best([again] if again else candidates, table, rows, sample)
        told[table.header] = best.contract
        if contract_id is None and best.runners_up[0][1] < UNDERSTOOD_SHARE:
            nearest = nearest or ", ".join(name for name, _ in best.runners_up)
            headers = headers or ", ".join(f"“{text}”" for text in table.header)
            left_out.append(table.facts.sheet or file.name)
            continue
        tables.append(best)
    if not tables:
        raise TerminalError("propose.record_type_unknown", file=file.name, headers=headers, nearest=nearest)
    return Draft(file.name, "/".join(sorted(formats)), tuple(tables), tuple(left_out))


def _first_rows(table: SourceTable) -> tuple[int, list[pa.Array]]:
    """The table's data rows, counted, and cells of up to ``SAMPLE_ROWS`` of its first batch that has any."""
    rows, sample = 0, [pa.array([], pa.string()) for _ in table.header]
    for batch in table.batches():
        if rows == 0 and batch.columns.num_rows:
            sample = few_cells(batch)
        rows += batch.columns.num_rows
    return rows, sample


def few_cells(batch: TextBatch) -> list[pa.Array]:
    """Some cells of each column, on the same rows, spread over the batch."""
    step = max(1, batch.columns.num_rows // SAMPLE_ROWS)
    places = pa.array(range(0, batch.columns.num_rows, step)[:SAMPLE_ROWS], pa.int64())
    return list(batch.columns.take(places).columns)


def _best(candidates: Sequence[Contract], table: SourceTable, rows: int, sample: list[pa.Array]) -> TableDraft:
    ranked: list[tuple[float, Contract, list[Claim | None], tuple[Doubt, ...], tuple[str, ...]]] = []
    for contract in candidates:
        settled = settle(contract, table.header, claims(contract, table.header), sample, is_lenient=True)
        found = list(settled.claims)
        given = {name for claim in found if claim for name, _ in claim.feeds}
        missing = _missing(contract, given)
        ranked.append((_score(contract, table.header, found, missing), contract, found, settled.doubts, missing))
    ranked.sort(key=lambda one: -one[0])
    _, contract, found, doubts, missing = ranked[0]
    columns = tuple(
        _column(contract, place, text, found, doubts, sample[place]) for place, text in enumerate(table.header)
    )
    runners_up = tuple((one[1].id, round(one[0], 2)) for one in ranked[:RUNNERS_UP])
    sheet = table.facts.sheet if table.facts.format == "workbook" else None
    return TableDraft(contract, sheet, rows, columns, missing, runners_up)


def _score(contract: Contract, header: Sequence[str], found: Iterable[Claim | None], missing: tuple[str, ...]) -> float:
    """The share of the headers that are understood, less what a record of this type cannot do without."""
    named = [text for text in header if header_key(text) not in ROW_NUMBER_HEADERS]
    understood = sum(GRADES[claim.source] / GRADES["alias"] for claim in found if claim is not None)
    needed = sum(bool(column.required_in) for column in contract.columns) or 1
    return understood / max(1, len(named)) - 0.5 * len(missing) / needed


def _missing(contract: Contract, given: set[str]) -> tuple[str, ...]:
    """Columns without which no layout of the contract is read: of the layout that lacks least."""
    lacking = []
    for layout in contract.layouts:
        names = [c.name for c in contract.columns if c.is_required(layout.name) and c.name not in given]
        names += [group[0] for group in layout.required_any_of if not given & set(group)]
        lacking.append(tuple(names))
    return min(lacking, key=len)


def _column(
    contract: Contract,
    place: int,
    header: str,
    found: Sequence[Claim | None],
    doubts: Iterable[Doubt],
    cells: pa.Array,
) -> ColumnDraft:
    profile = profile_of(cells, frozenset())
    claim = found[place]
    if claim is not None:
        grade = GRADES[claim.source]
        if grade > 1 and confirms(contract.column(claim.column), profile):
            grade = max(grade, GRADES["alias"])
        return ColumnDraft(header, tuple(name for name, _ in claim.feeds), grade, claim.source, None, profile)
    doubt = next((one for one in doubts if one.position == place), None)
    reason = doubt.reason if doubt else "unknown"
    is_row_number = bool(header.strip()) and header_key(header) in ROW_NUMBER_HEADERS
    return ColumnDraft(header, (), 0, reason, doubt.column if doubt else None, profile, is_row_number)
