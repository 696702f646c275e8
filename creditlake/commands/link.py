"""``creditlake match`` and ``creditlake link``: which enterprise a record is about, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditlake import application as tree
from creditlake import options, rendering
from creditlake.invocation import current

RecordId = Annotated[str, typer.Argument(help="cli.argument_record")]


def match(
    table: Annotated[Path, typer.Argument(help="cli.argument_match_table", exists=True)],
    out: Annotated[Path | None, typer.Option("--out", help="cli.option_out")] = None,
    json: options.Json = False,
) -> None:
    """Find the enterprise for each row of a table of names and codes."""
    from linkage.matching import match_table

    path = out or table.with_name(f"{table.stem}-matched.csv")
    result = match_table(current().settings(), table, path)
    if json:
        rendering.show_json(result)
        return
    rendering.say("cli.match_done", rows=result.rows, linked=result.linked, path=path)


def explain(record: RecordId, json: options.Json = False) -> None:
    """Say why a record is linked to its enterprise."""
    from linkage.explanation import explain as explain_record

    _show(explain_record(current().settings(), record), json)


def why_not(
    record: RecordId, uscc: Annotated[str, typer.Argument(help="cli.argument_uscc")], json: options.Json = False
) -> None:
    """Say why a record is not linked to an enterprise."""
    from linkage.explanation import why_not as why_not_linked

    _show(why_not_linked(current().settings(), record, uscc), json)


def _show(explanation: object, json: bool) -> None:
    if json:
        rendering.show_json(explanation)
    else:
        rendering.output_console().print(str(explanation), markup=False, soft_wrap=True)


def register_commands(application: typer.Typer) -> None:
    """Add ``match`` and the group ``link``."""
    tree.register(application, "match", match)
    group = tree.new_group(application, "link")
    tree.register(group, "explain", explain, "link")
    tree.register(group, "why-not", why_not, "link")
