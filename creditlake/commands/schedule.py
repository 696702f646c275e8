"""``creditlake schedule``: what runs by itself, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from creditlake import application as tree
from creditlake import options, rendering
from creditlake.invocation import current
from lake.messages import text

Name = Annotated[str, typer.Argument(help="cli.argument_schedule")]


def list_schedule(json: options.Json = False) -> None:
    """Show the registry and, where a server is running, what it will run next."""
    from flows.schedule import SCHEDULE
    from flows.server_state import next_runs

    coming = next_runs(current().settings())
    rows = [
        {
            "name": one.name,
            "flow": one.flow,
            "cron": one.cron,
            "state": coming[one.name].state if one.name in coming else "not_served",
            "next_at": coming[one.name].next_at if one.name in coming else None,
            "about": one.about_text(),
        }
        for one in SCHEDULE
    ]
    if json:
        rendering.show_json(rows)
        return
    names = ("name", "cron", "state", "next_at", "about")
    cells = [
        [text(f"cli.schedule_state_{row['state']}") if name == "state" else row[name] for name in names] for row in rows
    ]
    rendering.show_table("cli.schedule_list", [f"cli.column_{name}" for name in names], cells)


def serve(
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="cli.option_port")] = 4200,
) -> None:
    """Run the server with its web page, a worker and the deployments until Ctrl-C."""
    from flows.serve import serve as serve_schedule

    serve_schedule(current().settings(), port, rendering.show_line)


def pause(name: Name) -> None:
    """Stop a deployment's schedule."""
    from flows.server_state import set_paused

    set_paused(current().settings(), name, paused=True)
    rendering.say("cli.schedule_paused", name=name)


def resume(name: Name) -> None:
    """Start a deployment's schedule again."""
    from flows.server_state import set_paused

    set_paused(current().settings(), name, paused=False)
    rendering.say("cli.schedule_resumed", name=name)


def backfill(
    system: Annotated[str, typer.Option("--system", help="cli.option_system")],
    contract: Annotated[str, typer.Option("--contract", help="cli.option_contract")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="cli.option_from")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="cli.option_to")],
    drop: options.Drop = None,
    sources: options.Sources = None,
    json: options.Json = False,
) -> None:
    """Take in again what one feed delivered in a range of dates."""
    from creditlake import progress
    from creditlake.commands.results import finish
    from flows.backfill import Range, backfill_feed

    settings = current().settings()
    wanted = Range(system, contract, first.date(), last.date())
    with progress.shown() as shown:
        result = backfill_feed(settings, wanted, drop=drop, sources=sources, progress=shown)
    finish(result, settings, json)


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "schedule")
    for name, command in (
        ("list", list_schedule),
        ("serve", serve),
        ("pause", pause),
        ("resume", resume),
        ("backfill", backfill),
    ):
        tree.register(group, name, command, "schedule")
