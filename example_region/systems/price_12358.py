"""全国12358价格监管平台: price complaints as GB18030 CSV without a header, sanctions with one."""

from __future__ import annotations

from example_region import authorities
from example_region.columns import choose, join, number, time_text
from example_region.enterprises import person_names
from example_region.rows import Rows
from example_region.subjects import kind_without_code
from example_region.systems.frame import DAY, Block, Dirt, Feed, Files, System

_NO_OTHER_NUMBER = ("organisation_code_only", "registration_number_only", "code_in_other_column", "natural_person")


def _complaints(block: Block) -> Rows:
    """Price complaints, most with the name alone."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("respondent", without=_NO_OTHER_NUMBER)
    without_code = draws.chance("without_code", 0.7)
    truth.kind = kind_without_code(truth.kind, without_code)
    day = block.days("received")
    is_closed = draws.chance("closed", 0.7)
    return block.rows(
        {
            "complaint_number": block.numbers("JB"),
            "complaint_type": block.words("type", "投诉", "举报"),
            "received_at": block.times("received/time", day),
            "respondent_name": written.name,
            "respondent_uscc": choose(without_code, None, written.uscc),
            "respondent_address": enterprises.address,
            "platform_name": choose(~enterprises.has_shop, None, "示例商城"),
            "shop_name": choose(enterprises.has_shop, enterprises.shop_name, None),
            "issue_category": block.words("issue", "未明码标价", "价格欺诈", "哄抬价格", "不履行价格承诺"),
            "content": block.words("content", "反映标价与结算价不一致", "反映活动前先涨价，后打折"),
            "disputed_amount_yuan": block.amounts("amount", 5, 3000),
            "complainant_name": person_names(draws, "complainant"),
            "complainant_phone": join("1990000", number(draws.integers("phone", 0, 10000), 4)),
            "handling_unit": authorities.named(enterprises.place, "发展和改革局"),
            "complaint_status": choose(is_closed, "已办结", "已受理"),
            "outcome": choose(is_closed, "已责令改正", None),
            "concluded_at": choose(is_closed, time_text((day + 5) * DAY + 10 * 3600), None),
            "source_updated_at": time_text((day + 6) * DAY),
        },
        truth,
    )


def _sanctions(block: Block) -> Rows:
    """Sanctions of price law: refund, confiscation, fine; amounts in yuan."""
    enterprises = block.enterprises
    written, truth = block.subject("counterpart", without=(*_NO_OTHER_NUMBER, "name_missing"))
    day = block.days("decided", 900)
    return block.rows(
        {
            "decision_number": join("示价处〔2025〕", number(block.keys), "号"),
            "counterpart_name": written.name,
            "uscc": written.uscc,
            "violation_type": block.words("violation", "未按规定明码标价", "利用虚假的价格手段诱骗消费者交易"),
            "violation_facts": block.words("facts", "标价签未标明计价单位", "原价从未成交"),
            "penalty_basis": block.words(
                "basis", "《中华人民共和国价格法》第四十条", "《中华人民共和国价格法》第四十二条"
            ),
            "penalty_category": block.words("kind", "罚款", "罚款；没收违法所得"),
            "penalty_result": block.words("result", "责令退还多收价款并罚款", "罚款"),
            "penalty_content": block.words("content", "退还消费者多收价款", "无"),
            "confiscated_amount_yuan": block.amounts("confiscated", 100, 9000),
            "fine_amount_yuan": block.amounts("fine", 200, 50000),
            "decision_date": block.dates(day),
            "authority_name": authorities.named(enterprises.place, "发展和改革局"),
            "source_updated_at": time_text((day + 3) * DAY),
        },
        truth,
    )


_COMPLAINT_LAYOUT = {
    "complaint_number": "举报编号",
    "complaint_type": "业务类型",
    "received_at": "登记时间",
    "respondent_name": "被举报单位",
    "respondent_uscc": "统一社会信用代码",
    "respondent_address": "单位地址",
    "platform_name": "所属平台",
    "shop_name": "网店名称",
    "issue_category": "价格问题类型",
    "content": "反映内容",
    "disputed_amount_yuan": "涉及金额",
    "complainant_name": "举报人",
    "complainant_phone": "举报人电话",
    "handling_unit": "承办单位",
    "complaint_status": "办理状态",
    "outcome": "办理结果",
    "concluded_at": "办结时间",
    "source_updated_at": "更新时间",
}
_SANCTION_LAYOUT = {
    "decision_number": "处罚决定书文号",
    "counterpart_name": "当事人名称",
    "uscc": "统一社会信用代码",
    "violation_type": "价格违法行为",
    "violation_facts": "违法事实",
    "penalty_basis": "处罚依据",
    "penalty_category": "处罚种类",
    "penalty_result": "处罚结果",
    "penalty_content": "退还多收价款",
    "confiscated_amount_yuan": "没收金额（元）",
    "fine_amount_yuan": "罚款金额（元）",
    "decision_date": "处罚决定日期",
    "authority_name": "处罚机关",
    "source_updated_at": "更新时间",
}


SYSTEM = System(
    "12358",
    (
        Feed(
            "complaint",
            _complaints,
            layout=_COMPLAINT_LAYOUT,
            delivery=Files("价格举报", "csv_gb18030_bare"),
            locator="complaint_number",
            dirt=(
                Dirt("time_unreadable", "received_at", "另行通知", reason="time_unreadable"),
                Dirt("placeholder", "platform_name", "/", None),
                Dirt("chinese_date", "received_at", "2025年3月4日", "2025-03-04 00:00:00"),
                Dirt("amount_with_unit", "disputed_amount_yuan", lambda cell: f"{cell}元"),
            ),
        ),
        Feed(
            "administrative_penalty",
            _sanctions,
            layout=_SANCTION_LAYOUT,
            delivery=Files("价格处罚", "csv_gb18030"),
            locator="decision_number",
            dirt=(
                Dirt("date_impossible", "decision_date", "2024-02-30", reason="date_impossible"),
                Dirt("compact_date", "decision_date", "20250304", "2025-03-04"),
                Dirt("code_lower_case", "uscc", lambda cell: (cell or "").lower()),
            ),
        ),
    ),
)
