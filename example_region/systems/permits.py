"""市场监管、商务许可: registers of permits, one as CSV in GB18030, one as a workbook."""

from __future__ import annotations

from example_region import authorities
from example_region.columns import choose, repeated
from example_region.enterprises import person_names
from example_region.rows import Rows
from example_region.systems.frame import Block, Dirt, Feed, Files, System
from example_region.systems.plain import NAME_AND_CODE


def _food(block: Block) -> Rows:
    """Food permits, a third of them for trade online."""
    enterprises = block.enterprises
    written, truth = block.subject("holder", without=NAME_AND_CODE)
    day = block.days("issued", 1800)
    return block.rows(
        {
            "permit_type": block.words("type", "食品经营许可证", "食品经营许可证", "网络餐饮服务备案"),
            "permit_number": block.numbers("JY"),
            "holder_name": written.name,
            "uscc": written.uscc,
            "legal_representative": person_names(block.draws, "representative"),
            "premises_address": enterprises.address,
            "business_mode": block.words("mode", "食品销售经营者", "餐饮服务经营者", "食品销售经营者（网络经营）"),
            "permit_scope": block.words("scope", "预包装食品销售", "热食类食品制售", "散装食品销售"),
            "is_online": choose(block.draws.chance("online", 0.3), "是", "否"),
            "issued_date": block.dates(day),
            "valid_until_date": block.dates(day + 1825),
            "authority_name": authorities.named(enterprises.place, "市场监督管理局"),
            "permit_state": block.words("state", "有效", "有效", "有效", "注销", "过期"),
        },
        truth,
    )


def _prepaid(block: Block) -> Rows:
    """Filings of prepaid cards."""
    written, truth = block.subject("holder", without=NAME_AND_CODE)
    return block.rows(
        {
            "permit_number": block.numbers("YFK"),
            "holder_name": written.name,
            "uscc": written.uscc,
            "permit_type": repeated("单用途商业预付卡备案", len(block)),
            "issued_date": block.dates(block.days("issued", 1500)),
            "authority_name": authorities.named(block.enterprises.place, "商务局"),
            "permit_state": block.words("state", "有效", "有效", "注销"),
        },
        truth,
    )


SYSTEM = System(
    "permits",
    (
        Feed(
            "permit",
            _food,
            layout={
                "permit_type": "许可证名称",
                "permit_number": "许可证编号",
                "holder_name": "经营者名称",
                "uscc": "社会信用代码(身份证号码)",
                "legal_representative": "法定代表人(负责人)",
                "premises_address": "经营场所",
                "business_mode": "主体业态",
                "permit_scope": "经营项目",
                "is_online": "网络经营",
                "issued_date": "发证日期",
                "valid_until_date": "有效期至",
                "authority_name": "发证机关",
                "permit_state": "证照状态",
            },
            delivery=Files("食品经营许可台账", "csv_gb18030"),
            locator="permit_number",
            dirt=(
                Dirt("number_missing", "uscc", "暂无", None),
                Dirt("name_missing", "holder_name", None, reason="value_missing"),
                Dirt("valid_without_end", "valid_until_date", "长期", None),
                Dirt("date_impossible", "issued_date", "2024-02-30", reason="date_impossible"),
                Dirt("state_other_word", "permit_state", "失效", "过期"),
            ),
        ),
        Feed(
            "permit",
            _prepaid,
            layout={
                "permit_number": "备案编号",
                "holder_name": "企业名称",
                "uscc": "统一社会信用代码",
                "permit_type": "许可证类别",
                "issued_date": "备案日期",
                "authority_name": "备案机关",
                "permit_state": "备案状态",
            },
            delivery=Files("单用途商业预付卡备案", "workbook"),
            locator="permit_number",
            rate=0.02,
            dirt=(
                Dirt("type_other_word", "permit_type", "预付卡备案", "单用途商业预付卡备案"),
                Dirt("name_missing", "holder_name", None, reason="value_missing"),
            ),
            part="/prepaid",
        ),
    ),
)
