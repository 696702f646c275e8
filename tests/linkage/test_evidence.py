"""The steps of a link's evidence lead from one to the next, and to what was measured; the chart draws them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pyarrow as pa
import pytest

from linkage.chart import chart
from linkage.evidence import LADDERS, log_odds, steps
from linkage.explanation import explain
from linkage.models import project_folder, render
from linkage.reading import SubjectColumns, read, read_register

BAKERY, TRADER = "91990101FX00000A1C", "91990102FX00000BXJ"
NAMES = ("杭州安康食品有限公司", "宁波晨曦光学仪器有限公司")


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two registered names, and a record that writes one of them with a character wrong."""
    with duckdb.connect() as connection:
        connection.execute("create schema identity; create schema policy")
        register = read_register(SubjectColumns(name=pa.array(NAMES), code=pa.array([BAKERY, TRADER])))
        connection.register("register", register)
        connection.execute("create table identity.enterprise_name as"
                           " select code_clean as uscc, * exclude (code_clean), true as is_current from register")  # fmt: skip
        connection.register("written", read(SubjectColumns(name=pa.array(["杭州安康食晶有限公司"]))))
        connection.execute("create table identity.subject_reading as"
                           " select 'r' as record_id, 'respondent' as role, * from written")  # fmt: skip
        for seed in ("link_confidence", "link_slip_weight", "link_character_sound"):
            file = str(project_folder() / "seeds" / f"{seed}.csv")
            connection.execute(f"create table policy.{seed} as select * from read_csv('{file}')")
        connection.execute("create view enterprise_name as from identity.enterprise_name")
        connection.execute(f"create table identity.link_trigram as {render('link_trigram')}")
        connection.execute("create view link_trigram as from identity.link_trigram")
        connection.execute(f"create table identity.link_bigram as {render('link_bigram')}")
        connection.execute("create view link_bigram as from identity.link_bigram")
        connection.execute(f"create table identity.link_character as {render('link_character')}")
        connection.execute(f"create table identity.link_brand_character as {render('link_brand_character')}")
        yield connection


def link(**columns: Any) -> dict[str, Any]:
    """A link of the record as the table of links has it."""
    return {
        "record_id": "r", "contract_id": "complaint", "business_key": "k", "role": "respondent", "uscc": BAKERY,
        "status": "linked", "method": "slip_wrong", "reason": None, "confidence": 0.9999, "is_natural_person": False,
        "best_uscc": BAKERY, "name_agreement": "slip", "region_agreement": 0, "runner_up_uscc": TRADER,
        "distance": 0.9, "decision_number": None, **columns,
    }  # fmt: skip


def test_the_parts_of_a_slip_add_up_to_its_score(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = steps(warehouse, link())
    score = warehouse.execute("select slip_score from link_slip").fetchone()
    assert score is not None
    assert found[-1].before == pytest.approx(score[0])
    assert found[-1].after == pytest.approx(log_odds(0.9999))
    assert len(found) > 3


@pytest.mark.parametrize("method", sorted(LADDERS))
def test_each_step_begins_where_the_one_before_ended(warehouse: duckdb.DuckDBPyConnection, method: str) -> None:
    found = steps(warehouse, link(method=method, confidence=0.9995))
    assert [one.before for one in found[1:]] == [one.after for one in found[:-1]]
    assert all(one.after > log_odds(0.5) for one in found), "every method of a ladder has its measured share"


def test_the_chart_is_a_picture_of_its_own_with_the_fields_that_agree_and_not(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    warehouse.register("links", pa.Table.from_pylist([link()]))
    warehouse.execute("create table identity.subject_link as from links")
    [explanation] = explain(warehouse, "r")
    by_field = {compared.field: compared.agrees for compared in explanation.fields}
    assert by_field["name_key"] is False
    assert by_field["name_form"] is True
    picture = chart([explanation])
    root = ElementTree.fromstring(picture)
    words = "".join(root.itertext())
    assert NAMES[0] in words
    assert "杭州安康食晶有限公司" in words
    assert picture.count("http") == 1, "nothing is fetched: the one address names the format"


def test_a_natural_persons_name_is_masked(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.register("links", pa.Table.from_pylist([link(is_natural_person=True)]))
    warehouse.execute("create table identity.subject_link as from links")
    said = str(explain(warehouse, "r")[0])
    assert "安康" not in said
    assert "杭**" in said
