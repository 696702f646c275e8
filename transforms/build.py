"""The build: staging, identity, credit, publicity and profiles, in one dbt invocation that touches what changed."""

from __future__ import annotations

from time import monotonic
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from lake.settings import Settings
from lake.storage import Storage
from transforms.dbt_runner import Node, run_dbt
from transforms.profile import Target, warehouse_file
from transforms.state import BuildState, fingerprint, read_state, write_state
from transforms.warehouse import locked


class BuildResult(BaseModel):
    """What a build did. ``mode``: nothing when no input had changed; ``seconds`` of the whole step."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    mode: str
    models: int = 0
    seconds: float = 0.0
    slowest: dict[str, float] = {}


def build(settings: Settings, storage: Storage, run_id: str, *, full: bool = False) -> BuildResult:
    """Bring the warehouse to the state of the ledger; nothing is run when no input has changed since the last build.

    After a build that did not end well, or one by other code, everything is built anew: a state nobody vouches for is
    never built upon. Raises ``TerminalError`` or ``TransientError`` naming the model that failed.
    """
    started = monotonic()
    with locked(settings):
        now = fingerprint(storage)
        before = read_state(settings)
        if before is not None and before.inputs == now and not full:
            return BuildResult(run_id=run_id, mode="nothing", seconds=monotonic() - started)
        is_sound = before is not None and now.allow_building_upon(before.inputs) and warehouse_file(settings).exists()
        whole = full or not is_sound
        write_state(settings, None)
        nodes = run_models(settings, storage, whole=whole)
        previous = None if whole or before is None else before.build_id
        write_state(settings, BuildState(build_id=uuid4().hex, previous_build_id=previous, inputs=now))
    return _result(run_id, "full" if whole else "incremental", nodes, monotonic() - started)


def run_models(
    settings: Settings, storage: Storage, *, whole: bool, target: Target = "duckdb", tables: str = ""
) -> list[Node]:
    """Run models, with ``whole`` seeds too and all from the start; gives what became of each."""
    # Seeds change only with the code, and then everything is built anew.
    command = ["build", "--resource-type", "model"]
    command += ["--resource-type", "seed", "--full-refresh"] if whole else []
    return run_dbt(settings, storage, command, target, tables)


def _result(run_id: str, mode: str, nodes: list[Node], seconds: float) -> BuildResult:
    slowest = sorted(nodes, key=lambda node: node.seconds, reverse=True)[:5]
    return BuildResult(
        run_id=run_id,
        mode=mode,
        models=sum(node.kind == "model" for node in nodes),
        seconds=round(seconds, 3),
        slowest={node.name: round(node.seconds, 3) for node in slowest},
    )
