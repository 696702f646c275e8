"""How the result of a run is shown, and the exit code it ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from creditlake import rendering
from creditlake.exit_codes import ExitCode

if TYPE_CHECKING:
    from flows.result import RunResult
    from lake.settings import Settings


def finish(result: RunResult, settings: Settings, json: bool) -> None:
    """Show ``result``; raises ``typer.Exit`` with the code 1 where something was refused, stopped or blocked."""
    if json:
        rendering.show_json(result)
    else:
        show(result, settings)
    if result.state == "finished_with_refusals":
        raise typer.Exit(ExitCode.REFUSED)


def show(result: RunResult, settings: Settings) -> None:
    """The tables and the lines at the end of a run."""
    from creditlake.commands import run_summary

    run_summary.show(result, settings)


def finish_lint(problems: list[str], json: bool) -> None:
    """Show what is wrong with declarations and exit with ``REFUSED`` if anything is."""
    if json:
        rendering.show_json(problems)
    else:
        for problem in problems:
            rendering.say("cli.lint_problem", problem=problem)
        if not problems:
            rendering.say("cli.lint_clean")
    if problems:
        raise typer.Exit(ExitCode.REFUSED)
