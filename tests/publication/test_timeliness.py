"""Late reports: seven working days after the decision, with holidays and worked weekends as the calendar has them."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from publication import policy
from publication.timeliness import due_day, measure, working_days


@pytest.mark.parametrize(
    ("decided", "due"),
    [
        ("2025-03-03", "2025-03-12"),  # Monday: 4, 5, 6, 7, 10, 11, 12
        ("2025-03-07", "2025-03-18"),  # Friday: Saturday and Sunday twice
        ("2025-03-29", "2025-04-09"),  # Saturday: 31, 1, 2, 3, holiday 4 to 6 April, 7, 8, 9
        ("2025-04-24", "2025-05-07"),  # 25, worked Sunday 27, 28, 29, 30, holiday 1 to 5 May, 6, 7
    ],
)
def test_the_deadline_counts_working_days_as_the_calendar_has_them(decided: str, due: str) -> None:
    worked = working_days(policy.load()["policy_calendar"], date(2025, 1, 1), date(2025, 12, 31))
    assert due_day(worked, date.fromisoformat(decided), 7) == date.fromisoformat(due)


def test_a_record_is_late_by_its_first_coming_and_rows_that_were_not_stored_lower_compliance() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema staging")
        connection.execute(
            "create table staging.current_batch as from (values ('b1', timestamptz '2025-03-12 23:30:00+08'),"
            " ('b2', timestamptz '2025-03-13 00:30:00+08'), ('b3', timestamptz '2025-04-01 09:00:00+08'))"
            " t(batch_id, delivered_at)"
        )
        columns = "t(business_key, system_id, batch_id, version_rank, decision_date)"
        connection.execute(
            "create table staging.administrative_penalty_versions as from (values"
            " ('in-time', 'bureau', 'b1', 2, date '2025-03-03'), ('in-time', 'bureau', 'b3', 1, date '2025-03-03'),"
            f" ('late', 'bureau', 'b2', 1, date '2025-03-03'), ('undated', 'bureau', 'b2', 1, null)) {columns}"
        )
        connection.execute(
            "create table staging.administrative_licence_versions as"
            " from staging.administrative_penalty_versions limit 0"
        )
        connection.execute(
            "create table ledger as from (values"
            " ('bureau', 'administrative_penalty', 3, 1, 0, timestamptz '2025-03-12 23:30:00+08'),"
            " ('bureau', 'administrative_penalty', 1, 0, 0, timestamptz '2025-04-01 09:00:00+08'))"
            " t(system_id, contract_id, rows_accepted, rows_quarantined, rows_refused, delivered_at)"
        )
        (all_time,) = measure(connection, "ledger", policy.load())
        (march,) = measure(connection, "ledger", policy.load(), "2025-03")
    assert (all_time.records, all_time.late, all_time.late_share) == (2, 1, 0.5)
    assert (all_time.rows_reported, all_time.compliant_share, march.compliant_share) == (5, 0.8, 0.75)
