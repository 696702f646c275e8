"""Facts that offices write into the cell of another one whatever its header says: a date behind the authority, a code
or a person behind the party, an identity number behind a representative. Left there they would be part of a name."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks.meaning.evidence import CONTRARY_SHARE, FEW
from connectors.checks.meaning.takes import Take, taken
from connectors.checks.meaning.values import profile_of
from connectors.contract.model import Contract

_NAMES = {
    "authority_name": (("date", "decision_date"),),
    "legal_representative": (("identity", "representative_document_number"),),
}


def with_lodger(contract: Contract, column: str, cells: pa.StringArray) -> tuple[tuple[str, Take | None], ...] | None:
    """The feeds of a header of ``column`` whose ``cells`` nearly all hold another fact as well; None where they do not."""
    texts = cells.filter(pc.greater(pc.utf8_length(pc.fill_null(cells, "")), 0))
    if not len(texts):
        return None
    wanted = 1.0 if len(texts) < FEW else CONTRARY_SHARE
    for fact, lodger in _lodgers(contract, column):
        if lodger not in contract.column_names:
            continue
        found, rest = taken(Take(fact, "found"), texts), taken(Take(fact, "rest"), texts)
        # Beside a date the time of day, or another date, is no authority.
        is_said = pc.match_substring_regex(rest, r"\p{Han}{2}" if fact == "date" else ".")
        found = pc.if_else(is_said, found, None)
        if fact == "code":
            share = profile_of(found, frozenset()).classes["uscc"] / len(texts)
        else:
            share = (len(found) - found.null_count) / len(texts)
        if share >= wanted:
            return ((column, Take(fact, "rest")), (lodger, Take(fact, "found")))
    return None


def _lodgers(contract: Contract, column: str) -> Iterator[tuple[str, str]]:
    yield from _NAMES.get(column, ())
    for subject in contract.subjects:
        if subject.name == column and len(contract.subjects) == 1:
            yield from [("code", subject.uscc)] if subject.uscc else []
            yield "identity", "counterpart_document_number"
            yield "person", "legal_representative"
