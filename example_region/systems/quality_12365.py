"""12365投诉举报处置指挥中心: quality complaints as workbooks with title rows, a merged header and a row of notes."""

from __future__ import annotations

from example_region import authorities
from example_region.columns import choose, join, number, time_text
from example_region.enterprises import person_names
from example_region.rows import Rows
from example_region.subjects import kind_without_code
from example_region.systems.common import NAME_AND_CODE, placeholder
from example_region.systems.frame import DAY, Block, Dirt, Feed, Files, System


def _complaints(block: Block) -> Rows:
    """Quality complaints; the respondent by name, half with the code."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("respondent", without=NAME_AND_CODE)
    without_code = draws.chance("without_code", 0.5)
    truth.kind = kind_without_code(truth.kind, without_code)
    day = block.days("received")
    return block.rows(
        {
            "complaint_number": block.numbers("ZL"),
            "received_at": time_text(day * DAY),
            "respondent_name": written.name,
            "respondent_uscc": choose(without_code, None, written.uscc),
            "respondent_address": enterprises.address,
            "goods_or_service": block.words("goods", "儿童水杯", "电热毯", "遥控小车", "羽绒服", "电动自行车"),
            "content": block.words("content", "使用三天即开裂", "有刺激性气味", "与标注不符", "漏电"),
            "complainant_name": person_names(draws, "complainant"),
            "complainant_phone": join("1990001", number(draws.integers("phone", 0, 10000), 4)),
            "handling_unit": authorities.named(enterprises.place, "市场监督管理局"),
            "complaint_status": block.words("status", "已受理", "已办结"),
            "source_updated_at": time_text((day + 3) * DAY),
        },
        truth,
    )


SYSTEM = System(
    "12365",
    (
        Feed(
            "complaint",
            _complaints,
            layout={
                "complaint_number": "投诉编号",
                "received_at": "登记日期",
                "respondent_name": "生产企业",
                "respondent_uscc": "统一社会信用代码",
                "respondent_address": "生产企业地址",
                "goods_or_service": "产品名称",
                "content": "投诉内容",
                "complainant_name": "投诉人姓名",
                "complainant_phone": "联系电话",
                "handling_unit": "承办单位",
                "complaint_status": "办理状态",
                "source_updated_at": "更新时间",
            },
            delivery=Files("质量投诉登记表", "workbook_merged", sheet="登记表"),
            locator="complaint_number",
            dirt=(
                Dirt("time_unreadable", "received_at", "见附页", reason="time_unreadable"),
                Dirt("chinese_date", "received_at", "2025年3月4日", "2025-03-04 00:00:00"),
                placeholder("respondent_address", "—"),
                Dirt("line_break", "goods_or_service", lambda cell: f"{cell}\n", lambda cell: cell),
                Dirt(
                    "code_full_width", "respondent_uscc", "９１９９０１０１ＦＸ０００００Ａ１Ｃ", "91990101FX00000A1C"
                ),
            ),
        ),
    ),
)
