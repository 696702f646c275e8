"""One file of several record types: each feed takes the sheets that it declares, and no sheet is passed over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import xlsxwriter

from connectors.ingest import IngestResult, ingest
from tests.connectors.test_ingest import Place

DECLARATION = """
id: risk
name: 示例风险监测中心
department: 市场监管
owner: {{name: 示例}}
{way_in}
feeds:
  - contract: product
    mode: increment
    bounds: {{minimum: 1, maximum: 100, period: month}}
    reader: {{sheets: [购样*]}}
  - contract: product_test
    mode: increment
    bounds: {{minimum: 1, maximum: 100, period: month}}
    reader: {{sheets: [检测结果]}}
"""
SHEETS = {
    "填表说明": [["请按月报送"]],
    "购样信息 ": [["产品编号", "产品名称"], ["CP1", "水杯"], ["CP2", "书包"]],
    "检测结果": [["检测报告编号", "产品名称", "检测结论", "报告日期"], ["JC1", "水杯", "不合格", "2026-05-06"]],
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def put(path: Path, sheets: dict[str, list[list[str]]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


def take(place: Place, *, declared: bool) -> IngestResult:
    way_in = f"way_in: {{location: {place.drop}/risk}}" if declared else ""
    (place.sources / "risk.yaml").write_text(DECLARATION.format(way_in=way_in), encoding="utf-8")
    return ingest(place.settings, place.lake, drop=None if declared else str(place.drop), run_id="test")


@pytest.mark.parametrize("declared", [True, False], ids=["at the way in", "dropped beside the feeds' folders"])
def test_each_feed_takes_its_sheets_of_one_workbook(place: Place, declared: bool) -> None:
    put(place.drop / "risk" / "五月.xlsx", SHEETS)
    taken = {one.contract_id: one for one in take(place, declared=declared).deliveries}
    assert {name: (one.status, one.rows_accepted, one.rows_refused) for name, one in taken.items()} == {
        "product": ("accepted", 2, 0),
        "product_test": ("accepted", 1, 0),
    }


def test_a_sheet_that_no_feed_declares_is_refused_once_and_counted(place: Place) -> None:
    put(place.drop / "risk" / "五月.xlsx", SHEETS | {"批次": [["批次号", "产品编号"], ["B1", "CP1"]]})
    taken = {one.contract_id: one for one in take(place, declared=True).deliveries}
    assert [taken[name].rows_refused for name in ("product", "product_test")] == [1, 0]
    (refused,) = json.loads(taken["product"].reason_parameters)["refused_tables"]
    assert (refused["code"], refused["sheet"]) == ("ingest.sheet_undeclared", "批次")


def test_a_workbook_in_the_folder_of_one_feed_says_where_it_belongs(place: Place) -> None:
    put(place.drop / "risk" / "product" / "五月.xlsx", SHEETS)
    (one,) = take(place, declared=False).deliveries
    assert (one.contract_id, one.rows_accepted, one.rows_refused) == ("product", 2, 1)


def test_a_month_without_results_is_no_fault(place: Place) -> None:
    put(place.drop / "risk" / "六月.xlsx", {"购样信息": SHEETS["购样信息 "]})
    taken = {one.contract_id: (one.status, one.rows_read) for one in take(place, declared=True).deliveries}
    assert taken == {"product": ("accepted", 2), "product_test": ("accepted", 0)}
