"""The end of a run on the screen: every file, what was linked, the release, where to look, what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditlake import rendering
from lake.messages import text

if TYPE_CHECKING:
    from flows.result import RunResult
    from lake.settings import Settings

COUNTS = ("rows_read", "rows_accepted", "rows_quarantined", "rows_repeated", "rows_layout", "rows_refused")


def show(result: RunResult, settings: Settings) -> None:
    """Write the summary of ``result``."""
    for step in result.steps:
        writer = {"ingest": _ingest, "build": _build, "check": _check, "publish": _publish}.get(step.name)
        if writer:
            writer(step.result)
    steps = ", ".join(
        text("cli.run_step", step=text(f"flows.step_{one.name}"), seconds=one.seconds) for one in result.steps
    )
    rendering.say("cli.run_steps", steps=steps)
    rendering.say("cli.run_where", lake=settings.lake_url, run=f"runs/{result.run_id}.json")
    rendering.say("cli.run_next_refused" if result.state == "finished_with_refusals" else "cli.run_next")


def _ingest(result: dict[str, Any]) -> None:
    from flows.lake_status import reason_text
    from lake.ledger import Delivery

    for warning in result["warnings"]:
        rendering.warn(warning["code"], **warning["parameters"])
    files = result["deliveries"]
    if not files:
        rendering.say("cli.run_nothing_new", known=result["known"])
        return
    names = ("system_id", "contract_id", "path", "status", *COUNTS)
    rows = [[_status(file[name]) if name == "status" else file[name] for name in names] for file in files]
    total = [text("cli.run_total"), "", "", "", *(sum(file[name] for file in files) for name in COUNTS)]
    rendering.show_table("cli.run_files", [f"cli.column_{name}" for name in names], [*rows, total])
    for file in files:
        reason = reason_text(Delivery.model_validate(file))
        if reason:
            rendering.show_reason(file["path"], reason)


def _status(status: str) -> str:
    return text(f"cli.delivery_{status}")


def _build(result: dict[str, Any]) -> None:
    rendering.say("cli.run_built", mode=text(f"cli.build_{result['mode']}"), models=result["models"])


def _check(result: dict[str, Any]) -> None:
    from expectations import CheckResult
    from expectations.report import as_tables, summary

    outcome = CheckResult.model_validate(result)
    for table in as_tables(outcome):
        rendering.show_plain_table(table.title, table.headers, table.rows)
    rendering.show_line(summary(outcome))
    if outcome.data_docs:
        rendering.say("cli.run_data_docs", path=outcome.data_docs)


def _publish(result: dict[str, Any]) -> None:
    if result["published"]:
        rendering.say("cli.run_published", version=result["version"], rows=f"{sum(result['rows'].values()):,}")
    else:
        rendering.say("cli.run_not_published", version=result["version"] or "-")
