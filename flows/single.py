"""Single steps, without the flow engine: what ``creditlake ingest | build | check | publish`` run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.job import job, tables_held
from flows.result import RunResult, StepName
from lake.progress import Progress
from lake.settings import Settings

if TYPE_CHECKING:
    from publication.manifest import Approver
    from publication.withdrawal import End


def run_steps(
    settings: Settings,
    steps: Sequence[StepName],
    *,
    drop: str | None = None,
    sources: Sequence[Path] | None = None,
    progress: Progress | None = None,
    accept: Sequence[str] = (),
    approver: Approver | None = None,
) -> RunResult:
    """Run ``steps`` in order; raises what the failing step raises, after the run's result has been written."""
    with job(settings, steps[-1], drop, sources=sources, progress=progress, accept=accept, approver=approver) as made:
        if "ingest" in steps:
            made.do("ingest")
        others = [step for step in steps if step != "ingest"]
        if others:
            with tables_held(made):
                for step in others:
                    made.do(step)
    return made.run


def run_rollback(settings: Settings, version: str, approver: Approver, progress: Progress | None = None) -> RunResult:
    """Bring back the content of a release; raises what the publisher raises, after the run's result has been written."""
    with job(settings, "rollback", progress=progress, approver=approver) as made, tables_held(made):
        made.content_of = version
        made.do("publish")
    return made.run


def run_lifting(
    settings: Settings, records: Sequence[str], approver: Approver, progress: Progress | None = None
) -> RunResult:
    """Publish with entries that were taken down at once; raises what the publisher raises, after the result has been written."""
    with job(settings, "lift", progress=progress, approver=approver) as made, tables_held(made):
        made.lifts = tuple(records)
        made.do("publish")
    return made.run


def run_withdrawal(
    settings: Settings, ends: Sequence[End], approver: Approver, progress: Progress | None = None
) -> RunResult:
    """Take entries down at once; it waits for no run. Raises what the publisher raises, after the result has been written."""
    with job(settings, "urgent", progress=progress, approver=approver) as made:
        made.withdraw(ends)
    return made.run
