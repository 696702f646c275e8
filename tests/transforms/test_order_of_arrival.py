"""Links, decisions and the queue are the same in whatever order records, register and decisions arrive."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lake.schema import bronze_table
from lake.tables import read
from linkage.companion import update
from tests.transforms.desk import BAKERY, REGISTERED, TRADER, decision, penalty
from tests.transforms.lakes import Lake
from transforms import build
from transforms.warehouse import open_warehouse

TABLES = ("subject_link", "standing_decision", "decided_record", "review_queue", "review_candidate", "enterprise")
NAMELESS = {"complaint_number": "T1", "received_at": datetime(2026, 1, 5, tzinfo=UTC), "respondent_name": "晨光旗舰店"}
SLIP = {"complaint_number": "T2", "received_at": datetime(2026, 1, 6, tzinfo=UTC), "respondent_name": "晨光食品"}


@cache
def record_ids() -> tuple[str, str]:
    """Ids of the penalty's first version and of the complaint: they do not depend on the lake."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        found = []
        for contract_id, row in (("administrative_penalty", penalty()), ("complaint", NAMELESS)):
            lake.deliver(contract_id, [row], system_id="局")
            found += read(lake.storage, bronze_table(contract_id), ["record_id"])["record_id"].to_pylist()
        return found[0], found[1]


def deliveries() -> list[tuple[str, str, list[dict[str, Any]]]]:
    """System, contract and rows of every delivery; the day of each is its place."""
    fined, complained = record_ids()
    return [
        ("局", "enterprise_registration", [REGISTERED[BAKERY]]),
        ("局", "enterprise_registration", [REGISTERED[TRADER]]),
        ("局", "administrative_penalty", [penalty()]),
        ("局", "administrative_penalty", [penalty(uscc=BAKERY, decision_date=date(2026, 1, 4))]),
        ("局", "complaint", [NAMELESS]),
        ("局", "complaint", [SLIP]),
        ("desk", "link_decision", [decision("D1", "同一", complained, day=1, uscc=BAKERY)]),
        ("desk", "link_decision", [decision("D2", "同一", fined, day=2, uscc=TRADER)]),
        ("desk", "link_decision", [decision("D3", "撤销", day=3, revokes="D1")]),
        ("desk", "link_decision", [decision("D4", "同一", day=4, uscc=TRADER, subject_name="晨光旗舰店")]),
    ]


def result(order: list[int], pause: int) -> dict[str, list[tuple[Any, ...]]]:
    """The tables after deliveries in ``order``, built before the one at ``pause`` and at the end."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        for place, number in enumerate(order):
            if place == pause:
                _build(lake)
            system_id, contract_id, rows = deliveries()[number]
            lake.deliver(contract_id, rows, system_id=system_id, day=number)
        _build(lake)
        with open_warehouse(lake.settings, lake.storage) as connection:
            return {
                table: sorted(connection.execute(f"select * from identity.{table}").fetchall(), key=repr)
                for table in TABLES
            }


def _build(lake: Lake) -> None:
    update(lake.settings, lake.storage, "read")
    build(lake.settings, lake.storage, "build")


@cache
def expected() -> dict[str, list[tuple[Any, ...]]]:
    """The tables after one build of everything, in the order of the days."""
    found = result(list(range(len(deliveries()))), pause=-1)
    assert all(found.values()), "every table has something to say"
    return found


@given(order=st.permutations(range(10)), pause=st.integers(3, 9))
@settings(max_examples=2, deadline=None, phases=[Phase.generate])
def test_the_order_of_arrival_leaves_no_trace(order: list[int], pause: int) -> None:
    assert result(order, pause) == expected()
