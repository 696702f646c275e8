"""双公示 tables as web sites show them: one table per line, each bureau with headers of its own."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from example_region import authorities
from example_region.columns import choose, join, number
from example_region.rows import Rows
from example_region.systems import credit_china
from example_region.systems.common import NAME_NEEDED, chinese_date, compact, in_chinese, placeholder
from example_region.systems.frame import Block, Cell, Dirt, Feed, Files, System
from example_region.vocabulary import Layout

RATE = 0.014
"""Five layouts at this share give some 1,400 rows at 20,000 enterprises."""


def _penalties(word: str, block: Block) -> dict[str, pa.Array]:
    """Cells that every layout of penalties draws from; columns of no contract hold what a layout joins."""
    day = block.days("decided", 900)
    authority = authorities.named(block.enterprises.place, "市场监督管理局")
    content = block.words("content", "没收违法所得", "处以罚款", "责令改正，处以罚款")
    basis = block.words("basis", "《中华人民共和国广告法》第五十五条", "《中华人民共和国食品安全法》第一百二十四条")
    chinese = pa.array([in_chinese(date) for date in block.dates(day).to_pylist()], pa.string())
    return {
        "serial": number(block.keys),
        "decision_number": join("沧", word, "罚〔2025〕", number(block.keys), "号"),
        "case_name": join(block.enterprises.name, block.words("case", "发布虚假广告案", "经营过期食品案")),
        "violation_facts": block.words("facts", "在网店发布与实际不符的宣传", "货架上有超过保质期的食品"),
        "violation_type": block.words("violation", "发布虚假广告", "经营不合规定的食品"),
        "penalty_basis": basis,
        "penalty_category": block.words("kind", "罚款", "没收违法所得", "警告；罚款"),
        "penalty_content": content,
        "kind_and_basis": join("依据", basis, "，", content),
        "fine_amount_yuan": block.words("fine", "0.2", "0.5", "1", "5", "30"),
        "performance": block.words("performance", "主动履行", "尚未履行"),
        "decision_date": block.dates(day),
        "compact_date": pa.array([compact(date) for date in block.dates(day).to_pylist()], pa.string()),
        "authority_name": authority,
        "authority_and_date": join(authority, "，", chinese),
    }


def _disclosed(block: Block) -> Rows:
    """案件信息公开 of 2014: organ and date in one cell, and since 2016 the new code under the header of the old one."""
    written, truth = block.subject("counterpart", without=NAME_NEEDED)
    cells = {**_penalties("页甲", block), "counterpart_name": written.name, "organisation_code": written.uscc}
    return block.rows(cells, truth)


def _of_2016(block: Block) -> Rows:
    """双公示 of 2016: `_2` is the organisation code, notes on the format stand in the header."""
    return _with_codes("页乙", block)


def _of_2018(block: Block) -> Rows:
    """双公示 of 2018: `_2` is the registration number, amounts are in 万元."""
    return _with_codes("页丙", block)


def _with_codes(word: str, block: Block) -> Rows:
    written, truth = block.subject("counterpart", without=("natural_person", "name_missing", "code_in_other_column"))
    cells = {
        "counterpart_name": written.name,
        "uscc": written.uscc,
        "organisation_code": written.organisation_code,
        "registration_number": written.registration_number,
    }
    return block.rows({**_penalties(word, block), **cells}, truth)


def _in_other_words(block: Block) -> Rows:
    """A bureau with words of its own for everything."""
    written, truth = block.subject("counterpart", without=NAME_NEEDED)
    cells = {**_penalties("页丁", block), "counterpart_name": written.name, "uscc": written.uscc}
    return block.rows(cells, truth)


def _licences(block: Block) -> Rows:
    """Licences of 2016, on the same pages."""
    rows = credit_china.licences("页", block)
    is_person = pa.array(rows.subjects[0].kind == "natural_person")
    rows.columns["remark"] = choose(is_person.to_numpy(zero_copy_only=False), "个人", None)
    return rows


PENALTY_DIRT = (
    Dirt("date_impossible", "decision_date", "2025-02-30", reason="date_impossible"),
    Dirt("date_unreadable", "decision_date", "见附件", reason="date_unreadable"),
    Dirt("name_missing", "counterpart_name", None, reason="value_missing"),
    chinese_date("decision_date"),
)


def _day_of(cell: Cell) -> Cell:
    """The date that stands behind the organ's name, as bronze holds it."""
    year, rest = (cell or "").rsplit("，", 1)[1].split("年")
    month, day = rest.rstrip("日").split("月")
    return f"{year}-{int(month):02d}-{int(day):02d}"


