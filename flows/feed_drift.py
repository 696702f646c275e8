"""Feeds that still come in time and within their bounds, and yet are no longer what they were.

Each is held against its own history, the deliveries before the newest: rows (a half of the median), columns, reasons of
quarantine and values outside a code list never met before, shares of empty cells that jump. The limits are ours, for want
of a source that sets any.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Literal

import duckdb
from pydantic import BaseModel, ConfigDict

from connectors.contract import Contract
from connectors.contract.model import LIST_KINDS, Column
from connectors.ingest.bounds import is_per_period, period_states
from connectors.source import Feed, Source
from lake.duckdb_extensions import literal
from lake.ledger import Delivery
from lake.messages import text
from lake.schema import bronze_table
from lake.storage import Storage
from lake.tables import scan

DriftKind = Literal["shrunken", "new_columns", "new_reason", "new_values", "emptier"]
HISTORY = 8
"""Deliveries (or periods) before the newest that count as its history."""
SHORTEST_HISTORY = 3
SHRUNKEN_SHARE = 0.5
REASON_JUMP = 0.05
EMPTY_JUMP = 0.2
VALUES_SHOWN, VALUE_CHARACTERS, ROWS_OF_A_VALUE = 3, 20, 5
FEWEST_ROWS = 50
"""Shares of fewer rows than this say nothing."""


class FeedDrift(BaseModel):
    """What has changed about a feed with its newest delivery; ``detail`` is a sentence in the current language."""

    model_config = ConfigDict(frozen=True)

    system_id: str
    contract_id: str
    kind: DriftKind
    detail: str
    path: str


@dataclass(frozen=True)
class _History:
    """The newest accepted delivery of a feed and those before it, oldest first."""

    newest: Delivery
    before: Sequence[Delivery]


def feed_drifts(
    storage: Storage,
    sources: Iterable[Source],
    contracts: Mapping[str, Contract],
    deliveries: Iterable[Delivery],
    now: datetime,
) -> list[FeedDrift]:
    """What has changed about each feed of ``sources`` that has history enough; only reads."""
    known = list(deliveries)
    found: list[FeedDrift] = []
    for source in sources:
        for feed in source.feeds:
            of_feed = [one for one in known if one.feed == (source.id, feed.contract) and one.status == "accepted"]
            ordered = sorted((one for one in of_feed if one.mode == feed.mode), key=lambda one: one.received_at)
            if len(ordered) <= SHORTEST_HISTORY:
                continue
            history = _History(ordered[-1], ordered[-1 - HISTORY : -1])
            found += _shrunken(source.id, feed, history, ordered, now)
            found += _new_columns(history)
            found += _new_reasons(history)
            found += _new_values(storage, contracts[feed.contract], history)
            found += _emptier(storage, contracts[feed.contract], history)
    return found


def _drift(history: _History, kind: DriftKind, **parameters: object) -> FeedDrift:
    one = history.newest
    detail = text(f"flows.drift_{kind}", **parameters)
    return FeedDrift(system_id=one.system_id, contract_id=one.contract_id, kind=kind, detail=detail, path=one.path)


def _shrunken(
    system_id: str, feed: Feed, history: _History, ordered: Sequence[Delivery], now: datetime
) -> list[FeedDrift]:
    """Of increments the last period that has ended, of anything else the newest delivery."""
    if is_per_period(feed):
        ended = [one.rows_accepted for one in period_states(system_id, feed, ordered, now) if one.state != "running"]
        rows, before = (ended[-1], ended[-1 - HISTORY : -1]) if ended else (0, [])
    else:
        rows, before = history.newest.rows_accepted, [one.rows_accepted for one in history.before]
    if len(before) < SHORTEST_HISTORY or rows >= SHRUNKEN_SHARE * median(before):
        return []
    return [_drift(history, "shrunken", rows=rows, usual=round(median(before)))]


def _new_columns(history: _History) -> list[FeedDrift]:
    met = {column for one in history.before for column in one.unknown_columns}
    fresh = [column for column in history.newest.unknown_columns if column not in met]
    return [_drift(history, "new_columns", columns=", ".join(fresh))] if fresh else []


def _new_reasons(history: _History) -> list[FeedDrift]:
    """Reasons of quarantine whose share of the rows jumps: values outside a code list are among them."""
    if history.newest.rows_read < FEWEST_ROWS:
        return []
    now, before = _reason_shares(history.newest), [_reason_shares(one) for one in history.before]
    found = []
    for reason, share in now.items():
        most = max(shares.get(reason, 0.0) for shares in before)
        if share - most >= REASON_JUMP:
            found.append(_drift(history, "new_reason", reason=reason, share=f"{share:.0%}", before=f"{most:.0%}"))
    return found


def _reason_shares(delivery: Delivery) -> dict[str, float]:
    counts = json.loads(delivery.reasons)
    rows = max(1, delivery.rows_read)
    return {reason: count / rows for reason, count in counts.items() if not reason.startswith(("layout.", "repeated"))}


def _new_values(storage: Storage, contract: Contract, history: _History) -> list[FeedDrift]:
    """Values that a code list does not have, kept with a note, and that no earlier row of the feed had."""
    columns = [column for column in contract.columns if column.kind in LIST_KINDS]
    if not columns or history.newest.records_accepted == 0:
        return []
    fresh: dict[str, dict[str, int]] = {}
    for name, value, rows in _unlisted_values(storage, history.newest, [column.name for column in columns]):
        fresh.setdefault(name, {})[value] = rows
    found = []
    for column in columns:
        if values := fresh.get(column.name):
            shown = [_shown(column, value, rows) for value, rows in values.items()][:VALUES_SHOWN]
            said = text("cli.separator").join(dict.fromkeys(shown))
            found.append(_drift(history, "new_values", column=column.header, count=len(values), values=said))
    return found


def _shown(column: Column, value: str, rows: int) -> str:
    """A value that several rows of a public column have; one alone may be a name that slipped in."""
    can_be_shown = column.sensitivity == "public" and len(value) <= VALUE_CHARACTERS and rows >= ROWS_OF_A_VALUE
    return value if can_be_shown else "…"


def _unlisted_values(storage: Storage, newest: Delivery, columns: Sequence[str]) -> list[tuple[str, str, int]]:
    """Column, value and rows of the notes ``value_not_in_list`` that only the batch of ``newest`` has, in the feed's system."""
    cell = " ".join(f'when {literal(name)} then cast("{name}" as varchar)' for name in columns)
    with duckdb.connect() as database:
        storage.duckdb_setup(database)
        table = scan(database, storage, bronze_table(newest.contract_id))
        found: list[tuple[str, str, int]] = database.execute(
            f"with noted as (select *, unnest(notes) as note from {table} where system_id = {literal(newest.system_id)}"
            " and contains(array_to_string(notes, ' '), ':value_not_in_list')),"
            f" told as (select batch_id, split_part(note, ':', 1) as name, case split_part(note, ':', 1) {cell} end as value"
            " from noted where ends_with(note, ':value_not_in_list'))"
            f" select name, value, count(*) from told where value is not null group by all having bool_and(batch_id = "
            f"{literal(newest.batch_id)}) order by count(*) desc, value"
        ).fetchall()
    return found


