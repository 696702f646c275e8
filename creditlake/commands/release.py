"""``creditlake release``: what has been published."""

from __future__ import annotations

from typing import Annotated

import typer

from creditlake import application as tree
from creditlake import options, rendering
from creditlake.exit_codes import ExitCode
from creditlake.invocation import current

Version = Annotated[str | None, typer.Argument(help="cli.argument_release")]


def list_releases(json: options.Json = False) -> None:
    """Show every release, the newest first."""
    from publication import releases

    call = current()
    found = releases.list_releases(call.storage(call.settings()))
    if json:
        rendering.show_json([one.model_dump(mode="json") for one in found])
        return
    rows = [
        [one.version, one.created_at, len(one.files), sum(dataset.rows for dataset in one.datasets), position == 0]
        for position, one in enumerate(found)
    ]
    headers = [f"cli.column_{name}" for name in ("version", "created_at", "files", "rows", "current")]
    rendering.show_table("cli.release_list", headers, rows)


def show(version: Version = None, json: options.Json = False) -> None:
    """Show the manifest of a release, of the current one when none is named."""
    from publication import releases

    call = current()
    manifest = releases.show_release(call.storage(call.settings()), version)
    if json:
        rendering.show_json(manifest)
        return
    headers = [f"cli.column_{name}" for name in ("path", "rows", "bytes", "digest")]
    rows = [[file.path, file.rows, file.bytes, file.sha256] for file in manifest.files]
    rendering.show_table("cli.release_files", headers, rows)
    rendering.say(
        "cli.release_version", version=manifest.version, created_at=f"{manifest.created_at:%Y-%m-%d %H:%M} UTC"
    )


def verify(version: Version = None, json: options.Json = False) -> None:
    """Read every file of a release again and compare its digest."""
    from publication import releases

    call = current()
    report = releases.verify_release(call.storage(call.settings()), version)
    if json:
        rendering.show_json({**report.model_dump(mode="json"), "ok": report.ok})
    else:
        for problem in report.problems:
            rendering.say("cli.release_problem", problem=problem.message)
        if report.ok:
            rendering.say("cli.release_verified", version=report.version, files=report.files)
    if not report.ok:
        raise typer.Exit(ExitCode.REFUSED)


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "release")
    for name, command in (("list", list_releases), ("show", show), ("verify", verify)):
        tree.register(group, name, command, "release")
