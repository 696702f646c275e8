"""A pull that is killed, at whatever request, is finished by the next run: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lake import ledger
from tests.connectors.department_service import Answering, Department, Fault, serving
from tests.connectors.pulling_place import CONTRACT, PullingPlace, make_empty_lake, record

pytestmark = pytest.mark.full
KILLED = -signal.SIGKILL


def run(place: PullingPlace, started: list[subprocess.Popen[bytes]]) -> int:
    """``creditlake ingest`` to its end or its death."""
    environment = {
        **os.environ,
        "CREDITLAKE_LAKE_URL": place.settings.lake_url,
        "CREDITLAKE_WORK_DIR": str(place.settings.work_dir),
        "CREDITLAKE_SOURCES": str(place.sources),
    }
    command = [sys.executable, "-m", "creditlake", "ingest"]
    log = (place.folder / "log").open("ab")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    started.append(process)
    return process.wait(120)


def kills(started: list[subprocess.Popen[bytes]]) -> Fault:
    """The program is dead before it gets its answer."""

    def answer(request: Answering) -> bool:
        os.killpg(started[-1].pid, signal.SIGKILL)
        request.close_connection = True
        return True

    return answer


@pytest.mark.parametrize(("path", "at"), [("number", 1), ("number", 4), ("number", 9), ("cursor", 3)])
def test_a_killed_pull_is_finished_by_the_next_run(tmp_path: Path, path: str, at: int) -> None:
    paging: dict[str, Any] = {"kind": "cursor", "next": "data.next"} if path == "cursor" else {"kind": "page_number"}
    request = {
        "path": path,
        "records": "data.list",
        "paging": paging,
        "updated_since": {"parameter": "since", "field": "updatedAt", "format": "%Y-%m-%d %H:%M:%S"},
    }
    place = PullingPlace(tmp_path / "place", make_empty_lake(tmp_path / "empty"))
    started: list[subprocess.Popen[bytes]] = []
    with serving(Department(faults={at: kills(started)})) as department:
        place.declare({"kind": "http", "address": department.address}, {"request": request})
        department.records = [record(number, f"2026-03-01 09:{number:02}:00") for number in range(1, 36)]
        codes = [run(place, started), run(place, started)]
        assert codes == [KILLED, 0], (place.folder / "log").read_text(encoding="utf-8")
        assert place.numbers() == list(range(1, 36))
        department.records.append(record(50, "2026-03-01 09:50:00"))
        place.pull()
    assert place.numbers() == [*range(1, 36), 50]
    chain = ledger.pulled(ledger.deliveries(place.lake), ("bureau", CONTRACT))
    assert [one.rows_accepted for one in chain] == [35, 1]
