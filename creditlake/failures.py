"""What went wrong, shown once: what, where, the state of the data, what to type next."""

from __future__ import annotations

import json
import re
import sys
import traceback
from typing import Any

import typer
from pydantic import ValidationError

from creditlake.exit_codes import ExitCode
from creditlake.invocation import Invocation
from creditlake.rendering import error_console
from lake.errors import CreditlakeError, TransientError
from lake.messages import text

SETTING_PREFIX = "lake.setting"


def report(error: BaseException, call: Invocation) -> int:
    """Show ``error`` on stderr (and as JSON on stdout where ``--json`` was asked for); returns the exit code."""
    if isinstance(error, typer.Exit):
        return error.exit_code
    exit_code, code, message = _describe(error)
    if call.debug:
        traceback.print_exception(error)
    if call.json:
        sys.stdout.write(json.dumps(_document(exit_code, code, message), ensure_ascii=False) + "\n")
    _show(message, code)
    return exit_code


def _describe(error: BaseException) -> tuple[ExitCode, str, str]:
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return ExitCode.INTERRUPTED, "cli.interrupted", text("cli.interrupted")
    if isinstance(error, CreditlakeError):
        return exit_code_of(error), error.code, str(error)
    if isinstance(error, typer.TyperException):
        return ExitCode.USAGE, "cli.usage", _usage_message(error)
    if isinstance(error, ValidationError):
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        return ExitCode.USAGE, "cli.invalid_document", text("cli.invalid_document", where=where, problem=problem["msg"])
    if isinstance(error, OSError) and error.filename:
        return ExitCode.TERMINAL, "cli.file_error", text("cli.file_error", path=error.filename, problem=error.strerror)
    kind = type(error).__name__
    return ExitCode.INTERNAL, "cli.internal", text("cli.internal", kind=kind, problem=str(error) or kind)


def exit_code_of(error: CreditlakeError) -> ExitCode:
    """The exit code that belongs to the class of ``error``."""
    if error.code.startswith(SETTING_PREFIX):
        return ExitCode.USAGE
    return ExitCode.TRANSIENT if isinstance(error, TransientError) else ExitCode.TERMINAL


def _usage_message(error: typer.TyperException) -> str:
    """The parser's own exceptions are recognised by name: the library keeps their classes private."""
    names = {kind.__name__ for kind in type(error).__mro__}
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "creditlake"
    if "NoArgsIsHelpError" in names:
        return text("cli.usage_no_command", command=command)
    if "NoSuchOption" in names:
        options = ", ".join(sorted(getattr(error, "possibilities", None) or _options(context)))
        return text("cli.usage_no_such_option", option=error.option_name, options=options, command=command)  # type: ignore[attr-defined]
    if "MissingParameter" in names and getattr(error, "param", None) is not None:
        return text("cli.usage_missing", parameter=_parameter(error), command=command)
    if "BadParameter" in names and getattr(error, "param", None) is not None:
        return text("cli.usage_bad_value", parameter=_parameter(error), problem=_bad_value(error), command=command)
    commands = getattr(getattr(context, "command", None), "commands", None)
    if commands:
        return text("cli.usage_no_such_command", problem=error.message, commands=", ".join(commands), command=command)
    return text("cli.usage_other", problem=error.format_message(), command=command)


def _bad_value(error: Any) -> str:
    """What is wrong with a value, in the current language; in the library's words where it is nothing of the usual."""
    given, *allowed = [*re.findall(r"'([^']*)'", error.message), ""]
    if " is not one of " in error.message:
        return text("cli.value_not_listed", given=given, allowed=", ".join(allowed[:-1]))
    if " does not match the format" in error.message:
        formats = ", ".join(one.replace("%Y", "YYYY").replace("%m", "MM").replace("%d", "DD") for one in allowed[:-1])
        return text("cli.value_no_date", given=given, formats=formats)
    found = error.__cause__.errors() if isinstance(error.__cause__, ValidationError) else []
    if found and found[0]["type"] in {"int_parsing", "float_parsing"}:
        return text("cli.value_no_number", given=found[0]["input"])
    if found and found[0]["type"] == "greater_than_equal":
        return text("cli.value_too_small", given=found[0]["input"], least=found[0]["ctx"]["ge"])
    return str(error.message)


def _parameter(error: Any) -> str:
    options = [option for option in error.param.opts if option.startswith("-")]
    return options[0] if options else str(error.param.name).upper()


def _options(context: Any) -> list[str]:
    return [option for parameter in context.command.params for option in parameter.opts if option.startswith("--")]


def _document(exit_code: ExitCode, code: str, message: str) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "exit_code": int(exit_code)}}


def _show(message: str, code: str) -> None:
    console = error_console()
    if not console.is_terminal:
        console.print(
            text("cli.error_plain", message=message, code=code), markup=False, highlight=False, soft_wrap=True
        )
        return
    from rich.panel import Panel
    from rich.text import Text

    title = text("cli.error_title", code=code)
    console.print(Panel(Text(message), title=title, title_align="left", border_style="red"))
