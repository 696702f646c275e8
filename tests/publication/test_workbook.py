"""Workbooks as Excel users get them."""

from __future__ import annotations

import csv
import datetime as dt
import time
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from publication.dataset import load_datasets
from publication.manifest import ReleaseColumn
from publication.parts import Part
from publication.workbook import Edition, Limits, Rows, write_workbooks
from tests.publication.conftest import Lake

FORMULAS = ['=HYPERLINK("http://example.invalid")', "+1+1", "-2", "@SUM(A1)", "\t=1", "=全角"]


def load(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def test_cover_dictionary_and_data_are_there(lake: Lake) -> None:
    result = lake.publish()
    book = load(lake.file("xlsx/public_penalty/all.xlsx"))
    assert book.sheetnames == ["封面", "数据字典", "数据"]
    cover = {row[0].value: row[1].value for row in book["封面"].iter_rows(min_row=2)}
    assert cover["数据集"] == "行政处罚信用公示" and cover["版本"] == result.version and cover["本文件行数"] == "20"
    dictionary = {row[1].value: row[0].value for row in book["数据字典"].iter_rows(min_row=2)}
    assert dictionary["fine_amount_yuan"] == "罚款金额(元)"
    sheet = book["数据"]
    assert sheet.freeze_panes == "A2" and sheet.max_row == 21


def test_codes_are_text_and_dates_and_amounts_are_not(lake: Lake) -> None:
    lake.publish()
    sheet = load(lake.file("xlsx/public_penalty/all.xlsx"))["数据"]
    header = [cell.value for cell in sheet[1]]
    row = dict(zip(header, sheet[2], strict=True))
    assert row["统一社会信用代码"].data_type == "s" and len(row["统一社会信用代码"].value) == 18
    assert row["统一社会信用代码"].number_format == "@"
    assert row["处罚决定日期"].value == dt.datetime(2025, 3, 1) and row["处罚决定日期"].number_format == "yyyy-mm-dd"
    assert sheet[3][header.index("罚款金额(元)")].value == pytest.approx(100.5)


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_are_defused(lake: Lake, formula: str) -> None:
    quoted = formula.replace("'", "''")
    lake.change(f"update publicity.public_penalty set violation_facts = '{quoted}' where decision_number like '%〕3号'")
    lake.publish()
    with lake.file("csv/public_penalty/all.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["行政处罚决定书文号"].endswith("〕3号")]
    assert rows[0]["违法事实"] == "'" + formula
    sheet = load(lake.file("xlsx/public_penalty/all.xlsx"))["数据"]
    column = [cell.value for cell in sheet[1]].index("违法事实")
    cell = sheet[5][column]
    assert cell.data_type != "f" and cell.value == formula
    with zipfile.ZipFile(lake.file("xlsx/public_penalty/all.xlsx")) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet3.xml")


def test_rows_over_the_limit_go_on_in_sheets_and_workbooks_and_the_cover_says_so(lake: Lake) -> None:
    lake.publish(limits=Limits(rows_per_sheet=3, sheets_per_workbook=2))
    books = sorted(lake.file("xlsx/public_penalty").iterdir())
    assert [path.name for path in books] == ["all-001.xlsx", "all-002.xlsx", "all-003.xlsx", "all-004.xlsx"]
    numbers: list[str] = []
    for position, path in enumerate(books, 1):
        book = load(path)
        cover = {row[0].value: row[1].value for row in book["封面"].iter_rows(min_row=2)}
        assert cover["分册"] == f"第 {position} 册，共 4 册；本部分共 20 行"
        for name in book.sheetnames[2:]:
            rows = list(book[name].iter_rows(min_row=2, values_only=True))
            assert len(rows) <= 3
            numbers += [row[3] for row in rows]
    assert sorted(numbers) == sorted(f"虚市监罚〔2025〕{number}号" for number in range(20))


def test_a_text_over_excels_limit_is_shortened_and_counted(lake: Lake) -> None:
    lake.change(
        "update publicity.public_penalty set violation_facts = repeat('违', 40000) where decision_number like '%〕3号'"
    )
    lake.publish()
    book = load(lake.file("xlsx/public_penalty/all.xlsx"))
    cover = {row[0].value: row[1].value for row in book["封面"].iter_rows(min_row=2)}
    assert cover["截短的单元格"].startswith("1 个单元格")
    assert "违" * 40000 in lake.file("csv/public_penalty/all.csv").read_text(encoding="utf-8-sig")


def test_dates_and_amounts_that_excel_cannot_hold_stay_readable(lake: Lake) -> None:
    lake.change(
        "update publicity.public_penalty set decision_date = '1850-01-01', fine_amount_yuan = 123456789012345678.99"
    )
    lake.publish()
    sheet = load(lake.file("xlsx/public_penalty/all.xlsx"))["数据"]
    row = dict(zip([cell.value for cell in sheet[1]], [cell.value for cell in sheet[2]], strict=True))
    assert row["处罚决定日期"] == "1850-01-01" and row["罚款金额(元)"] == "123456789012345678.99"


def test_an_empty_dataset_has_its_headers(lake: Lake) -> None:
    lake.publish()
    sheet = load(lake.file("xlsx/public_list_entry/all.xlsx"))["数据"]
    assert [cell.value for cell in sheet[1]][:3] == ["record_id", "主体名称", "统一社会信用代码"] and sheet.max_row == 1


def test_same_rows_and_edition_give_same_bytes(tmp_path: Path) -> None:
    dataset = next(entry for entry in load_datasets() if entry.id == "public_list_entry")
    columns = [ReleaseColumn(name="uscc", title="代码", description="", type="VARCHAR")]
    edition = Edition("20260101T000000Z-00000000", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with duckdb.connect() as connection:
            connection.execute("create table t as select i::text as uscc from range(50) r(i)")
            rows = Rows(connection, "t", Part("all", 50, ""), columns)
            [(path, count)] = write_workbooks(rows, dataset, edition, tmp_path / name, Limits())
        assert count == 50
        contents.append(path.read_bytes())
        time.sleep(1.1)  # the writer would stamp the second it wrote in
    assert contents[0] == contents[1]


def test_any_text_is_a_cell_as_the_format_writes_it(tmp_path: Path) -> None:
    """Markup, blanks at the ends, characters that XML does not allow, and what looks like one that was rewritten."""
    dataset = next(entry for entry in load_datasets() if entry.id == "public_list_entry")
    columns = [ReleaseColumn(name="text", title="内容", description="", type="VARCHAR")]
    texts = ["a<b>&c", " 前后有空格 ", "_x0041_", "响铃\x07", "一行\r\n二行", "|  ", "", "平常", None]
    with duckdb.connect() as connection:
        connection.execute("create table t as select unnest(?::text[]) as text", [texts])
        rows = Rows(connection, "t", Part("all", len(texts), ""), columns)
        edition = Edition("20260101T000000Z-00000000", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        [(first, _), (second, count)] = write_workbooks(rows, dataset, edition, tmp_path, Limits(rows_per_sheet=6))
    cells = [
        row[0] for path in (first, second) for row in load(path).worksheets[2].iter_rows(min_row=2, values_only=True)
    ]
    # openpyxl leaves `_xHHHH_` as it stands in the file; spreadsheet programs read it as the character
    assert cells[:6] == ["a<b>&c", " 前后有空格 ", "_x005F_x0041_", "响铃_x0007_", "一行_x000D_\n二行", "|  "]
    assert cells[6:] == [None, "平常"] and count == 3
