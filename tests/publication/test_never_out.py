"""What must never be out: planted personal values and the record's own persons, in every free text; clean text as it came."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from connectors.contract import load_contract
from linkage.companion import update
from tests.expectations.test_leaks import identity_number
from tests.transforms.lakes import Lake
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
            (new, f"{new[:6]} {new[6:14]} {new[14:]}", new.translate(WIDE))[number % 3],
            f"110105{birth[2:]}{draws.randint(100, 999)}",
            (
                mobile,
                f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}",
                mobile.translate(WIDE),
                f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}",
            )[number % 4],
            (card, f"{card[:4]} {card[4:8]} {card[8:12]} {card[12:]}")[number % 2],
            (f"person{number}@example.com", f"person.{number}＠mail.example.cn")[number % 2],
        ]
    return values


def free_texts() -> list[str]:
    contract = load_contract("administrative_penalty")
    return [
        column.name
        for column in contract.columns
        if column.kind in {"text", "free_text"} and column.sensitivity == "public"
    ]


def test_planted_values_and_own_persons_are_not_out_and_clean_text_leaves_byte_for_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, values, texts = Lake(tmp_path), planted(random.Random(5)), free_texts()
    common = {
        "counterpart_name": FIRM["enterprise_name"], "uscc": FIRM["uscc"], "authority_name": "示例市市场监督管理局",
        "decision_date": date(2026, 4, 10), "penalty_category": "罚款", "legal_representative": PERSON,
    }  # fmt: skip
    dirty = [
        {
            **common,
            "decision_number": f"示市监罚〔2026〕{number}号",
            **dict.fromkeys(texts, f"{PERSON}电话或账户：{value}、{value}；"),
        }
        for number, value in enumerate(values)
    ]
    clean = [
        {
            **common,
            "decision_number": f"示市监罚〔2026〕{number}号",
            **{name: CLEAN[(number + place) % len(CLEAN)] for place, name in enumerate(texts)},
        }
        for number in range(1000, 1000 + len(CLEAN))
    ]
    monkeypatch.setattr("transforms.state.decision_day", lambda: date(2026, 6, 1))
    lake.deliver("enterprise_registration", [FIRM])
    lake.deliver("administrative_penalty", [*dirty, *clean])
    update(lake.settings, lake.storage, "read")
    build(lake.settings, lake.storage, "build")
    with open_warehouse(lake.settings, lake.storage) as connection:
        rows = connection.execute("select * from publicity.public_penalty").to_arrow_table().to_pylist()
    assert len(values) == 50 and len(rows) == len(dirty) + len(clean)
    cells = "\n".join(str(value) for row in rows for value in row.values())
    assert [value for value in [*values, PERSON] if value in cells] == []
    came = {row["decision_number"]: row for row in clean}
    assert [
        (name, row[name]) for row in rows if row["decision_number"] in came for name in texts
        if row[name] != came[row["decision_number"]][name]
    ] == []  # fmt: skip
