"""What counts, which version is the newest, what is public: one lake with a case of each, built once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from lake.duckdb_extensions import load_extension
from linkage.companion import update
from tests.transforms.lakes import Lake
from transforms import build
from transforms.warehouse import open_warehouse

FIRM, SHOP = "91990101FX00000A1C", "92990101FX0000C14D"
BUREAU = "示例市市场监督管理局"


def penalty(number: str | None, **columns: Any) -> dict[str, Any]:
    """A fine for the firm."""
    return {
        "counterpart_name": "示例市晨光食品有限公司", "uscc": FIRM, "decision_number": number, "authority_name": BUREAU,
        "penalty_category": "罚款", "decision_date": date(2026, 1, 3), "case_name": "案由", **columns,
    }  # fmt: skip


def at(day: int) -> datetime:
    return datetime(2026, 2, day, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Rows of the tables that the tests below look at."""
    lake = Lake(tmp_path_factory.mktemp("rules"))
    _deliver_register(lake)
    _deliver_penalties(lake)
    _deliver_corrections(lake)
    _deliver_lists_and_complaints(lake)
    _deliver_honours_and_commitments(lake)
    update(lake.settings, lake.storage, "rules")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transforms.state.decision_day", lambda: date(2026, 6, 1))
        build(lake.settings, lake.storage, "rules")
    with open_warehouse(lake.settings, lake.storage) as connection:
        load_extension(connection, "delta")  # stg_honour and stg_commitment are views over the lake
        return {
            name: connection.execute(f"select * from {schema}.{name}").to_arrow_table().to_pylist()
            for schema, name in [
                ("staging", "stg_administrative_penalty"), ("staging", "administrative_penalty_versions"),
                ("staging", "stg_complaint"), ("staging", "stg_list_entry"), ("staging", "stg_enterprise_registration"),
                ("publicity", "public_penalty"), ("publicity", "public_list_entry"), ("publicity", "held_record"),
                ("publicity", "publicity_decision"), ("publicity", "public_honour"), ("publicity", "public_commitment"),
                ("staging", "stg_honour"), ("staging", "stg_commitment"),
                ("profile", "enterprise_profile"),
            ]
        }  # fmt: skip


def _deliver_register(lake: Lake) -> None:
    firm = {"enterprise_name": "示例市晨光食品有限公司", "uscc": FIRM, "province": "示例省"}
    shop = {"enterprise_name": "王小明", "uscc": SHOP, "province": "示例省", "address": "示例省示例市一号"}
    gone = {"enterprise_name": "示例市旧岁商行", "uscc": "91990102FX00000BXJ", "province": "示例省"}
    lake.deliver("enterprise_registration", [firm, gone], mode="full_refresh", day=1)
    lake.deliver("enterprise_registration", [firm, shop], mode="full_refresh", day=3)
    lake.deliver("enterprise_registration", [gone], mode="full_refresh", day=2)
    slip = {"uscc": "91990101FX00000A2C", "notes": ["uscc:check_character_wrong"]}
    rows = [{**slip, "enterprise_name": name} for name in ("示例市甲商行", "示例市乙商行")]
    lake.deliver("enterprise_registration", rows, system_id="示例县局")


def _deliver_penalties(lake: Lake) -> None:
    newer = penalty("示市监罚〔2026〕1号", source_updated_at=at(9), fine_amount_yuan=200)
    lake.deliver("administrative_penalty", [newer])
    lake.deliver(
        "administrative_penalty", [penalty("示市监罚(2026)１号", source_updated_at=at(5), fine_amount_yuan=100)]
    )
    lake.deliver("administrative_penalty", [penalty("未提交1号")], commit=False)
    lake.deliver("administrative_penalty", [
        penalty("撤1号", record_state="撤销"),
        penalty("警1号", penalty_category="警告"),
        penalty("警罚1号", penalty_category="警告;罚款"),
        penalty("警没1号", penalty_category="警告", confiscated_amount_yuan=500),
        penalty("示市监当罚〔2026〕3号"),
        penalty("简1号", procedure_type="简易程序"),
        penalty("自1号", counterpart_category="自然人"),
        penalty("无主1号", uscc=None, counterpart_name="无此企业名称有限公司"),
        penalty("店1号", uscc=SHOP, counterpart_name="王小明", case_name="王小明经营过期食品，电话13812345678"),
    ])  # fmt: skip
    lake.deliver("administrative_penalty", [penalty(None, fine_amount_yuan=1), penalty(None, fine_amount_yuan=2)])
    masked = [penalty("同号", counterpart_name="张**", uscc=None, fine_amount_yuan=fine) for fine in (3, 4)]
    lake.deliver("administrative_penalty", masked)


