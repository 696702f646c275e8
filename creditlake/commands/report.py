"""``creditlake report``: credit reports of enterprises, and what a report's number leads to."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from creditlake import application as tree
from creditlake import options, progress, rendering
from creditlake.exit_codes import ExitCode
from creditlake.invocation import current

if TYPE_CHECKING:
    from publication.report.issue import Resolution
    from publication.report.model import Question

Codes = Annotated[list[str], typer.Argument(help="cli.argument_report_codes", metavar="USCC…")]
Choice = Literal["pdf", "html"]


def make(
    codes: Codes,
    out: options.Out = Path("reports"),
    version: Annotated[str | None, typer.Option("--version", help="cli.argument_release")] = None,
    edition: Annotated[
        Literal["full", "no-violations"], typer.Option("--edition", help="cli.option_report_edition")
    ] = "full",
    start: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="cli.option_report_from")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="cli.option_report_to")] = None,
    scope: Annotated[str | None, typer.Option("--scope", help="cli.option_report_scope")] = None,
    only: Annotated[Choice | None, typer.Option("--format", help="cli.option_report_format")] = None,
    json: options.Json = False,
) -> None:
    """Write the credit report of each code into a folder, as PDF and HTML."""
    from publication.report import issue
    from publication.report.model import Edition, Question

    call = current()
    settings = call.settings()
    storage = call.storage(settings)
    wanted: tuple[issue.Format, ...] = (only,) if only else issue.FORMATS
    out.mkdir(parents=True, exist_ok=True)
    made: list[dict[str, Any]] = []
    with progress.shown() as shown:
        shown.start("report.step_report", len(codes))
        for code in codes:
            question = Question(uscc=code, edition=Edition(edition), start=_day(start), end=_day(end), scope=scope)
            report = issue.make(storage, settings, question, version, wanted)
            paths = [out / f"{_file_name(question)}.{name}" for name in report.files]
            for path, data in zip(paths, report.files.values(), strict=True):
                path.write_bytes(data)
            made.append({"uscc": code, "number": report.issued.number, "files": [str(path) for path in paths]})
            shown.advance(detail=code)
        shown.done()
    for one in made:
        if not json:
            rendering.say("report.made", number=one["number"], files="、".join(one["files"]))
    if json:
        rendering.show_json(made)


def resolve(
    number: Annotated[str, typer.Argument(help="cli.argument_report_number")],
    file: Annotated[Path | None, typer.Argument(help="cli.argument_report_file", exists=True, dir_okay=False)] = None,
    json: options.Json = False,
) -> None:
    """Say which release a report was made from, and whether the release, and a file, still say the same."""
    from publication.report import issue

    call = current()
    settings = call.settings()
    found = issue.resolve(call.storage(settings), settings, number, file)
    if json:
        rendering.show_json({**found.model_dump(mode="json"), "ok": found.ok})
    else:
        _show(found)
    if not found.ok:
        raise typer.Exit(ExitCode.REFUSED)


def _show(found: Resolution) -> None:
    issued = found.issued
    rendering.say(
        "report.resolved",
        number=issued.number,
        uscc=issued.question.uscc,
        release=issued.release,
        manifest=issued.manifest_sha256,
        content=issued.content_sha256,
    )
    rendering.say("report.content_same" if found.is_content_same else "report.content_differs")
    if not found.is_current_release:
        rendering.say("report.older_release")
    if found.is_same_file is not None:
        rendering.say("report.file_same" if found.is_same_file else "report.file_differs")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _file_name(question: Question) -> str:
    """The same question always writes the same files."""
    parts = [question.uscc]
    if question.edition.value != "full":
        parts.append(question.edition.value)
    parts += [str(part) for part in (question.start, question.end, question.scope) if part]
    return "_".join(parts)


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "report")
    for name, command in (("make", make), ("resolve", resolve)):
        tree.register(group, name, command, "report")
