"""``python -m benchmarks.faults``: kill -9 after every storage write, and more random histories than ``make test-all``.

The tests are those of ``make test-all`` with their bounds taken off. ``--only STAGE`` takes one stage of the main job.
Ends with code 0 when every killed run was finished by the next one, and every history built alike in one go and in steps.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EVERY_WRITE = "0"
HISTORIES = "5"
FAULTS = ("tests/system/test_faults_disk.py", "tests/system/test_faults_object_store.py")


def main() -> int:
    """Run the tests; their exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--only", default="", help="part of the tests' names, such as disk-ingest")
    only = parser.parse_args().only
    tests = [*FAULTS, "tests/transforms/test_incremental.py"]
    command = [
        sys.executable,
        "-m",
        "pytest",
        *tests,
        "-m",
        "full",
        "-k",
        only,
        "-o",
        "log_cli=true",
        "-p",
        "no:randomly",
    ]
    bounds = {"CREDITLAKE_FAULT_POINTS": EVERY_WRITE, "CREDITLAKE_HISTORIES": HISTORIES}
    options = ["--log-cli-level=INFO", "--log-disable=aiobotocore.credentials", "--durations=0"]
    return subprocess.run([*command, *options], cwd=ROOT, env={**os.environ, **bounds}, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
