"""Files that look wrong and are fine, or fine but for a row: content, and the fate of each of its rows."""

from __future__ import annotations

import datetime
import gzip
import io
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import openpyxl
import xlsxwriter

from tests.system.bad_files import CSV, GOOD, HEADER, JSON_LINE, workbook, zipped

CELLS = GOOD.split(",")
CODES = "complaint_number,complaint_type,received_at,respondent_name,disputed_amount_yuan,complaint_status"


class OddFile(NamedTuple):
    """``fates`` are rows accepted, quarantined and skipped as layout; ``values`` what bronze must hold afterwards."""

    name: str
    content: bytes
    fates: tuple[int, int, int]
    values: Mapping[str, object] = MappingProxyType({})


def text(*lines: str, encoding: str = "utf-8", end: str = "\n") -> bytes:
    """Lines of a file."""
    return (end.join(lines) + end).encode(encoding)


def row(number: int = 18, **changes: str) -> str:
    """A good row with a number of its own and the cells of some headers changed."""
    cells = {"登记编号": f"TS99010100000{number}", **changes}
    return ",".join(cells.get(name, cell) for name, cell in zip(HEADER.split(","), CELLS, strict=True))


def _merged(book: Any) -> None:
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 5, "某某市投诉台账")
    for column, header in enumerate(HEADER.split(",")):
        sheet.merge_range(1, column, 2, column, header)
    sheet.write_row(3, 0, CELLS)
    sheet.write_row(4, 0, ["TS9901010000019", *CELLS[1:]])
    sheet.merge_range(3, 3, 4, 3, "某某市乙商行")
    sheet.merge_range(5, 0, 5, 5, "合计：2 件")


def _codes(book: Any) -> None:
    sheet = book.add_worksheet()
    for number, cells in enumerate((HEADER.split(","), CODES.split(","), CELLS)):
        sheet.write_row(number, 0, cells)


def _errors(book: Any) -> None:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER.split(","))
    sheet.write_row(1, 0, CELLS)
    sheet.write_formula(1, 3, "=NA()", None, "#N/A")
    sheet.write_row(2, 0, ["", *CELLS[1:]])
    sheet.write_formula(2, 0, "=#REF!A1", None, "#REF!")


def _never_calculated() -> bytes:
    book, packed = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.append(HEADER.split(","))
    sheet.append(CELLS)
    sheet.append(["TS9901010000019", *CELLS[1:3], '=CONCAT("某某市","丙商行")', *CELLS[4:]])
    book.save(packed)
    return packed.getvalue()


def _since_1904(*, shown_as_date: bool = True) -> bytes:
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, {"in_memory": True, "date_1904": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER.split(","))
    sheet.write_row(1, 0, CELLS)
    shown = book.add_format({"num_format": "yyyy-mm-dd hh:mm"}) if shown_as_date else None
    sheet.write_datetime(1, 2, datetime.datetime(2026, 11, 11, 10, 5), shown)
    book.close()
    return packed.getvalue()


RECORD = json.loads(JSON_LINE)
MOMENT = {"received_at": datetime.datetime(2026, 11, 11, 2, 5, tzinfo=datetime.UTC)}
NUMBER = {"complaint_number": "TS9901010000018"}

