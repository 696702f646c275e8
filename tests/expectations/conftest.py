"""A lake with a ledger, bronze and a warehouse as a build leaves it, all fictitious."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from connectors.contract import arrow_schema, load_contract
from expectations import CheckResult, check
from lake.ledger import Delivery, append
from lake.progress import Silent
from lake.schema import bronze_schema, bronze_table
from lake.settings import Settings, load_settings
from lake.storage import Storage, open_storage
from lake.tables import append_once
from tests.publication import warehouse

CONTRACT = "administrative_penalty"
NOW = datetime(2025, 3, 2, tzinfo=UTC)


@dataclass
class Built:
    settings: Settings
    storage: Storage
    warehouse: Path

    def check(self, run_id: str = "run", **more: Any) -> CheckResult:
        return check(self.settings, self.storage, run_id, Silent(), **more)

    def change(self, statement: str) -> None:
        warehouse.change(self.warehouse, statement)

    def deliver(self, **facts: Any) -> None:
        """A further row of the ledger."""
        given = {"batch_id": "batch2", "source_digest": "d2", "byte_size": 1, "mode": "increment", "status": "refused"}
        times = {"delivered_at": NOW, "received_at": NOW, "run_id": "run", "contract_version": "1.0.0"}
        names = {"delivery_id": "delivery2", "system_id": "enforcement", "contract_id": CONTRACT, "path": "second.csv"}
        append(self.storage, Delivery(**(names | given | times | facts)))


def rows() -> list[dict[str, Any]]:
    """Five penalties as they lie in bronze."""
    common = {"batch_id": "batch1", "system_id": "enforcement", "contract_id": CONTRACT, "source_digest": "d1"}
    return [
        common
        | {
            "record_id": f"record{number}",
            "source_row": number + 2,
            "record_index": 0,
            "layout": "double_publicity_2018",
            "content_digest": f"digest{number}",
            "ingested_at": NOW,
            "counterpart_name": f"虚构市示例{number:04d}号有限公司",
            "counterpart_category": "法人及非法人组织",
            "uscc": warehouse.code(number),
            "representative_document_number": "11010519491231002X",
            "decision_number": f"虚市监罚〔2025〕{number}号",
            "violation_type": "虚假宣传",
            "violation_facts": "在网店发布虚假广告",
            "penalty_basis": "《中华人民共和国广告法》",
            "penalty_category": "罚款",
            "penalty_content": "罚款2000元",
            "decision_date": NOW.date(),
            "penalty_valid_until_date": NOW.date(),
            "authority_name": "虚构市市场监督管理局",
        }
        for number in range(5)
    ]


@pytest.fixture
def built(tmp_path: Path) -> Built:
    settings = load_settings(lake_url=str(tmp_path / "lake"), threads=2)
    storage = open_storage(settings)
    schema = bronze_schema(arrow_schema(load_contract(CONTRACT)))
    table = pa.Table.from_pylist(rows(), schema=schema)
    append_once(storage, bronze_table(CONTRACT), table.to_batches(), schema, "batch1")
    built = Built(settings, storage, warehouse.make(settings.work_dir / "warehouse.duckdb", enterprises=30))
    counts = {"rows_read": 7, "rows_accepted": 5, "rows_layout": 1, "rows_repeated": 1, "records_accepted": 5}
    first = {"delivery_id": "delivery1", "batch_id": "batch1", "source_digest": "d1", "path": "penalties.csv"}
    built.deliver(**first, **counts, status="accepted")
    with duckdb.connect(built.warehouse) as connection:
        connection.register("bronze", table)
        connection.execute("create schema staging")
        for other in ("administrative_licence", "list_entry"):
            empty = bronze_schema(arrow_schema(load_contract(other))).empty_table()
            connection.register(other, empty)
            connection.execute(f"create table staging.stg_{other} as select *, '' as business_key from {other}")
        connection.execute(
            f"create table staging.stg_{CONTRACT} as select *, decision_number as business_key "
            "from bronze; create table staging.current_batch as select 'batch1' as batch_id, 'penalties.csv' as path;"
            "create table identity.subject_link as select record_id, contract_id, 'counterpart' as role, uscc, "
            f"'linked' as status from staging.stg_{CONTRACT}"
        )
        connection.execute(
            f"insert into identity.enterprise select uscc, counterpart_name from staging.stg_{CONTRACT} "
            "where uscc not in (select uscc from identity.enterprise)"
        )
    return built
