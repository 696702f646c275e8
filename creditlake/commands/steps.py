"""``creditlake ingest | build | check | publish``: single steps of the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from creditlake import application as tree
from creditlake import options, progress
from creditlake.commands.results import finish
from creditlake.invocation import current
from lake.messages import text

if TYPE_CHECKING:
    from flows.result import StepName
    from publication.manifest import Approver


def ingest(drop: options.Drop = None, sources: options.Sources = None, json: options.Json = False) -> None:
    """Take what was delivered into bronze."""
    _run_steps(("ingest",), json, drop=drop, sources=sources)


def build(json: options.Json = False) -> None:
    """Read names and codes, build the tables, export their Delta copies."""
    _run_steps(("read", "build", "export"), json)


def check(accept: options.Accept = None, json: options.Json = False) -> None:
    """Judge the built tables and the files that a release would hold."""
    _run_steps(("check",), json, accept=accept)


def publish(
    accept: options.Accept = None,
    approve: options.Approve = None,
    reason: options.Reason = None,
    json: options.Json = False,
) -> None:
    """Check, then publish a release unless the check blocks it."""
    _run_steps(("check", "publish"), json, accept=accept, approver=approver_of(approve, reason))


def _run_steps(
    steps: tuple[StepName, ...],
    json: bool,
    *,
    drop: str | None = None,
    sources: list[Path] | None = None,
    accept: list[str] | None = None,
    approver: Approver | None = None,
) -> None:
    from flows.single import run_steps

    settings = current().settings()
    with progress.shown() as shown:
        result = run_steps(
            settings, steps, drop=drop, sources=sources, progress=shown, accept=accept or (), approver=approver
        )
    finish(result, settings, json)


def approver_of(name: str | None, reason: str | None) -> Approver | None:
    """Who answers for a release; raises a usage error for a name without a reason or a reason without a name."""
    if not name and not reason:
        return None
    if not (name and name.strip() and reason and reason.strip()):
        raise typer.BadParameter(text("cli.approve_incomplete"))
    from publication.manifest import Approver

    return Approver(name=name.strip(), reason=reason.strip())


def register_commands(application: typer.Typer) -> None:
    """Add the four steps."""
    for command in (ingest, build, check, publish):
        tree.register(application, command.__name__, command)
