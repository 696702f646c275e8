"""``creditlake source``: which system sends what, how and when."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditlake import application as tree
from creditlake import options, rendering
from creditlake.commands.results import finish_lint
from creditlake.invocation import current
from lake.errors import TerminalError
from lake.messages import text

if TYPE_CHECKING:
    from connectors.source import Feed, Source


def list_sources(sources: options.Sources = None, json: options.Json = False) -> None:
    """Show every declared system with its feeds."""
    from connectors.contract import load_contracts
    from connectors.source import load_sources

    declared = load_sources(sources or current().settings().sources, load_contracts())
    names = ("system_id", "name", "department", "contract_id", "mode", "cadence", "way_in")
    rows = [
        [source.id, source.name, source.department, feed.contract, feed.mode, feed.cadence, _way_in(source, feed)]
        for source in declared.values()
        for feed in source.feeds
    ]
    if json:
        rendering.show_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    rendering.show_table("cli.source_list", [f"cli.column_{name}" for name in names], rows)


def _way_in(source: Source, feed: Feed) -> str:
    """The kind of way in, and whether it is connected; files that are only dropped need no connecting."""
    way = source.way(feed)
    if way is None:
        return text("cli.way_in_drop")
    return text(
        f"cli.way_in_{'connected' if source.is_connected(feed, os.environ) else 'not_connected'}", kind=way.kind
    )


def show(
    system: Annotated[str, typer.Argument(help="cli.argument_system")],
    sources: options.Sources = None,
    json: options.Json = False,
) -> None:
    """Show one declaration."""
    from connectors.contract import load_contracts
    from connectors.source import load_sources

    sources_declared = load_sources(sources or current().settings().sources, load_contracts())
    if system not in sources_declared:
        raise TerminalError("cli.source_unknown", system=system, known=", ".join(sources_declared) or "-")
    declared = sources_declared[system]
    if json:
        rendering.show_json(declared)
        return
    import yaml

    rendering.output_console().print(
        yaml.safe_dump(declared.model_dump(mode="json", exclude_none=True), allow_unicode=True, sort_keys=False),
        markup=False,
    )


def lint(sources: options.Sources = None, json: options.Json = False) -> None:
    """Check the declarations."""
    from connectors.contract import load_contracts
    from connectors.source import lint_sources

    problems = [str(problem) for problem in lint_sources(sources or current().settings().sources, load_contracts())]
    finish_lint(problems, json)


def propose(
    file: Annotated[Path, typer.Argument(help="cli.argument_proposed_file", exists=True, dir_okay=False)],
    system: Annotated[str | None, typer.Option("--id", help="cli.option_proposed_id")] = None,
    contract: Annotated[str | None, typer.Option("--contract", help="cli.option_proposed_contract")] = None,
    out: Annotated[Path, typer.Option("--out", help="cli.option_proposed_out", file_okay=False)] = Path(),
) -> None:
    """Write a draft declaration for a department's file."""
    from connectors.contract import load_contracts
    from connectors.propose import propose as draft_of
    from connectors.propose import rendered
    from connectors.source import load_source

    contracts = load_contracts()
    chosen = system or _id_from(file)
    if not re.fullmatch(_SYSTEM_ID, chosen):
        raise TerminalError("propose.id_wrong", id=chosen)
    target = out / f"{chosen}.yaml"
    if target.exists():
        raise TerminalError("propose.exists", path=target)
    draft = draft_of(file, contracts, contract)
    out.mkdir(parents=True, exist_ok=True)
    target.write_text(rendered(draft, chosen), encoding="utf-8")
    load_source(target, contracts)
    columns = {column.header: column for table in draft.tables for column in table.columns}
    mapped = sum(bool(column.columns) for column in columns.values())
    left = sum(not column.columns and not column.is_row_number for column in columns.values())
    rendering.output_console().print(
        text("propose.written", path=target, mapped=mapped, open=left, folder=out), markup=False, soft_wrap=True
    )


def report(
    system: Annotated[str | None, typer.Argument(help="cli.argument_reported_system")] = None,
    out: Annotated[Path, typer.Option("--out", help="cli.option_source_report_out", file_okay=False)] = Path(
        "departments"
    ),
    sources: options.Sources = None,
    json: options.Json = False,
) -> None:
    """Write a page and a workbook for each department about what it delivered."""
    from flows.source_report import source_reports, to_html, write_workbook

    call = current()
    settings = call.settings()
    reports = source_reports(settings, call.storage(settings), system, sources)
    documents = []
    for one in reports:
        out.mkdir(parents=True, exist_ok=True)
        page, workbook = out / f"{one.system_id}.html", out / f"{one.system_id}.xlsx"
        page.write_text(to_html(one), encoding="utf-8")
        write_workbook(workbook, one)
        documents.append({**one.model_dump(mode="json"), "files": [str(page), str(workbook)]})
        if not json:
            rendering.say("department.written", html=page, workbook=workbook)
    if json:
        rendering.show_json(documents)
    elif not reports:
        rendering.say("department.nothing")


_SYSTEM_ID = r"[a-z0-9][a-z0-9_]{0,62}"


def _id_from(file: Path) -> str:
    """An id from what the file's name has in letters; a name in Chinese alone gives none of its own."""
    words = re.sub(r"[^a-z]+", "_", file.name.split(".")[0].lower()).strip("_")
    return words or "new_department"


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "source")
    for name, command in (
        ("list", list_sources),
        ("show", show),
        ("lint", lint),
        ("propose", propose),
        ("report", report),
    ):
        tree.register(group, name, command, "source")
