"""``creditlake example``: a fictitious city's feeds, with the dirt departments really have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditlake import application as tree
from creditlake import options, progress, rendering


def example(
    enterprises: Annotated[int, typer.Option("--enterprises", min=1, help="cli.option_enterprises")] = 20_000,
    seed: Annotated[int, typer.Option("--seed", help="cli.option_seed")] = 1,
    out: options.Out = Path("example"),
    json: options.Json = False,
) -> None:
    """Write the feeds and the truth about them."""
    from example_region import generate
    from example_region.systems import systems

    planned = tuple(systems().values())
    with progress.shown() as shown:
        result = generate(enterprises=enterprises, seed=seed, out=out, progress=shown, systems=planned)
    if json:
        rendering.show_json(result)
        return
    rendering.say("cli.example_done", out=out)


def register_commands(application: typer.Typer) -> None:
    """Add ``example``."""
    tree.register(application, "example", example)
