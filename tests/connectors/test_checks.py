"""Row checks: what a header means, how values are read, what is noted and what is sent back."""

import json
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.checks import columns, match_header
from connectors.checks.macros import PLACEHOLDERS
from connectors.checks.reading import ColumnUse
from connectors.checks.screen import EMPTY, LOOK
from connectors.contract import load_contract
from connectors.contract.header_key import header_key
from lake.errors import TerminalError
from tests.connectors.checking import GOOD, PENALTY, REGISTER, check, one, penalty, refusal

GOLDEN = json.loads((Path(__file__).parent / "golden" / "penalty_headers.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", GOLDEN, ids=[str(number) for number in range(len(GOLDEN))])
def test_each_real_header_keeps_its_meaning(case):
    match = match_header(PENALTY, case["header"])
    assert (match.layout.name, match.mapping(), list(match.unknown)) == (
        case["layout"],
        case["mapping"],
        case["unknown"],
    )


def test_the_number_of_a_code_says_nothing_its_brackets_do():
    header_2016 = ["行政相对人代码_2(组织机构代码)", "行政相对人代码_3（工商登记码", "行政相对人代码_5 (居民身份证号)"]
    header_2018 = [
        "行政相对人代码_3(组织机构代码)",
        "行政相对人代码_2（工商注册号）",
        "行政相对人代码_5(事业单位证书号)",
    ]
    needed = ["行政相对人名称", "行政处罚决定书文号", "处罚决定日期", "处罚机关"]
    old = match_header(PENALTY, [*needed, "处罚结果", *header_2016]).mapping()
    new = match_header(PENALTY, [*needed, "处罚内容", "违法行为类型", *header_2018]).mapping()
    assert [old[text] for text in header_2016] == [
        "organisation_code", "registration_number", "counterpart_document_number",
    ]  # fmt: skip
    assert [new[text] for text in header_2018] == [
        "organisation_code", "registration_number", "public_institution_certificate_number",
    ]  # fmt: skip


@given(
    st.sampled_from(["企业名称", "统一社会信用代码", "CF_XDR_MC", "罚款金额（万元）"]),
    st.sampled_from(["", " ", "\u3000", "\ufeff", "\n"]),
)
def test_width_blanks_case_and_marks_do_not_change_a_header(header, blank):
    wide = "".join(chr(ord(mark) + 0xFEE0) if "!" <= mark <= "~" else mark for mark in header)
    assert header_key(blank + wide.lower() + blank) == header_key(header)


def test_a_missing_required_header_is_named_with_the_nearest_one():
    with pytest.raises(TerminalError) as refused:
        match_header(REGISTER, ["企业名", "统一社会信用代码"])
    message = refused.value.localised("en")
    assert "企业名称" in message and "“企业名”" in message and "pins" in message


def test_two_headers_for_one_column_are_refused_unless_pinned():
    header = ["企业名称", "统一社会信用代码", "社会信用代码"]
    with pytest.raises(TerminalError) as refused:
        match_header(REGISTER, header)
    assert "社会信用代码" in refused.value.localised("en")
    assert match_header(REGISTER, header, {"社会信用代码": None}).ignored == ("社会信用代码",)


@pytest.mark.parametrize("nothing", ["", "/", "／", "无", " 无 ", "null", "--"])
def test_a_cell_that_says_nothing_is_not_joined_with_another_of_its_column(nothing):
    needed = penalty()
    del needed["处罚类别"]
    cells = [{**needed, "处罚类别1": one, "处罚类别2": two} for one, two in [("警告", nothing), (nothing, "罚款")]]
    accepted, _ = check(PENALTY, cells)
    assert [row["penalty_category"] for row in accepted] == ["警告", "罚款"]


def test_unknown_columns_are_reported():
    assert match_header(REGISTER, ["企业名称", "颜色"]).unknown == ("颜色",)


DATES = {
    "2020-6-18": (date(2020, 6, 18), None),
    "2017-7-7 0:00:00": (date(2017, 7, 7), None),
    "20190930": (date(2019, 9, 30), None),
    "2018年6月18日": (date(2018, 6, 18), None),
    "２０１８．６．１８": (date(2018, 6, 18), None),
    "二〇一八年十二月三十一日": (date(2018, 12, 31), None),
    "2018/6/18": (date(2018, 6, 18), None),
    "2016/2/29": (date(2016, 2, 29), None),
    "2026-11-10T16:00:00Z": (date(2026, 11, 11), None),
    "2026-11-10T16:00:00.000+0000": (date(2026, 11, 11), None),
    "2026-11-11T00:00:00+08:00": (date(2026, 11, 11), None),
    "2026-11-10 16:00:00+00": (date(2026, 11, 11), None),
    "Tue, 10 Nov 2026 16:00:00 GMT": (date(2026, 11, 11), None),
    "1988-07-01T15:00:00Z": (date(1988, 7, 2), None),
    "1794326400000": (date(2026, 11, 11), None),
    "1794326400": (date(2026, 11, 11), None),
    "631123200000": (date(1990, 1, 1), None),
    "1794326400123": (None, "unreadable"),
    "13812345678": (None, "unreadable"),
    "201305": (date(2013, 5, 1), "month_precision"),
    "2013年": (date(2013, 1, 1), "year_precision"),
    "43269": (date(2018, 6, 18), "excel_serial"),
    "1900-1-1": (None, "sentinel"),
    "1899-12-31": (None, "sentinel"),
    "9999-9-9": (None, "sentinel"),
    "2099-12-31": (None, "sentinel"),
    "\\N": (None, "placeholder"),
    "暂无": (None, "placeholder"),
    "不久以前": (None, "unreadable"),
}


@pytest.mark.parametrize("written", DATES)
def test_dates_in_every_shape(written):
    row = one(REGISTER, enterprise_name="甲", establishment_date=written)
    value, note = DATES[written]
    assert row["establishment_date"] == value
    assert row["notes"] == ([f"establishment_date:{note}"] if note else [])


@given(st.dates(date(1901, 1, 1), date(2089, 12, 31)))
@settings(max_examples=20, deadline=None)
def test_a_date_is_the_same_however_it_is_written(day):
    shapes = [
        f"{day:%Y-%m-%d}",
        f"{day:%Y%m%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
    ]
    accepted, quarantined = check(REGISTER, [{"企业名称": "甲", "成立日期": shape} for shape in shapes])
    assert not quarantined
    assert {row["establishment_date"] for row in accepted} == {day}
    assert len({row["content_digest"] for row in accepted}) == 1


@pytest.mark.parametrize("written", ["2018-02-30", "20190229", "2018年13月1日"])
def test_a_date_that_never_was_is_sent_back(written):
    row = refusal(REGISTER, enterprise_name="甲", establishment_date=written)
    assert (row["column_name"], row["reason_code"]) == ("establishment_date", "date_impossible")
    assert json.loads(row["reason_parameters"])["value"] == written


def test_valid_to_far_away_means_long_term():
    row = one(
        load_contract("administrative_licence"),
        counterpart_name="甲",
        decision_number="1",
        decision_date="2026-01-01",
        authority_name="乙",
        decision_document_name="丙",
        valid_to_date="2099-12-31",
    )
    assert row["valid_to_date"] is None
    assert "valid_to_date:long_term" in row["notes"]


def test_times_are_shanghai_unless_they_say_otherwise():
    shapes = [
        "2026-03-01 09:30:00",
        "2026/3/1 9:30",
        "20260301093000",
        "2026-03-01T01:30:00Z",
        "2026年3月1日 9时30分0秒",
        "2026-03-01T09:30+08:00",
        "20260301 09:30:00",
        "46082.395833333336",
        "2026-03-01 09:30:00+08",
        "2026-03-01 09:30:00.000000+08",
        "2026-03-01 09:30:00 +08:00",
        "2026-03-01T09:30:00+08:00[Asia/Shanghai]",
        "2026-03-01 01:30:00 UTC",
        "Sun, 01 Mar 2026 09:30:00 +0800",
        "Sun, 1 Mar 2026 01:30:00 GMT",
        "1 Mar 2026 01:30 +0000",
    ]
    accepted, _ = check(REGISTER, [{"企业名称": "甲", "数据更新时间": shape} for shape in shapes])
    assert {row["source_updated_at"] for row in accepted} == {datetime(2026, 3, 1, 1, 30, tzinfo=UTC)}


def test_a_time_that_could_be_two_or_none_is_not_guessed():
    shapes = ["Sun, 01 Mar 2026 09:30:00 CST", "Tue, 31 Feb 2026 09:30:00 +0800", "Sun, 01 Mai 2026 09:30:00 GMT"]
    accepted, _ = check(REGISTER, [{"企业名称": "甲", "数据更新时间": shape} for shape in shapes])
    assert [row["source_updated_at"] for row in accepted] == [None] * 3
    assert all("source_updated_at:unreadable" in row["notes"] for row in accepted)


AMOUNTS = {
    "500万元人民币": ("5000000.00", "CNY"),
    "968.2613(万元人民币)": ("9682613.00", "CNY"),
    "10,000（万元）": ("100000000.00", None),
    "28(万美元)": ("280000.00", "USD"),
    "35(万元(港币))": ("350000.00", "HKD"),
    "５００万元": ("5000000.00", None),
    "2000元": ("2000.00", None),
}


@pytest.mark.parametrize("written", AMOUNTS)
def test_amounts_with_their_units(written):
    row = one(REGISTER, enterprise_name="甲", registered_capital_amount=written)
    assert (str(row["registered_capital_amount"]), row["registered_capital_currency"]) == AMOUNTS[written]


def test_a_bare_amount_of_capital_is_read_in_ten_thousands_and_says_so():
    row = one(REGISTER, enterprise_name="甲", registered_capital_amount="500")
    assert row["registered_capital_amount"] == Decimal("5000000.00")
    assert row["notes"] == ["registered_capital_amount:unit_assumed"]


@given(st.decimals(0, 10**9, places=6))
@settings(max_examples=20, deadline=None)
def test_amounts_are_rounded_half_up_and_never_pass_through_floats(number):
    wanted = (number * 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP)
    accepted, _ = check(
        REGISTER, [{"企业名称": "甲", "注册资本": text} for text in (f"{number}万元", f" {number}万元")]
    )
    assert {row["registered_capital_amount"] for row in accepted} == {wanted}


@pytest.mark.parametrize(
    "header, written",
    [("罚款金额", "0.2"), ("罚款金额（万元）", "0.2"), ("罚款金额(元)", "2000"), ("罚款金额", "2000元")],
)
def test_double_publicity_reports_ten_thousands(header, written):
    accepted, _ = check(PENALTY, [penalty(**{header: written})])
    assert accepted[0]["fine_amount_yuan"] == Decimal("2000.00")


def test_what_breaks_the_contract_comes_back_with_row_column_and_original():
    rows = [penalty(), penalty(处罚决定日期="")]
    accepted, quarantined = check(PENALTY, rows)
    assert [row["source_row"] for row in accepted] == [2]
    assert [(row["source_row"], row["column_name"], row["reason_code"]) for row in quarantined] == [
        (3, "decision_date", "value_missing")
    ]
    assert json.loads(quarantined[0]["original"]) == rows[1]


def test_unreadable_characters_and_shifted_columns_are_sent_back():
    assert refusal(REGISTER, enterprise_name="\ufffd\ufffd公司", uscc=GOOD)["reason_code"] == "replacement_characters"
    shifted = refusal(REGISTER, enterprise_name="甲", uscc="示例市人民路1号", city=GOOD)
    assert (shifted["column_name"], shifted["reason_code"]) == ("uscc", "shifted_columns")


def test_a_name_of_private_use_characters_is_kept_with_a_note():
    row = one(REGISTER, enterprise_name="示例市\ue7d9村", uscc=GOOD)
    assert row["notes"] == ["enterprise_name:private_use_character"]


def test_values_outside_a_list_are_kept_with_a_note_or_sent_back_as_the_contract_says():
    row = one(REGISTER, enterprise_name="甲", registration_status="睡眠")
    assert row["registration_status"] == "睡眠"
    assert row["notes"] == ["registration_status:value_not_in_list"]
    assert one(REGISTER, enterprise_name="甲", registration_status="在营")["registration_status"] == "存续"
    listing = refusal(load_contract("list_entry"), list_type="好人", subject_name="甲", listed_date="2026-05-20")
    assert listing["reason_code"] == "value_not_in_list"


def test_authority_and_day_in_one_cell_become_two_columns():
    row = {
        "违法企业名称或违法自然人姓名": "示例市晨光食品有限公司",
        "行政处罚的种类和依据": "罚款",
        "作出处罚的机关名称和日期": "示例市市场监督管理局，2015年3月3日",
    }
    accepted, _ = check(PENALTY, [row])
    assert accepted[0]["authority_name"] == "示例市市场监督管理局"
    assert accepted[0]["decision_date"] == date(2015, 3, 3)


def test_a_web_collected_penalty_without_number_date_and_party_is_kept():
    accepted, quarantined = check(PENALTY, [{"title": "甲案", "doc_no": "", "date_raw": " ", "party": ""}])
    assert not quarantined
    missing = {"decision_number:missing", "decision_date:missing", "counterpart_name:missing"}
    assert missing <= set(accepted[0]["notes"])
    _, quarantined = check(PENALTY, [{"title": "", "doc_no": "1", "date_raw": "", "party": ""}])
    assert quarantined[0]["reason_code"] == "values_missing"


PIECES = [
    *"*＊×●█0１9aＡ-—–−‐。.,，/／∕﹣:：()（）〔〕;； 　年月日元万长期有效无示例市公司",
    *"\u00a0\u200b\u200f\u2060\ufeff\ufffd\ue000\u2028\u0085\x1f\x7f\t\n",
    *PLACEHOLDERS,
    *("null", "nUlL", "n/A", "Ｎ／Ａ", "N／A", "2024-02-29", "2023-02-29", "2024-13-01", "1900-01-01", "2099-12-31"),
    *("2024-01-02 03:04:05", "2024-01-02 24:00:00", "2024/1/2", "0.50", "1.2.3", ".5", "1e3", "万元", "罚款", "警告"),
    *(
        GOOD,
        GOOD.lower(),
        "91990101FX0000000Q",
        "990101000000018",
        "990101000000019",
        "FX00000A1",
        "甲" * 70,
        "x" * 210,
    ),
]


def read_both_ways(texts):
    """Every kind of column of the penalty contract: as read with the screen, and with every value looked at."""
    uses = [ColumnUse(column, place, unit=column.unit_when_bare) for place, column in enumerate(PENALTY.columns)]
    cells = pa.array(texts, pa.string())
    for every in (False, True):
        with duckdb.connect() as connection, pytest.MonkeyPatch.context() as patch:
            if every:
                patch.setattr(columns, "screen", lambda column, values: look_at_all(values))
            yield columns.read_columns(connection, PENALTY, [(use, cells) for use in uses])


def look_at_all(values):
    return np.where(np.asarray(pc.fill_null(pc.not_equal(values, ""), False)), LOOK, EMPTY).astype(np.uint8)


def said(read, codes):
    found = np.full(len(read.values), None, dtype=object)
    if len(codes):
        found[read.looked] = codes.take(pa.array(read.which)).to_pylist()
    return found.tolist()


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
@example(
    [
        "—",
        "——",
        "。",
        "n/A",
        "N／A",
        "示例××公司",
        "甲＊＊乙",
        "示市监罚〔2025〕1号",
        "示市监罚（2025）１号",
        "甲" * 201,
    ]
)
@example(["\u3000", "\u00a0甲", "甲\u00a0", "甲\u200b", "“甲”", "甲\u2060", "\ufeff甲", "甲乙\ufeff", "甲乙\u3000"])
def test_what_the_screen_lets_through_reads_the_same_when_looked_at(texts):
    quick, thorough = read_both_ways(texts)
    for place, read in quick.items():
        other = thorough[place]
        name = PENALTY.columns[place].name
        assert read.values.to_pylist() == other.values.to_pylist(), name
        assert said(read, read.notes) == said(other, other.notes), name
        assert said(read, read.breaches) == said(other, other.breaches), name


def test_what_a_verdict_needs_is_asked_for():
    decision = load_contract("link_decision")
    same = {"decision_number": "1", "verdict": "same", "record_id": "a", "decided_by": "S1", "decided_at": "2026-03-01",
            "reason": "电话核实"}  # fmt: skip
    row = refusal(decision, **same)
    assert (row["column_name"], row["reason_code"]) == ("uscc", "value_missing_when")
    assert json.loads(row["reason_parameters"])["values"] == "同一、不是"
    assert refusal(decision, **same, uscc=" ")["reason_code"] == "value_missing_when"
    assert one(decision, **same, uscc=GOOD)["uscc"] == GOOD
    undecided = {"decision_number": "2", "verdict": "待定", "record_id": "a", "decided_by": "S1"}
    assert one(decision, **undecided)["verdict"] == "待定"
    nothing = {"decision_number": "3", "verdict": "待定", "decided_by": "S1", "subject_name": ""}
    assert refusal(decision, **nothing)["reason_code"] == "values_missing"


@given(st.lists(st.text(max_size=12), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_every_row_has_exactly_one_fate_whatever_is_typed(texts):
    check(
        REGISTER, [{"企业名称": text, "统一社会信用代码": text, "成立日期": text, "注册资本": text} for text in texts]
    )
