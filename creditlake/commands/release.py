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
    """Show every release, the newest last."""
    from publication import releases

    call = current()
    found = releases.list_releases(call.storage(call.settings()))
    if json:
        rendering.show_json(found)
        return
    names = ("version", "created_at", "files", "rows", "current")
    headers = [f"cli.column_{name}" for name in names]
    rendering.show_table("cli.release_list", headers, ([getattr(one, name) for name in names] for one in found))


def show(version: Version = None, json: options.Json = False) -> None:
    """Show the manifest of a release, of the current one when none is named."""
    from publication import releases

    call = current()
    manifest = releases.read_manifest(call.storage(call.settings()), version)
    if json:
        rendering.show_json(manifest)
        return
    headers = [f"cli.column_{name}" for name in ("path", "rows", "bytes", "digest")]
    rows = [[file.path, file.rows, file.byte_size, file.sha256] for file in manifest.files]
    rendering.show_table("cli.release_files", headers, rows)


def verify(version: Version = None, json: options.Json = False) -> None:
    """Read every file of a release again and compare its digest."""
    from publication import releases

    call = current()
    report = releases.verify(call.storage(call.settings()), version)
    if json:
        rendering.show_json(report)
    else:
        for problem in report.problems:
            rendering.say("cli.release_problem", problem=problem)
        if not report.problems:
            rendering.say("cli.release_verified", version=report.version, files=report.files)
    if report.problems:
        raise typer.Exit(ExitCode.REFUSED)


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "release")
    for name, command in (("list", list_releases), ("show", show), ("verify", verify)):
        tree.register(group, name, command, "release")
