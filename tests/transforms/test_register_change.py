"""When the register changes, every record that the change can reach is decided again, however it is reached."""

from __future__ import annotations

from datetime import date

import pytest

from linkage.companion import update
from tests.transforms.lakes import KeptLake, Lake
from tests.transforms.test_incremental import differences
from transforms import build
from transforms.warehouse import open_warehouse

LATER = "91990101FX00000A1C"
NEW_NAME = "示例市晨光食品有限公司"
REGISTER = [
    {"enterprise_name": "示例市明远商贸有限公司", "uscc": "91990102FX00000BXJ", "province": "示例省"},
    {"enterprise_name": "示例市瀚墨文具店", "uscc": "92990101FX0000C14D", "province": "示例省"},
    {"enterprise_name": "示例县红叶农民专业合作社", "uscc": "93990101FX0000D10K", "province": "示例省"},
]
PARTIES = {
    "P1": {"counterpart_name": NEW_NAME},
    "P2": {"counterpart_name": "示例市辰光食品有限公司"},
    "P3": {"counterpart_name": "晨光食品"},
    "P4": {"counterpart_name": "示例市晨光百货中心"},
    "P5": {"counterpart_name": "另一家公司", "uscc": LATER},
    "P6": {"counterpart_name": "示例市瀚墨商行"},
    "P7": {"counterpart_name": "示例市明远商贸有限公司"},
    "P9": {"counterpart_name": "示例市明远商贸有限公司", "decision_date": date(2025, 7, 1)},
    "P10": {"counterpart_name": "示例市明远商贸有限公司", "decision_date": date(2026, 1, 5)},
}
"""By number: the name itself, a slip away, without place and form, only characters shared, only the code; and those of others."""
FILING = "示ICP备99000018号"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> KeptLake:
    """A register of three, penalties of seven parties and inspections whose two parties wait under other records' names."""
    made = Lake(tmp_path_factory.mktemp("register"))
    made.deliver("enterprise_registration", REGISTER, system_id="登记一")
    made.deliver("administrative_penalty", [{"decision_number": number, **party} for number, party in PARTIES.items()])
    made.deliver(
        "sampling_inspection",
        [
            {"sampling_number": "S1", "sampled_unit_name": "示例市晨光百货中心", "producer_name": "示例市瀚墨商行"},
            {"sampling_number": "S2", "sampled_unit_name": "示例市瀚墨商行", "producer_name": "示例市明远茶庄"},
        ],
    )
    site = {
        "website_record_id": "W1",
        "enterprise_name": NEW_NAME,
        "uscc": LATER,
        "icp_number": f"{FILING}-1",
        "website_name": "晨光官网",
    }
    made.deliver("website", [{**site, "filing_date": date(2020, 1, 1), "filing_state": "有效"}])
    made.deliver(
        "site_inspection", [{"inspection_number": "J1", "icp_number": f"{FILING}-2", "operator_name": "晨光官网"}]
    )
    rebuild(made)
    return KeptLake(made)


@pytest.fixture
def lake(kept: KeptLake) -> Lake:
    return kept.restored()


def rebuild(lake: Lake) -> str:
    """Read and build; gives the mode."""
    update(lake.settings, lake.storage, "read")
    return build(lake.settings, lake.storage, "build").mode


def link(lake: Lake, number: str) -> tuple[str | None, str]:
    """Enterprise and state of a penalty's link."""
    return _one(
        lake,
        "select links.uscc, status from identity.subject_link as links"
        " inner join staging.stg_administrative_penalty as records using (record_id) where records.decision_number = ?",
        number,
    )


def inspected(lake: Lake) -> tuple[str | None, str]:
    """Enterprise and method of the link of the inspection, which names a filing and the site in place of an enterprise."""
    return _one(
        lake, "select uscc, coalesce(method, '') from identity.subject_link where contract_id = ?", "site_inspection"
    )


def _one(lake: Lake, query: str, value: str) -> tuple[str | None, str]:
    with open_warehouse(lake.settings, lake.storage) as connection:
        row = connection.execute(query, [value]).fetchone()
    assert row is not None
    return row


def test_records_reached_by_a_new_name_are_decided_again(lake: Lake) -> None:
    assert link(lake, "P1")[0] is None
    assert inspected(lake)[0] is None
    row = {"enterprise_name": NEW_NAME, "uscc": LATER, "province": "示例省"}
    lake.deliver("enterprise_registration", [row], system_id="登记二")
    assert rebuild(lake) == "incremental"
    assert link(lake, "P1") == (LATER, "linked")
    assert inspected(lake) == (LATER, "operator")
    assert differences(lake.settings, lake) == {}


def test_records_that_a_name_was_taken_from_are_decided_again(lake: Lake) -> None:
    row = {"enterprise_name": NEW_NAME, "uscc": LATER, "province": "示例省"}
    lake.deliver("enterprise_registration", [row], system_id="登记二", mode="full_refresh")
    rebuild(lake)
    assert link(lake, "P1") == (LATER, "linked")
    other = {"enterprise_name": "示例市瀚海饭店", "uscc": "91990103FX00000C1U", "province": "示例省"}
    lake.deliver("enterprise_registration", [other], system_id="登记二", mode="full_refresh")
    assert rebuild(lake) == "incremental"
    assert link(lake, "P1")[0] is None
    assert inspected(lake)[0] is None
    assert differences(lake.settings, lake) == {}


def test_a_renamed_enterprise_reaches_records_of_both_names(lake: Lake) -> None:
    renamed = {"enterprise_name": NEW_NAME, "uscc": "91990102FX00000BXJ", "approval_date": date(2025, 3, 1)}
    lake.deliver("enterprise_registration", [renamed], system_id="登记一")
    assert rebuild(lake) == "incremental"
    assert link(lake, "P1")[0] == link(lake, "P7")[0] == "91990102FX00000BXJ"
    assert link(lake, "P9") == ("91990102FX00000BXJ", "linked"), "soon after the new name"
    assert link(lake, "P10") == (None, "review"), "a year after it"
    assert differences(lake.settings, lake) == {}


def test_a_delivery_of_one_kind_leaves_the_others_as_they_are(lake: Lake) -> None:
    lake.deliver("administrative_penalty", [{"decision_number": "P8", "counterpart_name": "示例市瀚墨商行"}])
    assert rebuild(lake) == "incremental"
    assert differences(lake.settings, lake) == {}
    lake.deliver("sampling_inspection", [{"sampling_number": "S3", "sampled_unit_name": "示例市瀚墨商行"}])
    assert rebuild(lake) == "incremental"
    assert differences(lake.settings, lake) == {}
