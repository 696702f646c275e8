"""What a standing Prefect server knows of the schedule: next runs, pausing, resuming."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from flows.prefect_home import environment, use_server
from flows.schedule import SCHEDULE, entry
from lake.errors import TerminalError, TransientError
from lake.settings import Settings

ADDRESS_FILE = "server.txt"
MOST_DEPLOYMENTS = 200


class Coming(BaseModel):
    """A deployment's state and the time of its next run (UTC)."""

    model_config = ConfigDict(frozen=True)

    state: Literal["active", "paused"]
    next_at: datetime | None


def remember_address(settings: Settings, address: str) -> None:
    """Note where the server of this lake answers, for the other schedule commands."""
    file = settings.work_dir / "prefect" / ADDRESS_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(address, encoding="utf-8")


def server_address(settings: Settings) -> str | None:
    """``PREFECT_API_URL``, else where ``schedule serve`` of this lake answered last."""
    given = os.environ.get("PREFECT_API_URL")
    file = settings.work_dir / "prefect" / ADDRESS_FILE
    return given or (file.read_text(encoding="utf-8").strip() if file.exists() else None)


def next_runs(settings: Settings) -> dict[str, Coming]:
    """The served entries by name; empty where no server answers."""
    if server_address(settings) is None:
        return {}
    try:
        with _Client(settings) as client:
            return {one.name: _coming(client, one) for one in _deployments(client)}
    except TransientError:
        return {}


def set_paused(settings: Settings, name: str, *, paused: bool) -> None:
    """Pause or resume an entry's schedule; raises ``TerminalError`` for an unknown name or without a server."""
    if entry(name) is None:
        raise TerminalError("flows.schedule_unknown", name=name, known=", ".join(one.name for one in SCHEDULE))
    if server_address(settings) is None:
        raise TerminalError("flows.no_server")
    with _Client(settings) as client:
        found = [one for one in _deployments(client) if one.name == name]
        for deployment in found:
            client.pause_deployment(deployment.id) if paused else client.resume_deployment(deployment.id)
    if not found:
        raise TerminalError("flows.schedule_not_served", name=name)


class _Client:
    """Prefect's client on the lake's server; raises ``TransientError`` when it does not answer."""

    def __init__(self, settings: Settings) -> None:
        for variable, value in environment(settings.work_dir / "prefect").items():
            os.environ.setdefault(variable, value)
        self._address = server_address(settings) or ""
        use_server(self._address)

    def __enter__(self) -> Any:
        from prefect.client.orchestration import get_client

        self._open = get_client(sync_client=True)
        client = self._open.__enter__()
        if client.api_healthcheck() is not None:
            self._open.__exit__(None, None, None)
            raise TransientError("flows.server_away", address=self._address)
        return client

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)


def _deployments(client: Any) -> list[Any]:
    from prefect.client.schemas.sorting import DeploymentSort

    names = {one.name for one in SCHEDULE}
    return [
        one
        for one in client.read_deployments(sort=DeploymentSort.NAME_ASC, limit=MOST_DEPLOYMENTS)
        if one.name in names
    ]


def _coming(client: Any, deployment: Any) -> Coming:
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.client.schemas.sorting import FlowRunSort

    runs = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_ASC,
        limit=1,
    )
    next_at = runs[0].expected_start_time if runs else None
    return Coming(state="paused" if deployment.paused else "active", next_at=next_at)
