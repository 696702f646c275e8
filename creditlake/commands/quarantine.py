"""``creditlake quarantine``: rows that break their contract, on their way back to who sent them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditlake import application as tree
from creditlake import options, progress, rendering
from creditlake.commands.results import finish
from creditlake.invocation import current

if TYPE_CHECKING:
    from connectors.quarantine.open_rows import OpenRow


def list_rows(
    system: options.System = None,
    contract: options.Contract = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="cli.option_limit")] = 50,
    json: options.Json = False,
) -> None:
    """Show how many rows wait in each feed, and the first of them with the reason."""
    from itertools import islice

    from connectors.quarantine.open_rows import open_feeds, open_rows

    call = current()
    storage = call.storage(call.settings())
    waiting = open_feeds(storage)
    feeds = [
        {"system_id": feed[0], "contract_id": feed[1], "rows": rows}
        for feed, rows in waiting.items()
        if system in {None, feed[0]} and contract in {None, feed[1]}
    ]
    rows = list(islice(open_rows(storage, system, contract), limit))
    if json:
        documents = [{**row.model_dump(mode="json"), "reasons": _reasons(row)} for row in rows]
        rendering.show_json({"feeds": feeds, "rows": documents})
        return
    if not feeds:
        known = ", ".join("/".join(feed) for feed in waiting)
        rendering.say("cli.quarantine_elsewhere" if waiting else "cli.quarantine_empty", known=known)
        return
    _show_feeds(feeds)
    names = ("path", "source_row", "column_name", "reason")
    cells = [[row.path, row.source_row, row.reasons[0].column, "; ".join(_told(row))] for row in rows]
    rendering.show_table("cli.quarantine_rows", [f"cli.column_{name}" for name in names], cells)
    rendering.say("cli.quarantine_list_next")


def _show_feeds(feeds: list[dict[str, Any]]) -> None:
    names = ("system_id", "contract_id", "rows")
    headers = [f"cli.column_{name}" for name in names]
    rendering.show_table("cli.quarantine_feeds", headers, [[feed[name] for name in names] for feed in feeds])


def _reasons(row: OpenRow) -> list[str]:
    return [reason.sentence() for reason in row.reasons]


def _told(row: OpenRow) -> list[str]:
    """The reasons for a screen: a cell that may hold a person's number is shown by its first character alone."""
    from dataclasses import replace

    from expectations.leaks import shown

    def told(value: object, column: str | None) -> object:
        return shown(value, column or "") if isinstance(value, str) else value

    return [
        replace(one, parameters={name: told(value, one.column) for name, value in one.parameters.items()}).sentence()
        for one in row.reasons
    ]


def export(
    out: options.Out = Path("quarantine"),
    system: options.System = None,
    contract: options.Contract = None,
    json: options.Json = False,
) -> None:
    """Write one workbook per department."""
    from connectors.quarantine.workbook import export as export_workbooks

    call = current()
    written = export_workbooks(call.storage(call.settings()), out, system, contract)
    if json:
        rendering.show_json([one.model_dump(mode="json") for one in written])
        return
    for one in written:
        rendering.say("cli.quarantine_exported", path=one.file, rows=f"{one.rows:,}")
        if one.rows_too_long:
            rendering.say("cli.quarantine_too_long", path=one.file, rows=one.rows_too_long)
    rendering.say("cli.quarantine_export_next" if written else "cli.quarantine_empty")


def replay(
    workbook: Annotated[list[Path] | None, typer.Argument(help="cli.argument_workbook", exists=True)] = None,
    system: options.System = None,
    contract: options.Contract = None,
    json: options.Json = False,
) -> None:
    """Take corrected workbooks in; without one, check the open rows against today's contracts."""
    from flows.replay import replay_open_rows, replay_workbooks

    settings = current().settings()
    if not workbook:
        results = replay_open_rows(settings)
        _show_replayed([one.model_dump() for one in results], json)
        return
    with progress.shown() as shown:
        result = replay_workbooks(settings, workbook, system=system, contract=contract, progress=shown)
    finish(result, settings, json)


def _show_replayed(results: list[dict[str, Any]], json: bool) -> None:
    if json:
        rendering.show_json(results)
    elif not results:
        rendering.say("cli.quarantine_empty")
    else:
        names = ("system_id", "contract_id", "tried", "accepted", "still_open")
        headers = [f"cli.column_{name}" for name in names]
        rendering.show_table("cli.quarantine_replayed", headers, [[one[name] for name in names] for one in results])


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "quarantine")
    tree.register(group, "list", list_rows, "quarantine")
    tree.register(group, "export", export, "quarantine")
    tree.register(group, "replay", replay, "quarantine")
