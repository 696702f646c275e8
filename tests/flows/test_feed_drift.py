"""A feed that is no longer what it was is shown by ``creditlake status``, as people and as programs read it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from tests.system.command_line import call

HEADER = (
    "行政相对人名称,统一社会信用代码,法定代表人,行政处罚决定书文号,违法行为类型,处罚内容,处罚决定日期,处罚机关,处罚类别"
)
ROW = (
    "示例市晨光商贸有限公司,91990101FX00000A1C,{person},示市监罚〔2025〕{number}号,无照经营,罚款,2025-03-04,"
    "示例市市场监督管理局,{kind}"
)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    declared = {
        "id": "bureau",
        "name": "示例局",
        "department": "示例市市场监督管理局",
        "owner": {"name": "数据科"},
        "way_in": {"kind": "folder", "location": str(tmp_path / "drop")},
        "feeds": [
            {"contract": "administrative_penalty", "mode": "full_refresh", "bounds": {"minimum": 5, "maximum": 500}}
        ],
    }
    (tmp_path / "sources").mkdir()
    (tmp_path / "drop").mkdir()
    (tmp_path / "sources" / "bureau.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("CREDITLAKE_LAKE_URL", str(tmp_path / "lake"))
    monkeypatch.setenv("CREDITLAKE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("CREDITLAKE_SOURCES", str(tmp_path / "sources"))
    return tmp_path


def deliver(
    lake: Path, day: int, rows: int, *, header: str = HEADER, person: str = "示例甲", kind: str = "罚款"
) -> None:
    """A file of ``day``: its newest rows are of that day, so no two files are alike."""
    lines = [ROW.format(person=person, number=day * 1000 + number, kind=kind) for number in range(rows)]
    more = ",1" if header != HEADER else ""
    file = lake / "drop" / f"{day}.csv"
    file.write_text("\n".join([header, *(line + more for line in lines)]), encoding="utf-8")
    moment = 1_760_000_000 + day * 86_400
    os.utime(file, (moment, moment))
    assert call("ingest").exit_code in {0, 1}


def drifts(*kinds: str) -> list[tuple[str, str]]:
    found = json.loads(call("status", "--json").output)["drifts"]
    return [(one["kind"], one["detail"]) for one in found if one["kind"] in kinds or not kinds]


def test_a_feed_is_held_against_its_own_history(lake: Path) -> None:
    for day in range(1, 5):
        deliver(lake, day, 60)
    assert drifts() == []
    deliver(lake, 5, 55, header=f"{HEADER},办案心得", person="", kind="罚款")
    assert drifts() == [
        ("new_columns", "以往没有、合同也不认识的列：办案心得"),
        ("emptier", "“法定代表人”为空的占 100%，以往最多 0%"),
    ]
    deliver(lake, 6, 60, kind="责令停产")
    assert drifts() == [("new_values", "“处罚类别”出现 1 个以往没有、代码表里也没有的值：责令停产")]
    deliver(lake, 7, 60, kind="责令停产")
    assert drifts() == []
    deliver(lake, 8, 20)
    assert drifts() == [("shrunken", "这次接收 20 行，以往一般 60 行")]
    assert "行数骤减" in call("status").text
    assert "shrunken" in call("--lang", "en", "status").text


def test_a_kind_of_trouble_that_was_not_there_before_is_shown(lake: Path) -> None:
    for day in range(1, 5):
        deliver(lake, day, 60)
    file = lake / "drop" / "5.csv"
    deliver(lake, 5, 60)
    text = file.read_text(encoding="utf-8").replace("2025-03-04", "二〇二五年十三月", 10)
    file.with_name("6.csv").write_text(text, encoding="utf-8")
    assert call("ingest").exit_code in {0, 1}
    assert [kind for kind, _ in drifts()] == ["new_reason"]
