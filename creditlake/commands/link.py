"""``creditlake match`` and ``creditlake link``: which enterprise a record is about, and why."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditlake import application as tree
from creditlake import options, progress, rendering
from creditlake.invocation import current

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from linkage.explanation import Explanation

RecordId = Annotated[str, typer.Argument(help="cli.argument_record")]
_REGISTER = (
    "select register.enterprise_name as name, enterprise.uscc as code, enterprise.former_names, register.registration_number,"
    " register.province, register.city, register.county"
    " from identity.enterprise as enterprise"
    " inner join staging.stg_enterprise_registration as register on enterprise.record_id = register.record_id"
)


def match(
    file: Annotated[Path, typer.Argument(help="cli.argument_match_table")],
    out: Annotated[Path, typer.Option("--out", "-o", help="cli.option_match_out")],
    registry: Annotated[str, typer.Option("--registry", help="cli.option_registry", metavar="FILE|lake")] = "lake",
    columns: Annotated[str, typer.Option("--columns", help="cli.option_columns", metavar="name=…,code=…")] = "",
    threshold: Annotated[float, typer.Option("--threshold", help="cli.option_threshold")] = 0.9999,
    json: options.Json = False,
) -> None:
    """Find the enterprise for each row of a table of names, codes, regions and addresses."""
    from linkage.matching import match as match_rows

    source = _register_of_lake() if registry == "lake" else Path(registry)
    with progress.shown() as shown:
        summary = match_rows(file, source, out, _pairs(columns), threshold, progress=shown)
    if json:
        rendering.show_json(summary)
        return
    rendering.say(
        "cli.match_done",
        rows=summary.rows,
        enterprises=summary.enterprises,
        linked=summary.linked,
        review=summary.review,
        unlinked=summary.unlinked,
        path=out,
    )
    rendering.say(
        "cli.match_columns", columns=", ".join(f"{meaning}={name}" for meaning, name in summary.columns.items())
    )
    if summary.title_rows:
        rendering.say("cli.match_title_rows", rows=summary.title_rows)
    if summary.other_sheets:
        rendering.say("cli.match_other_sheets", sheets=", ".join(summary.other_sheets))


def explain(
    record: RecordId,
    chart: Annotated[Path | None, typer.Option("--chart", help="cli.option_chart", metavar="FILE.svg")] = None,
    json: options.Json = False,
) -> None:
    """Say why a record is linked to its enterprise, or why it is not."""
    from linkage.chart import chart as draw
    from linkage.explanation import explain as explain_record

    with open_built() as connection:
        explanations = explain_record(connection, record, _history(connection))
    if chart is not None:
        chart.write_text(draw(explanations), encoding="utf-8")
    _show(explanations, json)
    if chart is not None and not json:
        rendering.say("cli.chart_written", path=chart)


def why_not(
    record: RecordId, uscc: Annotated[str, typer.Argument(help="cli.argument_uscc")], json: options.Json = False
) -> None:
    """Say what speaks for and against linking a record to an enterprise."""
    from linkage.explanation import why_not as why_not_linked

    with open_built() as connection:
        _show(why_not_linked(connection, record, uscc), json)


def _history(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The relation of past moves; none before the first export."""
    from lake.tables import scan, version
    from transforms.link_history import HISTORY

    storage = current().storage(current().settings())
    return scan(connection, storage, HISTORY) if version(storage, HISTORY) is not None else None


def _pairs(columns: str) -> dict[str, str]:
    """``name=企业名称,code=代码`` as meaning -> header."""
    pairs = [part.partition("=") for part in columns.split(",") if part.strip()]
    return {meaning.strip(): header.strip() for meaning, _, header in pairs}


def open_built() -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """The lake's built tables, to read."""
    from transforms.warehouse import open_warehouse

    settings = current().settings()
    return open_warehouse(settings, current().storage(settings))


def _register_of_lake() -> pa.Table:
    """The register as the lake has it now, in the columns that matching reads."""
    with open_built() as connection:
        return connection.sql(_REGISTER).to_arrow_table()


def _show(explanations: list[Explanation], json: bool) -> None:
    if json:
        rendering.show_json([explanation.model_dump(mode="json") for explanation in explanations])
        return
    for explanation in explanations:
        rendering.output_console().print(str(explanation), markup=False, soft_wrap=True)


def register_commands(application: typer.Typer) -> None:
    """Add ``match`` and the group ``link``."""
    tree.register(application, "match", match)
    group = tree.new_group(application, "link")
    tree.register(group, "explain", explain, "link")
    tree.register(group, "why-not", why_not, "link")
