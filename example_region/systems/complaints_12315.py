"""全国12315互联网平台: complaints whose outcome comes weeks later, served by time of change."""

from __future__ import annotations

import numpy as np

from example_region import authorities, words
from example_region.columns import choose, join, lookup, time_text
from example_region.enterprises import TODAY, person_names
from example_region.rows import Rows
from example_region.subjects import kind_without_code
from example_region.systems.frame import DAY, Block, Dirt, Feed, Service, System

_WITHOUT = ("organisation_code_only", "registration_number_only", "code_in_other_column", "natural_person")


def _complaints(block: Block) -> Rows:
    """Complaints and reports of the last weeks, none concluded yet; the respondent by name, a third with its code."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("respondent", without=_WITHOUT)
    without_code = draws.chance("without_code", 0.6)
    truth.kind = kind_without_code(truth.kind, without_code)
    day = block.days("received", 60) - 30
    is_online = enterprises.has_shop
    return block.rows(
        {
            "complaint_number": block.numbers("T"),
            "complaint_type": block.words("type", "投诉", "投诉", "投诉", "举报"),
            "received_at": block.times("received/time", day),
            "respondent_name": written.name,
            "respondent_uscc": choose(without_code, None, written.uscc),
            "respondent_address": choose(draws.chance("addressed", 0.6), enterprises.address, None),
            "platform_name": choose(is_online, lookup(words.PLATFORMS, enterprises.platform), None),
            "shop_name": choose(is_online, enterprises.shop_name, None),
            "shop_url": choose(is_online, enterprises.shop_url, None),
            "goods_or_service": block.words("goods", "预包装食品", "化妆品", "手机", "家具", "快递服务", "预付卡"),
            "issue_category": block.words("issue", "食品安全", "虚假宣传", "售后服务", "质量", "价格"),
            "content": join("消费者反映其购买的", block.words("goods", "商品", "服务"), "存在质量问题，要求处理。"),
            "disputed_amount_yuan": block.amounts("amount", 10, 9000),
            "complainant_name": person_names(draws, "complainant"),
            "handling_unit": authorities.named(enterprises.place, "市场监督管理局"),
            "complaint_status": block.words("status", "已受理", "调解中"),
            "outcome": choose(np.zeros(len(block), dtype=bool), "", None),
            "concluded_at": choose(np.zeros(len(block), dtype=bool), "", None),
            "source_updated_at": time_text(day * DAY + 20 * 3600),
        },
        truth,
    )


def _concluded(block: Block, rows: Rows) -> Rows:
    """Weeks later three in five are concluded: the same numbers come again, with outcome and day."""
    done = rows.take(np.flatnonzero(block.draws.chance("concluded", 0.6)[~block.is_spared]))
    count = len(done)
    done.columns["complaint_status"] = choose(np.ones(count, dtype=bool), "已办结", None)
    done.columns["outcome"] = choose(done.keys % 2 == 0, "达成调解", "未达成调解")
    done.columns["concluded_at"] = time_text(np.full(count, (TODAY - 2) * DAY + 10 * 3600))
    done.columns["source_updated_at"] = time_text(np.full(count, (TODAY - 1) * DAY))
    return done


SYSTEM = System(
    "12315",
    (
        Feed(
            "complaint",
            _complaints,
            layout={
                "complaint_number": "caseNo",
                "complaint_type": "caseType",
                "received_at": "acceptTime",
                "respondent_name": "respondent",
                "respondent_uscc": "respondentCode",
                "respondent_address": "respondentAddr",
                "platform_name": "platform",
                "shop_name": "shop",
                "shop_url": "shopUrl",
                "goods_or_service": "goods",
                "issue_category": "issue",
                "content": "detail",
                "disputed_amount_yuan": "amount",
                "complainant_name": "complainant",
                "handling_unit": "handleUnit",
                "complaint_status": "status",
                "outcome": "result",
                "concluded_at": "finishTime",
                "source_updated_at": "updateTime",
            },
            delivery=Service(),
            locator="complaint_number",
            later=_concluded,
            dirt=(
                Dirt("time_unreadable", "received_at", "见附件", reason="time_unreadable"),
                Dirt(
                    "date_alone",
                    "received_at",
                    lambda cell: (cell or "")[:10],
                    lambda cell: f"{(cell or '')[:10]} 00:00:00",
                ),
                Dirt("placeholder", "respondent_address", "无", None),
                Dirt("amount_with_unit", "disputed_amount_yuan", lambda cell: f"{cell}元"),
                Dirt("type_as_code", "complaint_type", "2", "举报"),
                Dirt(
                    "code_full_width", "respondent_uscc", "９１９９０１０１ＦＸ０００００Ａ１Ｃ", "91990101FX00000A1C"
                ),
            ),
        ),
    ),
)
