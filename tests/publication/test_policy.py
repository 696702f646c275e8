"""The policy as people check it and read it: lint, and the decision about a record in words."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import get_args

import duckdb
import pytest

from lake.errors import TerminalError
from lake.messages import set_language
from publication import policy
from publication.explain import explain
from publication.manifest import ReasonClass, Withdrawal
from tests.publication.policy_cases import decide
from tests.system.command_line import call

ROOT = Path(__file__).parents[2]


@pytest.fixture
def rules() -> policy.Policy:
    """The shipped policy, free to be changed."""
    return policy.load()


def codes(rules: policy.Policy) -> set[str]:
    return {problem.code for problem in policy.lint(rules)}


def row(rules: policy.Policy, table: str, rule_id: str) -> policy.Row:
    return next(row for row in rules[table] if row["rule_id"] == rule_id)


def test_the_shipped_policy_is_clean(rules: policy.Policy) -> None:
    assert [problem.localised("en") for problem in policy.lint(rules)] == []


def test_every_source_can_be_looked_up_by_who_reads_the_rule(rules: policy.Policy) -> None:
    places = (ROOT / "docs" / "policy-sources.md").read_text(encoding="utf-8")
    sources = [str(row["source"]) for rows in rules.values() for row in rows]
    cited = {key for source in sources for key in re.findall(r"(?<![A-Za-z0-9])S[0-9]{2}[a-z]?(?![0-9])", source)}
    assert len(cited) > 30
    assert {key for key in cited if f"| {key} |" not in places} == set()
    assert [
        source for source in sources if re.search(r"standards|from knowledge|[a-z]+[.]md|Order [0-9]", source)
    ] == []


def test_an_end_that_has_a_deadline_has_a_class_that_a_release_knows(rules: policy.Policy) -> None:
    assert {row["end_class"] for row in rules["policy_urgent_end"]} <= set(get_args(ReasonClass))


def test_an_id_names_one_rule(rules: policy.Policy) -> None:
    tables: dict[str, set[str]] = {}
    for table, rows in rules.items():
        for one in rows:
            tables.setdefault(str(one.get("rule_id")), set()).add(table)
    shared = {one: found for one, found in tables.items() if len(found) > 1 and one != "None"}
    assert set().union(*shared.values()) <= {"policy_deadline", "policy_urgent_end", "policy_never_published"}, shared


def test_a_rule_without_its_source_or_mark_is_named(rules: policy.Policy) -> None:
    row(rules, "policy_deadline", "D-01")["source"] = None
    row(rules, "policy_measure", "M-11")["mark"] = "sure"
    row(rules, "policy_never_published", "P-20")["channel"] = "wechat"
    assert codes(rules) == {
        "publication.policy_without_source", "publication.policy_mark", "publication.policy_channel"
    }  # fmt: skip


def test_two_rules_for_one_case_are_named(rules: policy.Policy) -> None:
    row(rules, "policy_period", "P-09")["valid_from"] = row(rules, "policy_period", "P-01")["valid_from"]
    rules["policy_period"].append({**row(rules, "policy_period", "P-09"), "rule_id": "P-09-new"})
    assert "publication.policy_overlap" in codes(rules)


def test_a_class_without_a_period_is_named(rules: policy.Policy) -> None:
    rules["policy_period"].remove(row(rules, "policy_period", "P-06"))
    assert codes(rules) == {"publication.policy_gap"}


def test_dates_the_wrong_way_and_a_window_without_a_length_are_named(rules: policy.Policy) -> None:
    first = row(rules, "policy_list_term", "L-03")
    first["valid_to"], first["longest_months"] = first["valid_from"], None
    assert codes(rules) >= {"publication.policy_dates", "publication.policy_no_length"}


def test_a_value_that_is_no_date_is_named_with_its_line(tmp_path: Path) -> None:
    for table in policy.tables():
        (tmp_path / f"{table}.csv").write_text((policy.FOLDER / f"{table}.csv").read_text("utf-8"), "utf-8")
    file = tmp_path / "policy_threshold.csv"
    file.write_text(file.read_text("utf-8").replace("2021-09-01", "2021-09-31", 1), "utf-8")
    with pytest.raises(TerminalError) as caught:
        policy.load(tmp_path)
    assert (caught.value.params["line"], caught.value.params["column"]) == (2, "valid_from")


def test_the_commands_show_and_check_the_policy() -> None:
    assert "P-11" in call("policy", "show", "policy_period").output
    assert call("policy", "lint").exit_code == 0
    assert call("policy", "show", "policy_nothing").exit_code != 0


def test_a_listing_tells_the_records_it_rests_on(tmp_path: Path, rules: policy.Policy) -> None:
    with duckdb.connect(str(decide(tmp_path))) as connection:
        [listed] = connection.execute(
            "select record_id from publicity.publicity_decision where contract_id = 'list_entry' limit 1"
        ).fetchone() or [None]
        connection.execute("create schema staging")
        connection.execute(
            f"create table staging.stg_list_entry as select '{listed}' as record_id, '示市监罚〔2026〕1号' as evidence_records"
        )
        assert "示市监罚〔2026〕1号" in str(explain(connection, str(listed), rules)[0])


def test_a_decision_says_channel_window_rule_and_inputs(tmp_path: Path, rules: policy.Policy) -> None:
    with duckdb.connect(str(decide(tmp_path))) as connection:
        day = date(2026, 4, 1)
        shown, held = (explain(connection, record, rules, day)[0] for record in ("cc-051", "gs-022"))
        taken = Withdrawal(dataset="public_penalty", record_id="cc-051", version="v2", reason_class="objection_upheld")
        [taken_down, *_] = explain(connection, "cc-051", rules, day, [taken])
        with pytest.raises(TerminalError):
            explain(connection, "nothing", rules)
    assert not taken_down.is_published and "已在版本 v2 由人工立即撤下（异议成立）" in str(taken_down)
    assert (shown.rule_text or "").startswith("一般") and shown.inputs["penalty_types"] == "罚款"
    words = str(shown)
    assert "信用中国：2026-04-01 公示中，自 2026-04-01 起，2027-04-01 零时" in words
    assert "P-09" in words and "推定" in words
    assert "暂不公示" in str(held) and "P-28" in str(held)
    set_language("en")
    try:
        assert "held" in str(held) and "first minute" in str(shown)
    finally:
        set_language("zh")
