"""The RSS feed of a medium, read as it ships: whatever its encoding, every item once, though old ones stay in the feed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.transports.records import at, read_answer, to_records
from lake import ledger, tables
from lake.schema import bronze_table
from tests.connectors.department_service import Answering, Department
from tests.connectors.pulling_place import PullingPlace

SHIPPED = Path(__file__).parents[2] / "connectors" / "sources" / "media_rss.yaml"
ITEM = (
    '<item><guid isPermaLink="true">https://news.example/{number}</guid><title><![CDATA[示例㐂店被指虚假促销 {number}]]></title>'
    "<link>https://news.example/{number}?a=1&amp;b=2</link><description>先涨后降</description>"
    "<pubDate>{moment}</pubDate></item>"
)


@pytest.fixture
def rss(place: PullingPlace, department: Department, monkeypatch: pytest.MonkeyPatch) -> PullingPlace:
    """A lake whose only system is the declaration that ships."""
    monkeypatch.setenv("MEDIA_RSS_ADDRESS", f"{department.address}/rss")
    (place.sources / SHIPPED.name).write_bytes(SHIPPED.read_bytes())
    return place


def shows(department: Department, items: dict[int, str], encoding: str = "UTF-8") -> None:
    """The service answers with a feed of these items (number to pubDate)."""
    rows = "".join(ITEM.format(number=number, moment=moment) for number, moment in items.items())
    body = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>示例</title>{rows}</channel></rss>'

    def answer(request: Answering) -> bool:
        request.send(200, body.encode(encoding), {"Content-Type": "application/rss+xml"})
        return True

    department.always = answer


def clues(place: PullingPlace) -> list[dict[str, Any]]:
    counted = ledger.current_batches(ledger.deliveries(place.lake))
    rows = tables.read(place.lake, bronze_table("media_clue")).to_pylist()
    return sorted((row for row in rows if row["batch_id"] in counted), key=lambda row: row["clue_number"])


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_an_item_is_a_clue_of_its_medium(rss: PullingPlace, department: Department, encoding: str) -> None:
    shows(department, {18: "Tue, 11 Nov 2025 08:00:00 +0800"}, encoding)
    (delivery,) = rss.pull().deliveries
    assert (delivery.status, delivery.rows_read, delivery.unknown_columns) == ("accepted", 1, [])
    (clue,) = clues(rss)
    assert clue["published_at"] == datetime(2025, 11, 11, tzinfo=UTC)
    assert (clue["clue_number"], clue["title"]) == ("https://news.example/18", "示例㐂店被指虚假促销 18")
    assert clue["article_url"] == "https://news.example/18?a=1&b=2"
    assert (clue["source_name"], clue["source_type"], clue["trust_level"]) == ("示例日报", "媒体", "中")


def test_items_that_stay_count_once_and_items_that_leave_the_feed_stay(
    rss: PullingPlace, department: Department
) -> None:
    shows(department, {1: "Sat, 01 Nov 2025 08:00:00 +0800", 2: "Tue, 11 Nov 2025 00:00:00 GMT"})
    rss.pull()
    shows(department, {2: "Tue, 11 Nov 2025 00:00:00 GMT", 3: "Wed, 12 Nov 2025 08:00:00 +0800", 4: "last week"})
    (delivery,) = rss.pull().deliveries
    assert (delivery.rows_read, delivery.rows_accepted, delivery.rows_quarantined) == (2, 1, 1)
    assert [clue["clue_number"][-1] for clue in clues(rss)] == ["1", "2", "3"]
    shows(department, {1: "Sat, 01 Nov 2025 08:00:00 +0800", 4: "last week"})
    assert rss.pull().deliveries == []
    assert [clue["clue_number"][-1] for clue in clues(rss)] == ["1", "2", "3"]


def test_an_empty_feed_is_no_trouble(rss: PullingPlace, department: Department) -> None:
    shows(department, {})
    result = rss.pull()
    assert (result.not_taken, clues(rss)) == ([], [])


def test_what_an_element_says_beside_its_text_is_kept_apart_from_it() -> None:
    body = '<r><i n="1"><a k="x">甲</a><b k="y"/><c k="p">1</c><c>2</c></i><i n="2"/></r>'
    first, second = to_records(at(read_answer(body.encode(), "xml", None, "", "r.i").document, "r.i"))
    assert first.value == {"n": "1", "a": "甲", "a@k": "x", "b": None, "b@k": "y", "c": '["1","2"]', "c@k": "p"}
    assert second.value == {"n": "2"}


def test_an_entry_of_atom_has_the_address_of_the_article_and_of_nothing_else(
    place: PullingPlace, department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIA_ATOM_ADDRESS", f"{department.address}/atom")
    declared = SHIPPED.with_name("media_atom.yaml")
    (place.sources / declared.name).write_bytes(declared.read_bytes())
    sample = SHIPPED.parents[1] / "samples" / "media_atom" / "media_clue" / "feed.xml"
    text = sample.read_text(encoding="utf-8")

    def answer(request: Answering) -> bool:
        request.send(200, text.encode(), {"Content-Type": "application/atom+xml"})
        return True

    department.always = answer
    (delivery,) = place.pull().deliveries
    assert (delivery.rows_accepted, delivery.rows_quarantined, delivery.unknown_columns) == (2, 1, [])
    assert [clue["article_url"] for clue in clues(place)] == [f"https://news.example/2025/{one}" for one in (18, 19)]
    assert [clue["topic"] for clue in clues(place)] == ["促销", "预付卡"]
    assert place.pull().deliveries == []
    text = text.replace("2025-11-12T01:30:00Z</updated>", "2025-11-13T01:30:00Z</updated>").replace("退款难", "已退款")
    assert place.pull().deliveries[0].rows_read == 1
    assert sorted(clue["content"] for clue in clues(place))[-2:] == ["已退款", "退款难"]
