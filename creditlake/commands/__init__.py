"""One module per noun; ``register_all`` puts them all into the program."""

from __future__ import annotations

import typer


def register_all(application: typer.Typer) -> None:
    """Add every command, in the order of the data's life."""
    from creditlake.commands import (
        contract,
        delivery,
        doctor,
        example,
        link,
        policy,
        quarantine,
        queue,
        release,
        report,
        run,
        schedule,
        source,
        status,
        steps,
    )

    for module in (
        run,
        steps,
        status,
        quarantine,
        link,
        queue,
        policy,
        release,
        delivery,
        report,
        contract,
        source,
        schedule,
        example,
        doctor,
    ):
        module.register_commands(application)
