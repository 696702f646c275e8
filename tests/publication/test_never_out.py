"""What must never be out: planted personal values and the record's own persons, in every free text; clean text as it came."""

from __future__ import annotations

import random
import unicodedata
from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.contract import Column, load_contract
from connectors.contract.model import TEXT_KINDS
from expectations.leaks import find_leaks, is_luhn, may_hold_personal_value
from linkage.companion import update
from publication.masked import masked
from tests.expectations.test_leaks import identity_number
from tests.publication.warehouse import code
from tests.transforms.lakes import FIRST_DAY, Lake
from transforms import build
from transforms.warehouse import open_warehouse

FIRM = {"enterprise_name": "示例市晨光食品有限公司", "uscc": "91990101FX00000A1C", "province": "示例省"}
PERSON = "李建国"
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
CLEAN = (
    "当事人于2026年3月1日至2026年4月30日在网店销售过期食品，货值金额12,345.60元，违法所得3,210元。",
    "依据《中华人民共和国食品安全法》第一百二十四条第一款第（五）项、第１３６条",
    "批号20260301-0012，数量1 200箱，检验报告编号SJ2026-000123456，抽样单XC26330100123456789",
    "http://scjg.canglan.example/xzcf/0000123.html?id=13812345678",
    "第13812345678号通知书；统一社会信用代码91990101FX00000A1C；注册号990101000000018",
    "经营范围：食品、日用百货（１２号铺）；营业时间08:00-22:00；地址：示例路100-2号3单元1201室",
    "编号020-2024-1201；规格130-20-30；地址192.168.10.123；2026-03-01 2026-04-15；编号 001-2026-0301；投诉电话12315",
)


def planted(draws: random.Random) -> list[str]:
    """Fifty values: identity numbers old and new, telephones, bank cards, mail addresses, in several spellings."""
    values = []
    for number in range(10):
        birth = f"19{draws.randint(50, 99)}{draws.randint(1, 12):02d}{draws.randint(1, 28):02d}"
        new = identity_number(f"110105{birth}{draws.randint(100, 999)}")
        mobile = f"1{draws.choice('3578')}{draws.randint(10**8, 10**9 - 1)}"
        card = f"6222{draws.randint(10**11, 10**12 - 1)}"
        values += [
            (
                new,
                f"{new[:6]} {new[6:14]} {new[14:]}",
                new.translate(WIDE),
                f"{new[:4]} {new[4:8]} {new[8:12]} {new[12:16]} {new[16:]}",
                f"{new[:6]}\u00a0{new[6:14]}\u200b{new[14:]}",
            )[number % 5],
            f"110105{birth[2:]}{draws.randint(100, 999)}",
            (
                mobile,
                f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}",
                mobile.translate(WIDE),
                f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}",
                f"{mobile[:3]}-{mobile[3:6]}-{mobile[6:]}",
                f"{mobile[:3]}  {mobile[3:7]}\t{mobile[7:]}",
                f"{mobile[:3]}/{mobile[3:7]}/{mobile[7:]}",
            )[number % 7],
            (card, f"{card[:4]} {card[4:8]} {card[8:12]} {card[12:]}")[number % 2],
            (
                f"person{number}@example.com",
                f"person.{number}＠mail.example.cn",
                f"ｐｅｒｓｏｎ{number}＠ｅｘａｍｐｌｅ．ｃｏｍ",
                f"person{number}(at)example.com",
            )[number % 4],
        ]
    return values


PUBLIC = {
    "administrative_penalty": "publicity.public_penalty",
    "administrative_licence": "publicity.public_licence",
    "list_entry": "publicity.public_list_entry",
    "honour": "publicity.public_honour",
    "commitment": "publicity.public_commitment",
    "enterprise_registration": "profile.enterprise_profile",
}
OWN = {
    "uscc",
    "parent_uscc",
    "list_type",
    "penalty_category",
    "record_state",
    "removal_type",
    "licence_state",
    "honour_state",
    "performance",
}
"""The code that links, and values of lists that decide whether there is anything to publish."""
CLEAN_NUMBERS = (
    "示市监罚〔2026〕1003号", "330100202603010012", "JY13301060123456", "(2026)示0102行审15012345号", "第13812345678号",
    "许准字20260301-0012", "62010020260301", "990101000000018", "2026-0001 2345", "SC10633010000123",
)  # fmt: skip
CLEAN_CODES = {
    "registration_number": "990101000000018", "organisation_code": "FX00000A1", "authority_uscc": "11990101FX0000901T",
    "source_unit_uscc": "11990101FX0000901T", "counterpart_category": "法人及非法人组织", "place_code": "990101",
}  # fmt: skip


def columns_of(contract_id: str) -> list[Column]:
    """Columns of text that are released, without the party's name and what decides."""
    contract = load_contract(contract_id)
    parties = {subject.name for subject in contract.subjects} | OWN | {"enterprise_name"}
    return [
        column
        for column in contract.columns
        if column.kind in TEXT_KINDS and column.sensitivity == "public" and column.name not in parties
    ]


