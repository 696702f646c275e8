"""网站备案: the whole register of sites each month; what is no longer in it is gone."""

from __future__ import annotations

import numpy as np

from example_region.columns import choose, join, number
from example_region.rows import Rows
from example_region.systems.common import WITH_CATEGORY, category, chinese_date, compact_date, impossible_date
from example_region.systems.frame import Block, Dirt, Feed, Files, System

_ADDRESSES = '198.51.100.7,"192.0.2.0/28"'


def _filings(block: Block) -> Rows:
    """Filings of sites: number, site, domain, addresses, holder, state."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("holder", without=WITH_CATEGORY)
    site = join("s", number(block.keys), ".example")
    return block.rows(
        {
            "website_record_id": block.numbers("W"),
            "enterprise_name": written.name,
            "holder_category": category(truth, enterprises),
            "uscc": written.uscc,
            "icp_number": join("沧ICP备", number(block.keys % 100_000_000, 8), "号-1"),
            "website_name": choose(enterprises.has_shop, enterprises.shop_name, "官方网站"),
            "website_url": join("https://www.", site),
            "domain_name": site,
            "ip_range": join("198.51.100.", number(draws.integers("address", 1, 255))),
            "filing_date": block.dates(block.days("filed", 3000)),
            "filing_state": block.words("state", "有效", "有效", "有效", "注销"),
        },
        truth,
    )


def _next_month(_block: Block, rows: Rows) -> Rows:
    """The register a month later: one in twenty has ended and is absent, some have become invalid."""
    kept = rows.take(np.flatnonzero(rows.keys // 64 % 20 != 3))
    kept.columns["filing_state"] = choose(kept.keys // 64 % 9 == 1, "撤销", kept.columns["filing_state"])
    return kept


SYSTEM = System(
    "icp",
    (
        Feed(
            "website",
            _filings,
            layout={
                "website_record_id": "网站备案序号",
                "enterprise_name": "主办单位名称",
                "holder_category": "主办单位性质",
                "uscc": "统一社会信用代码",
                "icp_number": "网站备案许可证号",
                "website_name": "网站名称",
                "website_url": "网站首页网址",
                "domain_name": "网站域名",
                "ip_range": "IP地址段",
                "filing_date": "审核通过日期",
                "filing_state": "备案状态",
            },
            delivery=Files("网站备案", "csv_gb18030"),
            locator="website_record_id",
            later=_next_month,
            dirt=(
                impossible_date("filing_date"),
                compact_date("filing_date"),
                chinese_date("filing_date"),
                Dirt("state_in_other_words", "filing_state", "已注销", "注销"),
                Dirt("several_addresses", "ip_range", _ADDRESSES, _ADDRESSES),
            ),
            rate=0.07,
        ),
    ),
)
