"""What is judged: one number per check, measured by DuckDB over a whole table, and where the failing rows are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["block", "warn"]
Owner = Literal["department", "engineer", "list_editor"]

OUTLETS: dict[Owner, str] = {
    "department": "expectations.outlet_department",
    "engineer": "expectations.outlet_engineer",
    "list_editor": "expectations.outlet_list_editor",
}
"""Where a failed check of each owner goes; a check that nobody owns would be noise."""


@dataclass(frozen=True)
class FailingRows:
    """SQL of the rows that break a check, and which of their columns may be shown in clear."""

    query: str
    clear_columns: frozenset[str]


@dataclass(frozen=True)
class Measure:
    """One check: ``value`` must lie between ``minimum`` and ``maximum`` (None: no limit).

    ``id`` is ``<suite>.<kind>[.<column>]`` and never changes with language; ``kind`` names the title in the catalogue
    (``expectations.title_<kind>``), filled with ``parameters``.
    """

    suite: str
    kind: str
    value: float
    severity: Severity
    owner: Owner
    minimum: float | None = None
    maximum: float | None = 0
    column: str | None = None
    parameters: dict[str, object] = field(default_factory=dict)
    failing: FailingRows | None = None

    @property
    def id(self) -> str:
        """Name of the check in results, messages and ``--accept``."""
        return ".".join(part for part in (self.suite, self.kind, self.column) if part)
