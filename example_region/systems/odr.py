"""ODR 在线纠纷解决: disputes that enterprises settle themselves, by page numbers."""

from __future__ import annotations

from example_region import authorities, words
from example_region.columns import choose, join, lookup, number, time_text
from example_region.enterprises import person_names
from example_region.rows import Rows
from example_region.systems.frame import DAY, Block, Dirt, Feed, Service, System
from example_region.systems.plain import NAME_AND_CODE


def _disputes(block: Block) -> Rows:
    """Disputes of the last year, most settled."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("respondent", without=NAME_AND_CODE)
    day = block.days("received", 300) - 20
    settled = draws.chance("settled", 0.8)
    amount = draws.integers("amount", 10, 5000)
    return block.rows(
        {
            "dispute_number": block.numbers("ODR"),
            "complaint_number": choose(draws.chance("complained", 0.5), block.numbers("TS"), None),
            "respondent_name": written.name,
            "respondent_uscc": written.uscc,
            "platform_name": choose(enterprises.has_shop, lookup(words.PLATFORMS, enterprises.platform), None),
            "shop_name": choose(enterprises.has_shop, enterprises.shop_name, None),
            "goods_or_service": block.words("goods", "蛋糕", "会员费", "手机", "家具", "旅游产品"),
            "issue_category": block.words("issue", "质量", "退费", "七日无理由退货", "定金"),
            "content": block.words("content", "商品有瑕疵，要求退款", "自动续费未提示"),
            "disputed_amount_yuan": join(number(amount), ".00"),
            "settled_amount_yuan": choose(settled, join(number(amount // 2), ".00"), None),
            "consumer_name": person_names(draws, "consumer"),
            "consumer_phone": join("199****", number(draws.integers("phone", 0, 10000), 4)),
            "received_at": block.times("received/time", day),
            "way": choose(settled, block.words("way", "退款", "换货", "赔偿"), None),
            "outcome": choose(settled, "和解成功", "转投诉"),
            "concluded_at": time_text((day + 9) * DAY + 16 * 3600),
            "handling_unit": authorities.named(enterprises.place, "市场监督管理局"),
            "source_updated_at": time_text((day + 9) * DAY + 17 * 3600),
        },
        truth,
    )


SYSTEM = System(
    "odr",
    (
        Feed(
            "dispute",
            _disputes,
            layout={
                "dispute_number": "disputeId",
                "complaint_number": "complaintId",
                "respondent_name": "respondentName",
                "respondent_uscc": "respondentCode",
                "platform_name": "platformName",
                "shop_name": "shopName",
                "goods_or_service": "goods",
                "issue_category": "issueType",
                "content": "content_text",
                "disputed_amount_yuan": "disputedAmount",
                "settled_amount_yuan": "settledAmount",
                "consumer_name": "consumerName",
                "consumer_phone": "consumerPhone",
                "received_at": "receivedAt",
                "way": "settlementWay",
                "outcome": "result",
                "concluded_at": "concludedAt",
                "handling_unit": "handlingUnit",
                "source_updated_at": "updateTime",
            },
            delivery=Service(),
            locator="dispute_number",
            dirt=(
                Dirt("time_unreadable", "received_at", "待补", reason="time_unreadable"),
                Dirt("name_missing", "respondent_name", None, reason="value_missing"),
                Dirt("outcome_as_code", "outcome", "4", "逾期"),
                Dirt("amount_with_unit", "disputed_amount_yuan", lambda cell: f"{cell}元"),
                Dirt("placeholder", "complaint_number", "/", None),
            ),
        ),
    ),
)
