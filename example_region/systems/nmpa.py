"""药监: licences and filings of drugs and devices sold online, and penalties, by offsets."""

from __future__ import annotations

from example_region import authorities
from example_region.columns import join, number
from example_region.rows import Rows
from example_region.systems import credit_china
from example_region.systems.frame import Block, Dirt, Feed, Service, System
from example_region.systems.plain import NAME_AND_CODE, updated


def _licences(block: Block) -> Rows:
    return credit_china.licences("药监", block)


def _penalties(block: Block) -> Rows:
    return credit_china.penalties("药监", block)


def _filings(block: Block) -> Rows:
    """Filings of online sale."""
    written, truth = block.subject("holder", without=NAME_AND_CODE)
    day = block.days("filed", 900)
    return block.rows(
        {
            "permit_type": block.words("type", "药品网络销售报告", "医疗器械网络销售备案"),
            "permit_number": block.numbers("网备"),
            "holder_name": written.name,
            "uscc": written.uscc,
            "permit_scope": block.words("scope", "非处方药", "第二类医疗器械"),
            "website_url": join("https://drug", number(block.keys), ".canglan.example"),
            "issued_date": block.dates(day),
            "authority_name": authorities.named(block.enterprises.place, "药品监督管理局"),
            "permit_state": block.words("state", "有效", "有效", "有效", "注销"),
            "source_updated_at": updated(day + 2),
        },
        truth,
    )


def _served(layout: dict[str, str]) -> dict[str, str]:
    """The layout of 双公示 with the service's own time of change."""
    return {**layout, "source_updated_at": "updateTime"}


SYSTEM = System(
    "nmpa",
    (
        Feed(
            "administrative_licence",
            _licences,
            layout=_served(credit_china.LICENCE_LAYOUT),
            delivery=Service(),
            locator="decision_number",
            rate=0.02,
            dirt=credit_china.DECISION_DIRT,
        ),
        Feed(
            "permit",
            _filings,
            layout={
                "permit_type": "许可证类别",
                "permit_number": "备案编号",
                "holder_name": "企业名称",
                "uscc": "统一社会信用代码",
                "permit_scope": "备案内容",
                "website_url": "siteUrl",
                "issued_date": "备案日期",
                "authority_name": "备案机关",
                "permit_state": "备案状态",
                "source_updated_at": "updateTime",
            },
            delivery=Service(),
            locator="permit_number",
            rate=0.03,
            dirt=(
                Dirt("name_missing", "holder_name", None, reason="value_missing"),
                Dirt("state_as_code", "permit_state", "4", "吊销"),
                Dirt("date_unreadable", "issued_date", "待核实后补", None),
            ),
        ),
        Feed(
            "administrative_penalty",
            _penalties,
            layout=_served(credit_china.PENALTY_LAYOUT),
            delivery=Service(),
            locator="decision_number",
            rate=0.02,
            dirt=credit_china.PENALTY_DIRT,
        ),
    ),
)
