"""Headers as forms and databases write them: two languages, first letters, hints with brackets, vague words."""

from __future__ import annotations

import pyarrow as pa
import pytest

from connectors.checks import match_header
from connectors.checks.meaning.evidence import contradicts
from connectors.checks.meaning.values import profile_of
from connectors.contract import load_contract
from connectors.contract.header_key import header_unit
from tests.connectors.checking import PENALTY
from tests.connectors.test_meaning import AUTHORITY, CODES, LICENCE, NAMES, read, table


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("处罚决定日期 Penalty Date", "decision_date"),
        ("Penalty Basis 处罚依据", "penalty_basis"),
        ("*行政处罚决定书文号（必填，例：示市监罚〔2025〕1号）", "decision_number"),
        ("公示截止期（例：2026/01/01）", "publicity_end_date"),
        ("所属地区行政区划编码", "place_code"),
        ("价格违法行为类型", "violation_type"),
        ("处罚条款", "penalty_basis"),
        ("作出日期", "decision_date"),
        ("环境违法事实", "violation_facts"),
        ("处罚适用法律", "penalty_basis"),
        ("处罚方式及金额", "penalty_content"),
        ("处罚形式", "penalty_category"),
        ("处罚文书下达日期", "decision_date"),
        ("生效日期", "decision_date"),
        ("告知书下达日期", None),
        ("行政处罚依据文件日期", None),
        ("处罚标准", None),
        ("xzcfjdswh", "decision_number"),
        ("tyshxydm", "uscc"),
        ("cf_jdrq", "decision_date"),
        ("创建人 creator", None),
        ("罚款金额 USD", None),
        ("status", None),
        ("area", None),
        ("违反条款", None),
        ("dz", None),
    ],
)
def test_words_of_forms_and_databases(header, column):
    match = match_header(PENALTY, ["案件名称", header], is_page=True)
    assert match.mapping().get(header) == column


def test_a_unit_is_read_in_either_language_and_before_a_hint():
    assert header_unit("罚款金额(万元) Fine Amount, 10k Yuan") == "万元"
    assert header_unit("罚款金额 Fine Amount (10k Yuan)") == "万元"
    assert header_unit("罚款金额（单位：万元，没有填0）") == "万元"


@pytest.mark.parametrize(
    ("values", "column"),
    [((AUTHORITY,) * 3, "authority_name"), (("罚款2000元", "警告", "罚款500元"), "penalty_content")],
)
def test_two_readings_of_first_letters_are_told_by_the_values(values, column):
    for header in ("xzcfjg", "cfjg"):
        match, _, _ = read(PENALTY, [*table(without=("行政处罚的内容",)), (header, values)])
        assert match.mapping()[header] == column


@pytest.mark.parametrize("header", ["责任单位", "生产经营者名称", "被请求人", "单位名称（姓名）"])
def test_a_party_under_a_vague_header_where_the_values_are_enterprises(header):
    match, _, _ = read(PENALTY, [(header, NAMES), *table(without=("被处罚单位（人）名称",))])
    assert match.mapping()[header] == "counterpart_name"
    match, _, _ = read(PENALTY, [(header, ("食品科", "药品科", "稽查科")), *table()])
    assert match.mapping().get(header) != "counterpart_name"


def test_a_certificates_number_is_told_apart_from_its_name_or_both_are_left_open():
    licence = [("被许可人名称", NAMES), ("许可内容", ("热食类制售", "旅馆业", "零售"))]
    joined = ("食品经营许可证 JY29901010000012", "特种行业许可证（示公特字第0037号）", "食品经营许可证JY29901010000019")
    _, accepted, _ = read(LICENCE, [*licence, ("证书名称及编号", joined)])
    assert [(row["certificate_name"], row["licence_number"]) for row in accepted] == [
        ("食品经营许可证", "JY29901010000012"),
        ("特种行业许可证", "示公特字第0037号"),
        ("食品经营许可证", "JY29901010000019"),
    ]
    match, _, _ = read(
        LICENCE, [*licence, ("证书名称及编号", ("食品经营许可证", "特种行业许可证", "烟草专卖零售许可证"))]
    )
    assert match.reported == ("证书名称及编号 ? certificate_name",)


def test_a_building_project_is_no_title_of_a_licence():
    projects = ("年产五万件铸件项目", "印染线技改项目", "滨江花园二期")
    match, _, _ = read(LICENCE, [("申请人名称", NAMES), ("项目名称", projects)])
    assert match.reported == ("项目名称 ? decision_document_name",)


