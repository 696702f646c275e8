"""Each row of a plan's system has the fate that the truth says, whatever way it comes in: here all of it as dropped files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pyarrow import parquet

from connectors.contract import load_contracts
from connectors.ingest import ingest, prepare_tables
from connectors.source import SHIPPED
from example_region.randomness import Indices
from example_region.systems import systems
from example_region.systems.frame import System
from example_region.systems.truth import FILES, SystemsTruth
from example_region.systems.writing import write_system
from lake import ledger, tables
from lake.schema import QUARANTINE_TABLE, bronze_table
from lake.settings import TIME_ZONE, load_settings
from lake.storage import open_storage

COUNT = 60


@pytest.fixture(scope="module")
def truth_and_drop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Everything that the systems send, as a drop, and the truth about it."""
    folder = tmp_path_factory.mktemp("systems")
    truth = SystemsTruth(folder)

    def blocks() -> Iterator[Indices]:
        yield np.arange(COUNT)

    for system in systems().values():
        for number, feed in enumerate(system.feeds):
            place = folder / "made" / system.id / str(number)
            # What a service serves lies beside the system's own folder.
            write_system(System(system.id, (feed,)), place / system.id, seed=1, count=COUNT, blocks=blocks, truth=truth)
            for file in sorted(one for one in place.rglob("*") if one.is_file()):
                target = folder / "drop" / system.id / feed.contract / str(number) / file.relative_to(place)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(file, target)
    truth.close()
    return folder / "drop", [row for name in FILES for row in parquet.read_table(folder / name).to_pylist()]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    storage = open_storage(load_settings(lake_url=str(folder / "lake"), work_dir=folder / "work"))
    prepare_tables(storage, load_contracts().values())
    return folder / "lake"


def taken_in(system: str, drop: Path, folder: Path, empty: Path) -> dict[tuple[str, str], Any]:
    """What the lake has of a system: bronze rows and quarantined rows by contract."""
    shutil.copytree(empty, folder / "lake")
    shutil.copytree(drop / system, folder / "drop" / system)
    declared = yaml.safe_load((SHIPPED / f"{system}.yaml").read_text(encoding="utf-8"))
    for feed in declared["feeds"]:
        feed["bounds"]["minimum"] = 0
        feed["files"] = ["**/*"]
    (folder / "sources").mkdir()
    (folder / "sources" / f"{system}.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    settings = load_settings(
        lake_url=str(folder / "lake"), work_dir=folder / "work", sources=[folder / "sources"], threads=2
    )
    storage = open_storage(settings)
    result = ingest(settings, storage, drop=str(folder / "drop"), run_id="test")
    assert [(one.path, one.reason_code) for one in result.deliveries if one.reason_code] == []
    assert [(one.path, one.unknown_columns) for one in result.deliveries if one.unknown_columns] == []
    counts = ledger.deliveries(storage)
    assert sum(one.rows_refused for one in counts) == 0
    quarantined = tables.read(storage, QUARANTINE_TABLE).to_pylist()
    contracts = {one.contract_id for one in counts}
    return {
        **{("bronze", one): tables.read(storage, bronze_table(one)).to_pylist() for one in contracts},
        **{("quarantine", one): [row for row in quarantined if row["contract_id"] == one] for one in contracts},
    }


def as_text(value: Any) -> str | None:
    if hasattr(value, "astimezone"):
        return value.astimezone(TIME_ZONE).strftime("%Y-%m-%d %H:%M:%S")
    return None if value is None else str(value)


@pytest.mark.parametrize("system", sorted(systems()))
def test_each_row_has_the_fate_that_the_truth_says(
    system: str, truth_and_drop: tuple[Path, list[dict[str, Any]]], tmp_path: Path, empty: Path
) -> None:
    drop, truth = truth_and_drop
    lake = taken_in(system, drop, tmp_path, empty)
    wrong = []
    for row in (one for one in truth if one["system_id"] == system):
        contract, column, locator = row["contract_id"], row["locator_column"], row["locator"]
        bronze = [one for one in lake["bronze", contract] if one[column] == locator]
        aside = [one for one in lake["quarantine", contract] if locator in str(one["original"])]
        if row["fate"] == "accepted":
            wrong += [] if len(bronze) > row["version"] - bool(row["version"]) and bronze else [("not in bronze", row)]
            if row["dirt"] and bronze and row["version"] == 0:
                held = {as_text(one.get(row["column_name"])) for one in bronze if row["column_name"] in one}
                wrong += [] if not held or row["expected"] in held else [("other value", held, row)]
        elif row["fate"] == "quarantined":
            reasons = {one["reason_code"] for one in aside}
            wrong += [] if not bronze and row["reason_code"] in reasons else [("not set aside", reasons, row)]
        else:
            wrong += [] if not bronze and not aside else [("not withheld", row)]
    assert wrong[:3] == []


def test_every_kind_of_dirt_is_planted_at_least_once(truth_and_drop: tuple[Path, list[dict[str, Any]]]) -> None:
    _, truth = truth_and_drop
    planted = {(one["system_id"], one["contract_id"], one["dirt"]) for one in truth}
    lacking = [
        (system.id, feed.contract, dirt.label)
        for system in systems().values()
        for feed in system.feeds
        for dirt in feed.dirt
        if (system.id, feed.contract, dirt.label) not in planted
    ]
    assert lacking == []
