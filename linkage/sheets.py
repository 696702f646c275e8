"""Tables that people bring to `match`: CSV, XLSX and Parquet in and out, and which column says what."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from lake.errors import TerminalError

FORMATS = (".csv", ".xlsx", ".parquet")
# Meaning -> headers that say so, the likeliest first; compared without blanks, brackets and case.
HEADERS: dict[str, tuple[str, ...]] = {
    "name": (
        "name", "企业名称", "名称", "单位名称", "公司名称", "主体名称", "市场主体名称", "enterprise_name", "当事人名称", "当事人",
        "行政相对人名称", "相对人名称", "party", "subject_name", "counterpart_name", "字号名称", "被投诉人", "商家名称", "company",
        "company_name", "entname", "机构名称", "organisation", "生产商", "被处罚单位", "被处罚人", "处罚对象", "行政相对人", "相对人", "公司",
        "企业", "单位", "商户名称", "经营者名称", "纳税人名称", "户名", "被执行人", "供应商名称", "客户名称",
    ),
    "code": (
        "code", "uscc", "统一社会信用代码", "社会信用代码", "信用代码", "统一信用代码", "统一代码", "代码", "credit_code", "uniscid",
        "行政相对人代码_1统一社会信用代码", "uscc_raw", "纳税人识别号",
    ),
    "former_names": ("former_names", "曾用名", "曾用名称", "原名称", "原企业名称", "former_name"),
    "organisation_code": ("organisation_code", "organization_code", "org_code", "组织机构代码", "机构代码"),
    "registration_number": (
        "registration_number", "reg_no", "regno", "注册号", "工商注册号", "工商登记码", "工商注册id", "营业执照注册号",
    ),
    "address": ("address", "地址", "注册地址", "住所", "经营地址", "企业地址", "经营场所", "住址", "dom"),
    "region": ("region", "地区", "所在地区", "行政区划", "区域", "所属地区", "属地", "area", "division"),
    "province": ("province", "省份", "所在省份", "省", "所属省份"),
    "city": ("city", "城市", "所在城市", "市", "所属城市"),
    "county": ("county", "区县", "县区", "所属区县", "district", "县", "区"),
}  # fmt: skip
PLACES = ("province", "city", "region", "county")
TITLE_ROWS = 10
"""Rows that are looked through for the headers: titles and notes stand above them."""
_ENCODINGS = ("utf-8-sig", "gb18030")
_AUTHORITIES = ("机关", "部门", "实施", "决定", "许可", "执法", "监管", "主管")
"""What is in the header of a column that names an authority and not whom it deals with."""


@dataclass(frozen=True)
class Sheet:
    """A table as brought, and its columns by meaning (meaning -> column name)."""

    table: pa.Table
    columns: Mapping[str, str]
    title_rows: int = 0
    other_sheets: tuple[str, ...] = ()
    """Further sheets of a workbook that hold anything; they are not read."""

    def text(self, meaning: str) -> pa.ChunkedArray | None:
        """The column of a meaning as text, None when the table has none."""
        name = self.columns.get(meaning)
        return None if name is None else self.table[name].cast(pa.string())


def read_sheet(path: Path, given: Mapping[str, str] | None = None) -> Sheet:
    """Read a table and find its columns; ``given`` (meaning -> header) goes before guessing.

    Raises ``TerminalError`` for an unknown format, a column that is not there, or a table without name and code.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise TerminalError("linkage.format_unknown", path=path, formats=", ".join(FORMATS))
    if not path.is_file():
        raise TerminalError("linkage.file_missing", path=path)
    given = given or {}
    others: tuple[str, ...] = ()
    title_rows = 0
    try:
        if suffix == ".csv":
            table, title_rows = _read_csv(path, given)
        elif suffix == ".xlsx":
            table, title_rows, others = _read_workbook(path, given)
        else:
            table = pq.read_table(path)
    except (pa.ArrowInvalid, ValueError, OSError) as error:
        raise TerminalError("linkage.file_unreadable", path=path, detail=str(error).splitlines()[0]) from error
    table = table.rename_columns(_told_apart(table.column_names))
    return Sheet(table, _columns(path, table.column_names, given), title_rows, others)


def write_sheet(table: pa.Table, path: Path) -> None:
    """Write a table in the format that the file's name asks for; raises ``TerminalError`` for an unknown one."""
    suffix = path.suffix.lower()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    if suffix == ".parquet":
        pq.write_table(table, partial, compression="zstd")
    elif suffix == ".csv":
        with partial.open("wb") as file:
            file.write(b"\xef\xbb\xbf")
            pacsv.write_csv(table, file)
    elif suffix == ".xlsx":
        _write_workbook(table, partial)
    else:
        raise TerminalError("linkage.format_unknown", path=path, formats=", ".join(FORMATS))
    partial.replace(path)


