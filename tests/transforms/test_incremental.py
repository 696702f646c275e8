"""Whatever arrives in whatever order: the incremental build gives the tables that a build from nothing gives."""

from __future__ import annotations

import os
import random
from datetime import date
from pathlib import Path

import pytest

from lake.duckdb_extensions import load_extension
from lake.settings import Settings, load_settings
from lake.storage import Storage
from linkage.companion import update
from tests.transforms.lakes import Lake
from tests.transforms.region import Region
from transforms import build
from transforms.warehouse import open_warehouse

HISTORIES = int(os.environ.get("CREDITLAKE_HISTORIES", "1"))
"""Long random histories; make bench runs more of them."""
LONG = 5
# Windows of the region's penalties end, rules take turns and classes change in between.
DAYS = [date(2026, 1, 10), date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 1), date(2029, 1, 5), date(2029, 2, 1)]
SCHEMAS = ("staging", "identity", "credit", "publicity", "profile")


def tables(settings: Settings, storage: Storage) -> dict[str, list[tuple[object, ...]]]:
    """All built tables and their rows, sorted."""
    with open_warehouse(settings, storage) as connection:
        load_extension(connection, "delta")
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where list_contains(?, table_schema)"
            " and (table_name in ('link_bigram', 'link_brand_character')"
            " or not regexp_matches(table_name, '^(affected|link)_|^publicity_(fact|class|term)$'))"
            " order by 1",
            [list(SCHEMAS)],
        ).fetchall()
        return {name: sorted(connection.execute(f"select * from {name}").fetchall(), key=repr) for (name,) in names}


def differences(settings: Settings, lake: Lake) -> dict[str, str]:
    """Tables of the incremental build that a full build in another work folder does not give."""
    beside = load_settings(lake_url=lake.settings.lake_url, work_dir=str(lake.folder / "beside"), threads=1)
    build(beside, lake.storage, "full", full=True)
    here, anew = tables(settings, lake.storage), tables(beside, lake.storage)
    assert here.keys() == anew.keys()
    found = {}
    for name, rows in here.items():
        if rows != anew[name]:
            extra = [row for row in rows if row not in anew[name]][:1]
            missing = [row for row in anew[name] if row not in rows][:1]
            found[name] = f"{len(rows)} rows, {len(anew[name])} anew; only incremental {extra}; only anew {missing}"
    return found


def run_sequence(folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int, steps: int) -> None:
    """Batches in random order, an incremental build after each handful, compared with a build from nothing."""
    draws = random.Random(seed)
    days = iter(sorted(draws.choices(DAYS, k=steps)))
    lake = Lake(folder)
    region = Region(lake, draws)
    for step in range(steps):
        for _ in range(draws.randint(1, 3) if step else 6):
            region.deliver()
        if draws.random() < 0.4:
            region.mend()
        update(lake.settings, lake.storage, "read")
        day = next(days)
        monkeypatch.setattr("transforms.state.decision_day", lambda day=day: day)
        result = build(lake.settings, lake.storage, f"step{step}")
        assert result.mode in ({"full"} if step == 0 else {"incremental", "nothing"})
        if step:
            assert differences(lake.settings, lake) == {}, f"seed {seed}, step {step}"


def test_incremental_builds_equal_a_build_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_sequence(tmp_path, monkeypatch, seed=20261123, steps=3)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1, HISTORIES + 1))
def test_long_histories_equal_a_build_from_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    run_sequence(tmp_path, monkeypatch, seed, steps=LONG)
