"""Every sample file of a declared system goes through the real ingest, each row with the fate that is written down for it.

What is expected lies in ``tests/connectors/samples/<system>.yaml``: path below ``connectors/samples/<system>/`` to the rows
accepted, the rows quarantined by reason, and what was left out as layout. A workbook whose sheets belong to several
feeds lies beside their folders.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.contract import load_contracts
from connectors.ingest import ingest
from connectors.source import Feed, load_sources
from lake.settings import load_settings
from lake.storage import open_storage

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "connectors" / "samples"
SOURCES = ROOT / "connectors" / "sources"
EXPECTED = Path(__file__).parent / "samples"
SYSTEMS = sorted(folder.name for folder in SAMPLES.iterdir() if folder.is_dir())


def _with_open_bounds(declaration: Path, folder: Path) -> None:
    """Samples are small: how many rows a healthy delivery has says nothing about them."""
    declared = yaml.safe_load(declaration.read_text(encoding="utf-8"))
    for feed in declared["feeds"]:
        feed["bounds"]["minimum"] = 0
    folder.mkdir()
    text = yaml.safe_dump(declared, allow_unicode=True, sort_keys=False)
    (folder / declaration.name).write_text(text, encoding="utf-8")


def _fates(system: str, folder: Path, empty_lake: Path) -> dict[str, dict[str, Any]]:
    shutil.copytree(empty_lake, folder / "lake")
    shutil.copytree(SAMPLES / system, folder / "drop" / system)
    _with_open_bounds(SOURCES / f"{system}.yaml", folder / "sources")
    settings = load_settings(
        lake_url=str(folder / "lake"), work_dir=folder / "work", sources=[folder / "sources"], threads=2
    )
    result = ingest(settings, open_storage(settings), drop=str(folder / "drop"), run_id="test")
    assert [one.code for one in result.not_taken] == []
    return {
        _name(one.path.removeprefix(f"{system}/"), one.contract_id): {
            "accepted": one.rows_accepted,
            "quarantined": one.rows_quarantined,
            "refused": one.rows_refused,
            "reasons": json.loads(one.reasons),
            "unknown_columns": one.unknown_columns,
        }
        for one in result.deliveries
    }


def _samples(system: str, feed: Feed) -> Iterator[Path]:
    yield from (SAMPLES / system / feed.contract).rglob("*.*")
    if feed.reader.sheets is not None:
        yield from (SAMPLES / system).glob("*.*")


def _name(path: str, contract_id: str) -> str:
    """A workbook beside the feeds' folders belongs to several of them."""
    return path if "/" in path else f"{path} ({contract_id})"


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_row_of_a_sample_has_the_fate_written_down_for_it(system: str, tmp_path: Path, empty_lake: Path) -> None:
    written = yaml.safe_load((EXPECTED / f"{system}.yaml").read_text(encoding="utf-8"))
    usual = {"quarantined": 0, "refused": 0, "reasons": {}, "unknown_columns": []}
    assert _fates(system, tmp_path, empty_lake) == {path: {**usual, **fate} for path, fate in written.items()}


def test_every_feed_that_is_no_mere_pattern_has_a_sample() -> None:
    """A system with a way in of its own shows what it sends; those of the example region write their files anew."""
    lacking = [
        f"{source.id}/{feed.contract}"
        for source in load_sources([SOURCES], load_contracts()).values()
        for feed in source.feeds
        if source.way(feed) is not None and not any(_samples(source.id, feed))
    ]
    assert lacking == []
