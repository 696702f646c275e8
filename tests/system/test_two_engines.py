"""The same models on DuckDB and on Spark Connect (Sail from its wheel): the same rows in every table others read."""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
import pytest
from deltalake import DeltaTable

from connectors.contract import Contract, load_contract
from connectors.ingest import ingest
from example_region import generate
from example_region.vocabulary import PENALTY_2018
from lake.progress import Silent
from lake.settings import Settings, load_settings
from lake.storage import open_storage
from linkage.companion import update
from publication import publish
from publication.publish import WAREHOUSE, Options
from tests.publication import warehouse
from tests.transforms.shared_records import SHARED, record
from transforms import build
from transforms.warehouse import open_warehouse

pytestmark = pytest.mark.full
ROOT = Path(__file__).parents[2]
ENTERPRISES = 1_000
SCHEMAS = ("identity", "credit", "publicity", "profile")
Spark = Callable[..., str]

READ_RELEASE = """
import json, os, sys
from pyspark.sql import SparkSession
session = SparkSession.builder.remote(os.environ["SPARK_REMOTE"]).getOrCreate()
text = session.read.options(header=True, multiLine=True, quote='"', escape='"')
read = {"parquet": session.read.parquet, "jsonl": session.read.json, "csv": text.csv}
found = {}
for kind, dataset in (("parquet", "public_penalty"), ("jsonl", "public_penalty"), ("csv", "public_penalty"),
                      ("parquet", "enterprise_profile"), ("jsonl", "enterprise_profile")):
    frame = read[kind](f"{sys.argv[1]}/{kind}/{dataset}")
    names = frame.columns
    rows = [[row[0], row[4] if dataset == "public_penalty" else row[4][0]] for row in frame.collect()]
    found[f"{kind}/{dataset}"] = [names, sorted(rows)]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def spark_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment of requirements-spark.lock: the one beside the project, else made here."""
    beside = ROOT / ".venv-spark"
    if (beside / "bin" / "sail").exists():
        return beside / "bin"
    made = tmp_path_factory.mktemp("spark") / "environment"
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert uv is not None
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(made)], check=True)
    subprocess.run(
        [uv, "pip", "install", "-q", "--python", str(made / "bin" / "python"), "--require-hashes", "-r",
         str(ROOT / "requirements-spark.lock")],
        check=True,
    )  # fmt: skip
    return made / "bin"


@contextmanager
def sail(binaries: Path, folder: Path) -> Iterator[str]:
    """A Spark Connect server; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "sail.log").open("w") as log:
        server = subprocess.Popen(
            [str(binaries / "sail"), "spark", "server", "--port", str(port)],
            cwd=folder, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        for _ in range(150):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The example region, ingested, read and built on DuckDB."""
    folder = tmp_path_factory.mktemp("region")
    generate(enterprises=ENTERPRISES, seed=7, out=folder / "drop")
    deliver_shared_records(folder / "drop")
    deliver_warnings(folder / "drop")
    settings = load_settings(lake_url=str(folder / "lake"))
    storage = open_storage(settings)
    ingest(settings, storage, str(folder / "drop"), run_id="engines")
    update(settings, storage, "engines")
    build(settings, storage, "engines")
    return settings


