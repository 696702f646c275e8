"""The hand-written table of cases of publicity, decided by the very models of the dbt project."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb

from lake.settings import load_settings
from lake.storage import open_storage
from transforms.dbt_runner import run_dbt
from transforms.profile import warehouse_file

CASES = Path(__file__).parent / "policy_cases.csv"
_KINDS = {
    "penalty": "administrative_penalty", "licence": "administrative_licence", "list": "list_entry", "honour": "honour",
    "commitment": "commitment",
}  # fmt: skip
_MODELS = ("publicity_class", "publicity_term", "publicity_decision")
_FACTS = """
create schema publicity;
create table publicity.publicity_fact (
    record_id varchar, contract_id varchar, system_id varchar, business_key varchar, channel varchar,
    as_of_date date, region varchar, party_kind varchar,
    has_personal_name boolean, is_under_18 boolean, is_secret boolean, is_internal boolean,
    is_publication_ordered boolean, is_withdrawn boolean, is_suspended boolean,
    is_summary_procedure boolean, has_number boolean, has_party boolean, is_linked boolean,
    decision_date date, first_published_date date, penalty_types varchar, fine_amount_yuan decimal(20, 2),
    is_key_sector boolean, restriction_until_date date, has_notice boolean, list_type varchar, stated_until_date date,
    ended_date date, is_under_objection boolean, ended_class varchar, withdrawn_class varchar, lacks_visibility boolean,
    lacks_receivers boolean, has_unread_state boolean, record_class varchar
)
"""


def cases() -> list[dict[str, str]]:
    """The table as it stands in the file."""
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def decide(folder: Path) -> Path:
    """Build policy and decisions over the cases in a new warehouse under ``folder``; gives the database file."""
    settings = load_settings(lake_url=str(folder / "lake"), work_dir=str(folder / "work"), threads=1)
    file = warehouse_file(settings)
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set timezone = 'Asia/Shanghai'")
        connection.execute(_FACTS)
        rows = [_fact(case) for case in cases()]
        connection.executemany(f"insert into publicity.publicity_fact by position values ({_PLACES})", rows)
    selected = ["--select", "path:seeds/policy", *_MODELS]
    run_dbt(
        settings, open_storage(settings), ["build", "--resource-type", "seed", "--resource-type", "model", *selected]
    )
    return file


def redecide(connection: duckdb.DuckDBPyConnection) -> None:
    """Run the models of ``decide``, as dbt compiled them, over the policy as it is in the warehouse now."""
    (file,) = connection.execute(
        "select path from duckdb_databases() where database_name = current_database()"
    ).fetchall()
    compiled = Path(file[0]).parent / "dbt" / "duckdb" / "compiled" / "creditlake" / "models" / "publicity"
    for model in _MODELS:
        query = (compiled / f"{model}.sql").read_text(encoding="utf-8")
        connection.execute(f"create or replace table publicity.{model} as {query}")


_PLACES = (
    "?, ?, null, null, ?, cast(cast(? as timestamptz) as date), " + ", ".join("?" * 23) + ", false, ?, ?, ?, ?, ?, ?"
)


def _fact(case: dict[str, str]) -> list[Any]:
    """A row of ``publicity_fact``; what a case does not say is what lets a record through, but for the notice of P-28."""
    given = dict(part.partition("=")[::2] for part in case["facts"].split())
    return [
        case["case"], _KINDS[case["kind"]], case["channel"], case["asked"], given.get("region"),
        given.get("party", "organisation"), "personal_name" in given, "under_18" in given, "secret" in given,
        "internal" in given, "ordered" in given, "withdrawn" in given, "suspended" in given,
        "summary" in given, "no_number" not in given, "no_party" not in given,
        "not_linked" not in given, case["decided"] or None, given.get("first"), given.get("types"), given.get("fine"),
        "key_sector" in given, given.get("until"), "notice" in given, given.get("list"), given.get("until_stated"),
        given.get("ended"), "moved_out" if case["kind"] == "list" else "repaired", "revoked",
        "no_visibility" in given, "no_receivers" in given, "state_unread" in given,
        given.get("list") or ("broken_" if "broken" in given else "") + case["kind"],
    ]  # fmt: skip
