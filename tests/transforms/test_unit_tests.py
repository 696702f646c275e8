"""The dbt project's own unit tests, exposures and documentation, through the program's runner."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from connectors.contract import load_contracts
from lake.schema import FIRST_PUBLICATION_TABLE, PUBLICITY_NOTICE_TABLE
from lake.tables import ensure, scan
from linkage.companion import COMPANION, COMPANION_TABLE
from publication.dataset import load_datasets
from tests.transforms.lakes import Lake
from transforms import build
from transforms.dbt_runner import run_dbt
from transforms.export import KEYS
from transforms.profile import profiles_directory, warehouse_file

RULED_SCHEMAS = {"credit", "publicity", "profile"}
SOURCES = [
    "bronze/ledger", "bronze/quarantine", *(f"bronze/{contract}" for contract in load_contracts()),
    PUBLICITY_NOTICE_TABLE, FIRST_PUBLICATION_TABLE,
]  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """An empty lake with every table built, and the columns of its Delta tables where dbt looks them up."""
    made = Lake(tmp_path_factory.mktemp("unit"))
    ensure(made.storage, COMPANION_TABLE, COMPANION)
    build(made.settings, made.storage, "unit")
    with duckdb.connect(str(warehouse_file(made.settings))) as connection:
        made.storage.duckdb_setup(connection)
        for schema in ("bronze", "declared", "released"):
            connection.execute(f"create schema {schema}")
        for table in SOURCES:
            source = scan(connection, made.storage, table)
            connection.execute(f"create table {table.replace('/', '.')} as select * from {source} limit 0")
    return made


def test_rules_hold_in_dbts_unit_tests(lake: Lake) -> None:
    ran = run_dbt(lake.settings, lake.storage, ["test", "--select", "test_type:unit"])
    nodes = [node for node in ran if node.kind == "unit_test"]
    assert {node.status for node in nodes} == {"pass"}
    assert len(nodes) == len({node.name for node in nodes}) >= 10


@pytest.fixture(scope="module")
def documents(lake: Lake) -> dict[str, Any]:
    """``manifest.json`` of ``dbt docs generate``, which must also leave the catalogue and the page."""
    run_dbt(lake.settings, lake.storage, ["docs", "generate"])
    folder = profiles_directory(lake.settings) / "duckdb"
    assert (folder / "index.html").is_file()
    assert json.loads((folder / "catalog.json").read_text(encoding="utf-8"))["nodes"]
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


def test_descriptions_start_with_the_grain(documents: dict[str, Any]) -> None:
    read_by_others = {name: node for name, node in models(documents).items() if not name.startswith("affected_")}
    without = [name for name, node in read_by_others.items() if not node["description"].startswith("One row per ")]
    assert without == []


def test_every_model_of_the_ruled_rooms_has_a_unit_test(documents: dict[str, Any]) -> None:
    tested = {test["model"] for test in documents["unit_tests"].values()}
    # Three credit models are one macro, which the test of the fourth runs.
    same_macro = {"credit_licence", "credit_complaint", "credit_inspection", "credit_list_entry"}
    ruled = {name for name, node in models(documents).items() if node["schema"] in RULED_SCHEMAS}
    assert {name for name in ruled - tested - same_macro if not name.startswith("affected_")} == set()


def test_every_output_is_an_exposure(documents: dict[str, Any]) -> None:
    exposed = {name: set(one["depends_on"]["nodes"]) for name, one in exposures(documents).items()}
    released = {f"model.creditlake.{dataset.table_name}" for dataset in load_datasets()}
    copied = {f"model.creditlake.{table.split('/')[1]}" for table in KEYS}
    assert exposed["release"] == released
    assert exposed["delta_copies"] == copied
    assert {"model.creditlake.enterprise_profile"} == exposed["profile_lookup"]
    assert "model.creditlake.link_decision" in exposed["match"]


def exposures(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in manifest["exposures"].values()}
