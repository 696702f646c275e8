"""知识产权: rulings on infringement, and the registers of marks that deserve a closer look, as CSV."""

from __future__ import annotations

from example_region import authorities, words
from example_region.columns import choose, join, lookup, number, repeated
from example_region.rows import Rows
from example_region.systems.common import (
    NAME_AND_CODE,
    WITH_CATEGORY,
    category,
    chinese_date,
    compact_date,
    impossible_date,
    padded,
)
from example_region.systems.frame import Block, Dirt, Feed, Files, System

_QUOTED = '标有“晨光”,"近似",易混淆\n责令停止'


def _rulings(block: Block) -> Rows:
    """Rulings: the respondent and the petitioner are different parties."""
    enterprises = block.enterprises
    written, truth = block.subject("respondent", without=WITH_CATEGORY)
    _, petitioner, of_petitioner = block.other_subject("petitioner", "petitioners", without=NAME_AND_CODE)
    day = block.days("ruled", 900)
    return block.rows(
        {
            "ruling_number": join("沧知裁〔2025〕", number(block.keys), "号"),
            "right_type": block.words("right", "商标", "商标", "外观设计", "实用新型"),
            "right_number": block.numbers("9", 7),
            "petitioner_name": petitioner.name,
            "petitioner_uscc": petitioner.uscc,
            "respondent_name": written.name,
            "respondent_uscc": written.uscc,
            "respondent_category": category(truth, enterprises),
            "platform_name": choose(enterprises.has_shop, lookup(words.PLATFORMS, enterprises.platform), None),
            "shop_name": choose(enterprises.has_shop, enterprises.shop_name, None),
            "product_name": block.words("product", "毛绒玩具", "水杯", "台灯", "运动鞋"),
            "facts": block.words("facts", "标识近似，易混淆，责令停止销售", "设计特征不同"),
            "ruling_result": block.words("result", "侵权成立", "侵权不成立", "调解结案"),
            "authority_name": authorities.named(enterprises.place, "知识产权局"),
            "ruling_date": block.dates(day),
            "effect_state": block.words("effect", "已生效", "诉讼中"),
        },
        truth,
        of_petitioner,
    )


def _marks(block: Block) -> Rows:
    """Well-known, foreign and old-brand marks, and geographical indications."""
    written, truth = block.subject("holder", without=NAME_AND_CODE)
    day = block.days("registered", 3000)
    return block.rows(
        {
            "register_type": block.words("register", "驰名商标", "老字号", "涉外商标", "地理标志"),
            "registration_number": block.numbers("9", 9),
            "nice_class": number(block.draws.integers("class", 1, 46)),
            "mark_name": join(block.enterprises.brand, "及图"),
            "holder_name": written.name,
            "holder_uscc": written.uscc,
            "goods": block.words("goods", "玩具；游戏器具", "糕点；糖果", "服装；鞋", "茶叶"),
            "authority_name": repeated("沧澜省知识产权局", len(block)),
            "registered_date": block.dates(day),
            "valid_until": block.dates(day + 3652),
            "mark_state": block.words("state", "有效", "有效", "续展中"),
        },
        truth,
    )


SYSTEM = System(
    "cnipa",
    (
        Feed(
            "ruling",
            _rulings,
            layout={
                "ruling_number": "裁决书文号",
                "right_type": "知识产权类型",
                "right_number": "商标注册号",
                "petitioner_name": "请求人",
                "petitioner_uscc": "权利人统一社会信用代码",
                "respondent_name": "被请求人",
                "respondent_uscc": "统一社会信用代码",
                "respondent_category": "当事人类别",
                "platform_name": "所属平台",
                "shop_name": "网店名称",
                "product_name": "涉案产品",
                "facts": "案情摘要",
                "ruling_result": "裁决结果",
                "authority_name": "处理机关",
                "ruling_date": "裁决日期",
                "effect_state": "效力状态",
            },
            delivery=Files("侵权裁决", "csv_utf8_mark"),
            locator="ruling_number",
            dirt=(
                Dirt("result_unknown", "ruling_result", "大概侵权", reason="value_not_in_list"),
                impossible_date("ruling_date"),
                chinese_date("ruling_date"),
                Dirt("delimiter_and_quotes", "facts", _QUOTED, _QUOTED),
                Dirt("result_in_other_words", "ruling_result", "构成侵权", "侵权成立"),
            ),
        ),
        Feed(
            "trademark",
            _marks,
            layout={
                "register_type": "名录类型",
                "registration_number": "注册号",
                "nice_class": "国际分类",
                "mark_name": "商标名称",
                "holder_name": "注册人名称",
                "holder_uscc": "注册人统一社会信用代码",
                "goods": "核定使用商品",
                "authority_name": "认定机关",
                "registered_date": "注册日期",
                "valid_until": "专用权期限至",
                "mark_state": "法律状态",
            },
            delivery=Files("重点保护商标名录", "csv_gb18030"),
            locator="registration_number",
            dirt=(
                Dirt("register_unknown", "register_type", "普通", reason="value_not_in_list"),
                Dirt("register_in_other_words", "register_type", "中华老字号", "老字号"),
                compact_date("registered_date"),
                padded("mark_name"),
            ),
        ),
    ),
)
