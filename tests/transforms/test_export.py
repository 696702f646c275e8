"""Delta copies: what changed and nothing else, once, whatever was there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from lake.settings import load_settings
from linkage.companion import update
from tests.transforms.lakes import KeptLake, Lake
from transforms import build, export
from transforms.export import KEYS, ExportResult
from transforms.profile import warehouse_file
from transforms.warehouse import open_warehouse

ENTERPRISE = {"enterprise_name": "示例市晨光食品有限公司", "uscc": "91990101FX00000A1C", "province": "示例省"}
PENALTY: dict[str, Any] = {
    "counterpart_name": "示例市晨光食品有限公司",
    "uscc": "91990101FX00000A1C",
    "decision_number": "示市监罚〔2026〕7号",
    "authority_name": "示例市市场监督管理局",
    "penalty_category": "罚款",
    "decision_date": date(2026, 1, 3),
}


def run(lake: Lake) -> ExportResult:
    """Read, build and export what has arrived."""
    update(lake.settings, lake.storage, "run")
    build(lake.settings, lake.storage, "run")
    return export(lake.settings, lake.storage, "run")


def copy_of(lake: Lake, table: str) -> list[dict[str, Any]]:
    """Rows of a Delta copy."""
    rows: list[dict[str, Any]] = DeltaTable(lake.storage.url(table)).to_pyarrow_table().to_pylist()
    return rows


def versions(lake: Lake) -> dict[str, int]:
    """Versions of all copies."""
    return {table: DeltaTable(lake.storage.url(table)).version() for table in KEYS}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> KeptLake:
    """A lake with one enterprise and one penalty, built and exported."""
    lake = Lake(tmp_path_factory.mktemp("export"))
    lake.deliver("enterprise_registration", [ENTERPRISE])
    lake.deliver("administrative_penalty", [PENALTY])
    run(lake)
    return KeptLake(lake)


@pytest.fixture
def lake(kept: KeptLake) -> Lake:
    return kept.restored()


def test_every_table_others_read_has_a_copy_with_the_rows_of_the_warehouse(lake: Lake) -> None:
    assert [row["uscc"] for row in copy_of(lake, "publicity/public_penalty")] == ["91990101FX00000A1C"]
    with open_warehouse(lake.settings, lake.storage) as connection:
        for table in KEYS:
            count = connection.execute(f"select count(*) from {table.replace('/', '.')}").fetchone()
            assert count == (len(copy_of(lake, table)),), table


def test_a_run_with_nothing_new_writes_neither_warehouse_nor_copies(lake: Lake) -> None:
    file = warehouse_file(lake.settings)
    before, copies = (file.stat().st_mtime_ns, file.stat().st_size), versions(lake)
    assert run(lake).tables == []
    assert (file.stat().st_mtime_ns, file.stat().st_size) == before
    assert versions(lake) == copies


def test_another_machine_with_the_same_lake_has_nothing_to_write(lake: Lake, tmp_path: Path) -> None:
    before = versions(lake)
    elsewhere = load_settings(lake_url=lake.settings.lake_url, work_dir=str(tmp_path / "elsewhere"), threads=1)
    build(elsewhere, lake.storage, "other")
    assert export(elsewhere, lake.storage, "other").tables == []
    assert versions(lake) == before


def test_a_withdrawal_takes_the_record_out_of_the_public_copy_and_into_the_held_one(lake: Lake) -> None:
    withdrawn = {**PENALTY, "record_state": "撤销", "decision_date": date(2026, 1, 9)}
    lake.deliver("administrative_penalty", [withdrawn])
    changed = {one.table: one for one in run(lake).tables}
    assert changed["publicity/public_penalty"].removed == 1
    assert copy_of(lake, "publicity/public_penalty") == []
    assert [row["reason_code"] for row in copy_of(lake, "publicity/held_record")] == ["withdrawn", "withdrawn"]
    assert "identity/enterprise" not in changed


def test_a_copy_that_somebody_changed_is_put_right_by_the_next_build(lake: Lake) -> None:
    table = DeltaTable(lake.storage.url("profile/enterprise_profile"))
    table.delete()
    lake.deliver("complaint", [{"complaint_number": "T1", "respondent_uscc": ENTERPRISE["uscc"]}])
    run(lake)
    assert [row["uscc"] for row in copy_of(lake, "profile/enterprise_profile")] == [ENTERPRISE["uscc"]]
