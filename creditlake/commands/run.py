"""``creditlake run``: the main job, all steps as one flow."""

from __future__ import annotations

import typer

from creditlake import application as tree
from creditlake import options, progress
from creditlake.commands.results import finish
from creditlake.commands.steps import approver_of
from creditlake.invocation import current


def run(
    drop: options.Drop = None,
    sources: options.Sources = None,
    accept: options.Accept = None,
    approve: options.Approve = None,
    reason: options.Reason = None,
    json: options.Json = False,
) -> None:
    """Ingest, read, build, export, check and publish."""
    from flows.main_job import run_main_job

    settings, approver = current().settings(), approver_of(approve, reason)
    with progress.shown() as shown:
        result = run_main_job(
            settings, drop=drop, sources=sources, progress=shown, accept=accept or (), approver=approver
        )
    finish(result, settings, json)


def register_commands(application: typer.Typer) -> None:
    """Add ``run``."""
    tree.register(application, "run", run)
