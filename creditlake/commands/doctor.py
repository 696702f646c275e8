"""``creditlake doctor``: is this machine fit, and if not, what helps."""

from __future__ import annotations

import typer

from creditlake import application as tree
from creditlake import options, rendering
from creditlake.exit_codes import ExitCode
from creditlake.invocation import current


def doctor(json: options.Json = False) -> None:
    """Run every check and say the remedy of each that fails."""
    from creditlake.diagnosis import diagnose

    findings = diagnose(current())
    if json:
        rendering.show_json(findings)
    else:
        headers = [f"cli.column_{name}" for name in ("check", "state", "found", "remedy")]
        rows = [[one.name, rendering.mark(one.healthy), one.found, one.remedy] for one in findings]
        rendering.show_table("cli.doctor_title", headers, rows)
    if not all(one.healthy for one in findings):
        raise typer.Exit(ExitCode.TERMINAL)


def register_commands(application: typer.Typer) -> None:
    """Add ``doctor``."""
    tree.register(application, "doctor", doctor)
