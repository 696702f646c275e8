"""The whole schedule: what runs by itself, when, and with which parameters. Times are of Asia/Shanghai.

A site changes it by pausing entries (``creditlake schedule pause``) or in Prefect's web page.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from lake.messages import text

WORK_POOL = "creditlake"
TAG = "creditlake"
LATE_AFTER_MINUTES = 30
"""A run that has not started so long after its time raises an alert; Prefect has one such limit for all runs."""

FlowName = Literal["scheduled_job", "watch_feeds", "verify_release", "deliver_release"]


class ScheduleEntry(BaseModel):
    """A deployment: ``flow`` is a function of ``flows.deployed``, ``parameters`` its arguments.

    ``about`` is a message code.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    flow: FlowName
    cron: str
    about: str
    parameters: dict[str, bool | int | str] = {}

    def about_text(self) -> str:
        """What it does, in the current language."""
        return text(self.about)


SCHEDULE = (
    ScheduleEntry(
        name="main-job",
        flow="scheduled_job",
        cron="30 1 * * *",
        about="flows.schedule_main_job",
        parameters={"publish": True},
    ),
    ScheduleEntry(
        name="intake",
        flow="scheduled_job",
        cron="5 8-20 * * *",
        about="flows.schedule_intake",
        parameters={"publish": False},
    ),
    ScheduleEntry(
        name="watch-feeds",
        flow="watch_feeds",
        cron="0 9 * * *",
        about="flows.schedule_watch_feeds",
    ),
    ScheduleEntry(
        name="deliveries",
        flow="deliver_release",
        cron="20 * * * *",
        about="flows.schedule_deliveries",
    ),
    ScheduleEntry(
        name="verify-release",
        flow="verify_release",
        cron="0 5 * * 0",
        about="flows.schedule_verify_release",
    ),
)


def entry(name: str) -> ScheduleEntry | None:
    """The entry called ``name``."""
    return next((one for one in SCHEDULE if one.name == name), None)


def feed_limit(system_id: str, contract_id: str) -> str:
    """Name of the Prefect concurrency limit that lets one run of a feed go on at a time."""
    return f"feed-{system_id}-{contract_id}"