def _deliver_corrections(lake: Lake) -> None:
    batch_id = lake.deliver("administrative_penalty", [penalty("好行1号")])
    broken = lake.quarantine("administrative_penalty", batch_id, {"文号": "坏行"}, 7)
    for amount in (10, 20):
        row = penalty(f"改正{amount}号", corrects=broken, fine_amount_yuan=amount)
        lake.deliver("administrative_penalty", [row], mode="correction")
    left = lake.deliver("enterprise_registration", [{"enterprise_name": "示例市过期商行"}], mode="full_refresh", day=0)
    outdated = lake.quarantine("administrative_penalty", left, {"文号": "已离开"}, 8)
    lake.deliver("administrative_penalty", [penalty("改正已离开号", corrects=outdated)], mode="correction")


def _deliver_lists_and_complaints(lake: Lake) -> None:
    listing = {"subject_name": "示例市晨光食品有限公司", "uscc": FIRM, "listed_date": date(2026, 1, 5)}
    lake.deliver("list_entry", [{**listing, "list_type": "经营异常名录"}])
    removed = {**listing, "list_type": "经营异常名录", "removed_date": date(2026, 1, 20), "removal_type": "移出"}
    lake.deliver(
        "list_entry", [removed, {**listing, "list_type": "重点关注名单"}, {**listing, "list_type": "严重违法失信名单"}]
    )
    for system_id in ("示例市局", "示例县局"):
        lake.deliver("complaint", [{"complaint_number": "T1", "respondent_uscc": FIRM}], system_id=system_id)


def _deliver_honours_and_commitments(lake: Lake) -> None:
    honour = {
        "subject_name": "示例市晨光食品有限公司", "uscc": FIRM, "honour_name": "诚信示范企业", "authority_name": BUREAU,
        "awarded_date": date(2025, 3, 15), "valid_until_date": date(2028, 3, 14), "honour_state": "有效",
        "source_updated_at": at(1),
    }  # fmt: skip
    lake.deliver("honour", [
        {**honour, "honour_number": "有效"},
        {**honour, "honour_number": "长期", "valid_until_date": None},
        {**honour, "honour_number": "期满", "valid_until_date": date(2026, 5, 31)},
        {**honour, "honour_number": "到期", "honour_state": "到期"},
        {**honour, "honour_number": "撤销", "honour_state": "撤销", "revoked_date": date(2026, 1, 8)},
        {**honour, "honour_number": "先有效后撤销"},
        {**honour, "honour_number": "误报", "record_state": "撤销"},
        {**honour, "honour_number": "自然人", "subject_category": "自然人"},
        {**honour, "honour_number": "无主", "uscc": None, "subject_name": "无此企业名称有限公司"},
        {**honour, "honour_number": "个人", "uscc": None, "subject_name": "王小明"},
        {**honour, "honour_number": "店", "uscc": SHOP, "subject_name": "王小明", "honour_name": "诚信经营者王小明"},
    ])  # fmt: skip
    later = {"honour_state": "撤销", "revoked_date": date(2026, 2, 2), "source_updated_at": at(3)}
    lake.deliver("honour", [{**honour, "honour_number": "先有效后撤销", **later}])
    commitment = {
        "subject_name": "示例市晨光食品有限公司", "uscc": FIRM, "commitment_type": "主动公示型", "matter": "明码标价",
        "legal_representative": "李建国", "content": "李建国承诺明码标价", "commitment_date": date(2026, 1, 5),
        "valid_until_date": date(2027, 1, 4), "performance": "履行中", "authority_name": BUREAU,
    }  # fmt: skip
    broken = {"performance": "违反承诺", "breach_date": date(2026, 3, 1)}
    lake.deliver("commitment", [
        {**commitment, "commitment_number": "履行中"},
        {**commitment, "commitment_number": "违反", **broken},
        {**commitment, "commitment_number": "违反无期", **broken, "valid_until_date": None},
        {**commitment, "commitment_number": "期满", "valid_until_date": date(2026, 5, 31)},
        {**commitment, "commitment_number": "误报", "record_state": "撤销"},
    ])  # fmt: skip


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return sorted((row[name] for row in rows), key=str)


