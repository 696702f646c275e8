"""全国互联网广告监测中心: suspected advertisements as JSON lines, a file an hour; what became of a clue comes later."""

from __future__ import annotations

import numpy as np

from example_region import authorities, words
from example_region.columns import choose, join, lookup, number, repeated, time_text
from example_region.enterprises import TODAY
from example_region.rows import Rows
from example_region.subjects import kind_without_code
from example_region.systems.common import NAME_AND_CODE, compact
from example_region.systems.frame import DAY, Block, Dirt, Feed, Files, System

HOURS = 24


def _violations(block: Block) -> Rows:
    """Findings of a day: the advertiser, often by name alone, and who published it."""
    enterprises, draws = block.enterprises, block.draws
    advertiser, truth = block.subject("advertiser", without=NAME_AND_CODE)
    without_code = draws.chance("without_code", 0.4)
    truth.kind = kind_without_code(truth.kind, without_code)
    _, publisher, of_publisher = block.other_subject("publisher", "media", without=NAME_AND_CODE)
    second = (TODAY - 31) * DAY + draws.integers("second", 0, DAY)
    is_shop = enterprises.has_shop
    return block.rows(
        {
            "violation_number": block.numbers("GG"),
            "found_at": time_text(second),
            "media_type": choose(is_shop, "电商平台", "网站"),
            "media_name": block.words("media", "潮汐新闻网", "听涛生活网", "岚浦在线"),
            "website_url": join("https://ads.example/", number(block.keys)),
            "platform_name": choose(is_shop, lookup(words.PLATFORMS, enterprises.platform), None),
            "shop_name": choose(is_shop, enterprises.shop_name, None),
            "advertiser_name": advertiser.name,
            "advertiser_uscc": choose(without_code, None, advertiser.uscc),
            "publisher_name": publisher.name,
            "publisher_uscc": publisher.uscc,
            "product_name": block.words("product", "蜂胶软胶囊", "水光针", "理财课程", "减肥茶"),
            "advertisement_category": block.words("category", "保健食品", "医疗", "金融投资", "食品"),
            "advertisement_text": block.words("text", "三天见效，根治糖尿病", "全国最好", "稳赚不赔", "一周瘦十斤"),
            "violation_type": block.words(
                "violation", "虚假广告", "绝对化用语", "疾病治疗功效；虚假广告", "未标明广告"
            ),
            "display_count": number(draws.integers("displays", 1, 900)),
            "receiving_unit": authorities.named(enterprises.place, "市场监督管理局"),
            "handling_state": repeated("已移送", len(block)),
            "handled_date": repeated(None, len(block)),
            "outcome": repeated(None, len(block)),
            "source_updated_at": time_text(np.full(len(block), (TODAY - 30) * DAY)),
        },
        truth,
        of_publisher,
    )


def _handled(_block: Block, rows: Rows) -> Rows:
    """Half of the clues are answered a month later, under the same numbers."""
    done = rows.take(np.flatnonzero(rows.keys % 2 == 0))
    count = len(done)
    done.columns["handling_state"] = choose(done.keys % 4 == 0, "已改正", "已立案")
    done.columns["handled_date"] = repeated("2025-11-20", count)
    done.columns["outcome"] = repeated("已核查处理", count)
    done.columns["source_updated_at"] = time_text(np.full(count, (TODAY - 1) * DAY))
    return done


SYSTEM = System(
    "ad_monitor",
    (
        Feed(
            "ad_violation",
            _violations,
            layout={
                "violation_number": "violation_no",
                "found_at": "found_time",
                "media_type": "media_type_cd",
                "media_name": "media",
                "website_url": "page_url",
                "platform_name": "platform",
                "shop_name": "shop",
                "advertiser_name": "advertiser",
                "advertiser_uscc": "advertiser_code",
                "publisher_name": "publisher",
                "publisher_uscc": "publisher_code",
                "product_name": "product",
                "advertisement_category": "ad_category",
                "advertisement_text": "ad_text",
                "violation_type": "violation",
                "display_count": "displays",
                "receiving_unit": "sent_to",
                "handling_state": "status",
                "handled_date": "handled_at",
                "outcome": "result",
                "source_updated_at": "update_time",
            },
            delivery=Files("ads", "json_lines", parts=HOURS),
            locator="violation_number",
            later=_handled,
            dirt=(
                Dirt("time_missing", "found_at", None, reason="value_missing"),
                Dirt("time_with_zone", "found_at", "2025-10-31T02:00:00+00:00", "2025-10-31 10:00:00"),
                Dirt("compact_date", "found_at", compact, lambda cell: f"{(cell or '')[:10]} 00:00:00"),
                Dirt("code_instead_of_word", "media_type", "2", "移动应用"),
                Dirt("codes_instead_of_words", "violation_type", "1;2", "虚假广告；绝对化用语"),
                Dirt("null_in_words", "platform_name", "null", None),
            ),
        ),
    ),
)
