"""Corrected workbooks on their way back: a drop folder of their own, then the same door as every delivery."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.contract import load_contracts
from connectors.quarantine import ReplayResult, replay
from connectors.source import load_sources
from flows.locks import exclusively
from flows.result import RunResult, new_run
from flows.single import run_steps
from lake.errors import TerminalError
from lake.progress import Progress
from lake.settings import Settings
from lake.storage import open_storage


def replay_workbooks(
    settings: Settings,
    files: Sequence[Path],
    *,
    system: str | None = None,
    contract: str | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Ingest ``files`` (workbooks, or folders of them) as ``quarantine export`` laid them out.

    ``<system>/<contract>`` are the names of the two folders above a workbook unless they are given. Raises
    ``TerminalError`` for a workbook whose folders name no contract, before anything is taken.
    """
    with TemporaryDirectory(dir=settings.work_dir.parent, prefix="replay-") as folder:
        for file in _workbooks(files):
            place = Path(folder) / (system or file.parent.parent.name) / _contract(file, contract) / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            # The time of change is part of what a delivery is known by.
            shutil.copy2(file, place)
        return run_steps(settings, ("ingest",), drop=folder, progress=progress)


def replay_open_rows(settings: Settings) -> list[ReplayResult]:
    """Check open rows against today's contracts, one such replay at a time."""
    storage, run, contracts = open_storage(settings), new_run("replay"), load_contracts()
    with exclusively(settings, "replay", lambda _: None):
        return replay(storage, contracts, load_sources(settings.sources, contracts), run.run_id)


def _workbooks(files: Sequence[Path]) -> list[Path]:
    found = [one.resolve() for file in files for one in (sorted(file.rglob("*.xlsx")) if file.is_dir() else [file])]
    if not found:
        raise TerminalError("flows.replay_nothing", folder=", ".join(map(str, files)))
    return found


def _contract(file: Path, contract: str | None) -> str:
    name, known = contract or file.parent.name, load_contracts()
    if name not in known:
        raise TerminalError("flows.replay_contract", path=file, name=name, known=", ".join(sorted(known)))
    return name
