"""Layouts that no rule was made for: no cell wrong, nine of ten right, the rest reported."""

from __future__ import annotations

import pytest

from tests.connectors.unseen import LAYOUTS, Score, score

RIGHT_SHARE = 0.9


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    return {name: score(name) for name in LAYOUTS}


def test_no_cell_of_an_unseen_layout_is_read_wrongly(scores: dict[str, Score]) -> None:
    assert {name: one.wrong for name, one in scores.items() if one.wrong} == {}


def test_nine_of_ten_cells_of_unseen_layouts_are_read(scores: dict[str, Score]) -> None:
    right, cells = sum(one.right for one in scores.values()), sum(one.contract_cells for one in scores.values())
    assert right >= RIGHT_SHARE * cells, {name: one.opened for name, one in scores.items() if one.opened}
