"""A table made in slices holds what it holds when made in one go: no subject is lost between slices or comes in two."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from lake.settings import load_settings
from linkage.companion import update
from tests.transforms.lakes import Lake
from tests.transforms.region import Region
from transforms import build, dbt_runner
from transforms.warehouse import open_warehouse


def test_candidates_are_the_same_however_many_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path)
    region = Region(lake, random.Random(20261127))
    for _ in range(24):
        region.deliver()
    update(lake.settings, lake.storage, "read")

    build(lake.settings, lake.storage, "whole")
    beside = load_settings(lake_url=lake.settings.lake_url, work_dir=str(tmp_path / "beside"), threads=1)
    variables = {"lake_url": lake.storage.url(), "rows_of_slice": 5}
    monkeypatch.setattr(dbt_runner, "_variables", lambda *_: f"--vars={json.dumps(variables)}")
    build(beside, lake.storage, "in slices", full=True)

    with open_warehouse(lake.settings, lake.storage) as whole, open_warehouse(beside, lake.storage) as sliced:
        for table in ("identity.link_candidate", "identity.subject_link"):
            expected = sorted(whole.execute(f"select * from {table}").fetchall(), key=repr)
            assert len(expected) > 30
            assert sorted(sliced.execute(f"select * from {table}").fetchall(), key=repr) == expected
