"""``python -m benchmarks``: every benchmark of this folder, one after the other, and at the end which of them held.

``--only NAME`` (several times) takes some of them. Each prints its own figures; a benchmark that ends with another code
than 0 missed a bound, and so does this.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The benchmarks: the packages here that can be run."""
    return sorted(main.parent.name for main in FOLDER.glob("*/__main__.py"))


def main() -> int:
    """Run the benchmarks; 0 when all of them held."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=names(), help="a benchmark; all when left out")
    verdicts = []
    for name in parser.parse_args().only or names():
        print(f"== {name}", flush=True)
        started = time.perf_counter()
        code = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
        verdicts.append((name, code, time.perf_counter() - started))
    print("== result")
    for name, code, seconds in verdicts:
        print(f"{'holds' if code == 0 else f'FAILS (code {code})'}: {name}, {seconds:.0f} s")
    return 0 if all(code == 0 for _, code, _ in verdicts) else 1


if __name__ == "__main__":
    raise SystemExit(main())
