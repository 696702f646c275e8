"""``creditlake release``: what has been published."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditlake import application as tree
from creditlake import options, progress, rendering
from creditlake.commands.results import finish
from creditlake.exit_codes import ExitCode
from creditlake.invocation import current
from lake.messages import text

if TYPE_CHECKING:
    from lake.storage import Storage

PublicKey = Annotated[Path | None, typer.Option("--key", help="cli.option_public_key", metavar="PEM")]
Before = Annotated[str, typer.Argument(help="cli.argument_release_before")]
After = Annotated[str | None, typer.Argument(help="cli.argument_release")]
Target = Annotated[str, typer.Argument(help="cli.argument_release_old")]
Day = Annotated[datetime, typer.Argument(help="cli.argument_day", formats=["%Y-%m-%d"])]
Code = Annotated[str, typer.Argument(help="cli.argument_code")]
Name = Annotated[str, typer.Option("--approve", help="cli.option_approve", metavar="NAME")]
Why = Annotated[str, typer.Option("--reason", help="cli.option_reason", metavar="TEXT")]


class ReasonClass(StrEnum):
    """Why an entry is taken down."""

    WINDOW_OVER = "window_over"
    REPAIRED = "repaired"
    CORRECTED = "corrected"
    REVOKED = "revoked"
    OBJECTION_UPHELD = "objection_upheld"
    SUSPENDED = "suspended"


Records = Annotated[list[str], typer.Argument(help="cli.argument_records")]
Class = Annotated[ReasonClass, typer.Option("--class", help="cli.option_reason_class")]
Since = Annotated[str | None, typer.Option("--since", help="cli.option_since", metavar="VERSION")]
Window = Annotated[str | None, typer.Option("--window", help="cli.option_window", metavar="24h|7d|31d")]
To = Annotated[str | None, typer.Option("--to", help="cli.argument_release", metavar="VERSION")]
SHOWN_ROWS, SHOWN_FIELDS = 20, 3
"""What a terminal shows of a diff; ``--json`` has more."""
Version = Annotated[str | None, typer.Argument(help="cli.argument_release")]
Departments = Annotated[bool, typer.Option("--departments", help="cli.option_departments")]


def _storage(departments: bool) -> Storage:
    """Where the releases lie: those for everybody, or those for the departments that their rows name."""
    from publication.editions import storage_of

    call = current()
    return storage_of(call.storage(call.settings()), "departments" if departments else "public")


def list_releases(departments: Departments = False, json: options.Json = False) -> None:
    """Show every release, the newest first."""
    from publication import releases

    found = releases.list_releases(_storage(departments))
    if json:
        rendering.show_json([one.model_dump(mode="json") for one in found])
        return
    rows = [
        [one.version, one.created_at, len(one.files), sum(dataset.rows for dataset in one.datasets), position == 0]
        for position, one in enumerate(found)
    ]
    headers = [f"cli.column_{name}" for name in ("version", "created_at", "files", "rows", "current")]
    rendering.show_table("cli.release_list", headers, rows)


def show(version: Version = None, departments: Departments = False, json: options.Json = False) -> None:
    """Show the manifest of a release, of the current one when none is named."""
    from publication import releases

    manifest = releases.show_release(_storage(departments), version)
    if json:
        rendering.show_json(manifest)
        return
    headers = [f"cli.column_{name}" for name in ("path", "rows", "bytes", "digest")]
    rows = [[file.path, file.rows, file.bytes, file.sha256] for file in manifest.files]
    rendering.show_table("cli.release_files", headers, rows)
    rendering.say("cli.release_version", version=manifest.version, created_at=rendering.moment(manifest.created_at))
    if manifest.signer:
        rendering.say("cli.release_signed_by", key=manifest.signer.key)


def verify(
    version: Version = None, key: PublicKey = None, departments: Departments = False, json: options.Json = False
) -> None:
    """Read every file of a release again, compare its digest, and check the signature of the manifest."""
    from publication import releases, signing

    settings = current().settings()
    public_key = key.read_bytes() if key else None
    if public_key is None and signing.has_key(settings):
        public_key = signing.load_key(settings).public_pem
    report = releases.verify_release(_storage(departments), version, public_key)
    if json:
        rendering.show_json({**report.model_dump(mode="json"), "ok": report.ok})
    else:
        for problem in report.problems:
            rendering.say("cli.release_problem", problem=problem.message)
        if report.ok:
            rendering.say("cli.release_verified", version=report.version, files=report.files)
    if not report.ok:
        raise typer.Exit(ExitCode.REFUSED)


def key() -> None:
    """Write the public key of this installation as PEM."""
    from publication.signing import load_key

    typer.echo(load_key(current().settings()).public_pem.decode(), nl=False)


def audit(departments: Departments = False, json: options.Json = False) -> None:
    """Show every act and check that the chain is unbroken and is the one that the manifests name."""
    from publication import audit as chain
    from publication.releases import list_releases

    storage = _storage(departments)
    found = chain.check(storage, list_releases(storage))
    if json:
        rendering.show_json([one.model_dump(mode="json") for one in found])
        return
    headers = [f"cli.column_{name}" for name in ("number", "created_at", "action", "actor", "version", "reason")]
    rows = [
        [one.number, one.time, text(f"cli.audit_{one.action}"), one.actor, one.release, one.reason] for one in found
    ]
    rendering.show_table("cli.release_audit_title", headers, rows)
    rendering.say("cli.release_audit_intact", count=len(found))


def diff(before: Before, after: After = None, departments: Departments = False, json: options.Json = False) -> None:
    """Say which rows differ between two releases, field by field, and why."""
    from publication import changes, releases

    storage = _storage(departments)
    found = changes.diff(storage, releases.show_release(storage, before), releases.show_release(storage, after))
    if json:
        rendering.show_json(found)
        return
    headers = [f"cli.column_{name}" for name in ("dataset", "added", "changed", "removed", "causes")]
    rows = [[one.title, one.added, one.changed, one.removed, _worded_causes(one.causes)] for one in found.datasets]
    rendering.show_table("cli.release_diff_title", headers, rows)
    headers = [f"cli.column_{name}" for name in ("key", "change", "cause", "field", "before", "after")]
    for one in found.datasets:
        lines = [
            [" ".join(map(str, row.key.values())), text(f"cli.change_{row.kind}"), text(f"cli.cause_{row.cause}"),
             field.title, field.before, field.after]
            for row in one.rows[:SHOWN_ROWS]
            for field in (row.fields if row.kind == "changed" else row.fields[:SHOWN_FIELDS])
        ]  # fmt: skip
        if lines:
            rendering.show_plain_table(one.title, [text(header) for header in headers], lines)


def changes(since: Since = None, window: Window = None, to: To = None, out: options.Out = Path("changes")) -> None:
    """Write the rows that bring a copy of an earlier release up to a later one."""
    from publication import changes as rows
    from publication import releases

    call = current()
    storage = call.storage(call.settings())
    after = releases.show_release(storage, to)
    before = releases.show_release(storage, since) if since else None
    if window:
        before = rows.base_of(releases.list_releases(storage), after, rows.window_of(window))
    written = rows.write_changes(storage, before, after, out)
    headers = [f"cli.column_{name}" for name in ("path", "added", "changed", "removed")]
    table = [[one.path, one.added, one.changed, one.removed] for one in written]
    rendering.show_table("cli.release_changes_title", headers, table)
    rendering.say("cli.release_changes_base", before=before.version if before else "-", after=after.version)


def as_of(day: Day, code: Code, departments: Departments = False, json: options.Json = False) -> None:
    """Say what was published about a code on a day, with release, file and digest."""
    from publication.as_of import as_of as published

    states = published(_storage(departments), day.date(), code.strip().upper())
    if json:
        rendering.show_json([state.model_dump(mode="json") for state in states])
        return
    if not states:
        rendering.say("cli.release_as_of_none", day=day.date())
    for state in states:
        rendering.say("cli.release_as_of", version=state.version, rows=len(state.rows), digest=state.manifest_sha256)
        headers = [text(f"cli.column_{name}") for name in ("field", "value")]
        for row in state.rows:
            lines = [[row.titles[name], value] for name, value in row.row.items() if value is not None]
            lines += [[text("cli.column_path"), row.file], ["sha256", row.sha256]]
            rendering.show_plain_table(row.title, headers, lines)


def rollback(version: Target, approve: Name, reason: Why, json: options.Json = False) -> None:
    """Release the content of an older release again, as far as it may be shown today."""
    from creditlake.commands.steps import approver_of
    from flows.single import run_rollback

    settings, approver = current().settings(), approver_of(approve, reason)
    assert approver is not None
    with progress.shown() as shown:
        result = run_rollback(settings, version, approver, shown)
    finish(result, settings, json)
    if not json:
        rendering.say("cli.release_rolled_back")


def urgent(records: Records, reason_class: Class, approve: Name, reason: Why, json: options.Json = False) -> None:
    """Take entries down at once, without a run: a release of the current content without them."""
    from creditlake.commands.steps import approver_of
    from flows.single import run_withdrawal
    from publication.withdrawal import End

    settings, approver = current().settings(), approver_of(approve, reason)
    assert approver is not None
    with progress.shown() as shown:
        ends = [End(record, reason_class.value) for record in records]
        result = run_withdrawal(settings, ends, approver, shown)
    finish(result, settings, json)


def lift(records: Records, approve: Name, reason: Why, json: options.Json = False) -> None:
    """Publish again what an urgent release took down: a release of the warehouse with the records."""
    from creditlake.commands.steps import approver_of
    from flows.single import run_lifting

    settings, approver = current().settings(), approver_of(approve, reason)
    assert approver is not None
    with progress.shown() as shown:
        result = run_lifting(settings, records, approver, shown)
    finish(result, settings, json)


def _worded_causes(causes: dict[str, int]) -> str:
    return "; ".join(f"{text(f'cli.cause_{cause}')} {count:,}" for cause, count in causes.items())


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "release")
    commands: dict[str, tree.Command] = {
        "list": list_releases,
        "show": show,
        "verify": verify,
        "key": key,
        "audit": audit,
        "diff": diff,
        "changes": changes,
        "as-of": as_of,
        "rollback": rollback,
        "urgent": urgent,
        "lift": lift,
    }
    for name, command in commands.items():
        tree.register(group, name, command, "release")
