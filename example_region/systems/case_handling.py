"""市场监管部门办案: cases and how far they have come, their steps, interviews and orders, random checks, from one database."""

from __future__ import annotations

import numpy as np

from example_region import authorities, words
from example_region.columns import choose, join, lookup, number, repeated
from example_region.enterprises import TODAY, person_names
from example_region.rows import Rows
from example_region.systems.case_documents import DOCUMENTS, documents_of, step_types
from example_region.systems.frame import Block, Database, Dirt, Feed, System
from example_region.systems.plain import NAME_AND_CODE, NAME_CODE_OR_PERSON, category, updated

_TABLE = Database(types=(("gxsj", "timestamp"),))
_VIOLATIONS = ("发布虚假广告", "组织虚假交易", "侵犯注册商标专用权", "未公示营业执照", "销售过期食品")


def _cases(block: Block) -> Rows:
    """Cases that are opened or under investigation."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("party", without=NAME_CODE_OR_PERSON)
    day = block.days("opened", 120) - 80
    return block.rows(
        {
            "row_number": block.numbers(""),
            "case_number": block.numbers("AJ"),
            "case_name": join(truth.name, block.words("violation", *_VIOLATIONS), "案"),
            "party_name": written.name,
            "party_uscc": written.uscc,
            "party_category": category(block, truth),
            "clue_source": block.words("source", "投诉举报", "监督检查", "网络监测", "媒体报道", "上级交办"),
            "violation_type": block.words("violation", *_VIOLATIONS),
            "platform_name": choose(enterprises.has_shop, lookup(words.PLATFORMS, enterprises.platform), None),
            "authority_name": authorities.named(enterprises.place, "市场监督管理局"),
            "procedure_type": choose(draws.chance("summary", 0.05), "简易程序", "普通程序"),
            "case_state": block.words("state", "立案", "调查", "调查"),
            "clue_date": block.dates(day - 9),
            "opened_date": block.dates(day),
            "decided_date": repeated(None, len(block)),
            "decision_number": repeated(None, len(block)),
            "fine_amount_yuan": repeated(None, len(block)),
            "case_value_yuan": block.amounts("value", 500, 90000),
            "is_transferred": repeated("否", len(block)),
            "handlers": person_names(draws, "handler"),
            "source_updated_at": updated(day + 1),
        },
        truth,
    )


def _decided(block: Block, rows: Rows) -> Rows:
    """Half of the cases are decided by now, with the number of the decision."""
    second = rows.take(np.flatnonzero(block.draws.chance("decided", 0.5)[~block.is_spared]))
    count = len(second)
    second.columns["case_state"] = repeated("决定", count)
    second.columns["decided_date"] = block.dates(np.full(count, TODAY - 6))
    second.columns["decision_number"] = join("沧市监罚〔2025〕", number(second.keys), "号")
    second.columns["fine_amount_yuan"] = repeated("5000.00", count)
    second.columns["source_updated_at"] = updated(np.full(count, TODAY - 5))
    return second


def _steps(block: Block) -> Rows:
    """Steps of cases: one each, of any kind."""
    enterprises = block.enterprises
    written, truth = block.subject("party", without=NAME_CODE_OR_PERSON)
    day = block.days("stepped", 300)
    kind = step_types(block)
    document_name, document_number, document_file = documents_of(block, kind)
    return block.rows(
        {
            "row_number": block.numbers(""),
            "case_number": block.numbers("BJ"),
            "step_number": repeated("1", len(block)),
            "step_type": kind,
            "step_date": block.dates(day),
            "authority_name": authorities.named(enterprises.place, "市场监督管理局"),
            "party_name": written.name,
            "party_uscc": written.uscc,
            "result": block.words("result", "同意", "已完成", "转下一环节"),
            "document_name": document_name,
            "document_number": document_number,
            "document_file": document_file,
            "handlers": person_names(block.draws, "handler"),
            "source_updated_at": updated(day + 1),
        },
        truth,
    )


def _measures(block: Block) -> Rows:
    """Interviews, admonitions and orders to correct."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("subject", without=NAME_AND_CODE)
    day = block.days("measured", 500)
    done = draws.chance("rectified", 0.6)
    return block.rows(
        {
            "row_number": block.numbers(""),
            "document_number": join("沧市监措〔2025〕", number(block.keys), "号"),
            "measure_type": block.words("measure", "约谈", "告诫", "责令改正", "责令改正"),
            "subject_name": written.name,
            "uscc": written.uscc,
            "subject_category": category(block, truth),
            "matter": block.words("matter", "集中促销期价格标示不规范", "未公示营业执照", "限制平台内经营者参加促销"),
            "requirements": block.words("required", "三日内公示", "修改格式条款", "公示促销规则"),
            "measure_date": block.dates(day),
            "due_date": block.dates(day + 15),
            "rectification": choose(done, "已整改", "整改中"),
            "rectified_date": choose(done, block.dates(day + 12), None),
            "authority_name": authorities.named(enterprises.place, "市场监督管理局"),
            "participants": person_names(draws, "participant"),
            "source_updated_at": updated(day + 13),
        },
        truth,
    )


