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
    {nonce} {key_id}``, headers ``{signature}`` too. ``query`` has the parameters sorted by name, as they are sent.
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
        words = dict.fromkeys(("method", "path", "query", "timestamp", "nonce", "key_id"), "")
        for template, known in (
            (self.signed, words),
            *((one, {**words, "signature": ""}) for one in self.headers.values()),
        ):
            try:
                template.format(**known)
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError(f"{template!r} uses {error}; known: {', '.join(known)}") from error
        return self


class Patience(Declared):
    """How long a system is waited for, and how often it is asked."""

    attempts: int = Field(default=5, ge=1, le=20, description="tries of one request")
    timeout_seconds: float = Field(default=30, gt=0, le=600, description="without a byte from the other side")
    longest_wait_seconds: float = Field(
        default=60, ge=0, le=3600, description="between two tries, Retry-After included"
    )
    requests_per_minute: float | None = Field(default=None, gt=0, description="at most; none: as fast as it answers")


class HttpWay(Declared):
    """A service that answers page by page."""

    kind: Literal["http"]
    address: str
    authentication: Annotated[ApiKey | OAuth2 | Signature, Field(discriminator="kind")] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    certificates: str | None = Field(default=None, description="file of authorities to trust, instead of the system's")
    patience: Patience = Patience()


def _kind(value: object) -> str:
    found = value.get("kind", "folder") if isinstance(value, dict) else getattr(value, "kind", "folder")
    return "folder" if found == "s3" else str(found)


WayIn = Annotated[
    Annotated[FolderWay, Tag("folder")] | Annotated[HttpWay, Tag("http")],
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

    ``field`` is the path of a record's time of change; ``format`` is ``iso``, ``seconds``, ``milliseconds`` or a pattern of
    ``strftime``, used for both. Times without a zone are of Asia/Shanghai. ``first`` is where the first run begins.
    """

    parameter: str
    field: str
    format: str = "iso"
    overlap_minutes: float = Field(default=10, ge=0)
    first: str | None = None


class Success(Declared):
    """How an answer says that it worked: the path of a code, and the values that mean success."""

    field: str
    values: list[str] = Field(min_length=1)


class HttpRequest(Declared):
    """What a feed asks a service for. Paths into answers are names joined by dots."""

    path: str = ""
    parameters: dict[str, str] = Field(default_factory=dict)
    answer: Literal["json", "xml"] = "json"
    encoding: Literal["utf-8", "gb18030", "gbk"] | None = Field(default=None, description="none: as the answer says")
    records: str = Field(default="", description="path of the records; empty: the answer itself is the list")
    success: Success | None = None
    paging: Paging = OnePage()
    updated_since: UpdatedSince | None = None

    @property
    def tells_what_is_new(self) -> bool:
        """Whether a run can ask for what the run before did not get."""
        return self.updated_since is not None or isinstance(self.paging, Cursors)


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
    if not isinstance(value, str):
        return []
    if key.endswith("_variable"):
        return [value]
    return Template(value).get_identifiers()
