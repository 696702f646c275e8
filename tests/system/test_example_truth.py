"""The whole program over the example region, held against the example's own truth.

What it must never do: lose a row, put a record on a wrong enterprise, publish natural persons or what was withdrawn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from connectors.contract import load_contracts
from example_region import generate
from tests.system.command_line import call_outside

pytestmark = pytest.mark.full
COUNTS = ("rows_read", "rows_accepted", "rows_quarantined", "rows_repeated", "rows_layout", "rows_refused")

# Share of records linked to the right enterprise, by how the department wrote its subject; at least so many.
LINKED_AT_LEAST = {
    "": 0.99,
    "name_only": 0.97,
    "code_lower_case": 0.97,
    "code_full_width": 0.97,
    "code_one_character_more": 0.95,
    "code_in_other_column": 0.97,
    "code_masked": 0.95,
    "code_placeholder": 0.95,
    "code_zeros": 0.95,
    "code_missing": 0.95,
    "code_check_wrong": 0.9,
    "organisation_code_only": 0.95,
    "registration_number_only": 0.95,
    "name_width": 0.95,
    "name_traditional": 0.95,
    "former_name": 0.95,
    "two_in_one_cell": 0.9,
}
NEVER_LINKED = ("natural_person", "not_registered", "nothing_written")


@dataclass(frozen=True)
class Whole:
    """A run that has ended: the lake, the example, and both in one database."""

    lake: Path
    example: Path
    database: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    lake, example = folder / "lake", folder / "example"
    generate(example, 20_000, 2)
    done = call_outside("run", "--drop", example, CREDITLAKE_LAKE_URL=str(lake))
    assert done.exit_code == 0, done.text
    return Whole(lake, example, _database(lake, example))


def _delta(lake: Path, table: str) -> pa.Table:
    return DeltaTable(str(lake / table)).to_pyarrow_table()


def _database(lake: Path, example: Path) -> duckdb.DuckDBPyConnection:
    """Tables ``truth`` (with the record_id of each accepted row), ``bad``, ``quarantine``, ``link`` and the outputs."""
    database = duckdb.connect()
    positions = [
        _delta(lake, f"bronze/{contract}").select(["record_id", "batch_id", "source_row"])
        for contract in load_contracts()
        if (lake / "bronze" / contract).exists()
    ]
    database.register("position", pa.concat_tables(positions))
    database.register("ledger", _delta(lake, "bronze/ledger"))
    for name in (
        "identity/subject_link",
        "credit/credit_penalty",
        "publicity/public_penalty",
        "publicity/public_licence",
    ):
        database.register(name.split("/")[1], _delta(lake, name))
    database.register("quarantined", _delta(lake, "bronze/quarantine"))
    truth = example / "_truth"
    database.execute(
        f"""CREATE TABLE batch AS SELECT batch_id, path FROM ledger WHERE status = 'accepted';
        CREATE TABLE truth AS SELECT r.*, p.record_id FROM '{truth}/records.parquet' AS r
          LEFT JOIN (SELECT * FROM position JOIN batch USING (batch_id)) AS p
            ON p.path = r.path AND p.source_row = r.source_row;
        CREATE TABLE bad AS SELECT * FROM '{truth}/bad_rows.parquet';
        CREATE TABLE quarantine AS SELECT q.*, b.path FROM quarantined AS q JOIN batch AS b USING (batch_id);
        CREATE TABLE judged AS SELECT t.*, l.uscc AS linked, l.status AS link_status FROM truth AS t
          JOIN subject_link AS l ON l.record_id = t.record_id AND l.role = t.role"""
    )
    return database


def test_every_file_has_the_counts_of_the_truth(whole: Whole) -> None:
    done = call_outside("status", "--json", CREDITLAKE_LAKE_URL=str(whole.lake))
    found = {file["path"]: {name: file[name] for name in COUNTS} for file in json.loads(done.output)["files"]}
    expected = json.loads((whole.example / "_truth" / "expected_counts.json").read_text(encoding="utf-8"))
    assert found == expected


def test_every_row_ends_where_the_truth_says(whole: Whole) -> None:
    lost = "SELECT fate, path, source_row FROM truth WHERE (fate = 'accepted') <> (record_id IS NOT NULL)"
    assert whole.database.sql(lost).fetchall() == []


def test_every_bad_row_is_in_quarantine_with_its_reason(whole: Whole) -> None:
    differing = whole.database.sql(
        """SELECT coalesce(bad.path, q.path), coalesce(bad.source_row, q.source_row), bad.reason_code, q.reason_code
        FROM bad FULL JOIN quarantine AS q ON q.path = bad.path AND q.source_row = bad.source_row
        WHERE bad.reason_code IS DISTINCT FROM q.reason_code
          OR (bad.column_name <> '' AND bad.column_name IS DISTINCT FROM q.column_name)"""
    ).fetchall()
    assert differing == []


def test_no_record_is_on_a_wrong_enterprise(whole: Whole) -> None:
    wrong = "SELECT path, source_row, role, kind, name, uscc, linked FROM judged WHERE linked IS DISTINCT FROM uscc"
    assert whole.database.sql(f"{wrong} AND linked IS NOT NULL").fetchall() == []


def test_records_are_linked_however_the_department_wrote_the_subject(whole: Whole) -> None:
    shares = whole.database.sql(
        """SELECT kind, count(*) AS records, avg(CAST(linked IS NOT NULL AS INTEGER)) AS share FROM judged
        WHERE is_registered GROUP BY kind"""
    ).fetchall()
    # A share of few records says little: one in ten of them may miss.
    low = [
        (kind, records, share)
        for kind, records, share in shares
        if kind in LINKED_AT_LEAST and records * (LINKED_AT_LEAST[kind] - share) > max(1.0, 0.02 * records)
    ]
    assert low == []
    assert {kind for kind, _, _ in shares} >= set(LINKED_AT_LEAST)


def test_what_the_desk_decided_stands_however_often_the_region_is_made(whole: Whole) -> None:
    decisions = _delta(whole.lake, "bronze/link_decision")
    named = set(decisions["decided_record_id"].drop_null().to_pylist())
    assert len(named) == 12
    known = whole.database.execute("select distinct record_id from truth").fetchall()
    assert named <= {row[0] for row in known}


def test_persons_strangers_and_empty_cells_are_linked_to_nobody(whole: Whole) -> None:
    kinds = ", ".join(f"'{kind}'" for kind in NEVER_LINKED)
    linked = f"SELECT * FROM judged WHERE kind IN ({kinds}) AND linked IS NOT NULL"
    assert whole.database.sql(linked).fetchall() == []
    assert whole.database.sql(f"SELECT count(DISTINCT kind) FROM judged WHERE kind IN ({kinds})").fetchone() == (3,)


def test_nothing_of_natural_persons_is_published(whole: Whole) -> None:
    for table in ("public_penalty", "public_licence"):
        shown = f"SELECT * FROM {table} JOIN truth USING (record_id) WHERE kind = 'natural_person'"
        assert whole.database.sql(shown).fetchall() == [], table
        assert whole.database.sql(f"SELECT count(*) > 0 FROM {table}").fetchone() == (True,)


def test_a_penalty_whose_party_stands_only_in_the_title_is_held(whole: Whole) -> None:
    whole.database.register("held", _delta(whole.lake, "publicity/held_record"))
    assert whole.database.sql("SELECT count(*) FROM public_penalty WHERE counterpart_name IS NULL").fetchone() == (0,)
    reasons = whole.database.sql(
        """SELECT DISTINCT reason_code FROM held JOIN truth USING (record_id)
        WHERE truth.contract_id = 'administrative_penalty' AND truth.kind = 'name_missing'"""
    ).fetchall()
    assert reasons
    assert {reason for (reason,) in reasons} <= {
        "party_missing",
        "number_or_date_missing",
        "warning_only",
        "not_linked",
    }


def test_the_newest_version_counts_in_whatever_order_it_arrived(whole: Whole) -> None:
    whole.database.register("every_version", _delta(whole.lake, "bronze/administrative_penalty"))
    stale = whole.database.sql(
        """WITH newest AS (
          SELECT decision_number, authority_name, max(source_updated_at) AS updated, count(*) AS versions
          FROM every_version WHERE source_updated_at IS NOT NULL AND counterpart_name IS NOT NULL GROUP BY ALL)
        SELECT c.record_id, n.decision_number FROM credit_penalty AS c JOIN every_version AS v USING (record_id)
        JOIN newest AS n ON n.decision_number = v.decision_number AND n.authority_name = v.authority_name
        WHERE n.versions > 1 AND v.source_updated_at < n.updated"""
    ).fetchall()
    assert stale == []


def test_withdrawn_penalties_are_not_published(whole: Whole) -> None:
    whole.database.register("every_version", _delta(whole.lake, "bronze/administrative_penalty"))
    withdrawn = "SELECT record_id FROM every_version WHERE record_state = '撤销'"
    assert whole.database.sql(f"SELECT count(*) > 0 FROM ({withdrawn})").fetchone() == (True,)
    shown = f"SELECT record_id FROM public_penalty WHERE record_id IN ({withdrawn})"
    assert whole.database.sql(shown).fetchall() == []
