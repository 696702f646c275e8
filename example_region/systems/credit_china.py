"""信用中国: double publicity, repairs and objections as zips of CSV and workbooks, their names in GBK."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from example_region import authorities
from example_region.columns import choose, join, number, repeated
from example_region.enterprises import person_names
from example_region.rows import Rows
from example_region.systems.frame import Block, Dirt, Feed, Files, System
from example_region.systems.plain import NAME_AND_CODE, category, updated

_NO_OTHER_NUMBER = ("organisation_code_only", "registration_number_only", "code_in_other_column", "name_missing")


def licences(word: str, block: Block) -> Rows:
    """Licences in the layout of 2018; ``word`` begins their numbers."""
    enterprises = block.enterprises
    written, truth = block.subject("counterpart", without=_NO_OTHER_NUMBER)
    day = block.days("decided", 900)
    authority = authorities.named(enterprises.place, "市场监督管理局")
    return block.rows(
        {
            "counterpart_name": written.name,
            "counterpart_category": category(block, truth),
            "uscc": written.uscc,
            "decision_document_name": repeated("准予行政许可决定书", len(block)),
            "decision_number": join("沧", word, "许〔2025〕", number(block.keys), "号"),
            "licence_category": block.words("category", "普通", "核准", "登记"),
            "certificate_name": block.words("certificate", "食品经营许可证", "药品经营许可证", "医疗器械经营许可证"),
            "licence_number": join("XK", word, number(block.keys, 11)),
            "licence_content": block.words("content", "食品销售", "药品零售（网络销售）", "第三类医疗器械经营"),
            "decision_date": block.dates(day),
            "valid_from_date": block.dates(day),
            "valid_to_date": block.dates(day + 1825),
            "authority_name": authority,
            "licence_state": repeated("1", len(block)),
            "source_updated_at": updated(day + 5),
        },
        truth,
    )


def penalties(word: str, block: Block) -> Rows:
    """Penalties in the layout of 2018: amounts in 万元."""
    enterprises = block.enterprises
    written, truth = block.subject("counterpart", without=_NO_OTHER_NUMBER)
    day = block.days("decided", 900)
    return block.rows(
        {
            "counterpart_name": written.name,
            "counterpart_category": category(block, truth),
            "uscc": written.uscc,
            "decision_number": join("沧", word, "罚〔2025〕", number(block.keys), "号"),
            "violation_type": block.words(
                "violation", "发布虚假广告", "组织虚假交易", "销售不符合标准的产品", "未明码标价"
            ),
            "violation_facts": block.words(
                "facts", "在网店发布与实际不符的宣传", "编造用户评价", "标价签未标明计价单位"
            ),
            "penalty_basis": block.words(
                "basis", "《中华人民共和国广告法》第二十八条", "《中华人民共和国价格法》第十三条"
            ),
            "penalty_category": block.words("kind", "罚款", "罚款；没收违法所得"),
            "penalty_content": repeated("罚款", len(block)),
            "fine_amount_yuan": block.words("fine", "0.2", "0.5", "1", "5", "30"),
            "decision_date": block.dates(day),
            "penalty_valid_until_date": repeated("2099-12-31", len(block)),
            "publicity_end_date": block.dates(day + 1095),
            "authority_name": authorities.named(enterprises.place, "市场监督管理局"),
            "record_state": repeated("0", len(block)),
            "source_updated_at": updated(day + 5),
        },
        truth,
    )


def _corporate_licences(block: Block) -> Rows:
    return licences("市监", block)


def _later_licences(block: Block) -> Rows:
    return licences("食", block)


def _penalties(block: Block) -> Rows:
    return penalties("信", block)


def _repairs(block: Block) -> Rows:
    """Applications for repair; a fifth is refused."""
    written, truth = block.subject("subject", without=NAME_AND_CODE)
    day = block.days("decided", 300)
    return block.rows(
        {
            "repair_number": block.numbers("XF"),
            "subject_name": written.name,
            "uscc": written.uscc,
            "record_kind": repeated("行政处罚", len(block)),
            "record_number": join("沧信罚〔2024〕", number(block.keys), "号"),
            "record_authority": authorities.named(block.enterprises.place, "市场监督管理局"),
            "applied_date": block.dates(day - 7),
            "decision": choose(block.draws.chance("refused", 0.2), "不予修复", "准予修复"),
            "decided_date": block.dates(day),
            "authority_name": authorities.named(block.enterprises.place, "市场监督管理局"),
            "contact_name": person_names(block.draws, "contact"),
            "source_updated_at": updated(day + 1),
        },
        truth,
    )


def _objections(block: Block) -> Rows:
    """Objections, most decided."""
    written, truth = block.subject("subject", without=NAME_AND_CODE)
    day = block.days("submitted", 300)
    closed = block.draws.chance("closed", 0.7)
    outcome: pa.Array = block.words("outcome", "更正", "撤销", "不成立")
    return block.rows(
        {
            "objection_number": block.numbers("YY"),
            "subject_name": written.name,
            "uscc": written.uscc,
            "record_kind": block.words("kind", "行政处罚", "经营异常名录"),
            "record_number": join("沧信罚〔2024〕", number(block.keys), "号"),
            "record_authority": authorities.named(block.enterprises.place, "市场监督管理局"),
            "content": block.words("content", "处罚金额有误", "已移出仍显示", "不是本公司"),
            "submitted_date": block.dates(day),
            "applicant_name": person_names(block.draws, "applicant"),
            "objection_state": choose(closed, "已办结", "核查中"),
            "outcome": choose(closed, outcome, None),
            "decided_date": choose(closed, block.dates(day + 9), None),
            "source_updated_at": updated(day + 9),
        },
        truth,
    )


LICENCE_LAYOUT = {
    "counterpart_name": "行政相对人名称",
    "counterpart_category": "行政相对人类别",
    "uscc": "统一社会信用代码",
    "decision_document_name": "行政许可决定文书名称",
    "decision_number": "行政许可决定文书号",
    "licence_category": "许可类别",
    "certificate_name": "许可证书名称",
    "licence_number": "许可编号",
    "licence_content": "许可内容",
    "decision_date": "许可决定日期",
    "valid_from_date": "有效期自",
    "valid_to_date": "有效期至",
    "authority_name": "许可机关",
    "licence_state": "当前状态",
    "source_updated_at": "数据更新时间",
}
PENALTY_LAYOUT = {
    "counterpart_name": "行政相对人名称",
    "counterpart_category": "行政相对人类别",
    "uscc": "统一社会信用代码",
    "decision_number": "行政处罚决定书文号",
    "violation_type": "违法行为类型",
    "violation_facts": "违法事实",
    "penalty_basis": "处罚依据",
    "penalty_category": "处罚类别",
    "penalty_content": "处罚内容",
    "fine_amount_yuan": "罚款金额",
    "decision_date": "处罚决定日期",
    "penalty_valid_until_date": "处罚有效期",
    "publicity_end_date": "公示截止期",
    "authority_name": "处罚机关",
    "record_state": "当前状态",
    "source_updated_at": "数据更新时间",
}
DECISION_DIRT = (
    Dirt("date_impossible", "decision_date", "2024-02-30", reason="date_impossible"),
    Dirt("date_unreadable", "decision_date", "见附件", reason="date_unreadable"),
    Dirt("date_short", "decision_date", "2025-6-8", "2025-06-08"),
    Dirt("name_missing", "counterpart_name", None, reason="value_missing"),
    Dirt("category_as_code", "counterpart_category", "04", "个体工商户"),
)
PENALTY_DIRT = (
    *DECISION_DIRT,
    Dirt("amount_unreadable", "fine_amount_yuan", "若干", None),
    Dirt("amount_in_ten_thousands", "fine_amount_yuan", "1.2", "12000.00"),
)
_LICENCES = Feed(
    "administrative_licence",
    _corporate_licences,
    layout=LICENCE_LAYOUT,
    delivery=Files("licence/法人行政许可信息", "csv_gb18030", packed="licence/行政许可"),
    locator="decision_number",
    rate=0.03,
    dirt=DECISION_DIRT,
)
SYSTEM = System(
    "credit_china",
    (
        _LICENCES,
        replace(
            _LICENCES,
            make=_later_licences,
            delivery=Files("licence/食品许可信息", "workbook", packed="licence/行政许可"),
            part="/workbook",
        ),
        Feed(
            "administrative_penalty",
            _penalties,
            layout=PENALTY_LAYOUT,
            delivery=Files("penalty/行政处罚信息", "workbook", packed="penalty/行政处罚"),
            locator="decision_number",
            rate=0.03,
            dirt=PENALTY_DIRT,
        ),
        Feed(
            "repair_result",
            _repairs,
            layout={
                "repair_number": "信用修复编号",
                "subject_name": "企业名称",
                "uscc": "统一社会信用代码",
                "record_kind": "修复信息类型",
                "record_number": "行政处罚决定书文号",
                "record_authority": "处罚机关",
                "applied_date": "申请日期",
                "decision": "修复结果",
                "decided_date": "修复日期",
                "authority_name": "修复机关",
                "contact_name": "经办人",
                "source_updated_at": "更新时间",
            },
            delivery=Files("repair/信用修复结果", "csv_gb18030", packed="repair/信用修复"),
            locator="repair_number",
            rate=0.02,
            dirt=(
                Dirt("decision_other_word", "decision", "同意", "准予修复"),
                Dirt("value_not_in_list", "decision", "再议", reason="value_not_in_list"),
                Dirt("day_of_decision_missing", "decided_date", None, reason="value_missing_when"),
            ),
        ),
        Feed(
            "objection",
            _objections,
            layout={
                "objection_number": "异议申请编号",
                "subject_name": "企业名称",
                "uscc": "统一社会信用代码",
                "record_kind": "信息类型",
                "record_number": "决定书文号",
                "record_authority": "来源单位",
                "content": "异议内容",
                "submitted_date": "申请日期",
                "applicant_name": "申请人",
                "objection_state": "处理状态",
                "outcome": "核查结果",
                "decided_date": "办结日期",
                "source_updated_at": "更新时间",
            },
            delivery=Files("objection/异议处理", "workbook", packed="objection/异议申请"),
            locator="objection_number",
            rate=0.02,
            dirt=(
                Dirt("kind_other_word", "record_kind", "异常名录", "经营异常名录"),
                Dirt("date_impossible", "submitted_date", "2025-13-45", reason="date_impossible"),
            ),
        ),
    ),
)
