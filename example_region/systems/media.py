"""媒体、第三方机构: reports and clues with how far they are trusted, page after page by link."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from example_region import words
from example_region.columns import choose, join, lookup, number, time_text
from example_region.enterprises import person_names
from example_region.rows import Rows
from example_region.subjects import kind_without_code
from example_region.systems.frame import DAY, Block, Dirt, Feed, Service, System
from example_region.systems.plain import NAME_AND_CODE


def _with_zone(text: pa.Array) -> pa.Array:
    """A time as services of today write it."""
    return join(pc.replace_substring(text, " ", "T"), "+08:00")


def _clues(block: Block) -> Rows:
    """Reports and clues: the enterprise by name alone."""
    enterprises, draws = block.enterprises, block.draws
    written, truth = block.subject("subject", without=NAME_AND_CODE)
    truth.kind = kind_without_code(truth.kind, draws.fraction("every") >= 0)
    day = block.days("published", 400)
    return block.rows(
        {
            "clue_number": block.numbers("M"),
            "title": block.words(
                "title", "多家网店被指虚假促销", "预付卡难退", "商品与描述不符", "监测发现疑似侵权商品"
            ),
            "source_name": block.words("source", "沧澜日报", "岚浦晚报", "示例监测中心", "沧澜省消费者协会"),
            "source_type": block.words("kind", "媒体", "媒体", "第三方机构", "消费者组织"),
            "trust_level": block.words("trust", "高", "中", "低"),
            "published_at": _with_zone(block.times("published/time", day)),
            "article_url": join("https://news.canglan.example/", number(block.keys), ".html"),
            "subject_name": written.name,
            "platform_name": choose(enterprises.has_shop, lookup(words.PLATFORMS, enterprises.platform), None),
            "topic": block.words("topic", "虚假促销", "预付卡", "侵权", "食品安全"),
            "content": block.words("content", "多名消费者反映先涨后降", "退款难", "监测到大量仿冒商标商品"),
            "author_name": person_names(draws, "author"),
            "source_updated_at": _with_zone(time_text(day * DAY + 20 * 3600)),
        },
        truth,
    )


SYSTEM = System(
    "media",
    (
        Feed(
            "media_clue",
            _clues,
            layout={
                "clue_number": "clueId",
                "title": "title",
                "source_name": "sourceName",
                "source_type": "sourceType",
                "trust_level": "trustLevel",
                "published_at": "publishedAt",
                "article_url": "articleUrl",
                "subject_name": "subjectName",
                "platform_name": "platformName",
                "topic": "topic",
                "content": "summary",
                "author_name": "author",
                "source_updated_at": "updatedAt",
            },
            delivery=Service(),
            locator="clue_number",
            dirt=(
                Dirt("trust_as_letter", "trust_level", "A", "高"),
                Dirt("trust_unknown", "trust_level", "说不准", reason="value_not_in_list"),
                Dirt("title_missing", "title", "", reason="value_missing"),
                Dirt("time_unreadable", "published_at", "昨天", reason="time_unreadable"),
            ),
        ),
    ),
)
