"""``schedule serve``: Prefect's server with its web page, the deployments, and a worker, until Ctrl-C.

With ``PREFECT_API_URL`` set the server is someone else's (``infra/``): then only the deployments and the worker.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from flows.prefect_home import environment, use_server, wait_for
from flows.schedule import LATE_AFTER_MINUTES, SCHEDULE, TAG, WORK_POOL, ScheduleEntry, feed_limit
from flows.server_state import remember_address
from lake.errors import TerminalError, TransientError
from lake.messages import text
from lake.settings import TIME_ZONE, Settings

SECONDS_TO_END = 20


def server_command(host: str, port: int) -> list[str]:
    """How the Prefect server is started, here and by ``infra/``."""
    return [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]


def worker_command() -> list[str]:
    """How a worker is started, here and by ``infra/``."""
    return [sys.executable, "-m", "prefect", "worker", "start", "--pool", WORK_POOL, "--type", "process"]


def serve(settings: Settings, port: int, say: Callable[[str], None]) -> None:
    """Serve the schedule; returns when asked to end (Ctrl-C, SIGTERM).

    Raises ``TransientError`` when the server does not come up or a part ends by itself.
    """
    home = settings.work_dir / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    for variable, value in environment(home).items():
        os.environ.setdefault(variable, value)
    os.environ["PREFECT_LOGGING_LEVEL"] = "INFO"
    os.environ["CREDITLAKE_LANGUAGE"] = settings.language
    signal.signal(signal.SIGTERM, _end)
    given = os.environ.get("PREFECT_API_URL")
    address = given or f"http://127.0.0.1:{port}/api"
    parts: list[subprocess.Popen[bytes]] = []
    try:
        if given is None:
            _require_free(port)
            parts.append(_start(server_command("127.0.0.1", port), _server_variables()))
            wait_for(parts[0], address)
        use_server(address)
        remember_address(settings, address)
        apply_schedule(settings)
        parts.append(_start(worker_command(), {"PREFECT_API_URL": address}))
        say(text("flows.serving", page=address.removesuffix("/api"), count=len(SCHEDULE)))
        _watch(parts)
    except KeyboardInterrupt:
        say(text("flows.serving_ended"))
    finally:
        _stop(parts)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        # As the server itself does: a port whose last owner has just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise TerminalError("flows.port_in_use", port=port) from error


def apply_schedule(settings: Settings) -> None:
    """Bring the server in use to what the registry and the settings say: pool, limits, deployments, alerts."""
    from flows.alerts import apply_alerts

    _make_pool()
    _make_limits(settings)
    for entry in SCHEDULE:
        _deploy(entry)
    apply_alerts([address.get_secret_value() for address in settings.alerts])


def _make_pool() -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    with get_client(sync_client=True) as client:
        try:
            client.create_work_pool(WorkPoolCreate(name=WORK_POOL, type="process", base_job_template=template))
        except ObjectAlreadyExists:
            return


def _make_limits(settings: Settings) -> None:
    from prefect.client.orchestration import get_client

    from connectors.contract import load_contracts
    from connectors.source import load_sources

    sources = load_sources(settings.sources, load_contracts())
    with get_client(sync_client=True) as client:
        for source in sources.values():
            for feed in source.feeds:
                client.upsert_global_concurrency_limit_by_name(feed_limit(source.id, feed.contract), 1)


def _deploy(entry: ScheduleEntry) -> None:
    """Create or renew a deployment; one that is paused stays so."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import EntrypointType
    from prefect.exceptions import ObjectNotFound
    from prefect.schedules import Cron

    from flows import deployed

    flow = getattr(deployed, entry.flow)
    with get_client(sync_client=True) as client:
        try:
            paused = client.read_deployment_by_name(f"{flow.name}/{entry.name}").paused
        except ObjectNotFound:
            paused = False
    deployment = flow.to_deployment(
        name=entry.name,
        schedule=Cron(entry.cron, timezone=TIME_ZONE.key),
        paused=paused,
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        parameters=dict(entry.parameters),
        description=entry.about_text(),
        tags=[TAG],
        work_pool_name=WORK_POOL,
        job_variables={"working_dir": str(Path.cwd())},
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    deployment.apply()


def _server_variables() -> dict[str, str]:
    """What only the server is told; an administrator's own value goes first."""
    name = "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS"
    return {name: os.environ.get(name, str(LATE_AFTER_MINUTES * 60))}


def _start(command: Sequence[str], variables: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a part in a process group of its own: Ctrl-C is ours to pass on, in order."""
    return subprocess.Popen(command, env={**os.environ, **variables}, start_new_session=True)


def _watch(parts: Sequence[subprocess.Popen[bytes]]) -> None:
    while True:
        for part in parts:
            if part.poll() is not None:
                raise TransientError("flows.part_ended", command=" ".join(map(str, part.args[2:5])))  # type: ignore[index]
        time.sleep(1)


def _stop(parts: Sequence[subprocess.Popen[bytes]]) -> None:
    """End the worker first, so that it can still tell the server."""
    for part in reversed(parts):
        if part.poll() is None:
            part.terminate()
        try:
            part.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(part.pid, signal.SIGKILL)
            part.wait()


def _end(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
