"""The real records go through the real command: every row of every file has a fate, and the fates are right."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from lake.ledger import Delivery, deliveries
from lake.schema import QUARANTINE_TABLE
from lake.settings import load_settings
from lake.storage import Storage, open_storage
from lake.tables import read
from tests.real.publicity_cells import is_right

pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]

HERE = Path(__file__).parent
GOLDEN_HEADERS = HERE.parent / "connectors" / "golden" / "penalty_headers.json"
HEADER = "企业名称,统一社会信用代码,注册日期,企业类型,法人代表,注册资金,经营范围,所在省份,地区,注册地址"
ROWS = {
    "registry_national.parquet": 1_107_181,
    "registry_zhejiang.csv.gz": 89_546,
    "registry_sample_10k.csv.gz": 10_000,
    "legacy_codes.csv.gz": 1_874,
    "penalties.csv.gz": 9_671,
    "food_sampling.csv.gz": 3_621,
}
UNDECODABLE, ODD_CODE = 437, 118


def run(lake: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``creditlake`` as a user types it, on a lake in a folder."""
    environment = dict(os.environ, CREDITLAKE_LAKE_URL=str(lake), CREDITLAKE_LANGUAGE="en")
    command = [sys.executable, "-m", "creditlake", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def lake(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that has taken all real records in one run."""
    folder = tmp_path_factory.mktemp("real") / "lake"
    done = run(folder, "run", "--sources", str(Path(__file__).with_name("sources")))
    assert done.returncode in {0, 1}, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def storage(lake: Path) -> Storage:
    return open_storage(load_settings(lake_url=str(lake)))


@pytest.fixture(scope="module")
def ledger(storage: Storage) -> dict[str, Delivery]:
    return {Path(one.path).name: one for one in deliveries(storage)}


def test_every_row_has_a_fate(ledger: dict[str, Delivery]) -> None:
    assert {name: ledger[name].rows_read - ledger[name].rows_layout for name in ROWS} == ROWS
    for one in ledger.values():
        fates = (one.rows_accepted, one.rows_quarantined, one.rows_repeated, one.rows_layout, one.rows_refused)
        assert one.rows_read == sum(fates), one.path


def test_nothing_is_refused_that_a_bureau_would_call_fine(ledger: dict[str, Delivery]) -> None:
    for name, rows in ROWS.items():
        assert ledger[name].status == "accepted", (name, ledger[name].reason_code)
        assert ledger[name].rows_refused == 0
        assert ledger[name].rows_quarantined <= rows * 0.001, (name, ledger[name].reasons)


def test_publicity_tables_are_mapped_by_meaning(ledger: dict[str, Delivery], storage: Storage, real_data: Path) -> None:
    """All 244 tables in 28 layouts are read; of 944 rows the one whose cells stand under the wrong headers goes back."""
    one = ledger["publicity_tables.jsonl.gz"]
    assert (one.rows_read - one.rows_layout, one.rows_refused, one.rows_quarantined) == (944, 0, 1), one.reasons
    rows = [
        row for row in read(storage, "bronze/administrative_penalty").to_pylist() if row["batch_id"] == one.batch_id
    ]
    wrong = publicity_problems(publicity_tables(real_data), rows)
    assert len(wrong) == 1, wrong
    assert wrong[0].startswith("1893555830d2"), "the shifted table"
    left_open = {text.partition(" ")[0] for text in one.unknown_columns}
    opened = yaml.safe_load((HERE / "publicity_left_open.yaml").read_text(encoding="utf-8"))
    assert left_open == {header for headers in opened.values() for header in headers} | {"审批类别"}


def publicity_tables(real_data: Path) -> list[dict[str, Any]]:
    with gzip.open(real_data / "publicity_tables.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def publicity_problems(tables: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[str]:
    """Rows of the tables that the lake does not hold with every cell right (a row that repeats is there once)."""
    meanings = {
        tuple(case["header"]): case["mapping"] for case in json.loads(GOLDEN_HEADERS.read_text(encoding="utf-8"))
    }
    opened = yaml.safe_load((HERE / "publicity_left_open.yaml").read_text(encoding="utf-8"))
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_name.setdefault(row["counterpart_name"], []).append(row)
    wrong = []
    for table in tables:
        left_open = opened.get(table["table_id"], [])
        mapping = {
            place: meanings[tuple(table["header"])][header]
            for place, header in enumerate(table["header"])
            if header in meanings[tuple(table["header"])] and header not in left_open
        }
        [name] = [place for place, meaning in mapping.items() if meaning == "counterpart_name"]
        for number, cells in enumerate(table["rows"], start=1):
            if not any((cell or "").strip() for cell in cells):
                continue
            found = by_name.get((cells[name] or "").strip(), [])
            failing = [[place for place in mapping if not is_right(mapping[place], cells[place], row)] for row in found]
            if [] not in failing:
                nearest = [table["header"][place] for place in min(failing, key=len, default=[])]
                wrong.append(f"{table['table_id']} row {number}: {nearest}")
    return wrong


def test_malformed_rows(real_data: Path, tmp_path: Path) -> None:
    """The 437 undecodable or shifted rows are quarantined; the 118 with an odd code are kept, cleaned or flagged."""
    with gzip.open(real_data / "malformed_registry_rows.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    feed = tmp_path / "drop" / "malformed_registry" / "enterprise_registration"
    feed.mkdir(parents=True)
    with (feed / "rows.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER.split(","))
        writer.writerows(json.loads(row["fields"]) for row in rows)
    done = run(tmp_path / "lake", "ingest", "--drop", str(tmp_path / "drop"))
    assert done.returncode in {0, 1}, done.stderr[-3000:]
    storage = open_storage(load_settings(lake_url=str(tmp_path / "lake")))
    [one] = deliveries(storage)
    assert one.rows_read - one.rows_layout == len(rows) == UNDECODABLE + ODD_CODE
    assert one.rows_quarantined == UNDECODABLE, one.reasons
    assert one.rows_accepted + one.rows_repeated == ODD_CODE
    kinds = {number: row["kind"] for number, row in enumerate(rows, start=2)}
    quarantined = read(storage, QUARANTINE_TABLE).to_pylist()
    assert Counter(kinds[row["source_row"]] for row in quarantined) == {
        "mojibake_shifted_columns": 360,
        "wrong_field_count": 77,
    }
    bronze = read(storage, "bronze/enterprise_registration").to_pylist()
    unexplained = [row["source_row"] for row in bronze if not any(note.startswith("uscc:") for note in row["notes"])]
    assert not unexplained, "an odd code was accepted without a note"


def test_second_run_with_nothing_new_changes_no_table(lake: Path, storage: Storage) -> None:
    before = versions(storage)
    done = run(lake, "run", "--sources", str(Path(__file__).with_name("sources")))
    assert done.returncode in {0, 1}, done.stderr[-3000:]
    assert versions(storage) == before


def versions(storage: Storage) -> set[str]:
    """Commits of all Delta tables, and the releases."""
    return {info.path for info in storage.list("") if "/_delta_log/" in info.path or info.path.startswith("releases/")}