def _penalty_feed(part: str, make: Callable[[Block], Rows], layout: Layout, dirt: tuple[Dirt, ...]) -> Feed:
    return Feed(
        "administrative_penalty",
        make,
        layout=layout,
        delivery=Files(f"penalty/{part}", "pages"),
        locator="decision_number",
        rate=RATE,
        dirt=dirt,
        part=f"/{part}",
    )


SYSTEM = System(
    "publicity_pages",
    (
        _penalty_feed(
            "案件信息公开",
            _disclosed,
            {
                "serial": "序号",
                "decision_number": "行政处罚决定书文号",
                "case_name": "案件名称",
                "counterpart_name": "违法企业名称或违法自然人姓名",
                "organisation_code": "违法企业组织机构代码",
                "violation_facts": "主要违法事实",
                "kind_and_basis": "行政处罚的种类和依据",
                "performance": "行政处罚的履行方式和期限",
                "authority_and_date": "作出处罚的机关名称和日期",
            },
            (
                Dirt("organ_and_date", "authority_and_date", lambda cell: cell, _day_of, shows="decision_date"),
                Dirt(
                    "blank_between",
                    "authority_and_date",
                    lambda cell: cell and cell.replace("，", "， "),
                    _day_of,
                    shows="decision_date",
                ),
                Dirt("name_missing", "counterpart_name", None, reason="value_missing"),
                placeholder("performance"),
            ),
        ),
        _penalty_feed(
            "双公示2016",
            _of_2016,
            {
                "serial": "序号",
                "decision_number": "行政处罚决定书文号",
                "case_name": "处罚名称",
                "penalty_category": "处罚类别1",
                "violation_facts": "处罚事由",
                "penalty_basis": "处罚依据",
                "counterpart_name": "行政相对人名称",
                "uscc": "行政相对人代码_1(统一社会信用代码)",
                "organisation_code": "行政相对人代码_2(组织机构代码)",
                "registration_number": "行政相对人代码_3(工商登记码)",
                "penalty_content": "处罚结果",
                "compact_date": "处罚决定日期【格式：yyyyMMdd(例如:20160101)】",
                "authority_name": "处罚机关",
            },
            (
                Dirt("date_impossible", "compact_date", "20250230", reason="date_impossible"),
                Dirt("name_missing", "counterpart_name", None, reason="value_missing"),
                placeholder("penalty_basis"),
            ),
        ),
        _penalty_feed(
            "双公示2018",
            _of_2018,
            {
                "counterpart_name": "行政相对人名称",
                "uscc": "行政相对人代码_1(统一社会信用代码)",
                "registration_number": "行政相对人代码_2(工商注册号)",
                "organisation_code": "行政相对人代码_3(组织机构代码)",
                "decision_number": "行政处罚决定书文号",
                "violation_type": "违法行为类型",
                "violation_facts": "违法事实",
                "penalty_basis": "处罚依据",
                "penalty_category": "处罚类别",
                "penalty_content": "处罚内容",
                "fine_amount_yuan": "罚款金额（万元）",
                "decision_date": "处罚决定日期",
                "authority_name": "处罚机关",
            },
            (*PENALTY_DIRT, Dirt("amount_in_ten_thousands", "fine_amount_yuan", "1.2", "12000.00")),
        ),
        _penalty_feed(
            "处罚公告",
            _in_other_words,
            {
                "serial": "序号",
                "counterpart_name": "被处罚单位名称",
                "uscc": "社会信用代码（18位）",
                "decision_number": "处罚决定书编号",
                "violation_facts": "违法行为事实",
                "penalty_basis": "处罚的法律依据",
                "penalty_content": "处罚结果",
                "decision_date": "作出处罚决定的日期",
                "authority_name": "作出行政处罚的机关",
            },
            (chinese_date("decision_date"), placeholder("violation_facts")),
        ),
        Feed(
            "administrative_licence",
            _licences,
            layout={
                "decision_number": "行政许可决定书文号",
                "decision_document_name": "项目名称",
                "licence_category": "审批类别",
                "licence_content": "许可内容",
                "counterpart_name": "行政相对人名称",
                "uscc": "行政相对人代码_1(统一社会信用代码)",
                "decision_date": "许可决定日期",
                "valid_to_date": "许可截止期",
                "authority_name": "许可机关",
                "remark": "备注",
            },
            delivery=Files("licence/行政许可公示", "pages"),
            locator="decision_number",
            rate=RATE,
            dirt=(
                Dirt("date_impossible", "decision_date", "2025-02-30", reason="date_impossible"),
                Dirt("name_missing", "counterpart_name", None, reason="value_missing"),
                chinese_date("decision_date"),
            ),
        ),
    ),
)
