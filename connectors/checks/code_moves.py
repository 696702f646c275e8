"""Codes that stand in the column of another code: which column they belong to, as SQL.

A registration number in the column of the unified social credit code moves to its own column if that is empty; if
something else is there, it stays where it was. Nothing is overwritten and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contract.model import CODE_KINDS, Contract

# Kinds of ``code_kind`` that belong to a column of the record and not to a role, with the columns that may take them.
_RECORD_COLUMNS = {
    "tax_registration_number": ("tax_registration_number",),
    "licence_number": ("licence_number",),
    "identity_number": ("counterpart_document_number", "document_number"),
}


@dataclass(frozen=True)
class CodeGroup:
    """The columns that hold one subject's codes: ``targets`` maps a kind of code to the place of its column.

    ``sources`` are the places at hand whose cells may hold another kind, ``kinds`` the kind each place is for.
    """

    targets: Mapping[str, int]
    sources: tuple[int, ...]
    at_hand: frozenset[int]


def code_groups(contract: Contract, at_hand: frozenset[int]) -> list[CodeGroup]:
    """A group for each subject that has a code column among the places ``at_hand``."""
    places = {column.name: place for place, column in enumerate(contract.columns)}
    groups = []
    for subject in contract.subjects:
        names = {
            "uscc": subject.uscc,
            "registration_number": subject.registration_number,
            "organisation_code": subject.organisation_code,
        }
        targets = {kind: places[name] for kind, name in names.items() if name}
        if len(contract.subjects) == 1:
            for kind, candidates in _RECORD_COLUMNS.items():
                found = [places[name] for name in candidates if name in places]
                if found:
                    targets[kind] = found[0]
        sources = tuple(targets[kind] for kind in CODE_KINDS if kind in targets and targets[kind] in at_hand)
        if sources and len(targets) > 1:
            groups.append(CodeGroup(targets, sources, at_hand))
    return groups


def moved(group: CodeGroup) -> dict[int, str]:
    """Place to the SQL of its value after the moves, for every target of ``group``."""
    nothing_to_do = " AND ".join(f"{_foreign(group, source)} IS NULL" for source in group.sources)
    values = {}
    for kind, place in group.targets.items():
        own = f"v{place}" if place in group.at_hand else "NULL"
        settled = _settled(group, kind)
        if place in group.sources:
            whens = " ".join(
                f"WHEN '{other}' THEN CASE WHEN {_settled(group, other)} IS DISTINCT FROM v{place} THEN v{place} END"
                for other in group.targets
                if group.targets[other] != place
            )
            settled = f"coalesce({settled}, CASE {_foreign(group, place)} {whens} END)"
        values[place] = f"CASE WHEN {nothing_to_do} THEN {own} ELSE {settled} END"
    return values


def _foreign(group: CodeGroup, source: int) -> str:
    others = ", ".join(f"'{kind}'" for kind, place in group.targets.items() if place != source)
    return f"CASE WHEN g{source} IN ({others}) THEN g{source} END"


def _settled(group: CodeGroup, kind: str) -> str:
    place = group.targets[kind]
    parts = []
    if place in group.sources:
        parts.append(f"CASE WHEN {_foreign(group, place)} IS NULL THEN v{place} END")
    elif place in group.at_hand:
        parts.append(f"v{place}")
    parts += [f"CASE WHEN g{source} = '{kind}' THEN v{source} END" for source in group.sources if source != place]
    return f"coalesce({', '.join(parts)})" if len(parts) > 1 else parts[0]
