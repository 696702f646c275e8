"""Tables of layouts that no rule was made for: their cells made up from a bank, and how well a contract reads them.

A cell is right when every column it should give holds what it says, wrong when any column holds something else of it, and
open when nothing of it is read (its header is then in the report). A wrong cell is never made good by right ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import yaml

from connectors.checks import match_header, plan
from connectors.contract import load_contract
from connectors.contract.model import Contract
from example_region import codes
from lake.errors import TerminalError
from tests.connectors.unseen_rows import EMPTY, TABLES, UNASKED, Truth, ways_of

ROWS = 6
NOTHING = "-"
_CONTRACTS = {
    "penalty": "administrative_penalty",
    "licence": "administrative_licence",
    "complaint": "complaint",
    "sampling": "sampling_inspection",
    "list": "list_entry",
}
_GOLDEN = Path(__file__).parent / "golden"
LAYOUTS: dict[str, list[list[str]]] = {
    name: columns
    for file in ("unseen_layouts.yaml", "unseen_layouts_2.yaml", "unseen_layouts_3.yaml", "unseen_layouts_5.yaml")
    for name, columns in yaml.safe_load((_GOLDEN / file).read_text(encoding="utf-8")).items()
}


@dataclass(frozen=True)
class Cells:
    """The cells of a column of a table as written, and what each column of the contract should hold of them."""

    written: Sequence[str]
    truth: dict[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """Cells of a table by how they were read; ``wrong`` and ``opened`` name the headers. Lost rows are in neither."""

    right: int
    contract_cells: int
    wrong: tuple[str, ...]
    opened: tuple[str, ...]


def _characters(made: codes.Characters) -> list[str]:
    return [bytes(row).decode("ascii") for row in made]


_NUMBERS = np.arange(ROWS)
_ORGANISATIONS = codes.organisation_codes(70_000_000 + 137 * _NUMBERS, _NUMBERS % 2 == 1)
_OTHERS = codes.organisation_codes(60_000_000 + 211 * _NUMBERS, _NUMBERS % 2 == 0)
_DIVISIONS = np.full(ROWS, 990101)
_DAYS = [date(2026, 2, 3) + timedelta(days=11 * number) for number in range(ROWS)]
_AMOUNTS = [Decimal(text) for text in ("2000", "5000", "30000", "1000", "120000", "500")]
_CONFISCATED = [Decimal(text) for text in ("100", "260.5", "8000", "1200", "45000", "60")]
_AUTHORITIES = ["示例市市场监督管理局", "示例市临江区市场监督管理局", "示例市远山县市场监督管理局"] * 2
_PERSONS = ["赵晨", "钱宁远", "孙岳", "李一文", "周江", "吴若水"]
_LAWS = [
    "《中华人民共和国食品安全法》第一百二十四条",
    "《中华人民共和国广告法》第五十五条第一款",
    "《中华人民共和国产品质量法》第四十九条",
] * 2
_NAMES = [
    "示例市晨光食品有限公司",
    "示例市临江区好又多超市",
    "示例市远山商贸有限公司",
    "示例市云岭大药房",
    "示例市石桥餐饮管理有限公司",
    "示例市青溪建材经营部",
]
_USCC = _characters(codes.uscc(np.full(ROWS, 91), _DIVISIONS, _ORGANISATIONS))
_CONTENTS = [
    "责令改正，处以罚款", "没收违法所得，并处罚款", "警告", "罚款人民币贰仟元整", "责令停产停业", "没收非法财物；罚款",
]  # fmt: skip
_IDENTITIES = [f"9901011980{month:02d}15{month:03d}X" for month in range(1, ROWS + 1)]


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _later(days: int) -> list[date]:
    return [day + timedelta(days=days) for day in _DAYS]


def _written(days: Sequence[date]) -> list[str]:
    return [day.isoformat() for day in days]


def _plain(*cells: str) -> list[str]:
    return [cells[number % len(cells)] for number in range(ROWS)]


_UPDATED = [datetime(2026, 5, 1 + number, 9, 30) for number in range(ROWS)]
# What the cells of a column of the contract say: as written, and as held where that differs.
_COLUMNS: dict[str, tuple[Sequence[str], Sequence[Any]]] = {
    "counterpart_name": (_NAMES, _NAMES),
    "counterpart_category": (_plain("法人及非法人组织", "个体工商户"), _plain("法人及非法人组织", "个体工商户")),
    "uscc": (_USCC, _USCC),
    "registration_number": ((numbers := _characters(codes.registration_numbers(_DIVISIONS, 41 + _NUMBERS))), numbers),
    "organisation_code": ((_characters(_ORGANISATIONS)), _characters(_ORGANISATIONS)),
    "tax_registration_number": ((tax := ["990101" + text for text in _characters(_ORGANISATIONS)]), tax),
    "legal_representative": (_PERSONS, _PERSONS),
    "representative_document_type": (_plain("身份证"), _plain("身份证")),
    "representative_document_number": (_IDENTITIES, _IDENTITIES),
    "counterpart_document_number": (_IDENTITIES, _IDENTITIES),
    "decision_number": ((dn := [f"示市监罚〔2026〕{number}号" for number in range(7, 7 + ROWS)]), dn),
    "case_name": ((cn := [name + "经营过期食品案" for name in _NAMES]), cn),
    "violation_type": ((vt := _plain("经营超过保质期的食品", "发布虚假广告")), vt),
    "violation_facts": ((vf := _plain("货架上有超过保质期的食品，货值二百元", "在网店发布与实际不符的宣传")), vf),
    "penalty_basis": (_LAWS, _LAWS),
    "penalty_category": ((pc := _plain("罚款", "警告", "没收违法所得")), pc),
    "penalty_content": (_CONTENTS, _CONTENTS),
    "suspended_certificate": ((sc := _plain("食品经营许可证JY19901010000011")), sc),
    "decision_date": (_written(_DAYS), _DAYS),
    "penalty_valid_until_date": (_written(_later(365)), _later(365)),
    "publicity_end_date": (_written(_later(400)), _later(400)),
    "repaired_date": (_written(_later(200)), _later(200)),
    "first_published_date": (_written(_later(3)), _later(3)),
    "authority_name": (_AUTHORITIES, _AUTHORITIES),
    "authority_uscc": (_plain("11990101FX0000E17D"), _plain("11990101FX0000E17D")),
    "source_unit_name": (_plain("示例市发展和改革委员会"), _plain("示例市发展和改革委员会")),
    "source_unit_uscc": (_plain("11990101FX0000E17D"), _plain("11990101FX0000E17D")),
    "procedure_type": (_plain("普通程序", "简易程序"), _plain("普通程序", "简易程序")),
    "record_state": (_plain("正常"), _plain("正常")),
    "licence_state": (_plain("有效"), _plain("有效")),
    "performance": (_plain("主动履行", "15日内到银行缴纳罚款"), _plain("主动履行", "15日内到银行缴纳罚款")),
    "place_code": (_plain("990101"), _plain("990101")),
    "remark": (_plain("当事人已整改"), _plain("当事人已整改")),
    "source_updated_at": (
        [day.strftime("%Y-%m-%d %H:%M:%S") for day in _UPDATED],
        [(day - timedelta(hours=8)).replace(tzinfo=UTC) for day in _UPDATED],
    ),
    "decision_document_name": ((ti := _plain("食品经营许可准予决定书", "药品经营许可决定书")), ti),
    "licence_category": (_plain("普通", "登记"), _plain("普通", "登记")),
    "certificate_name": (_plain("食品经营许可证"), _plain("食品经营许可证")),
    "licence_number": ((ln := [f"JY1990101000{number:04d}" for number in range(11, 11 + ROWS)]), ln),
    "licence_content": ((lc := _plain("预包装食品销售，散装食品销售", "热食类食品制售")), lc),
    "valid_from_date": (_written(_DAYS), _DAYS),
    "valid_to_date": (_written(_later(1826)), _later(1826)),
}
_SCALED = {"fine_amount_yuan": _AMOUNTS, "confiscated_amount_yuan": _CONFISCATED}
# Cells by another writing of the same thing, or of nothing that the contract knows.
_NAMED: dict[str, Sequence[str]] = {
    "nothing": _plain("/", "无", ""),
    "serial": [str(number) for number in range(1, ROWS + 1)],
    "address": [f"示例市临江区晨光路{number}号" for number in range(1, ROWS + 1)],
    "remedy": _plain("六十日内可申请行政复议，六个月内可提起行政诉讼"),
    "case_numbers": [f"990101260{number:04d}" for number in range(ROWS)],
    "plates": [f"示A{number}3K7{number}" for number in range(ROWS)],
    "customs_codes": [f"990191{number:04d}" for number in range(ROWS)],
    "goods": _plain("预包装食品", "散装食品、饮料", "保健食品"),
    "trades": _plain("食品销售经营者", "餐饮服务经营者"),
    "other_names": [f"他处市示例制造{number}厂有限公司" for number in "甲乙丙丁戊己"],
    "other_codes": _characters(codes.uscc(np.full(ROWS, 91), _DIVISIONS, _OTHERS)),
    "phones": [f"0571-8800{number:04d}" for number in range(ROWS)],
    "identities": _IDENTITIES,
    "persons_other": _PERSONS[::-1],
    "case_documents": [f"示市监立〔2026〕{number}号" for number in range(107, 107 + ROWS)],
    "thousands": [f"{(amount / 1_000).normalize():f}" for amount in _AMOUNTS],
    "small": ["50", "20", "3", "5", "10", "8"],
    "durations": _plain("五年", "三年"),
    "yes_no": _plain("是", "否"),
    "links": [f"https://www.example.com/penalty/{number}.html" for number in range(ROWS)],
    "organs": _AUTHORITIES,
    "organs_station": _plain("示例市临江区市场监督管理所"),
    "persons": _PERSONS,
    "days": _written(_DAYS),
    "days_chinese": [_chinese(day) for day in _DAYS],
    "days_compact": [day.strftime("%Y%m%d") for day in _DAYS],
    "days_with_time": [f"{day.isoformat()} 00:00:00" for day in _DAYS],
    "days_later": _written(_later(7)),
    "days_earlier": _written(_later(-40)),
    "contents": _CONTENTS,
    "contents_with_amounts": [f"罚款{amount}元" for amount in _AMOUNTS],
    "licence_titles": _plain("食品经营许可"),
    "usccs": _USCC,
    "wan": [f"{(amount / 10_000).normalize():f}" for amount in _AMOUNTS],
    "yuan": [str(amount) for amount in _AMOUNTS],
    "yuan_total": [str(amount * 3) for amount in _AMOUNTS],
    "money": [f"{amount}元" for amount in _AMOUNTS],
    "wan_confiscated": [f"{(amount / 10_000).normalize():f}" for amount in _CONFISCATED],
    "yuan_confiscated": [str(amount) for amount in _CONFISCATED],
    "money_confiscated": [f"{amount}元" for amount in _CONFISCATED],
    "periods": [f"{day.isoformat()}至{(day + timedelta(days=1826)).isoformat()}" for day in _DAYS],
}
_JOINED: dict[str, Sequence[str]] = {
    "counterpart_name+uscc": [f"{name}（{code}）" for name, code in zip(_NAMES, _USCC, strict=True)],
    "legal_representative+representative_document_number": [
        f"{name} {number}" for name, number in zip(_PERSONS, _IDENTITIES, strict=True)
    ],
    "penalty_content+penalty_basis": [f"依据{law}，罚款二千元" for law in _LAWS],
    "violation_facts+penalty_basis": [f"货架上有超过保质期的食品，违反{law}" for law in _LAWS],
    "authority_name+decision_date": [
        f"{organ}，{_chinese(day)}" for organ, day in zip(_AUTHORITIES, _DAYS, strict=True)
    ],
    "decision_number+decision_date": [
        f"{number} {_chinese(day)}" for number, day in zip(_COLUMNS["decision_number"][0], _DAYS, strict=True)
    ],
    "counterpart_name+legal_representative": [
        f"{name}、{person}" for name, person in zip(_NAMES, _PERSONS, strict=True)
    ],
}


def cells_of(meaning: str, values: str | None) -> Cells:
    """The cells of a column of ``meaning`` (one of the alternatives of the layouts), written as ``values`` says."""
    if meaning == NOTHING:
        return Cells(_NAMED[values] if values else _plain("略"))
    if meaning in _JOINED:
        truth = {name: _COLUMNS[name][1] for name in meaning.split("+")}
        truth |= {name: _JOINED[meaning] for name in ("penalty_content", "violation_facts") if name in truth}
        return Cells(_JOINED[meaning], truth)
    if meaning in _SCALED:
        return Cells(_NAMED[values or ""], {meaning: _SCALED[meaning]})
    if values == "nothing":
        return Cells(_NAMED[values], {meaning: [None] * ROWS})
    if values == "periods":
        return Cells(_NAMED[values], {name: _COLUMNS[name][1] for name in meaning.split("+")})
    written, held = _COLUMNS.get(meaning, (_plain(""), _plain("")))
    if values is None:
        return Cells(written, {meaning: held})
    is_day = values.startswith("days_")
    return Cells(_NAMED[values], {meaning: held if is_day else _NAMED[values]})


def _columns_of(name: str) -> list[tuple[str, Cells, list[Truth]]]:
    """Per column of the layout ``name``: its header, its cells and what each way to read it makes of them."""
    if name in TABLES:
        table = TABLES[name]
        told = [
            (column, *ways_of(column, [row[at] for row in table["rows"]])) for at, column in enumerate(table["columns"])
        ]
        return [(column[0], Cells(written), ways) for column, written, ways in told]
    columns = []
    for header, meaning, *values in LAYOUTS[name]:
        ways = [cells_of(one, values[0] if values else None) for one in meaning.split("|")]
        first = next((way for way in ways if way.truth), ways[0])
        truths = [{name: [(held,) for held in way.truth[name]] for name in way.truth} for way in ways]
        columns.append((header, first, truths))
    return columns


def contract_of(name: str) -> Contract:
    """The contract by which the table of the layout ``name`` is read."""
    return load_contract(_CONTRACTS[name.split("_", maxsplit=1)[0]])


def read_without(column: str, name: str, columns: Sequence[list[Any]]) -> list[str]:
    """The headers with values that ``column`` is read from where those that mean it are left out of the table ``name``."""
    kept = [place for place, (_, meanings, *_) in enumerate(columns) if column not in re.split(r"[|+]", meanings)]
    cells = [[row[place] for row in TABLES[name]["rows"]] for place in kept]
    written = [ways_of(columns[place], said)[0] for place, said in zip(kept, cells, strict=True)]
    sample = [pa.array(texts, pa.string()) for texts in written]
    try:
        match = match_header(contract_of(name), [columns[place][0] for place in kept], sample=sample, is_page=True)
    except TerminalError:
        return []
    read = match.columns.get(column, ())
    return [cell.header for cell in read if not set(written[cell.position]) <= set(EMPTY)]


def score(name: str) -> Score:
    """How the table of the layout ``name`` is read."""
    contract = contract_of(name)
    columns = _columns_of(name)
    header = [text for text, *_ in columns]
    written = [pa.array(cells.written, pa.string()) for _, cells, _ in columns]
    rows_in = len(written[0])
    asked = [[at for at in range(rows_in) if _is_asked(cells.written[at], ways, at)] for _, cells, ways in columns]
    try:
        check_plan = plan(contract, header, sample=written, is_page=True)
    except TerminalError:  # told as one error: nothing is read, nothing is wrong
        return Score(
            0, sum(len(rows) for rows, (*_, ways) in zip(asked, columns, strict=True) if all(ways)), (), tuple(header)
        )
    batch = pa.RecordBatch.from_arrays(written, [f"c{place}" for place in range(len(header))])
    with duckdb.connect() as connection:
        checked = check_plan.run(connection, batch, pa.array(range(rows_in), pa.int64()))
    rows = {row["source_row"]: row for row in checked.accepted.to_pylist()}
    given = {name: [cell.header for cell in cells] for name, cells in check_plan.match.columns.items()}
    right, contract_cells, opened = 0, 0, []
    for filled, (text, _, ways) in zip(asked, columns, strict=True):
        held = max(sum(_holds(way, rows.get(number), number) for number in filled) for way in ways)
        if not all(ways) and not held:
            continue
        right, contract_cells = right + held, contract_cells + len(filled)
        if held < len(filled):
            opened.append(text)
    return Score(right, contract_cells, tuple(_wrong([ways for *_, ways in columns], rows, given)), tuple(opened))


def _is_asked(cell: str, ways: Sequence[Truth], row: int) -> bool:
    """Whether the cell says something that some way of reading its column holds."""
    return cell not in EMPTY and any(held[row] != UNASKED for way in ways for held in way.values())


def _holds(way: Truth, row: dict[str, Any] | None, number: int) -> bool:
    told = {name: held[number] for name, held in way.items() if held[number] != UNASKED}
    return bool(told) and row is not None and all(_among(held, row[name]) for name, held in told.items())


def _among(held: tuple[Any, ...], value: object) -> bool:
    """Whether ``value`` is one of ``held``, or the kinds of several columns joined with it among them."""
    return value in held or any(set(_kinds(one)) < set(_kinds(value)) for one in held if one)


def _kinds(value: object) -> list[object]:
    return list(value.split("；")) if isinstance(value, str) else [value]


def _wrong(
    columns: Sequence[Sequence[Truth]], rows: dict[int, dict[str, Any]], given: dict[str, list[str]]
) -> list[str]:
    """Columns that hold what no header of theirs says, with the headers they were read from."""
    allowed: dict[str, list[Sequence[tuple[Any, ...]]]] = {}
    for ways in columns:
        for way in ways:
            for name, held in way.items():
                allowed.setdefault(name, []).append(held)
    wrong = []
    for number, row in rows.items():
        for name, headers in given.items():
            value = row[name]
            said = {kind for held in allowed.get(name, []) for one in held[number] for kind in (one, *_kinds(one))}
            if value is not None and value not in said and not set(_kinds(value)) <= said:
                wrong.append(f"{'、'.join(headers)} → {name} = {value}")
    return wrong