def _emptier(storage: Storage, contract: Contract, history: _History) -> list[FeedDrift]:
    """Columns in which the share of empty cells jumps above the highest it was."""
    shares = _empty_shares(storage, contract, [one.batch_id for one in (*history.before, history.newest)])
    newest = shares.pop(history.newest.batch_id, None)
    if newest is None or len(shares) < SHORTEST_HISTORY:
        return []
    found = []
    for name, share in newest.items():
        most = max(one[name] for one in shares.values())
        if share - most >= EMPTY_JUMP:
            title = contract.column(name).header
            found.append(_drift(history, "emptier", column=title, share=f"{share:.0%}", before=f"{most:.0%}"))
    return found


def _empty_shares(storage: Storage, contract: Contract, batches: Sequence[str]) -> dict[str, dict[str, float]]:
    """Share of empty cells by batch and column, of batches with rows enough."""
    counts = ", ".join(f'1 - count("{name}") / count(*)' for name in contract.column_names)
    wanted = ", ".join(literal(batch) for batch in batches)
    with duckdb.connect() as database:
        storage.duckdb_setup(database)
        rows = database.execute(
            f"select batch_id, {counts} from {scan(database, storage, bronze_table(contract.id))} "
            f"where batch_id in ({wanted}) group by batch_id having count(*) >= {FEWEST_ROWS}"
        ).fetchall()
    return {row[0]: dict(zip(contract.column_names, row[1:], strict=True)) for row in rows}
