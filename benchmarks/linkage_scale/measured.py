"""One step in a process of its own: ``python -m benchmarks.linkage_scale.measured STEP LAKE MEGABYTES ENTERPRISES RECORDS``.

``deliver`` and ``deliver_more`` make bronze; ``link`` and ``link_more`` read what is new and run the identity models with all
they stand on, from nothing and on what is there. Prints one JSON object; ``seconds`` begin when the tools have started.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date

from benchmarks.linkage_scale import region
from lake.settings import Settings, load_settings
from lake.storage import Storage, open_storage

RECORDS_PER_ENTERPRISE = 3.22
"""Of the example region, without the register."""
MODELS = ("+subject_link", "+link_state", "+review_queue", "+review_candidate")
ONE_PERCENT = 0.01


def main() -> int:
    """Run the step that the command line names."""
    step, lake, megabytes, enterprises, records = sys.argv[1:]
    settings = load_settings(lake_url=lake, threads=2, memory_megabytes=int(megabytes))
    storage, count = open_storage(settings), int(enterprises)
    with_records = min(count, round(int(records) / RECORDS_PER_ENTERPRISE))
    steps: dict[str, Callable[[], dict[str, object]]] = {
        "deliver": lambda: _deliver(storage, count, with_records),
        "deliver_more": lambda: _deliver_more(storage, count, with_records),
        "link": lambda: _link(settings, storage, ["--full-refresh", "--resource-type", "seed"]),
        "link_more": lambda: _link(settings, storage, []),
    }
    print(json.dumps(steps[step](), ensure_ascii=False))
    return 0


def _first(with_records: int) -> int:
    return round(with_records * (1 - ONE_PERCENT))


def _deliver(storage: Storage, count: int, with_records: int) -> dict[str, object]:
    started = time.perf_counter()
    region.prepare(storage)
    made = region.deliver(storage, count, 0, count, register=True)
    made |= region.deliver(storage, count, 0, _first(with_records), register=False)
    return {"seconds": time.perf_counter() - started, "records": made}


def _deliver_more(storage: Storage, count: int, with_records: int) -> dict[str, object]:
    started = time.perf_counter()
    made = region.deliver(storage, count, _first(with_records), with_records, register=False)
    return {"seconds": time.perf_counter() - started, "records": made}


def _link(settings: Settings, storage: Storage, arguments: list[str]) -> dict[str, object]:
    from dbt.adapters.duckdb import connections  # noqa: F401

    from linkage import companion
    from transforms.dbt_runner import run_dbt

    settings.work_dir.mkdir(parents=True, exist_ok=True)
    run_dbt(settings, storage, ["parse"])
    started, processor = time.perf_counter(), time.process_time()
    read = companion.update(settings, storage, "benchmark")
    command = ["build", "--no-write-json", "--resource-type", "model", *arguments, "--select", *MODELS]
    nodes = run_dbt(settings, storage, command, day=date(2026, 11, 26))
    return {
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - processor,
        "subjects_read": read.subjects,
        "reading_seconds": read.seconds,
        "warehouse_megabytes": round((settings.work_dir / "warehouse.duckdb").stat().st_size / 1e6),
        "nodes": {one.name: round(one.seconds, 2) for one in sorted(nodes, key=lambda one: -one.seconds)[:20]},
    }


if __name__ == "__main__":
    raise SystemExit(main())
