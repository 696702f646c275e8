"""全国网络交易平台监管服务系统: platforms and inspections in a database, identity reports of shops as the filled-in template."""

from __future__ import annotations

import numpy as np

from example_region import authorities, words
from example_region.columns import choose, join, lookup, number, repeated
from example_region.enterprises import TODAY, person_names
from example_region.rows import Rows
from example_region.systems.frame import Block, Database, Dirt, Feed, Files, System
from example_region.systems.plain import NAME_AND_CODE, updated

_TABLE = Database(types=(("update_time", "timestamp"),))


def _platforms(block: Block) -> Rows:
    """Small platforms of the region, each run by an enterprise."""
    enterprises = block.enterprises
    written, truth = block.subject("operator", without=NAME_AND_CODE)
    return block.rows(
        {
            "row_number": block.numbers(""),
            "platform_id": block.numbers("P"),
            "platform_name": join(enterprises.brand, number(block.keys), "商城"),
            "operator_name": written.name,
            "operator_uscc": written.uscc,
            "operator_address": enterprises.address,
            "platform_url": join("https://mall", number(block.keys), ".canglan.example"),
            "platform_type": block.words("type", "商品交易", "服务交易", "综合", "社交电商"),
            "registered_date": block.dates(block.days("registered", 900)),
            "platform_state": block.words("state", "运营", "运营", "停止运营"),
            "contact_name": person_names(block.draws, "contact"),
            "source_updated_at": updated(block.days("updated", 100)),
        },
        truth,
    )


def _inspections(block: Block) -> Rows:
    """Inspections of shops, sites and premises, and what followed."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("operator", without=NAME_AND_CODE)
    day = block.days("inspected", 500)
    found = draws.chance("found", 0.4)
    shop = enterprises.has_shop
    return block.rows(
        {
            "row_number": block.numbers(""),
            "inspection_number": block.numbers("JC"),
            "inspection_type": choose(draws.chance("on_site", 0.1), "实地检查", "网上检查"),
            "target_type": choose(shop, "网店", "网站"),
            "target_name": choose(shop, enterprises.shop_name, join(enterprises.brand, "官网")),
            "website_url": enterprises.shop_url,
            "platform_name": choose(shop, lookup(words.PLATFORMS, enterprises.platform), None),
            "operator_name": written.name,
            "operator_uscc": written.uscc,
            "inspected_date": block.dates(day),
            "authority_name": authorities.named(enterprises.place, "市场监督管理局"),
            "finding": choose(found, "发现问题", "未发现问题"),
            "finding_text": choose(found, "未公示营业执照", None),
            "measure": choose(found, block.words("measure", "责令整改", "删除违法商品信息", "提请关闭网站"), "无"),
            "source_updated_at": updated(day + 1),
        },
        truth,
    )


def _shops(block: Block) -> Rows:
    """Shops of the report of July; some are of persons who need not register."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("operator", without=NAME_AND_CODE)
    is_person = draws.chance("person", 0.05) & ~block.is_spared & (truth.kind == "")
    person = person_names(draws, "operator")
    truth.name = choose(is_person, person, truth.name)
    truth.uscc = choose(is_person, None, truth.uscc)
    truth.is_registered = truth.is_registered & ~is_person
    truth.kind = np.where(is_person, "natural_person", truth.kind)
    count = len(block)
    return block.rows(
        {
            "platform_name": lookup(words.PLATFORMS, enterprises.platform),
            "shop_id": block.numbers("S"),
            "shop_name": enterprises.shop_name,
            "shop_url": enterprises.shop_url,
            "operator_category": choose(is_person, "未登记自然人", "已登记"),
            "operator_name": choose(is_person, person, written.name),
            "operator_uscc": choose(is_person, None, written.uscc),
            "operator_document_number": choose(is_person, "99010119900101001X", None),
            "operator_address": enterprises.address,
            "contact_phone": join("199****", number(draws.integers("phone", 0, 10000), 4)),
            "exemption_ground": choose(is_person, "零星小额交易", None),
            "is_above_exempt_amount": choose(is_person, "否", None),
            "goods_category": block.words("goods", "食品", "服装", "百货"),
            "report_period": repeated("2025年上半年", count),
            "reported_date": block.dates(np.full(count, TODAY - 130)),
        },
        truth,
    )


SYSTEM = System(
    "platform_supervision",
    (
        Feed(
            "platform",
            _platforms,
            layout={
                "row_number": "id",
                "platform_id": "platform_no",
                "platform_name": "平台名称",
                "operator_name": "平台经营者",
                "operator_uscc": "统一社会信用代码",
                "operator_address": "经营者住所",
                "platform_url": "平台网址",
                "platform_type": "平台类型",
                "registered_date": "登记日期",
                "platform_state": "运营状态",
                "contact_name": "联系人",
                "source_updated_at": "update_time",
            },
            delivery=_TABLE,
            locator="platform_id",
            rate=0.01,
            dirt=(
                Dirt("type_as_code", "platform_type", "3", "综合"),
                Dirt("operator_missing", "operator_name", "", reason="value_missing"),
                Dirt("date_impossible", "registered_date", "2025-06-31", reason="date_impossible"),
            ),
        ),
        Feed(
            "site_inspection",
            _inspections,
            layout={
                "row_number": "id",
                "inspection_number": "检查编号",
                "inspection_type": "检查方式",
                "target_type": "对象类型",
                "target_name": "检查对象名称",
                "website_url": "网站网址",
                "platform_name": "平台名称",
                "operator_name": "经营者名称",
                "operator_uscc": "统一社会信用代码",
                "inspected_date": "检查日期",
                "authority_name": "检查单位",
                "finding": "检查结果",
                "finding_text": "问题描述",
                "measure": "处置措施",
                "source_updated_at": "update_time",
            },
            delivery=_TABLE,
            locator="inspection_number",
            dirt=(
                Dirt("type_other_word", "inspection_type", "现场检查", "实地检查"),
                Dirt("value_not_in_list", "inspection_type", "电话检查", reason="value_not_in_list"),
                Dirt("date_missing", "inspected_date", "", reason="value_missing"),
                Dirt("measure_several", "measure", "责令改正；删除信息", "责令整改；删除违法商品信息"),
            ),
        ),
        Feed(
            "shop",
            _shops,
            layout={
                "platform_name": "网络交易平台",
                "shop_id": "店铺编号",
                "shop_name": "网店名称",
                "shop_url": "网店链接",
                "operator_category": "经营者类别",
                "operator_name": "经营者名称",
                "operator_uscc": "统一社会信用代码",
                "operator_document_number": "身份证件号码",
                "operator_address": "实际经营地址",
                "contact_phone": "联系方式",
                "exemption_ground": "免登记类型",
                "is_above_exempt_amount": "是否超十万元",
                "goods_category": "主营类目",
                "report_period": "报送期",
                "reported_date": "报送日期",
            },
            delivery=Files("平台内经营者身份信息报送表", "workbook"),
            locator="shop_id",
            rate=0.04,
            dirt=(
                Dirt("category_other_word", "operator_category", "企业", "已登记"),
                Dirt("value_not_in_list", "operator_category", "待定", reason="value_not_in_list"),
                Dirt("identity_missing", "operator_category", "自然人", reason="value_missing_when"),
                Dirt("name_missing", "operator_name", None, reason="value_missing"),
            ),
        ),
    ),
)
