"""网信: measures against sites, apps and accounts, sites closed among them, as JSON documents."""

from __future__ import annotations

from example_region import authorities
from example_region.columns import choose, join, number
from example_region.rows import Rows
from example_region.systems.common import WITH_CATEGORY, category, chinese_date, compact_date, impossible_date
from example_region.systems.frame import Block, Dirt, Feed, Files, System


def _measures(block: Block) -> Rows:
    """Measures; the operator may be a natural person, or named by nothing but the site."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("operator", without=WITH_CATEGORY)
    day = block.days("handled", 500)
    site = join("s", number(block.keys), ".example")
    is_closed = draws.chance("closed", 0.2)
    return block.rows(
        {
            "violation_number": block.numbers("WX"),
            "website_name": choose(enterprises.has_shop, enterprises.shop_name, "同城生活"),
            "media_type": block.words("media", "网站", "移动应用", "账号"),
            "website_url": join("https://www.", site, "/p/1"),
            "domain_name": site,
            "icp_number": join("沧ICP备", number(block.keys % 100_000_000, 8), "号-1"),
            "operator_name": written.name,
            "operator_uscc": written.uscc,
            "operator_category": category(truth, enterprises),
            "violation_type": block.words("violation", "虚假信息", "销售违禁物品", "侵害公民个人信息；虚假信息"),
            "content_summary": block.words("content", "发布未经核实的信息", "出售禁售物品"),
            "measure": choose(is_closed, "关闭网站", block.words("measure", "约谈；责令改正", "警告", "暂停更新")),
            "authority_name": authorities.named(enterprises.place, "互联网信息办公室"),
            "decision_date": block.dates(day),
            "website_state": choose(is_closed, "关闭", "正常"),
        },
        truth,
    )


SYSTEM = System(
    "cac",
    (
        Feed(
            "content_violation",
            _measures,
            layout={
                "violation_number": "id",
                "website_name": "siteName",
                "media_type": "mediaType",
                "website_url": "url",
                "domain_name": "domain",
                "icp_number": "icpNo",
                "operator_name": "operator",
                "operator_uscc": "operatorCode",
                "operator_category": "operatorType",
                "violation_type": "violationType",
                "content_summary": "content",
                "measure": "measures",
                "authority_name": "authority",
                "decision_date": "handledAt",
                "website_state": "siteState",
            },
            delivery=Files("违法信息处置", "json", parts=3),
            locator="violation_number",
            dirt=(
                Dirt("measure_missing", "measure", None, reason="value_missing"),
                impossible_date("decision_date"),
                compact_date("decision_date"),
                chinese_date("decision_date"),
                Dirt("measures_as_codes", "measure", "1;2", "约谈；责令改正"),
                Dirt("state_in_other_words", "website_state", "整改中", "暂停"),
            ),
        ),
    ),
)
