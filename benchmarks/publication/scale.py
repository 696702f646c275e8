"""``python -m benchmarks.publication.scale``: a region's whole release: 1,000,000 enterprises and 3,000,000 published records.

First release, one record taken down at once, one percent changed, and the difference of the last two. Ends with code 1 when
a bound is missed; the decisions of publicity are the build's and not in these figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import duckdb

from benchmarks.publication import warehouse
from benchmarks.publication.__main__ import peak_kilobytes, timed
from expectations import gate
from lake.progress import Silent
from lake.settings import Settings, load_settings
from lake.storage import open_storage
from publication import Approver, list_releases, publish
from publication.changes import diff
from publication.publish import WAREHOUSE, Options
from publication.urgent import withdraw

BOUNDS = {"first": 180.0, "urgent": 10.0, "diff": 15.0, "megabytes": 6_000.0}
"""Seconds on two cores, and megabytes of memory (issue: what may be published)."""

TAKEN_DOWN = "md5('527')"
"""A licence whose code is that of a profile."""


def make(file: Path, enterprises: int) -> None:
    """Twice as many penalties as enterprises, in all divisions, and as many licences."""
    warehouse.make(file, enterprises, 2 * enterprises)
    with duckdb.connect(file) as connection:
        connection.execute(f"""
            create or replace table publicity.public_licence as from publicity.public_penalty limit {enterprises};
            update publicity.public_penalty set uscc = '9199' || lpad((1 + hash(record_id) % 31)::text, 2, '0')
                || lpad((1 + hash(uscc) % 17)::text, 2, '0') || substr(uscc, 9)""")


def change_one_percent(file: Path) -> None:
    """A hundredth of the penalties and of the profiles, all over the divisions: no part stays as it is."""
    with duckdb.connect(file) as connection:
        connection.execute("""
            update publicity.public_penalty set fine_amount_yuan = 1 where hash(record_id) % 100 = 0;
            update profile.enterprise_profile set registration_status = '变更' where hash(uscc) % 100 = 0""")


def measure(settings: Settings, models: Path) -> dict[str, float]:
    """Seconds of each, and the peak of memory."""
    storage, options = open_storage(settings), Options(models_folder=models)
    file = settings.work_dir / WAREHOUSE
    approver = Approver(name="benchmark", reason="benchmark")

    def judge() -> object:
        return gate(settings, storage, "benchmark", Silent(), is_approved=True)

    def release() -> None:
        publish(settings, storage, "benchmark", Silent(), judge(), options=options)  # type: ignore[arg-type]

    figures = {"first": timed(release)}
    with duckdb.connect(file, read_only=True) as connection:
        [record] = connection.execute(f"select {TAKEN_DOWN}").fetchone() or [""]
    given = (settings, storage, [record], "repaired", "benchmark", Silent())
    figures["urgent"] = timed(lambda: withdraw(*given, judge(), approver=approver, options=options))  # type: ignore[arg-type]
    change_one_percent(file)
    figures["one_percent"] = timed(release)
    after, before = list_releases(storage)[:2]
    figures["diff"] = timed(lambda: diff(storage, before, after))
    figures["megabytes"] = peak_kilobytes() / 1024
    return figures


def main() -> int:
    """Print one JSON object; 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enterprises", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        settings = load_settings(lake_url=str(Path(name) / "lake"), threads=2, memory_megabytes=2_000)
        file = settings.work_dir / WAREHOUSE
        make(file, arguments.enterprises)
        models = Path(name) / "models"
        warehouse.write_models(models, file)
        figures = measure(settings, models)
    missed = {key: bound for key, bound in BOUNDS.items() if figures[key] > bound}
    print(json.dumps({"figures": figures, "missed": missed}, indent=2))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
