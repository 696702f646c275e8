"""The typed result of a run, ``runs/<id>.json``: the sum of what its steps returned, written even when one fails."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from lake.errors import CreditlakeError, TransientError
from lake.storage import Storage

FOLDER = "runs"
State = Literal["running", "finished", "finished_with_refusals", "failed", "interrupted"]
StepName = Literal["ingest", "read", "build", "export", "check", "publish"]


class StepRecord(BaseModel):
    """One step: its seconds, what its room returned (a typed document of that room), and whether all went through.

    ``refused`` is true where files were refused or stopped, or a release was blocked.
    """

    model_config = ConfigDict(frozen=True)

    name: StepName
    seconds: float
    refused: bool = False
    result: dict[str, Any]


class LinkShare(BaseModel):
    """How many subjects (record and role) of a record type are linked, under review or unlinked."""

    model_config = ConfigDict(frozen=True)

    contract_id: str
    status: str
    subjects: int


class Failure(BaseModel):
    """What ended a run: message code, text, and whether trying again may help."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    step: str | None = None
    transient: bool = False


class RunResult(BaseModel):
    """One run of the program; times are UTC."""

    run_id: str
    command: str
    state: State = "running"
    started_at: datetime
    ended_at: datetime | None = None
    steps: list[StepRecord] = []
    links: list[LinkShare] = []
    failure: Failure | None = None

    def step(self, name: StepName) -> StepRecord | None:
        """The record of a step, ``None`` when it did not run to its end."""
        return next((step for step in self.steps if step.name == name), None)

    def end(self, error: BaseException | None, step: str | None = None) -> None:
        """Set the state that ``error`` (``None``: all steps ran) and the steps amount to."""
        self.ended_at = datetime.now(UTC)
        if error is None:
            self.state = "finished_with_refusals" if any(one.refused for one in self.steps) else "finished"
            return
        self.state = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        code = error.code if isinstance(error, CreditlakeError) else type(error).__name__
        self.failure = Failure(code=code, message=str(error), step=step, transient=isinstance(error, TransientError))


def new_run(command: str) -> RunResult:
    """A run that begins now; its id sorts by time."""
    now = datetime.now(UTC)
    return RunResult(run_id=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}", command=command, started_at=now)


def write_result(storage: Storage, result: RunResult) -> str:
    """Write ``runs/<id>.json`` once; returns its path in the lake."""
    path = f"{FOLDER}/{result.run_id}.json"
    storage.put_if_absent(path, (result.model_dump_json(indent=2) + "\n").encode())
    return path


def last_run(storage: Storage) -> RunResult | None:
    """The result of the run that began last, ``None`` in a lake without runs."""
    newest = max((item.path for item in storage.list(FOLDER)), default=None)
    return RunResult.model_validate_json(storage.read(newest)) if newest else None
