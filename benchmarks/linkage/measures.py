"""What a run of the benchmark shows, by kind and against the bounds that hold for all of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

from benchmarks.linkage.cases import Case

SURE = 0.99
FIRST = 3
# Kinds decided by a code, an organisation code, a whole name exact or folded, or a name in a sentence.
SAFE_KINDS = (
    "code_and_name", "code_only", "code_lower", "code_lower_only", "code_spaced", "code_full_width", "code_in_name",
    "code_organisation", "code_organisation_hyphen", "name_exact", "name_with_region", "name_brackets", "name_traditional",
    "name_in_sentence",
)  # fmt: skip
QUEUE_KINDS = (
    "name_character_wrong", "name_character_rare", "name_character_extra", "name_character_missing",
    "name_character_swapped", "name_sound_alike", "name_look_alike", "name_unplaced_with_region",
    "name_unplaced_without_region", "name_unplaced_formless_with_region", "name_province_lost",
)  # fmt: skip
NEVER_KINDS = ("code_of_other", "code_of_other_near_absent", "ambiguous_without_region", "branch_of_held")


@dataclass
class Measure:
    """Counts of one kind. ``sure``: automatic links given at least 0.99; ``missed_in_first_three``: the right one was offered."""

    kind: str
    cases: int = 0
    linkable: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    missed_in_first_three: int = 0
    sure: int = 0
    sure_right: int = 0


HEADER = tuple(field.name for field in fields(Measure))


@dataclass(frozen=True)
class Bound:
    """A bound with what was seen; ``holds`` compares the two."""

    text: str
    seen: float
    least: float | None = None
    most: float | None = None

    def holds(self) -> bool:
        """Whether it holds."""
        return (self.least is None or self.seen >= self.least) and (self.most is None or self.seen <= self.most)

    def __str__(self) -> str:
        """One line for people."""
        wanted = f"at least {self.least}" if self.least is not None else f"at most {self.most}"
        return f"{'holds ' if self.holds() else 'MISSED'}  {self.text}: {self.seen:.4g} ({wanted})"


def measured(cases: Sequence[Case], rows: Sequence[dict[str, Any]]) -> list[Measure]:
    """Counts by kind of what a match made of the cases, by name of kind."""
    counts: dict[str, Measure] = defaultdict(lambda: Measure(""))
    for case, row in zip(cases, rows, strict=True):
        count = counts[case.kind]
        linked = row["status"] == "auto"
        right = linked and row["uscc"] == case.label
        missed = bool(case.label) and not linked
        sure = linked and row["confidence"] >= SURE
        count.kind = case.kind
        count.cases += 1
        count.linkable += bool(case.label)
        count.right += right
        count.wrong += linked and not right
        count.missed += missed
        count.missed_in_first_three += missed and case.label in [
            candidate["uscc"] for candidate in json.loads(row["candidates"])[:FIRST]
        ]
        count.sure += sure
        count.sure_right += sure and right
    return [counts[kind] for kind in sorted(counts)]


def rows(measures: Sequence[Measure]) -> list[tuple[Any, ...]]:
    """One row per kind, in the order of ``HEADER``."""
    return [astuple(measure) for measure in measures]


def bounds(measures: Sequence[Measure], threshold: float) -> list[Bound]:
    """The bounds on one run; three runs together may have six wrong links at 0.9999."""
    by_kind = {measure.kind: measure for measure in measures}
    links = sum(measure.right + measure.wrong for measure in measures)
    wrong = sum(measure.wrong for measure in measures)
    safe = [by_kind[kind] for kind in SAFE_KINDS if kind in by_kind]
    queued = [by_kind[kind] for kind in QUEUE_KINDS if kind in by_kind]
    sure = sum(measure.sure for measure in measures)
    often = [measure for measure in measures if measure.sure > 100]
    strict = threshold >= 0.9999
    return [
        Bound(
            "recall",
            _share(sum(m.right for m in measures), sum(m.linkable for m in measures)),
            0.955 if strict else 0.98,
        ),
        Bound("wrong links", wrong, most=2 if strict else links * (1 - threshold)),
        Bound("wrong links by another firm's code, a name of several, a branch", _wrong(by_kind, NEVER_KINDS), most=0),
        Bound(
            "least recall of a kind decided by code or whole name",
            min(_share(m.right, m.linkable) for m in safe),
            0.999,
        ),
        Bound(
            "slips and places left out that were not linked, right one among the first three",
            _share(sum(m.missed_in_first_three for m in queued), sum(m.missed for m in queued)),
            0.97,
        ),
        Bound("least share right of a kind's links given 0.99", min(_share(m.sure_right, m.sure) for m in often), 0.99),
        Bound("share of automatic links given 0.99", _share(sure, links), 0.9),
    ]


def _wrong(by_kind: dict[str, Measure], kinds: Sequence[str]) -> int:
    return sum(by_kind[kind].wrong for kind in kinds if kind in by_kind)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0
