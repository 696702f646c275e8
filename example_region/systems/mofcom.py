"""单用途商业预付卡: filings and breaches of issuers as workbooks."""

from __future__ import annotations

from example_region import authorities
from example_region.columns import number, repeated, time_text
from example_region.rows import Rows
from example_region.systems.common import NAME_NEEDED, chinese_date, compact_date, impossible_date
from example_region.systems.frame import DAY, Block, Dirt, Feed, Files, System

_BUREAU = "商务局"


def _filings(block: Block) -> Rows:
    """Filings of issuers."""
    enterprises = block.enterprises
    written, truth = block.subject("issuer", without=NAME_NEEDED)
    day = block.days("filed", 2000)
    return block.rows(
        {
            "filing_number": block.numbers("99"),
            "issuer_name": written.name,
            "issuer_uscc": written.uscc,
            "issuer_address": enterprises.address,
            "issuer_category": block.words("kind", "规模发卡企业", "品牌发卡企业", "其他发卡企业"),
            "trade": block.words("trade", "零售业", "住宿和餐饮业", "居民服务业"),
            "authority_name": authorities.named(enterprises.place, _BUREAU),
            "filing_date": block.dates(day),
            "valid_until": block.dates(day + 3000),
            "filing_state": block.words("state", "有效", "有效", "注销"),
            "source_updated_at": time_text((day + 5) * DAY),
        },
        truth,
    )


def _breaches(block: Block) -> Rows:
    """Breaches, cards without a filing among them."""
    enterprises = block.enterprises
    written, truth = block.subject("issuer", without=NAME_NEEDED)
    day = block.days("found", 500)
    return block.rows(
        {
            "breach_number": block.numbers("WG"),
            "issuer_name": written.name,
            "issuer_uscc": written.uscc,
            "breach_type": block.words("breach", "未备案发卡", "未按期报送", "资金存管不足；未按期报送", "停业未退费"),
            "facts": block.words("facts", "未办理备案即发行储值卡", "门店已关闭，余额未退"),
            "amount_involved_yuan": block.amounts("amount", 1000, 500000),
            "authority_name": authorities.named(enterprises.place, _BUREAU),
            "found_date": block.dates(day),
            "measure": repeated("责令限期改正", len(block)),
            "correct_by_date": block.dates(day + 30),
            "correction_state": block.words("state", "未改正", "改正中", "已改正"),
            "fine_amount_yuan": number(block.draws.integers("fine", 1000, 30000)),
        },
        truth,
    )


SYSTEM = System(
    "mofcom",
    (
        Feed(
            "prepaid_card_filing",
            _filings,
            layout={
                "filing_number": "备案编号",
                "issuer_name": "发卡企业",
                "issuer_uscc": "统一社会信用代码",
                "issuer_address": "企业地址",
                "issuer_category": "企业类别",
                "trade": "所属行业",
                "authority_name": "备案机关",
                "filing_date": "备案日期",
                "valid_until": "有效期至",
                "filing_state": "备案状态",
                "source_updated_at": "更新时间",
            },
            delivery=Files("发卡企业备案", "workbook_merged", sheet="备案"),
            locator="filing_number",
            dirt=(
                impossible_date("filing_date"),
                chinese_date("filing_date"),
                Dirt("trade_in_short", "trade", "零售", "零售业"),
                Dirt("without_end", "valid_until", "9999-9-9", None),
            ),
        ),
        Feed(
            "prepaid_card_breach",
            _breaches,
            layout={
                "breach_number": "违规编号",
                "issuer_name": "发卡企业",
                "issuer_uscc": "统一社会信用代码",
                "breach_type": "违规类型",
                "facts": "违规事实",
                "amount_involved_yuan": "涉及金额",
                "authority_name": "检查单位",
                "found_date": "检查日期",
                "measure": "处理措施",
                "correct_by_date": "整改期限",
                "correction_state": "整改情况",
                "fine_amount_yuan": "罚款金额",
            },
            delivery=Files("发卡企业违规", "workbook", sheet="违规"),
            locator="breach_number",
            dirt=(
                Dirt("type_missing", "breach_type", None, reason="value_missing"),
                compact_date("found_date"),
                Dirt("type_in_other_words", "breach_type", "卷款跑路", "停业未退费"),
                Dirt("amount_in_ten_thousands", "amount_involved_yuan", "8.6万元", "86000.00"),
            ),
        ),
    ),
)
