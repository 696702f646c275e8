"""The main job as one Prefect flow: a task per feed, then one per step, retried by class of error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.job import job
from flows.prefect_home import prefect_server
from flows.result import RunResult
from lake.progress import Progress
from lake.settings import Settings

if TYPE_CHECKING:
    from publication.manifest import Approver


def run_main_job(
    settings: Settings,
    *,
    drop: str | None = None,
    sources: Sequence[Path] | None = None,
    progress: Progress | None = None,
    accept: Sequence[str] = (),
    approver: Approver | None = None,
) -> RunResult:
    """Run everything; raises what the failing step raises, after ``runs/<id>.json`` has been written."""
    with job(settings, "run", drop, sources=sources, progress=progress, accept=accept, approver=approver) as made:
        made.progress.start("flows.step_prefect")
        with prefect_server(made.settings):
            made.progress.done()
            from flows.prefect_flow import run_as_flow

            run_as_flow(made)
    return made.run
