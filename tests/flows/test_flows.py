"""The flows' own promises: results survive failures, locks hold, late feeds are found, the schedule fits the flows."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect.schedules import Cron

from connectors.source import Bounds, Feed, Owner, Source
from flows import deployed
from flows.backfill import Range
from flows.job import job
from flows.lake_status import feed_states, lake_status
from flows.locks import exclusively
from flows.result import RunResult, last_run, new_run
from flows.schedule import SCHEDULE
from flows.single import run_steps
from lake.errors import TerminalError, TransientError
from lake.ledger import Delivery
from lake.settings import Settings, load_settings
from lake.storage import open_storage

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
REGISTER = "企业名称,统一社会信用代码,成立日期\n临江市测试有限公司,91990000MA0000000X,2020-01-02\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "sources").mkdir()
    return load_settings(lake_url=str(tmp_path / "lake"), sources=[tmp_path / "sources"])


def test_every_schedule_entry_fits_its_flow() -> None:
    for entry in SCHEDULE:
        flow = getattr(deployed, entry.flow)
        inspect.signature(flow.fn).bind(**entry.parameters)
        assert Cron(entry.cron, timezone="Asia/Shanghai")
        assert entry.about_text()
    assert len({entry.name for entry in SCHEDULE}) == len(SCHEDULE)


def test_every_deployable_flow_is_scheduled() -> None:
    flows = {name for name, value in vars(deployed).items() if type(value).__name__ == "Flow"}
    assert flows == {entry.flow for entry in SCHEDULE}


def test_result_is_written_when_a_step_fails(settings: Settings) -> None:
    with pytest.raises(TransientError), job(settings, "run") as made:
        made.at_step = "build"
        raise TransientError("flows.server_slow", seconds=1)
    written = last_run(open_storage(settings))
    assert written is not None
    assert (written.run_id, written.state) == (made.run.run_id, "failed")
    assert written.failure is not None
    assert (written.failure.code, written.failure.step, written.failure.transient) == (
        "flows.server_slow",
        "build",
        True,
    )


def test_result_says_that_a_run_was_interrupted(settings: Settings) -> None:
    with pytest.raises(KeyboardInterrupt), job(settings, "run"):
        raise KeyboardInterrupt
    written = last_run(open_storage(settings))
    assert written is not None
    assert written.state == "interrupted"


def test_run_ids_sort_by_time() -> None:
    first = new_run("run")
    later = RunResult(run_id=first.run_id[:-7] + "zzzzzz", command="run", started_at=NOW)
    assert sorted([later.run_id, first.run_id])[0] == first.run_id


def test_a_lock_is_held_against_other_processes_and_freed_by_death(settings: Settings) -> None:
    program = (
        "import sys, time; from flows.locks import exclusively; from lake.settings import load_settings\n"
        "with exclusively(load_settings(), 'tables', print): print('held', flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "CREDITLAKE_LAKE_URL": settings.lake_url}
    holder = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "held"
    waited: list[str] = []

    def waiting(path: str) -> None:
        waited.append(path)
        holder.kill()

    with exclusively(settings, "tables", waiting):
        assert len(waited) == 1
    holder.wait()


def delivery(contract: str, at: datetime, status: str = "accepted") -> Delivery:
    return Delivery(
        delivery_id=f"{contract}{at}", batch_id="b", system_id="bureau", contract_id=contract, path="f.csv",
        source_digest="d", byte_size=1, mode="increment", status=status, delivered_at=at, received_at=at,  # type: ignore[arg-type]
        run_id="r", contract_version="1",
    )  # fmt: skip


def test_late_and_missing_feeds() -> None:
    bounds = Bounds(minimum=0, maximum=10)
    feeds = [
        Feed(contract="complaint", mode="increment", bounds=bounds, cadence="daily", late_after_days=1),
        Feed(contract="list_entry", mode="increment", bounds=bounds, cadence="weekly"),
        Feed(contract="administrative_penalty", mode="increment", bounds=bounds, cadence="monthly"),
        Feed(contract="sampling_inspection", mode="increment", bounds=bounds),
    ]
    source = Source(id="bureau", name="局", department="局", owner=Owner(name="科"), feeds=feeds)
    deliveries = [
        delivery("complaint", NOW - timedelta(days=1.9)),
        delivery("list_entry", NOW - timedelta(days=8)),
        delivery("administrative_penalty", NOW, status="refused"),
    ]
    states = {one.contract_id: one.state for one in feed_states([source], deliveries, NOW)}
    assert states == {
        "complaint": "in_time",
        "list_entry": "late",
        "administrative_penalty": "missing",
        "sampling_inspection": "on_demand",
    }


def test_status_accounts_for_every_row_of_a_file(settings: Settings, tmp_path: Path) -> None:
    feed = tmp_path / "drop" / "bureau" / "enterprise_registration"
    feed.mkdir(parents=True)
    (feed / "register.csv").write_text(REGISTER, encoding="utf-8")
    result = run_steps(settings, ("ingest",), drop=str(tmp_path / "drop"))
    status = lake_status(settings, open_storage(settings))
    [file] = status.files
    fates = (file.rows_accepted, file.rows_quarantined, file.rows_repeated, file.rows_layout, file.rows_refused)
    assert file.rows_read == sum(fates) == 1
    assert status.last_run is not None
    assert (status.last_run.run_id, file.run_id) == (result.run_id, result.run_id)


def test_backfill_takes_the_range_of_one_feed_only(settings: Settings, tmp_path: Path) -> None:
    from flows.backfill import backfill_feed

    for system, day in (("bureau", 1), ("bureau", 5), ("other", 1)):
        feed = tmp_path / "drop" / system / "enterprise_registration"
        feed.mkdir(parents=True, exist_ok=True)
        file = feed / f"{day}.csv"
        file.write_text(REGISTER.replace("测试", f"测试{system}{day}"), encoding="utf-8")
        at = datetime(2026, 3, day, 4, tzinfo=UTC).timestamp()
        os.utime(file, (at, at))
    wanted = Range("bureau", "enterprise_registration", datetime(2026, 3, 1).date(), datetime(2026, 3, 2).date())
    backfill_feed(settings, wanted, drop=str(tmp_path / "drop"))
    taken = [file.path for file in lake_status(settings, open_storage(settings)).files]
    assert taken == ["bureau/enterprise_registration/1.csv"]
    backwards = Range(wanted.system_id, wanted.contract_id, wanted.last, wanted.first)
    with pytest.raises(TerminalError, match="--from"):
        backfill_feed(settings, backwards, drop=str(tmp_path / "drop"))
