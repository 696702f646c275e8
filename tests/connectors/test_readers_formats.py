"""Workbooks, JSON and Parquet."""

from __future__ import annotations

import datetime
import gzip
import json
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.reading_files import HEADER, layout_of, refusal, rejected_of, rows_of, tables_of, workbook


def test_sheet_values_are_their_exact_text(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("处罚")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["甲", 12, 0.2, True])
        sheet.write_row(2, 0, ["乙", 1e-7, 123456789012345, -3.5])
        sheet.write("A4", "丙")
        sheet.write_datetime("B4", datetime.datetime(2023, 5, 1), day)
        sheet.write_datetime("C4", datetime.datetime(2023, 5, 1, 10, 30), moment)
        sheet.write("D4", "第一行\n第二行")

    (table,) = tables_of(workbook(tmp_path / "a.xlsx", fill))
    assert table.facts.sheet == "处罚"
    assert rows_of(table) == [
        (2, ["甲", "12", "0.2", "TRUE"]),
        (3, ["乙", "0.0000001", "123456789012345", "-3.5"]),
        (4, ["丙", "2023-05-01", "2023-05-01 10:30:00", "第一行\n第二行"]),
    ]


def test_a_code_stored_as_number_is_rejected_because_its_digits_are_lost(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["甲", 919901010000000123, "x", "y"])
        sheet.write_row(2, 0, ["乙", "919901010000000123", "x", "y"])

    (table,) = tables_of(workbook(tmp_path / "a.xlsx", fill))
    assert rejected_of(table) == [(2, "number_too_long_in_cell")]
    (row,) = [row for batch in table.batches() for row in batch.rejected]
    assert row.parameters["column"] == "统一社会信用代码"
    assert row.original["行政相对人名称"] == "甲"
    assert [number for number, _ in rows_of(table)] == [3]


