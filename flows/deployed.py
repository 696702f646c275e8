"""The flows that the schedule runs, in a worker's process; settings come from its environment and folder.

A flow fails when a person should look: Prefect's automation turns that into an alert.
"""

from __future__ import annotations

from prefect import flow

from flows.job import job
from flows.lake_status import lake_status
from flows.prefect_flow import run_as_flow
from lake.errors import TerminalError
from lake.messages import set_language
from lake.settings import Settings, load_settings
from lake.storage import open_storage


def settings_of_worker() -> Settings:
    """The settings of this process, whose language the flow's messages are in from here on."""
    settings = load_settings()
    set_language(settings.language)
    return settings


@flow(name="scheduled-job", persist_result=False)  # type: ignore[untyped-decorator]
def scheduled_job(publish: bool = True, drop: str | None = None) -> None:
    """Take in what the declared ways in (or ``drop``) hold; with ``publish`` build, check and release it too, without it only
    take down at once what has ended and has a deadline."""
    settings = settings_of_worker()
    with job(settings, "schedule", drop) as made:
        made.shared_server = True
        run_as_flow(made, whole=publish)
    if made.run.state == "finished_with_refusals":
        raise TerminalError("flows.finished_with_refusals", run=made.run.run_id)


@flow(name="watch-feeds", persist_result=False)  # type: ignore[untyped-decorator]
def watch_feeds() -> None:
    """Fail, naming them, when declared feeds are late or have never delivered."""
    settings = settings_of_worker()
    status = lake_status(settings, open_storage(settings))
    late = [f"{feed.system_id}/{feed.contract_id}" for feed in status.feeds if feed.state in {"late", "missing"}]
    if late:
        raise TerminalError("flows.feeds_late", feeds=", ".join(late))


@flow(name="verify-release", persist_result=False)  # type: ignore[untyped-decorator]
def verify_release() -> None:
    """Fail, naming the files, when the current release of any edition is not what was published."""
    from publication import releases
    from publication.editions import EDITIONS, storage_of

    lake = open_storage(settings_of_worker())
    for storage in (storage_of(lake, edition) for edition in EDITIONS):
        if releases.read_pointer(storage).current is None:
            continue
        report = releases.verify_release(storage)
        if not report.ok:
            problems = "; ".join(problem.message for problem in report.problems)
            raise TerminalError("flows.release_damaged", version=report.version, problems=problems)


@flow(name="deliver-release", persist_result=False)  # type: ignore[untyped-decorator]
def deliver_release() -> None:
    """Send the current release to the destinations that are connected and have it not; fail, naming those it did not reach."""
    from lake.progress import Silent
    from publication.delivery.declaration import load_destinations
    from publication.delivery.deliver import deliver_all
    from publication.releases import read_pointer

    settings = settings_of_worker()
    storage = open_storage(settings)
    if read_pointer(storage).current is None:
        return
    outcomes = deliver_all(storage, load_destinations(settings.destinations), Silent())
    failed = [f"{one.destination}: {one.detail}" for one in outcomes if one.state == "failed"]
    if failed:
        raise TerminalError("flows.not_delivered", destinations="; ".join(failed))
