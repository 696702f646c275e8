"""Workbooks, JSON, Parquet, archives, and what is refused with one clear error."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.readers import ReaderHints, ReaderLimits, SourceTable, open_tables
from lake.errors import TerminalError

HEADER = ["行政相对人名称", "统一社会信用代码", "处罚决定书文号", "处罚内容"]
KNOWN = ReaderHints(known_headers=frozenset(HEADER))


def tables_of(path: Path, name: str | None = None, hints: ReaderHints = KNOWN) -> list[SourceTable]:
    return list(open_tables(path, name or path.name, hints))


def rows_of(table: SourceTable) -> list[tuple[int, list[str | None]]]:
    found = []
    for batch in table.batches():
        columns = [column.to_pylist() for column in batch.columns.columns]
        found += list(zip(batch.source_rows.to_pylist(), map(list, zip(*columns, strict=True)), strict=True))
    return found


def rejected_of(table: SourceTable) -> list[tuple[int, str]]:
    return [(row.source_row, row.reason_code) for batch in table.batches() for row in batch.rejected]


def layout_of(table: SourceTable) -> dict[str, int]:
    total: dict[str, int] = {}
    for batch in table.batches():
        for reason, count in batch.layout_rows.items():
            total[reason] = total.get(reason, 0) + count
    return total


def refusal(path: Path, name: str | None = None, hints: ReaderHints = KNOWN) -> TerminalError:
    with pytest.raises(TerminalError) as caught:
        for table in open_tables(path, name or path.name, hints):
            list(table.batches())
    for language in ("zh", "en"):
        assert (name or path.name) in caught.value.localised(language)
    return caught.value


def workbook(path: Path, fill: Any) -> Path:
    book = xlsxwriter.Workbook(str(path))
    fill(book)
    book.close()
    return path


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

    (table,) = tables_of(workbook(tmp_path / "a.xlsx", fill))
    assert table.header == ("行政相对人名称", "统一社会信用代码", "行政相对人代码/工商注册号", "处罚内容")
    assert table.header_row == 3
    assert rows_of(table) == [(5, ["甲", "1", "2", "警告"]), (7, ["乙", "1", "2", "罚款"])]
    assert layout_of(table) == {"title": 1, "empty": 2, "total": 1, "note": 1}


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


CSV = (",".join(HEADER) + "\n甲,1,2,3\n").encode("gb18030")


def test_archives_of_text_and_workbooks(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        book.add_worksheet("一").write_row(0, 0, HEADER)
        book.get_worksheet_by_name("一").write_row(1, 0, ["乙", "1", "2", "3"])

    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../处罚.csv", CSV)
        archive.writestr("目录/", b"")
        archive.writestr("__MACOSX/._x", b"1")
        archive.writestr("b.xlsx", workbook(tmp_path / "b.xlsx", fill).read_bytes())
        archive.writestr("c.csv.gz", gzip.compress(CSV))
    spool = tmp_path / "spool"
    spool.mkdir()
    hints = ReaderHints(KNOWN.known_headers, temporary_folder=spool)
    tables = tables_of(path, hints=hints)
    assert [table.facts.member for table in tables] == ["../../处罚.csv", "b.xlsx", "c.csv.gz"]
    assert [[cells[0] for _, cells in rows_of(table)] for table in tables] == [["甲"], ["乙"], ["甲"]]
    assert {file.name for file in tmp_path.iterdir()} == {"a.zip", "b.xlsx", "spool"}
    del tables
    assert list(spool.iterdir()) == []


def test_member_names_in_gbk_are_read(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("AAAA.csv", CSV)
    raw = packed.getvalue().replace(b"AAAA", "处罚".encode("gbk"))
    path = tmp_path / "a.zip"
    path.write_bytes(raw)
    assert tables_of(path)[0].facts.member == "处罚.csv"


def test_gzip_of_a_workbook(tmp_path: Path) -> None:
    book = workbook(tmp_path / "b.xlsx", lambda book: book.add_worksheet().write_row(0, 0, HEADER))
    path = tmp_path / "b.xlsx.gz"
    path.write_bytes(gzip.compress(book.read_bytes()))
    assert tables_of(path)[0].header == tuple(HEADER)


def _zip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def _encrypted(data: bytes) -> bytes:
    """Set the flag that says a member has a password, in both of its headers."""
    changed = bytearray(data)
    changed[6] |= 1
    changed[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


REFUSED = {
    "empty_file": [
        ("a.csv", b""),
        ("b.csv", b"\n\r\n \n"),
        ("a.jsonl", b"\n\n"),
        ("a.csv.gz", gzip.compress(b"")),
        ("a.zip", _zip("x.csv", b"")),
    ],
    "encoding_unknown": [
        ("shift.csv", ("名前,住所\n" * 30).encode("shift_jis") + b"\x80\xff,\xff\n" * 60),
        ("utf32.csv", "名称,代码\n甲,1\n".encode("utf-32")),
    ],
    "binary_content": [("a.txt", b"\x00\x01\x02\x03\n" * 50), ("b.csv", "名称,代码\n甲,1\n".encode("utf-16-le"))],
    "unsupported_content": [
        ("a.bin", b"%PDF-1.7 x"),
        ("a.rar.part", b"Rar!\x1a\x07"),
        ("b.zip", _zip("inner.zip", _zip("x.csv", CSV))),
    ],
    "content_is_not_suffix": [
        ("a.csv", _zip("x.csv", CSV)),
        ("a.xlsx", CSV),
        ("a.parquet", CSV),
        ("a.zip", gzip.compress(CSV)),
        ("a.xlsx", _zip("x.csv", CSV)),
        ("a.csv", b"%PDF-1.4"),
    ],
    "html_page": [("a.xls", b"<html><body>500</body></html>"), ("a.csv", "﻿\r\n<!DOCTYPE html><p>".encode())],
    "truncated_archive": [("a.csv.gz", gzip.compress(CSV * 3000)[:-20]), ("a.csv.gz", gzip.compress(CSV)[:15])],
    "damaged_archive": [("a.zip", _zip("x.csv", CSV)[:40]), ("a.csv.gz", b"\x1f\x8b\x08\x00" + b"\xff" * 50)],
    "empty_archive": [("a.zip", b"PK\x05\x06" + b"\0" * 18)],
    "encrypted_archive": [("a.zip", _encrypted(_zip("x.csv", CSV)))],
    "encrypted_workbook": [("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"))],
    "damaged_workbook": [
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        ("a.xlsx", _zip("xl/workbook.xml", b"<x")),
    ],
    "damaged_json": [("a.json", b'[{"a": 1}, {"a": '), ("b.json", b'"text"'), ("c.json", b"12")],
    "damaged_parquet": [("a.parquet", b"PAR1" + b"\0" * 50)],
}


@pytest.mark.parametrize(
    ("code", "name", "content"),
    [
        # Ids without the content: the time in a gzip header would give each worker tests of other names.
        pytest.param(code, *case, id=f"{code}-{number}")
        for code, cases in REFUSED.items()
        for number, case in enumerate(cases)
    ],
)
def test_what_cannot_be_read_is_one_clear_error(tmp_path: Path, code: str, name: str, content: bytes) -> None:
    path = tmp_path / "drop"
    path.write_bytes(content)
    assert refusal(path, name).code == f"readers.{code}"


def test_archive_bombs_are_refused(tmp_path: Path) -> None:
    limits = ReaderLimits(ratio_from_bytes=1 << 20)
    hints = ReaderHints(KNOWN.known_headers, limits=limits)
    bomb = b"," * (8 << 20)
    for name, content in (("a.zip", _zip("x.csv", bomb)), ("a.csv.gz", gzip.compress(bomb))):
        (tmp_path / "drop").write_bytes(content)
        assert refusal(tmp_path / "drop", name, hints).code == "readers.expands_too_far"


def test_an_empty_workbook_says_so(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", lambda book: book.add_worksheet())
    assert refusal(path).code == "readers.empty_workbook"
