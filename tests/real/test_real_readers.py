"""The readers on the records as they were published: the same cells as the csv module, every row accounted for."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from connectors.readers import ReaderHints, SourceTable, open_tables

pytestmark = pytest.mark.full

TEXTS = [
    "registry_zhejiang.csv.gz",
    "registry_sample_10k.csv.gz",
    "penalties.csv.gz",
    "food_sampling.csv.gz",
    "legacy_codes.csv.gz",
    "malformed_registry_rows.csv.gz",
    "department_table_headers.csv",
]


def cells_of(table: SourceTable) -> list[list[str | None]]:
    rows: list[list[str | None]] = []
    for batch in table.batches():
        assert not batch.rejected, batch.rejected[0]
        rows += [list(row) for row in zip(*(column.to_pylist() for column in batch.columns.columns), strict=True)]
    return rows


@pytest.mark.parametrize("name", TEXTS)
def test_text_files_give_the_cells_of_the_csv_module(real_data: Path, name: str) -> None:
    path = real_data / name
    raw = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    header, *rows = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    (table,) = open_tables(path, name)
    assert list(table.header) == header
    assert cells_of(table) == rows


def test_names_in_gbk(real_data: Path) -> None:
    path = real_data / "names_gbk.csv"
    expected = [line.strip() for line in path.read_bytes().decode("gbk").splitlines()]
    (table,) = open_tables(path, path.name, ReaderHints(columns=("企业名称",)))
    assert table.facts.encoding == "gb18030"
    assert [str(row[0]).strip() for row in cells_of(table)] == [name for name in expected if name]


def test_malformed_lines_leave_the_lines_around_them_alone(real_data: Path, tmp_path: Path) -> None:
    """The undecodable lines as bytes among good ones in GB18030: the good ones all come back, with their line numbers."""
    with gzip.open(real_data / "malformed_registry_rows.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        broken = [json.loads(row["fields"]) for row in csv.DictReader(stream) if row["kind"] != "bad_code_field"]
    with gzip.open(real_data / "registry_zhejiang.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        header, *good = list(csv.reader(stream))[: len(broken) + 1]
    text = io.StringIO(newline="")
    csv.writer(text).writerow(header)
    data = text.getvalue().encode("gb18030")
    expected: dict[int, list[str]] = {}
    for number, (right, wrong) in enumerate(zip(good, broken, strict=True)):
        line = io.StringIO(newline="")
        csv.writer(line).writerow(right)
        data += line.getvalue().encode("gb18030") + b"\xff\xfe" + ",".join(wrong).encode("utf-8") + b"\r\n"
        expected[2 * number + 2] = right
    path = tmp_path / "mixed.csv"
    path.write_bytes(data)
    (table,) = open_tables(path, path.name)
    found: dict[int, list[str]] = {}
    rejected: list[int] = []
    for batch in table.batches():
        rows = [list(row) for row in zip(*(column.to_pylist() for column in batch.columns.columns), strict=True)]
        found |= dict(zip(batch.source_rows.to_pylist(), rows, strict=True))
        rejected += [row.source_row for row in batch.rejected]
    assert found == expected
    assert rejected == [number + 1 for number in expected]


def test_publicity_tables_one_by_one(real_data: Path) -> None:
    path = real_data / "publicity_tables.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        documents = [json.loads(line) for line in stream]
    tables = list(open_tables(path, path.name))
    assert len(tables) == len(documents)
    for table, document in zip(tables, documents, strict=True):
        assert list(table.header) == document["header"]
        assert sum(batch.rows_read for batch in table.batches()) == len(document["rows"])


def test_national_registry_row_by_row(real_data: Path) -> None:
    path = real_data / "registry_national.parquet"
    (table,) = open_tables(path, path.name)
    first = 1
    for batch in table.batches():
        assert batch.source_rows[0].as_py() == first
        first += batch.columns.num_rows
    assert first - 1 == parquet.read_metadata(path).num_rows
