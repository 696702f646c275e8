"""Gathering a report to a department from the ledger, the quarantine and, once it is built, the warehouse.

What a department reads here may be passed on: no row as it came, no value of a column that is not public, no text of a file.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import duckdb

from connectors.contract import Contract, load_contracts
from connectors.contract.model import Column
from connectors.quarantine.open_rows import OpenCount, Reason, open_counts
from connectors.source import Source, load_sources
from flows.lake_status import TABLES_SHOWN, FeedStatus, RefusedTable, feed_states, refused_tables
from flows.source_report.model import FeedTotals, FileNotTaken, Fix, OpenReason, QuarantineReason, SourceReport
from lake import ledger
from lake.errors import TerminalError
from lake.ledger import Delivery
from lake.messages import catalogue, current_language, text
from lake.schema import LEDGER_TABLE
from lake.settings import TIME_ZONE, Settings
from lake.storage import Storage
from lake.tables import scan, version
from publication.policy import load as load_policy
from publication.timeliness import DEADLINE, Timeliness, measure
from transforms.profile import warehouse_file
from transforms.warehouse import open_warehouse

HIDDEN = "…"
_COUNTS = ("rows_read", "rows_accepted", "rows_quarantined", "rows_repeated", "rows_layout", "rows_refused")
_FROM_CONTRACT = frozenset({"title", "other", "values", "columns", "allowed"})
"""Parameters of a row's reason that hold words of the contract, never of the row."""
_FROM_FILE = frozenset({"found", "nearest", "headers", "header", "value", "detail", "seen"})
"""Parameters of a file's reason that may hold text of the file: a file without header has a row in its place."""
_DATED = frozenset({"date", "date_until", "timestamp", "amount"})
_LISTED = frozenset({"code_list", "code_list_several"})
_EXAMPLE_ROWS = 5
"""Of columns that are no names, numbers or running text a value is shown. A word must stand in so many rows: one that does is no
name that slipped into the column; digits must be too few for the number of a person, a telephone or a card."""
_LONG_NUMBER = re.compile(r"[0-9]{9}")
_EXAMPLE_CHARACTERS = 20


def source_reports(
    settings: Settings, storage: Storage, system_id: str | None = None, sources: Sequence[Path] | None = None
) -> list[SourceReport]:
    """The report of ``system_id``, or of every system that has delivered or is due. Writes nothing.

    Raises ``TerminalError`` for a system that is not declared.
    """
    contracts = load_contracts()
    declared = load_sources(sources or settings.sources, contracts)
    if system_id is not None and system_id not in declared:
        raise TerminalError("cli.source_unknown", system=system_id, known=", ".join(declared) or "-")
    found = ledger.deliveries(storage) if version(storage, LEDGER_TABLE) is not None else []
    now = datetime.now(UTC)
    states = feed_states(declared.values(), found, now)
    delivered = {one.system_id for one in found}
    due = {one.system_id for one in states if one.is_due and declared[one.system_id].way_in is not None}
    chosen = [system_id] if system_id else [one for one in declared if one in delivered | due]
    waiting, late = open_counts(storage), _timeliness(settings, storage) if found else None
    policy = next(row for row in load_policy()["policy_deadline"] if row["rule_id"] == DEADLINE)
    return [
        _report(
            declared[one],
            contracts,
            found=[delivery for delivery in found if delivery.system_id == one],
            states={state.contract_id: state for state in states if state.system_id == one},
            waiting=[count for count in waiting if count.system_id == one],
            late=None if late is None else [row for row in late if row.system_id == one],
            deadline=f"{policy['text']}（{DEADLINE}）",
            now=now,
        )
        for one in chosen
    ]


def _timeliness(settings: Settings, storage: Storage) -> list[Timeliness] | None:
    if not warehouse_file(settings).exists():
        return None
    try:
        with open_warehouse(settings, storage) as connection:
            return measure(connection, scan(connection, storage, LEDGER_TABLE), load_policy())
    except duckdb.CatalogException:  # a build that did not get to these tables
        return None


