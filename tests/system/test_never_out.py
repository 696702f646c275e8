"""Nothing of a person leaves: values planted into the text columns of every feed, one main job, and all that it wrote."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import duckdb
import pytest
from pypdf import PdfReader

from connectors.contract import Column, load_contract
from connectors.contract.model import TEXT_KINDS
from tests.publication.test_never_out import CLEAN, planted
from tests.publication.warehouse import code
from tests.system.command_line import call_outside

pytestmark = pytest.mark.full
FEEDS = (
    "enterprise_registration",
    "administrative_penalty",
    "administrative_licence",
    "list_entry",
    "registration_change",
    "complaint",
    "sampling_inspection",
    "honour",
    "commitment",
)
PUBLIC = {
    "administrative_penalty": "public_penalty",
    "administrative_licence": "public_licence",
    "list_entry": "public_list_entry",
    "honour": "public_honour",
    "commitment": "public_commitment",
}
PERSON = "令狐晴川"
FIRM, CODE = "示例市晨光食品有限公司", "91990101FX00000A1C"
SUBJECTS = {"enterprise_name", "counterpart_name", "subject_name", "respondent_name", "sampled_unit_name"}
CODES = {"uscc", "respondent_uscc", "sampled_unit_uscc"}
WORDS = {"text", "free_text", "name"}
NUMBERS = {"amount", "date", "timestamp"}
DAY = str((datetime.now(UTC) - timedelta(days=60)).date())
FIXED = {
    "legal_representative": PERSON,
    "penalty_category": "罚款",
    "list_type": "严重违法失信名单",
    "removed_date": "",
    "removal_type": "",
    "conclusion": "不合格",
    "complaint_type": "投诉",
    "parent_uscc": "",
    "repaired_date": "",
    "first_published_date": "",
    "place_code": "",
    "honour_state": "有效",
    "revoked_date": "",
    "commitment_type": "主动公示型",
    "performance": "履行中",
    "breach_date": "",
}
NUMBERED = {"document_number", "identifier"}
CLEAN_FROM = 1000


def _usual(column: Column, number: int) -> str:
    """A cell as a department would fill it."""
    if column.name in SUBJECTS:
        return FIRM
    if column.name in CODES:
        return CODE
    if column.kind == "document_number":
        return f"示市监〔2026〕{number}号"
    if column.kind == "date":
        usual = DAY
    elif column.kind == "date_until":
        usual = "2099-12-31"
    elif column.kind == "timestamp":
        usual = f"{DAY} 10:00:00"
    else:
        usual = {"name": "示例市市场监督管理局", "text": "示例内容", "free_text": "示例内容"}.get(column.kind, "")
    return FIXED.get(column.name, usual)


def _rows(contract_id: str, values: list[str]) -> Iterator[list[str]]:
    """Per value a row with it in every column of words, alone in every column of text, in those of document numbers, in the
    party's name and in those of amounts and dates; and clean rows."""
    columns = load_contract(contract_id).columns
    for number, value in enumerate(values):
        firm = {"enterprise_name": f"示例市晨光{number}号食品有限公司", "uscc": code(number + 1)}
        own = firm if contract_id == "enterprise_registration" else {}
        yield [
            _said(value, one)
            if one.kind in WORDS and one.name not in SUBJECTS | {"legal_representative"}
            else own.get(one.name) or _usual(one, number)
            for one in columns
        ]
        kept = SUBJECTS | CODES | set(FIXED) - {"place_code", "parent_uscc"}
        yield [
            value if one.kind in TEXT_KINDS and one.name not in kept else own.get(one.name) or _usual(one, number + 400)
            for one in columns
        ]
        yield [_said(value, one) if one.kind in NUMBERED else _usual(one, number + 200) for one in columns]
        named = SUBJECTS - {"enterprise_name"}
        yield [f"{FIRM}（电话{value}）" if one.name in named else _usual(one, number + 300) for one in columns]
        yield [_said(value, one) if one.kind in NUMBERS else _usual(one, number + 100) for one in columns]
    for number, text in enumerate(CLEAN, start=CLEAN_FROM):
        free = {one.name for one in columns if one.kind in {"text", "free_text"}}
        yield [text if one.name in free else _usual(one, number) for one in columns]


