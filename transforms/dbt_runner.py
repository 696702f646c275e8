"""Running dbt in this process: one invocation, no telemetry, everything it writes in the work folder."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lake.errors import CreditlakeError, TerminalError, TransientError
from lake.settings import Settings
from lake.storage import Storage
from transforms.profile import Target, write_profile

PROJECT = Path(__file__).parent.parent / "dbt_project"
DECISION_DAY = "DBT_DECISION_DAY"
"""Environment variable that tells the models the day to decide for; dbt reads only those models anew that ask for it."""

TRANSIENT_WORDS = ("IO Error", "HTTP Error", "Connection", "Out of Memory Error")

_PARSED: dict[str, bytes] = {}
"""Digest of the project to what dbt wrote when it parsed it: reading that takes a tenth of the 6 s of parsing."""


@dataclass(frozen=True)
class Node:
    """What became of one dbt node. ``seconds`` is its time of execution."""

    name: str
    kind: str
    status: str
    seconds: float
    message: str


def run_dbt(
    settings: Settings,
    storage: Storage,
    command: list[str],
    target: Target = "duckdb",
    tables: str = "",
    *,
    day: date | None = None,
    project: Path = PROJECT,
) -> list[Node]:
    """Run ``dbt <command>`` on the lake's tables; gives what became of each node.

    Spark puts its tables under ``tables`` of the lake. Publicity is decided for ``day``, in Beijing; today when left out.

    Raises ``TerminalError`` naming the first model that failed or the reason dbt could not start, ``TransientError``
    when it failed because storage or memory was not there.
    """
    from dbt.cli.main import dbtRunner

    profiles = write_profile(settings, target)
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    # When dbt cannot write its own log (disk full), the error that follows says so; tracebacks would bury it.
    logging.raiseExceptions = False
    os.environ[DECISION_DAY] = day.isoformat() if day else ""
    is_shared = project == PROJECT and target == "duckdb"  # Spark's tables have their place in what is parsed
    code = _digest() if is_shared else ""
    runner = dbtRunner(manifest=_parsed(code))
    result = runner.invoke([*command, *_arguments(profiles, target, project), _variables(storage, tables)])
    _close_connections(target)
    if is_shared and result.success:  # after a failure the file may still be that of other code
        _remember(code, profiles / target / "partial_parse.msgpack")
    nodes = [_node(one) for one in getattr(result.result, "results", None) or []]
    failed = [node for node in nodes if node.status in {"error", "fail", "runtime error"}]
    if failed:
        raise _failure(failed[0], len(failed), profiles)
    if result.exception is not None or not result.success:
        raise TerminalError("transforms.dbt_failed", detail=result.exception or command, log=profiles / "logs")
    return nodes


def _digest() -> str:
    # Here, since the state of a build asks for the project's folder, which is told above.
    from transforms.state import code_digest

    return code_digest()


def _parsed(code: str) -> Any:
    """The project as this process parsed it before, for whatever lake: what is parsed holds nothing of one."""
    if code not in _PARSED:
        return None
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest = Manifest.from_msgpack(_PARSED[code], decoder=extended_mashumuro_decoder)
    manifest.build_flat_graph()
    return manifest


def _remember(code: str, file: Path) -> None:
    if code not in _PARSED and file.exists():
        _PARSED[code] = file.read_bytes()


def _arguments(profiles: Path, target: Target, project: Path) -> list[str]:
    return [
        "--quiet",
        "--log-level=none",
        "--no-use-colors",
        "--no-version-check",
        "--no-send-anonymous-usage-stats",
        "--partial-parse",
        "--log-level-file=info",
        f"--log-path={profiles / 'logs'}",
        f"--target-path={profiles / target}",
        f"--project-dir={project}",
        f"--profiles-dir={profiles}",
        f"--target={target}",
    ]


def _variables(storage: Storage, tables: str) -> str:
    variables = {"lake_url": storage.url()} | ({"spark_location": storage.url(tables)} if tables else {})
    return f"--vars={json.dumps(variables)}"


def _node(result: Any) -> Node:
    return Node(
        name=result.node.name,
        kind=str(result.node.resource_type),
        status=str(result.status),
        seconds=float(result.execution_time),
        message=str(result.message or ""),
    )


def _failure(node: Node, count: int, profiles: Path) -> CreditlakeError:
    transient = any(word in node.message for word in TRANSIENT_WORDS)
    kind = TransientError if transient else TerminalError
    detail = " ".join(node.message.split())[:400]
    log = profiles / "logs" / "dbt.log"
    return kind("transforms.model_failed", model=node.name, count=count, detail=detail, log=log)


def _close_connections(target: Target) -> None:
    """dbt-duckdb keeps the file open in this process; the steps that follow open it to read."""
    if target == "duckdb":
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        DuckDBConnectionManager.close_all_connections()
