"""The build: staging, identity, credit, publicity and profiles, in one dbt invocation that touches what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from time import monotonic
from uuid import uuid4

import duckdb
from pydantic import BaseModel, ConfigDict

from lake.settings import Settings
from lake.storage import Storage
from transforms.dbt_runner import PROJECT, Node, run_dbt
from transforms.profile import Target, warehouse_file
from transforms.state import BuildState, count_deliveries, fingerprint, read_state, write_state
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
    # Here, since the Spark environment has not what reading declarations needs.
    from transforms.declared import bring_up, widen_tables

    with locked(settings):
        bring_up(settings, storage)
        now = fingerprint(storage)
        before = read_state(settings)
        if before is not None and before.inputs == now and not full:
            return BuildResult(run_id=run_id, mode="nothing", seconds=monotonic() - started)
        is_sound = before is not None and now.allow_building_upon(before.inputs) and warehouse_file(settings).exists()
        whole = full or before is None or not is_sound
        if whole:  # contracts change with the code, and then everything is built anew
            widen_tables(storage)
        # Counted before the models look, so that what comes in between is seen by the next build as new.
        deliveries = count_deliveries(storage)
        write_state(settings, None)
        left_out = [] if whole or before is None else _leave_out(settings, before.deliveries, deliveries)
        nodes = run_models(settings, storage, now.day, whole=whole, left_out=left_out)
        previous = None if whole or before is None else before.build_id
        state = BuildState(build_id=uuid4().hex, previous_build_id=previous, inputs=now, deliveries=deliveries)
        write_state(settings, state)
    return _result(run_id, "full" if whole else "incremental", nodes, monotonic() - started)


def _leave_out(settings: Settings, before: dict[str, int], now: dict[str, int]) -> list[str]:
    """Staging models that stay as they are, at 40 ms each: views, and versions of contracts without a new delivery.

    What such a contract's versions changed in an earlier build is no change of this one.
    """
    own = [file.stem.removesuffix("_versions") for file in (PROJECT / "models/staging/versions").glob("*.sql")]
    changed = {contract for contract in now.keys() | before.keys() if before.get(contract, 0) != now.get(contract, 0)}
    shared = {file.stem.removeprefix("stg_") for file in (PROJECT / "models/staging/shared").glob("stg_*.sql")}
    versions = [f"{contract}_versions" for contract in own if contract not in changed]
    versions += [] if changed - set(own) else ["shared_versions"]
    file = str(warehouse_file(settings))
    with duckdb.connect(file, read_only=True) as connection:
        told = [name for name in versions if not _tells_nothing(connection, f"changes.{name}")]
    if told:  # opening the file to write costs half a second when it is closed
        with duckdb.connect(file) as connection:
            for name in told:
                connection.execute(
                    f"create or replace table changes.{name} as select *, false as is_new from staging.{name} limit 0"
                )
    # The view of a record type that shares staging reads its table only once that holds something.
    views = [*own, *sorted(shared - changed)]
    return [*(f"stg_{name}" for name in views), *versions, *(f"affected_{name}" for name in versions)]


def _tells_nothing(connection: duckdb.DuckDBPyConnection, changes: str) -> bool:
    """Whether a table of changes is there and empty."""
    try:
        return connection.execute(f"select 1 from {changes} limit 1").fetchone() is None
    except duckdb.CatalogException:
        return False


def run_models(
    settings: Settings,
    storage: Storage,
    day: date,
    *,
    whole: bool,
    left_out: Sequence[str] = (),
    target: Target = "duckdb",
    tables: str = "",
) -> list[Node]:
    """Run models but those ``left_out``, with ``whole`` seeds too and all from the start; gives what became of each.

    ``day`` is the day in Beijing for which publicity is decided.
    """
    # Nobody reads dbt's own documents of a build, and writing them takes a second.
    command = ["build", "--no-write-json", "--resource-type", "model"]
    # Seeds change only with the code, and then everything is built anew.
    command += ["--resource-type", "seed", "--full-refresh"] if whole else []
    command += ["--exclude", " ".join(left_out)] if left_out else []
    return run_dbt(settings, storage, command, target, tables, day=day)


def _result(run_id: str, mode: str, nodes: list[Node], seconds: float) -> BuildResult:
    slowest = sorted(nodes, key=lambda node: node.seconds, reverse=True)[:5]
    return BuildResult(
        run_id=run_id,
        mode=mode,
        models=sum(node.kind == "model" for node in nodes),
        seconds=round(seconds, 3),
        slowest={node.name: round(node.seconds, 3) for node in slowest},
    )
