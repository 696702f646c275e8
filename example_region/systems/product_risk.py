"""电子商务产品质量风险监测中心: one workbook with a sheet of purchases, one of tracing and one of test results."""

from __future__ import annotations

from example_region import authorities, words
from example_region.columns import choose, join, lookup, number, time_text
from example_region.rows import Rows
from example_region.systems.common import (
    NAME_AND_CODE,
    chinese_date,
    compact_date,
    impossible_date,
    padded,
    placeholder,
)
from example_region.systems.frame import DAY, Block, Dirt, Feed, Files, System

_BOOK = "网售产品风险监测"
_GOODS = ("儿童水杯", "遥控小车", "充电宝", "电热水袋", "儿童羽绒服")


def _products(block: Block) -> Rows:
    """What was bought where: the maker on the label, the seller and the platform are different parties."""
    maker, of_maker = block.subject("labelled_maker", without=NAME_AND_CODE)
    shops, seller, of_seller = block.other_subject("seller", "shops", without=NAME_AND_CODE)
    _, platform, of_platform = block.other_subject("platform", "platforms", without=NAME_AND_CODE)
    day = block.days("bought", 200)
    return block.rows(
        {
            "product_number": block.numbers("CP"),
            "product_name": block.words("goods", *_GOODS),
            "brand": block.words("brand", "小鹿", "星屿", "北滨"),
            "platform_name": lookup(words.PLATFORMS, shops.platform),
            "shop_name": choose(shops.has_shop, shops.shop_name, None),
            "platform_operator_name": platform.name,
            "platform_operator_uscc": platform.uscc,
            "seller_name": seller.name,
            "seller_uscc": seller.uscc,
            "labelled_maker_name": maker.name,
            "labelled_maker_uscc": maker.uscc,
            "labelled_maker_address": block.enterprises.address,
            "purchase_date": block.dates(day),
            "unit_price_yuan": block.amounts("price", 5, 900),
            "order_number": block.numbers("DD"),
            "source_updated_at": time_text((day + 20) * DAY),
        },
        of_maker,
        of_seller,
        of_platform,
    )


def _batches(block: Block) -> Rows:
    """Whom a batch was traced to: in one case of five not the maker on the label."""
    enterprises, draws = block.enterprises, block.draws
    traced, of_traced = block.subject("traced_maker", without=NAME_AND_CODE)
    day = block.days("traced", 150)
    return block.rows(
        {
            "batch_number": block.numbers("P"),
            "product_number": join("CP", number(draws.integers("product", 0, 99999), 11)),
            "product_name": block.words("goods", *_GOODS),
            "production_date": block.dates(day - 60),
            "trace_result": choose(draws.chance("false", 0.2), "冒用厂名厂址", "确认为标称企业生产"),
            "traced_maker_name": traced.name,
            "traced_maker_uscc": traced.uscc,
            "traced_maker_address": enterprises.address,
            "traced_date": block.dates(day),
            "tracing_unit": authorities.named(enterprises.place, "市场监督管理局"),
        },
        of_traced,
    )


def _tests(block: Block) -> Rows:
    """Results by item; a third of the products fail."""
    maker, of_maker = block.subject("labelled_maker", without=NAME_AND_CODE)
    failed = block.draws.chance("failed", 0.33)
    return block.rows(
        {
            "report_number": block.numbers("JC"),
            "product_number": join("CP", number(block.draws.integers("product", 0, 99999), 11)),
            "product_name": block.words("goods", *_GOODS),
            "labelled_maker_name": maker.name,
            "labelled_maker_uscc": maker.uscc,
            "test_item": block.words("item", "邻苯二甲酸酯", "小零件", "耐久性", "标识"),
            "standard_number": block.words("standard", "GB 6675.1-2014", "GB 31701-2015"),
            "limit_value": block.words("limit", "≤0.1", "不得脱落"),
            "measured_value": block.words("value", "0.35", "0.02", "未脱落"),
            "item_conclusion": choose(failed, "不合格", "合格"),
            "conclusion": choose(failed, "不合格", "合格"),
            "risk_level": choose(failed, "高", "低"),
            "laboratory_name": block.words("laboratory", "岚浦市产品质量检验所", "霁州市产品质量检验所"),
            "report_date": block.dates(block.days("reported", 150)),
        },
        of_maker,
    )


SYSTEM = System(
    "product_risk",
    (
        Feed(
            "product",
            _products,
            layout={
                "product_number": "产品编号",
                "product_name": "产品名称",
                "brand": "品牌",
                "platform_name": "平台名称",
                "shop_name": "网店名称",
                "platform_operator_name": "平台经营者",
                "platform_operator_uscc": "平台代码",
                "seller_name": "销售者",
                "seller_uscc": "销售者代码",
                "labelled_maker_name": "标称生产企业",
                "labelled_maker_uscc": "标称生产企业统一社会信用代码",
                "labelled_maker_address": "标称生产企业地址",
                "purchase_date": "购买日期",
                "unit_price_yuan": "单价",
                "order_number": "订单号",
                "source_updated_at": "更新时间",
            },
            delivery=Files(_BOOK, "workbook", sheet="购样信息"),
            locator="product_number",
            dirt=(
                impossible_date("purchase_date"),
                chinese_date("purchase_date"),
                padded("brand"),
                Dirt("amount_with_unit", "unit_price_yuan", lambda cell: f"￥{cell}元"),
                placeholder("labelled_maker_address", "/"),
            ),
        ),
        Feed(
            "batch",
            _batches,
            layout={
                "batch_number": "批次号",
                "product_number": "产品编号",
                "product_name": "产品名称",
                "production_date": "生产日期",
                "trace_result": "溯源结果",
                "traced_maker_name": "溯源生产企业",
                "traced_maker_uscc": "溯源企业统一社会信用代码",
                "traced_maker_address": "溯源企业地址",
                "traced_date": "溯源日期",
                "tracing_unit": "协查单位",
            },
            delivery=Files(_BOOK, "workbook", sheet="批次溯源"),
            locator="batch_number",
            dirt=(
                impossible_date("traced_date"),
                compact_date("production_date"),
                Dirt("short_word", "trace_result", "假冒", "冒用厂名厂址"),
            ),
        ),
        Feed(
            "product_test",
            _tests,
            layout={
                "report_number": "检测报告编号",
                "product_number": "样品编号",
                "product_name": "样品名称",
                "labelled_maker_name": "标称生产企业",
                "labelled_maker_uscc": "标称生产企业统一社会信用代码",
                "test_item": "检测项目",
                "standard_number": "标准编号",
                "limit_value": "标准值",
                "measured_value": "实测值",
                "item_conclusion": "单项判定",
                "conclusion": "检测结论",
                "risk_level": "风险等级",
                "laboratory_name": "检测机构",
                "report_date": "报告日期",
            },
            delivery=Files(_BOOK, "workbook", sheet="检测结果"),
            locator="report_number",
            dirt=(
                Dirt("conclusion_unknown", "conclusion", "基本合格", reason="value_not_in_list"),
                Dirt("word_of_another_list", "conclusion", "不符合", "不合格"),
                chinese_date("report_date"),
            ),
        ),
    ),
)
