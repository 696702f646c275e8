"""A run and its steps: each calls one room, holds the lock it needs and keeps what the room returned."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel

from flows.locks import exclusively
from flows.result import LinkShare, RunResult, StepName, StepRecord, new_run, write_result
from lake.errors import TerminalError
from lake.full_disk import full_disk_said
from lake.interruption import end_if_asked, was_asked
from lake.messages import text
from lake.progress import Progress, Silent
from lake.schema import LEDGER_TABLE
from lake.settings import Settings
from lake.storage import Storage, open_storage
from lake.tables import version

if TYPE_CHECKING:
    from connectors.ingest import IngestPlan, IngestResult
    from connectors.ingest.discover import Candidate
    from publication.manifest import Approver
    from publication.withdrawal import End

TABLES_LOCK = "tables"
STEPS: tuple[StepName, ...] = ("ingest", "read", "build", "export", "check", "publish")


class _Counting:
    """Counts the pieces of steps within a step on the outer one, which alone is shown."""

    def __init__(self, outer: Progress) -> None:
        self._outer = outer

    def start(self, step: str, total: int | None = None) -> None:
        """Do nothing: the outer step has started."""

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Count on the outer step."""
        self._outer.advance(amount, detail)

    def done(self) -> None:
        """Do nothing: the outer step goes on."""


def _silent(_: str) -> None:
    """Where nobody listens."""


