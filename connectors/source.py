"""A source system is a declaration: ``connectors/sources/<system_id>.yaml`` and no Python.

It says who delivers, through which way in, which record types, how often, and how many rows a healthy delivery has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, StringConstraints, model_validator

from connectors.transports.declaration import (
    DatabaseWay,
    Declared,
    HttpRequest,
    HttpWay,
    RowFlags,
    Table,
    WayIn,
    declared_variables,
)
from lake.declarations import load_declaration, wrong
from lake.errors import TerminalError
from lake.messages import text

SHIPPED = Path(__file__).parent / "sources"
"""The declarations that ship: of systems that a site may have, so each is asked only where the site says that it is there."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,62}$")]
Mode = Literal["full_refresh", "increment", "correction"]
Cadence = Literal["hourly", "daily", "weekly", "monthly", "quarterly", "yearly", "on_demand"]
Period = Literal["delivery", "day", "week", "month", "quarter", "year"]


class Owner(Declared):
    """Who answers for the feed at the department."""

    name: str
    email: str | None = None


class Bounds(Declared):
    """Rows of a healthy delivery (full refresh) or period (increments).

    The minimum is about 80 % of a healthy run, the maximum about twice; never fitted to a broken run.
    """

    minimum: int = Field(ge=0, description="rows; fewer stop the delivery, for a period once it has ended")
    maximum: int = Field(gt=0, description="rows; more is a warning")
    period: Period = "delivery"
    largest_loss_percent: int | None = Field(
        default=None, ge=0, lt=100, description="of a full refresh: how much of the one before it may lack"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.maximum < self.minimum:
            raise ValueError(f"maximum {self.maximum} is below minimum {self.minimum}")
        return self


class Reader(Declared):
    """Hints for files that do not tell by themselves what they are."""

    encoding: Literal["utf-8", "gb18030", "gbk", "gb2312", "big5", "utf-16-le", "utf-16-be"] | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    sheets: list[str] | None = Field(
        default=None,
        description="names (patterns) of the sheets, or of the elements of XML, that hold this record type",
    )
    has_header: bool = True
    header_row: int | None = Field(default=None, ge=1)


class Header(Declared):
    """What the department's headers mean, where the contract's aliases do not say it."""

    pins: dict[str, str | Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(
        default_factory=dict, description="header as found -> contract column, or the two columns that share its cells"
    )
    ignore: list[str] = Field(default_factory=list, description="headers that are known and not wanted")
    columns: list[str] | None = Field(default=None, description="headers in order, for files that have none")
    constants: dict[str, str] = Field(default_factory=dict, description="contract column -> value for every row")


class Feed(Declared):
    """One record type that a system delivers; its id is the contract's.

    ``way_in`` replaces the system's for this feed alone; ``request`` says what a service is asked for, ``table`` what is
    read of a database, ``flags`` what a front-end database says about its rows.
    """

    contract: Identifier
    mode: Mode
    bounds: Bounds
    cadence: Cadence = "on_demand"
    late_after_days: int | None = Field(default=None, ge=0)
    files: list[str] = Field(default_factory=lambda: ["**/*"], description="patterns below the location")
    reader: Reader = Reader()
    header: Header = Header()
    way_in: WayIn | None = None
    request: HttpRequest | None = None
    table: Table | None = None
    flags: RowFlags | None = None


class PublicityNotice(Declared):
    """The department's statement that it tells each party in writing, with the decision, that it will be published.

    SAMR Order 45 of 2021 Art. 8. ``valid_to`` is the first day for which it no longer holds; ``region`` the leading digits
    of the division codes of the authorities it speaks for, none: all of the system's.
    """

    document_number: str = Field(min_length=1)
    valid_from: date
    valid_to: date | None = None
    region: str | None = Field(default=None, pattern=r"^[0-9]{2,6}$")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is not after valid_from {self.valid_from}")
        return self


class Source(Declared):
    """A source system and its feeds."""

    id: Identifier
    name: str = Field(description="Chinese name")
    name_english: str | None = None
    department: str
    owner: Owner
    way_in: WayIn | None = None
    publicity_notices: list[PublicityNotice] = Field(default_factory=list)
    feeds: list[Feed] = Field(min_length=1)
    _is_shipped: bool = PrivateAttr(default=False)

    @model_validator(mode="after")
    def _feeds_once(self) -> Self:
        contracts = [feed.contract for feed in self.feeds]
        twice = sorted({contract for contract in contracts if contracts.count(contract) > 1})
        if twice:
            raise ValueError(f"feed declared twice: {', '.join(twice)}")
        return self

    def feed(self, contract_id: str) -> Feed | None:
        """The feed of a record type, or None where the system does not declare it."""
        return next((feed for feed in self.feeds if feed.contract == contract_id), None)

    def way(self, feed: Feed) -> WayIn | None:
        """The way in of a feed: its own, else the system's; none is a feed that only comes through a drop."""
        return feed.way_in or self.way_in

    def is_connected(self, feed: Feed, environment: Mapping[str, str]) -> bool:
        """Whether files lie, or a system is to be asked, at the feed's way in.

        A declaration that ships is connected by setting the environment variables of its way in; with none of them set it is
        not. Half of them is a mistake, which asking then tells; so is any that is missing in a declaration of one's own.
        """
        way = self.way(feed)
        if way is None:
            return False
        variables = declared_variables(way) if self._is_shipped else []
        return not variables or any(environment.get(name) for name in variables)

    def not_connected(self, environment: Mapping[str, str]) -> list[Feed]:
        """Feeds with a way in that is not connected."""
        return [feed for feed in self.feeds if self.way(feed) and not self.is_connected(feed, environment)]


def load_source(file: Path, contracts: Iterable[str]) -> Source:
    """The declaration in ``file``; raises ``TerminalError`` naming file, line and remedy.

    ``contracts`` are the known contract ids: a feed of an unknown record type is an error here, not at run time.
    """
    source, node = load_declaration(file, Source)
    source._is_shipped = file.parent.resolve() == SHIPPED.resolve()  # only reading knows where it lay
    if source.id != file.stem:
        raise wrong(file, node, ["id"], text("sources.id_is_not_file_name", id=source.id, file=file.stem))
    known = sorted(contracts)
    for index, feed in enumerate(source.feeds):
        if feed.contract not in known:
            problem = text("sources.unknown_contract", contract=feed.contract, known=", ".join(known))
            raise wrong(file, node, ["feeds", index, "contract"], problem)
        unfit = _unfit(source, feed)
        if unfit is not None:
            raise wrong(file, node, ["feeds", index, unfit[0]], text(f"sources.{unfit[1]}"))
    return source


def _unfit(source: Source, feed: Feed) -> tuple[str, str] | None:
    """Key and message of what a feed declares beside, or lacks for, its way in."""
    way, request, table = source.way(feed), feed.request, feed.table
    is_service, is_database = isinstance(way, HttpWay), isinstance(way, DatabaseWay)
    rules = (
        (is_service and request is None, "contract", "request_missing"),
        (not is_service and request is not None, "request", "request_without_service"),
        (is_database and table is None, "contract", "table_missing"),
        (not is_database and table is not None, "table", "table_without_database"),
        ((is_service or is_database) and feed.mode == "correction", "mode", "correction_pulled"),
        (
            feed.mode != "full_refresh" and feed.bounds.largest_loss_percent is not None,
            "bounds",
            "loss_without_full_refresh",
        ),
        (
            feed.mode == "increment" and request is not None and not request.tells_what_is_new,
            "mode",
            "increment_without_watermark",
        ),
        (
            feed.mode == "increment" and table is not None and table.updated_at is None,
            "mode",
            "increment_without_updated_at",
        ),
    )
    return next(((key, message) for applies, key, message in rules if applies), None)


def load_sources(folders: Iterable[Path], contracts: Iterable[str]) -> dict[str, Source]:
    """All declarations in ``folders`` by system id; ``TerminalError`` for a missing folder or an id used twice."""
    known = list(contracts)
    sources: dict[str, Source] = {}
    places: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise TerminalError("sources.folder_missing", folder=folder)
        for file in sorted(folder.glob("*.yaml")):
            source = load_source(file, known)
            if source.id in sources:
                raise TerminalError("sources.declared_twice", system=source.id, first=places[source.id], second=file)
            sources[source.id], places[source.id] = source, file
    return sources


def lint_sources(folders: Iterable[Path], contracts: Iterable[str]) -> list[TerminalError]:
    """Everything wrong in ``folders``: each file is read by itself, so that one bad file hides no other."""
    known, problems = list(contracts), []
    for folder in folders:
        for file in sorted(folder.glob("*.yaml")):
            try:
                load_source(file, known)
            except TerminalError as error:
                problems.append(error)
    if problems:
        return problems
    try:
        load_sources(folders, known)
    except TerminalError as error:
        problems.append(error)
    return problems
