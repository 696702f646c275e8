"""``creditlake status``: every delivery with its counts, the feeds that are late, the release that is out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from creditlake import application as tree
from creditlake import options, rendering
from creditlake.invocation import current
from lake.messages import text

if TYPE_CHECKING:
    from connectors.ingest.bounds import PeriodStatus
    from flows.feed_drift import FeedDrift
    from flows.lake_status import FeedStatus, FileStatus

FILE_COLUMNS = (
    "system_id",
    "contract_id",
    "path",
    "status",
    "rows_read",
    "rows_accepted",
    "rows_quarantined",
    "rows_repeated",
    "rows_layout",
    "rows_refused",
)


def status(
    sources: options.Sources = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="cli.option_limit")] = 50,
    json: options.Json = False,
) -> None:
    """Show the state of the lake; only reads."""
    from flows.lake_status import lake_status

    call = current()
    settings = call.settings()
    state = lake_status(settings, call.storage(settings), sources)
    if json:
        rendering.show_json(state)
        return
    if not state.files:
        rendering.say("cli.status_empty", lake=settings.lake_url)
        return
    files = state.files[-limit:]
    headers = [f"cli.column_{name}" for name in FILE_COLUMNS]
    rendering.show_table("cli.status_files", headers, ([_cell(file, name) for name in FILE_COLUMNS] for file in files))
    for file in files:
        if file.reason:
            rendering.show_reason(file.path, file.reason)
    _show_unknown_columns(files)
    _show_feeds(state.feeds)
    _show_periods(state.periods)
    _show_drifts(state.drifts)
    last = state.last_run
    run = text("cli.status_run", run=last.run_id, state=text(f"cli.run_{last.state}")) if last else "-"
    rendering.say("cli.status_release", release=state.release or "-", run=run)


def _cell(file: FileStatus, name: str) -> object:
    return text(f"cli.delivery_{file.status}") if name == "status" else getattr(file, name)


def _show_unknown_columns(files: list[FileStatus]) -> None:
    """Columns that the contract does not know, or that were left open, by file."""
    rows = [
        [file.path, text("cli.separator").join(file.unknown_columns)]
        for file in files
        if file.unknown_columns and file.status != "repeated"
    ]
    if rows:
        rendering.show_table("cli.status_unknown_columns", ["cli.column_path", "cli.column_unknown_columns"], rows)


def _show_feeds(feeds: list[FeedStatus]) -> None:
    unconnected = dict.fromkeys(feed.system_id for feed in feeds if feed.state == "not_connected")
    rendering.show_unconnected(list(unconnected))
    late = [feed for feed in feeds if feed.is_due]
    if not late:
        return
    headers = [
        "cli.column_system_id",
        "cli.column_contract_id",
        "cli.column_state",
        "cli.column_last",
        "cli.column_due",
    ]
    rows = [
        [
            feed.system_id,
            feed.contract_id,
            text(f"cli.feed_{feed.state}"),
            feed.last_delivered_at,
            feed.due_at,
        ]
        for feed in late
    ]
    rendering.show_table("cli.status_feeds", headers, rows)


def _show_periods(periods: list[PeriodStatus]) -> None:
    """Only the periods that are out of bounds; ``--json`` has them all."""
    names = ("system_id", "contract_id", "period", "rows_accepted", "minimum", "maximum")
    rows = [
        [*(getattr(one, name) for name in names), text(f"cli.period_{one.state}")]
        for one in periods
        if one.state in {"below", "above"}
    ]
    if rows:
        rendering.show_table("cli.status_periods", [f"cli.column_{name}" for name in (*names, "state")], rows)


def _show_drifts(drifts: list[FeedDrift]) -> None:
    rows = [[one.system_id, one.contract_id, text(f"cli.drift_{one.kind}"), one.detail] for one in drifts]
    if rows:
        headers = [f"cli.column_{name}" for name in ("system_id", "contract_id", "state", "detail")]
        rendering.show_table("cli.status_drifts", headers, rows)


def register_commands(application: typer.Typer) -> None:
    """Add ``status``."""
    tree.register(application, "status", status)
