"""The clock of the publicity system: a window counts from the release that first showed the record, and ends by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lake.progress import Silent
from lake.schema import FIRST_PUBLICATION_TABLE
from lake.settings import TIME_ZONE, load_settings
from lake.tables import read
from linkage.companion import update
from publication import policy
from publication.first_shown import note_first_publications
from publication.publish import publish
from publication.simulate import simulate
from tests.transforms.lakes import Lake
from transforms import BuildResult, build
from transforms.profile import warehouse_file
from transforms.warehouse import open_warehouse

FIRM = {"enterprise_name": "示例市晨光食品有限公司", "uscc": "91990101FX00000A1C", "province": "示例省"}
SOURCE = """
id: bureau
name: 示例市局
department: 市场监管
owner: {name: 数据科}
publicity_notices:
  - {document_number: 示市监告〔2021〕1号, valid_from: 2021-09-01, region: "99"}
feeds:
  - {contract: administrative_penalty, mode: increment, bounds: {minimum: 0, maximum: 10, period: month}}
  - {contract: enterprise_registration, mode: increment, bounds: {minimum: 0, maximum: 10, period: month}}
"""


def today() -> date:
    return datetime.now(TIME_ZONE).date()


def penalty(number: str, **columns: Any) -> dict[str, Any]:
    return {
        "counterpart_name": FIRM["enterprise_name"], "uscc": FIRM["uscc"], "decision_number": number,
        "authority_name": "示例市市场监督管理局", "place_code": "990101", "penalty_category": "罚款", "fine_amount_yuan": 50_000,
        "decision_date": today() - timedelta(days=10), "source_updated_at": datetime(2026, 1, 1, tzinfo=UTC), **columns,
    }  # fmt: skip


def bring_up(lake: Lake) -> BuildResult:
    update(lake.settings, lake.storage, "read")
    return build(lake.settings, lake.storage, "build")


def release(lake: Lake) -> dict[str, int]:
    """Publish and note; gives the rows of what was published."""
    rows = publish(lake.settings, lake.storage, "publish", Silent()).rows
    note_first_publications(lake.storage, warehouse_file(lake.settings))
    return rows


def windows(lake: Lake) -> list[tuple[Any, ...]]:
    with open_warehouse(lake.settings, lake.storage) as connection:
        return connection.execute(
            "select necips_from_date, necips_to_date, credit_china_from_date from publicity.public_penalty"
        ).fetchall()


def marks(lake: Lake) -> list[str]:
    with open_warehouse(lake.settings, lake.storage) as connection:
        return [
            mark for (mark,) in connection.execute("select objection_mark from publicity.public_penalty").fetchall()
        ]


@pytest.mark.full
def test_a_window_counts_from_the_first_release_and_ends_without_any_change_of_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "bureau.yaml").write_text(SOURCE, encoding="utf-8")
    lake = Lake(tmp_path)
    lake.settings = load_settings(lake_url=lake.settings.lake_url, sources=[tmp_path / "sources"], threads=1)
    first, decided = today(), today() - timedelta(days=10)
    monkeypatch.setattr("transforms.state.decision_day", lambda: first)
    lake.deliver("enterprise_registration", [FIRM], system_id="bureau")
    lake.deliver("administrative_penalty", [penalty("示市监罚〔2026〕1号")], system_id="bureau")
    bring_up(lake)
    assert [row[0] for row in windows(lake)] == [first]
    assert release(lake)["public_penalty"] == 1
    noted = read(lake.storage, FIRST_PUBLICATION_TABLE).to_pylist()
    assert {(row["channel"], row["first_published_date"]) for row in noted} == {
        ("credit_china", first),
        ("necips", first),
    }
    assert note_first_publications(lake.storage, warehouse_file(lake.settings)) == 0
    assert bring_up(lake).mode == "nothing"

    # Five days later a correction of the record comes: its window goes on.
    newer = penalty("示市监罚〔2026〕1号", fine_amount_yuan=60_000, source_updated_at=datetime(2026, 2, 1, tzinfo=UTC))
    lake.deliver("administrative_penalty", [newer], system_id="bureau")
    monkeypatch.setattr("transforms.state.decision_day", lambda: first + timedelta(days=5))
    assert bring_up(lake).mode == "incremental"
    (window,) = windows(lake)
    assert (window[0], window[2]) == (first, decided)

    # A policy of two years on the publicity system, tried before it takes effect: that window alone stays longer.
    changed = tmp_path / "policy_period.csv"
    rows = (policy.FOLDER / "policy_period.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    changed.write_text(
        "".join(row.replace(",3,12,", ",3,24,") if row.startswith("P-11") else row for row in rows), "utf-8"
    )
    (change,) = simulate(lake.settings, lake.storage, changed)
    assert (change.effect, change.channel, change.rule_after) == ("longer", "necips", "P-11")
    assert (change.to_before, change.region) == (window[1], "990101")
    assert windows(lake) == [window]

    # An objection marks the record, a repair ends it; taken back, it is shown again.
    about = {"subject_name": FIRM["enterprise_name"], "uscc": FIRM["uscc"], "record_kind": "行政处罚"}
    about["record_number"] = "示市监罚(2026)1号"
    lake.deliver("objection", [{**about, "objection_number": "Y1", "objection_state": "核查中"}], system_id="bureau")
    assert bring_up(lake).mode == "incremental"
    assert marks(lake) == ["异议处理中"]
    repair = {**about, "repair_number": "X1", "decision": "准予修复", "decided_date": first + timedelta(days=4)}
    lake.deliver("repair_result", [repair], system_id="bureau")
    assert bring_up(lake).mode == "incremental"
    assert windows(lake) == []
    back = {**about, "repair_number": "X2", "decision": "撤销修复", "decided_date": first + timedelta(days=5)}
    lake.deliver("repair_result", [back], system_id="bureau")
    assert bring_up(lake).mode == "incremental"
    assert windows(lake) == [window]

    # Credit China counts from the decision and ends first, the publicity system ten days later.
    monkeypatch.setattr("transforms.state.decision_day", lambda: window[1] - timedelta(days=1))
    assert bring_up(lake).mode == "incremental"
    assert windows(lake) == [(first, window[1], None)]
    monkeypatch.setattr("transforms.state.decision_day", lambda: window[1])
    assert bring_up(lake).mode == "incremental"
    assert windows(lake) == []
    assert release(lake)["public_penalty"] == 0
