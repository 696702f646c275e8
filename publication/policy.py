"""Law as data: the rows of the policy seeds, read, looked up and checked.

A table's columns and types stand once, in ``dbt_project/seeds/policy/policy.yml``.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from lake.errors import TerminalError

FOLDER = Path(__file__).parent.parent / "dbt_project" / "seeds" / "policy"
MARKS = ("verified", "assumption")
PUBLIC_CHANNELS = ("credit_china", "necips")
"""Channels that show records to everybody."""
CHANNELS = ("all", *PUBLIC_CHANNELS, "departments")
DECIDING = ("policy_never_published", "policy_hold", "policy_period", "policy_list_term")
"""Tables whose rows decide, in the order in which they are asked."""
_CLOCKS = ("decision", "publication")
_WINDOW = ("channel", "region", "record_kind", "class_set", "class")
_BAR = ("channel", "region", "record_kind", "reason_code")

Row = dict[str, Any]
Policy = dict[str, list[Row]]


@cache
def columns(table: str) -> dict[str, str]:
    """Column name -> type (string, date, integer, boolean) of a policy table."""
    return _declared()[table]


@cache
def _declared() -> dict[str, dict[str, str]]:
    document = yaml.safe_load((FOLDER / "policy.yml").read_text(encoding="utf-8"))
    return {seed["name"]: seed["config"]["column_types"] for seed in document["seeds"]}


def tables() -> list[str]:
    """The names of the policy tables."""
    return list(_declared())


def load(folder: Path = FOLDER) -> Policy:
    """Every table's rows, typed; an empty cell is None. Raises ``TerminalError`` naming file, line and column."""
    return {table: list(_rows(folder / f"{table}.csv", table)) for table in tables()}


def rule(policy: Policy, rule_id: str, channel: str, day: date | None) -> Row | None:
    """The row of a deciding table that bears this id on the channel, that of the day where there are several."""
    found = [
        row
        for table in DECIDING
        for row in policy[table]
        if row["rule_id"] == rule_id and row["channel"] in ("all", channel)
    ]
    return next((row for row in found if day is None or holds(row, day)), found[0] if found else None)


def holds(row: Row, day: date) -> bool:
    """Whether a row is in force on a day."""
    return (row["valid_from"] or date.min) <= day < (row["valid_to"] or date.max)


def _rows(file: Path, table: str) -> Iterator[Row]:
    with file.open(encoding="utf-8", newline="") as opened:
        reader = csv.DictReader(opened)
        expected = list(columns(table))
        if reader.fieldnames != expected:
            found = ",".join(reader.fieldnames or [])
            raise TerminalError("publication.policy_header", path=file, expected=",".join(expected), found=found)
        for written in reader:
            yield {name: _value(file, reader.line_num, name, written[name], table) for name in expected}


def _value(file: Path, line: int, name: str, written: str | None, table: str) -> Any:
    if not written:
        return None
    kind = columns(table)[name]
    convert: dict[str, Callable[[str], Any]] = {"date": date.fromisoformat, "integer": int, "boolean": _boolean}
    try:
        return convert[kind](written) if kind in convert else written
    except ValueError as error:
        raise TerminalError(
            "publication.policy_value", path=file, line=line, column=name, value=written, kind=kind
        ) from error


def _boolean(written: str) -> bool:
    return {"true": True, "false": False}[written] if written in ("true", "false") else bool(int(written))


def lint(policy: Policy) -> list[TerminalError]:
    """What is wrong with the policy: rows without source or mark, dates the wrong way, two rules for one case, gaps."""
    problems = [problem for table, rows in policy.items() for row in rows for problem in _alone(table, row)]
    for table, key in (
        ("policy_period", _WINDOW), ("policy_list_term", _WINDOW), ("policy_never_published", _BAR), ("policy_hold", _BAR)
    ):  # fmt: skip
        problems += _overlaps(table, policy[table], key)
    return [*problems, *_gaps(policy)]


def _alone(table: str, row: Row) -> Iterator[TerminalError]:
    name = row.get("rule_id") or row.get("day")
    if not name or not row["source"] or not row["text"]:
        yield TerminalError("publication.policy_without_source", table=table, rule=name)
    if row["mark"] not in MARKS:
        yield TerminalError(
            "publication.policy_mark", table=table, rule=name, value=row["mark"], allowed=", ".join(MARKS)
        )
    if "channel" in row and row["channel"] not in CHANNELS:
        yield TerminalError(
            "publication.policy_channel", table=table, rule=name, value=row["channel"], allowed=", ".join(CHANNELS)
        )
    starts, ends = row.get("valid_from"), row.get("valid_to")
    if starts and ends and ends <= starts:
        yield TerminalError("publication.policy_dates", table=table, rule=name, start=starts, end=ends)
    if row.get("clock") in _CLOCKS and row["longest_months"] is None:
        yield TerminalError("publication.policy_no_length", table=table, rule=name, clock=row["clock"])


def _overlaps(table: str, rows: list[Row], key: tuple[str, ...]) -> Iterator[TerminalError]:
    same: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        same[tuple(row[name] for name in key)].append(row)
    for found in same.values():
        found.sort(key=lambda row: row["valid_from"] or date.min)
        for earlier, later in pairwise(found):
            if (later["valid_from"] or date.min) < (earlier["valid_to"] or date.max):
                yield TerminalError(
                    "publication.policy_overlap", table=table, rule=earlier["rule_id"], other=later["rule_id"],
                    start=later["valid_from"],
                )  # fmt: skip


def _gaps(policy: Policy) -> Iterator[TerminalError]:
    """Types of penalty that no row knows, classes without a period in a set that is in force."""
    known = {row["text"] for row in policy["policy_penalty_type"]}
    classes: dict[str, set[str]] = defaultdict(set)
    for row in policy["policy_severity"]:
        if not row["class"].startswith("unknown"):
            classes[row["class_set"]].add(row["class"])
        if row["penalty_type"] not in known | {"*"}:
            yield TerminalError("publication.policy_type", rule=row["rule_id"], value=row["penalty_type"])
    periods: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for row in policy["policy_period"]:
        if row["class_set"] and not row["region"]:
            periods[(row["class_set"], row["channel"], row["valid_from"], row["valid_to"])].add(row["class"])
    for (class_set, channel, starts, _), found in periods.items():
        for missing in sorted(classes[class_set] ^ found):
            yield TerminalError(
                "publication.policy_gap", class_set=class_set, channel=channel, start=starts, name=missing
            )
