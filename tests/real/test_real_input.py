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

import pytest

from lake.ledger import Delivery, deliveries
from lake.schema import QUARANTINE_TABLE
from lake.settings import load_settings
from lake.storage import Storage, open_storage
from lake.tables import read

pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]

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


def test_publicity_tables_are_taken_or_named(ledger: dict[str, Delivery], real_data: Path) -> None:
    with gzip.open(real_data / "publicity_tables.jsonl.gz", "rt", encoding="utf-8") as lines:
        tables = [json.loads(line) for line in lines]
    one = ledger["publicity_tables.jsonl.gz"]
    assert one.rows_read - one.rows_layout == sum(len(table["rows"]) for table in tables)
    assert one.rows_refused == 0 or json.loads(one.reasons), "refused layouts must be counted by name"


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
