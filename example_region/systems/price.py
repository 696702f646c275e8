"""发展改革 价格: price penalties and commitments as workbooks."""

from __future__ import annotations

from example_region import authorities
from example_region.columns import repeated
from example_region.rows import Rows
from example_region.systems import credit_china
from example_region.systems.frame import Block, Dirt, Feed, Files, System
from example_region.systems.plain import NAME_AND_CODE


def _penalties(block: Block) -> Rows:
    return credit_china.penalties("价", block)


def _commitments(block: Block) -> Rows:
    """Commitments before holidays and sales."""
    written, truth = block.subject("subject", without=NAME_AND_CODE)
    day = block.days("committed", 500)
    return block.rows(
        {
            "commitment_number": block.numbers("JG"),
            "subject_name": written.name,
            "uscc": written.uscc,
            "commitment_type": repeated("主动公示型", len(block)),
            "matter": block.words("matter", "节日期间不哄抬价格", "集中促销期明码标价"),
            "commitment_date": block.dates(day),
            "valid_until_date": block.dates(day + 60),
            "authority_name": authorities.named(block.enterprises.place, "发展和改革局"),
            "performance": block.words("performance", "已履行", "履行中"),
        },
        truth,
    )


SYSTEM = System(
    "price",
    (
        Feed(
            "administrative_penalty",
            _penalties,
            layout=credit_china.PENALTY_LAYOUT,
            delivery=Files("价格违法行政处罚", "workbook"),
            locator="decision_number",
            rate=0.03,
            dirt=credit_china.PENALTY_DIRT,
        ),
        Feed(
            "commitment",
            _commitments,
            layout={
                "commitment_number": "承诺编号",
                "subject_name": "企业名称",
                "uscc": "统一社会信用代码",
                "commitment_type": "承诺类别",
                "matter": "承诺事项",
                "commitment_date": "承诺日期",
                "valid_until_date": "有效期",
                "authority_name": "受理单位",
                "performance": "履约状态",
            },
            delivery=Files("价格信用承诺", "workbook"),
            locator="commitment_number",
            rate=0.03,
            dirt=(
                Dirt("type_other_word", "commitment_type", "主动承诺", "主动公示型"),
                Dirt("date_missing", "commitment_date", None, reason="value_missing"),
                Dirt("breach_without_day", "performance", "违诺", reason="value_missing_when"),
            ),
        ),
    ),
)
