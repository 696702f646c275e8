"""Delimited text: what is written comes back, with the row numbers a person sees, and dirt costs its own row only."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.readers import ReaderHints, ReaderLimits, SourceTable, TextBatch, open_tables
from lake.errors import TerminalError
from tests.connectors.reading_files import HEADER, KNOWN, layout_of, rejected_of, rows_of

SMALL = ReaderLimits(block_bytes=256, line_bytes=4096, record_lines=20)


def table_of(path: Path, name: str | None = None, hints: ReaderHints = KNOWN) -> SourceTable:
    tables = list(open_tables(path, name or path.name, hints))
    assert len(tables) == 1
    return tables[0]


def rows_read(batches: Iterator[TextBatch]) -> int:
    return sum(batch.rows_read for batch in batches)


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


CELL = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("\",;|\t\n\r'甲乙公司０，？㐀𠮷 ")),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
    ),
    max_size=12,
)


def _is_layout(row: list[str]) -> bool:
    return not any(cell.strip() for cell in row)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELL, min_size=4, max_size=4), min_size=1, max_size=30),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    delimiter=st.sampled_from([",", "\t", ";", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    block=st.sampled_from([64, 300, 1 << 20]),
)
def test_what_is_written_comes_back(
    tmp_path: Path, rows: list[list[str]], encoding: str, delimiter: str, quoting: int, line_end: str, block: int
) -> None:
    rows = [["某某市甲商行", *row[1:]] for row in rows]
    numbers, text = [], ""
    for row in [HEADER, *rows]:
        numbers.append(len(re.findall("\r\n|\r|\n", text)) + 1)
        # the csv module leaves a carriage return bare when lines end in line feeds: quote all of such a row
        bare = any(mark in cell for cell in row for mark in "\r\n")
        line = io.StringIO(newline="")
        csv.writer(
            line, delimiter=delimiter, quoting=csv.QUOTE_ALL if bare else quoting, lineterminator=line_end
        ).writerow(row)
        text += line.getvalue()
    path = write(tmp_path / "round.csv", text, encoding)
    hints = ReaderHints(KNOWN.known_headers, limits=ReaderLimits(block_bytes=block), delimiter=delimiter)
    table = table_of(path, hints=hints)
    assert list(table.header) == HEADER
    assert rows_of(table) == list(zip(numbers[1:], rows, strict=True))
    assert rejected_of(table) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_encoding_is_found_and_named(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a.csv", ",".join(HEADER) + "\n甲公司,1,2,3\n", encoding)
    table = table_of(path)
    assert rows_of(table) == [(2, ["甲公司", "1", "2", "3"])]
    assert table.facts.encoding == {"utf-8-sig": "utf-8", "gbk": "gb18030", "utf-16": "utf-16-le"}.get(
        encoding, encoding
    )
    assert table.facts.had_bom == (encoding in ("utf-8-sig", "utf-16"))


def test_broken_rows_leave_the_encoding_and_the_other_rows_alone(tmp_path: Path) -> None:
    lines = [",".join(HEADER).encode("gb18030")]
    lines += [f"某某市第{number}商行,1,2,警告".encode("gb18030") for number in range(3000)]
    for at in (1, 2, 1500, 3000):
        lines[at] = b"\xbc\xd7\xff\xff,1,2,3"
    path = tmp_path / "a.csv"
    path.write_bytes(b"\r\n".join(lines))
    table = table_of(path)
    assert table.facts.encoding == "gb18030"
    assert rejected_of(table) == [(at + 1, "undecodable") for at in (1, 2, 1500, 3000)]
    rejected = [row for batch in table.batches() for row in batch.rejected]
    assert {base64.b64decode(row.original["bytes_base64"]) for row in rejected} == {b"\xbc\xd7\xff\xff,1,2,3"}
    assert len(rows_of(table)) == 2996
    assert rows_read(table.batches()) == 3000


def test_utf8_with_broken_rows_is_utf8(tmp_path: Path) -> None:
    lines = [",".join(HEADER).encode()] + [f"某某市第{number}商行,1,2,警告".encode() for number in range(500)]
    lines[1] = lines[1][:-1]
    path = tmp_path / "a.csv"
    path.write_bytes(b"\n".join(lines))
    table = table_of(path)
    assert table.facts.encoding == "utf-8"
    assert rejected_of(table) == [(2, "undecodable")]


def test_chinese_far_behind_ascii_decides(tmp_path: Path) -> None:
    body = "a,b,c,d\n" + "x,1,2,3\n" * 5000 + "某某市甲商行,1,2,3\n"
    path = write(tmp_path / "a.csv", body, "gb18030")
    assert rows_of(table_of(path, hints=ReaderHints(limits=SMALL)))[-1] == (5002, ["某某市甲商行", "1", "2", "3"])


def test_undecodable_bytes_in_a_cell_over_lines_cost_that_row_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    good = "甲公司,1,2,警告\n".encode("gb18030")
    path.write_bytes(",".join(HEADER).encode("gb18030") + b"\n" + good * 3 + b'a,"b\n\xff\xff,\nc",d,e\n' + good)
    table = table_of(path)
    assert rejected_of(table) == [(5, "undecodable")]
    assert [number for number, _ in rows_of(table)] == [2, 3, 4, 8]


@pytest.mark.parametrize("block", [40, 1 << 20])
def test_a_quote_never_closed_costs_its_own_line(tmp_path: Path, block: int) -> None:
    rows = [f"某某市第{number}商行,1,2,警告" for number in range(200)]
    rows[50] = '某某市第50商行,"1,2,警告'
    rows[120] = '某某市第120商行,1,2,"警告'
    path = write(tmp_path / "a.csv", "\n".join([",".join(HEADER), *rows]) + "\n")
    table = table_of(path, hints=ReaderHints(KNOWN.known_headers, limits=ReaderLimits(block_bytes=block)))
    assert rejected_of(table) == [(52, "unbalanced_quote"), (122, "unbalanced_quote")]
    assert len(rows_of(table)) == 198


def test_two_stray_quotes_in_one_column_do_not_swallow_the_rows_between(tmp_path: Path) -> None:
    rows = [f"某某市第{number}商行,1,2,警告" for number in range(20)]
    rows[3] = '某某市第3商行,"1,2,警告'
    rows[9] = '某某市第9商行,1",2,警告'
    path = write(tmp_path / "a.csv", "\n".join([",".join(HEADER), *rows]) + "\n")
    table = table_of(path)
    assert rejected_of(table) == [(5, "unbalanced_quote")]
    assert [number for number, _ in rows_of(table)] == [number for number in range(2, 22) if number != 5]


def test_stray_quotes_in_different_columns_do_not_swallow_either(tmp_path: Path) -> None:
    rows = [f"某某市第{number}商行,1,2,警告" for number in range(20)]
    rows[3] = '某某市第3商行,"1,2,警告'
    rows[9] = '某某市第9商行,1,2",警告'
    path = write(tmp_path / "a.csv", "\n".join([",".join(HEADER), *rows]) + "\n")
    table = table_of(path)
    assert [row for row, _ in rejected_of(table)] == [5]
    assert len(rows_of(table)) == 19


def test_quotes_inside_cells_are_text(tmp_path: Path) -> None:
    body = ",".join(HEADER) + '\n甲"乙"公司,1,2,5"管\n"天天"超市,1,2,警告\n"丙,公司",1,2,"说""好"""\n'
    assert [cells for _, cells in rows_of(table_of(write(tmp_path / "a.csv", body)))] == [
        ['甲"乙"公司', "1", "2", '5"管'],
        ['"天天"超市', "1", "2", "警告"],
        ["丙,公司", "1", "2", '说"好"'],
    ]


