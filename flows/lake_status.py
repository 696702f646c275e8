"""The state of a lake in one document: deliveries, feeds that are late or missing, the last run, the release."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from connectors.contract import load_contracts
from connectors.ingest.bounds import PeriodStatus, period_states
from connectors.source import Feed, Source, load_sources
from flows.feed_drift import FeedDrift, feed_drifts
from flows.result import RunResult, last_run
from lake import ledger
from lake.ledger import Delivery
from lake.messages import catalogue, current_language, text
from lake.schema import LEDGER_TABLE
from lake.settings import Settings
from lake.storage import Storage
from lake.tables import version
from publication.releases import read_pointer

FeedState = Literal["in_time", "late", "missing", "on_demand", "not_connected"]
TABLES_SHOWN = 3
DAYS_BETWEEN_DELIVERIES = {
    "hourly": 1 / 24,
    "daily": 1.0,
    "weekly": 7.0,
    "monthly": 31.0,
    "quarterly": 92.0,
    "yearly": 366.0,
}


class FileStatus(BaseModel):
    """One delivery: where its rows went, and why it was refused or stopped. Counts are rows; times are UTC."""

    model_config = ConfigDict(frozen=True)

    system_id: str
    contract_id: str
    path: str
    status: str
    mode: str
    format: str | None
    encoding: str | None
    layout: str | None
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_repeated: int
    rows_layout: int
    rows_refused: int
    records_accepted: int
    unknown_columns: list[str]
    reasons: dict[str, int]
    reason_code: str | None
    reason: str | None
    delivered_at: datetime
    received_at: datetime
    run_id: str


class FeedStatus(BaseModel):
    """A declared feed: when it last delivered and when the next delivery is due (both UTC)."""

    model_config = ConfigDict(frozen=True)

    system_id: str
    contract_id: str
    state: FeedState
    last_delivered_at: datetime | None
    due_at: datetime | None

    @property
    def is_due(self) -> bool:
        """Whether a delivery should have been here by now."""
        return self.state in {"late", "missing"}


class LakeStatus(BaseModel):
    """Everything ``creditlake status`` shows."""

    model_config = ConfigDict(frozen=True)

    lake: str
    files: list[FileStatus]
    feeds: list[FeedStatus]
    periods: list[PeriodStatus]
    drifts: list[FeedDrift]
    release: str | None
    last_run: RunResult | None


def lake_status(settings: Settings, storage: Storage, sources: Sequence[Path] | None = None) -> LakeStatus:
    """Read the state of the lake; writes nothing. Raises ``TerminalError`` for a wrong declaration."""
    contracts = load_contracts()
    declared = load_sources(sources or settings.sources, contracts)
    found = ledger.deliveries(storage) if version(storage, LEDGER_TABLE) is not None else []
    current = read_pointer(storage).current
    now = datetime.now(UTC)
    return LakeStatus(
        lake=storage.url(),
        files=[file_status(one) for one in sorted(found, key=lambda one: (one.received_at, one.path))],
        feeds=feed_states(declared.values(), found, now),
        periods=[
            one
            for source in declared.values()
            for feed in source.feeds
            for one in period_states(source.id, feed, _of_feed(found, source.id, feed), now)
        ],
        drifts=feed_drifts(storage, declared.values(), contracts, found, now),
        release=current.version if current else None,
        last_run=last_run(storage),
    )


def _of_feed(deliveries: Iterable[Delivery], system_id: str, feed: Feed) -> list[Delivery]:
    return [one for one in deliveries if one.feed == (system_id, feed.contract)]


def file_status(delivery: Delivery) -> FileStatus:
    """A delivery as people read it."""
    fields = {name: getattr(delivery, name) for name in FileStatus.model_fields if hasattr(delivery, name)}
    return FileStatus.model_validate(
        {**fields, "reasons": json.loads(delivery.reasons), "reason": reason_text(delivery)}
    )


def reason_text(delivery: Delivery) -> str | None:
    """Why a delivery was refused or stopped, or which tables of an accepted one were refused, in the current language."""
    if delivery.reason_code is not None:
        return _sentence(delivery.reason_code, json.loads(delivery.reason_parameters))
    tables = refused_tables(delivery)
    if not tables:
        return None
    return text(
        "ingest.tables_refused",
        tables=len(tables),
        rows=f"{sum(one.rows for one in tables):,}",
        first="\n".join(
            text("ingest.table_refused", name=one.name, rows=one.rows, reason=_sentence(one.code, one.parameters))
            for one in tables[:TABLES_SHOWN]
        ),
    )


@dataclass(frozen=True)
class RefusedTable:
    """A table of an accepted file whose rows were refused; ``name`` is its sheet, or its member of the archive, or empty."""

    name: str
    rows: int
    code: str
    parameters: Mapping[str, object]


def refused_tables(delivery: Delivery) -> list[RefusedTable]:
    """What of an accepted delivery was refused, most rows first: tables that had rows, and members that are no tables."""
    found = json.loads(delivery.reason_parameters).get("refused_tables", [])
    tables = [
        RefusedTable(
            "/".join(one[name] for name in ("member", "sheet") if name in one),
            one["rows"],
            one["code"],
            one["parameters"],
        )
        for one in found
        if one["rows"] or one.get("is_no_table")
    ]
    return sorted(tables, key=lambda one: -one.rows)


def _sentence(code: str, parameters: Mapping[str, object]) -> str:
    return text(code, **parameters) if code in catalogue(current_language()) else code


def feed_states(sources: Iterable[Source], deliveries: Iterable[Delivery], now: datetime) -> list[FeedStatus]:
    """The state of every declared feed at ``now``; a refused or stopped delivery does not count as delivered."""
    newest: dict[tuple[str, str], datetime] = {}
    for one in deliveries:
        if one.is_committed:
            newest[one.feed] = max(one.delivered_at, newest.get(one.feed, one.delivered_at))
    return [
        _feed_state(source, feed, newest.get((source.id, feed.contract)), now)
        for source in sources
        for feed in source.feeds
    ]


def _feed_state(source: Source, feed: Feed, last: datetime | None, now: datetime) -> FeedStatus:
    days = DAYS_BETWEEN_DELIVERIES.get(feed.cadence)
    due = last + timedelta(days=days + (feed.late_after_days or 0)) if last and days else None
    state: FeedState = "in_time"
    if last is None and feed in source.not_connected(os.environ):
        state = "not_connected"
    elif days is None:
        state = "on_demand"
    elif due is None:
        state = "missing"
    elif due < now:
        state = "late"
    return FeedStatus(system_id=source.id, contract_id=feed.contract, state=state, last_delivered_at=last, due_at=due)
