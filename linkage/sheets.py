"""Tables that people bring to `match`: CSV, XLSX and Parquet in and out, and which column says what."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
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
        "company_name", "entname", "机构名称", "organisation", "生产商",
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
_ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True)
class Sheet:
    """A table as brought, and its columns by meaning (meaning -> column name)."""

    table: pa.Table
    columns: Mapping[str, str]

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
    try:
        table = {".csv": _read_csv, ".xlsx": _read_workbook, ".parquet": pq.read_table}[suffix](path)
    except (pa.ArrowInvalid, ValueError, OSError) as error:
        raise TerminalError("linkage.file_unreadable", path=path, detail=str(error).splitlines()[0]) from error
    return Sheet(table, _columns(path, table.column_names, given or {}))


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
    plain = {_plain(header): header for header in reversed(headers)}
    found = dict(given)
    for meaning, names in HEADERS.items():
        hit = next((plain[_plain(name)] for name in names if _plain(name) in plain), None)
        if meaning not in found and hit is not None and hit not in found.values():
            found[meaning] = hit
    if not {"name", "code", "organisation_code", "registration_number"} & set(found):
        raise TerminalError("linkage.columns_not_found", path=path, columns=", ".join(headers))
    return found


def _plain(header: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", header).lower() if c.isalnum())


def _read_csv(path: Path) -> pa.Table:
    data = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ValueError(f"neither UTF-8 nor GB18030: {path}")
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;|", key=first.count)
    encoded = text.encode("utf-8")
    options = pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False)
    names = pacsv.open_csv(io.BytesIO(encoded), parse_options=options).schema.names
    convert = pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    return pacsv.read_csv(io.BytesIO(encoded), parse_options=options, convert_options=convert)


def _read_workbook(path: Path) -> pa.Table:
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    if not rows:
        raise ValueError("the first sheet is empty")
    headers = [str(value) or f"column_{place}" for place, value in enumerate(rows[0], start=1)]
    columns = [[_cell(row[place]) if place < len(row) else None for row in rows[1:]] for place in range(len(headers))]
    return pa.table([pa.array(column, pa.string()) for column in columns], names=headers)


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
