"""A record type that is no more than its contract: newest version, link, credit record, review queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb
import pytest

from connectors.contract import Contract
from lake.duckdb_extensions import load_extension
from linkage.companion import update
from tests.transforms.lakes import Lake
from tests.transforms.region import CODES, NAMES
from tests.transforms.shared_records import SHARED, record
from transforms import build
from transforms.warehouse import open_warehouse

Warehouse = duckdb.DuckDBPyConnection
STRANGER = "示例市无此名有限公司"
LINKED = [contract for contract in SHARED if contract.subjects]
SUMMED_UP = [contract for contract in LINKED if contract.summary]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Of every record type two versions of one record and one record about nobody known, built in two builds."""
    made = Lake(tmp_path_factory.mktemp("shared"))
    register = {"enterprise_name": NAMES[0], "uscc": CODES[0], "registration_status": "存续"}
    made.deliver("enterprise_registration", [register])
    for contract in SHARED:
        first = record(contract, 1, NAMES[0], CODES[0], source_updated_at=datetime(2026, 2, 1, tzinfo=UTC))
        made.deliver(contract.id, [first, record(contract, 2, STRANGER, None)])
    update(made.settings, made.storage, "first")
    build(made.settings, made.storage, "first")
    for contract in SHARED:
        newer = record(contract, 1, NAMES[0], CODES[0], source_updated_at=datetime(2026, 3, 1, tzinfo=UTC))
        made.deliver(contract.id, [newer])
    update(made.settings, made.storage, "second")
    build(made.settings, made.storage, "second")
    return made


@pytest.fixture(scope="module")
def warehouse(lake: Lake) -> Iterator[Warehouse]:
    with open_warehouse(lake.settings, lake.storage) as connection:
        load_extension(connection, "delta")  # stg_<contract> is a view over the lake
        yield connection


def rows(warehouse: Warehouse, query: str) -> list[tuple[object, ...]]:
    return warehouse.execute(query).fetchall()


@pytest.mark.parametrize("contract", SHARED, ids=lambda contract: contract.id)
def test_the_newest_version_is_the_record_and_has_all_its_columns(warehouse: Warehouse, contract: Contract) -> None:
    found = rows(warehouse, f"select source_updated_at from staging.stg_{contract.id} where version_rank = 1")
    newest = max(moment for (moment,) in found if moment)  # type: ignore[type-var]
    assert newest == datetime(2026, 3, 1, tzinfo=UTC)
    assert len(found) == (2 if contract.business_key else 3)
    assert set(contract.column_names) <= {
        name for (name, *_) in rows(warehouse, f"describe from staging.stg_{contract.id}")
    }


@pytest.mark.parametrize("contract", LINKED, ids=lambda contract: contract.id)
def test_its_subjects_are_linked_and_an_unknown_one_is_not(warehouse: Warehouse, contract: Contract) -> None:
    found = rows(
        warehouse,
        f"select distinct role, uscc from identity.subject_link where contract_id = '{contract.id}' order by all nulls last",
    )
    assert found == [
        (role, code) for role in sorted(one.role for one in contract.subjects) for code in (CODES[0], None)
    ]


@pytest.mark.parametrize("contract", SUMMED_UP, ids=lambda contract: contract.id)
def test_a_linked_record_is_a_credit_record_with_its_summary(warehouse: Warehouse, contract: Contract) -> None:
    found = rows(
        warehouse, f"select distinct uscc, title from credit.credit_record where contract_id = '{contract.id}'"
    )
    assert [code for code, _ in found] == [CODES[0]]
    assert all(title for _, title in found)
