"""The command tree: commands are registered here and their help is put into the chosen language."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer
from typer import rich_utils

from creditlake.invocation import current
from lake.messages import text

Command = Callable[..., None]

Language = Annotated[Literal["zh", "en"] | None, typer.Option("--lang", help="cli.option_lang")]
COMMON_OPTIONS = {
    "lang": Language,
    "lake": Annotated[str | None, typer.Option("--lake", help="cli.option_lake")],
    "debug": Annotated[bool, typer.Option("--debug", help="cli.option_debug")],
}


def new_group(application: typer.Typer, name: str) -> typer.Typer:
    """A group of commands (``creditlake <name> …``) whose help is ``cli.<name>_help``."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    application.add_typer(group, name=name, help=f"cli.{name}_help")
    return group


def register(group: typer.Typer, name: str, command: Command, prefix: str = "") -> None:
    """Add ``command`` as ``name``; help is ``cli.<prefix>_<name>_help``, the example ``cli.<prefix>_<name>_example``.

    Every command also takes the options of ``COMMON_OPTIONS``, which do not reach the function.
    """
    key = "_".join(part for part in (prefix, name.replace("-", "_")) if part)
    group.command(name, help=f"cli.{key}_help", epilog=f"cli.{key}_example")(_with_common_options(command))


def _with_common_options(command: Command) -> Command:
    signature = inspect.signature(command, eval_str=True)

    @functools.wraps(command)
    def call(**values: Any) -> None:
        values.pop("lang")
        current().lake = values.pop("lake")
        current().debug = values.pop("debug")
        command(**values)

    common = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=False if name == "debug" else None, annotation=kind
        )
        for name, kind in COMMON_OPTIONS.items()
    ]
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in signature.parameters.values()]
    call.__signature__ = signature.replace(parameters=[*own, *common])  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *common)}
    return call


def build() -> Any:
    """The click command of the whole program, its text in the current language."""
    from creditlake import commands

    application = typer.Typer(
        no_args_is_help=True, rich_markup_mode="rich", add_completion=False, pretty_exceptions_enable=False
    )

    @application.callback(help="cli.program_help", epilog="cli.program_epilog")
    def program(
        version: Annotated[
            bool, typer.Option("--version", help="cli.option_version", callback=_show_version, is_eager=True)
        ] = False,
        lang: Language = None,
    ) -> None:
        del version, lang

    commands.register_all(application)
    command = typer.main.get_command(application)
    _use_current_language(command)
    _translate(command)
    return command


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"creditlake {version('creditlake')}")
        raise typer.Exit


def _translate(command: Any) -> None:
    """Replace message codes by their text, in the command, its parameters and its subcommands."""
    command.help = text(command.help)
    command.epilog = text(command.epilog) if command.epilog else None
    for parameter in command.params:
        if parameter.help and parameter.help.startswith("cli."):
            parameter.help = text(parameter.help)
    for subcommand in getattr(command, "commands", {}).values():
        _translate(subcommand)


def _use_current_language(command: Any) -> None:
    rich_utils.ARGUMENTS_PANEL_TITLE = text("cli.panel_arguments")
    rich_utils.OPTIONS_PANEL_TITLE = text("cli.panel_options")
    rich_utils.COMMANDS_PANEL_TITLE = text("cli.panel_commands")
    rich_utils.DEFAULT_STRING = text("cli.panel_default", value="{}")
    rich_utils.REQUIRED_LONG_STRING = text("cli.panel_required")
    _name_usage_and_help(command)


def _name_usage_and_help(command: Any) -> None:
    """Give the usage line and ``--help`` their text in the current language on every command."""
    get_help_option, get_usage = command.get_help_option, command.get_usage

    def usage(context: Any) -> str:
        return str(get_usage(context)).replace("Usage:", text("cli.panel_usage"), 1)

    def translated(context: Any) -> Any:
        option = get_help_option(context)
        if option is not None:
            option.help = text("cli.option_help")
        return option

    command.get_help_option, command.get_usage = translated, usage
    for subcommand in getattr(command, "commands", {}).values():
        _name_usage_and_help(subcommand)
