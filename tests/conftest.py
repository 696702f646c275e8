"""Fixtures that tests of several rooms share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from lake.messages import set_language
from tests.servers import PostgreSQL, SeaweedFS, postgresql_server, seaweedfs_server


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """A real object store (SeaweedFS from its wheel), one for the session; take ``new_prefix()`` for your lake."""
    with seaweedfs_server(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    """A real PostgreSQL with the empty database ``prefect``."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Every test begins in the default language, whatever the one before it chose."""
    set_language("zh")
    yield
    set_language("zh")