def usual(contract_id: str, number: int) -> dict[str, object]:
    """A row as a department would deliver it."""
    names = {subject.name: FIRM["enterprise_name"] for subject in load_contract(contract_id).subjects}
    own = {"enterprise_name": f"示例市晨光{number}号食品有限公司", "uscc": code(number)}
    return {
        "uscc": FIRM["uscc"], "decision_number": f"示市监罚〔2026〕{number}号", "authority_name": "示例市市场监督管理局",
        "decision_date": date(2026, 4, 10), "listed_date": date(2026, 4, 10), "valid_to_date": date(2099, 12, 31),
        "awarded_date": date(2026, 4, 10), "commitment_date": date(2026, 4, 10), "commitment_type": "主动公示型",
        "source_updated_at": FIRST_DAY + timedelta(minutes=number),
        "penalty_category": "罚款", "list_type": "严重违法失信名单", "legal_representative": PERSON, "entry_number": f"{number}",
        **names, **(own if contract_id == "enterprise_registration" else {}),
    }  # fmt: skip


def rows_of(contract_id: str, values: list[str]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Rows with every value alone and in a sentence in every column of text; and clean rows."""
    columns = columns_of(contract_id)
    said = (
        "{0}",
        f"{PERSON}电话或账户：{{0}}、{{0}}；",
        f"示市监〔2026〕1号，{PERSON} {{0}}",
        "座机0571-8765 4321/{0}",
    )
    dirty = [
        usual(contract_id, number * 10 + way) | dict.fromkeys((column.name for column in columns), text.format(value))
        for number, value in enumerate(values, start=1)
        for way, text in enumerate(said)
    ]
    clean = []
    for number in range(1000, 1010):
        texts = {one.name: CLEAN[(number + place) % len(CLEAN)] for place, one in enumerate(columns)}
        numbers = {
            one.name: CLEAN_NUMBERS[number % 10] for one in columns if one.kind in {"document_number", "identifier"}
        }
        lists = {one.name: "其他" for one in columns if one.values}
        codes = {name: value for name, value in CLEAN_CODES.items() if name in texts}
        clean.append(usual(contract_id, number) | texts | numbers | lists | codes)
    return dirty, clean


def test_whoever_shows_a_text_knows_every_spelling_that_is_masked() -> None:
    for value in planted(random.Random(5)):
        for text in (value, f"{PERSON}电话或账户：{value}、{value}；", f"示市监〔2026〕1号，{PERSON} {value}"):
            assert may_hold_personal_value(text, "violation_facts"), text
            plain = "".join(filter(str.isdigit, unicodedata.normalize("NFKC", value)))
            is_card = len(plain) == 16 and not is_luhn(plain)
            assert is_card or list(find_leaks(text, "violation_facts")), text
    for text in ("微信号：zhangsan_01", "护照G12345678", "联系电话：8765 4321", "银行账号 1234 5678 9012"):
        assert may_hold_personal_value(text, "violation_facts"), text
    for text in CLEAN[:3]:
        assert not may_hold_personal_value(text, "violation_facts"), text


def test_planted_values_and_own_persons_are_not_out_and_clean_text_leaves_byte_for_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, values = Lake(tmp_path), planted(random.Random(5))
    monkeypatch.setattr("transforms.state.decision_day", lambda: date(2026, 6, 1))
    delivered = {contract_id: rows_of(contract_id, values) for contract_id in PUBLIC}
    lake.deliver("enterprise_registration", [FIRM | {"legal_representative": PERSON}])
    for contract_id, (dirty, clean) in delivered.items():
        lake.deliver(contract_id, [*dirty, *clean])
    shared = {"list_type": "全网警示", "visibility": "部门共享", "receiving_departments": "公安", "entry_number": None}
    warnings = [row | shared | {"valid_until_date": date(2099, 1, 1)} for row in delivered["list_entry"][0]]
    lake.deliver("list_entry", [row | {"entry_number": f"W{place}"} for place, row in enumerate(warnings)])
    update(lake.settings, lake.storage, "read")
    build(lake.settings, lake.storage, "build")
    found, changed, cells = set(), set(), 0
    with open_warehouse(lake.settings, lake.storage) as connection:
        rows = connection.execute("select * from publicity.shared_warning").to_arrow_table().to_pylist()
    assert len(rows) == len(warnings)
    assert not [value for value in (*values, PERSON) for row in rows if value in str(row.values())]
    for contract_id, (dirty, clean) in delivered.items():
        with open_warehouse(lake.settings, lake.storage) as connection:
            rows = connection.execute(f"select * from {PUBLIC[contract_id]}").to_arrow_table().to_pylist()
        assert len(rows) >= len(dirty) + len(clean), contract_id
        found |= {
            (contract_id, name, value)
            for row in rows
            for name, cell in row.items()
            for value in [*values, PERSON]
            if value in str(cell)
        }
        key = "uscc" if contract_id == "enterprise_registration" else "source_updated_at"
        out = {row[key]: row for row in rows}
        for row in clean:
            for column in columns_of(contract_id):
                cells += 1
                if column.name in rows[0] and out[row[key]][column.name] != row[column.name]:
                    changed.add((contract_id, column.name, row[column.name]))
        with open_warehouse(lake.settings, lake.storage) as connection:
            total, told = masked(connection, contract_id, 1)
        # staff see each row in which a number was masked
        assert total == len(dirty) * (1 + (contract_id == "list_entry")) and told[0].columns, contract_id
    assert found == set()
    assert cells > 300 and changed == set()
