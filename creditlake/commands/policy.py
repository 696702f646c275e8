"""``creditlake policy``: the rules of publicity as data, and what they decide about a record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditlake import application as tree
from creditlake import options, rendering
from creditlake.commands.link import RecordId, open_built
from creditlake.commands.results import finish_lint
from lake.errors import TerminalError
from lake.messages import text

TableName = Annotated[str | None, typer.Argument(help="cli.argument_policy_table")]
Folder = Annotated[Path | None, typer.Argument(help="cli.argument_policy_folder")]


def show(table: TableName = None, json: options.Json = False) -> None:
    """Show the tables of the policy, or the rows of one."""
    from publication import policy

    rules = policy.load()
    if table is not None and table not in rules:
        raise TerminalError("publication.policy_table_unknown", table=table, known=", ".join(rules))
    if table is None:
        _show_tables(rules, json)
        return
    if json:
        rendering.show_json(rules[table])
        return
    names = [name for name in policy.columns(table) if any(row[name] is not None for row in rules[table])]
    rows = [
        [row[name] if isinstance(row[name], int | None) else str(row[name]) for name in names] for row in rules[table]
    ]
    rendering.show_plain_table(table, names, rows)


def lint(folder: Folder = None, json: options.Json = False) -> None:
    """Check the policy: source and mark of every row, dates, two rules for one case, classes without a period."""
    from publication import policy

    problems = [problem.localised() for problem in policy.lint(policy.load(folder or policy.FOLDER))]
    finish_lint(problems, json)


def explain(record: RecordId, json: options.Json = False) -> None:
    """Say whether a record is shown today on each channel, until when and by which rule, or why not."""
    from publication.explain import explain as explain_record
    from publication.policy import load

    with open_built() as connection:
        decisions = explain_record(connection, record, load())
    if json:
        rendering.show_json([decision.model_dump(mode="json") for decision in decisions])
        return
    for decision in decisions:
        rendering.show_line(str(decision))


def _show_tables(rules: dict[str, list[dict[str, object]]], json: bool) -> None:
    counts = [
        {"table": name, "rows": len(rows), "assumptions": sum(row["mark"] == "assumption" for row in rows)}
        for name, rows in rules.items()
    ]
    if json:
        rendering.show_json(counts)
        return
    headers = [text(f"cli.column_{name}") for name in ("policy_table", "rows", "assumptions")]
    rendering.show_plain_table(text("cli.policy_tables"), headers, [list(count.values()) for count in counts])


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "policy")
    for name, command in (("show", show), ("lint", lint), ("explain", explain)):
        tree.register(group, name, command, "policy")
