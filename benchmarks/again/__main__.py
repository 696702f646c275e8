"""``python -m benchmarks.again``: a first run on the real records, a second with nothing new, a third with 1 % more.

``CREDITLAKE_REAL_DATA`` names the folder of the real records. One row in a hundred of the national register is held back
for the third run and comes as one new file of a feed of increments; so all three runs see only what was really registered.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

LARGEST_SHARE_UNCHANGED = 0.2
LARGEST_SHARE_ONE_PERCENT = 0.1
"""Of the first run, on top of what a run with nothing new takes."""

VARIABLE = "CREDITLAKE_REAL_DATA"
DECLARED = Path(__file__).parents[2] / "tests" / "real" / "sources"
REGISTER = "registry_national.parquet"
HELD_BACK = "registry_additions.parquet"
ADDITIONS = """\
id: registry_additions
name: 全国登记名录增量
department: 市场监管
owner: {name: 实测数据}
way_in: {kind: folder, location: "${CREDITLAKE_REAL_DATA}"}
feeds:
  - contract: enterprise_registration
    mode: increment
    files: [registry_additions.parquet]
    bounds: {minimum: 8800, maximum: 22000, period: day}
    header: {ignore: [src_year, src_prov, src_line]}
"""


def prepare(real: Path, folder: Path) -> None:
    """Ways in and declarations: all real files, the register without the rows that are held back."""
    ways, sources = folder / "records", folder / "sources"
    shutil.copytree(DECLARED, sources)
    (sources / "registry_additions.yaml").write_text(ADDITIONS, encoding="utf-8")
    ways.mkdir()
    for file in real.iterdir():
        if file.is_file() and file.name not in {REGISTER, "sealed.bin"}:
            shutil.copy2(file, ways / file.name)
    numbered = f"read_parquet('{real / REGISTER}', file_row_number = true)"
    rows = f"(select *, file_row_number % 100 = 37 as is_held_back from {numbered})"
    for name, condition in ((REGISTER, "not is_held_back"), (HELD_BACK, "is_held_back")):
        place = (ways if name == REGISTER else folder) / name
        duckdb.sql(
            f"copy (select * exclude (is_held_back, file_row_number) from {rows} where {condition}) to '{place}'"
            " (format parquet, compression zstd)"
        )


def measured(folder: Path, name: str) -> dict[str, Any]:
    """One run in a process of its own."""
    environment = {**os.environ, VARIABLE: str(folder / "records")}
    command = [sys.executable, "-m", "benchmarks.again.measured", str(folder / "sources"), str(folder / "lake")]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {json.dumps(found, ensure_ascii=False)}", flush=True)
    return found


def versions(lake: Path) -> set[str]:
    """Commits of all Delta tables, and the files of all releases."""
    files = (path.relative_to(lake).as_posix() for path in lake.rglob("*") if path.is_file())
    return {path for path in files if "/_delta_log/" in path or path.startswith("releases/")}


def three_runs(folder: Path) -> dict[str, bool]:
    """Verdicts on the second and the third run."""
    first = measured(folder, "first run")
    before = versions(folder / "lake")
    second = measured(folder, "nothing new")
    verdicts = {"nothing new: no new table version": versions(folder / "lake") == before}
    (folder / HELD_BACK).rename(folder / "records" / HELD_BACK)
    third = measured(folder, "one new file of 1 %")
    for kind in ("seconds", "processor_seconds"):
        unchanged = second[kind] / first[kind]
        added = (third[kind] - second[kind]) / first[kind]
        print(f"{kind}: nothing new {unchanged:.3f} of the first run, 1 % more {added:.3f} of it on top of that")
    unchanged = second["seconds"] / first["seconds"]
    added = (third["seconds"] - second["seconds"]) / first["seconds"]
    verdicts[f"nothing new: {unchanged:.3f} (below {LARGEST_SHARE_UNCHANGED})"] = unchanged < LARGEST_SHARE_UNCHANGED
    verdicts[f"1 % more: {added:.3f} (at most {LARGEST_SHARE_ONE_PERCENT})"] = added <= LARGEST_SHARE_ONE_PERCENT
    return verdicts


def main() -> int:
    """Measure, print, and fail when a share is larger than promised."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.again")
    parser.add_argument("--folder", type=Path, help="an empty or new folder to work in and to keep")
    options = parser.parse_args()
    if not os.environ.get(VARIABLE):
        print(f"left out: {VARIABLE} does not name the folder of the real records")
        return 0
    with tempfile.TemporaryDirectory(prefix="benchmark-again-") as name:
        folder = (options.folder or Path(name)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        prepare(Path(os.environ[VARIABLE]), folder)
        verdicts = three_runs(folder)
    for text, holds in verdicts.items():
        print(f"{'holds' if holds else 'FAILS'}: {text}")
    return 0 if all(verdicts.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
