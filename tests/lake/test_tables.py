"""Tables: batches land exactly once, changes too, and a failure leaves a table as it was."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from lake import tables
from lake.errors import TerminalError
from lake.settings import load_settings
from lake.storage import Storage, open_storage
from tests.servers import SeaweedFS

SCHEMA = pa.schema([pa.field("key", pa.string()), pa.field("value", pa.int64())])
NO_KEYS = pa.table({"key": pa.array([], pa.string())})


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.full)])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    url = str(tmp_path / "湖 lake")
    if request.param == "s3":
        server: SeaweedFS = request.getfixturevalue("seaweedfs")
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        url = server.new_prefix()
    return open_storage(load_settings(lake_url=url, work_dir=tmp_path / "work"))


def rows(*pairs: tuple[str, int]) -> pa.Table:
    return pa.Table.from_pylist([{"key": key, "value": value} for key, value in pairs], schema=SCHEMA)


def content(storage: Storage) -> list[tuple[str, int]]:
    return sorted((row["key"], row["value"]) for row in tables.read(storage, "t/x").to_pylist())


def test_writers_at_once_land_every_batch_exactly_once(storage: Storage) -> None:
    tables.ensure(storage, "t/x", SCHEMA)
    names = [f"batch{number}" for number in range(6)] * 2

    def append(name: str) -> bool:
        return tables.append_once(storage, "t/x", rows((name, 1)).to_batches(), SCHEMA, name)

    with ThreadPoolExecutor(4) as pool:
        landed = list(pool.map(append, names))
    assert landed.count(True) == 6
    assert content(storage) == [(f"batch{number}", 1) for number in range(6)]


def test_columns_of_different_texts_are_told_from_those_of_few() -> None:
    batch = pa.record_batch(
        {
            "name": [f"示例市{number}号商行" for number in range(100)],
            "kind": ["罚款", "警告"] * 50,
            "seldom": [None] * 99 + ["有"],
            "amount": list(range(100)),
        }
    )
    assert tables.mostly_different(batch) == ["name"]


def test_an_error_in_the_stream_leaves_nothing(storage: Storage) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from rows(("a", 1)).to_batches()
        raise TerminalError("lake.disk_full", path="x")

    with pytest.raises(TerminalError):
        tables.append_once(storage, "t/x", broken(), SCHEMA, "one")
    assert content(storage) == []
    assert not tables.append_once(storage, "t/x", [], SCHEMA, "none")
    assert tables.version(storage, "t/x") == 0


def test_changes_are_applied_once_and_read_by_duckdb(storage: Storage) -> None:
    tables.append_once(storage, "t/x", rows(("a", 1), ("b", 2)).to_batches(), SCHEMA, "one")
    gone = pa.table({"key": ["b"]})
    assert tables.apply_changes(storage, "t/x", ["key"], rows(("a", 9), ("c", 3)), gone, "change")
    assert not tables.apply_changes(storage, "t/x", ["key"], rows(("a", 8)), NO_KEYS, "change")
    before = tables.version(storage, "t/x")
    assert not tables.apply_changes(storage, "t/x", ["key"], rows(), NO_KEYS, "nothing")
    assert tables.version(storage, "t/x") == before
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        found = connection.sql(f"FROM {tables.scan(connection, storage, 't/x')} ORDER BY key").fetchall()
    assert found == [("a", 9), ("c", 3)] == content(storage)


def test_a_table_with_other_columns_is_refused(storage: Storage) -> None:
    tables.ensure(storage, "t/x", SCHEMA)
    tables.ensure(storage, "t/x", SCHEMA)
    with pytest.raises(TerminalError, match="value"):
        tables.ensure(storage, "t/x", pa.schema([pa.field("key", pa.string()), pa.field("other", pa.int64())]))


def test_a_table_of_an_older_version_gets_the_new_columns_at_its_end(storage: Storage) -> None:
    tables.append_once(storage, "t/x", rows(("a", 1)).to_batches(), SCHEMA, "first")
    wider = SCHEMA.insert(1, pa.field("since", pa.string()))
    tables.ensure(storage, "t/x", wider)
    tables.ensure(storage, "t/x", wider)
    added = pa.Table.from_pylist([{"key": "b", "value": 2, "since": "now"}], schema=wider)
    tables.append_once(storage, "t/x", added.to_batches(), wider, "second")
    found = tables.read(storage, "t/x").to_pylist()
    assert sorted((row["key"], row["since"]) for row in found) == [("a", None), ("b", "now")]
    with pytest.raises(TerminalError):
        tables.ensure(storage, "t/x", SCHEMA)


def test_joining_small_files_loses_no_row_forgets_no_name_and_keeps_earlier_versions(storage: Storage) -> None:
    """Among writers at once, as two runs of an hour are; the names must outlive the checkpoints that follow."""

    def append(number: int) -> bool:
        batches = rows((f"row{number}", number)).to_batches()
        return tables.append_named(storage, "t/x", batches, SCHEMA, (f"name{number}",), compact_every=5)

    assert append(0)
    before = tables.version(storage, "t/x")
    with ThreadPoolExecutor(3) as pool:
        landed = list(pool.map(append, [*range(1, 24), *range(1, 24)]))
    expected = [(f"row{number}", number) for number in range(24)]
    assert sum(landed) == 23
    assert content(storage) == sorted(expected)
    assert not any(append(number) for number in range(24))
    assert len(tables.dataset_at(storage, "t/x", tables.version(storage, "t/x") or 0).files) < 12
    assert tables.dataset_at(storage, "t/x", before or 0).to_table().to_pylist() == [{"key": "row0", "value": 0}]
