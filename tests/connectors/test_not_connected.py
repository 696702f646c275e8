"""A shipped system that nobody connected: not asked, said in one line; connected it is asked; dropped files always come in."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.ingest import ingest
from tests.connectors.department_service import KEY, Department, serving
from tests.connectors.pulling_place import CONTRACT, PullingPlace, record
from tests.connectors.services import PAGINGS, problems


@pytest.fixture
def place(tmp_path: Path, empty_lake: Path, monkeypatch: pytest.MonkeyPatch) -> PullingPlace:
    """A system that ships, served over HTTP with a key, beside one whose files lie in a folder."""
    pulling_place = PullingPlace(tmp_path, empty_lake)
    way = {"kind": "http", "address": "${BUREAU_ADDRESS}",
           "authentication": {"kind": "api_key", "header": "X-Api-Key", "key_variable": "BUREAU_KEY"}}  # fmt: skip
    request = {"path": "number", **PAGINGS["number"]}
    pulling_place.declare(way, {"request": request, "mode": "full_refresh", "cadence": "on_demand"})
    monkeypatch.setattr("connectors.source.SHIPPED", pulling_place.sources)
    (pulling_place.folder / "files").mkdir()
    pulling_place.declare({"kind": "folder", "location": str(pulling_place.folder / "files")}, system="files")
    return pulling_place


def test_it_is_asked_once_it_is_connected(place: PullingPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    result = place.pull()
    assert (result.not_connected, result.not_taken) == (["bureau"], [])
    with serving(Department(sign_in="header")) as department:
        department.records = [record(1), record(2)]
        monkeypatch.setenv("BUREAU_ADDRESS", department.address)
        assert problems(place) == ["transports.variable_missing"]
        monkeypatch.setenv("BUREAU_KEY", KEY)
        assert place.pull().not_connected == []
    assert place.numbers() == [1, 2]
    monkeypatch.delenv("BUREAU_KEY")
    monkeypatch.delenv("BUREAU_ADDRESS")
    assert problems(place) == ["transports.variable_missing"], (
        "what was pulled before and is no longer connected is told"
    )


def test_its_files_come_in_through_a_drop(place: PullingPlace) -> None:
    folder = place.folder / "drop" / "bureau" / CONTRACT
    folder.mkdir(parents=True)
    rows = [record(3)]
    lines = [",".join(rows[0]), ",".join(str(value) for value in rows[0].values())]
    (folder / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = ingest(place.settings, place.lake, str(place.folder / "drop"), "drop", sources=[place.sources])
    assert [one.status for one in result.deliveries] == ["accepted"]
    assert result.not_connected == []
