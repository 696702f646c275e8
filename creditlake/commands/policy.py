"""``creditlake policy``: the rules of publicity as data, and what they decide about a record."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from creditlake import application as tree
from creditlake import options, rendering
from creditlake.commands.link import RecordId, open_built
from creditlake.commands.results import finish_lint
from creditlake.invocation import current
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
    from publication.releases import manifest_of, read_pointer

    storage = current().storage(current().settings())
    released = manifest_of(storage, read_pointer(storage))
    with open_built() as connection:
        decisions = explain_record(connection, record, load(), withdrawn=released.withdrawn if released else ())
    if json:
        rendering.show_json([decision.model_dump(mode="json") for decision in decisions])
        return
    for decision in decisions:
        rendering.show_line(str(decision))


def simulate(
    place: Annotated[Path, typer.Argument(help="cli.argument_simulate")],
    on: Annotated[datetime | None, typer.Option("--on", help="cli.option_simulate_on", formats=["%Y-%m-%d"])] = None,
    out: Annotated[Path | None, typer.Option("--out", help="cli.option_simulate_out", metavar="FILE.csv")] = None,
    json: options.Json = False,
) -> None:
    """Say what a changed policy would do to what is published, and to which entries."""
    from publication.simulate import simulate as simulate_policy
    from publication.simulate import write_rows

    call = current()
    settings = call.settings()
    changes = simulate_policy(settings, call.storage(settings), place, on.date() if on else None)
    if out:
        write_rows(changes, out)
    if json:
        rendering.show_json([change.model_dump(mode="json") for change in changes])
        return
    if not changes:
        rendering.say("cli.simulate_nothing_changes")
        return
    counts = Counter(
        (change.effect, change.channel, change.list_type or change.contract_id, change.region) for change in changes
    )
    cells = [
        [text(f"publication.effect_{effect}"), text(f"publication.channel_{channel}"), kind, region or "—", count]
        for (effect, channel, kind, region), count in sorted(counts.items(), key=str)
    ]
    headers = [text(f"cli.column_{name}") for name in ("effect", "channel", "entry_kind", "region", "rows")]
    rendering.show_plain_table(text("cli.simulate_counts"), headers, cells)
    if out:
        rendering.say("cli.simulate_written", path=out, rows=f"{len(changes):,}")


def timeliness(
    month: Annotated[datetime | None, typer.Option("--month", help="cli.option_month", formats=["%Y-%m"])] = None,
    json: options.Json = False,
) -> None:
    """Say how late and how clean departments report licences and penalties."""
    from lake.schema import LEDGER_TABLE
    from lake.tables import scan
    from publication.policy import load
    from publication.timeliness import measure

    call = current()
    with open_built() as connection:
        ledger = scan(connection, call.storage(call.settings()), LEDGER_TABLE)
        found = measure(connection, ledger, load(), f"{month:%Y-%m}" if month else None)
    if json:
        rendering.show_json(
            [
                {**one.model_dump(), "late_share": one.late_share, "compliant_share": one.compliant_share}
                for one in found
            ]
        )
        return
    names = ("system_id", "contract_id", "records", "late", "late_share", "rows", "compliant_share")
    cells = [
        [
            one.system_id, one.contract_id, one.records, one.late, f"{one.late_share:.2%}", one.rows_reported,
            f"{one.compliant_share:.2%}",
        ]
        for one in found
    ]  # fmt: skip
    rendering.show_plain_table(text("cli.timeliness_title"), [text(f"cli.column_{name}") for name in names], cells)


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
    for name, command in (
        ("show", show),
        ("lint", lint),
        ("explain", explain),
        ("simulate", simulate),
        ("timeliness", timeliness),
    ):
        tree.register(group, name, command, "policy")
