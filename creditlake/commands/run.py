"""``creditlake run``: the main job, all steps as one flow."""

from __future__ import annotations

import typer

from creditlake import application as tree
from creditlake import options, progress
from creditlake.commands.results import finish
from creditlake.invocation import current


def run(
    drop: options.Drop = None,
    sources: options.Sources = None,
    accept: options.Accept = None,
    json: options.Json = False,
) -> None:
    """Ingest, read, build, export, check and publish."""
    from flows.main_job import run_main_job

    settings = current().settings()
    with progress.shown() as shown:
        result = run_main_job(settings, drop=drop, sources=sources, progress=shown, accept=accept or ())
    finish(result, settings, json)


def register_commands(application: typer.Typer) -> None:
    """Add ``run``."""
    tree.register(application, "run", run)