def _said(value: str, column: Column) -> str:
    is_short = (column.maximum_length or 1000) < 128
    return f"{PERSON}电话{value}"[: column.maximum_length] if is_short else f"{PERSON}电话或账户：{value}、{value}；"


@dataclass(frozen=True)
class Finished:
    """What a main job over the planted files and a credit report wrote."""

    values: list[str]
    lake: Path
    work: Path
    said: dict[str, str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("never_out")
    values = planted(random.Random(5))
    for contract_id in FEEDS:
        path = folder / "drop" / "market_supervision" / contract_id / "planted.csv"
        path.parent.mkdir(parents=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([column.header for column in load_contract(contract_id).columns])
            writer.writerows(_rows(contract_id, values))
    variables = {"CREDITLAKE_LAKE_URL": str(folder / "lake"), "CREDITLAKE_WORK_DIR": str(folder / "work")}
    said = {}
    for command in (
        ["run", "--drop", str(folder / "drop")],
        ["status"],
        ["quarantine", "list"],
        ["source", "report", "--out", str(folder / "work" / "source_reports")],
        ["report", "make", CODE, "--out", str(folder / "work" / "reports")],
    ):
        done = call_outside(*command, **variables)
        assert done.exit_code == 0, done.text
        said[command[0]] = done.text
    return Finished(values, folder / "lake", folder / "work", said)


def _texts(path: Path) -> str:
    """Everything that a reader of the file could see."""
    if path.suffix == ".parquet":
        return "\n".join(str(row) for row in duckdb.sql(f"from read_parquet('{path}')").fetchall())
    if path.suffix == ".xlsx":
        with ZipFile(path) as book:
            return "\n".join(book.read(name).decode("utf-8") for name in book.namelist() if name.endswith(".xml"))
    if path.suffix in {".sqlite", ".db"}:
        with closing(sqlite3.connect(path)) as connection:
            return "\n".join(connection.iterdump())
    if path.suffix == ".pdf":
        return "\n".join(page.extract_text() for page in PdfReader(path).pages)
    return path.read_bytes().decode("utf-8", errors="replace")


def test_planted_values_and_own_persons_are_in_nothing_that_leaves(finished: Finished) -> None:
    files = [
        path
        for folder in (finished.lake / "releases", finished.lake / "runs", finished.work)
        for path in folder.rglob("*")
        if path.is_file() and "_delta_log" not in path.parts and path.suffix != ".duckdb"
    ]
    texts = {str(path): _texts(path) for path in files} | finished.said
    kinds = {".parquet", ".jsonl", ".csv", ".xlsx", ".sqlite", ".json", ".jsonld", ".html", ".pdf"}
    assert {Path(path).suffix for path in texts} >= kinds
    found = {
        (path.replace(str(finished.work), "").replace(str(finished.lake), ""), value)
        for path, text in texts.items()
        for value in [*finished.values, PERSON]
        if value in text
    }
    assert sorted(found) == []


def test_every_row_is_published_or_quarantined_and_clean_text_leaves_byte_for_byte(finished: Finished) -> None:
    version = json.loads((finished.lake / "releases" / "current.json").read_text(encoding="utf-8"))["version"]
    release = finished.lake / "releases" / version
    changed: dict[tuple[str, str], object] = {}
    for contract_id, dataset in PUBLIC.items():
        rows = duckdb.sql(f"from read_parquet('{release}/parquet/{dataset}/*.parquet')").to_arrow_table().to_pylist()
        number_column = "commitment_number" if contract_id == "commitment" else "decision_number"
        numbers = {row[number_column]: row for row in rows}
        assert len([row for row in numbers if row in {f"示市监〔2026〕{n}号" for n in range(50)}]) == 50, dataset
        columns = [one for one in load_contract(contract_id).columns if one.kind in {"text", "free_text"}]
        for number, text in enumerate(CLEAN, start=CLEAN_FROM):
            row = numbers[f"示市监〔2026〕{number}号"]
            changed |= {(dataset, one.name): row[one.name] for one in columns if row.get(one.name, text) != text}
    assert changed == {}
