"""Bounds of a feed by mode: what stops a delivery, what a period is told to be short of, and what never counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.ingest.bounds import period_of
from connectors.source import Period
from tests.system.command_line import call

HEADER = "登记编号,诉求类型,登记时间,被投诉方名称"
DECLARATION = """\
id: platform
name: 示例平台
department: 示例局
owner: {{name: 示例}}
feeds:
  - contract: complaint
    mode: {mode}
    bounds: {{minimum: {minimum}, maximum: 9, period: {period}}}
"""
NOW = datetime.now(UTC)
LAST_MONTH = NOW.replace(day=1, hour=12) - timedelta(days=5)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CREDITLAKE_LAKE_URL", str(tmp_path / "lake"))
    monkeypatch.setenv("CREDITLAKE_SOURCES", str(tmp_path / "sources"))
    (tmp_path / "sources").mkdir()
    return tmp_path


def declare(place: Path, minimum: int, mode: str = "increment", period: str = "month") -> None:
    text = DECLARATION.format(mode=mode, minimum=minimum, period=period)
    (place / "sources" / "platform.yaml").write_text(text, encoding="utf-8")


def put(place: Path, name: str, numbers: range, moment: datetime = NOW, complaint_type: str = "投诉") -> None:
    file = place / "drop" / "platform" / "complaint" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"TS{number:04},{complaint_type},2026-03-01 09:00:00,示例市甲商行" for number in numbers]
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    os.utime(file, (moment.timestamp(), moment.timestamp()))


def ingest() -> tuple[int, str]:
    done = call("ingest", "--lang", "en", "--drop", "drop")
    return done.exit_code, done.text


def files() -> dict[str, tuple[str, int]]:
    status = json.loads(call("status", "--json").output)
    return {Path(one["path"]).name: (one["status"], one["rows_accepted"]) for one in status["files"]}


def periods() -> list[tuple[str, int, str]]:
    status = json.loads(call("status", "--json").output)
    return [(one["period"], one["rows_accepted"], one["state"]) for one in status["periods"]]


def test_increments_of_a_running_period_are_not_judged_before_it_ends(place: Path) -> None:
    declare(place, minimum=5)
    put(place, "a.csv", range(2))
    exit_code, shown = ingest()
    assert (exit_code, files()) == (0, {"a.csv": ("accepted", 2)})
    assert "below" not in shown
    assert periods() == [(period_of(NOW, "month"), 2, "running")]


def test_an_increment_that_leaves_an_ended_period_short_is_stopped(place: Path) -> None:
    declare(place, minimum=5)
    put(place, "half.csv", range(3), LAST_MONTH)
    exit_code, shown = ingest()
    assert (exit_code, files()) == (1, {"half.csv": ("stopped", 3)})
    assert period_of(LAST_MONTH, "month") in shown
    assert "0 + 3 usable rows, below the minimum of 5" in shown
    declare(place, minimum=3)
    assert ingest()[0] == 0, "the number was right after all"
    assert files()["half.csv"] == ("accepted", 3)


def test_increments_of_an_ended_period_count_together(place: Path) -> None:
    declare(place, minimum=5)
    put(place, "a.csv", range(3), LAST_MONTH)
    put(place, "b.csv", range(3, 6), LAST_MONTH + timedelta(hours=1))
    assert ingest()[0] == 0
    put(place, "c.csv", range(6, 7), LAST_MONTH + timedelta(hours=2))
    assert ingest()[0] == 0
    assert files() == {"a.csv": ("accepted", 3), "b.csv": ("accepted", 3), "c.csv": ("accepted", 1)}
    assert periods() == [(period_of(LAST_MONTH, "month"), 7, "within")]


def test_a_period_that_ended_short_is_told_with_the_next_delivery(place: Path) -> None:
    declare(place, minimum=0)
    put(place, "last.csv", range(3), LAST_MONTH)
    ingest()
    declare(place, minimum=5)
    put(place, "now.csv", range(3, 9))
    exit_code, shown = ingest()
    assert exit_code == 0
    assert f"brought 3 rows in {period_of(LAST_MONTH, 'month')}, below the minimum of 5" in shown
    assert periods()[0] == (period_of(LAST_MONTH, "month"), 3, "below")
    assert "below the minimum" in call("status", "--lang", "en").output


def test_a_period_above_its_maximum_is_told_and_its_rows_are_in(place: Path) -> None:
    declare(place, minimum=1)
    put(place, "a.csv", range(6))
    assert "maximum" not in ingest()[1]
    put(place, "b.csv", range(6, 12))
    exit_code, shown = ingest()
    assert exit_code == 0
    assert f"brought 12 rows in {period_of(NOW, 'month')}, above the maximum of 9" in shown
    assert files()["b.csv"] == ("accepted", 6)


def test_an_increment_judged_by_delivery_is_stopped_at_once(place: Path) -> None:
    declare(place, minimum=5, period="delivery")
    put(place, "a.csv", range(5))
    put(place, "b.csv", range(5, 7), NOW + timedelta(seconds=1))
    assert ingest()[0] == 1
    assert files() == {"a.csv": ("accepted", 5), "b.csv": ("stopped", 2)}


@pytest.mark.parametrize("period", ["delivery", "month"])
def test_a_feed_of_corrections_has_no_minimum(place: Path, period: str) -> None:
    declare(place, minimum=5, mode="correction", period=period)
    put(place, "a.csv", range(1), LAST_MONTH)
    exit_code, shown = ingest()
    assert exit_code == 0, shown
    assert files() == {"a.csv": ("accepted", 1)}


def test_a_full_refresh_is_judged_by_itself_whatever_its_period(place: Path) -> None:
    declare(place, minimum=5, mode="full_refresh")
    put(place, "a.csv", range(6))
    put(place, "b.csv", range(2), NOW + timedelta(seconds=1))
    exit_code, shown = ingest()
    assert exit_code == 1
    assert "only 2 usable rows" in shown
    assert files() == {"a.csv": ("accepted", 6), "b.csv": ("stopped", 2)}


def test_a_full_refresh_that_lost_too_many_records_deletes_none_of_them(place: Path) -> None:
    """A minimum that was right for ten records lets nine of ten thousand go; the share of the file before does not."""
    declare(place, minimum=1, mode="full_refresh")
    declaration = place / "sources" / "platform.yaml"
    text = declaration.read_text(encoding="utf-8")
    declaration.write_text(text.replace("{minimum: 1,", "{minimum: 1, largest_loss_percent: 20,"), encoding="utf-8")
    put(place, "a.csv", range(10))
    put(place, "b.csv", range(8), NOW + timedelta(seconds=1))
    put(place, "c.csv", range(6), NOW + timedelta(seconds=2))
    exit_code, shown = ingest()
    assert files() == {"a.csv": ("accepted", 10), "b.csv": ("accepted", 8), "c.csv": ("stopped", 6)}
    assert exit_code == 1
    assert "6 usable rows, the one before had 8" in shown
    assert "20 %" in shown
    declaration.write_text(text.replace("{minimum: 1,", "{minimum: 1, largest_loss_percent: 25,"), encoding="utf-8")
    assert ingest()[0] == 0, "so many did end"
    assert files()["c.csv"] == ("accepted", 6)


def test_a_machine_of_one_core_stops_a_delivery_too(place: Path) -> None:
    declare(place, minimum=5, mode="full_refresh")
    put(place, "a.csv", range(2))
    one_core = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from creditlake.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", one_core, "ingest", "--lang", "en", "--drop", "drop"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert files() == {"a.csv": ("stopped", 2)}


def test_rows_that_are_all_bad_are_seen_in_quarantine_even_when_they_come_late(place: Path) -> None:
    declare(place, minimum=5)
    put(place, "a.csv", range(2), LAST_MONTH)
    bad = place / "drop" / "platform" / "complaint" / "a.csv"
    bad.write_text(bad.read_text(encoding="utf-8").replace("2026-03-01", "昨天"), encoding="utf-8")
    os.utime(bad, (LAST_MONTH.timestamp(), LAST_MONTH.timestamp()))
    ingest()
    assert files() == {"a.csv": ("accepted", 0)}
    assert len(json.loads(call("quarantine", "list", "--json").output)["rows"]) == 2


@pytest.mark.parametrize(
    ("period", "name"),
    [("day", "2026-01-01"), ("week", "2026-W01"), ("month", "2026-01"), ("quarter", "2026-Q1"), ("year", "2026")],
)
def test_periods_are_those_of_beijing(period: Period, name: str) -> None:
    new_year_in_beijing = datetime(2025, 12, 31, 16, 30, tzinfo=UTC)
    assert period_of(new_year_in_beijing, period) == name