def _report(
    source: Source,
    contracts: Mapping[str, Contract],
    *,
    found: list[Delivery],
    states: Mapping[str, FeedStatus],
    waiting: list[OpenCount],
    late: list[Timeliness] | None,
    deadline: str,
    now: datetime,
) -> SourceReport:
    feeds = _feeds(contracts, found, states, waiting)
    not_taken = [*_not_taken(contracts, found), *_tables_not_taken(contracts, found)]
    reasons = [_open_reason(contracts[one.contract_id], one) for one in waiting if one.contract_id in contracts]
    reasons.sort(key=lambda one: (-one.rows, one.contract_id, one.column or "", one.reason_code))
    english = source.name_english if current_language() == "en" else None
    return SourceReport(
        system_id=source.id,
        name=english or source.name,
        department=source.department,
        made_at=now,
        feeds=feeds,
        quarantined=_quarantined(contracts, found),
        open_reasons=reasons,
        not_taken=not_taken,
        timeliness=late,
        deadline=deadline,
        to_fix=_to_fix(feeds, reasons, not_taken, late or [], contracts),
    )


def _title(contracts: Mapping[str, Contract], contract_id: str) -> str:
    return contracts[contract_id].title if contract_id in contracts else contract_id


def _feeds(
    contracts: Mapping[str, Contract],
    found: list[Delivery],
    states: Mapping[str, FeedStatus],
    waiting: list[OpenCount],
) -> list[FeedTotals]:
    totals = []
    for contract_id in dict.fromkeys([*states, *(one.contract_id for one in found)]):
        of_feed = [one for one in found if one.contract_id == contract_id]
        state = states.get(contract_id)
        totals.append(
            FeedTotals(
                contract_id=contract_id,
                title=_title(contracts, contract_id),
                files=len(of_feed),
                files_not_taken=sum(not one.is_committed for one in of_feed),
                **{name: sum(getattr(one, name) for one in of_feed) for name in _COUNTS},
                rows_open=sum(one.rows for one in waiting if one.contract_id == contract_id),
                state=state.state if state else None,
                last_delivered_at=state.last_delivered_at if state else None,
                due_at=state.due_at if state else None,
            )
        )
    return totals


def _quarantined(contracts: Mapping[str, Contract], found: list[Delivery]) -> list[QuarantineReason]:
    """The ledger's reasons of every fate but accepted, less those of repeated, layout and refused rows."""
    counts: Counter[tuple[str, str]] = Counter()
    for one in found:
        reasons = json.loads(one.reasons).items()
        counts.update(
            {(one.contract_id, code): rows for code, rows in reasons if "." not in code and "repeated_" not in code}
        )
    return [
        QuarantineReason(
            contract_id=contract,
            title=_title(contracts, contract),
            reason_code=code,
            reason=Reason(None, code, _nothing_said()).sentence(),
            rows=rows,
        )
        for (contract, code), rows in counts.most_common()
    ]


def _nothing_said() -> dict[str, Any]:
    """Every parameter that a message may ask for, left out."""
    messages = catalogue(current_language()).values()
    return {name: HIDDEN for message in messages for _, name, _, _ in Formatter().parse(message) if name}


def _open_reason(contract: Contract, count: OpenCount) -> OpenReason:
    """The reason in words, with the row's own values left out; one value apart where the column may be shown."""
    known = {column.name: column for column in contract.columns}
    column = known.get(count.column_name or "")
    said = {
        name: value if name in _FROM_CONTRACT or isinstance(value, int | float) else HIDDEN
        for name, value in count.reason_parameters.items()
    }
    return OpenReason(
        contract_id=contract.id,
        title=contract.title,
        column=(column.name if current_language() == "en" else column.header) if column else None,
        reason_code=count.reason_code,
        reason=Reason(count.column_name, count.reason_code, said).sentence(),
        rows=count.rows,
        example=_example(column, count),
    )


def _example(column: Column | None, count: OpenCount) -> str | None:
    value = str(count.reason_parameters.get("value") or "")
    if column is None or column.sensitivity != "public" or column.kind not in _DATED | _LISTED:
        return None
    if not 0 < len(value) <= _EXAMPLE_CHARACTERS or _LONG_NUMBER.search(value):
        return None
    is_plain = column.kind in _DATED and any(mark.isdigit() for mark in value)
    return value if is_plain or count.rows_alike >= _EXAMPLE_ROWS else None


