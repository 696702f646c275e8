"""The pulls that are timed, each in a process of its own: ``python -m benchmarks.pulls.measured WHAT PLACE FOLDER [PAGING]``.

Prints one JSON object with ``seconds`` (start-up of the tools not counted) and what was done.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

THREADS = 2
PAGE_ROWS = 1000
CONTRACT = "administrative_penalty"
PAGINGS: dict[str, dict[str, Any]] = {
    "offset": {"kind": "offset", "limit": PAGE_ROWS, "total": "data.total"},
    "number": {"kind": "page_number", "size_parameter": "size", "size": PAGE_ROWS, "total": "data.total"},
}
PEER_PAGINGS: dict[str, dict[str, Any]] = {
    "offset": {"type": "offset", "limit": PAGE_ROWS, "total_path": "data.total"},
    "number": {"type": "page_number", "base_page": 1, "total_path": None},
}


def ours(way_in: dict[str, Any], feed: dict[str, Any], folder: str) -> dict[str, object]:
    """Creditlake: from the first question to committed bronze, the original kept and every check done."""
    import pyarrow as pa
    import pyarrow.dataset  # imports are not counted
    import yaml

    from connectors.ingest import ingest
    from connectors.transports import database_pull, http_pull, postgresql  # noqa: F401
    from lake.settings import load_settings
    from lake.storage import open_storage

    pa.set_cpu_count(THREADS)
    sources = Path(folder) / "sources"
    sources.mkdir(parents=True)
    usual = {"contract": CONTRACT, "mode": "full_refresh", "bounds": {"minimum": 1, "maximum": 10_000_000}}
    declared = {
        "id": "bureau",
        "name": "示例局",
        "department": "示例市市场监督管理局",
        "owner": {"name": "数据科"},
        "way_in": way_in,
        "feeds": [{**usual, **feed}],
    }
    (sources / "bureau.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    settings = load_settings(
        lake_url=f"{folder}/lake", work_dir=Path(folder) / "work", threads=THREADS, sources=[sources]
    )
    storage = open_storage(settings)
    started, used = time.perf_counter(), time.process_time()
    result = ingest(settings, storage, run_id="benchmark")
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    if result.not_taken or any(one.status != "accepted" for one in result.deliveries):
        raise SystemExit(str(result))
    rows = {name: sum(getattr(one, name) for one in result.deliveries) for name in ("rows_read", "rows_accepted")}
    return {"seconds": seconds, "processor_seconds": processor, "rows": rows["rows_read"], **rows}


def ours_database(place: str, folder: str) -> dict[str, object]:
    """The whole table, in one snapshot."""
    os.environ["BENCHMARK_USER"] = "postgres"
    way = {"kind": "postgresql", "address": f"postgresql:///postgres?host={place}", "user_variable": "BENCHMARK_USER"}
    return ours(way, {"table": {"name": "penalty"}, "header": {"ignore": ["id", "gxsj"]}}, folder)


def ours_service(place: str, folder: str, paging: str) -> dict[str, object]:
    """The whole list, safe against rows that move while it is read."""
    request = {"path": paging, "records": "data.list", "paging": PAGINGS[paging]}
    return ours({"kind": "http", "address": place}, {"request": request}, folder)


def _pipeline(folder: str) -> Any:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["EXTRACT__WORKERS"] = os.environ["NORMALIZE__WORKERS"] = os.environ["LOAD__WORKERS"] = str(THREADS)
    os.environ["SCHEMA__NAMING"] = "direct"  # its own naming makes one name of all Chinese ones
    import dlt

    return dlt.pipeline(
        "benchmark",
        pipelines_dir=folder,
        dataset_name="pulled",
        destination=dlt.destinations.filesystem(f"file://{folder}/out"),
    )


def _timed(pipeline: Any, source: Any, table: str) -> dict[str, object]:
    started, used = time.perf_counter(), time.process_time()
    pipeline.run(source, loader_file_format="parquet", write_disposition="replace")
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    rows = pipeline.last_trace.last_normalize_info.row_counts[table]
    return {"seconds": seconds, "processor_seconds": processor, "rows": rows}


def dlt_database(place: str, folder: str) -> dict[str, object]:
    """Dlt: ``sql_database`` with its Arrow backend, into Parquet files."""
    pipeline = _pipeline(folder)
    from dlt.sources.sql_database import sql_database

    address = f"postgresql+psycopg2://postgres@/postgres?host={place}"
    source = sql_database(address, table_names=["penalty"], backend="pyarrow", chunk_size=50_000)
    return _timed(pipeline, source, "penalty")


def dlt_service(place: str, folder: str, paging: str) -> dict[str, object]:
    """Dlt: ``rest_api``, into Parquet files."""
    pipeline = _pipeline(folder)
    from dlt.sources.rest_api import rest_api_source

    parameters = {"size": PAGE_ROWS} if paging == "number" else {}
    endpoint = {
        "path": paging,
        "params": parameters,
        "data_selector": "data.list",
        "paginator": PEER_PAGINGS[paging],
    }
    config: Any = {"client": {"base_url": place}, "resources": [{"name": "penalty", "endpoint": endpoint}]}
    return _timed(pipeline, rest_api_source(config), "penalty")


if __name__ == "__main__":
    what = {one.__name__: one for one in (ours_database, ours_service, dlt_database, dlt_service)}
    print(json.dumps(what[sys.argv[1]](*sys.argv[2:])))
