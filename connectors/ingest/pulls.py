"""Feeds that are pulled from services and databases: which are due, and their parts brought in like dropped files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import file_digest

from filelock import FileLock, Timeout

from connectors.contract import Contract
from connectors.ingest.bounds import period_of
from connectors.ingest.delivery import Pulled, Workshop, rules_version, take
from connectors.ingest.discover import Candidate
from connectors.ingest.landing import Landed, NotTakenError, original_path
from connectors.source import Feed, Period, Source
from connectors.transports.declaration import DatabaseWay, HttpWay
from connectors.transports.errors import NotAcknowledgedError, SystemAwayError, SystemRefusedError
from connectors.transports.pulling import Assignment, Part, Spool, state_of
from lake import ledger
from lake.errors import CreditlakeError
from lake.ledger import Delivery
from lake.progress import Progress
from lake.settings import Settings
from lake.storage import ObjectInfo, Storage

_PERIODS: dict[str, Period] = {
    "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year",
}  # fmt: skip


@dataclass(frozen=True)
class Pull:
    """A feed to be pulled, and the systems that were found to be away in this run, each with the error that said so.

    A system that is away is left alone for the rest of the run: its circuit is open.
    """

    source: Source
    feed: Feed
    contract: Contract
    away: dict[str, CreditlakeError] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """System and contract."""
        return self.source.id, self.feed.contract


@dataclass
class PullOutcome:
    """What a pull brought: deliveries with the candidate of each, and why it stopped early, if it did."""

    deliveries: list[Delivery] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    problem: CreditlakeError | None = None


def due_pulls(
    sources: Mapping[str, Source], contracts: Mapping[str, Contract], earlier: Iterable[Delivery], moment: datetime
) -> list[Pull]:
    """The feeds to be pulled now: increments always, a full refresh once in each period of its cadence.

    One that is not connected is left out, unless it has been pulled before: then its variables got lost, and asking tells.
    """
    known, away = list(earlier), dict[str, CreditlakeError]()
    found: list[Pull] = []
    for source in sources.values():
        for feed in source.feeds:
            if not is_pulled(source, feed) or not _is_due(source, feed, known, moment):
                continue
            if source.is_connected(feed, os.environ) or ledger.pulled(known, (source.id, feed.contract)):
                found.append(Pull(source, feed, contracts[feed.contract], away))
    return sorted(found, key=lambda one: one.key)


def is_pulled(source: Source, feed: Feed) -> bool:
    """Whether a feed comes from a service or a database."""
    return isinstance(source.way(feed), HttpWay | DatabaseWay)


def _is_due(source: Source, feed: Feed, known: list[Delivery], moment: datetime) -> bool:
    if feed.mode != "full_refresh" or feed.cadence == "on_demand":
        return True
    chain = ledger.pulled(known, (source.id, feed.contract))
    if not chain or state_of(chain[-1]).position is not None:
        return True
    last = chain[-1].delivered_at
    if feed.cadence == "hourly":
        return moment.replace(minute=0, second=0, microsecond=0) > last
    period = _PERIODS[feed.cadence]
    return period_of(last, period) < period_of(moment, period)


def take_pull(
    settings: Settings, workshop: Workshop, pull: Pull, earlier: list[Delivery], shown: Progress
) -> PullOutcome:
    """Bring in what is new of a pulled feed, part by part; ``earlier`` are the ledger's rows.

    What goes wrong on the other side is in the outcome; raises ``TransientError`` when the lake is away or full.
    """
    outcome = PullOutcome()
    system = pull.source.id
    if system in pull.away:
        named = {"system": system, "contract": pull.feed.contract, "problem": pull.away[system]}
        outcome.problem = SystemAwayError("transports.system_away", **named)
        return outcome
    folder = settings.work_dir / "pulls" / f"{system}.{pull.feed.contract}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    task = Assignment(
        source=pull.source,
        feed=pull.feed,
        earlier=ledger.pulled(earlier, pull.key),
        folder=folder,
        environment=os.environ,
        original=lambda digest: workshop.lake.open(original_path(digest)),
        shown=shown,
    )
    try:
        with FileLock(folder.with_suffix(".lock"), timeout=0):
            _take_parts(workshop, pull, task, earlier, outcome)
            _acknowledge(pull, task)
    except Timeout:
        outcome.problem = NotTakenError("ingest.pull_running", **task.named())
    except (SystemAwayError, SystemRefusedError, NotTakenError, NotAcknowledgedError) as error:
        outcome.problem = error
        if isinstance(error, SystemAwayError):
            pull.away[system] = error
    return outcome


def _take_parts(
    workshop: Workshop, pull: Pull, task: Assignment, earlier: list[Delivery], outcome: PullOutcome
) -> None:
    for part in _parts(pull, task):
        candidate = _candidate(workshop.lake, pull, task, part)
        copy = _landed(part)
        known = _refused_before(candidate, copy, earlier)
        pulled = Pulled(task.follows, part.state.model_dump_json())
        delivery = known or take(workshop, candidate, copy, [*earlier, *outcome.deliveries], pulled=pulled)
        outcome.deliveries.append(delivery)
        outcome.candidates.append(candidate)
        if not delivery.is_committed:
            Spool(task.folder).discard()  # the next run asks again: the system may have mended it
            return
        task.earlier.append(delivery)


def _acknowledge(pull: Pull, task: Assignment) -> None:
    """Tell a database that asks for it what has been committed, now or in runs that could not tell it."""
    way, table = pull.source.way(pull.feed), pull.feed.table
    if isinstance(way, DatabaseWay) and table is not None and table.acknowledge is not None:
        from connectors.transports.acknowledging import acknowledge

        acknowledge(way, table, task)


def _parts(pull: Pull, task: Assignment) -> Iterator[Part]:
    """The transport of the feed's way in; its libraries take a while to load, and few runs need them."""
    way, feed = pull.source.way(pull.feed), pull.feed
    if isinstance(way, HttpWay) and feed.request is not None:
        from connectors.transports import http_pull

        return http_pull.pull(way, feed.request, task)
    assert isinstance(way, DatabaseWay)
    assert feed.table is not None
    from connectors.transports import database_pull

    return database_pull.pull(way, feed.table, task)


def _candidate(lake: Storage, pull: Pull, task: Assignment, part: Part) -> Candidate:
    """A pulled part as a file that lies at a way in, named by when its pull began and which part of it it is."""
    began = part.state.started_at
    number = sum(state_of(one).started_at == began for one in task.earlier) + 1
    name = f"{pull.source.id}/{pull.feed.contract}/{began.astimezone(UTC):%Y%m%dT%H%M%SZ}-{number}{part.suffix}"
    found = ObjectInfo(name, part.file.stat().st_size, began, "")
    return Candidate(pull.source.id, pull.source.department, pull.feed, pull.contract, lake, found)


def _landed(part: Part) -> Landed:
    with part.file.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    return Landed(part.file, digest, part.file.stat().st_size)


def _refused_before(candidate: Candidate, copy: Landed, earlier: list[Delivery]) -> Delivery | None:
    """The ledger row that refused or stopped the same bytes under the same rules, so that it is not noted every hour."""
    rules = rules_version(candidate)
    of_feed = [one for one in earlier if one.feed == (candidate.system_id, candidate.contract_id)]
    same = [one for one in of_feed if one.source_digest == copy.digest and one.contract_version == rules]
    return same[-1] if same and not any(one.is_committed for one in same) else None
