"""What the columns of a table mean: words, neighbours and values together; never a wrong column."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from connectors.checks import match_header, plan
from connectors.checks.meaning.evidence import contradicts
from connectors.checks.meaning.takes import Take, taken
from connectors.checks.meaning.values import profile_of
from connectors.contract import load_contract
from connectors.contract.model import Contract
from lake.errors import TerminalError
from tests.connectors.checking import PENALTY

LICENCE = load_contract("administrative_licence")
CODES = ("91990101FX00000A1C", "91990101FX00000BX4", "91990101FX00000C84")
AUTHORITY_CODE = "11990101FX0000E17D"
NAMES = ("示例市晨光食品有限公司", "示例市临江商行", "示例市远山百货店")
AUTHORITY = "示例市市场监督管理局"


def read(contract: Contract, columns: list[tuple[str, tuple[str, ...]]], *, is_page: bool = True):
    """The columns (header and values) read: the match, accepted and quarantined rows."""
    header = [text for text, _ in columns]
    arrays = [pa.array(values, pa.string()) for _, values in columns]
    check_plan = plan(contract, header, sample=arrays, is_page=is_page)
    batch = pa.RecordBatch.from_arrays(arrays, [f"c{place}" for place in range(len(arrays))])
    with duckdb.connect() as connection:
        checked = check_plan.run(connection, batch, pa.array(range(1, batch.num_rows + 1), pa.int64()))
    return check_plan.match, checked.accepted.to_pylist(), checked.quarantined.to_pylist()


def table(*further: tuple[str, tuple[str, ...]], without: tuple[str, ...] = ()) -> list[tuple[str, tuple[str, ...]]]:
    """A small table of penalties with ``further`` columns."""
    usual = [
        ("被处罚单位（人）名称", NAMES),
        ("处罚决定文书编号", ("示市监罚〔2026〕1号", "示市监罚〔2026〕2号", "示市监罚〔2026〕3号")),
        ("主要违法事实", ("经营过期食品", "无证经营", "标签不合规定")),
        ("行政处罚的内容", ("罚款2000元", "警告", "没收违法所得100元")),
    ]
    return [*(pair for pair in usual if pair[0] not in without), *further]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("1、行政处罚决定书文号*", "decision_number"),
        ("处罚决定的日期【格式：yyyyMMdd】", "decision_date"),
        ("处罚机关的统一社会信用代码", "authority_uscc"),
        ("违法单位名称或个人姓名", "counterpart_name"),
        ("法定代表人（负责人/经营者）", "legal_representative"),
        ("没收违法所得、没收非法财物的金额（单位：万元）", "confiscated_amount_yuan"),
        ("信用代码（或注册号）", "uscc"),
        ("处罚事由（违法事实）", "violation_facts"),
        ("做出行政处罚的部门", "authority_name"),
        ("行政处罚决定生效日期", "decision_date"),
        ("处罚信息公示截止日期", None),
        ("立案日期", None),
        ("送达日期", None),
        ("公示日期", "first_published_date"),
        ("执法人员", None),
        ("企业名称及地址", None),
    ],
)
def test_words_decide_or_nothing_does(header, column):
    match = match_header(PENALTY, ["案件名称", header], is_page=True)
    assert match.mapping().get(header) == column
    assert column is not None or header in match.unknown


JOINED = [
    ("处罚机关、日期", f"{AUTHORITY} 2026年2月3日", {"authority_name": AUTHORITY, "decision_date": "2026-02-03"}),
    ("行政处罚单位及时间", f"2026-02-03 {AUTHORITY}", {"authority_name": AUTHORITY, "decision_date": "2026-02-03"}),
    (
        "法定代表人及身份证号", "赵晨 990101199001010017",
        {"legal_representative": "赵晨", "representative_document_number": "990101199001010017"},
    ),
    (
        "案件名称（文号）", "示市监罚〔2026〕7号 某店无证经营案",
        {"decision_number": "示市监罚〔2026〕7号", "case_name": "某店无证经营案"},
    ),
    (
        "处罚结果及依据", "依据《示例条例》第八条第一款，罚款2000元",
        {"penalty_content": "依据《示例条例》第八条第一款，罚款2000元", "penalty_basis": "《示例条例》第八条第一款"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("header", "cell", "expected"), JOINED, ids=[header for header, _, _ in JOINED])
def test_facts_that_share_a_cell_are_told_apart(header, cell, expected):
    without = ("行政处罚的内容", "处罚决定文书编号")
    _, accepted, quarantined = read(PENALTY, table((header, (cell, "", "")), without=without))
    assert not quarantined
    assert {name: str(accepted[0][name]) for name in expected} == expected


@pytest.mark.parametrize(
    "cell", [f"{NAMES[0]}（统一社会信用代码：{CODES[0]}）", f"{NAMES[0]} {CODES[0]}", f"{CODES[0]}，{NAMES[0]}"]
)
def test_a_party_and_its_code_in_one_cell(cell):
    column = ("当事人名称及统一社会信用代码", (cell, NAMES[1], NAMES[2]))
    _, accepted, _ = read(PENALTY, table(column, without=("被处罚单位（人）名称",)))
    assert [(row["counterpart_name"], row["uscc"]) for row in accepted] == [
        (NAMES[0], CODES[0]), (NAMES[1], None), (NAMES[2], None),
    ]  # fmt: skip


def test_digits_of_a_longer_number_are_no_code():
    cells = pa.array(["示例厂1234567890123456789"])
    assert taken(Take("code", "found"), cells).to_pylist() == [None]


@pytest.mark.parametrize("header", ["备用", "", "处罚结果说明", "营业执照"])
def test_a_column_of_valid_codes_is_one_whatever_its_header_says(header):
    match, accepted, _ = read(PENALTY, table((header, CODES)))
    assert [row["uscc"] for row in accepted] == list(CODES)
    assert match.claims[-1].source == "values"
    assert all(any(note.startswith("uscc:header_") for note in row["notes"]) for row in accepted)


def test_masked_codes_are_codes() -> None:
    match, accepted, _ = read(
        PENALTY, table(("统一社会信用代码", ("91990101********1C", "919901********001C", CODES[2])))
    )
    assert "uscc" in match.columns
    assert accepted[2]["uscc"] == CODES[2]


@pytest.mark.parametrize("header", ["举报单位代码", "执法机关编码"])
def test_a_code_of_somebody_else_is_never_the_partys(header):
    match, accepted, _ = read(PENALTY, table((header, CODES)))
    assert all(row["uscc"] is None for row in accepted)
    assert any(header in text for text in match.reported)


def test_two_columns_of_codes_that_nobody_named_are_left_open():
    match, accepted, _ = read(PENALTY, table(("甲", CODES), ("乙", CODES[::-1])))
    assert all(row["uscc"] is None for row in accepted)
    assert match.reported == ("甲 ? uscc", "乙 ? uscc")


def test_the_authoritys_own_code_for_many_parties_is_not_theirs():
    match, accepted, _ = read(PENALTY, table(("统一社会信用代码", (AUTHORITY_CODE,) * 3)))
    assert all(row["uscc"] is None for row in accepted)
    assert match.reported == ("统一社会信用代码 ? uscc",)


def test_a_bare_code_belongs_to_whom_its_left_neighbour_names():
    match, accepted, _ = read(
        PENALTY,
        [
            *table()[:1],
            ("统一社会信用代码", CODES),
            *table()[1:],
            ("处罚机关", (AUTHORITY,) * 3),
            ("统一社会信用代码_2", (AUTHORITY_CODE,) * 3),
        ],
    )
    assert [(row["uscc"], row["authority_uscc"]) for row in accepted] == [(code, AUTHORITY_CODE) for code in CODES]
    assert not match.doubts


@pytest.mark.parametrize(
    ("neighbour", "second"),
    [("行政相对人代码_5(居民身份证号)", "organisation_code"), ("行政相对人代码_6", "registration_number")],
)
def test_what_code_2_is_tells_the_year_of_the_neighbours(neighbour, second):
    match, _, _ = read(PENALTY, table(("行政相对人代码_2", ("",) * 3), (neighbour, ("",) * 3)))
    assert match.mapping()["行政相对人代码_2"] == second


def test_two_columns_that_take_turns_are_one():
    columns = [
        ("被处罚的自然人姓名", ("赵晨", "", "")), ("被处罚的企业或其他组织的名称", ("", *NAMES[1:])),
        *table(without=("被处罚单位（人）名称",)),
    ]  # fmt: skip
    _, accepted, _ = read(PENALTY, columns)
    assert [row["counterpart_name"] for row in accepted] == ["赵晨", *NAMES[1:]]


def test_a_document_beside_the_representative_is_nobodys_until_said():
    match, _, _ = read(PENALTY, table(("法定代表人", ("赵晨", "钱宁", "孙岳")), ("证件号码", ("",) * 3)))
    assert match.unknown == ("证件号码",)


def test_a_validity_that_only_says_until_when():
    columns = [
        ("持证单位", NAMES),
        ("许可证编号", ("1", "2", "3")),
        ("有效期", ("2030-12-31", "长期", "2026-01-01至2030-12-31")),
    ]
    _, accepted, _ = read(LICENCE, columns)
    assert [str(row["valid_to_date"]) for row in accepted] == ["2030-12-31", "None", "2030-12-31"]
    assert [str(row["valid_from_date"]) for row in accepted] == ["None", "None", "2026-01-01"]
    assert "valid_to_date:long_term" in accepted[1]["notes"]


def test_the_layout_tells_the_year_of_numbered_codes():
    layout = ["处罚名称", "处罚结果", "处罚生效期", "处罚机关", "行政处罚决定书文号"]
    match = match_header(PENALTY, [*layout, "行政相对人名称", "行政相对人代码_2", "行政相对人代码_5"])
    assert match.mapping()["行政相对人代码_2"] == "organisation_code"


def test_code_2_alone_is_left_open():
    match, _, _ = read(PENALTY, table(("行政相对人代码_2", ("",) * 3)))
    assert match.unknown == ("行政相对人代码_2",)


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("处罚依据", (AUTHORITY,) * 3),
        ("处罚机关", ("2026-02-03",) * 3),
        ("处罚日期", NAMES),
        ("罚款金额（元）", ("示市监罚〔2026〕1号",) * 3),
        ("法定代表人", (AUTHORITY,) * 3),
        ("工商登记码", ("赵晨", "钱宁", "孙岳")),
        ("案件名称", ("罚款2000元", "警告", "没收违法所得100元")),
        ("统一社会信用代码", ("2000", "500", "30000")),
        ("统一社会信用代码", ("11990101FX0000E17D", "11990101573657405R", "11990101FX0000E17D")),
        ("工商登记码", ("PDY990100000001D1102", "PDY990100000002D1102", "PDY990100000003D1102")),
        ("税务登记号", ("990101000058007", "990102000058010", "990103000058022")),
        ("法定代表人", NAMES),
        ("处罚机关", ("0571-88001234", "0571-88001235", "0571-88001236")),
        ("处罚机关", ("2026-02-03 09:30:00", "2026-02-04 10:30:00", "2026-02-05 11:30:00")),
        ("处罚日期", ("2000", "5000", "120000")),
        ("处罚依据", ("示例市临江区晨光路1号", "示例市临江区晨光路2号", "示例市临江区晨光路3号")),
        ("罚款金额（元）", ("13900001001", "13900001002", "13900001003")),
    ],
)
def test_a_header_that_its_values_deny_is_left_open_and_said(header, values):
    match, accepted, _ = read(PENALTY, table((header, values)))
    assert header not in {text for text in match.mapping() if text != header} and header not in match.mapping()
    assert len(accepted) == 3


def test_a_single_slip_does_not_deny_a_header():
    columns = [(header, values[:1]) for header, values in table(("统一社会信用代码", ("30", "", "")))]
    match, accepted, _ = read(PENALTY, columns)
    assert "uscc" in match.columns and len(accepted) == 1


def test_the_code_of_another_body_is_not_the_partys_own():
    """Of two bodies with codes the one is read whose header names the party; without its column none is."""
    codes = ("91990101FX00000A1C", "92990102MA20W8YX3P", "91990103581011946X")
    others = ("91990101573000008B", "92990102MA201CHM7X", "919901035730034602")
    own = ("被处罚单位（人）统一社会信用代码", codes)
    match, _, _ = read(PENALTY, table(own, ("施工单位统一社会信用代码", others)))
    assert [cell.header for cell in match.columns["uscc"]] == [own[0]]
    match, _, _ = read(PENALTY, table(("施工单位统一社会信用代码", others)))
    assert "uscc" not in match.columns


def test_rows_whose_required_column_was_left_open_go_back():
    columns = [
        ("行政相对人名称", NAMES), ("行政处罚决定书文号", ("示〔2026〕1号", "示〔2026〕2号", "示〔2026〕3号")),
        ("处罚事由", ("甲", "乙", "丙")), ("处罚结果", ("警告",) * 3), ("处罚决定日期", ("2026-02-03",) * 3),
        ("处罚机关", ("朱一文", "钱宁", "孙岳")),
    ]  # fmt: skip
    _, accepted, quarantined = read(PENALTY, columns, is_page=False)
    assert not accepted
    assert {(row["column_name"], row["reason_code"]) for row in quarantined} == {("authority_name", "header_left_open")}


def test_odd_values_are_left_to_the_checks_of_the_row():
    match, _, _ = read(PENALTY, table(("统一社会信用代码", ("91990101FX00000A1A", "990101000000018", "/"))))
    assert match.mapping()["统一社会信用代码"] == "uscc"


def test_a_table_that_cannot_be_understood_is_refused_by_the_names_of_its_columns():
    with pytest.raises(TerminalError) as refused:
        read(PENALTY, [("甲", ("1", "2", "3")), ("乙", ("4", "5", "6"))])
    assert "甲" in refused.value.localised("en") and "乙" in refused.value.localised("en")


def test_a_licence_register_with_a_period_in_one_cell():
    columns = [
        ("持证单位", NAMES),
        ("企业统一社会信用代码", CODES),
        ("许可证编号", ("JY19901010000011", "JY19901010000020", "JY19901010000038")),
        ("有效期", ("2026-01-01至2030-12-31",) * 3),
        ("发证机关及日期", (f"{AUTHORITY}，2026年1月1日",) * 3),
    ]
    _, accepted, _ = read(LICENCE, columns)
    row = accepted[0]
    assert (row["counterpart_name"], row["uscc"], row["licence_number"]) == (NAMES[0], CODES[0], "JY19901010000011")
    assert [str(row[name]) for name in ("valid_from_date", "valid_to_date", "authority_name", "decision_date")] == [
        "2026-01-01", "2030-12-31", AUTHORITY, "2026-01-01",
    ]  # fmt: skip


def test_a_sampled_shop_is_a_party_and_a_credit_centre_may_be_an_authority() -> None:
    """Its column's name ends like that of an authority; all sampled units of a region were once left unread by that."""
    contract = load_contract("sampling_inspection")
    column, announcing = contract.column("sampled_unit_name"), contract.column("announcing_unit")
    shops = profile_of(pa.array(["甲市乙区百味超市", "甲市丙百货有限公司", "甲市丁食品店"] * 5), frozenset())
    assert not contradicts(column, shops) and contradicts(announcing, shops)
    bodies = profile_of(pa.array(["甲市公共信用信息中心", "甲市食品检验院", "甲市计量所"] * 5), frozenset())
    assert not contradicts(announcing, bodies)


