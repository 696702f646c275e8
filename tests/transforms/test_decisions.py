"""What people decide about a link holds for the record, or for the name, until another decision turns it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lake.schema import bronze_table
from lake.tables import read
from linkage.companion import update
from tests.transforms.lakes import KeptLake, Lake
from tests.transforms.test_incremental import differences
from transforms import build
from transforms.warehouse import open_warehouse

BAKERY, TRADER = "91990101FX00000A1C", "91990102FX00000BXJ"
REGISTER = [
    {"enterprise_name": "示例市晨光食品有限公司", "uscc": BAKERY, "province": "示例省"},
    {"enterprise_name": "示例市明远商贸有限公司", "uscc": TRADER, "province": "示例省"},
]
DAY = datetime(2026, 3, 1, tzinfo=UTC)
SHOP = "晨光旗舰店"


class Desk:
    """A lake with two enterprises and a complaint about a shop that no register knows, and the desk that decides."""

    def __init__(self, lake: Lake, record_id: str) -> None:
        self.lake, self.record_id = lake, record_id
        self.number = 0

    def decide(self, verdict: str, uscc: str | None = None, **columns: Any) -> str:
        """One decision, a day after the one before; about the record unless it names something else."""
        self.number += 1
        about = columns or {"decided_record_id": self.record_id}
        row = {
            "decision_number": f"D{self.number}", "verdict": verdict, "uscc": uscc, "decided_by": "S1",
            "reason": "核实", "decided_at": DAY + timedelta(days=self.number), **about,
        }  # fmt: skip
        self.lake.deliver("link_decision", [row], system_id="desk")
        return row["decision_number"]

    def build(self) -> str:
        """Read and build; gives the mode."""
        update(self.lake.settings, self.lake.storage, "read")
        return build(self.lake.settings, self.lake.storage, "build").mode

    def links(self) -> dict[str, tuple[Any, ...]]:
        """Complaint number to enterprise, status, method, reason, decision."""
        with open_warehouse(self.lake.settings, self.lake.storage) as connection:
            rows = connection.execute(
                "select complaint_number, links.uscc, status, method, reason, decision_number"
                " from identity.subject_link as links inner join staging.stg_complaint using (record_id)"
            ).fetchall()
        return {row[0]: row[1:] for row in rows}

    def link(self, number: str = "T1") -> tuple[Any, ...]:
        """The link of a complaint after an incremental build."""
        assert self.build() == "incremental"
        return self.links()[number]


def record_of(lake: Lake, batch_id: str) -> str:
    """Id of a batch's only complaint."""
    rows = read(lake.storage, bronze_table("complaint"), ["record_id", "batch_id"]).to_pylist()
    return next(row["record_id"] for row in rows if row["batch_id"] == batch_id)


def complaint(number: str, **columns: Any) -> dict[str, Any]:
    """A complaint's row."""
    return {"complaint_number": number, "received_at": datetime(2026, 1, 5, tzinfo=UTC), **columns}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[KeptLake, str]:
    """The lake of every test, built, and the id of its complaint."""
    lake = Lake(tmp_path_factory.mktemp("desk"))
    lake.deliver("enterprise_registration", REGISTER)
    record_id = record_of(lake, lake.deliver("complaint", [complaint("T1", respondent_name=SHOP)]))
    Desk(lake, record_id).build()
    return KeptLake(lake), record_id


@pytest.fixture
def desk(made: tuple[KeptLake, str]) -> Desk:
    kept, record_id = made
    return Desk(kept.restored(), record_id)


def test_a_decision_links_the_record_outlives_a_rebuild_and_is_turned_back_by_another(desk: Desk) -> None:
    assert desk.links()["T1"][0] is None
    number = desk.decide("同一", BAKERY)
    assert desk.link() == (BAKERY, "linked", "decided", None, number)
    desk.lake.deliver("complaint", [complaint("T1", respondent_name="晨光旗舰店铺", complaint_status="已办结",
                                              source_updated_at=DAY)])  # fmt: skip
    assert desk.link()[0] == BAKERY, "a decision is about the record, in all its versions"
    assert differences(desk.lake.settings, desk.lake) == {}
    assert build(desk.lake.settings, desk.lake.storage, "anew", full=True).mode == "full"
    assert desk.links()["T1"][0] == BAKERY
    desk.decide("撤销", revokes=number)
    assert desk.link()[0] is None
    assert differences(desk.lake.settings, desk.lake) == {}


