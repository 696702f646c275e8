"""Ways in as a source declares them: where the system is, how to sign in, how politely to ask.

Credentials are never written here: a field ending in ``_variable`` holds the name of an environment variable. Addresses,
host names and the like may use ``${VARIABLE}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]{0,126}$")]
"""Name of an environment variable; capitals only, so that a credential written by mistake is refused."""


HostKey = Annotated[
    str, StringConstraints(pattern=r"^((ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/=]+|\$\{[A-Z_][A-Z0-9_]{0,126}\})$")
]
"""Kind and key as ``ssh-keyscan`` prints them, or the variable that holds them."""


class Declared(BaseModel):
    """A part of a declaration: unknown keys are errors, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FolderWay(Declared):
    """Where files lie: a folder or an S3 prefix.

    Without a way in, files are taken from ``<drop>/<system_id>/<contract_id>/``.
    """

    kind: Literal["folder", "s3"] = "folder"
    location: str

    def resolved(self, environment: Mapping[str, str]) -> str:
        """The location with its variables filled; raises ``KeyError`` naming a variable that is not set."""
        return Template(self.location).substitute(environment)


class Patience(Declared):
    """How long a system is waited for, and how often it is asked."""

    attempts: int = Field(default=5, ge=1, le=20, description="tries of one request")
    timeout_seconds: float = Field(default=30, gt=0, le=600, description="without a byte from the other side")
    longest_wait_seconds: float = Field(
        default=60, ge=0, le=3600, description="between two tries, Retry-After included"
    )
    requests_per_minute: float | None = Field(default=None, gt=0, description="at most; none: as fast as it answers")


class SftpWay(Declared):
    """A folder on an SFTP server, whose key is known beforehand (``ssh-keyscan HOST`` prints it; ask the department for it)."""

    kind: Literal["sftp"]
    address: str = Field(description="sftp://host:port/folder, without user and password")
    user_variable: Variable
    password_variable: Variable | None = None
    private_key_variable: Variable | None = Field(default=None, description="variable with the path of a key file")
    host_keys: list[HostKey] = Field(min_length=1)
    quiet_seconds: float = Field(default=60, ge=0, description="a file changed more recently may still be written to")
    patience: Patience = Patience()

    @model_validator(mode="after")
    def _without_credentials(self) -> Self:
        if "@" in self.address or not self.address.startswith(("sftp://", "${")):
            raise ValueError("an address looks like sftp://host:22/folder; user and password belong in the environment")
        if self.password_variable is None and self.private_key_variable is None:
            raise ValueError("give password_variable or private_key_variable")
        return self


class ApiKey(Declared):
    """A key sent with every request, in a header or as a parameter of the address."""

    kind: Literal["api_key"]
    key_variable: Variable
    header: str | None = None
    parameter: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.header is None) == (self.parameter is None):
            raise ValueError("give either header or parameter")
        return self


class OAuth2(Declared):
    """A token got with client credentials (RFC 6749, 4.4) and sent as ``Bearer``; renewed when it ends or is refused."""

    kind: Literal["oauth2"]
    token_address: str
    client_id_variable: Variable
    client_secret_variable: Variable
    scope: str | None = None


