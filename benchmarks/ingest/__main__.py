"""``python -m benchmarks.ingest --rows 1000000``: ratios to bare pyarrow and to dlt, forms of the same file, and
memory, in one run.

dlt lives in an environment of its own (``benchmarks/requirements-peers.txt``, made by ``make install-peers``); name its
interpreter with ``--peer-python``. Without it that ratio is left out, and the last line says so.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import watched
from benchmarks.ingest.synthetic import FORMS, write

LARGEST_RATIO_TO_BARE = 2.5
SMALLEST_RATIO_TO_DLT = 4.0
LARGEST_MEMORY_MEGABYTES = 1500
LARGEST_RATIO_OF_FORMS = 2.0
PLACE = ("bureau", "administrative_penalty")
MODULE = "benchmarks.ingest.measured"


def speed(folder: Path, rows: int, rounds: int) -> list[float]:
    """Ratios of our time to bare pyarrow's, one per round; the two take turns, so that a busy machine hits both."""
    drop = _drop(folder, rows)
    file = next(drop.rglob("*.csv"))
    ratios = []
    for number in range(rounds):
        bare = watched.measured(sys.executable, MODULE, "bare", str(file), str(folder / "bare.parquet"))
        lake = folder / f"lake{number}"
        ours = watched.measured(sys.executable, MODULE, "ours", str(drop), str(lake))
        shutil.rmtree(lake)
        ratios.append(ours["seconds"] / bare["seconds"])
        print(f"bare {bare['seconds']:.1f} s, creditlake {ours['seconds']:.1f} s: {ratios[-1]:.2f} times; {ours}")
    return ratios


def against_dlt(folder: Path, rows: int, python: str) -> float:
    """Our rows a second over dlt's; dlt gets the same file in UTF-8 with headers renamed for it."""
    renamed = folder / "renamed.csv"
    write(renamed, rows, FORMS["utf-8"], [f"column_{number}" for number in range(24)])
    peer = watched.measured(python, MODULE, "dlt", str(renamed), str(folder / "dlt"))
    ours = watched.measured(sys.executable, MODULE, "ours", str(_drop(folder, rows)), str(folder / "lake-dlt"))
    print(f"dlt {peer}, creditlake {ours['seconds']:.1f} s")
    return (ours["rows"] / ours["seconds"]) / (peer["rows"] / peer["seconds"])


def forms(folder: Path, rows: int) -> float:
    """How many times the processor time of the plain file the same rows take in the form that takes longest."""
    used = {}
    for name, form in FORMS.items():
        drop = folder / name.replace(" ", "-")
        file = drop.joinpath(*PLACE, "penalties.csv.gz" if form.packed else "penalties.csv")
        file.parent.mkdir(parents=True)
        write(file, rows, form)
        found = watched.measured(sys.executable, MODULE, "ours", str(drop), str(folder / "lake-forms"))
        shutil.rmtree(folder / "lake-forms")
        shutil.rmtree(drop)
        used[name] = found["processor_seconds"]
        print(f"{name}: {found}")
    return max(used.values()) / used["gb18030"]


def memory(folder: Path, rows: int) -> float:
    """Peak resident megabytes of an ingest of ``rows`` rows."""
    found = watched.measured(sys.executable, MODULE, "ours", str(_drop(folder, rows)), str(folder / "lake-memory"))
    print(f"{rows:,} rows: {found}")
    return found["peak_megabytes"]


def _drop(folder: Path, rows: int) -> Path:
    drop = folder / f"drop-{rows}"
    file = drop.joinpath(*PLACE, "penalties.csv")
    if not file.exists():
        file.parent.mkdir(parents=True)
        write(file, rows)
    return drop


def main() -> int:
    """Measure, print, and fail when a ratio is worse than promised."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-rows", type=int, default=5_000_000, help="0 leaves memory out")
    parser.add_argument("--form-rows", type=int, default=200_000, help="0 leaves the forms out")
    parser.add_argument("--peer-python", default=".venv-peers/bin/python")
    options = parser.parse_args()
    verdicts = {}
    with tempfile.TemporaryDirectory(prefix="benchmark-ingest-") as name:
        folder = Path(name)
        ratio = sorted(speed(folder, options.rows, options.rounds))[options.rounds // 2]
        verdicts[f"{ratio:.2f} times bare pyarrow (at most {LARGEST_RATIO_TO_BARE})"] = ratio <= LARGEST_RATIO_TO_BARE
        if Path(options.peer_python).exists():
            faster = against_dlt(folder, options.rows, options.peer_python)
            text = f"{faster:.1f} times dlt's rows a second (at least {SMALLEST_RATIO_TO_DLT})"
            verdicts[text] = faster >= SMALLEST_RATIO_TO_DLT
        if options.form_rows:
            slowest = forms(folder, options.form_rows)
            text = f"{slowest:.2f} times the plain file in the slowest form (at most {LARGEST_RATIO_OF_FORMS})"
            verdicts[text] = slowest <= LARGEST_RATIO_OF_FORMS
        if options.memory_rows:
            peak = memory(folder, options.memory_rows)
            verdicts[f"{peak:.0f} MB (below {LARGEST_MEMORY_MEGABYTES})"] = peak < LARGEST_MEMORY_MEGABYTES
    for text, holds in verdicts.items():
        print(f"{'holds' if holds else 'FAILS'}: {text}")
    if not Path(options.peer_python).exists():
        print(f"left out: dlt, as there is no {options.peer_python} (make install-peers makes it)")
    return 0 if all(verdicts.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
