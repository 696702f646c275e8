"""``creditlake example``: a fictitious city's feeds, with the dirt departments really have."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditlake import application as tree
from creditlake import options, progress, rendering

if TYPE_CHECKING:
    from example_region.serving import ServedSystems


def example(
    enterprises: Annotated[int, typer.Option("--enterprises", min=1, help="cli.option_enterprises")] = 20_000,
    seed: Annotated[int, typer.Option("--seed", help="cli.option_seed")] = 1,
    out: options.Out = Path("example"),
    serve: Annotated[bool, typer.Option("--serve", help="cli.option_serve")] = False,
    json: options.Json = False,
) -> None:
    """Write the feeds and the truth about them; with ``serve`` start what the systems are reached through, until Ctrl-C."""
    # What is there already is served as it is.
    if not (serve and (out / "_truth" / "example.json").is_file()):
        _write(enterprises, seed, out, json)
    if serve:
        _serve(out, json)


def _write(enterprises: int, seed: int, out: Path, json: bool) -> None:
    from example_region import generate
    from example_region.systems import systems

    planned = tuple(systems().values())
    with progress.shown() as shown:
        result = generate(enterprises=enterprises, seed=seed, out=out, progress=shown, systems=planned)
    if json:
        rendering.show_json(result)
        return
    rendering.say("cli.example_done", out=out)


def _serve(out: Path, json: bool) -> None:
    from example_region.serving import serving

    with serving(out) as served:
        if json:
            rendering.show_json(
                {"environment": served.environment, "served": served.served, "left_out": served.left_out}
            )
        else:
            rendering.say(
                "cli.example_serving", count=len(served.served), systems=", ".join(served.served), file=served.file
            )
            if served.left_out:
                rendering.say("cli.example_no_database", systems=", ".join(served.left_out))
        with suppress(KeyboardInterrupt):
            _let_weeks_pass(served, json)


def _let_weeks_pass(served: ServedSystems, json: bool) -> None:
    """Each line on the terminal brings the next delivery; without one this only waits for Ctrl-C."""
    while sys.stdin.isatty() and sys.stdin.readline():
        served.advance()
        if not json:
            rendering.say("cli.example_advanced")
    threading.Event().wait()


def register_commands(application: typer.Typer) -> None:
    """Add ``example``."""
    tree.register(application, "example", example)
