"""The ingest step: every new file at the ways in, in a fixed order, each exactly once."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from connectors.contract import Contract, arrow_schema, load_contracts
from connectors.ingest.bounds import is_per_period, period_of, period_states
from connectors.ingest.delivery import Workshop, rules_version, take
from connectors.ingest.discover import Candidate, Discovery, discover_drop, discover_sources
from connectors.ingest.landing import NotTakenError, landed, landing_folder
from connectors.ingest.pulls import Pull, due_pulls, take_pull
from connectors.ingest.result import IngestResult, Warned
from connectors.source import Source, load_sources
from lake import ledger
from lake.allocation import retaining_allocator
from lake.ledger import Delivery
from lake.progress import Progress, Silent
from lake.schema import QUARANTINE, QUARANTINE_TABLE, bronze_schema, bronze_table
from lake.settings import Settings
from lake.storage import Storage
from lake.tables import ensure

LEFTOVER_SECONDS = 24 * 3600


@dataclass(frozen=True)
class _Taken:
    """What became of some files and pulls: the deliveries with the candidate of each, and what could not be had."""

    deliveries: list[Delivery]
    candidates: list[Candidate]
    not_taken: list[Warned]


@dataclass(frozen=True)
class IngestPlan:
    """What lies at the ways in, in the order in which it is taken; ``known`` counts files that the ledger has.

    ``pulls`` are the feeds whose systems are to be asked; only asking shows whether they have something new. ``not_taken``
    says which servers gave no list of their files, ``not_connected`` which systems nobody has connected.
    """

    fresh: list[Candidate]
    known: int
    warnings: list[Warned]
    pulls: list[Pull] = field(default_factory=list)
    not_taken: list[Warned] = field(default_factory=list)
    not_connected: list[str] = field(default_factory=list)

    @property
    def feeds(self) -> list[tuple[str, str]]:
        """System and contract of each feed that has something new, or is to be asked for it."""
        return sorted({(one.system_id, one.contract_id) for one in self.fresh} | {one.key for one in self.pulls})


def ingest(
    settings: Settings,
    storage: Storage,
    drop: str | None = None,
    run_id: str = "",
    progress: Progress | None = None,
    sources: Iterable[Path] | None = None,
) -> IngestResult:
    """Take all new files of ``drop`` (``<system>/<contract_id>/…``), or of the declared ways in when it is None.

    ``sources`` replaces the declaration folders of the settings. A file that cannot be taken is recorded as refused and
    does not keep the others out. Raises ``TerminalError`` for a wrong drop or declaration before anything is written,
    ``TransientError`` when the lake is away or full: what was committed stays, the next run goes on.
    """
    started = datetime.now(UTC)
    planned = plan_ingest(settings, storage, drop, sources)
    taken = [take_feed(settings, storage, planned, feed, run_id, progress) for feed in planned.feeds]
    return sum_up(planned, taken, run_id, started)


def plan_ingest(
    settings: Settings, storage: Storage, drop: str | None, sources: Iterable[Path] | None = None
) -> IngestPlan:
    """Find what is new at the ways in and create missing tables; raises as ``ingest`` does."""
    contracts = load_contracts()
    declared = load_sources(settings.sources if sources is None else sources, contracts)
    discovery = _discover(settings, drop, declared, contracts)
    ledger.prepare(storage)
    earlier = ledger.deliveries(storage)
    fresh = _fresh(discovery.candidates, earlier)
    warnings = [Warned(code=notice.code, parameters=dict(notice.parameters)) for notice in discovery.notices]
    pulls = due_pulls(declared, contracts, earlier, datetime.now(UTC)) if drop is None else []
    fed = {one.contract_id for one in fresh} | {one.feed.contract for one in pulls}
    # The models of the dbt project read the tables of theirs, be there something in them or not.
    prepare_tables(storage, (one for one in contracts.values() if one.has_own_staging or one.id in fed))
    away = [Warned(code=error.code, parameters=_plain(error.params)) for error in discovery.away]
    unconnected = [one.id for one in declared.values() if one.not_connected(os.environ)] if drop is None else []
    return IngestPlan(fresh, len(discovery.candidates) - len(fresh), warnings, pulls, away, unconnected)


def take_feed(
    settings: Settings,
    storage: Storage,
    planned: IngestPlan,
    feed: tuple[str, str],
    run_id: str,
    progress: Progress | None = None,
) -> IngestResult:
    """Take what is new of one feed (system and contract); the ledger is asked again, as time may have passed."""
    started = datetime.now(UTC)
    earlier = ledger.deliveries(storage)
    candidates = [one for one in planned.fresh if (one.system_id, one.contract_id) == feed]
    fresh = _fresh(candidates, earlier)
    pulls = [one for one in planned.pulls if one.key == feed]
    taken = _Taken([], [], [])
    if fresh or pulls:
        with _workshop(settings, storage, run_id) as workshop:
            taken = _take_all(settings, workshop, fresh, pulls, earlier, progress=progress or Silent())
    period_warnings = _period_warnings(feed, taken.deliveries, taken.candidates, earlier)
    return IngestResult(
        run_id=run_id,
        started_at=started,
        ended_at=datetime.now(UTC),
        deliveries=taken.deliveries,
        known=len(candidates) - len(fresh),
        not_taken=taken.not_taken,
        warnings=[*_warnings(taken.deliveries, taken.candidates), *period_warnings],
    )


def sum_up(planned: IngestPlan, taken: Iterable[IngestResult], run_id: str, started: datetime) -> IngestResult:
    """One result of a plan and what its feeds gave."""
    results = list(taken)
    return IngestResult(
        run_id=run_id,
        started_at=started,
        ended_at=datetime.now(UTC),
        deliveries=[one for result in results for one in result.deliveries],
        known=planned.known + sum(result.known for result in results),
        not_taken=[*planned.not_taken, *(one for result in results for one in result.not_taken)],
        warnings=[*planned.warnings, *(one for result in results for one in result.warnings)],
        not_connected=planned.not_connected,
    )


def prepare_tables(storage: Storage, contracts: Iterable[Contract]) -> None:
    """Create the tables of these contracts, the quarantine and the ledger where they are missing."""
    for contract in contracts:
        ensure(storage, bronze_table(contract.id), bronze_schema(arrow_schema(contract)))
    ensure(storage, QUARANTINE_TABLE, QUARANTINE)
    ledger.prepare(storage)


def _discover(
    settings: Settings, drop: str | None, declared: Mapping[str, Source], contracts: Mapping[str, Contract]
) -> Discovery:
    if drop is not None:
        return discover_drop(settings, drop, declared, contracts)
    return discover_sources(settings, declared, contracts)


def _known(earlier: Iterable[Delivery]) -> dict[tuple[object, ...], Delivery]:
    """The newest ledger row of each file as it was seen."""
    found: dict[tuple[object, ...], Delivery] = {}
    for one in sorted(earlier, key=lambda row: row.received_at):
        found[(*one.feed, one.path, one.byte_size, one.delivered_at)] = one
    return found


def _is_known(candidate: Candidate, known: Mapping[tuple[object, ...], Delivery]) -> bool:
    """Seen before, unless it was refused or stopped by rules that have changed since."""
    found = candidate.found
    one = known.get((candidate.system_id, candidate.contract_id, candidate.path, found.size, found.modified_at))
    return one is not None and (one.is_committed or one.contract_version == rules_version(candidate))


def _fresh(candidates: Iterable[Candidate], earlier: Iterable[Delivery]) -> list[Candidate]:
    known = _known(earlier)
    return [candidate for candidate in candidates if not _is_known(candidate, known)]


@contextmanager
def _workshop(settings: Settings, storage: Storage, run_id: str) -> Iterator[Workshop]:
    _clear_leftovers(landing_folder(storage))
    with retaining_allocator(), duckdb.connect(config={"threads": settings.threads}) as database:
        storage.duckdb_setup(database)
        yield Workshop(storage, database, run_id, settings.threads)


def _take_all(
    settings: Settings,
    workshop: Workshop,
    fresh: list[Candidate],
    pulls: list[Pull],
    earlier: list[Delivery],
    *,
    progress: Progress,
) -> _Taken:
    taken = _Taken([], [], [])
    progress.start("ingest.step", len(fresh) + len(pulls))
    for number, candidate in enumerate(fresh, start=1):
        progress.advance(0, candidate.path)
        waiting = [one.found.modified_at for one in fresh[number:]]
        try:
            with landed(workshop.lake, candidate.storage, candidate.found) as copy:
                delivery = take(workshop, candidate, copy, [*earlier, *taken.deliveries], waiting)
        except NotTakenError as error:
            taken.not_taken.append(Warned(code=error.code, parameters=_plain(error.params)))
        else:
            taken.deliveries.append(delivery)
            taken.candidates.append(candidate)
        progress.advance(1, candidate.path)
    for pull in pulls:
        outcome = take_pull(settings, workshop, pull, [*earlier, *taken.deliveries], progress)
        taken.deliveries.extend(outcome.deliveries)
        taken.candidates.extend(outcome.candidates)
        if outcome.problem is not None:
            taken.not_taken.append(Warned(code=outcome.problem.code, parameters=_plain(outcome.problem.params)))
        progress.advance(1, "/".join(pull.key))
    progress.done()
    return taken


def _plain(parameters: Mapping[str, object]) -> dict[str, object]:
    return {name: str(value) for name, value in parameters.items()}


def _warnings(deliveries: list[Delivery], fresh: list[Candidate]) -> list[Warned]:
    found: list[Warned] = []
    for delivery, candidate in zip(deliveries, fresh, strict=True):
        place = {"system": delivery.system_id, "contract": delivery.contract_id, "path": delivery.path}
        if delivery.unknown_columns and delivery.status != "repeated":
            columns = ", ".join(delivery.unknown_columns)
            found.append(Warned(code="ingest.unknown_columns", parameters={**place, "columns": columns}))
        bounds = candidate.feed.bounds
        is_judged = delivery.mode != "correction" and not is_per_period(candidate.feed)
        if is_judged and delivery.rows_accepted > bounds.maximum:
            counts = {"accepted": delivery.rows_accepted, "maximum": bounds.maximum}
            found.append(Warned(code="ingest.above_maximum", parameters={**place, **counts}))
    return found


def _period_warnings(
    feed: tuple[str, str], deliveries: list[Delivery], fresh: list[Candidate], earlier: list[Delivery]
) -> list[Warned]:
    """Periods that these deliveries lifted above the maximum, and the last ended one if it stayed below the minimum."""
    if not any(delivery.is_committed for delivery in deliveries):
        return []
    declared = fresh[0].feed
    of_feed = [one for one in [*earlier, *deliveries] if one.feed == feed]
    states = period_states(feed[0], declared, of_feed, datetime.now(UTC))
    touched = {period_of(one.delivered_at, declared.bounds.period) for one in deliveries if one.rows_accepted}
    found = [one for one in states if one.state == "above" and one.period in touched]
    found += [one for one in [one for one in states if one.state in {"below", "within"}][-1:] if one.state == "below"]
    return [Warned(code=f"ingest.period_{one.state}", parameters=one.model_dump(exclude={"state"})) for one in found]


def _clear_leftovers(folder: Path) -> None:
    """Remove what a killed run left; a day old, so that nobody works on it any more."""
    for entry in folder.iterdir():
        try:
            if time.time() - entry.stat().st_mtime > LEFTOVER_SECONDS:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink(missing_ok=True)
        except FileNotFoundError:
            continue
