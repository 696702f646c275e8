"""The report to a department says what the ledger says, what to fix first, and nothing about persons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import yaml
from python_calamine import CalamineWorkbook

from tests.flows.test_feed_drift import HEADER
from tests.system.command_line import call

PERSON = "虚构某人"
ROW = "示例市晨光商贸有限公司,91990101FX00000A1C,虚构某人,示市监罚〔2025〕{number}号,{type},罚款,{day},{authority},罚款"


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One delivery with rows set aside for two reasons, one file without its header, and a system that sent nothing."""
    for system in ("bureau", "silent"):
        declared = {
            "id": system,
            "name": "示例<局>" if system == "bureau" else "沉默局",
            "department": "示例市市场监督管理局",
            "owner": {"name": "数据科"},
            "way_in": {"kind": "folder", "location": str(tmp_path / system)},
            "feeds": [
                {
                    "contract": "administrative_penalty",
                    "mode": "increment",
                    "cadence": "daily" if system == "silent" else "on_demand",
                    "bounds": {"minimum": 0, "maximum": 500, "period": "month"},
                }
            ],
        }
        (tmp_path / "sources").mkdir(exist_ok=True)
        (tmp_path / system).mkdir()
        text = yaml.safe_dump(declared, allow_unicode=True)
        (tmp_path / "sources" / f"{system}.yaml").write_text(text, encoding="utf-8")
    good = [ROW.format(number=n, type="无照经营", day="2025-03-04", authority="示例局") for n in range(20)]
    dates = [ROW.format(number=n, type="无照经营", day="2025-02-30", authority="示例局") for n in range(20, 25)]
    empty = [ROW.format(number=n, type="无照经营", day="2025-03-04", authority="") for n in range(30, 33)]
    (tmp_path / "bureau" / "一.csv").write_text("\n".join([HEADER, *good, good[0], *dates, *empty]), encoding="utf-8")
    (tmp_path / "bureau" / "二.csv").write_text(f"姓名,{PERSON}\n甲,乙\n丙,丁\n", encoding="utf-8")
    for name in ("lake_url", "work_dir", "sources"):
        monkeypatch.setenv(f"CREDITLAKE_{name.upper()}", str(tmp_path / name.split("_")[0]))
    assert call("ingest").exit_code in {0, 1}
    return tmp_path


def report(lake: Path, *arguments: str) -> list[dict[str, Any]]:
    outcome = call("source", "report", *arguments, "--out", lake / "out", "--json")
    assert outcome.exit_code == 0, outcome.text
    found: list[dict[str, Any]] = json.loads(outcome.output)
    return found


def test_a_report_has_the_numbers_of_status_and_begins_with_what_hurts_most(lake: Path) -> None:
    bureau, silent = report(lake)
    files = [one for one in json.loads(call("status", "--json").output)["files"] if one["system_id"] == "bureau"]
    (feed,) = bureau["feeds"]
    counts = ("rows_read", "rows_accepted", "rows_quarantined", "rows_repeated", "rows_layout", "rows_refused")
    assert {name: feed[name] for name in counts} == {name: sum(one[name] for one in files) for name in counts}
    assert (feed["files"], feed["files_not_taken"], feed["rows_repeated"], feed["rows_open"]) == (2, 1, 1, 8)
    assert {one["reason_code"]: one["rows"] for one in bureau["quarantined"]} == {
        code: rows
        for one in files
        for code, rows in one["reasons"].items()
        if code in {"date_impossible", "value_missing"}
    }
    assert sum(one["rows"] for one in bureau["quarantined"]) == feed["rows_quarantined"] == 8
    assert [(one["column"], one["rows"], one["example"]) for one in bureau["open_reasons"]] == [
        ("处罚决定日期", 5, "2025-02-30"),
        ("处罚机关", 3, None),
    ]
    assert [(one["kind"], one["rows"]) for one in bureau["to_fix"]] == [("rows", 5), ("rows", 3), ("file", 2)]
    assert [one["kind"] for one in silent["to_fix"]] == ["feed_late"]
    assert bureau["timeliness"] is None, "nothing is built"


@pytest.mark.parametrize(("language", "said"), [("zh", "先改什么"), ("en", "Fix first")])
def test_page_and_workbook_say_the_same_and_name_no_person(lake: Path, language: str, said: str) -> None:
    report(lake, "bureau", "--lang", language)
    page = (lake / "out" / "bureau.html").read_text(encoding="utf-8")
    book = CalamineWorkbook.from_path(str(lake / "out" / "bureau.xlsx"))
    cells = {str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row}
    assert said in page and said in book.sheet_names
    assert "示例&lt;局&gt;" in page and "示例<局>" not in page
    assert "http" not in page, "nothing from outside"
    for everything in (page, " ".join(cells)):
        assert "2025-02-30" in everything and "二.csv" in everything
        assert PERSON not in everything and "91990101FX00000A1C" not in everything
    assert not (lake / "out" / "silent.html").exists()


@pytest.mark.parametrize("shifted", [PERSON, "990101199003071234"])
def test_what_slipped_into_a_date_is_not_shown(lake: Path, shifted: str) -> None:
    rows = [ROW.format(number=n, type="无照经营", day=shifted, authority="示例局") for n in range(50, 53)]
    (lake / "bureau" / "三.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    assert call("ingest").exit_code in {0, 1}
    report(lake, "bureau")
    assert shifted not in (lake / "out" / "bureau.html").read_text(encoding="utf-8")


def test_a_file_that_came_again_and_was_taken_is_nothing_to_fix(lake: Path) -> None:
    row = ROW.format(number=99, type="无照经营", day="2025-03-04", authority="示例局")
    (lake / "bureau" / "二.csv").write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    assert call("ingest").exit_code in {0, 1}
    (bureau,) = report(lake, "bureau")
    assert [one["is_settled"] for one in bureau["not_taken"]] == [True]
    assert [one["kind"] for one in bureau["to_fix"]] == ["rows", "rows"]


def test_a_sheet_that_was_not_taken_of_a_file_that_was_is_to_be_fixed(lake: Path) -> None:
    with xlsxwriter.Workbook(str(lake / "bureau" / "三.xlsx")) as book:
        book.add_worksheet("十月").write_row(0, 0, HEADER.split(","))
        book.worksheets()[0].write_row(
            1, 0, ROW.format(number=77, type="警告", day="2025-03-04", authority="局").split(",")
        )
        book.add_worksheet("九月").write_row(0, 0, ["姓名", PERSON])
        for line in range(1, 31):
            book.worksheets()[1].write_row(line, 0, ["甲", "乙"])
    assert call("ingest").exit_code == 0
    (bureau,) = report(lake, "bureau")
    first, *_ = bureau["to_fix"]
    assert (first["kind"], first["rows"]) == ("file", 30)
    assert first["what"].startswith("重新报送文件 三.xlsx（九月）：")
    assert PERSON not in json.dumps(bureau, ensure_ascii=False)


def test_a_system_that_is_not_declared_is_an_error(lake: Path) -> None:
    assert "bureau" in call("source", "report", "burau", "--out", lake / "out").errors
    assert not (lake / "out").exists()
