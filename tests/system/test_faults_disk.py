"""kill -9 after the n-th write to a lake on disk or to its work folder: the next run ends as if nothing had happened."""

from __future__ import annotations

import pytest

from tests.system.fault_lakes import MARKS, Undisturbed, check_kills, undisturbed_lake
from tests.system.fault_stages import PLACES, STAGES, Place

pytestmark = MARKS

CASES = [("disk", stage, place) for stage in STAGES for place in PLACES if (stage, place) != ("ingest", "work")]
"""Ingest keeps nothing in the work folder."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A lake on disk, its state before each stage kept."""
    return undisturbed_lake(tmp_path_factory.mktemp("faults-disk"), None, {})


@pytest.mark.parametrize(("storage", "stage", "place"), CASES)
def test_killed_run_is_finished_by_the_next(lake: Undisturbed, storage: str, stage: str, place: Place) -> None:
    check_kills(lake, storage, stage, place)