def test_wrong_number_of_cells_is_told_with_numbers(tmp_path: Path) -> None:
    body = ",".join(HEADER) + "\n甲,1,2\n乙,1,2,3\n丙,1,2,3,4\n丁,1,2,3,,\n\n戊,1,2,3\n"
    table = table_of(write(tmp_path / "a.csv", body))
    assert [number for number, _ in rows_of(table)] == [3, 5, 7]
    found = [(row.source_row, dict(row.parameters)) for batch in table.batches() for row in batch.rejected]
    assert found == [(2, {"line": 2, "found": 3, "expected": 4}), (4, {"line": 4, "found": 5, "expected": 4})]
    assert layout_of(table) == {"empty": 1}


def test_every_row_with_a_trailing_separator_is_read(tmp_path: Path) -> None:
    body = ",".join(HEADER) + "\n" + "甲,1,2,3,\n" * 50 + "乙,1,2,3\n" + "丙,1,2,3,x\n"
    table = table_of(write(tmp_path / "a.csv", body))
    assert list(table.header) == HEADER
    assert len(rows_of(table)) == 51
    assert rejected_of(table) == [(53, "wrong_field_count")]


def test_titles_notes_totals_and_repeated_headers_are_layout(tmp_path: Path) -> None:
    body = (
        "某某市2023年行政处罚公示表,,,\n\n填报单位：某某局,,,\n" + ",".join(HEADER) + "\n甲,1,2,3\n,,,\n   \n"
        "表格说明：请逐项填写,必填,必填,文字\n"
        + ",".join(HEADER)
        + "\n乙,1,2,3\n合计,,2,\n注：本表每月报送\n备注有误公司,1,2,3\n"
    )
    table = table_of(write(tmp_path / "a.csv", body, "gb18030"))
    assert table.header_row == 4
    assert rows_of(table) == [
        (5, ["甲", "1", "2", "3"]),
        (10, ["乙", "1", "2", "3"]),
        (13, ["备注有误公司", "1", "2", "3"]),
    ]
    assert layout_of(table) == {"title": 2, "empty": 3, "note": 2, "repeated_header": 1, "total": 1}
    assert rejected_of(table) == []