def _checks(block: Block) -> Rows:
    """Results of random checks of the bureau's own plan."""
    written, truth = block.subject("subject", without=NAME_AND_CODE)
    day = block.days("checked", 400)
    return block.rows(
        {
            "row_number": block.numbers(""),
            "check_number": block.numbers("SJ"),
            "plan_number": repeated("RW990100202507", len(block)),
            "plan_name": repeated("2025年网络餐饮专项", len(block)),
            "subject_name": written.name,
            "uscc": written.uscc,
            "check_type": block.words("type", "定向抽查", "不定向抽查", "专项检查"),
            "check_matter": block.words("matter", "入网食品生产经营资质", "平台审核义务", "价格标示"),
            "checked_date": block.dates(day),
            "authority_name": authorities.named(block.enterprises.place, "市场监督管理局"),
            "result": block.words("result", "未发现问题", "未发现问题", "发现问题已责令改正", "发现问题待后续处理"),
            "inspectors": person_names(block.draws, "inspector"),
            "source_updated_at": updated(day + 2),
        },
        truth,
    )


SYSTEM = System(
    "case_handling",
    (
        Feed(
            "case",
            _cases,
            layout={
                "row_number": "id",
                "case_number": "ajbh",
                "case_name": "ajmc",
                "party_name": "当事人名称",
                "party_uscc": "统一社会信用代码",
                "party_category": "当事人类型",
                "clue_source": "来源",
                "violation_type": "案件类别",
                "platform_name": "平台名称",
                "authority_name": "办案单位",
                "procedure_type": "程序类型",
                "case_state": "ajzt",
                "clue_date": "发现日期",
                "opened_date": "larq",
                "decided_date": "处罚决定日期",
                "decision_number": "文号",
                "fine_amount_yuan": "罚款",
                "case_value_yuan": "案值金额",
                "is_transferred": "移送司法标志",
                "handlers": "办案人员",
                "source_updated_at": "gxsj",
            },
            delivery=_TABLE,
            locator="case_number",
            later=_decided,
            dirt=(
                Dirt("state_other_word", "case_state", "调查中", "调查"),
                Dirt("value_not_in_list", "case_state", "搁置", reason="value_not_in_list"),
                Dirt("opening_missing", "opened_date", "", reason="value_missing_when"),
                Dirt("party_unknown", "party_name", "", None),
                Dirt("procedure_as_code", "procedure_type", "01", "简易程序"),
                Dirt("flag_as_letter", "is_transferred", "Y", "是"),
            ),
        ),
        Feed(
            "case_step",
            _steps,
            layout={
                "row_number": "id",
                "case_number": "ajbh",
                "step_number": "hjxh",
                "step_type": "环节名称",
                "step_date": "hjrq",
                "authority_name": "办案单位",
                "party_name": "当事人名称",
                "party_uscc": "统一社会信用代码",
                "result": "办理结果",
                "document_name": "DocName",
                "document_number": "文号",
                "document_file": "附件",
                "handlers": "承办人",
                "source_updated_at": "gxsj",
            },
            delivery=_TABLE,
            locator="case_number",
            dirt=(
                Dirt("step_other_word", "step_type", "告知", "处罚告知"),
                Dirt("value_not_in_list", "step_type", "喝茶", reason="value_not_in_list"),
                Dirt("date_impossible", "step_date", "2025-02-29", reason="date_impossible"),
            ),
        ),
        Feed(
            "interview",
            _measures,
            layout={
                "row_number": "id",
                "document_number": "wsbh",
                "measure_type": "措施",
                "subject_name": "约谈对象",
                "uscc": "统一社会信用代码",
                "subject_category": "主体类别",
                "matter": "sy",
                "requirements": "整改要求",
                "measure_date": "csrq",
                "due_date": "整改期限",
                "rectification": "改正情况",
                "rectified_date": "整改日期",
                "authority_name": "机关",
                "participants": "参加人员",
                "source_updated_at": "gxsj",
            },
            delivery=_TABLE,
            locator="document_number",
            rate=0.03,
            dirt=(
                Dirt("measure_other_word", "measure_type", "责令限期改正", "责令改正"),
                Dirt("name_missing", "subject_name", "", reason="value_missing"),
                Dirt("date_unreadable", "measure_date", "另行通知", reason="date_unreadable"),
            ),
        ),
        Feed(
            "spot_check",
            _checks,
            layout={
                "row_number": "id",
                "check_number": "检查编号",
                "plan_number": "任务编号",
                "plan_name": "任务名称",
                "subject_name": "检查对象",
                "uscc": "统一社会信用代码",
                "check_type": "抽查方式",
                "check_matter": "检查事项",
                "checked_date": "检查日期",
                "authority_name": "检查单位",
                "result": "检查结果",
                "inspectors": "检查人员",
                "source_updated_at": "gxsj",
            },
            delivery=_TABLE,
            locator="check_number",
            rate=0.04,
            dirt=(
                Dirt("result_other_word", "result", "正常", "未发现问题"),
                Dirt("result_missing", "result", "", reason="value_missing"),
                Dirt("type_as_code", "check_type", "2", "定向抽查"),
            ),
        ),
        DOCUMENTS,
    ),
)
