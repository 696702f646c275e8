"""The review queue as people see it, and the workbook in which they decide.

The filled workbook is a delivery of the ``desk``: it goes back in through the drop folder like every other feed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict

from connectors.contract import load_contract
from connectors.contract.template import FilledRow, template
from lake.messages import text
from lake.settings import TIME_ZONE
from linkage.wording import worded

DESK = "desk"
CONTRACT = "link_decision"
UNDECIDED = "待定"
THIS_RECORD = "记录"
_WAITING = """
select
    queue.record_id, queue.role, queue.contract_id, queue.subject_name, queue.reason, queue.number, queue.record_date,
    queue.amount_yuan, queue.list_type, queue.same_name_records, queue.priority, queue.priority_rules,
    queue.priority_reason,
    list({'rank': found.candidate_rank, 'uscc': found.uscc, 'name': found.enterprise_name, 'score': found.score,
        'method': found.method, 'reason': found.reason} order by found.candidate_rank)
        filter (where found.uscc is not null) as candidates
from (
    select * from identity.review_queue
    where $contract is null or contract_id = $contract
    order by priority desc, same_name_records desc, record_date desc nulls last, record_id, role
    limit $limit
) as queue
left join identity.review_candidate as found using (record_id, role)
group by all
order by priority desc, same_name_records desc, record_date desc nulls last, record_id, role
"""


class Candidate(BaseModel):
    """An enterprise that the record may be about; ``score``: measured share of right links at this evidence."""

    model_config = ConfigDict(frozen=True)

    rank: int
    uscc: str
    name: str | None
    score: float
    method: str
    reason: str | None

    def __str__(self) -> str:
        """In words, in the current language."""
        return text(
            "linkage.queue_candidate",
            rank=self.rank,
            name=self.name or "—",
            uscc=self.uscc,
            method=worded("method", self.method),
            score=f"{self.score:.4f}",
            reason=worded("reason", self.reason) if self.reason else "—",
        )


class Waiting(BaseModel):
    """A record's subject that waits for a person. ``subject_name`` is masked for natural persons; amounts in yuan."""

    model_config = ConfigDict(frozen=True)

    record_id: str
    role: str
    contract_id: str
    subject_name: str | None
    reason: str
    number: str | None
    record_date: date | None
    amount_yuan: Decimal | None
    list_type: str | None
    same_name_records: int
    priority: int
    priority_rules: str | None
    priority_reason: str | None
    candidates: tuple[Candidate, ...] = ()


def waiting(connection: duckdb.DuckDBPyConnection, contract: str | None, limit: int) -> tuple[int, list[Waiting]]:
    """How many records wait, and the ``limit`` most urgent ones; ``connection`` is the warehouse."""
    counted = connection.execute(
        "select count(*) from identity.review_queue where $contract is null or contract_id = $contract",
        {"contract": contract},
    ).fetchone()
    cursor = connection.execute(_WAITING, {"contract": contract, "limit": limit})
    names = [column[0] for column in cursor.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    found = [Waiting(**{**row, "candidates": row["candidates"] or ()}) for row in rows]
    return int(counted[0]) if counted else 0, found


def write_workbook(rows: Sequence[Waiting], folder: Path, staff: str) -> Path:
    """Write ``<folder>/desk/link_decision/认定-<time>.xlsx``; every row stands as undecided until it is changed.

    The cell of the code offers the candidates. Language of notes: the current one; the values are the contract's.
    """
    moment = datetime.now(TIME_ZONE).strftime("%Y%m%d-%H%M%S")
    file = folder / DESK / CONTRACT / f"认定-{moment}.xlsx"
    file.parent.mkdir(parents=True, exist_ok=True)
    filled = [
        FilledRow(_values(row, staff, f"{staff}-{moment}-{number:05d}"), _choices(row))
        for number, row in enumerate(rows, start=1)
    ]
    template(load_contract(CONTRACT), file, filled)
    return file


def _values(row: Waiting, staff: str, number: str) -> Mapping[str, str]:
    return {
        "decision_number": number,
        "verdict": UNDECIDED,
        "scope": THIS_RECORD,
        "decided_record_id": row.record_id,
        "subject_role": row.role,
        "subject_name": row.subject_name or "",
        "decided_by": staff,
        "evidence": "\n".join([worded("reason", row.reason), *map(str, row.candidates)]),
    }


def _choices(row: Waiting) -> Mapping[str, Sequence[str]]:
    return {"uscc": [candidate.uscc for candidate in row.candidates]}