@pytest.mark.parametrize(
    ("cell", "name", "person"),
    [
        ("示例市晨光食品有限公司、赵晨", "示例市晨光食品有限公司", "赵晨"),
        ("示例市临江商行（法定代表人：钱宁远）", "示例市临江商行", "钱宁远"),
        ("示例市远山百货店 负责人 孙岳", "示例市远山百货店", "孙岳"),
        ("示例市晨光食品有限公司（宁波）", "示例市晨光食品有限公司（宁波）", None),
        ("示例市晨光食品有限公司、高新店", "示例市晨光食品有限公司、高新店", None),
        ("赵晨", "赵晨", None),
    ],
)
def test_a_person_behind_an_enterprise_is_its_representative_and_a_place_is_none(
    cell: str, name: str, person: str | None
) -> None:
    cells = pa.array([cell])
    assert taken(Take("person", "rest"), cells).to_pylist() == [name]
    assert taken(Take("person", "found"), cells).to_pylist() == [person]


PERSONS = ("赵晨", "钱宁远", "孙岳")


@pytest.mark.parametrize(
    ("persons", "enterprises"), [("姓名", "企业名称"), ("当事人", "单位名称"), ("驾驶员", "业户名称")]
)
def test_where_a_person_works_is_not_taken_for_the_party(persons: str, enterprises: str) -> None:
    columns = table((persons, PERSONS), (enterprises, NAMES), without=("被处罚单位（人）名称",))
    match, accepted, quarantined = read(PENALTY, columns)
    assert "counterpart_name" not in match.columns
    assert (len(accepted), len(quarantined)) == (0, 3)


