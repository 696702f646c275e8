"""The real records: where they are, and a last line that says so when they are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "CREDITLAKE_REAL_DATA"

collect_ignore_glob = [] if os.environ.get(VARIABLE) else ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the last line that the tests on real records were left out."""
    if not os.environ.get(VARIABLE):
        terminalreporter.write_line(f"tests/real left out: {VARIABLE} does not name the folder of real records")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real records; they are read where they lie and never copied into the project."""
    folder = Path(os.environ[VARIABLE])
    assert (folder / "registry_national.parquet").is_file(), f"{VARIABLE}={folder} holds no real records"
    return folder