NO_PARTY = table(without=("被处罚单位（人）名称",))


@pytest.mark.parametrize(
    "header", ["店铺名", "受托加工方", "工作单位", "举报单位", "投诉人单位", "送检单位", "委托方", "甲方", "养老院"]
)
def test_the_only_enterprises_of_a_page_are_the_party_where_no_header_names_it(header):
    match, accepted, _ = read(PENALTY, [*NO_PARTY, (header, NAMES), ("案件名称", ("案",) * 3)])
    expected = "counterpart_name" if header in ("店铺名", "养老院") else None
    assert match.mapping().get(header) == expected
    assert [row["counterpart_name"] for row in accepted] == list(NAMES if expected else (None,) * 3)


def test_of_two_columns_of_enterprises_none_is_the_party_nor_in_a_feed_that_can_be_mended():
    two = [*NO_PARTY, ("店铺名", NAMES), ("进货店铺", NAMES[::-1]), ("案件名称", ("甲案", "乙案", "丙案"))]
    match, _, _ = read(PENALTY, two)
    assert match.reported == ("店铺名 ? counterpart_name", "进货店铺 ? counterpart_name")
    rights = [("采矿许可证号", ("C99", "C98", "C97")), ("转让方", NAMES), ("受让方", NAMES[::-1])]
    _, accepted, quarantined = read(LICENCE, rights)
    assert (accepted, [row["reason_code"] for row in quarantined]) == ([], ["header_left_open"] * 3)
    assert "counterpart_name" not in read(PENALTY, two[:4] + two[5:], is_page=False)[0].columns


def test_of_two_numbers_the_one_that_is_a_decisions_is_it():
    numbers = ("示市监罚〔2026〕1号", "示市监罚〔2026〕2号", "示市监罚〔2026〕3号")
    columns = [("当事人", NAMES), ("行政处罚编号", ("990011", "990012", "990013")), ("行政处罚决定文号", numbers)]
    match, accepted, _ = read(PENALTY, columns)
    assert [row["decision_number"] for row in accepted] == list(numbers)
    assert match.reported == ("行政处罚编号 ? decision_number",)


def test_each_end_of_a_validity_in_brackets():
    columns = [
        ("机构名称", NAMES),
        ("许可证有效期限(起)", ("2026-01-01",) * 3),
        ("许可证有效期限(止)", ("2030-12-31",) * 3),
    ]
    match, _, _ = read(LICENCE, columns)
    assert (match.mapping()["许可证有效期限(起)"], match.mapping()["许可证有效期限(止)"]) == (
        "valid_from_date",
        "valid_to_date",
    )


@pytest.mark.parametrize(
    "header",
    [
        "当前状态（0正常 1撤销 2异议 3其他）",
        "当前状态：0=正常（或空白）；1=撤销；2=异议；3=其他（备注说明）",
        "当前状态(填写代码：正常-0，撤销-1，异议-2)",
    ],
)
def test_codes_that_the_header_explains_are_read_as_it_says(header):
    _, accepted, _ = read(PENALTY, table((header, ("0", "1", "2"))))
    assert [row["record_state"] for row in accepted] == ["正常", "撤销", "异议"]


def test_a_bare_code_of_a_state_is_read_in_the_layout_that_has_such_codes_and_kept_elsewhere():
    # 1 is 撤销 in the layout of 2016 and 有效 in the licences of 2018: of a penalty in no known layout it may be either
    _, accepted, _ = read(PENALTY, table(("当前状态", ("0", "1", "2"))))
    assert [row["record_state"] for row in accepted] == ["正常", "1", "2"]
    assert "record_state:value_not_in_list" in accepted[1]["notes"]
    _, accepted, _ = read(
        PENALTY, table(("当前状态", ("0", "1", "2")), ("处罚类别1", ("罚款", "警告", "没收违法所得")))
    )
    assert [row["record_state"] for row in accepted] == ["正常", "撤销", "异议"]


def test_a_code_that_the_header_leaves_out_is_kept_and_noted():
    _, accepted, _ = read(PENALTY, table(("当前状态（1有效 9撤销）", ("1", "9", "2"))))
    assert [row["record_state"] for row in accepted] == ["正常", "撤销", "2"]
    assert "record_state:value_not_in_list" in accepted[2]["notes"]


