"""What is wrong with a build is found, shown with file and row, masked, owned by somebody, and stops the release."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from expectations import CheckOutcome, ReleaseBlockedError, require
from expectations.report import as_json, as_tables, summary
from lake.errors import TerminalError
from lake.messages import set_language
from tests.expectations.conftest import CONTRACT, Built


def failed(built: Built, check_id: str) -> CheckOutcome:
    result = built.check()
    found = {outcome.id: outcome for outcome in result.failed}
    assert check_id in found, sorted(found)
    return found[check_id]


def test_a_good_build_passes_and_the_second_look_is_taken_over(built: Built) -> None:
    first = built.check("run-1")
    assert not first.blocked and first.fresh and [outcome.id for outcome in first.failed] == []
    assert {outcome.suite for outcome in first.outcomes} >= {"ledger", CONTRACT, "identity", "public_penalty"}
    second = built.check("run-2")
    assert not second.fresh and second.run_id == "run-2" and second.outcomes == first.outcomes
    require(second)


def test_data_docs_are_a_site_in_chinese(built: Built, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    result = built.check()
    assert [one.message for one in caplog.records if "temporary directory" in one.message] == []
    assert result.data_docs is not None
    index = Path(result.data_docs)
    assert "行政处罚信息" in index.read_text(encoding="utf-8")
    pages = [page.read_text(encoding="utf-8") for page in index.parent.rglob("validations/**/*.html")]
    assert any("每批入湖的记录数与台账一致" in page for page in pages)


def test_the_first_page_needs_no_network_and_leads_to_every_suite(built: Built) -> None:
    built.change(f"update staging.stg_{CONTRACT} set penalty_content = null where record_id = 'record3'")
    index = Path(str(built.check().data_docs))
    page = index.read_text(encoding="utf-8")
    assert "://" not in page and f"{CONTRACT}.required.penalty_content" in page
    links = [index.parent / unquote(link) for link in re.findall('href="([^"]+)"', page)]
    assert len(links) > 5 and all(link.is_file() for link in links)


def test_a_missing_required_value_blocks_with_file_row_and_masked_columns(built: Built) -> None:
    built.change(f"update staging.stg_{CONTRACT} set penalty_content = null where record_id = 'record3'")
    outcome = failed(built, f"{CONTRACT}.required.penalty_content")
    assert outcome.severity == "block" and outcome.owner == "engineer" and outcome.observed == 1
    [row] = outcome.failing_rows
    assert (row.file, row.row, row.record_id) == ("penalties.csv", 5, "record3")
    assert row.columns["counterpart_name"] == "虚构市示例0003号有限公司"
    with pytest.raises(ReleaseBlockedError) as error:
        require(built.check())
    assert "penalty_content" in str(error.value) and error.value.result.blocked


def test_personal_columns_of_failing_rows_are_masked_everywhere(built: Built) -> None:
    long = "1" * 300
    built.change(
        f"update staging.stg_{CONTRACT} set representative_document_number = '{long}' where record_id = 'record1'"
    )
    outcome = failed(built, f"{CONTRACT}.length.representative_document_number")
    assert outcome.failing_rows[0].columns["representative_document_number"] == "***"
    result = built.check()
    pages = "".join(page.read_text(encoding="utf-8") for page in Path(str(result.data_docs)).parent.rglob("*.html"))
    assert long not in pages and long not in as_json(result) and "penalties.csv" in pages


def test_an_unknown_code_value_warns_the_department(built: Built) -> None:
    built.change(f"update staging.stg_{CONTRACT} set counterpart_category = '外星企业' where record_id = 'record2'")
    outcome = failed(built, f"{CONTRACT}.allowed_value.counterpart_category")
    assert (outcome.severity, outcome.owner, outcome.blocks) == ("warn", "department", False)
    assert outcome.failing_rows[0].columns["counterpart_category"] == "外星企业"
    assert "quarantine export" in outcome.outlet


PENALTY = "update publicity.public_penalty set {} where decision_number like '%3号'"
STAGED = (
    f"update staging.stg_{CONTRACT} set {{}}, record_id = 'p0000000000000000000000000000003' where record_id = 'record3';"
    "update identity.subject_link set record_id = 'p0000000000000000000000000000003' where record_id = 'record3'"
)
SHARED = (
    f"create view staging.stg_{{0}} as from staging.stg_{CONTRACT}; insert into publicity.public_{{0}} "
    "(record_id, subject_name, credit_china_from_date, {1}) values ('gone', '甲', date '2025-03-01', '{2}')"
)
UNKNOWN = "uscc = '91990101FX00000A1C'"

BROKEN = {
    f"{CONTRACT}.repeated_key.record_id": f"insert into staging.stg_{CONTRACT} from staging.stg_{CONTRACT} limit 1",
    "identity.link_repeated": "insert into identity.subject_link from identity.subject_link limit 1",
    "identity.link_orphan": f"update identity.subject_link set {UNKNOWN} where record_id = 'record1'",
    "identity.enterprise_repeated": "insert into identity.enterprise from identity.enterprise limit 1",
    "public_penalty.orphan": PENALTY.format(UNKNOWN),
    "public_penalty.natural_person": PENALTY.format("counterpart_category = '自然人'"),
    "public_penalty.number_or_date_missing": PENALTY.format("decision_number = null"),
    "public_penalty.window_over": PENALTY.format("necips_to_date = date '2025-03-01'"),
    "public_penalty.no_channel": PENALTY.format("credit_china_from_date = null"),
    "public_penalty.name_not_masked": PENALTY.format("masking_rule_id = 'P-23'"),
    "public_penalty.summary_procedure": PENALTY.format("procedure_type = '简易程序'"),
    "public_penalty.warning_on_publicity_system": PENALTY.format(
        "penalty_category = '警告', fine_amount_yuan = null, necips_from_date = date '2025-03-01'"
    ),
    "public_penalty.secret": STAGED.format("secrecy_review = '涉密'"),
    "public_penalty.minor": STAGED.format("party_is_minor = '是'"),
    "public_penalty.name_missing.counterpart_name": PENALTY.format("counterpart_name = null"),
    "public_penalty.rule_column_missing.withdrawn": "alter table publicity.public_penalty drop column record_state",
    "public_honour.withdrawn": SHARED.format("honour", "honour_state", "撤销"),
    "public_honour.natural_person": SHARED.format("honour", "subject_category", "自然人"),
    "public_commitment.window_over": SHARED.format("commitment", "performance", "违反承诺"),
    "list_measure.without_entry": (
        "insert into publicity.list_measure (record_id, measure_id, measure) values ('gone', 'M-11', '提高检查频次')"
    ),
    "public_warning.without_public_entry": (
        "insert into publicity.public_warning (record_id, receiving_department, subject_name) values ('gone', '公安', '甲')"
    ),
    "enterprise_profile.repeated_key.uscc": (
        "insert into profile.enterprise_profile from profile.enterprise_profile limit 1"
    ),
}


@pytest.mark.parametrize(("check_id", "statement"), BROKEN.items())
def test_what_breaks_an_output_blocks(built: Built, check_id: str, statement: str) -> None:
    built.change(statement)
    outcome = failed(built, check_id)
    assert outcome.blocks and outcome.owner in {"engineer", "list_editor"}
    assert outcome.failing_rows or "rule_column_missing" in check_id


def test_a_lost_record_blocks(built: Built) -> None:
    counts = {"rows_read": 4, "rows_accepted": 4, "records_accepted": 4}
    built.deliver(status="accepted", **counts)
    outcome = failed(built, f"{CONTRACT}.batch_complete")
    assert outcome.blocks
    assert outcome.failing_rows[0].file == "second.csv"
    assert outcome.failing_rows[0].columns["records_found"] == "0"


def test_rows_that_are_not_accounted_for_block(built: Built) -> None:
    built.deliver(status="refused", rows_read=9, rows_refused=8)
    outcome = failed(built, "ledger.rows_accounted")
    assert outcome.blocks and outcome.failing_rows[0].columns["rows_read"] == "9"


def test_a_refused_delivery_and_much_quarantine_warn_the_department(built: Built) -> None:
    built.deliver(status="refused", path="zz.csv", rows_read=8, rows_refused=8)
    found = {outcome.id: outcome for outcome in built.check().failed}
    assert found["ledger.newest_refused"].owner == "department" and not found["ledger.newest_refused"].blocks


def test_an_accepted_check_no_longer_blocks_and_a_wrong_id_is_refused(built: Built) -> None:
    built.change(PENALTY.format("counterpart_category = '自然人'"))
    result = built.check(accept=["public_penalty.natural_person"])
    assert not result.blocked and [outcome.accepted for outcome in result.failed] == [True]
    with pytest.raises(TerminalError) as error:
        built.check(accept=["public_penalty.natural_persons"])
    assert error.value.code == "expectations.check_unknown" and "public_penalty.natural_person" in str(error.value)


def test_reports_are_rows_and_json_in_both_languages(built: Built) -> None:
    built.change(PENALTY.format("counterpart_category = '自然人'"))
    result = built.check()
    overview, rows = as_tables(result)
    assert overview.rows[0][0] == "阻止发布" and rows.rows[0][0] == "-"
    assert json.loads(as_json(result))["blocked"] is True and "1 项阻止发布" in summary(result)
    try:
        set_language("en")
        assert "1 block the release" in summary(built.check())
    finally:
        set_language("zh")


def test_no_warehouse_says_what_to_type(built: Built) -> None:
    built.warehouse.unlink()
    with pytest.raises(TerminalError, match="creditlake build"):
        built.check()
