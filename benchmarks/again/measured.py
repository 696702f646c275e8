"""One whole run in a process of its own: ``python -m benchmarks.again.measured SOURCES LAKE``.

Prints one JSON object: ``seconds`` and ``processor_seconds`` of the run, of each step, and of the start-up of the tools,
which is their imports and dbt's first look at the project, all before the clock of the run starts.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

TOOLS = ("dbt.cli.main", "dbt.adapters.duckdb", "great_expectations", "deltalake", "prefect", "connectors.ingest")
"""What a run imports on its way."""

DEEP = ("great_expectations.expectations", "expectations", "publication.publish", "linkage.companion", "transforms")


def start_tools() -> None:
    """Import everything a run needs, and let dbt read the project once, in a folder that is thrown away."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    for name in (*TOOLS, *DEEP):
        import_module(name)
    from lake.settings import load_settings
    from lake.storage import open_storage
    from transforms.dbt_runner import run_dbt

    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(lake_url=folder, work_dir=str(Path(folder) / "work"))
        run_dbt(settings, open_storage(settings), ["parse"])


def run(sources: Path, lake: Path) -> dict[str, object]:
    """The main job, step by step."""
    from flows.job import STEPS
    from flows.single import run_steps
    from lake.settings import load_settings

    settings = load_settings(lake_url=str(lake))
    begun, processor = time.perf_counter(), time.process_time()
    result = run_steps(settings, STEPS, sources=[sources])
    return {
        "seconds": time.perf_counter() - begun,
        "processor_seconds": time.process_time() - processor,
        "state": result.state,
        "steps": {step.name: step.seconds for step in result.steps},
        "build": {
            name: step.result.get(name) for step in result.steps if step.name == "build" for name in ("mode", "slowest")
        },
        "rows": sum(one["rows_read"] for one in result.steps[0].result["deliveries"]),
    }


def main() -> int:
    """Start the tools, run, print."""
    begun, processor = time.perf_counter(), time.process_time()
    start_tools()
    started = {
        "start_up_seconds": time.perf_counter() - begun,
        "start_up_processor_seconds": time.process_time() - processor,
    }
    print(json.dumps(started | run(Path(sys.argv[1]), Path(sys.argv[2]))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