def test_nul_bytes_reject_their_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ",".join(HEADER) + "\n甲,1,2,3\n乙\0,1,2,3\n丙,1,2,3\n")
    table = table_of(path)
    assert rejected_of(table) == [(3, "nul_byte")]
    assert [number for number, _ in rows_of(table)] == [2, 4]


def test_pinned_columns_read_a_file_without_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "甲,1,2,3\n乙,1,2,3\n")
    table = table_of(path, hints=ReaderHints(columns=tuple(HEADER)))
    assert list(table.header) == HEADER
    assert table.header_row == 0
    assert [number for number, _ in rows_of(table)] == [1, 2]


@pytest.mark.parametrize("has_header", [True, False])
def test_files_of_one_feed_may_or_may_not_have_a_header(tmp_path: Path, has_header: bool) -> None:
    hints = ReaderHints(known_headers=frozenset(["名称", "类型", "日期", "投诉"]), columns=("名称", "类型", "日期"))
    head = "名称,类型,日期\n" if has_header else ""
    table = table_of(write(tmp_path / "a.csv", f"{head}甲公司,投诉,2026-03-01\n乙公司,投诉,2026-03-02\n"), hints=hints)
    assert [cells[0] for _, cells in rows_of(table)] == ["甲公司", "乙公司"]
    assert table.header_row == int(has_header)


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "，"])
def test_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    rows = [HEADER, ["甲公司", "1", "2", "警告"], ['"乙，公司"', "1", "2", "警告"]]
    path = write(tmp_path / "a.txt", "\n".join(delimiter.join(row) for row in rows), "gb18030")
    table = table_of(path)
    assert table.facts.delimiter == delimiter
    assert [cells[0] for _, cells in rows_of(table)] == ["甲公司", "乙，公司"]


def test_a_line_without_end_is_one_error_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"x" * (18 << 20))
        file.truncate(3 << 30)
    with pytest.raises(TerminalError) as error:
        list(table_of(path).batches())
    assert error.value.code == "readers.line_too_long"
    assert "a.csv" in str(error.value)


def test_rows_are_the_same_for_every_block_size(tmp_path: Path) -> None:
    rows = [
        f'某某市第{number}商行,"含,逗号\n与换行",{number},警告' if number % 3 else f"甲{number},1,2,3"
        for number in range(400)
    ]
    rows[77] = '某,"坏'
    path = write(tmp_path / "a.csv", "\r\n".join([",".join(HEADER), *rows]), "gb18030")
    whole = table_of(path)
    for block in (97, 512, 4096):
        small = table_of(path, hints=ReaderHints(KNOWN.known_headers, limits=ReaderLimits(block_bytes=block)))
        assert rows_of(small) == rows_of(whole)
        assert rejected_of(small) == rejected_of(whole) != []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(
        st.sampled_from(
            [
                b'"',
                b'""',
                b",",
                b"\n",
                b"\r\n",
                b"\r",
                b"a",
                b"\0",
                b"\xff",
                b"\x81",
                "甲".encode("gb18030"),
                b"x,y,z,w\n",
            ]
        ),
        max_size=60,
    ),
    block=st.sampled_from([16, 40, 200]),
)
def test_any_dirt_is_read_the_same_in_every_block_size_and_no_row_twice(
    tmp_path: Path, pieces: list[bytes], block: int
) -> None:
    path = tmp_path / "dirt.csv"
    path.write_bytes(
        ",".join(HEADER).encode("gb18030") + b"\n" + "甲,乙,丙,丁\n".encode("gb18030") * 30 + b"".join(pieces)
    )

    def read(size: int) -> tuple[list[tuple[int, list[str]]], list[tuple[int, str]], dict[str, int]]:
        hints = ReaderHints(
            KNOWN.known_headers, limits=ReaderLimits(block_bytes=size), encoding="gb18030", delimiter=","
        )
        table = table_of(path, hints=hints)
        return rows_of(table), rejected_of(table), layout_of(table)

    rows, rejected, layout = read(1 << 20)
    assert read(block) == (rows, rejected, layout)
    numbers = [number for number, _ in rows] + [number for number, _ in rejected]
    assert len(numbers) == len(set(numbers))
    if not any(b'"' in piece for piece in pieces):
        lines = path.read_bytes().splitlines()
        assert len(numbers) + sum(layout.values()) == len(lines) - 1


def test_a_declared_header_row_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "标题,,,\n" + ",".join(HEADER) + "\n名称,代码,文号,内容\n甲,1,2,3\n")
    table = table_of(path, hints=ReaderHints(KNOWN.known_headers, header_row=3))
    assert (table.header, table.header_row) == (("名称", "代码", "文号", "内容"), 3)
    assert rows_of(table) == [(4, ["甲", "1", "2", "3"])]
    with pytest.raises(TerminalError) as error:
        table_of(path, hints=ReaderHints(header_row=9))
    assert error.value.code == "readers.header_row_absent"
