"""``creditlake queue``: what waits for a person, and the workbook to decide in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditlake import application as tree
from creditlake import options, rendering
from creditlake.commands.link import open_built
from lake.messages import text

_EXPORTED_ROWS = 2_000


def list_rows(
    contract: options.Contract = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="cli.option_queue_limit")] = 20,
    json: options.Json = False,
) -> None:
    """Show what waits for a decision, most urgent first."""
    from linkage.review import waiting
    from linkage.wording import worded

    with open_built() as connection:
        total, rows = waiting(connection, contract, limit)
    if json:
        rendering.show_json({"total": total, "rows": [row.model_dump(mode="json") for row in rows]})
        return
    if not rows:
        rendering.say("cli.queue_empty")
        return
    names = ("priority", "reason", "subject_name", "waits_for", "candidates", "record_id")
    cells = [
        [
            row.priority,
            row.priority_reason,
            f"{row.subject_name or '—'} · {worded('role', row.role)}",
            worded("reason", row.reason),
            "\n".join(f"{one.rank}. {one.name or '—'} {one.uscc} {one.score:.4f}" for one in row.candidates),
            row.record_id,
        ]
        for row in rows
    ]
    title = text("cli.queue_title", total=f"{total:,}", shown=f"{len(rows):,}")
    rendering.show_plain_table(title, [text(f"cli.column_{name}") for name in names], cells)
    rendering.say("cli.queue_next")


def export(
    staff: Annotated[str, typer.Option("--staff", help="cli.option_staff")],
    out: options.Out = Path("decisions"),
    contract: options.Contract = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="cli.option_queue_limit")] = _EXPORTED_ROWS,
    json: options.Json = False,
) -> None:
    """Write the workbook in which a person decides."""
    from linkage.review import waiting, write_workbook

    with open_built() as connection:
        _, rows = waiting(connection, contract, limit)
    file = write_workbook(rows, out, staff) if rows else None
    if json:
        rendering.show_json({"file": file, "rows": len(rows)})
    elif file is None:
        rendering.say("cli.queue_empty")
    else:
        rendering.say("cli.queue_exported", path=file, rows=f"{len(rows):,}")
        rendering.say("cli.queue_export_next", folder=out)


def held(
    contract: options.Contract = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="cli.option_queue_limit")] = 20,
    json: options.Json = False,
) -> None:
    """Show what is not published because something is not known yet, and by which rule."""
    from expectations.leaks import shown
    from publication.held import counted, waiting

    with open_built() as connection:
        counts, rows = counted(connection, contract), waiting(connection, contract, limit)
    if json:
        found = {"counts": [one.model_dump() for one in counts], "rows": [row.model_dump() for row in rows]}
        rendering.show_json(found)
        return
    if not counts:
        rendering.say("cli.held_empty")
        return
    cells = [
        [
            text(f"publication.channel_{one.channel}"),
            one.contract_id,
            f"{one.rule_id} {one.reason_text or one.reason_code}",
            one.records,
        ]
        for one in counts
    ]
    headers = [text(f"cli.column_{name}") for name in ("channel", "contract_id", "reason", "rows")]
    rendering.show_plain_table(text("cli.held_counts"), headers, cells)
    cells = [
        [
            row.record_id,
            text(f"publication.channel_{row.channel}"),
            row.system_id,
            shown(row.number, "decision_number"),
            shown(row.authority_name, "authority_name"),
            f"{row.rule_id} {row.reason_text or row.reason_code}",
        ]
        for row in rows
    ]
    names = ("record_id", "channel", "system_id", "document_number", "authority_name", "reason")
    headers = [text(f"cli.column_{name}") for name in names]
    rendering.show_plain_table(text("cli.held_rows"), headers, cells)


def masked(
    contract: options.Contract = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="cli.option_queue_limit")] = 20,
    json: options.Json = False,
) -> None:
    """Show the records that are published with a code or number masked, for their department to mend."""
    from publication.masked import masked as find_masked

    with open_built() as connection:
        total, rows = find_masked(connection, contract, limit)
    if json:
        rendering.show_json({"total": total, "rows": [row.model_dump() for row in rows]})
        return
    if not rows:
        rendering.say("cli.masked_empty")
        return
    cells = [[row.record_id, row.contract_id, row.system_id, row.source_row, "、".join(row.columns)] for row in rows]
    names = ("record_id", "contract_id", "system_id", "source_row", "masked")
    title = text("cli.masked_title", total=f"{total:,}", shown=f"{len(rows):,}")
    rendering.show_plain_table(title, [text(f"cli.column_{name}") for name in names], cells)
    rendering.say("cli.masked_next")


def candidates(
    list_type: Annotated[str | None, typer.Option("--list", help="cli.option_list_type")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="cli.option_queue_limit")] = 20,
    json: options.Json = False,
) -> None:
    """Show the enterprises that records give a sign of for a list, with the records."""
    from publication.candidates import candidates as find_candidates

    with open_built() as connection:
        total, rows = find_candidates(connection, list_type, limit)
    if json:
        rendering.show_json({"total": total, "rows": [row.model_dump(mode="json") for row in rows]})
        return
    if not rows:
        rendering.say("cli.candidates_empty")
        return
    cells = [
        [
            f"{row.enterprise_name or '—'}\n{row.uscc}",
            row.list_type,
            row.reason_text
            if row.is_signal_only
            else f"{row.reason_text}\n{row.ground_rule_id or ''} {row.ground_text or ''}",
            row.evidence_count,
            "\n".join(row.evidence[:3]),
        ]
        for row in rows
    ]
    headers = [text(f"cli.column_{name}") for name in ("enterprise", "list_type", "reason", "rows", "evidence")]
    title = text("cli.candidates_title", total=f"{total:,}", shown=f"{len(rows):,}")
    rendering.show_plain_table(title, headers, cells)
    rendering.say("cli.candidates_next")


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "queue")
    tree.register(group, "list", list_rows, "queue")
    tree.register(group, "export", export, "queue")
    tree.register(group, "held", held, "queue")
    tree.register(group, "masked", masked, "queue")
    tree.register(group, "candidates", candidates, "queue")
