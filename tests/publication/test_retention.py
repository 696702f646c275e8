"""What the oldest kept release rests on stays readable, however many runs and days come after it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from lake.schema import bronze_table
from lake.tables import COMMITS_TO_A_CHECKPOINT, append_once
from publication import list_releases
from tests.publication.conftest import Lake

pytestmark = pytest.mark.full
SCHEMA = pa.schema([pa.field("record_id", pa.string())])
LONG_AGO = time.time() - 400 * 24 * 3600


def deliver(lake: Lake, number: int) -> None:
    rows = pa.RecordBatch.from_pylist([{"record_id": f"p{number}"}], SCHEMA)
    append_once(lake.storage, bronze_table("administrative_penalty"), [rows], SCHEMA, f"batch {number}")


def test_the_versions_that_the_oldest_release_names_are_readable_after_many_runs(lake: Lake) -> None:
    for number in range(2):
        deliver(lake, number)
    lake.publish()
    table = Path(lake.storage.url(bronze_table("administrative_penalty")))
    for file in (table / "_delta_log").iterdir():
        os.utime(file, (LONG_AGO, LONG_AGO))
    for number in range(2, COMMITS_TO_A_CHECKPOINT + 2):
        deliver(lake, number)
    lake.change("update publicity.public_penalty set fine_amount_yuan = 1")
    lake.publish()
    oldest = list_releases(lake.storage)[-1]
    version = oldest.inputs.bronze_versions["administrative_penalty"]
    assert list((table / "_delta_log").glob("*.checkpoint.parquet")) != []
    found = DeltaTable(str(table), version=version).to_pyarrow_table()
    assert sorted(found["record_id"].to_pylist()) == ["p0", "p1"]
