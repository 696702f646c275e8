"""A lake with a small fictitious warehouse, ready to publish."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lake.progress import Silent
from lake.settings import Settings, load_settings
from lake.storage import Storage, open_storage
from publication import PublishResult, publish
from publication.publish import WAREHOUSE, Options
from tests.publication import warehouse


@dataclass
class Lake:
    settings: Settings
    storage: Storage
    warehouse: Path
    options: Options

    def publish(self, run_id: str = "run", **options: object) -> PublishResult:
        if "rows_per_part" in options:
            options.setdefault("rows_in_one_part", options["rows_per_part"])
        given = {name: options.pop(name) for name in ("lifts", "approver") if name in options}
        chosen = replace(self.options, **options)
        return publish(self.settings, self.storage, run_id, Silent(), options=chosen, **given)

    def change(self, statement: str) -> None:
        warehouse.change(self.warehouse, statement)

    def file(self, path: str, version: str | None = None) -> Path:
        folder = Path(self.storage.url("releases"))
        version = version or json.loads((folder / "current.json").read_bytes())["version"]
        return folder / version / path


@pytest.fixture
def make_lake(tmp_path: Path) -> Callable[..., Lake]:
    def make(name: str = "lake", **rows: int) -> Lake:
        settings = load_settings(lake_url=str(tmp_path / name), threads=2)
        file = warehouse.make(settings.work_dir / WAREHOUSE, **rows)
        models = warehouse.write_models(tmp_path / "models")
        return Lake(settings, open_storage(settings), file, Options(models_folder=models))

    return make


@pytest.fixture
def lake(make_lake: Callable[..., Lake]) -> Lake:
    return make_lake()
