"""Destinations as declared in ``publication/destinations/*.yaml``: one file a receiver, no Python.

Addresses may use ``${VARIABLE}``; a destination whose variables are not set is not connected, and nothing is sent there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from connectors.transports.declaration import DatabaseWay, Declared, FolderWay, HttpWay, SftpWay, declared_variables
from lake.declarations import load_declaration
from lake.errors import TerminalError

FOLDER = Path(__file__).parent.parent / "destinations"
Kind = Literal["added", "changed", "removed"]
DEPARTMENT = "receiving_department"
"""Column of the edition for departments that says whose row it is."""


class DatasetItem(Declared):
    """One dataset for one receiver: which rows, under which headings, and (``split_by``) whose part each row is."""

    dataset: str
    columns: dict[str, str] = Field(min_length=1, description="the receiver's heading: our column")
    where: dict[str, list[str]] = Field(default_factory=dict)
    filled: list[str] = Field(
        default_factory=list,
        description="columns that must hold something: a channel's window is empty where it is not shown",
    )
    split_by: str | None = Field(default=None, description="column whose value names the part a row belongs to")


class FileItem(DatasetItem):
    """Sent as files: ``<name>_<release>.<format>`` with new and changed rows, ``<name>_撤下_<release>.<format>`` with keys."""

    name: str = Field(pattern=r"^[^/\\]+$")
    format: Literal["xlsx", "csv"] = "xlsx"
    rows_per_file: int = Field(default=100_000, ge=1, le=1_000_000)


class Flags(Declared):
    """What the flag says of a row."""

    added: str = "i"
    changed: str = "u"
    removed: str = "d"


class TableItem(DatasetItem):
    """Written to a table of a front-end database (前置库): one row a key, its flag saying what is to be done with it."""

    table: str = Field(pattern=r"^[^.\s\"]+(\.[^.\s\"]+)?$")
    flag: str
    flags: Flags = Flags()
    release: str | None = Field(default=None, description="column for the release's version")


class CallItem(DatasetItem):
    """Sent as calls: ``POST`` of JSON with up to ``batch`` rows; ``path`` may hold ``{part}``.

    ``receipt`` and ``rejected`` are paths in the answer; a rejected row is named by our key columns, ``code`` and ``reason``
    are paths in it.
    """

    path: str = ""
    batch: int = Field(default=200, ge=1, le=10_000)
    receipt: str | None = None
    rejected: str | None = None
    code: str = "code"
    reason: str = "reason"


class Receiver(Declared):
    """Who is given what; ``edition`` departments: what named departments may see (``publication/department_datasets.yaml``)."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    name_english: str
    edition: Literal["public", "departments"] = "public"


class FolderDestination(Receiver):
    """Files put into a folder or under an S3 prefix."""

    way_out: FolderWay
    items: list[FileItem] = Field(min_length=1)


class SftpDestination(Receiver):
    """Files put on a server."""

    way_out: SftpWay
    items: list[FileItem] = Field(min_length=1)


class DatabaseDestination(Receiver):
    """Rows put into tables."""

    way_out: DatabaseWay
    items: list[TableItem] = Field(min_length=1)


class HttpDestination(Receiver):
    """Calls to a service."""

    way_out: HttpWay
    items: list[CallItem] = Field(min_length=1)


def _way(value: object) -> str:
    if not isinstance(value, dict):
        return str(value.way_out.kind)  # type: ignore[attr-defined]
    way = value.get("way_out")
    kind = str(way.get("kind", "folder")) if isinstance(way, dict) else ""
    return "folder" if kind == "s3" else kind


class Declaration(Declared):
    """One file."""

    destination: Annotated[
        Annotated[FolderDestination, Tag("folder")]
        | Annotated[SftpDestination, Tag("sftp")]
        | Annotated[DatabaseDestination, Tag("postgresql")]
        | Annotated[HttpDestination, Tag("http")],
        Discriminator(_way),
    ]

    @model_validator(mode="after")
    def _keeps_departments_apart(self) -> Self:
        for item in self.destination.items if self.destination.edition == "departments" else ():
            of_one = len(item.where.get(DEPARTMENT, ())) == 1
            has_places = isinstance(item, FileItem) or (isinstance(item, CallItem) and "{part}" in item.path)
            if not (of_one or (item.split_by == DEPARTMENT and has_places)):
                raise ValueError(
                    f"edition departments: give each department its own rows: where: {{{DEPARTMENT}: [one]}}, or split_by: "
                    f"{DEPARTMENT} (files; calls with {{part}} in their path)"
                )
        return self

    @model_validator(mode="after")
    def _keeps_values_apart(self) -> Self:
        for item in self.destination.items:
            if len(set(item.columns.values())) != len(item.columns):
                raise ValueError("columns: one of our columns stands under two headings")
        return self


Destination = FolderDestination | SftpDestination | DatabaseDestination | HttpDestination


def load_destinations(folders: Iterable[Path]) -> dict[str, Destination]:
    """All destinations by id; raises ``TerminalError`` for a wrong file, a missing folder or an id used twice."""
    found: dict[str, Destination] = {}
    places: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise TerminalError("delivery.folder_missing", folder=folder)
        for file in sorted(folder.glob("*.yaml")):
            destination = load_declaration(file, Declaration)[0].destination
            if destination.id in found:
                raise TerminalError(
                    "delivery.declared_twice", destination=destination.id, first=places[destination.id], second=file
                )
            found[destination.id], places[destination.id] = destination, file
    return found


def missing_variables(destination: Destination, environment: Mapping[str, str]) -> list[str]:
    """Variables that must be set before anything can be sent there."""
    return [name for name in declared_variables(destination.way_out) if not environment.get(name)]
