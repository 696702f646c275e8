"""Prefect's side of the main job. Imported only once Prefect's settings stand (``flows.prefect_home``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.concurrency.sync import concurrency
from prefect.context import get_run_context

from flows.job import Job, tables_held
from flows.lake_status import lake_status
from flows.result import StepName
from flows.schedule import feed_limit
from lake.errors import TransientError
from lake.messages import text

RETRIES = 3
SECONDS_BEFORE_RETRIES = [2, 10, 60]
_jobs: dict[str, Job] = {}
"""Jobs of this process by run id: a flow's parameters must be plain data, an open lake is not."""


def run_as_flow(job: Job, *, whole: bool = True) -> None:
    """Run ``job`` in this process as a Prefect flow, only its ingest unless ``whole``; raises what a step raises."""
    _jobs[job.run.run_id] = job
    try:
        main_job(job.run.run_id, whole)
    finally:
        del _jobs[job.run.run_id]


def may_be_retried(_task: Any, _task_run: Any, state: Any) -> bool:
    """Whether a task failed by an error whose class says that trying again may help."""
    return isinstance(state.result(raise_on_failure=False), TransientError)


@contextmanager
def telling_of_retry(job: Job) -> Iterator[None]:
    """Say that a passing failure happened and that the task is tried again, unless this was its last try."""
    try:
        yield
    except TransientError as error:
        tried = get_run_context().task_run.run_count
        if tried <= RETRIES:
            seconds = SECONDS_BEFORE_RETRIES[tried - 1]
            job.note(text("flows.will_retry", problem=error, seconds=seconds, tried=tried, retries=RETRIES))
        raise


@contextmanager
def feed_alone(job: Job, limit: str) -> Iterator[None]:
    """Keep other machines from the feed; the limits are made with the deployments, and a dead run's slot expires."""
    if not job.shared_server:
        yield
        return
    with concurrency(limit, occupy=1, strict=False):
        yield


step_task = partial(
    task,
    retries=RETRIES,
    retry_delay_seconds=SECONDS_BEFORE_RETRIES,
    retry_condition_fn=may_be_retried,
    cache_policy=NO_CACHE,
    persist_result=False,
)
"""A task that is tried again where its failure may pass, and of which nothing is kept."""


@step_task(task_run_name="{step}")  # type: ignore[untyped-decorator]
def run_step(run_id: str, step: StepName) -> None:
    """One step of the job."""
    with telling_of_retry(_jobs[run_id]):
        _jobs[run_id].do(step)


@step_task(task_run_name="{system_id}/{contract_id}")  # type: ignore[untyped-decorator]
def take_feed(run_id: str, system_id: str, contract_id: str) -> None:
    """What one feed delivered."""
    job = _jobs[run_id]
    with telling_of_retry(job), feed_alone(job, feed_limit(system_id, contract_id)):
        job.take_feed(system_id, contract_id)


@step_task(task_run_name="take-down-ended")  # type: ignore[untyped-decorator]
def take_down_ended(run_id: str) -> None:
    """What was delivered as ended and must not wait for the next release."""
    with telling_of_retry(_jobs[run_id]):
        _jobs[run_id].take_down_ended()


@flow(name="main-job", persist_result=False, validate_parameters=False)  # type: ignore[untyped-decorator]
def main_job(run_id: str, whole: bool) -> None:
    """Ingest feed by feed; if ``whole``, then read, build, export, check and publish, else take down what ended."""
    job = _jobs[run_id]
    job.plan_ingest()
    for system_id, contract_id in job.feeds():
        take_feed(run_id, system_id, contract_id)
    job.end_ingest()
    create_table_artifact(key="feeds", table=feeds_to_look_at(job), description=text("flows.feeds_artifact"))
    if whole:
        with tables_held(job):
            for step in ("read", "build", "export", "check", "publish"):
                run_step(run_id, step)
    else:
        take_down_ended(run_id)
    create_table_artifact(key="main-job", table=summary(job), description=job.run.run_id)


def feeds_to_look_at(job: Job) -> list[dict[str, Any]]:
    """The rows of the feeds' table: those that are late or missing, out of bounds, or no longer what they were."""
    status = lake_status(job.settings, job.storage)
    rows: list[tuple[str, ...]]
    rows = [(one.system_id, one.contract_id, one.state, str(one.due_at or "")) for one in status.feeds if one.is_due]
    rows += [
        (one.system_id, one.contract_id, one.state, f"{one.period}: {one.rows_accepted}")
        for one in status.periods
        if one.state in {"below", "above"}
    ]
    rows += [(one.system_id, one.contract_id, one.kind, one.detail) for one in status.drifts]
    return [dict(zip(("system_id", "contract_id", "state", "detail"), row, strict=True)) for row in rows]


def summary(job: Job) -> list[dict[str, Any]]:
    """The rows of the run's table: one per file taken, then one per step."""
    ingest = job.run.step("ingest")
    names = ("system_id", "contract_id", "path", "status", "rows_read", "rows_accepted", "rows_quarantined")
    files = [{name: one[name] for name in names} for one in (ingest.result["deliveries"] if ingest else [])]
    return files + [{"step": step.name, "seconds": step.seconds, "refused": step.refused} for step in job.run.steps]
