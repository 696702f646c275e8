"""Layouts that no rule was made for: no cell wrong, nine of ten right, the rest reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.contract import load_contracts
from connectors.quarantine import open_rows, replay
from connectors.source import load_sources
from tests.connectors.test_ingest import CONTRACT, DECLARATION, Place
from tests.connectors.unseen import LAYOUTS, Score, read_without, score
from tests.connectors.unseen_rows import SETS, TABLES

RIGHT_SHARE = 0.9


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    return {name: score(name) for name in (*LAYOUTS, *TABLES)}


def test_no_cell_of_an_unseen_layout_is_read_wrongly(scores: dict[str, Score]) -> None:
    assert {name: one.wrong for name, one in scores.items() if one.wrong} == {}


def test_nine_of_ten_cells_of_unseen_layouts_are_read(scores: dict[str, Score]) -> None:
    for names in (LAYOUTS, *SETS):
        right, cells = sum(scores[name].right for name in names), sum(scores[name].contract_cells for name in names)
        assert right >= RIGHT_SHARE * cells, {name: scores[name].opened for name in names if scores[name].opened}


@pytest.mark.parametrize("column", ["counterpart_name", "uscc", "decision_number", "authority_name"])
def test_what_a_table_lacks_is_not_read_from_a_column_of_something_else(column: str) -> None:
    """Each table without the column that says it: who else stands in it is not taken for the party, nor their codes."""
    wrong = {name: found for name, table in TABLES.items() if (found := read_without(column, name, table["columns"]))}
    assert wrong == {}


def test_rows_that_a_denied_header_holds_up_come_in_once_it_is_pinned(tmp_path: Path) -> None:
    """A page whose party and number stand under each other's headers: nothing is guessed, and nothing is lost."""
    place = Place(tmp_path)
    header = [text for text, *_ in LAYOUTS["penalty_number_under_name"]]
    rows = [
        [
            f"示市监罚〔2026〕{number}号",
            "示例市晨光食品有限公司",
            "经营过期食品",
            "警告",
            "2026-02-03",
            "示例市市场监督管理局",
        ]
        for number in range(3)
    ]
    page = json.dumps({"header": header, "rows": rows}, ensure_ascii=False)
    place.put("page.jsonl", [], text=page + "\n")
    one = place.ingest().deliveries[0]
    assert (one.rows_accepted, json.loads(one.reasons or "")) == (0, {"header_left_open": 3})
    assert {row.reason_parameters["headers"] for row in open_rows(place.lake, "bureau", CONTRACT)} <= {
        "行政相对人名称",
        "行政处罚决定书文号",
    }
    declaration = place.sources / "bureau.yaml"
    pins = "    header: {pins: {行政相对人名称: decision_number, 行政处罚决定书文号: counterpart_name}}\n"
    declaration.write_text(DECLARATION.format(mode="increment", minimum=1) + pins, encoding="utf-8")
    contracts = load_contracts()
    [result] = replay(place.lake, contracts, load_sources([place.sources], contracts), "again")
    assert (result.tried, result.accepted) == (3, 3)
