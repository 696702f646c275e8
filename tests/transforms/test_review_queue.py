"""What waits for a person, in the order of what hangs on it; natural persons' names are masked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from linkage.companion import update
from linkage.review import Waiting, waiting
from tests.transforms.lakes import Lake
from transforms import build
from transforms.warehouse import open_warehouse

ONE, OTHER = "91990101FX00000A1C", "91990102FX00000BXJ"
NAME = "示例市晨光食品有限公司"


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> list[Waiting]:
    """Two enterprises of one name; records that name it without telling which."""
    lake = Lake(tmp_path_factory.mktemp("queue"))
    lake.deliver("enterprise_registration", [
        {"enterprise_name": NAME, "uscc": ONE, "province": "示例省"},
        {"enterprise_name": NAME, "uscc": OTHER, "province": "示例省"},
        {"enterprise_name": "王小明", "uscc": "92990101FX0000C14D", "province": "示例省"},
        {"enterprise_name": "王小明", "uscc": "93990101FX0000D10K", "province": "示例省"},
    ])  # fmt: skip
    lake.deliver("complaint", [
        {"complaint_number": number, "respondent_name": NAME, "received_at": datetime(2026, 1, 5, tzinfo=UTC)}
        for number in ("T1", "T2")
    ] + [{"complaint_number": "T3", "respondent_name": "王小明", "received_at": datetime(2026, 1, 5, tzinfo=UTC)}])  # fmt: skip
    fine = {"counterpart_name": NAME, "authority_name": "示例市市场监督管理局", "decision_date": date(2026, 1, 3)}
    lake.deliver("administrative_penalty", [
        {**fine, "decision_number": "1号", "fine_amount_yuan": 200},
        {**fine, "decision_number": "2号", "fine_amount_yuan": 90_000, "confiscated_amount_yuan": 20_000},
    ])  # fmt: skip
    lake.deliver(
        "list_entry", [{"list_type": "严重违法失信名单", "subject_name": NAME, "listed_date": date(2026, 1, 3)}]
    )
    update(lake.settings, lake.storage, "read")
    build(lake.settings, lake.storage, "build")
    with open_warehouse(lake.settings, lake.storage) as connection:
        total, rows = waiting(connection, None, 100)
        assert total == len(rows)
        return rows


def test_lists_go_before_large_fines_before_small_ones_before_complaints(queue: list[Waiting]) -> None:
    kinds: list[Any] = [(row.contract_id, row.amount_yuan) for row in queue if row.subject_name == NAME]
    assert [kind for kind, _ in kinds] == [
        "list_entry", "administrative_penalty", "administrative_penalty", "complaint", "complaint",
    ]  # fmt: skip
    assert [int(amount) for _, amount in kinds[1:3]] == [110_000, 200]


def test_the_reason_of_the_priority_is_said_and_records_of_one_name_are_counted(queue: list[Waiting]) -> None:
    first = queue[0]
    assert first.same_name_records == 5
    assert first.priority_rules == "Q-01;Q-11"
    assert first.priority_reason is not None
    assert "严重违法失信名单" in first.priority_reason


def test_candidates_are_offered_with_the_reason_they_are_not_automatic(queue: list[Waiting]) -> None:
    assert {candidate.uscc for candidate in queue[0].candidates} == {ONE, OTHER}
    assert [candidate.rank for candidate in queue[0].candidates] == [1, 2]
    assert {candidate.reason for candidate in queue[0].candidates} == {"several_bear_name"}


def test_a_natural_persons_name_is_masked(queue: list[Waiting]) -> None:
    person = [row for row in queue if row.subject_name != NAME]
    assert [row.subject_name for row in person] == ["王**"]
    shown = {one.name for row in person for one in row.candidates if one.uscc.startswith("92")}
    assert shown == {"王**"}
