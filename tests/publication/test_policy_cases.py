"""What the law says about each case is what the models decide, and every rule is hit."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.publication.policy_cases import cases, decide, redecide
from transforms.dbt_runner import PROJECT

DECIDING = ("policy_period", "policy_list_term", "policy_never_published", "policy_hold")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return decide(tmp_path_factory.mktemp("policy"))


@pytest.fixture
def connection(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The decided cases; what a test changes in the policy is turned back after it."""
    with duckdb.connect(str(warehouse)) as opened:
        opened.execute("set timezone = 'Asia/Shanghai'")
        opened.execute("begin")
        yield opened
        opened.execute("rollback")


def decided(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    redecide(connection)
    found = connection.execute("select * from publicity.publicity_decision").to_arrow_table().to_pylist()
    assert len(found) == len({row["record_id"] for row in found}) == len(cases())
    return {row["record_id"]: row for row in found}


def day(value: date | None) -> str:
    return value.isoformat() if value else ""


def test_every_case_is_decided_as_the_law_says(connection: duckdb.DuckDBPyConnection) -> None:
    found = decided(connection)
    differing = []
    for case in cases():
        row = found[case["case"]]
        expected = [case[name] for name in ("outcome", "from", "to", "rule")]
        given = [row["outcome"], day(row["from_date"]), day(row["to_date"]), row["rule_id"]]
        if given != expected:
            differing.append(f"{case['case']} {case['facts']}: {given}, expected {expected} ({case['arithmetic']})")
        assert row["is_published"] == (case["outcome"] == "published")
    assert differing == []


def test_the_table_is_large_and_hits_every_rule() -> None:
    found = cases()
    assert len({case["case"] for case in found}) == len(found) >= 150
    rules = set()
    for name in DECIDING:
        with (PROJECT / "seeds" / "policy" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rules |= {row["rule_id"] for row in csv.DictReader(file)}
    assert rules - {case["rule"] for case in found} == set()


def test_a_name_that_is_its_operators_is_masked(connection: duckdb.DuckDBPyConnection) -> None:
    found = decided(connection)
    masked = {name for name, row in found.items() if row["masking_rule_id"] == "P-23"}
    assert masked == {"cc-091", "xk-010"}


def test_a_period_that_rests_on_an_assumption_says_so(connection: duckdb.DuckDBPyConnection) -> None:
    found = decided(connection)
    # The period of P-09 was read in the rule, the class of a fine was not; the periods of Order 45 were, with its classes.
    assert (found["cc-051"]["mark"], found["gs-002"]["mark"], found["gs-037"]["mark"]) == (
        "assumption", "verified", "assumption"
    )  # fmt: skip
    assert (found["gs-017"]["mark"], found["nv-001"]["mark"]) == ("verified", "assumption")


def test_the_party_may_ask_for_an_early_end_after_the_shortest_period(connection: duckdb.DuckDBPyConnection) -> None:
    found = decided(connection)
    days = {
        name: day(found[name]["repairable_from_date"]) for name in ("cc-002", "cc-034", "cc-051", "cc-054", "md-009")
    }
    assert days == {
        "cc-002": "2019-10-01", "cc-034": "2024-05-01", "cc-051": "2026-07-01", "cc-054": "2027-04-01",
        "md-009": "2022-09-01",
    }  # fmt: skip


def test_a_rule_takes_over_running_windows_only_where_its_row_says_so(connection: duckdb.DuckDBPyConnection) -> None:
    """cc-032: decided 2023-05-01, asked 2026-04-30, when P-09 has been in force for 29 days."""
    assert decided(connection)["cc-032"]["rule_id"] == "P-03"
    connection.execute("update policy.policy_period set applies_to_running_windows = true where rule_id = 'P-09'")
    found = decided(connection)
    # Twelve months from the decision ended in 2024; what was shown until the new rule came ends with its first day.
    assert (found["cc-032"]["outcome"], found["cc-032"]["rule_id"], day(found["cc-032"]["to_date"])) == (
        "ended", "P-09", "2026-04-01"
    )  # fmt: skip
    assert found["cc-029"]["rule_id"] == "P-01"  # its window had ended before the new rule came
    assert found["cc-033"]["outcome"] == "ended"


def test_a_province_can_set_a_rule_of_its_own(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "insert into policy.policy_period select * replace ('33' as region, 'P-11-33' as rule_id, 6 as longest_months)"
        " from policy.policy_period where rule_id = 'P-11'"
    )
    connection.execute("update publicity.publicity_fact set region = '330100' where record_id = 'gs-037'")
    found = decided(connection)
    assert (found["gs-037"]["rule_id"], day(found["gs-037"]["to_date"])) == ("P-11-33", "2026-06-30")
    assert found["gs-038"]["rule_id"] == "P-11"
