"""Bringing back an older release, and asking what was published on a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from lake.errors import TerminalError
from lake.progress import Silent
from publication import Approver, PublishResult, audit, list_releases, show_release, verify_release
from publication.as_of import as_of
from publication.rollback import rollback
from publication.verify_release import MANIFEST
from tests.publication.conftest import Lake
from tests.publication.warehouse import code

APPROVER = Approver(name="李负责", reason="报送数据有误")
COLUMNS = ("from_date", "to_date", "rule_id")


def at(day: str) -> Callable[[], datetime]:
    return lambda: datetime.fromisoformat(f"{day}T04:00:00").replace(tzinfo=UTC)


def record(number: int) -> str:
    return f"p{number:031d}"


@pytest.fixture
def dated(lake: Lake) -> Lake:
    """Penalties with a window on one channel, decisions about them, and the releases' days in 2026."""
    lake.change("alter table publicity.public_penalty add column necips_rule_id text")
    models = lake.options.models_folder / "publicity" / "public_penalty.yml"
    more = [f"      - {{name: necips_{name}, meta: {{sensitivity: public}}}}" for name in COLUMNS]
    models.write_text("\n".join([models.read_text(encoding="utf-8"), *more]), encoding="utf-8")
    lake.change(
        "update publicity.public_penalty set necips_from_date = '2025-03-01', necips_to_date = '2028-03-01', "
        "necips_rule_id = 'P-01'"
    )
    lake.change("create schema staging; create table staging.administrative_penalty_versions as "
                "select record_id, 'administrative_penalty' as contract_id, decision_number as business_key "
                "from publicity.public_penalty")  # fmt: skip
    lake.change(
        "create table publicity.publicity_decision as select record_id, 'administrative_penalty' as contract_id, "
        "decision_number as business_key, 'necips' as channel, true as is_published, null::text as end_class "
        "from publicity.public_penalty union all "
        "select record_id, 'administrative_licence', decision_number, 'necips', true, null from publicity.public_licence"
    )
    return lake


def back(lake: Lake, version: str | None, day: str) -> PublishResult:
    assert version is not None
    options = replace(lake.options, clock=at(day))
    return rollback(lake.settings, lake.storage, version, "back", Silent(), approver=APPROVER, options=options)


def penalties(lake: Lake) -> dict[str, tuple[object, ...]]:
    query = f"select record_id, fine_amount_yuan::text, necips_rule_id from '{lake.file('parquet/public_penalty')}/*.parquet'"
    return {row[0]: row[1:] for row in duckdb.sql(query).fetchall()}


def test_old_content_comes_back_without_what_has_ended_since(dated: Lake) -> None:
    dated.change(f"update publicity.public_penalty set necips_to_date = '2026-06-01' where record_id = '{record(1)}'")
    dated.change("delete from publicity.publicity_decision where record_id in "
                 f"('{record(1)}', '{record(4)}')")  # fmt: skip
    first = dated.publish(clock=at("2026-05-01")).version
    # a broken delivery: amounts wrong, one record gone; meanwhile one withdrawn and one repaired under another id
    dated.change("update publicity.public_penalty set fine_amount_yuan = 0, necips_rule_id = 'P-09'")
    dated.change(
        f"delete from publicity.public_penalty where record_id in ('{record(2)}', '{record(3)}', '{record(4)}')"
    )
    dated.change(f"update publicity.publicity_decision set is_published = false where record_id = '{record(2)}'")
    dated.change(f"update publicity.publicity_decision set record_id = 'new', is_published = false "
                 f"where record_id = '{record(3)}'")  # fmt: skip
    second = dated.publish(clock=at("2026-06-10")).version
    dated.change(f"update publicity.publicity_decision set is_published = false, end_class = 'repaired' "
                 f"where record_id = '{record(6)}'")  # fmt: skip
    result = back(dated, first, "2026-06-11")
    shown = penalties(dated)
    assert set(shown) == {record(number) for number in range(20)} - {record(1), record(2), record(3), record(6)}
    noted = (
        f"select record_id, event, reason_class from '{dated.file('parquet/publicity_notice/all.parquet')}' "
        f"where release_version = '{result.version}'"
    )
    assert set(duckdb.sql(noted).fetchall()) == {
        (record(1), "removal", "withdrawn"), (record(6), "removal", "repaired"), (record(4), "entry", None),
    }  # fmt: skip
    # the content is the old one, the window's rule today's; what no source delivers any more stands by its own window
    assert shown[record(5)] == ("500.50", "P-09") and shown[record(4)] == ("400.50", "P-01")
    manifest = show_release(dated.storage)
    assert (manifest.version, manifest.content_of, manifest.release_before) == (result.version, first, second)
    acts = [
        (entry.action, entry.actor, entry.content_of)
        for entry in audit.check(dated.storage, list_releases(dated.storage))
    ]
    assert acts[2:] == [("rollback", "李负责", first), ("publish", "back", None)]
    assert verify_release(dated.storage).ok


