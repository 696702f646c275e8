"""How departments report under double publicity: late (Q-11) and compliant (Q-10) shares, counted as the assessments do.

Late: the record first came later than the deadline D-01 (seven working days) after its decision. Compliant: rows stored of
rows reported, repeated and layout rows left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

import duckdb
from pydantic import BaseModel, ConfigDict

from publication.policy import Policy, Row

DEADLINE = "D-01"
CONTRACTS = ("administrative_licence", "administrative_penalty")
_FIRST_COMING = """
select first.system_id, first.decision_date, first.delivered_date, count(*) as records
from (
    select versions.business_key, any_value(versions.system_id) as system_id,
        max(versions.decision_date) filter (where versions.version_rank = 1) as decision_date,
        min(cast(timezone('Asia/Shanghai', batches.delivered_at) as date)) as delivered_date
    from staging.{contract}_versions as versions
    inner join staging.current_batch as batches using (batch_id)
    group by versions.business_key
) as first
where first.decision_date is not null and ($month is null or strftime(first.delivered_date, '%Y-%m') = $month)
group by all
"""
_ROWS = """
select system_id, sum(rows_accepted) as stored, sum(rows_accepted + rows_quarantined + rows_refused) as reported
from {ledger}
where contract_id = $contract
    and ($month is null or strftime(timezone('Asia/Shanghai', delivered_at), '%Y-%m') = $month)
group by all
"""


class Timeliness(BaseModel):
    """What a system reported of a record type: records and how many came late, rows and how many were stored."""

    model_config = ConfigDict(frozen=True)

    system_id: str
    contract_id: str
    records: int
    late: int
    rows_reported: int
    rows_stored: int

    @property
    def late_share(self) -> float:
        """Q-11: late of reported records."""
        return self.late / self.records if self.records else 0.0

    @property
    def compliant_share(self) -> float:
        """Q-10: stored of reported rows."""
        return self.rows_stored / self.rows_reported if self.rows_reported else 1.0


def working_days(calendar: Iterable[Row], first: date, last: date) -> list[date]:
    """The working days from ``first`` to ``last``, both included, by the rows of ``policy_calendar``."""
    told = {row["day"]: row["is_working_day"] for row in calendar}
    days = (first + timedelta(number) for number in range((last - first).days + 1))
    return [day for day in days if told.get(day, day.weekday() < 5)]


def due_day(worked: list[date], start: date, days: int) -> date:
    """The last day of a deadline of ``days`` working days from ``start``, which does not count itself."""
    return worked[bisect_right(worked, start) + days - 1]


def measure(
    connection: duckdb.DuckDBPyConnection, ledger: str, policy: Policy, month: str | None = None
) -> list[Timeliness]:
    """By system and record type, of all that came or came in ``month`` (YYYY-MM); ``ledger`` is its relation in SQL."""
    days = next(row["days"] for row in policy["policy_deadline"] if row["rule_id"] == DEADLINE)
    found: list[Timeliness] = []
    for contract in CONTRACTS:
        came = connection.execute(_FIRST_COMING.format(contract=contract), {"month": month}).fetchall()
        rows = connection.execute(_ROWS.format(ledger=ledger), {"contract": contract, "month": month}).fetchall()
        counts = _counted(came, policy["policy_calendar"], days)
        for system, stored, reported in sorted(rows):
            records, late = counts.get(system, (0, 0))
            found.append(
                Timeliness(
                    system_id=system, contract_id=contract, records=records, late=late, rows_reported=reported, rows_stored=stored
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (-one.late_share, one.system_id, one.contract_id))


def _counted(came: list[tuple[str, date, date, int]], calendar: list[Row], days: int) -> dict[str, tuple[int, int]]:
    if not came:
        return {}
    worked = working_days(calendar, min(row[1] for row in came), max(row[1] for row in came) + timedelta(days * 4 + 30))
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for system, decided, delivered, records in came:
        totals[system][0] += records
        totals[system][1] += records if delivered > due_day(worked, decided, days) else 0
    return {system: (records, late) for system, (records, late) in totals.items()}