def deliver_shared_records(drop: Path) -> None:
    """Of every record type that shares staging a file: one record in two versions, one of an unknown enterprise."""
    enterprise = pyarrow.parquet.read_table(drop / "_truth" / "enterprises.parquet").slice(0, 1).to_pylist()[0]
    for contract in SHARED:
        known = (enterprise["name"], enterprise["uscc"])
        moments = [datetime(2026, month, 1, 9) for month in (2, 3)]
        records = [record(contract, 1, *known, source_updated_at=moment) for moment in moments]
        records.append(record(contract, 2, "示例市无此名有限公司", None, source_updated_at=moments[0]))
        if contract.id == "repair_result":
            records.append(repaired(contract, drop))
        if contract.id in ("honour", "commitment"):
            shown = {"valid_until_date": "2099-12-31", "revoked_date": None, "record_state": None, "breach_date": None}
            records.append(
                record(contract, 3, *known, **{name: shown[name] for name in shown.keys() & {*contract.column_names}})
            )
        folder = drop / "undeclared_bureau" / contract.id
        folder.mkdir(parents=True)
        with (folder / "records.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(column.header for column in contract.columns)
            rows.writerows([one[name] for name in contract.column_names] for one in records)


def deliver_warnings(drop: Path) -> None:
    """A warning for everybody and one for two departments, of which so small a region has none."""
    enterprise = pyarrow.parquet.read_table(drop / "_truth" / "enterprises.parquet").slice(0, 1).to_pylist()[0]
    contract = load_contract("list_entry")
    about = {"list_type": "全网警示", "subject_name": enterprise["name"], "uscc": enterprise["uscc"], "ground": "虚构事由",
             "listed_date": "2026-01-05", "valid_until_date": "2030-12-31", "deciding_authority": "示例市某局",
             "warning_level": "警示", "receiving_departments": "公安；税务"}  # fmt: skip
    seen_by = ("公开发布", "部门共享")
    rows = [
        {**about, "entry_number": f"W{seen}", "decision_number": f"示警{seen}", "visibility": seen} for seen in seen_by
    ]
    folder = drop / "undeclared_bureau" / contract.id
    folder.mkdir(parents=True)
    with (folder / "warnings.csv").open("w", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(contract.column(name).header for name in rows[0])
        written.writerows(row.values() for row in rows)


def repaired(contract: Contract, drop: Path) -> dict[str, Any]:
    """The repair of a penalty that the example has, whose code and name are as registered."""
    registered = pyarrow.parquet.read_table(drop / "_truth" / "enterprises.parquet")
    names = dict(zip(registered["uscc"].to_pylist(), registered["name"].to_pylist(), strict=True))
    file = sorted((drop / "market_supervision" / "administrative_penalty").glob("*.csv"))[0]
    with file.open(encoding="gb18030", errors="replace", newline="") as opened:
        for row in csv.DictReader(opened):
            code, name = row[PENALTY_2018["uscc"]], row[PENALTY_2018["counterpart_name"]]
            if code and names.get(code) == name:
                number = row[PENALTY_2018["decision_number"]]
                return record(contract, 3, name, code, record_kind="行政处罚", record_number=number, record_state=None)
    raise AssertionError("no penalty of a registered enterprise")


@pytest.fixture(scope="module")
def spark(spark_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    """One server for all that Spark does here; runs Python in its environment, and gives the last line it printed."""
    with sail(spark_environment, tmp_path_factory.mktemp("sail")) as address:

        def run(*arguments: str, **variables: str) -> str:
            ended = subprocess.run(
                [str(spark_environment / "python"), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=800,
                env={**os.environ, "SPARK_REMOTE": address, **variables}, check=False,
            )  # fmt: skip
            assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
            return ended.stdout.strip().splitlines()[-1]

        yield run


@pytest.fixture(scope="module")
def spark_tables(lake: Settings, spark: Spark) -> Path:
    """Folder of the Delta tables that Spark built from the same lake."""
    return Path(lake.lake_url) / spark("-m", "transforms.spark", CREDITLAKE_LAKE_URL=lake.lake_url)


def tables_others_read(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """All tables of the rooms that others read, and the views that decide publicity (tables on Spark).

    Left out are the notes of what an incremental build has to touch (``affected``).
    """
    notes = [file.stem for file in (ROOT / "dbt_project" / "models").rglob("affected/*.sql")]
    found = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where list_contains(?, table_schema) and not list_contains(?, table_name)"
        " and (table_type = 'BASE TABLE' or table_schema = 'publicity') order by 1",
        [list(SCHEMAS), notes],
    ).fetchall()
    return [str(row[0]) for row in found]


def texts(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """The columns of a table as texts; sums of logarithms end differently, so numbers are rounded."""
    described = connection.execute(f"describe from {table}").fetchall()
    return ", ".join(
        f'cast(round(cast("{name}" as double), 6) as varchar)'
        if str(kind).startswith(("DOUBLE", "DECIMAL"))
        else f'cast("{name}" as varchar)'
        for name, kind, *_ in described
    )


def rows(connection: duckdb.DuckDBPyConnection, relation: str, columns: str) -> set[tuple[object, ...]]:
    """A relation's rows as texts; duplicates are counted."""
    return set(connection.execute(f"select {columns}, count(*) from {relation} group by all").fetchall())


def test_both_engines_build_the_same_rows_and_none_is_empty(lake: Settings, spark_tables: Path) -> None:
    with open_warehouse(lake, open_storage(lake)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        differences: dict[str, str] = {}
        for table in tables_others_read(connection):
            connection.register("on_spark", DeltaTable(str(spark_tables / table.split(".")[1])).to_pyarrow_table())
            columns = texts(connection, table)
            here, there = rows(connection, table, columns), rows(connection, "on_spark", columns)
            # What leads up to a link, and repairs and objections of shown records, may be empty in so small a region; what
            # others read may not.
            may_be_empty = ".link_" in table or table.endswith("_event")
            if here != there or not (here or may_be_empty):
                sample = sorted(here ^ there, key=str)[:2]
                differences[table] = f"{len(here)} rows on DuckDB, {len(there)} on Spark, for example {sample}"
        assert differences == {}


def test_a_release_is_read_as_it_lies_in_all_its_parts(spark: Spark, tmp_path: Path) -> None:
    settings = load_settings(lake_url=str(tmp_path / "lake"))
    file = warehouse.make(settings.work_dir / WAREHOUSE, penalties=30)
    awkward = '一行\n二行,"引号"与反斜线\\'
    warehouse.change(
        file, f"update publicity.public_penalty set violation_facts = '{awkward}' where record_id like '%7'"
    )
    options = Options(models_folder=warehouse.write_models(tmp_path / "models"), rows_per_part=10, rows_in_one_part=10)
    version = publish(settings, open_storage(settings), "engines", Silent(), options=options).version
    release = Path(settings.lake_url) / "releases" / str(version)
    script = tmp_path / "read.py"
    script.write_text(READ_RELEASE, encoding="utf-8")
    found = json.loads(spark(str(script), str(release)))
    with duckdb.connect(file, read_only=True) as connection:
        penalties = connection.execute("select record_id, violation_facts from publicity.public_penalty").fetchall()
        profiles = connection.execute("select uscc, former_names[1] from profile.enterprise_profile").fetchall()
    assert len(list((release / "csv" / "public_penalty").iterdir())) == 3
    for name, (columns, read) in found.items():
        expected = penalties if name.endswith("penalty") else profiles
        assert read == sorted([list(row) for row in expected]), name
        assert columns[0] in ("record_id", "uscc"), name
