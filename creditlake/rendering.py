"""Output: JSON or tables on stdout; progress and errors on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from lake.messages import text

NARROWEST_REDIRECTED_TABLE = 200


def output_console() -> Console:
    """Where results go. Redirected output gets a wide page, so that no cell is cut."""
    redirected = not sys.stdout.isatty()
    return Console(file=sys.stdout, width=NARROWEST_REDIRECTED_TABLE if redirected else None, highlight=False)


def error_console() -> Console:
    """Where progress, warnings and errors go."""
    return Console(file=sys.stderr, stderr=True, highlight=False)


def say(code: str, **params: object) -> None:
    """Write the message ``code`` as a line of output."""
    show_line(text(code, **params))


def show_line(line: str) -> None:
    """Write a line of output that is in the right language already."""
    output_console().print(line, markup=False, soft_wrap=True)


def show_reason(path: str, reason: str) -> None:
    """Write why a file was refused; a reason that names the file already (or a member of it) stands alone."""
    if reason.startswith(path):
        show_line(reason)
    else:
        say("cli.status_reason", path=path, reason=reason)


def warn(code: str, **params: object) -> None:
    """Write the message ``code`` as a line beside the output."""
    error_console().print(text(code, **params), markup=False, soft_wrap=True)


def show_json(document: Any) -> None:
    """Write ``document`` (a pydantic model, or plain data) as JSON: the only thing on stdout."""
    if isinstance(document, BaseModel):
        document = document.model_dump(mode="json")
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=_plain) + "\n")


def show_table(title: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; ``title`` and ``headers`` are message codes, numbers go to the right with thousands marks."""
    show_plain_table(text(title), [text(header) for header in headers], rows)


def show_plain_table(title: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table whose title and headers are in the right language already."""
    kept = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", header_style="bold")
    for position, header in enumerate(headers):
        numeric = all(isinstance(row[position], int | float | None) for row in kept)
        table.add_column(header, justify="right" if numeric else "left", overflow="fold")
    for row in kept:
        table.add_row(*(_cell(value) for value in row))
    output_console().print(table)


def moment(value: datetime) -> str:
    """A point in time as staff read it: in Beijing time, to the minute."""
    from lake.settings import TIME_ZONE

    return f"{value.astimezone(TIME_ZONE) if value.tzinfo else value:%Y-%m-%d %H:%M}"


def mark(healthy: bool) -> str:
    """A tick or a cross."""
    return "✓" if healthy else "✗"


def _cell(value: object) -> str:
    from rich.markup import escape

    if value is None:
        return ""
    if isinstance(value, bool):
        return text("cli.answer_yes") if value else text("cli.answer_no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.2%}"
    if isinstance(value, datetime):
        return moment(value)
    return escape(str(value))


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    raise TypeError(type(value).__name__)


def show_unconnected(systems: Sequence[str]) -> None:
    """One line about the systems that nobody has connected yet; nothing when there are none."""
    if systems:
        say("cli.not_connected", count=len(systems), systems=", ".join(systems))
