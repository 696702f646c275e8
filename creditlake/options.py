"""Options that several commands share; their help is a message code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Drop = Annotated[str | None, typer.Option("--drop", help="cli.option_drop", metavar="DIR|s3://…")]
Sources = Annotated[list[Path] | None, typer.Option("--sources", help="cli.option_sources", metavar="DIR")]
Json = Annotated[bool, typer.Option("--json", help="cli.option_json")]
System = Annotated[str | None, typer.Option("--system", help="cli.option_system")]
Contract = Annotated[str | None, typer.Option("--contract", help="cli.option_contract")]
Out = Annotated[Path, typer.Option("--out", help="cli.option_out")]
Accept = Annotated[list[str] | None, typer.Option("--accept", help="cli.option_accept", metavar="CHECK")]
Approve = Annotated[str | None, typer.Option("--approve", help="cli.option_approve", metavar="NAME")]
Reason = Annotated[str | None, typer.Option("--reason", help="cli.option_reason", metavar="TEXT")]
