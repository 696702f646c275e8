"""``creditlake delivery``: releases sent to the systems where they must be shown, with receipts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from creditlake import application as tree
from creditlake import options, progress, rendering
from creditlake.exit_codes import ExitCode
from creditlake.invocation import current
from lake.errors import TerminalError
from lake.messages import current_language, text

if TYPE_CHECKING:
    from lake.settings import Settings
    from publication.delivery.declaration import Destination

Name = Annotated[str | None, typer.Argument(help="cli.argument_destination")]


def list_destinations(json: options.Json = False) -> None:
    """Show where releases go, whether the way there is open, and what each receiver has."""
    from publication.delivery.declaration import missing_variables
    from publication.delivery.receipts import Book
    from publication.editions import storage_of

    call = current()
    settings = call.settings()
    storage = call.storage(settings)
    rows = []
    for one in _chosen(settings, None).values():
        book = Book(storage_of(storage, one.edition), one.id)
        receipts = book.receipts()
        missing = missing_variables(one, os.environ)
        state = "not_connected" if missing else "unfinished" if book.begun() else "connected"
        rows.append(
            {
                "destination": one.id,
                "name": one.name if current_language() == "zh" else one.name_english,
                "state": state,
                "missing": missing,
                "release": receipts[-1].release if receipts else None,
                "rows": sum(receipt.rows for receipt in receipts),
                "rejected": sum(len(receipt.rejected) for receipt in receipts),
            }
        )
    if json:
        rendering.show_json(rows)
        return
    names = ("destination", "name", "state", "release", "rows", "rejected")
    cells = [[text(f"delivery.state_{row[name]}") if name == "state" else row[name] for name in names] for row in rows]
    rendering.show_table("delivery.list", [f"delivery.column_{name}" for name in names], cells)


def send(destination: Name = None, json: options.Json = False) -> None:
    """Deliver the current release: to each destination what changed since its last receipt."""
    from publication.delivery.deliver import deliver_all

    call = current()
    settings = call.settings()
    chosen = _chosen(settings, destination)
    with progress.shown() as shown:
        outcomes = deliver_all(call.storage(settings), chosen, shown)
    if json:
        rendering.show_json([outcome.model_dump(mode="json") for outcome in outcomes])
    for outcome in outcomes if not json else ():
        receipt = outcome.receipt
        rendering.say(
            f"delivery.{outcome.state}",
            destination=outcome.destination,
            detail=outcome.detail,
            missing=", ".join(outcome.missing),
            release=receipt.release if receipt else "",
            rows=receipt.rows if receipt else 0,
            units=len(receipt.units) if receipt else 0,
            rejected=len(receipt.rejected) if receipt else 0,
        )
        if receipt and receipt.rejected:
            rendering.say("delivery.rejected_see", destination=outcome.destination)
    wanted_but_closed = destination is not None and outcomes[0].state == "not_connected"
    if wanted_but_closed or any(outcome.state == "failed" for outcome in outcomes):
        raise typer.Exit(ExitCode.REFUSED)


def rejections(destination: Name = None, json: options.Json = False) -> None:
    """Show the rows that a receiver did not take, as long as they are as they were sent."""
    from publication.delivery.deliver import open_rejections

    call = current()
    settings = call.settings()
    storage = call.storage(settings)
    chosen = _chosen(settings, destination)
    found = [(name, one) for name, asked in chosen.items() for one in open_rejections(storage, asked)]
    if json:
        rendering.show_json([{"destination": name, **one.model_dump(mode="json")} for name, one in found])
        return
    if not found:
        rendering.say("delivery.no_rejections")
        return
    headers = [f"delivery.column_{name}" for name in ("destination", "dataset", "key", "code", "reason")]
    rows = [[name, one.dataset, "/".join(one.key.values()), one.code, one.reason] for name, one in found]
    rendering.show_table("delivery.rejections", headers, rows)


def _chosen(settings: Settings, destination: str | None) -> dict[str, Destination]:
    from publication.delivery.declaration import load_destinations

    known = load_destinations(settings.destinations)
    if destination is None:
        return known
    if destination not in known:
        raise TerminalError("delivery.unknown", destination=destination, known=", ".join(known))
    return {destination: known[destination]}


def register_commands(application: typer.Typer) -> None:
    """Add the group."""
    group = tree.new_group(application, "delivery")
    for name, command in (("list", list_destinations), ("send", send), ("rejections", rejections)):
        tree.register(group, name, command, "delivery")