def test_titles_merged_headers_notes_and_gaps(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("公示表")
        sheet.merge_range("B2:E2", "某某市2023年行政处罚公示表")
        sheet.merge_range("B3:B4", "行政相对人名称")
        sheet.merge_range("C3:D3", "行政相对人代码")
        sheet.write_row("C4", ["统一社会信用代码", "工商注册号"])
        sheet.merge_range("E3:E4", "处罚内容")
        sheet.write_row("B5", ["甲", "1", "2", "警告"])
        sheet.write_row("B7", ["乙", "1", "2", "罚款"])
        sheet.write("B8", "合计")
        sheet.write("C8", 2)
        sheet.write("B9", "注：本表按月报送")
        sheet.write("B10", "填表人：钱宁")
        sheet.write("D10", "审核人：孙岳")

    (table,) = tables_of(workbook(tmp_path / "a.xlsx", fill))
    assert table.header == ("行政相对人名称", "统一社会信用代码", "行政相对人代码/工商注册号", "处罚内容")
    assert table.header_row == 3
    assert rows_of(table) == [(5, ["甲", "1", "2", "警告"]), (7, ["乙", "1", "2", "罚款"])]
    assert layout_of(table) == {"title": 1, "empty": 2, "total": 1, "note": 2}


def test_every_visible_sheet_is_a_table_and_a_guide_is_a_note(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        for name in ("一月", "二月"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADER)
            sheet.write_row(1, 0, [name, "1", "2", "3"])
        guide = book.add_worksheet("填表说明")
        guide.write_column(0, 0, ["一、请逐项填写", "二、日期用2023-05-01"])
        book.add_worksheet("空表")
        hidden = book.add_worksheet("字典")
        hidden.write("A1", "警告")
        hidden.hide()

    tables = tables_of(workbook(tmp_path / "a.xlsx", fill))
    assert [(table.index, table.facts.sheet, len(table.header)) for table in tables] == [
        (0, "一月", 4),
        (1, "二月", 4),
    ]
    assert rows_of(tables[1]) == [(2, ["二月", "1", "2", "3"])]
    assert layout_of(tables[0]) == {"note": 2}


def test_a_stray_cell_in_the_last_corner_is_refused_before_it_takes_the_memory(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write(1048575, 16383, "x")

    error = refusal(workbook(tmp_path / "a.xlsx", fill))
    assert error.code == "readers.workbook_too_large"


def test_so_is_one_in_a_binary_workbook(tmp_path: Path) -> None:
    def cells(column: int) -> bytes:
        row = b"\x00\x04" + (1048575).to_bytes(4, "little")
        skipped = b"\x94\x01\x81\x01" + bytes(129)
        return row + skipped + b"\x02\x0c" + column.to_bytes(4, "little") + bytes(8)

    for column, code in ((16383, "workbook_too_large"), (1, "damaged_workbook")):
        path = tmp_path / "a.xlsb"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("xl/workbook.bin", b"")
            archive.writestr("xl/worksheets/sheet1.bin", cells(column))
        assert refusal(path).code == f"readers.{code}"


def _with_prefix(made: Path) -> Path:
    """The workbook as some programs write it: each element of the sheet as <x:…>."""
    path = made.with_name("prefixed.xlsx")
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/worksheets/"):
                content = re.sub(rb"<(/?)([a-z])", rb"<\1x:\2", content).replace(b" xmlns=", b" xmlns:x=", 1)
            target.writestr(name, content)
    return path


def test_a_sheet_whose_elements_have_a_prefix_is_read_and_bounded_alike(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["甲", "1", "x", "y"])
        sheet.write_formula(1, 3, "=NA()", None, "#N/A")

    def far(book: Any) -> None:
        fill(book)
        book.worksheets()[0].write(1048575, 16383, "x")

    (table,) = tables_of(_with_prefix(workbook(tmp_path / "a.xlsx", fill)))
    assert rows_of(table) == [(2, ["甲", "1", "x", "#N/A"])]
    assert refusal(_with_prefix(workbook(tmp_path / "b.xlsx", far))).code == "readers.workbook_too_large"


def test_many_formatted_rows_without_content_are_no_rows(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["甲", "1", "2", "3"])
        for row in range(2, 1_048_576):
            sheet.set_row(row, None, bold)
        sheet.write_blank(1_048_575, 3, None, bold)

    (table,) = tables_of(workbook(tmp_path / "a.xlsx", fill))
    assert rows_of(table) == [(2, ["甲", "1", "2", "3"])]
    assert layout_of(table) == {}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=st.lists(
        st.dictionaries(
            st.sampled_from(HEADER),
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.decimals(allow_nan=False)),
            min_size=1,
        ),
        min_size=1,
        max_size=20,
    )
)
def test_json_lines_keep_every_digit(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    def shown(value: Any) -> str | None:
        if isinstance(value, bool):
            return "true" if value else "false"
        return None if value is None else str(value)

    def written(value: Any) -> str:
        return str(value) if isinstance(value, Decimal) and value.is_finite() else json.dumps(value, default=str)

    records = [{**record, "编号": "n"} for record in records]
    lines = ["{" + ",".join(f"{json.dumps(k)}:{written(v)}" for k, v in record.items()) + "}" for record in records]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    (table,) = tables_of(path)
    expected = [(row, [shown(record.get(name)) for name in table.header]) for row, record in enumerate(records, 1)]
    assert rows_of(table) == expected


def test_json_lines_dirt(tmp_path: Path) -> None:
    lines = [
        '{"名称": "甲", "金额": 0.10, "编号": 123456789012345678901, "明细": {"b": [1, 2.50, "三"]}}',
        "{broken",
        "",
        "[1, 2]",
        '{"名称": "乙", "名称": "丙"}',
        '{"名称": "丁", "新列": "x"}',
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n".join(lines).encode("gb18030"))
    (table,) = tables_of(path)
    assert table.header == ("名称", "金额", "编号", "明细", "新列")
    assert rows_of(table) == [
        (1, ["甲", "0.10", "123456789012345678901", '{"b":[1,2.50,"三"]}', None]),
        (6, ["丁", None, None, None, "x"]),
    ]
    assert rejected_of(table) == [(2, "broken_json"), (4, "not_an_object"), (5, "broken_json")]
    assert layout_of(table) == {"empty": 1}


@pytest.mark.parametrize("wrap", ["{}", '{{"code": 0, "data": {}}}'])
def test_one_json_document(tmp_path: Path, wrap: str) -> None:
    document = json.dumps([{"名称": "甲"}, {"名称": "乙"}], ensure_ascii=False, indent=1)
    path = tmp_path / "a.json"
    path.write_text(wrap.format(document), encoding="utf-8-sig")
    (table,) = tables_of(path)
    assert rows_of(table) == [(1, ["甲"]), (2, ["乙"])]
    assert table.facts.format == "json"


@pytest.mark.parametrize("count", [1, 2, 19, 40])
def test_a_document_written_record_by_record_is_no_json_lines(tmp_path: Path, count: int) -> None:
    records = [json.dumps({"处罚内容": f"{number}"}, ensure_ascii=False) for number in range(count)]
    path = tmp_path / "a.json"
    path.write_text('{"data": [\n' + ",\n".join(records) + "\n]}\n", encoding="utf-8")
    (table,) = tables_of(path)
    assert rows_of(table) == [(number + 1, [f"{number}"]) for number in range(count)]
    assert rejected_of(table) == []


def test_json_lines_of_tables(tmp_path: Path) -> None:
    lines = [
        json.dumps({"header": ["序号", "名称"], "rows": [["1", "甲"], ["2", None], ["3"], ["合计", ""]]}),
        "{broken",
        json.dumps({"header": ["名称"], "rows": [["丙"]]}),
    ]
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    tables = tables_of(path)
    assert [(table.index, table.facts.sheet, table.header) for table in tables] == [
        (0, "1", ("序号", "名称")),
        (1, "2", ()),
        (2, "3", ("名称",)),
    ]
    assert rows_of(tables[0]) == [(1, ["1", "甲"]), (2, ["2", None])]
    assert rejected_of(tables[0]) == [(3, "wrong_field_count")]
    assert layout_of(tables[0]) == {"total": 1}
    assert rejected_of(tables[1]) == [(2, "broken_json")]


def test_parquet_keeps_every_digit(tmp_path: Path) -> None:
    table = pa.table(
        {
            "金额": pa.array([Decimal("0.10"), None], pa.decimal128(20, 2)),
            "日期": pa.array([datetime.date(2023, 5, 1), None]),
            "时间": pa.array([datetime.datetime(2023, 5, 1, 10, 30), None], pa.timestamp("us")),
            "数": [0.1, 1e20],
            "整数": [12345678901234567, None],
            "类别": pa.array(["甲", "乙"]).dictionary_encode(),
            "列表": [["a", "b"], None],
            "原文": pa.array([b"abc", b"\xff"], pa.binary()),
        }
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    (found,) = tables_of(tmp_path / "a.parquet")
    assert found.header == tuple(table.column_names)
    assert rows_of(found) == [
        (1, ["0.10", "2023-05-01", "2023-05-01 10:30:00.000000", "0.1", "12345678901234567", "甲", '["a","b"]', "abc"]),
        (2, [None, None, None, "100000000000000000000", None, "乙", None, "ff"]),
    ]
