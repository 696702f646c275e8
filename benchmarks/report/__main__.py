"""``python -m benchmarks.report``: a credit report of 200 records from a release of 100,000 enterprises.

The bound is 0.5 s a report. Peer: Typst alone, setting the same text as one list in the same font.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import duckdb
import typst

from benchmarks.publication import warehouse
from lake.progress import Silent
from lake.settings import load_settings
from lake.storage import open_storage
from publication import publish
from publication.publish import WAREHOUSE, Options
from publication.report import issue
from publication.report.model import Question
from publication.report.typesetting import CHINESE_FONTS

ENTERPRISES, RECORDS, TRIES, BOUND_SECONDS = 100_000, 200, 5, 0.5


def main() -> int:
    """Print seconds and ratios; 0 when the bound holds."""
    with tempfile.TemporaryDirectory() as name:
        settings = load_settings(lake_url=f"{name}/lake", threads=2)
        code = make_release(Path(name), settings)
        storage = open_storage(settings)
        first = timed(lambda: issue.make(storage, settings, Question(uscc=code)))
        again = [
            timed(lambda: issue.make(storage, settings, Question(uscc=code, scope="市场监管"))) for _ in range(TRIES)
        ]
        command = [sys.executable, "-m", "creditlake", "report", "make", code, "--lake", settings.lake_url]
        process = timed(lambda: subprocess.run([*command, "--out", name], check=True, capture_output=True))
        text = " ".join(map(str, issue.content_of(storage, settings, Question(uscc=code)).model_dump().values()))
        peer = timed(lambda: bare_typst(text))
    figures = {"first": first, "later": median(again), "command": process, "typst_alone": peer}
    print(json.dumps({**figures, "ratio_to_typst": first / peer, "bound": BOUND_SECONDS}, indent=2))
    return 0 if first < BOUND_SECONDS else 1


def timed(work: Any) -> float:
    """Seconds that ``work`` takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def make_release(folder: Path, settings: Any) -> str:
    """Publish a release in which one enterprise has ``RECORDS`` penalties; returns its code."""
    file = settings.work_dir / WAREHOUSE
    warehouse.make(file, ENTERPRISES, ENTERPRISES)
    with duckdb.connect(file) as connection:
        found = connection.execute(
            "select uscc from profile.enterprise_profile order by uscc limit 1 offset 777"
        ).fetchone()
        assert found
        connection.execute(
            "update publicity.public_penalty set uscc = ? where record_id in "
            f"(select record_id from publicity.public_penalty order by record_id limit {RECORDS})",
            [found[0]],
        )
    warehouse.write_models(folder / "models", file)
    publish(settings, open_storage(settings), "benchmark", Silent(), options=Options(models_folder=folder / "models"))
    return str(found[0])


def bare_typst(text: str) -> bytes:
    """The same characters, set by Typst without tables or chapters."""
    fonts = json.dumps(list(CHINESE_FONTS))
    source: Any = {
        "main": b'#set text(font: json("fonts.json"))\n#read("text.txt")',
        "fonts.json": fonts.encode(),
        "text.txt": text.encode(),
    }
    return bytes(typst.compile(source, format="pdf"))


if __name__ == "__main__":
    raise SystemExit(main())