class Signature(Declared):
    """Requests signed with HMAC.

    ``signed`` is the text that is signed and ``headers`` what is sent; both may hold ``{method} {path} {query} {timestamp}
    {nonce} {key_id} {body} {body_sha256}``, headers ``{signature}`` too. ``query`` has the parameters sorted by name, as they
    are sent; ``body`` is what a POST sends, ``body_sha256`` its digest in hexadecimal.
    """

    kind: Literal["hmac"]
    key_id_variable: Variable
    secret_variable: Variable
    signed: str = "{method}\n{path}\n{query}\n{timestamp}\n{nonce}"
    headers: dict[str, str] = Field(
        default_factory=lambda: {
            "X-Key-Id": "{key_id}",
            "X-Timestamp": "{timestamp}",
            "X-Nonce": "{nonce}",
            "X-Signature": "{signature}",
        }
    )
    algorithm: Literal["sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    timestamp: Literal["seconds", "milliseconds"] = "seconds"

    @model_validator(mode="after")
    def _known_words(self) -> Self:
        words = dict.fromkeys(("method", "path", "query", "timestamp", "nonce", "key_id", "body", "body_sha256"), "")
        for template, known in (
            (self.signed, words),
            *((one, {**words, "signature": ""}) for one in self.headers.values()),
        ):
            try:
                template.format(**known)
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError(f"{template!r} uses {error}; known: {', '.join(known)}") from error
        return self


class HttpWay(Declared):
    """A service that answers page by page."""

    kind: Literal["http"]
    address: str
    authentication: Annotated[ApiKey | OAuth2 | Signature, Field(discriminator="kind")] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    certificates: str | None = Field(default=None, description="file of authorities to trust, instead of the system's")
    patience: Patience = Patience()


class DatabaseWay(Declared):
    """A PostgreSQL, MySQL or MariaDB database, such as a department's front-end database (前置库).

    It is only read, but for the column that ``Table.acknowledge`` names.
    """

    kind: Literal["postgresql", "mysql"]
    address: str = Field(description="postgresql://host:port/database or mysql://…, without user and password")
    user_variable: Variable
    password_variable: Variable | None = None
    patience: Patience = Patience()

    @model_validator(mode="after")
    def _without_credentials(self) -> Self:
        schemes = ("postgresql://", "postgres://") if self.kind == "postgresql" else ("mysql://",)
        if not self.address.startswith((*schemes, "${")):
            raise ValueError(f"an address looks like {schemes[0]}host/database")
        if "@" in self.address:
            raise ValueError("user and password belong in the environment: user_variable, password_variable")
        return self


def _kind(value: object) -> str:
    found = value.get("kind", "folder") if isinstance(value, dict) else getattr(value, "kind", "folder")
    return {"s3": "folder", "mysql": "postgresql"}.get(str(found), str(found))


WayIn = Annotated[
    Annotated[FolderWay, Tag("folder")]
    | Annotated[SftpWay, Tag("sftp")]
    | Annotated[HttpWay, Tag("http")]
    | Annotated[DatabaseWay, Tag("postgresql")],
    Discriminator(_kind),
]
"""A way in by its ``kind``; without one it is a folder."""


class PageNumbers(Declared):
    """Pages counted by number. The end is an empty page, never a short one: services cap sizes in silence.

    Unless ``changes_while_read`` is false (a frozen snapshot is served), the page before is asked for again behind each
    page, and reading goes back as far as it has changed. ``total`` is the path of the number of records.
    """

    kind: Literal["page_number"]
    parameter: str = "page"
    first: int = 1
    size_parameter: str | None = None
    size: int | None = Field(default=None, gt=0)
    total: str | None = None
    changes_while_read: bool = True


class Offsets(Declared):
    """Pages counted by rows. Each page begins with the last row of the page before, which shows when rows have moved."""

    kind: Literal["offset"]
    parameter: str = "offset"
    limit_parameter: str = "limit"
    limit: int = Field(default=500, gt=1)
    total: str | None = None


class Cursors(Declared):
    """Each answer names (at the path ``next``) what to send for the page behind it; none is the end.

    An increment without ``updated_since`` keeps the cursor, and the next run goes on from it; there no record is the end.
    """

    kind: Literal["cursor"]
    parameter: str = "cursor"
    next: str
    size_parameter: str | None = None
    size: int | None = Field(default=None, gt=0)


class Links(Declared):
    """Each answer holds the address of the page behind it: at the path ``next``, or in the header ``Link``."""

    kind: Literal["link"]
    next: str | None = None
    size_parameter: str | None = None
    size: int | None = Field(default=None, gt=0)


class OnePage(Declared):
    """Everything in one answer."""

    kind: Literal["none"] = "none"


Paging = Annotated[PageNumbers | Offsets | Cursors | Links | OnePage, Field(discriminator="kind")]


class UpdatedSince(Declared):
    """Only what changed since the newest record of the run before, less an overlap for what was written late.

    ``field`` is the path of a record's time of change; ``format`` is ``iso``, ``seconds``, ``milliseconds``, ``rfc822`` (as in
    RSS) or a pattern of ``strftime``, used for both. Times without a zone are of Asia/Shanghai. ``first`` is where the first
    run begins. A service that cannot be asked (RSS) has no ``parameter``: of what it shows, all that ever came is left out.
    """

    parameter: str | None = None
    field: str
    format: str = "iso"
    overlap_minutes: float = Field(default=10, ge=0)
    first: str | None = None


class Success(Declared):
    """How an answer says that it worked: the path of a code, and the values that mean success."""

    field: str
    values: list[str] = Field(min_length=1)


class HttpRequest(Declared):
    """What a feed asks a service for. Paths into answers are names joined by dots.

    ``sends`` says where the parameters go, those of paging and ``updated_since`` among them: into the address, or into the
    body of a POST, as a form or as JSON. In JSON a name with dots is an object within an object, and numbers of paging
    are numbers.
    """

    path: str = ""
    parameters: dict[str, str] = Field(default_factory=dict)
    sends: Literal["query", "form", "json"] = "query"
    answer: Literal["json", "xml"] = "json"
    encoding: Literal["utf-8", "gb18030", "gbk"] | None = Field(default=None, description="none: as the answer says")
    records: str = Field(default="", description="path of the records; empty: the answer itself is the list")
    success: Success | None = None
    paging: Paging = OnePage()
    updated_since: UpdatedSince | None = None

    @property
    def numbers(self) -> frozenset[str]:
        """The names of parameters that count: pages, offsets, sizes."""
        names = [getattr(self.paging, name, None) for name in ("size_parameter", "limit_parameter")]
        if isinstance(self.paging, PageNumbers | Offsets):
            names.append(self.paging.parameter)
        return frozenset(name for name in names if name)

    @property
    def tells_what_is_new(self) -> bool:
        """Whether a run can ask for what the run before did not get."""
        return self.updated_since is not None or isinstance(self.paging, Cursors)


class Acknowledgement(Declared):
    """The column in which a department wants to see that a row was taken, the only thing that is ever written there.

    ``key`` are the columns that tell rows apart. A row that has changed since is left alone until it was taken again.
    """

    column: str
    value: str
    key: list[str] = Field(min_length=1)


class Table(Declared):
    """The table or view of a feed, and what tells what is new in it.

    ``updated_at`` is a column of times, dates or growing whole numbers. ``overlap`` (minutes of a time, days of a date, units
    of a number) is read again each time, for what was written late; what it brings again unchanged is left out.
    """

    name: str = Field(pattern=r"^[^.\s\"]+(\.[^.\s\"]+)?$", description="table, or schema.table")
    columns: list[str] | None = Field(default=None, min_length=1, description="none: all of them")
    updated_at: str | None = None
    overlap: int = Field(default=10, ge=0)
    acknowledge: Acknowledgement | None = None

    @model_validator(mode="after")
    def _reads_its_key(self) -> Self:
        if self.acknowledge is None or self.columns is None:
            return self
        if self.acknowledge.column in self.columns:
            raise ValueError(
                f"{self.acknowledge.column} is acknowledged in, so it cannot be read: take it out of columns"
            )
        missing = [name for name in self.acknowledge.key if name not in self.columns]
        if missing:
            raise ValueError(f"{', '.join(missing)} of acknowledge.key is not in columns")
        return self


class Switch(Declared):
    """A column that says whether a row is to be exchanged, and the values that say yes."""

    column: str
    open: list[str] = Field(min_length=1)


class RowFlags(Declared):
    """What a front-end database says about each row: inserted, updated, deleted, to be exchanged or not.

    Rows whose flag is one of ``removed`` come in with ``removed_sets`` (header -> value): the record stays, and says that it
    was withdrawn. Rows with any other flag are set aside. Rows that are switched off are counted and left out.
    """

    column: str
    present: list[str] = Field(min_length=1)
    removed: list[str] = Field(default_factory=list)
    removed_sets: dict[str, str] = Field(default_factory=dict)
    switch: Switch | None = None

    @model_validator(mode="after")
    def _says_what_removed_means(self) -> Self:
        if self.removed and not self.removed_sets:
            raise ValueError(
                "removed_sets is missing: which column says that a record was withdrawn, and with what value"
            )
        both = sorted(set(self.present) & set(self.removed))
        if both:
            raise ValueError(f"{', '.join(both)} is in present and in removed")
        return self


def resolved(template: str, environment: Mapping[str, str]) -> str:
    """``template`` with its ``${VARIABLE}`` filled; raises ``KeyError`` naming a variable that is not set."""
    return Template(template).substitute(environment)


def declared_variables(way: Any) -> list[str]:
    """Names of the environment variables that a way in needs, in the order of its fields."""
    names: list[str] = []
    for key, value in way.model_dump().items():
        names += _variables(key, value)
    return list(dict.fromkeys(names))


def _variables(key: str, value: object) -> list[str]:
    if isinstance(value, dict):
        return [name for inner, one in value.items() for name in _variables(inner, one)]
    if isinstance(value, list | tuple):
        return [name for one in value for name in _variables(key, one)]
    if not isinstance(value, str):
        return []
    if key.endswith("_variable"):
        return [value]
    return Template(value).get_identifiers()
