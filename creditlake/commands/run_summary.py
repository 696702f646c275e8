"""The end of a run on the screen: every file, what was linked, the release, where to look, what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditlake import rendering
from lake.messages import text

if TYPE_CHECKING:
    from flows.result import LinkShare, RunResult
    from lake.settings import Settings

WARNINGS_OF_A_KIND = 2
COUNTS = ("rows_read", "rows_accepted", "rows_quarantined", "rows_repeated", "rows_layout", "rows_refused")


def show(result: RunResult, settings: Settings) -> None:
    """Write the summary of ``result``."""
    for step in result.steps:
        writer = {"ingest": _ingest, "build": _build, "check": _check, "publish": _publish}.get(step.name)
        if writer:
            writer(step.result)
        if step.name == "build":
            _links(result.links)
    steps = text("cli.separator").join(
        text("cli.run_step", step=text(f"flows.step_{one.name}"), seconds=one.seconds) for one in result.steps
    )
    rendering.say("cli.run_steps", steps=steps)
    rendering.say("cli.run_where", lake=settings.lake_url, run=f"runs/{result.run_id}.json")
    rendering.say("cli.run_next_refused" if result.state == "finished_with_refusals" else "cli.run_next")


def _ingest(result: dict[str, Any]) -> None:
    from flows.lake_status import reason_text
    from lake.ledger import Delivery

    _warnings([*result["warnings"], *result["not_taken"]])
    rendering.show_unconnected(result["not_connected"])
    files = result["deliveries"]
    if not files:
        rendering.say("cli.run_nothing_new", known=result["known"])
        return
    names = ("path", "status", *COUNTS)
    rows = [[_status(file[name]) if name == "status" else file[name] for name in names] for file in files]
    total = [text("cli.run_total"), "", *(sum(file[name] for file in files) for name in COUNTS)]
    rendering.show_table("cli.run_files", [f"cli.column_{name}" for name in names], [*rows, total])
    for file in files:
        reason = reason_text(Delivery.model_validate(file))
        if reason:
            rendering.show_reason(file["path"], reason)


def _warnings(warnings: list[dict[str, Any]]) -> None:
    """The first of each kind in full; the others are counted, as ``--json`` has them all."""
    for code in dict.fromkeys(warning["code"] for warning in warnings):
        alike = [warning for warning in warnings if warning["code"] == code]
        for warning in alike[:WARNINGS_OF_A_KIND]:
            rendering.warn(code, **warning["parameters"])
        if len(alike) > WARNINGS_OF_A_KIND:
            rendering.warn("cli.run_more_warnings", count=len(alike) - WARNINGS_OF_A_KIND)


def _links(links: list[LinkShare]) -> None:
    """One line per record type: the share of its subjects whose enterprise is known."""
    totals: dict[str, int] = {}
    for link in links:
        totals[link.contract_id] = totals.get(link.contract_id, 0) + link.subjects
    counts = {(link.contract_id, link.status): link.subjects for link in links}
    states = ("linked", "review", "unlinked")
    rows = [
        [
            contract,
            total,
            *(counts.get((contract, state), 0) for state in states),
            counts.get((contract, "linked"), 0) / total,
        ]
        for contract, total in totals.items()
    ]
    names = ("contract_id", "subjects", *states, "linked_share")
    rendering.show_table("cli.run_links", [f"cli.column_{name}" for name in names], rows)


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
    for one in result["withdrawn"]:
        if one["rule_id"]:
            reason = text(f"publication.end_{one['reason_class']}")
            rendering.say("cli.run_taken_down", **{**one, "reason": reason})
    if result["edition"] == "departments":
        said = "cli.run_shared" if result["published"] else "cli.run_not_shared"
        rendering.say(said, version=result["version"] or "-", rows=f"{sum(result['rows'].values()):,}")
    elif result["published"]:
        rendering.say("cli.run_published", version=result["version"], rows=f"{sum(result['rows'].values()):,}")
        if result["is_local_key"]:
            rendering.say("cli.run_local_key")
        if result["key_before"]:
            rendering.say("cli.run_key_changed", key=result["key_before"][:16])
    else:
        rendering.say("cli.run_not_published", version=result["version"] or "-")