def numbers(rows: list[dict[str, Any]]) -> set[str | None]:
    return {row["decision_number"] for row in rows}


def reasons(tables: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    number = {row["record_id"]: row["decision_number"] for row in tables["stg_administrative_penalty"]}
    held = [row for row in tables["held_record"] if row["channel"] == "necips" and row["record_id"] in number]
    return {number[row["record_id"]]: row["reason_code"] for row in held}


def test_of_a_full_refresh_feed_only_the_newest_delivery_counts(tables: dict[str, list[dict[str, Any]]]) -> None:
    assert "示例市旧岁商行" not in column(tables["stg_enterprise_registration"], "enterprise_name")
    assert {FIRM, SHOP} <= set(column(tables["stg_enterprise_registration"], "uscc"))


def test_a_code_that_fails_its_check_does_not_merge_two_enterprises(tables: dict[str, list[dict[str, Any]]]) -> None:
    names = column(tables["stg_enterprise_registration"], "enterprise_name")
    assert {"示例市甲商行", "示例市乙商行"} <= set(names)


def test_the_newest_update_is_the_record_whatever_arrived_first(tables: dict[str, list[dict[str, Any]]]) -> None:
    rows = tables["stg_administrative_penalty"]
    found = [row for row in rows if (row["decision_number"] or "").startswith("示市监罚")]
    assert [(row["fine_amount_yuan"], row["version_rank"]) for row in found] == [(200, 1)]
    older = [row for row in tables["administrative_penalty_versions"] if row["decision_number"] == "示市监罚(2026)１号"]
    assert [row["version_rank"] for row in older] == [2]


def test_rows_without_a_ledger_row_are_not_there(tables: dict[str, list[dict[str, Any]]]) -> None:
    assert "未提交1号" not in numbers(tables["administrative_penalty_versions"])


def test_rows_that_no_key_tells_apart_are_records_of_their_own(tables: dict[str, list[dict[str, Any]]]) -> None:
    rows = tables["stg_administrative_penalty"]
    assert column([row for row in rows if row["decision_number"] is None], "fine_amount_yuan") == [1, 2]
    assert column([row for row in rows if row["decision_number"] == "同号"], "fine_amount_yuan") == [3, 4]


def test_the_last_correction_of_a_quarantined_row_counts_while_its_file_does(
    tables: dict[str, list[dict[str, Any]]],
) -> None:
    found = {number for number in numbers(tables["stg_administrative_penalty"]) if (number or "").startswith("改正")}
    assert found == {"改正20号"}


def test_a_complaint_number_is_a_number_of_its_system(tables: dict[str, list[dict[str, Any]]]) -> None:
    assert len(tables["stg_complaint"]) == 2


def test_a_removal_is_a_version_of_its_listing(tables: dict[str, list[dict[str, Any]]]) -> None:
    found = [row for row in tables["stg_list_entry"] if row["list_type"] == "经营异常名录"]
    assert [row["removed_date"] for row in found] == [date(2026, 1, 20)]
    profile = next(row for row in tables["enterprise_profile"] if row["uscc"] == FIRM)
    # Moved out on 2026-01-20: history inside, not shown any more.
    assert (profile["listing_count"], profile["current_lists"]) == (1, "严重违法失信名单")


def test_what_is_held_says_by_which_rule(tables: dict[str, list[dict[str, Any]]]) -> None:
    found = reasons(tables)
    expected = {
        "撤1号": "withdrawn", "警1号": "warning_only", "示市监当罚〔2026〕3号": "summary_procedure",
        "简1号": "summary_procedure", "自1号": "natural_person", "无主1号": "not_linked",
    }  # fmt: skip
    assert expected.items() <= found.items()
    # A fine or a confiscation beside the warning is public on Credit China; the publicity system waits for the notice of P-28.
    for number in ("警罚1号", "警没1号"):
        assert found[number] == "notice_missing" and number in numbers(tables["public_penalty"])
    assert found[None] == "number_or_date_missing"  # type: ignore[index]


def test_a_watch_list_is_not_public(tables: dict[str, list[dict[str, Any]]]) -> None:
    assert column(tables["public_list_entry"], "list_type") == ["严重违法失信名单"]


def test_on_each_channel_every_record_is_public_or_held_or_over_and_never_two_of_them(
    tables: dict[str, list[dict[str, Any]]],
) -> None:
    both = column(tables["stg_administrative_penalty"], "record_id") + column(tables["stg_list_entry"], "record_id")
    others = column(tables["stg_honour"], "record_id") + column(tables["stg_commitment"], "record_id")
    public = [
        *tables["public_penalty"],
        *tables["public_list_entry"],
        *tables["public_honour"],
        *tables["public_commitment"],
    ]
    for channel, newest in (("credit_china", both + others), ("necips", both)):
        shown = [row["record_id"] for row in public if row.get(f"{channel}_from_date")]
        held = [row["record_id"] for row in tables["held_record"] if row["channel"] == channel]
        over = [
            row["record_id"]
            for row in tables["publicity_decision"]
            if (row["channel"], row["outcome"]) == (channel, "ended")
        ]
        assert sorted(shown + held + over) == sorted(newest)


def test_a_published_penalty_says_its_windows_and_their_rules(tables: dict[str, list[dict[str, Any]]]) -> None:
    row = next(row for row in tables["public_penalty"] if row["decision_number"] == "示市监罚〔2026〕1号")
    # Decided on 2026-01-03 under Order 58; the publicity system waits for the notice of P-28.
    assert (row["credit_china_from_date"], row["credit_china_to_date"]) == (date(2026, 1, 3), date(2029, 1, 3))
    assert (row["credit_china_rule_id"], row["credit_china_mark"]) == ("P-03", "推定")
    assert row["necips_from_date"] is None
    assert reasons(tables)["示市监罚〔2026〕1号"] == "notice_missing"


def test_an_honour_is_public_while_it_is_valid_and_its_enterprise_is_known(
    tables: dict[str, list[dict[str, Any]]],
) -> None:
    shown = {row["honour_number"]: row for row in tables["public_honour"]}
    assert {number: row["credit_china_to_date"] for number, row in shown.items()} == {
        "有效": date(2028, 3, 15), "长期": None, "店": date(2028, 3, 15)
    }  # fmt: skip
    assert {(row["credit_china_rule_id"], row["credit_china_mark"]) for row in shown.values()} == {("P-42", "推定")}
    assert (shown["店"]["subject_name"], shown["店"]["honour_name"]) == ("王**", "诚信经营者王**")
    number = {row["record_id"]: row["honour_number"] for row in tables["stg_honour"]}
    held = {number[row["record_id"]]: row["reason_code"] for row in tables["held_record"] if row["record_id"] in number}
    assert held.keys() == {"撤销", "先有效后撤销", "误报", "自然人", "无主", "个人"}
    assert {held[name] for name in ("撤销", "先有效后撤销", "误报")} == {"withdrawn"}
    assert held["自然人"] == "natural_person" and held["无主"] == "not_linked"


def test_a_commitment_is_public_with_its_performance_and_nothing_adverse_without_an_end(
    tables: dict[str, list[dict[str, Any]]],
) -> None:
    shown = {row["commitment_number"]: row for row in tables["public_commitment"]}
    assert {number: (row["performance"], row["credit_china_rule_id"]) for number, row in shown.items()} == {
        "履行中": ("履行中", "P-43"), "违反": ("违反承诺", "P-44")
    }  # fmt: skip
    assert {row["content"] for row in shown.values()} == {"李**承诺明码标价"}
    assert "legal_representative" not in shown["违反"]
    number = {row["record_id"]: row["commitment_number"] for row in tables["stg_commitment"]}
    held = {number[row["record_id"]]: row["rule_id"] for row in tables["held_record"] if row["record_id"] in number}
    assert held == {"违反无期": "H-13", "误报": "D-04"}


def test_the_operator_of_an_individual_business_is_masked_everywhere(tables: dict[str, list[dict[str, Any]]]) -> None:
    shown = next(row for row in tables["public_penalty"] if row["uscc"] == SHOP)
    assert (shown["counterpart_name"], shown["case_name"]) == ("王**", "王**经营过期食品，电话13*********")
    profile = next(row for row in tables["enterprise_profile"] if row["uscc"] == SHOP)
    assert (profile["enterprise_name"], profile["address"]) == ("王**", None)


def test_no_column_that_is_not_of_the_public_class_is_published(tables: dict[str, list[dict[str, Any]]]) -> None:
    personal = {"legal_representative", "representative_document_number", "counterpart_document_number", "remark"}
    assert not personal & set(tables["public_penalty"][0])
