"""Between two whole runs: what is delivered as ended and has a deadline is gone at once, and nothing else with it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.job import Job, job
from flows.result import RunResult
from lake.schema import bronze_table
from lake.settings import load_settings
from lake.tables import read
from publication import audit, policy, show_release, verify_release
from publication.changes import diff
from publication.urgent_ends import Touched, sure_ends
from tests.publication.conftest import Lake
from tests.publication.test_urgent import record, shown
from tests.publication.warehouse import code

OURS, OTHER = code(7, "990201"), code(8, "990301")
TABLES = """
create schema staging;
create table staging.list_entry_versions (record_id text, business_key text);
create table staging.administrative_penalty_versions as
    select record_id, record_id as business_key from publicity.public_penalty;
create table staging.shared_versions (record_id text);
create table identity.subject_link as select record_id, uscc, 'linked' as status from publicity.public_penalty;
create table publicity.publicity_decision as
    select record_id, record_id as business_key, 'administrative_penalty' as contract_id,
        unnest(['credit_china', 'necips']) as channel, true as is_published, null::text as end_class, null::text as list_type
    from publicity.public_penalty;
"""
ENDED = """
update publicity.publicity_decision set is_published = false, end_class = '{}' where business_key = '{}';
delete from publicity.public_penalty where record_id = '{}';
"""
Statements = Callable[[], list[str]]


def repair(
    number: int, repair_number: str = "XF1", name: str = "虚构市示例0007号有限公司", uscc: str = OURS
) -> dict[str, str]:
    return {
        "修复编号": repair_number, "主体名称": name, "统一社会信用代码": uscc, "失信信息类型": "行政处罚",
        "决定书文号": f"虚市监罚(2025){number}号", "修复结果": "准予修复", "修复决定日期": "2026-05-13",
    }  # fmt: skip


@dataclass
class Intake:
    """Deliveries to a lake with a release; ``decides`` is what a build of the warehouse would decide of them."""

    lake: Lake
    drop: Path
    decides: Statements
    builds: int = 0
    files: int = 0

    def take(self, contract_id: str, *rows: dict[str, str]) -> RunResult:
        """One file, taken in between two whole runs."""
        self.files += 1
        file = self.drop / "credit_office" / contract_id / f"{self.files}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.DictWriter(opened, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        with job(self.lake.settings, "schedule", str(self.drop)) as made:
            made.do("ingest")
            made.take_down_ended()
        return made.run

    def build(self) -> None:
        """In place of dbt: what was delivered is known and linked to the code that it gives, and ends what it ends."""
        self.builds += 1
        for row in read(self.lake.storage, bronze_table("repair_result"), ["record_id", "uscc"]).to_pylist():
            link = f"insert into identity.subject_link values ('{row['record_id']}', '{row['uscc']}', 'linked')"
            self.lake.change(f"{link}; insert into staging.shared_versions values ('{row['record_id']}')")
        for statement in self.decides():
            self.lake.change(statement)

    def delivered(self, contract_id: str) -> list[str]:
        """Ids of the records of a type that were taken in."""
        return [
            row["record_id"] for row in read(self.lake.storage, bronze_table(contract_id), ["record_id"]).to_pylist()
        ]


def ending(number: int, end_class: str = "repaired") -> Statements:
    return lambda: [ENDED.format(end_class, record(number), record(number))]


@pytest.fixture
def intake(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Intake:
    sources = tmp_path / "sources"
    sources.mkdir()
    lake.settings = load_settings(lake_url=lake.settings.lake_url, sources=[sources], threads=2)
    lake.change(TABLES)
    lake.publish(rows_per_part=10)
    made = Intake(lake, tmp_path / "drop", ending(7))
    monkeypatch.setattr(Job, "read", lambda _: None)
    monkeypatch.setattr(Job, "export", lambda _: None)
    monkeypatch.setattr(Job, "build", lambda _: made.build())
    return made


def test_a_repair_between_two_runs_takes_its_entry_down_at_once_and_nothing_else(intake: Intake) -> None:
    lake = intake.lake
    before = show_release(lake.storage)
    rows = duckdb.sql(f"select * from '{lake.file('parquet/public_penalty')}/*.parquet' order by all").fetchall()
    run = intake.take("repair_result", repair(7))
    after = show_release(lake.storage)
    assert after.release_before == before.version and verify_release(lake.storage).ok
    left = duckdb.sql(f"select * from '{lake.file('parquet/public_penalty')}/*.parquet' order by all").fetchall()
    assert left == [row for row in rows if row[0] != record(7)]
    division = OURS[2:6]
    touched = {file.dataset for file in after.files if file.written_in == after.version and file.part == division}
    assert touched == {"public_penalty", "enterprise_profile"}
    kept = {file.path: file.sha256 for file in before.files if file.part not in (division, "all")}
    assert kept.items() <= {file.path: file.sha256 for file in after.files}.items()
    [tombstone], [cause] = after.withdrawn, intake.delivered("repair_result")
    assert (tombstone.record_id, tombstone.reason_class, tombstone.rule_id, tombstone.cause_id) == (
        record(7), "repaired", "D-17", cause,
    )  # fmt: skip
    [act] = [one for one in audit.entries(lake.storage) if one.action == "withdraw"]
    assert (act.actor, act.release, act.records) == (run.run_id, after.version, (record(7),))
    assert act.reason and "D-17" in act.reason and cause in act.reason
    [step] = [one for one in run.steps if one.name == "publish"]
    assert step.result["withdrawn"] == [tombstone.model_dump()] and run.state == "finished"
    [penalties] = [one for one in diff(lake.storage, before, after).datasets if one.id == "public_penalty"]
    assert [(row.key["record_id"], row.cause) for row in penalties.rows] == [(record(7), "source")]
    again = intake.take("repair_result", repair(7, repair_number="XF2"))
    assert [one.name for one in again.steps] == ["ingest"], "delivered twice, one release"
    assert show_release(lake.storage).version == after.version and intake.builds == 1


def test_a_repair_of_what_nobody_is_shown_builds_nothing_and_takes_nothing_down(intake: Intake) -> None:
    version = show_release(intake.lake.storage).version
    unknown = repair(999, name="虚构市无此记录有限公司", uscc=code(500))
    run = intake.take("repair_result", unknown, {**repair(7), "修复结果": "不予修复"})
    assert [one.name for one in run.steps] == ["ingest"] and intake.builds == 0
    # The number of another's entry: the build does not hold that to be repaired.
    intake.decides = list
    intake.take("repair_result", repair(7, name="虚构市示例0008号有限公司", uscc=OTHER))
    assert intake.builds == 1
    assert show_release(intake.lake.storage).version == version and len(shown(intake.lake)) == 20


def test_a_revoked_penalty_is_taken_down_as_its_newest_version_says(intake: Intake) -> None:
    def revoked() -> list[str]:
        [newest] = intake.delivered("administrative_penalty")
        return [
            *ending(7, "revoked")(),
            f"update publicity.publicity_decision set record_id = '{newest}' where business_key = '{record(7)}'",
            f"insert into staging.administrative_penalty_versions values ('{newest}', '{record(7)}')",
            f"insert into identity.subject_link values ('{newest}', '{OURS}', 'linked')",
        ]

    intake.decides = revoked
    penalty = {
        "行政相对人名称": "虚构市示例0007号有限公司", "统一社会信用代码": OURS, "行政处罚决定书文号": "虚市监罚〔2025〕7号",
        "处罚机关": "虚构市市场监督管理局", "处罚类别": "罚款", "罚款金额（万元）": "0.07", "处罚决定日期": "2025-03-01",
        "当前状态": "撤销",
    }  # fmt: skip
    intake.take("administrative_penalty", penalty)
    [tombstone], [newest] = show_release(intake.lake.storage).withdrawn, intake.delivered("administrative_penalty")
    assert (tombstone.record_id, tombstone.reason_class, tombstone.rule_id, tombstone.cause_id) == (
        record(7), "revoked", "D-04", newest,
    )  # fmt: skip


def test_a_guard_rail_stops_it_until_somebody_answers_for_it(intake: Intake) -> None:
    def most() -> list[str]:
        return [statement for number in range(8) for statement in ending(number)()]

    intake.decides = most
    version = show_release(intake.lake.storage).version
    names = [f"虚构市示例{number:04d}号有限公司" for number in range(8)]
    codes = [code(number, f"99{number % 3 + 1:02d}01") for number in range(8)]
    rows = [repair(number, f"XF{number}", names[number], codes[number]) for number in range(8)]
    run = intake.take("repair_result", *rows)
    assert run.state == "finished_with_refusals" and show_release(intake.lake.storage).version == version


def test_a_repair_taken_back_before_the_whole_run_shows_the_entry_again(intake: Intake) -> None:
    lake, intake.decides = intake.lake, lambda: [ENDED.format("repaired", record(7), "none")]
    intake.take("repair_result", repair(7))
    lake.change("alter table staging.shared_versions rename to unseen")
    lake.change("update publicity.public_penalty set fine_amount_yuan = 1")
    lake.publish()
    assert record(7) not in shown(lake), "a warehouse that has not seen the repair does not show the entry again"
    lake.change("alter table staging.unseen rename to shared_versions")
    lake.change("update publicity.public_penalty set fine_amount_yuan = 2")
    lake.publish()
    assert record(7) in shown(lake) and show_release(lake.storage).withdrawn == ()


ENTRY = Touched("old", "list_entry", OURS, "cause", "list_entry", "b", False)
REPAIR = replace(ENTRY, contract_id="administrative_penalty", cause_contract="repair_result", has_number=True)
CASES: dict[str, tuple[Touched, dict[str, Any], str | None]] = {
    "repaired": (REPAIR, {}, "D-17"),
    "the repair is not linked": (REPAIR, {"cause_status": "review"}, None),
    "the repair is another's": (REPAIR, {"cause_uscc": OTHER}, None),
    "the repair names no such number": (replace(REPAIR, has_number=False), {}, None),
    "the entry's own link is in doubt": (REPAIR, {"own_status": "review"}, None),
    "the entry is another's by now": (REPAIR, {"own_uscc": OTHER}, None),
    "held": (REPAIR, {"end_class": "held"}, None),
    "one channel still shows it": (REPAIR, {"necips": True}, None),
    "its window is over": (REPAIR, {"end_class": "window_over"}, None),
    "suspended, which has no deadline": (REPAIR, {"end_class": "suspended"}, None),
    "objection": (replace(REPAIR, cause_contract="objection"), {"end_class": "objection_upheld"}, "D-04"),
    "moved out": (ENTRY, {"newest": "cause", "end_class": "moved_out", "list_type": "经营异常名录"}, "D-14"),
    "moved out, another version is newer": (ENTRY, {"end_class": "moved_out", "list_type": "经营异常名录"}, None),
    "moved out of a list without a deadline": (
        ENTRY, {"newest": "cause", "end_class": "moved_out", "list_type": "严重违法失信名单"}, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_only_what_is_surely_the_shown_entry_and_has_a_deadline_is_taken_down(name: str) -> None:
    touched, facts, rule_id = CASES[name]
    newest = facts.get("newest", "old")
    connection = duckdb.connect()
    for statement in (
        "create schema staging; create schema identity; create schema publicity",
        "create table staging.administrative_penalty_versions (record_id text, business_key text)",
        "create table staging.list_entry_versions (record_id text, business_key text)",
        f"insert into staging.{touched.contract_id}_versions values ('old', 'key'), ('newer', 'key'), ('cause', 'key')",
        "create table identity.subject_link (record_id text, uscc text, status text)",
        f"insert into identity.subject_link values "
        f"('{newest}', '{facts.get('own_uscc', OURS)}', '{facts.get('own_status', 'linked')}')",
        f"insert into identity.subject_link select 'cause', '{facts.get('cause_uscc', OURS)}', "
        f"'{facts.get('cause_status', 'linked')}' where '{newest}' <> 'cause'",
        "create table publicity.publicity_decision (record_id text, business_key text, contract_id text, channel text, "
        "is_published boolean, end_class text, list_type text)",
    ):
        connection.execute(statement)
    for channel in ("credit_china", "necips"):
        is_shown = bool(facts.get(channel))
        end_class = None if is_shown else facts.get("end_class", "repaired")
        connection.execute(
            "insert into publicity.publicity_decision values (?, 'key', ?, ?, ?, ?, ?)",
            [newest, touched.contract_id, channel, is_shown, end_class, facts.get("list_type")],
        )
    ends = sure_ends(connection, [touched], policy.load()["policy_urgent_end"], date(2026, 5, 13))
    assert [(end.record_id, end.rule_id, end.cause_id) for end in ends] == (
        [("old", rule_id, "cause")] if rule_id else []
    )


def test_every_rule_that_is_urgent_is_a_deadline() -> None:
    rules = policy.load()
    assert {row["rule_id"] for row in rules["policy_urgent_end"]} <= {
        row["rule_id"] for row in rules["policy_deadline"]
    }