def test_the_profile_of_an_enterprise_with_a_record_left_out_is_todays(dated: Lake) -> None:
    first = dated.publish(clock=at("2026-05-01")).version
    dated.change("update profile.enterprise_profile set penalty_count = 9")
    dated.change(f"update publicity.publicity_decision set is_published = false where record_id = '{record(2)}'")
    dated.publish(clock=at("2026-06-10"))
    back(dated, first, "2026-06-11")
    query = f"select uscc, penalty_count from '{dated.file('parquet/enterprise_profile')}/*.parquet'"
    counts = dict(duckdb.sql(query).fetchall())
    assert counts[code(2, "990301")] == 9 and counts[code(3, "990101")] == 3


def test_the_next_publish_goes_on_from_the_warehouse(dated: Lake) -> None:
    first = dated.publish(clock=at("2026-05-01")).version
    dated.change("update publicity.public_penalty set fine_amount_yuan = 0")
    dated.publish(clock=at("2026-06-10"))
    back(dated, first, "2026-06-11")
    assert dated.publish(clock=at("2026-06-12")).published
    assert {fine for fine, _ in penalties(dated).values()} == {"0.00"}


def test_without_decisions_nothing_is_brought_back(lake: Lake) -> None:
    first = lake.publish().version
    with pytest.raises(TerminalError) as error:
        back(lake, first, "2026-06-11")
    assert error.value.code == "publication.no_decisions" and show_release(lake.storage).version == first


def test_what_was_published_on_a_day_comes_with_its_proof(lake: Lake) -> None:
    subject = code(4, "990201")
    lake.publish(clock=at("2026-05-01"))
    lake.change(f"delete from publicity.public_penalty where uscc = '{subject}'")
    lake.change("update profile.enterprise_profile set penalty_count = 0")
    lake.publish(clock=at("2026-05-03"))
    assert as_of(lake.storage, date(2026, 4, 30), subject) == []
    [state] = as_of(lake.storage, date(2026, 5, 2), subject)
    assert sorted(row.dataset for row in state.rows) == ["enterprise_profile", "public_licence", "public_penalty"]
    [penalty] = [row for row in state.rows if row.dataset == "public_penalty"]
    assert penalty.row["decision_number"] == "虚市监罚〔2025〕4号"
    manifest = show_release(lake.storage, state.version)
    assert {file.path: file.sha256 for file in manifest.files}[penalty.file] == penalty.sha256
    assert state.signer and Path(lake.storage.url(f"releases/{state.version}/{MANIFEST}")).exists()
    both = as_of(lake.storage, date(2026, 5, 3), subject)
    assert [len([row for row in one.rows if row.dataset == "public_penalty"]) for one in both] == [1, 0]
    assert both[0].until == both[1].since and both[1].until is None
