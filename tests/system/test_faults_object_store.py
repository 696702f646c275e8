"""kill -9 after the n-th write to a lake on an object store: the next run ends as if nothing had happened.

In a file of its own, so that two processors share the kills.
"""

from __future__ import annotations

import os

import pytest

from tests.servers import SeaweedFS
from tests.system.fault_lakes import MARKS, Undisturbed, check_kills, undisturbed_lake
from tests.system.fault_stages import STAGES, Place
from tests.system.s3_proxy import CountingProxy

pytestmark = MARKS

CASES = [("s3", stage, "storage") for stage in STAGES]
"""The work folder is a local one here too; its writes are killed beside the lake on disk."""


@pytest.fixture(scope="module")
def lake(seaweedfs: SeaweedFS, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A lake on SeaweedFS, its state before each stage kept."""
    os.environ.update({name: value for name, value in seaweedfs.environment.items() if name.startswith("AWS_")})
    folder = tmp_path_factory.mktemp("faults-s3")
    return undisturbed_lake(folder, CountingProxy(seaweedfs.url), seaweedfs.environment)


@pytest.mark.parametrize(("storage", "stage", "place"), CASES)
def test_killed_run_is_finished_by_the_next(lake: Undisturbed, storage: str, stage: str, place: Place) -> None:
    check_kills(lake, storage, stage, place)