def _columns(path: Path, headers: list[str], given: Mapping[str, str]) -> dict[str, str]:
    for meaning, header in given.items():
        if meaning not in HEADERS:
            raise TerminalError("linkage.meaning_unknown", meaning=meaning, meanings=", ".join(HEADERS))
        if header not in headers:
            raise TerminalError("linkage.column_missing", path=path, column=header, columns=", ".join(headers))
    found = _meanings(headers, given)
    if not _says_who(found):
        raise TerminalError("linkage.columns_not_found", path=path, columns=", ".join(headers))
    return found


def _meanings(headers: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Meaning -> header, of those that are known or given."""
    plain = {_plain(header): header for header in reversed(headers)}
    found = {meaning: header for meaning, header in given.items() if header in headers}
    for meaning, names in HEADERS.items():
        hit = next((plain[_plain(name)] for name in names if _plain(name) in plain), None)
        if meaning in {"name", "code"}:
            hit = hit or next((header for text, header in plain.items() if _may_say(meaning, text)), None)
        if meaning not in found and hit is not None and hit not in found.values():
            found[meaning] = hit
    return found


def _may_say(meaning: str, text: str) -> bool:
    """Whether a longer header says it: ``企业（单位）名称``, ``统一社会信用代码（注册号）``."""
    if any(word in text for word in _AUTHORITIES):
        return False
    if meaning == "code":
        return "统一社会信用代码" in text
    return text.endswith("名称") and any(
        word in text for word in ("企业", "公司", "相对人", "当事人", "被处罚", "主体")
    )


def _says_who(found: Mapping[str, str]) -> bool:
    return bool({"name", "code", "organisation_code", "registration_number"} & set(found))


def _header_row(rows: Sequence[Sequence[str]], given: Mapping[str, str]) -> int:
    """Number of the first row, from 0, that has headers of names or codes below nothing but titles; 0 when none has.

    A title or note stands in half as many cells as the headers, or fewer: a row of the table that happens to hold a word like
    单位 below headers that say nothing is no row of headers, or the rows above it would be lost.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    for number, row in enumerate(rows):
        if _says_who(_meanings(row, given)):
            return number if all(2 * above <= filled[number] for above in filled[:number]) else 0
    return 0


def _told_apart(headers: Sequence[str]) -> list[str]:
    """Headers with a number behind those that were there before."""
    told: list[str] = []
    for header in headers:
        numbered = (f"{header}_{number}" for number in count(2))
        told.append(
            next(one for one in chain([header], numbered) if one not in told and (one == header or one not in headers))
        )
    return told


def _plain(header: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", header).lower() if c.isalnum())


def _read_csv(path: Path, given: Mapping[str, str]) -> tuple[pa.Table, int]:
    data = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ValueError(f"neither UTF-8 nor GB18030: {path}")
    first = text.split("\n", TITLE_ROWS)[:TITLE_ROWS]
    delimiter = max(",\t;|", key="\n".join(first).count)
    title_rows = _header_row(list(islice(csv.reader(first, delimiter=delimiter), TITLE_ROWS)), given)
    encoded = "\n".join(text.split("\n", title_rows)[title_rows:]).encode("utf-8")
    options = pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False)
    names = pacsv.open_csv(io.BytesIO(encoded), parse_options=options).schema.names
    convert = pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    return pacsv.read_csv(io.BytesIO(encoded), parse_options=options, convert_options=convert), title_rows


def _read_workbook(path: Path, given: Mapping[str, str]) -> tuple[pa.Table, int, tuple[str, ...]]:
    """The first sheet that has headers of names or codes, the rows above them, and the other sheets that hold anything."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    sheets = {name: rows for name in book.sheet_names if (rows := book.get_sheet_by_name(name).to_python())}
    if not sheets:
        raise ValueError("every sheet is empty")
    firsts = {name: [[str(cell) for cell in row] for row in rows[:TITLE_ROWS]] for name, rows in sheets.items()}
    known = (name for name, first in firsts.items() if any(_says_who(_meanings(row, given)) for row in first))
    chosen = next(known, next(iter(sheets)))
    title_rows = _header_row(firsts[chosen], given)
    rows = sheets[chosen][title_rows + 1 :]
    headers = [cell or f"column_{place}" for place, cell in enumerate(firsts[chosen][title_rows], start=1)]
    columns = [[_cell(row[place]) if place < len(row) else None for row in rows] for place in range(len(headers))]
    table = pa.table([pa.array(column, pa.string()) for column in columns], names=headers)
    return table, title_rows, tuple(name for name in sheets if name != chosen)


def _cell(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value in ("", None) else str(value)


def _write_workbook(table: pa.Table, path: Path) -> None:
    import xlsxwriter

    if table.num_rows >= 1_048_576:
        raise TerminalError("linkage.workbook_full", rows=table.num_rows)
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, table.column_names)
    for row, values in enumerate(zip(*(column.to_pylist() for column in table.columns), strict=True), start=1):
        for place, value in enumerate(values):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(row, place, value)
            elif value is not None:
                sheet.write_string(row, place, str(value))
    book.close()
