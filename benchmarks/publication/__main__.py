"""``python -m benchmarks.publication``: releases and workbooks against bare peers, figures as ratios of one run.

Peers: pyarrow (the same profiles read and written as zstd Parquet, nothing else) for a release, XlsxWriter in constant
memory for a workbook.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import duckdb
import pyarrow.parquet as pq
import xlsxwriter

from benchmarks.publication import warehouse
from lake.progress import Silent
from lake.settings import Settings, load_settings
from lake.storage import open_storage
from publication import publish
from publication.dataset import load_datasets
from publication.manifest import ReleaseColumn
from publication.parts import Part
from publication.publish import WAREHOUSE, Options
from publication.workbook import Edition, Limits, Rows, write_workbooks

WORKBOOK_COLUMNS = 12
WORKBOOK_ROWS = "workbook.duckdb"
WORKBOOK_BOUNDS = {"seconds": 10.0, "megabytes": 200.0}
"""Of 100,000 rows, in the whole process (issue: what may be published)."""


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def release(folder: Path, profiles: int) -> dict[str, float]:
    """First release, nothing new, one percent changed."""
    settings = load_settings(lake_url=str(folder / "lake"), threads=2)
    file = settings.work_dir / WAREHOUSE
    warehouse.make(file, profiles, 10_000)
    models = folder / "models"
    warehouse.write_models(models, file)
    figures = {"pyarrow_copy": timed(lambda: bare_copy(file, folder / "bare.parquet"))}
    figures["first"] = timed(lambda: run(settings, models))
    figures["nothing_new"] = timed(lambda: run(settings, models))
    warehouse.change_one_percent(file)
    figures["one_percent"] = timed(lambda: run(settings, models))
    return figures


def run(settings: Settings, models: Path) -> None:
    """One publish."""
    result = publish(settings, open_storage(settings), "benchmark", Silent(), options=Options(models_folder=models))
    print(result.model_dump_json(), file=sys.stderr)


def bare_copy(file: Path, target: Path) -> None:
    """The peer: profiles to one zstd Parquet file, sorted by nothing, checked by nothing."""
    with duckdb.connect(file, read_only=True) as connection:
        reader = connection.execute("select * from profile.enterprise_profile").to_arrow_reader(100_000)
        with pq.ParquetWriter(target, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)


def workbook(folder: Path, rows: int, peer: bool) -> dict[str, float]:
    """One workbook of ``rows`` rows and 12 columns, by us or by the peer; seconds and peak megabytes."""
    with duckdb.connect(folder / WORKBOOK_ROWS, read_only=True) as connection:
        connection.execute("set threads = 2")
        start = perf_counter()
        (peer_workbook if peer else own_workbook)(connection, folder, rows)
        seconds = perf_counter() - start
    return {"seconds": seconds, "megabytes": peak_kilobytes() / 1024}


def peak_kilobytes() -> int:
    """Peak resident memory of this process since it was started (``ru_maxrss`` would include the parent's)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def columns_of(connection: duckdb.DuckDBPyConnection) -> list[ReleaseColumn]:
    """The first twelve columns of the penalties after the record id."""
    found = connection.execute(
        "select column_name, data_type from duckdb_columns() where table_name = 'public_penalty' order by column_index"
    ).fetchall()
    return [
        ReleaseColumn(name=name, title=name, description="", type=kind)
        for name, kind in found[1 : WORKBOOK_COLUMNS + 1]
    ]


def own_workbook(connection: duckdb.DuckDBPyConnection, folder: Path, count: int) -> None:
    """Cover, dictionary and data as a release has them."""
    dataset = next(entry for entry in load_datasets() if entry.id == "public_penalty")
    rows = Rows(connection, "publicity.public_penalty", Part("all", count, ""), columns_of(connection))
    write_workbooks(rows, dataset, Edition("benchmark", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)), folder, Limits())


def peer_workbook(connection: duckdb.DuckDBPyConnection, folder: Path, count: int) -> None:
    """XlsxWriter in constant memory, data sheet only."""
    columns = columns_of(connection)
    book = xlsxwriter.Workbook(folder / "peer.xlsx", {"constant_memory": True, "strings_to_urls": False})
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    names = ", ".join(column.name for column in columns)
    cursor = connection.execute(f"select {names} from publicity.public_penalty limit {count}")
    row = 0
    while batch := cursor.fetchmany(5_000):
        for values in batch:
            row += 1
            for index, value in enumerate(values):
                if isinstance(value, dt.date):
                    sheet.write_datetime(row, index, dt.datetime(value.year, value.month, value.day), date)
                elif isinstance(value, str):
                    sheet.write_string(row, index, value)
                else:
                    sheet.write_number(row, index, value)
    book.close()


def in_own_process(folder: Path, rows: int, peer: bool) -> dict[str, float]:
    """A workbook in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, "-m", "benchmarks.publication", "--workbook", str(rows), "--folder", str(folder)]
    answer = subprocess.run([*command, *(["--peer"] if peer else [])], check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(answer.stdout)
    return figures


def main() -> int:
    """Run all and print one JSON object; 1 when a bound of the workbook is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--workbook", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--peer", action="store_true")
    arguments = parser.parse_args()
    if arguments.workbook:
        print(json.dumps(workbook(arguments.folder, arguments.workbook, arguments.peer)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = release(folder, arguments.profiles)
        warehouse.make(folder / WORKBOOK_ROWS, 0, 100_000)
        own, peer = in_own_process(folder, 100_000, False), in_own_process(folder, 100_000, True)
    ratios = {
        "release_to_pyarrow_copy": figures["first"] / figures["pyarrow_copy"],
        "one_percent_to_first": figures["one_percent"] / figures["first"],
        "workbook_to_xlsxwriter": own["seconds"] / peer["seconds"],
    }
    print(json.dumps({"release": figures, "workbook": own, "xlsxwriter": peer, "ratios": ratios}, indent=2))
    return 1 if any(own[key] > bound for key, bound in WORKBOOK_BOUNDS.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
