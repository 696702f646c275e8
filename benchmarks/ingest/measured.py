"""The things that are timed, each in a process of its own: ``python -m benchmarks.ingest.measured <what> …``.

Prints one JSON object with ``seconds`` (start-up of the tools not counted) and what was done.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

THREADS = 2


def bare(file: str, out: str) -> dict[str, object]:
    """Pyarrow: read the GB18030 file, write zstd Parquet."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    pa.set_cpu_count(THREADS)
    started, used = time.perf_counter(), time.process_time()
    table = csv.read_csv(file, read_options=csv.ReadOptions(encoding="gb18030"))
    parquet.write_table(table, out, compression="zstd")
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    return {"seconds": seconds, "processor_seconds": processor, "rows": table.num_rows}


def ours(drop: str, lake: str) -> dict[str, object]:
    """Creditlake: from the drop folder to committed bronze with all checks."""
    import pyarrow as pa

    from connectors.ingest import ingest
    from lake.settings import load_settings
    from lake.storage import open_storage

    pa.set_cpu_count(THREADS)
    sources = Path(lake).with_suffix(".sources")
    sources.mkdir(exist_ok=True)
    settings = load_settings(lake_url=lake, threads=THREADS, sources=[sources])
    storage = open_storage(settings)
    started, used = time.perf_counter(), time.process_time()
    one = ingest(settings, storage, drop=drop, run_id="benchmark").deliveries[0]
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    names = ("status", "rows_read", "rows_accepted", "rows_quarantined", "rows_repeated")
    return {
        "seconds": seconds,
        "processor_seconds": processor,
        "rows": one.rows_read,
        **{name: getattr(one, name) for name in names},
    }


def dlt(file: str, work: str) -> dict[str, object]:
    """Dlt: its own ``read_csv`` of the UTF-8 copy, into Parquet files."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["EXTRACT__WORKERS"] = os.environ["NORMALIZE__WORKERS"] = str(THREADS)
    import dlt as peer
    from dlt.sources.filesystem import filesystem, read_csv

    path = Path(file)
    pipeline = peer.pipeline(
        "benchmark", pipelines_dir=work, destination=peer.destinations.filesystem(f"file://{work}/out")
    )
    files = filesystem(bucket_url=f"file://{path.parent}", file_glob=path.name)
    started = time.perf_counter()
    pipeline.run((files | read_csv(dtype="str")).with_name("penalty"), loader_file_format="parquet")
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "rows": pipeline.last_trace.last_normalize_info.row_counts["penalty"]}


if __name__ == "__main__":
    print(json.dumps({"bare": bare, "ours": ours, "dlt": dlt}[sys.argv[1]](*sys.argv[2:])))
