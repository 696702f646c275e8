"""``creditlake contract``: what each kind of record must look like."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditlake import application as tree
from creditlake import options, rendering
from creditlake.commands.results import finish_lint

ContractId = Annotated[str, typer.Argument(help="cli.argument_contract")]


def list_contracts(json: options.Json = False) -> None:
    """Show every contract."""
    from connectors.contract import load_contracts

    names = ("contract_id", "name", "version", "columns")
    rows = [[one.id, one.title, one.version, len(one.columns)] for one in load_contracts().values()]
    if json:
        rendering.show_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    rendering.show_table("cli.contract_list", [f"cli.column_{name}" for name in names], rows)


def show(contract: ContractId, json: options.Json = False) -> None:
    """Show one contract column by column."""
    from dataclasses import asdict

    from connectors.contract import load_contract

    found = load_contract(contract)
    if json:
        rendering.show_json(asdict(found))
        return
    names = ("column", "header", "type", "required", "sensitivity", "allowed")
    rows = [
        [
            column.name,
            column.header,
            column.kind,
            ", ".join(column.required_in),
            column.sensitivity,
            ", ".join(value.value for value in column.values),
        ]
        for column in found.columns
    ]
    rendering.show_table("cli.contract_columns", [f"cli.column_{name}" for name in names], rows)


def template(
    contract: ContractId, out: Annotated[Path | None, typer.Option("--out", help="cli.option_out")] = None
) -> None:
    """Write the workbook that a department fills in."""
    from connectors.contract import load_contract
    from connectors.contract.template import template as write_template

    path = out or Path(f"{contract}.xlsx")
    write_template(load_contract(contract), path)
    rendering.say("cli.contract_template_written", path=path)


def lint(
    path: Annotated[Path | None, typer.Argument(help="cli.argument_contract_file")] = None,
    json: options.Json = False,
) -> None:
    """Check contract files."""
    from connectors.contract import CONTRACTS
    from connectors.contract.lint import check

    files = [path] if path else sorted(CONTRACTS.glob("*.yaml"))
    problems = [problem.localised() for file in files for problem in check(file)]
    finish_lint(problems, json)


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "contract")
    for name, command in (("list", list_contracts), ("show", show), ("template", template), ("lint", lint)):
        tree.register(group, name, command, "contract")