@pytest.mark.parametrize(
    "header",
    ["被处罚机构", "被处罚医疗机构名称", "被处罚用人单位", "被处罚商户", "受处罚公司", "违法商户名称"],
)
def test_whoever_is_punished_is_the_party_and_their_people_are_not(header):
    people = (header.removesuffix("名称") + "联系人", ("李晓明", "王芳", "赵德"))
    match, _, _ = read(PENALTY, [(header, NAMES), people, ("案件名称", ("案",) * 3)])
    assert match.mapping() == {header: "counterpart_name", "案件名称": "case_name"}
    match, _, _ = read(PENALTY, [people, ("案件名称", ("案",) * 3)])
    assert match.mapping() == {"案件名称": "case_name"}


@pytest.mark.parametrize("header", ["下达日期", "生效日期"])
def test_a_day_that_is_nearly_the_decisions_yields_to_one_that_is(header):
    days = (header, ("2026-02-10", "2026-02-11", "2026-02-12"))
    decided = ("处罚决定日期", ("2026-02-03", "2026-02-04", "2026-02-05"))
    _, accepted, _ = read(PENALTY, table(days))
    assert [str(row["decision_date"]) for row in accepted] == list(days[1])
    _, accepted, _ = read(PENALTY, table(days, decided))
    assert [str(row["decision_date"]) for row in accepted] == list(decided[1])


def test_a_ledger_that_numbers_its_complaints_from_one_keeps_its_numbers():
    columns = [("登记编号", ("1", "2", "3")), ("登记时间", ("2026-11-11 10:05:00",) * 3), ("被投诉方名称", NAMES)]
    _, accepted, _ = read(load_contract("complaint"), columns)
    assert [row["complaint_number"] for row in accepted] == ["1", "2", "3"]


def test_numbers_of_the_rows_and_of_other_registers_are_no_codes():
    columns = table(("处罚决定书文号", ("7", "8", "9")), without=("处罚决定文书编号",))
    match, _, _ = read(PENALTY, columns)
    assert "decision_number" not in match.columns
    match, _, _ = read(PENALTY, table(("机构代码", ("H99010100012", "H99010100023", "H99010100045"))))
    assert match.reported == ("机构代码 ≠ organisation_code",)


def test_running_text_and_titles_of_cases_are_neither_party_nor_authority_nor_number():
    told = tuple(f"{name}涉嫌经营过期食品案" for name in NAMES)
    facts = ("检查时发现，货架上有过期食品，已扣押",) * 3
    for header, column in (
        ("处罚机关", "authority_name"),
        ("被处罚人", "counterpart_name"),
        ("文号", "decision_number"),
    ):
        for values in (told, facts):
            match, _, _ = read(PENALTY, [(header, values), ("案件名称", told), ("备注", ("无",) * 3)])
            assert column not in match.columns


def test_the_number_of_a_business_licence_is_the_credit_code_of_its_holder():
    columns = [
        ("行政相对人名称", NAMES),
        ("统一社会信用代码", CODES),
        ("许可证书名称", ("营业执照",) * 3),
        ("许可编号", CODES),
    ]
    _, accepted, _ = read(LICENCE, columns)
    assert [(row["uscc"], row["licence_number"]) for row in accepted] == [(code, code) for code in CODES]


def test_numbers_that_count_are_numbers_where_no_document_bears_them():
    counted = profile_of(pa.array(["1", "2", "3"]), frozenset())
    assert contradicts(PENALTY.column("decision_number"), counted)
    assert not contradicts(load_contract("link_decision").column("decision_number"), counted)
    assert not contradicts(load_contract("case_step").column("step_number"), counted)


def test_party_and_authority_under_each_others_headers_are_left_open():
    columns = [*table(without=("被处罚单位（人）名称",)), ("行政相对人名称", (AUTHORITY,) * 3), ("处罚机关", NAMES)]
    match, accepted, _ = read(PENALTY, columns)
    assert match.reported == ("行政相对人名称 ≠ counterpart_name", "处罚机关 ≠ authority_name")
    assert all(row["counterpart_name"] is None for row in accepted)
    match, _, _ = read(PENALTY, table(("行政相对人名称", (AUTHORITY,) * 3), without=("被处罚单位（人）名称",)))
    assert "counterpart_name" not in match.columns
    bodies = ("示例市教育局", "示例市水利局", "示例市临江区交通运输局")
    match, _, _ = read(PENALTY, table(("行政相对人名称", bodies), without=("被处罚单位（人）名称",)))
    assert "counterpart_name" in match.columns


def test_what_has_no_digit_is_no_number_of_a_document():
    match, _, _ = read(
        PENALTY, table(("文书号", ("经营过期食品", "无证经营", "标签不合规定")), without=("处罚决定文书编号",))
    )
    assert match.reported == ("文书号 ≠ decision_number",)