def test_no_such_enterprise_and_the_newest_decision_holds_whatever_comes_first(desk: Desk) -> None:
    desk.decide("查无此企业")
    assert desk.link()[1:4] == ("unlinked", "decided", "decided_no_such_enterprise")
    desk.number = -10
    desk.decide("同一", TRADER)
    assert desk.link()[1] == "unlinked", "an older decision that comes later changes nothing"
    desk.number = 5
    desk.decide("同一", TRADER)
    assert desk.link()[0] == TRADER
    desk.decide("不是", TRADER)
    assert desk.link()[0] is None
    assert differences(desk.lake.settings, desk.lake) == {}


def test_a_name_ruled_out_does_not_let_the_next_best_in_but_a_code_does(desk: Desk) -> None:
    name, elsewhere = "杭州晨光食品有限公司", "宁波晨光食品有限公司"
    renamed = [
        row | {"enterprise_name": new, "approval_date": DAY.date()}
        for row, new in zip(REGISTER, [name, elsewhere], strict=True)
    ]
    desk.lake.deliver("enterprise_registration", renamed)
    desk.lake.deliver("complaint", [complaint("T2", respondent_name=name), complaint("T3", respondent_name=name,
                                    respondent_uscc=BAKERY)])  # fmt: skip
    assert desk.link("T2")[0] == BAKERY
    desk.decide("不是", BAKERY, subject_name=name)
    assert desk.link("T2")[0] is None
    assert desk.links()["T2"][1:4:2] == ("review", "decided_different"), "others who go by that name are offered"
    assert desk.links()["T3"][0] is None, "neither the name's nor the code's enterprise: a person has said so"


def test_a_decision_about_a_name_serves_all_its_records_and_not_one_with_another_code(desk: Desk) -> None:
    desk.decide("同一", BAKERY, subject_name="晨光旗舰店 ")
    assert desk.link()[0] == BAKERY
    desk.lake.deliver("complaint", [
        complaint("T4", respondent_name=SHOP),
        complaint("T5", respondent_name=SHOP, respondent_uscc=TRADER),
        complaint("T6", respondent_name="晨光旗舰店铺"),
    ])  # fmt: skip
    assert desk.link("T4")[0] == BAKERY
    assert desk.links()["T5"][:2] == (None, "review")
    assert desk.links()["T5"][3] == "code_contradicts_decision"
    assert desk.links()["T6"][0] is None
    desk.decide("不是", BAKERY)
    assert desk.link("T1")[0] is None, "what is said of the record goes before what is said of its name"
    assert desk.links()["T4"][0] == BAKERY
    assert differences(desk.lake.settings, desk.lake) == {}


def test_a_shop_on_a_platform(desk: Desk) -> None:
    desk.lake.deliver("complaint", [
        complaint("T7", shop_name="晨光旗舰店", platform_name="示例商城"),
        complaint("T8", shop_name="晨光旗舰店", platform_name="别处商城"),
    ])  # fmt: skip
    desk.decide("同一", BAKERY, subject_name="晨光旗舰店", platform_name="示例商城")
    assert desk.link("T7")[0] == BAKERY
    assert desk.links()["T8"][0] is None
    assert desk.links()["T1"][0] is None


def test_other_systems_decide_nothing_and_unknown_records_wait(desk: Desk) -> None:
    row = {"decision_number": "X1", "verdict": "同一", "uscc": BAKERY, "decided_by": "S1", "reason": "核实",
           "decided_at": DAY, "decided_record_id": desk.record_id}  # fmt: skip
    desk.lake.deliver("link_decision", [row], system_id="market_supervision")
    assert desk.link()[0] is None
    later = [complaint("T9", respondent_name="远方小店")]
    beside = Lake(desk.lake.folder / "elsewhere")
    record_id = record_of(beside, beside.deliver("complaint", later))
    desk.decide("同一", BAKERY, decided_record_id=record_id)
    assert desk.build() == "incremental"
    desk.lake.deliver("complaint", later)
    assert desk.link("T9")[0] == BAKERY, "the decision came before its record"
    assert differences(desk.lake.settings, desk.lake) == {}
