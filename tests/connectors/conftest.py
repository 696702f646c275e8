"""Fixtures of the tests of ways in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.transports import service
from tests.connectors.department_service import KEY, SECRET, Department, serving
from tests.connectors.pulling_place import PullingPlace, make_empty_lake


@pytest.fixture
def department() -> Iterator[Department]:
    with serving(Department()) as made:
        yield made


@pytest.fixture(scope="session")
def empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_empty_lake(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def place(tmp_path: Path, empty_lake: Path, monkeypatch: pytest.MonkeyPatch) -> PullingPlace:
    monkeypatch.setattr(service, "FIRST_WAIT_SECONDS", 0.01)
    for name, value in (("BUREAU_KEY", KEY), ("BUREAU_SECRET", SECRET)):
        monkeypatch.setenv(name, value)
    return PullingPlace(tmp_path, empty_lake)
