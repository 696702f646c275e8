"""``creditlake quarantine``: rows that break their contract, on their way back to who sent them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditlake import application as tree
from creditlake import options, progress, rendering
from creditlake.commands.results import finish
from creditlake.invocation import current


def list_rows(
    system: options.System = None,
    contract: options.Contract = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="cli.option_limit")] = 50,
    json: options.Json = False,
) -> None:
    """Show how many rows wait, by department, feed and reason, and the first of them."""
    from connectors import quarantine

    call = current()
    settings = call.settings()
    rows = quarantine.list_rows(settings, call.storage(settings), system=system, contract=contract, limit=limit)
    if json:
        rendering.show_json(rows)
        return
    names = ("system_id", "contract_id", "path", "source_row", "column_name", "reason")
    headers = [f"cli.column_{name}" for name in names]
    rendering.show_table("cli.quarantine_rows", headers, ([getattr(row, name) for name in names] for row in rows))


def export(
    out: options.Out = Path("quarantine"),
    system: options.System = None,
    contract: options.Contract = None,
    json: options.Json = False,
) -> None:
    """Write one workbook per department."""
    from connectors import quarantine

    call = current()
    settings = call.settings()
    files = quarantine.export(settings, call.storage(settings), out, system=system, contract=contract)
    if json:
        rendering.show_json([str(file) for file in files])
        return
    for file in files:
        rendering.say("cli.quarantine_exported", path=file)
    rendering.say("cli.quarantine_export_next" if files else "cli.quarantine_empty")


def replay(
    workbook: Annotated[list[Path], typer.Argument(help="cli.argument_workbook")], json: options.Json = False
) -> None:
    """Take corrected workbooks in, through the same door as every delivery."""
    from flows.single import replay_workbooks

    settings = current().settings()
    with progress.shown() as shown:
        result = replay_workbooks(settings, workbook, shown)
    finish(result, settings, json)


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "quarantine")
    tree.register(group, "list", list_rows, "quarantine")
    tree.register(group, "export", export, "quarantine")
    tree.register(group, "replay", replay, "quarantine")