def _not_taken(contracts: Mapping[str, Contract], found: list[Delivery]) -> list[FileNotTaken]:
    taken: dict[tuple[str, str], datetime] = {}
    for one in found:
        if one.is_committed:
            place = (one.contract_id, one.path)
            taken[place] = max(one.received_at, taken.get(place, one.received_at))
    return [
        FileNotTaken(
            contract_id=one.contract_id,
            title=_title(contracts, one.contract_id),
            path=one.path,
            status=one.status,
            reason=_file_reason(one.reason_code or "", json.loads(one.reason_parameters)),
            rows=one.rows_read,
            received_at=one.received_at,
            is_settled=taken.get((one.contract_id, one.path), one.received_at) > one.received_at,
        )
        for one in sorted(found, key=lambda one: (one.received_at, one.path), reverse=True)
        if not one.is_committed
    ]


def _tables_not_taken(contracts: Mapping[str, Contract], found: list[Delivery]) -> list[FileNotTaken]:
    """Tables that were refused of files otherwise taken, those of a file for one reason together."""
    alike: dict[tuple[str, str], list[RefusedTable]] = {}
    newest = {
        (one.contract_id, one.path): one for one in sorted(found, key=lambda one: one.received_at) if one.is_committed
    }
    for one in newest.values():
        for table in refused_tables(one):
            if table.code == "readers.member_unsupported_content":
                continue  # a letter beside the data is nothing to put right
            alike.setdefault((one.delivery_id, table.code), []).append(table)
    files = {one.delivery_id: one for one in newest.values()}
    return [
        FileNotTaken(
            contract_id=files[delivery].contract_id,
            title=_title(contracts, files[delivery].contract_id),
            path=text("department.tables_of", path=files[delivery].path, tables=_names(tables)),
            status="refused",
            reason=_file_reason(code, tables[0].parameters),
            rows=sum(table.rows for table in tables),
            received_at=files[delivery].received_at,
            is_settled=False,
        )
        for (delivery, code), tables in alike.items()
    ]


def _names(tables: Sequence[RefusedTable]) -> str:
    names = [one.name for one in tables if one.name][:TABLES_SHOWN]
    counted = [] if len(names) == len(tables) else [text("department.tables", count=len(tables))]
    return text("cli.separator").join([*names, *counted])


def _file_reason(code: str, parameters: Mapping[str, Any]) -> str:
    said = {name: HIDDEN if name in _FROM_FILE else value for name, value in parameters.items()}
    return text(code, **said) if code in catalogue(current_language()) else code


def _to_fix(
    feeds: Iterable[FeedTotals],
    reasons: Iterable[OpenReason],
    not_taken: Iterable[FileNotTaken],
    late: Iterable[Timeliness],
    contracts: Mapping[str, Contract],
) -> list[Fix]:
    """Most rows first; files and feeds whose rows nobody can count yet come before them: all of theirs are missing."""
    fixes = [
        Fix(kind="file", rows=one.rows or None, what=text("department.fix_file", path=one.path, reason=one.reason))
        for one in not_taken
        if not one.is_settled
    ]
    fixes += [
        Fix(
            kind="feed_late", rows=None, what=text(f"department.fix_{one.state}", title=one.title, due=_day(one.due_at))
        )
        for one in feeds
        if one.is_due
    ]
    fixes += [
        Fix(kind="rows", rows=one.rows, what=text("department.fix_rows", title=one.title, reason=one.reason))
        for one in reasons
    ]
    fixes += [
        Fix(kind="records_late", rows=one.late,
            what=text("department.fix_records_late", title=_title(contracts, one.contract_id), records=one.records))
        for one in late
        if one.late
    ]  # fmt: skip
    return sorted(fixes, key=lambda one: (one.rows is not None, -(one.rows or 0)))


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(TIME_ZONE):%Y-%m-%d}" if moment else "-"