@dataclass
class Job:
    """What a run works on.

    ``drop`` is a folder or an S3 prefix; without it files come from the declared ways in. ``accept`` are ids of failed
    checks that someone answers for; ``only`` says which of the found files are wanted. ``shared_server`` is true where
    other machines' runs are known to the same Prefect server.
    """

    settings: Settings
    storage: Storage
    run: RunResult
    drop: str | None = None
    progress: Progress = field(default_factory=Silent)
    accept: tuple[str, ...] = ()
    approver: Approver | None = None
    content_of: str | None = None
    lifts: tuple[str, ...] = ()
    note: Callable[[str], None] = _silent
    only: Callable[[Candidate], bool] | None = None
    shared_server: bool = False
    stopped: bool = False
    at_step: str | None = None
    _taken: list[IngestResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._plan: IngestPlan
        self._ingest_started: datetime

    def waiting(self, lock: str) -> None:
        """Tell that another process holds ``lock``."""
        self.note(text("flows.waiting_for_lock", lock=lock))

    def ingest(self) -> None:
        """Take every delivery in, feed by feed, one after the other."""
        self.plan_ingest()
        for system_id, contract_id in self.feeds():
            self.take_feed(system_id, contract_id)
        self.end_ingest()

    def plan_ingest(self) -> None:
        """Find what is new at the ways in."""
        from connectors.ingest import plan_ingest

        self.at_step = "ingest"
        self._ingest_started = datetime.now(UTC)
        plan = plan_ingest(self.settings, self.storage, self.drop)
        self._plan = replace(plan, fresh=[one for one in plan.fresh if self.only(one)], pulls=[]) if self.only else plan
        self.progress.start("flows.step_ingest", len(self._plan.fresh) + len(self._plan.pulls))

    def feeds(self) -> list[tuple[str, str]]:
        """System and contract of the feeds that have something new."""
        return self._plan.feeds

    def take_feed(self, system_id: str, contract_id: str) -> None:
        """Take in what is new of a feed, while no other run on this machine takes the same feed."""
        from connectors.ingest import take_feed

        end_if_asked()
        with exclusively(self.settings, f"{system_id}.{contract_id}", self.waiting):
            feed, counting = (system_id, contract_id), _Counting(self.progress)
            taken = take_feed(self.settings, self.storage, self._plan, feed, self.run.run_id, counting)
        self._taken.append(taken)

    def end_ingest(self) -> None:
        """Sum up what the feeds gave; what was refused, stopped or could not be read makes the run one with refusals."""
        from connectors.ingest import sum_up

        self.progress.done()
        result = sum_up(self._plan, self._taken, self.run.run_id, self._ingest_started)
        refused = any(delivery.status in {"refused", "stopped"} for delivery in result.deliveries)
        seconds = (result.ended_at - result.started_at).total_seconds()
        self.keep("ingest", seconds, result, refused or bool(result.not_taken))

    def read(self) -> None:
        """Read names and codes of the records that have not been read."""
        from linkage import companion

        self.call("read", lambda: companion.update(self.settings, self.storage, self.run.run_id, self.progress))

    def build(self) -> None:
        """Build the warehouse's tables."""
        from transforms import build

        # What a publisher that died after its release could not note is noted before anything rests on it.
        self.note_first_publications()
        self.call("build", lambda: build(self.settings, self.storage, self.run.run_id))
        self.run.links = link_shares(self.settings, self.storage)

    def export(self) -> None:
        """Bring the Delta copies up to the warehouse."""
        from transforms import export

        self.call("export", lambda: export(self.settings, self.storage, self.run.run_id))

    def check(self) -> None:
        """Judge the tables; a blocked release keeps ``publish`` from running."""
        from expectations import check

        self.call("check", lambda: check(self.settings, self.storage, self.run.run_id, self.progress, self.accept))
        self.stopped = self.run.steps[-1].refused

    def publish(self) -> None:
        """Release the tables, unless a check blocks it; then the current release stays and the run says why."""
        if self.stopped:
            return
        from flows.publishing import publish_editions

        publish_editions(self)

    def withdraw(self, ends: Sequence[End]) -> None:
        """Publish the current releases without some records."""
        from flows.publishing import withdraw_from_editions

        self.at_step = "publish"
        withdraw_from_editions(self, ends)

    def take_down_ended(self) -> None:
        """After an ingest that no release follows: withdraw what was delivered as ended and must not wait for the next run."""
        from flows.publishing import take_down_ended

        take_down_ended(self)

    def note_first_publications(self) -> None:
        """Note which records a release was the first to show."""
        from publication.first_shown import note_first_publications
        from transforms.profile import warehouse_file

        note_first_publications(self.storage, warehouse_file(self.settings))

    def do(self, step: StepName) -> None:
        """Run the step called ``step``."""
        self.at_step = step
        if step != "ingest" and version(self.storage, LEDGER_TABLE) is None:
            raise TerminalError("flows.lake_empty", lake=self.storage.url())
        cast("Callable[[], None]", getattr(self, step))()

    def call(self, step: StepName, work: Callable[[], BaseModel]) -> None:
        """Run a step's work and keep what it returns."""
        end_if_asked()
        self.progress.start(f"flows.step_{step}")
        started = time.monotonic()
        result = work()
        self.progress.done()
        self.keep(step, time.monotonic() - started, result, bool(getattr(result, "blocked", False)))

    def keep(self, step: StepName, seconds: float, result: BaseModel, refused: bool) -> None:
        """Keep what a step returned for the run's result."""
        record = StepRecord(
            name=step, seconds=round(seconds, 3), refused=refused, result=result.model_dump(mode="json")
        )
        self.run.steps.append(record)


def link_shares(settings: Settings, storage: Storage) -> list[LinkShare]:
    """Records and roles per record type and state of their link, as they are in the warehouse now."""
    from transforms.warehouse import open_warehouse

    query = "select contract_id, status, count(*) from identity.subject_link group by all order by all"
    with open_warehouse(settings, storage) as connection:
        rows = connection.execute(query).fetchall()
    return [LinkShare(contract_id=contract, status=status, subjects=count) for contract, status, count in rows]


@contextmanager
def job(
    settings: Settings,
    command: str,
    drop: str | None = None,
    *,
    sources: Sequence[Path] | None = None,
    progress: Progress | None = None,
    accept: Sequence[str] = (),
    approver: Approver | None = None,
) -> Iterator[Job]:
    """A job whose result is written to ``runs/<id>.json`` however it ends."""
    if sources:
        settings = settings.model_copy(update={"sources": list(sources)})
    made = Job(settings, open_storage(settings), new_run(command), drop, progress or Silent(), tuple(accept))
    made.approver = approver
    made.note = getattr(progress, "note", _silent)
    try:
        with full_disk_said(settings.work_dir):
            yield made
    except BaseException as error:
        made.run.end(KeyboardInterrupt() if was_asked() else error, made.at_step)
        _write_despite(made)
        raise
    made.run.end(None)
    write_result(made.storage, made.run)


def _write_despite(made: Job) -> None:
    """The run has failed already: that its result cannot be written either must not hide why."""
    try:
        write_result(made.storage, made.run)
    except Exception as error:
        made.note(text("flows.result_not_written", problem=str(error)))


@contextmanager
def tables_held(made: Job) -> Iterator[None]:
    """The lake's tables for this run alone, from reading to publishing."""
    with exclusively(made.settings, TABLES_LOCK, made.waiting):
        yield
