"""``python -m benchmarks.publication.scale``: a region's whole release: 1,000,000 enterprises and 3,000,000 published records.

The decisions of publicity by the build's own models, the first release, one record taken down at once, one percent changed,
and the difference of the last two. Ends with code 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import duckdb

from benchmarks.publication import decisions
from benchmarks.publication.__main__ import peak_kilobytes, timed
from expectations import gate
from lake.progress import Silent
from lake.settings import Settings, load_settings
from lake.storage import open_storage
from publication import Approver, list_releases, publish
from publication.changes import diff
from publication.publish import WAREHOUSE, Options
from publication.urgent import withdraw
from publication.withdrawal import End

BOUNDS = {"decisions_and_release": 180.0, "urgent": 10.0, "diff": 15.0, "megabytes": 6_000.0}
"""Seconds on two cores, and megabytes of memory (issue: what may be published)."""

TAKEN_DOWN = "select md5('licence527')"
"""A licence of an enterprise that has a profile."""


def measure(settings: Settings, enterprises: int) -> dict[str, float]:
    """Seconds of each, and the peak of memory."""
    storage, options = open_storage(settings), Options()
    file = settings.work_dir / WAREHOUSE
    approver = Approver(name="benchmark", reason="benchmark")

    def judge() -> object:
        return gate(settings, storage, "benchmark", Silent(), is_approved=True)

    def release() -> None:
        publish(settings, storage, "benchmark", Silent(), judge(), options=options)  # type: ignore[arg-type]

    figures: dict[str, float] = {}

    def step(name: str, work: Callable[[], object]) -> None:
        processor = process_time()
        figures[name] = timed(work)
        figures[f"{name}_processor_seconds"] = process_time() - processor

    step("prepared", lambda: decisions.prepare(settings, storage, enterprises))
    step("decisions", lambda: decisions.decide(settings, storage))
    step("profiles", lambda: decisions.profiles(settings, storage))
    step("first", release)
    figures["decisions_and_release"] = figures["decisions"] + figures["first"]
    with duckdb.connect(file, read_only=True) as connection:
        [record] = connection.execute(TAKEN_DOWN).fetchone() or [""]
    given = (settings, storage, [End(record, "repaired")], "benchmark", Silent())
    step("urgent", lambda: withdraw(*given, judge(), approver=approver, options=options))  # type: ignore[arg-type]
    decisions.change_one_percent(file)
    step("one_percent", release)
    after, before = list_releases(storage)[:2]
    step("diff", lambda: diff(storage, before, after))
    figures["megabytes"] = peak_kilobytes() / 1024
    return figures


def main() -> int:
    """Print one JSON object; 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enterprises", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        settings = load_settings(lake_url=str(Path(name) / "lake"), threads=2, memory_megabytes=4_000)
        figures = measure(settings, arguments.enterprises)
    missed = {key: bound for key, bound in BOUNDS.items() if figures[key] > bound}
    print(json.dumps({"figures": figures, "missed": missed}, indent=2))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