ODD_FILES = [
    OddFile("utf16.csv", text(HEADER, row(), encoding="utf-16"), (1, 0, 0), NUMBER),
    OddFile("four.csv", text(HEADER, row(被投诉方名称="𠀀㐀商行"), encoding="gb18030"), (1, 0, 0)),
    OddFile("mixed.csv", text(HEADER, row(18), row(19)) + text(row(20), encoding="gb18030"), (2, 1, 0)),
    OddFile("marks.csv", b"\xef\xbb\xbf\xef\xbb\xbf" + text(HEADER, row()), (1, 0, 0), NUMBER),
    OddFile("joined.csv", text(f"\ufeff{HEADER}", row(18), f"\ufeff{HEADER}", row(19)), (2, 0, 1)),
    OddFile("old.csv", text(HEADER, row(18), row(19), end="\r"), (2, 0, 0)),
    OddFile("ends.csv", text(HEADER, row(18), end="\r\n") + text(row(19)), (2, 0, 0)),
    OddFile("dos.csv", text(HEADER, row()) + b"\x1a", (1, 0, 1)),
    OddFile("open.csv", text(HEADER, row())[:-1], (1, 0, 0)),
    OddFile("again.csv", text(HEADER, row(18), HEADER, row(19)), (2, 0, 1)),
    OddFile("header.csv", text(HEADER), (0, 0, 0)),
    OddFile("quote.csv", text(HEADER, row(18), f'"{row(19)}', row(20), row(21)), (3, 1, 0)),
    OddFile("lines.csv", text(HEADER, row(被投诉方名称='"某某市\n甲商行"')), (1, 0, 0)),
    OddFile("total.csv", text(HEADER, row(), "合计：1 件,,,,,", "共 1 条记录,,,,,", "制表人：某某,,,,,"), (1, 0, 3)),
    OddFile("codes.csv", text(HEADER, CODES, "（必填）,必填,必填,选填,,选填", row()), (1, 0, 2), NUMBER),
    OddFile("signed.csv", text(HEADER, row(), "制表人：某某,,,,2026年11月11日,"), (1, 0, 1), NUMBER),
    OddFile("codes.xlsx", workbook(_codes), (1, 0, 1), NUMBER),
    OddFile("formula.csv", text(HEADER, row(登记编号='="TS9901010000018"')), (1, 0, 0), NUMBER),
    OddFile("apostrophe.csv", text(HEADER, row(登记编号="'TS9901010000018")), (1, 0, 0), NUMBER),
    OddFile("error.csv", text(HEADER, row(被投诉方名称="#REF!")), (1, 0, 0), {"respondent_name": None}),
    OddFile("semicolons.csv", b"sep=;\n" + text(HEADER, row()).replace(b",", b";"), (1, 0, 1), NUMBER),
    OddFile("two.csv.gz", gzip.compress(text(HEADER, row(18))) + gzip.compress(text(row(19))), (2, 0, 0)),
    OddFile("padded.csv.gz", gzip.compress(CSV) + bytes(512), (1, 0, 0)),
    OddFile("up.zip", zipped(("../../../a.csv", CSV), ("__MACOSX/._a.csv", b"x")), (1, 0, 0)),
    OddFile("letter.zip", zipped(("a.csv", CSV), ("b.csv", b""), ("说明.pdf", b"%PDF-1.4")), (1, 0, 0), NUMBER),
    OddFile("mac.xlsx", _since_1904(), (1, 0, 0), MOMENT),
    OddFile("number.xlsx", _since_1904(shown_as_date=False), (1, 0, 0), MOMENT),
    OddFile("merged.xlsx", workbook(_merged), (2, 0, 2), {"respondent_name": "某某市乙商行"}),
    OddFile("errors.xlsx", workbook(_errors), (1, 1, 0), {"respondent_name": None}),
    OddFile("never.xlsx", _never_calculated(), (1, 1, 0), {"respondent_name": "某某市甲商行"}),
    OddFile("array.json", json.dumps([RECORD]).encode("gb18030"), (1, 0, 0), NUMBER),
    OddFile(
        "wrapped.json", json.dumps({"code": 0, "data": {"total": 1, "list": [RECORD]}}).encode(), (1, 0, 0), NUMBER
    ),
    OddFile("steps.json", json.dumps({**RECORD, "过程": [{"时间": "1", "内容": "2"}]}).encode(), (1, 0, 0), NUMBER),
    OddFile("long-" + "长" * 70 + ".csv", CSV, (1, 0, 0), NUMBER),
    OddFile("name with\nline end.csv", CSV, (1, 0, 0), NUMBER),
    OddFile("bare", CSV, (1, 0, 0), NUMBER),
]
