"""The typed contract: columns, layouts, keys and subjects of one record type."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EVERY_LAYOUT = "*"

# What a column's text is, and therefore how it is read and checked.
KINDS = {
    "text": "short text, trimmed",
    "free_text": "running text, kept as written",
    "name": "name of a body or person, trimmed",
    "identifier": "number of some other register: trimmed, half-width",
    "document_number": "number of a document: trimmed, brackets kept",
    "uscc": "unified social credit code",
    "registration_number": "registration number of 15 or 13 digits",
    "organisation_code": "organisation code of 9 characters",
    "code_list": "one value of a list",
    "code_list_several": "several values of a list, separated by semicolons",
    "date": "calendar date",
    "date_until": "last day of a period; a far date means without end",
    "timestamp": "point in time, Asia/Shanghai unless the text gives an offset",
    "amount": "money, decimal with two places",
}
SENSITIVITIES = ("public", "internal", "personal")
CODE_KINDS = ("uscc", "registration_number", "organisation_code")
DATE_KINDS = ("date", "date_until")
LIST_KINDS = ("code_list", "code_list_several")
TEXT_KINDS = tuple(kind for kind in KINDS if kind not in (*DATE_KINDS, "timestamp", "amount"))


@dataclass(frozen=True)
class Alias:
    """A header under which a column arrives.

    ``note`` is put on every row read through it; ``also_gives`` names a second column whose value stands in the same
    cell (authority and date in one).
    """

    text: str
    note: str | None = None
    also_gives: str | None = None


@dataclass(frozen=True)
class Value:
    """An allowed value, its English label and the other spellings that mean it."""

    value: str
    label: str
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """Another column has one of ``values``."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """One column of a record: the only definition of it.

    ``header`` is the Chinese header; ``kind`` a key of ``KINDS``; ``maximum_length`` counts characters; amounts are in
    ``unit``, and a bare number in a cell is in ``unit_when_bare`` unless the layout or the header says otherwise. A row
    for which ``required_when`` holds breaks the contract without this value.
    """

    name: str
    header: str
    kind: str
    description: str
    description_chinese: str
    sensitivity: str
    defined_by: str
    aliases: tuple[Alias, ...] = ()
    maximum_length: int | None = None
    values: tuple[Value, ...] = ()
    unknown_value: str = "note"
    required_in: tuple[str, ...] = ()
    expected_in: tuple[str, ...] = ()
    required_when: Condition | None = None
    unit: str | None = None
    unit_when_bare: str | None = None
    currency_column: str | None = None
    several_headers: str | None = None
    example: str | None = None

    def is_required(self, layout: str) -> bool:
        """Whether a row of ``layout`` without this value breaks the contract."""
        return EVERY_LAYOUT in self.required_in or layout in self.required_in

    def is_expected(self, layout: str) -> bool:
        """Whether a row of ``layout`` without this value gets a note."""
        return EVERY_LAYOUT in self.expected_in or layout in self.expected_in


@dataclass(frozen=True)
class Layout:
    """A way of laying the columns out: one of ``recognised_by`` in the header tells it; with none it is the default.

    ``required_any_of``: of each group at least one column must be there. ``units``: amount column to the unit of a
    bare number. ``codes``: code-list column to the values that bare codes mean in this layout; other codes are then unread.
    """

    name: str
    title: str
    recognised_by: tuple[str, ...] = ()
    required_any_of: tuple[tuple[str, ...], ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    codes: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()


@dataclass(frozen=True)
class Subject:
    """A role in the record played by an enterprise, and the columns that say who it is."""

    role: str
    name: str
    uscc: str | None = None
    organisation_code: str | None = None
    registration_number: str | None = None
    address: str | None = None
    region: tuple[str, ...] = ()
    text: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """Columns that put a record into the one shape of all kinds of record; of several the first that is there."""

    number: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    authority: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    amount: tuple[str, ...] = ()
    state: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bounds:
    """How many records are healthy per ``period`` (delivery, day, month, year)."""

    period: str
    minimum: int
    maximum: int


@dataclass(frozen=True)
class Contract:
    """One record type.

    ``summary`` is none for a record type that is no credit record. ``has_own_staging``: rules of the dbt project read its
    columns, and it has models of its own there; the others share theirs.
    """

    id: str
    title: str
    version: str
    description: str
    description_chinese: str
    grain: str
    columns: tuple[Column, ...]
    layouts: tuple[Layout, ...]
    business_key: tuple[str, ...]
    version_order: tuple[str, ...]
    subjects: tuple[Subject, ...]
    default_bounds: Bounds
    owner: str
    outlet: str
    path: Path
    summary: Summary | None = None
    has_own_staging: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in the contract's order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column ``name``; raises ``KeyError`` if the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def layout(self, name: str) -> Layout:
        """The layout ``name``; raises ``KeyError`` if the contract has none."""
        for layout in self.layouts:
            if layout.name == name:
                return layout
        raise KeyError(name)
