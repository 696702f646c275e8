"""What the command line shows of a check result: plain rows for tables, and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from expectations.result import CheckOutcome, CheckResult
from lake.messages import text


@dataclass(frozen=True)
class Table:
    """A title, headers and rows of text, for any renderer."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def as_json(result: CheckResult) -> str:
    """The whole result as JSON."""
    return result.model_dump_json(indent=2)


def summary(result: CheckResult) -> str:
    """One sentence: how many passed, warn, block."""
    blocked = sum(outcome.blocks for outcome in result.outcomes)
    failed = len(result.failed)
    numbers = {"passed": len(result.outcomes) - failed, "warned": failed - blocked, "blocked": blocked}
    return text("expectations.summary_blocked" if blocked else "expectations.summary", **numbers)


def as_tables(result: CheckResult) -> list[Table]:
    """Failed checks, then the failing rows of each."""
    keys = ("state", "check", "observed", "owner", "outlet", "id")
    headers = tuple(text(f"expectations.column_{key}") for key in keys)
    failed = tuple(_line(outcome) for outcome in result.failed)
    overview = Table(text("expectations.table_failed"), headers, failed)
    return [overview, *(_rows_table(outcome) for outcome in result.failed if outcome.failing_rows)] if failed else []


def _line(outcome: CheckOutcome) -> tuple[str, ...]:
    state = "accepted" if outcome.accepted else outcome.severity
    observed = "-" if outcome.observed is None else _number(outcome.observed)
    return (
        text(f"expectations.state_{state}"),
        outcome.title,
        observed,
        text(f"expectations.owner_{outcome.owner}"),
        outcome.outlet,
        outcome.id,
    )


def _number(value: float | str) -> str:
    return f"{value:,.4g}" if isinstance(value, float) and not value.is_integer() else f"{float(value):,.0f}"


def _rows_table(outcome: CheckOutcome) -> Table:
    columns = tuple(dict.fromkeys(name for row in outcome.failing_rows for name in row.columns))
    headers = (text("expectations.column_file"), text("expectations.column_row"), *columns)
    return Table(outcome.title, headers, tuple(_cells(outcome, columns)))


def _cells(outcome: CheckOutcome, columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for row in outcome.failing_rows:
        values = (row.columns.get(name) or "" for name in columns)
        yield (row.file or "-", "-" if row.row is None else str(row.row), *values)
