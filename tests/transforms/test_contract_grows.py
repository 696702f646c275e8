"""A contract that gained a column: what was delivered under the older one is built with it, empty."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.contract import arrow_schema, load_contract
from lake.schema import bronze_schema, bronze_table
from lake.tables import append_once
from linkage.companion import update
from tests.transforms.lakes import Lake
from transforms import build
from transforms.warehouse import open_warehouse

COLUMN = "receiving_departments"
TABLE = bronze_table("list_entry")


def older(lake: Lake, schema: pa.Schema) -> None:
    """The table of list entries as it was before its contract had the column, with the rows it has."""
    from deltalake import DeltaTable

    rows = DeltaTable(lake.storage.url(TABLE)).to_pyarrow_table().select(schema.names).cast(schema)
    shutil.rmtree(lake.storage.url(TABLE))
    append_once(lake.storage, TABLE, rows.to_batches(), schema, "older")


@pytest.mark.parametrize("is_delivered_to", [False, True])
def test_rows_of_the_older_contract_are_built_and_new_ones_join_them(tmp_path: Path, is_delivered_to: bool) -> None:
    lake = Lake(tmp_path)
    entry = {"entry_number": "L1", "subject_name": "示例市晨光食品有限公司"}
    lake.deliver("list_entry", [entry])
    whole = bronze_schema(arrow_schema(load_contract("list_entry")))
    older(lake, whole.remove(whole.get_field_index(COLUMN)))
    if is_delivered_to:
        lake.deliver("list_entry", [{**entry, "entry_number": "L2", COLUMN: "公安"}])
    update(lake.settings, lake.storage, "run")
    build(lake.settings, lake.storage, "run")
    with open_warehouse(lake.settings, lake.storage) as connection:
        found = connection.execute(f"select {COLUMN} from staging.stg_list_entry order by record_id").fetchall()
    assert sorted(found, key=str) == ([("公安",), (None,)] if is_delivered_to else [(None,)])