def test_a_vague_header_is_the_party_where_no_other_header_is() -> None:
    match, accepted, _ = read(PENALTY, table(("户名", NAMES), without=("被处罚单位（人）名称",)))
    assert match.mapping()["户名"] == "counterpart_name"
    assert [row["counterpart_name"] for row in accepted] == list(NAMES)
    match, accepted, _ = read(PENALTY, table(("户名", ("示例市财政局专户",) * 3)))
    assert match.reported and {row["counterpart_name"] for row in accepted} == set(NAMES)


def test_projects_are_no_cases_and_outcomes_no_content() -> None:
    match, _, _ = read(PENALTY, table(("项目名称", ("青溪家园3号楼", "县医院门诊楼", "港口大道二期"))))
    assert "case_name" not in match.columns
    licences = [
        ("申请单位", NAMES),
        ("许可项目", ("气瓶充装", "电梯安装", "压力管道安装")),
        ("审批结果", ("准予许可",) * 3),
    ]
    match, _, _ = read(LICENCE, licences)
    assert match.mapping() == {"申请单位": "counterpart_name", "许可项目": "licence_content"}


def test_beside_the_facts_the_law_that_was_broken_is_not_the_basis() -> None:
    cells = (
        "未标价，违反《价格法》第十三条，依据《价格法》第四十二条",
        "无照经营。《条例》第三条",
        "违反《条例》第八条",
    )
    _, accepted, _ = read(PENALTY, table(("违法行为及处罚依据", cells), without=("主要违法事实",)))
    assert [row["violation_facts"] for row in accepted] == list(cells)
    assert [row["penalty_basis"] for row in accepted] == ["《价格法》第四十二条", "《条例》第三条", None]


def test_a_blacked_out_identity_number_is_no_credit_code() -> None:
    _, accepted, _ = read(PENALTY, table(("统一社会信用代码/身份证号", (CODES[0], "9901**********2318", CODES[2]))))
    assert [row["uscc"] for row in accepted] == [CODES[0], None, CODES[2]]
    assert accepted[1]["counterpart_document_number"] == "9901**********2318"


def test_english_headers_are_read_word_by_word() -> None:
    columns = [
        ("company_name", NAMES), ("credit_code", CODES),
        ("penaltyDocNo", ("示罚〔2026〕1号", "示罚〔2026〕2号", "示罚〔2026〕3号")),
        ("penalty_result", ("警告", "罚款500元", "警告")), ("case_no", ("1", "2", "3")),
    ]  # fmt: skip
    match, accepted, _ = read(PENALTY, columns)
    assert match.mapping() == {
        "company_name": "counterpart_name", "credit_code": "uscc", "penaltyDocNo": "decision_number",
        "penalty_result": "penalty_content",
    }  # fmt: skip
    assert [row["uscc"] for row in accepted] == list(CODES)
