"""Candidates for a list: what records give a sign of. Nobody is listed by them; a person decides."""

from __future__ import annotations

from datetime import date

import duckdb
from pydantic import BaseModel, ConfigDict

_CANDIDATES = """
select candidate_id, uscc, enterprise_name, list_type, is_signal_only, ground_rule_id, ground_text, rule_ids, reason_text,
    evidence_count, first_date, last_date, mark,
    (select list(record_id order by evidence_date desc, record_id) from publicity.list_evidence as evidence
        where evidence.candidate_id = candidate.candidate_id) as evidence
from publicity.list_candidate as candidate
where $list_type is null or list_type = $list_type
order by is_signal_only, evidence_count desc, last_date desc, candidate_id
limit $limit
"""


class Candidate(BaseModel):
    """An enterprise that somebody should look at for a list; ``evidence`` are record ids, the newest first.

    ``is_signal_only``: complaints are allegations and no ground of a listing.
    """

    model_config = ConfigDict(frozen=True)

    candidate_id: str
    uscc: str
    enterprise_name: str | None
    list_type: str
    is_signal_only: bool
    ground_rule_id: str | None
    ground_text: str | None
    rule_ids: str
    reason_text: str
    evidence_count: int
    first_date: date
    last_date: date
    mark: str
    evidence: list[str]


def candidates(connection: duckdb.DuckDBPyConnection, list_type: str | None, limit: int) -> tuple[int, list[Candidate]]:
    """How many candidates there are, and at most ``limit`` of them; ``connection`` is the warehouse."""
    given = {"list_type": list_type, "limit": limit}
    found = connection.execute(_CANDIDATES, given).to_arrow_table().to_pylist()
    counted = connection.execute(
        "select count(*) from publicity.list_candidate where $list_type is null or list_type = $list_type",
        {"list_type": list_type},
    ).fetchone()
    assert counted is not None
    return int(counted[0]), [Candidate.model_validate(row) for row in found]
