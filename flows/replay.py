"""Corrected workbooks on their way back: a drop folder of their own, then the same door as every delivery."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.contract import load_contracts
from connectors.ingest.returned import corrected_record_types
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

    The system is the name of the folder above a workbook. A workbook of one record type may also lie a folder deeper, in
    one named like its contract, or both names are given. Raises ``TerminalError`` for a workbook that names no record
    type and lies in no such folder, before anything is taken.
    """
    with TemporaryDirectory(dir=settings.work_dir.parent, prefix="replay-") as folder:
        for file in _workbooks(files):
            place = Path(folder) / _place(settings, file, system, contract)
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


def _place(settings: Settings, file: Path, system: str | None, contract: str | None) -> Path:
    """Where in a drop a workbook belongs: in its department's folder, or in that of a feed."""
    known, name = load_contracts(), contract or file.parent.name
    if name in known:
        return Path(system or file.parent.parent.name) / name / file.name
    beside = open_storage(settings, str(file.parent))
    if contract is None and corrected_record_types(beside, file.name, known):
        return Path(system or file.parent.name) / file.name
    raise TerminalError("flows.replay_contract", path=file, name=name, known=", ".join(sorted(known)))
