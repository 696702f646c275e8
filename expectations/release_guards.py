"""Guard rails: what a release must not do to the lists that readers have, unless somebody answers for it with a name.

The most common complaint about list publishers is half a list. The first release is judged by none of the shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from expectations.measure import Measure
from expectations.release_checks import DatasetEntry, ReadFile, suite_of
from expectations.result import FailingRow
from lake.settings import Settings

GUARDS = ("removed_share", "added_share", "emptied", "undeclared_column")
"""Kinds of checks that only ``--approve`` with a name and a reason lets pass."""

FEWEST_ROWS = 5
"""So few rows may come or go whatever their share: the list may be that short."""


class Moves(Protocol):
    """How the rows of a dataset moved against the release before."""

    @property
    def before(self) -> int:
        """Rows of the release before."""

    @property
    def added(self) -> int:
        """Rows whose key is new."""

    @property
    def removed(self) -> int:
        """Rows whose key is gone."""

    @property
    def ended(self) -> int:
        """Where no row is left: rows of the release before whose windows, as that release told them, were over."""


def is_guard(check_id: str) -> bool:
    """Whether a check is a guard rail."""
    return check_id.rsplit(".", 1)[-1] in GUARDS


def measure_guards(
    settings: Settings, dataset: DatasetEntry, moves: Moves | None, undeclared: Sequence[str]
) -> list[Measure]:
    """Shares of rows that came and went, whether a list lost its last row, columns that nobody declared public."""
    suite = suite_of(dataset)
    columns: dict[str, object] = {"columns": "、".join(undeclared) or "-"}
    measures = [
        Measure(suite, "undeclared_column", len(undeclared), "block", "engineer", parameters=columns),
    ]
    if moves is None or not moves.before:
        return measures
    limits = {"removed_share": settings.most_removed_share, "added_share": settings.most_added_share}
    for kind, count in (("removed_share", moves.removed), ("added_share", moves.added)):
        percent = round(limits[kind] * 100)
        parameters: dict[str, object] = {"count": count, "before": moves.before, "percent": percent}
        share = count / moves.before if count > FEWEST_ROWS else 0.0
        measures.append(Measure(suite, kind, share, "block", "list_editor", None, limits[kind], parameters=parameters))
    # Readers were told the day on which each of these rows ends. That many end at once is still for `removed_share` to stop.
    is_emptied = dataset.rows == 0 and moves.ended < moves.before
    emptied = Measure(suite, "emptied", float(is_emptied), "block", "list_editor", parameters={"before": moves.before})
    return [*measures, emptied]


def undeclared_columns(
    dataset: DatasetEntry, files: Sequence[ReadFile], declared: Mapping[str, frozenset[str]]
) -> list[str]:
    """Columns in the dictionary or in a file as it was read that neither model nor contract declares public."""
    found = {column.name for column in dataset.columns}
    for file in files:
        if file.entry.format in ("parquet", "jsonl", "sqlite"):
            found.update(file.reading.columns)
    return sorted(found - declared.get(dataset.id, frozenset()))


def guard_findings(dataset: DatasetEntry, undeclared: Sequence[str]) -> dict[str, list[FailingRow]]:
    """The columns that nobody declared public, by name."""
    rows = [FailingRow(file=None, row=None, record_id=None, columns={"column": name}) for name in undeclared]
    return {f"{suite_of(dataset)}.undeclared_column": rows} if rows else {}
