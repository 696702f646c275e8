"""The systems of the plan in the example region: the same bytes always, every kind of dirt, nothing undeclared."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet
import pytest

from connectors.checks import match_header
from connectors.contract import load_contract, load_contracts
from connectors.contract.header_key import header_key
from connectors.source import SHIPPED, load_source
from example_region import generate
from example_region.systems import systems
from example_region.systems.frame import FLOOR, Files, System
from tests.example_region.test_example import digests

ENTERPRISES = 130
ROWS_A_SYSTEM = 1_000


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("systems") / "region"
    generate(out, ENTERPRISES, 7, systems=tuple(systems().values()))
    return out


def test_block_size_leaves_no_trace(example: Path, tmp_path: Path) -> None:
    generate(tmp_path / "small", ENTERPRISES, 7, enterprises_per_block=50, systems=tuple(systems().values()))
    assert digests(example) == digests(tmp_path / "small")


def test_every_kind_of_dirt_is_planted_in_the_smallest_example(example: Path) -> None:
    truth = pyarrow.parquet.read_table(example / "_truth" / "systems.parquet")
    found = {tuple(row.values()) for row in truth.select(["system_id", "contract_id", "dirt"]).to_pylist()}
    wanted = {
        (one.id, feed.contract, dirt.label) for one in systems().values() for feed in one.feeds for dirt in feed.dirt
    }
    assert wanted - found == set()
    assert pc.all(pc.is_valid(truth["locator"])).as_py()


@pytest.mark.parametrize("system", systems().values(), ids=lambda system: system.id)
def test_a_system_says_what_its_declaration_and_contracts_know(system: System) -> None:
    source = load_source(SHIPPED / f"{system.id}.yaml", load_contracts())
    assert 20_000 * sum(feed.rate for feed in system.feeds) >= ROWS_A_SYSTEM
    for feed in system.feeds:
        declared, contract = source.feed(feed.contract), load_contract(feed.contract)
        assert declared is not None
        assert len(feed.dirt) <= FLOOR
        is_pages = isinstance(feed.delivery, Files) and feed.delivery.file_format == "pages"
        # A cell of a page may hold several facts; its column is then one of the layout alone.
        shown = set(feed.layout) if is_pages else set(feed.layout.values())
        assert set(contract.column_names) >= {feed.locator, *(dirt.column for dirt in feed.dirt)} - shown
        if is_pages:
            assert match_header(contract, list(feed.layout.values()), is_page=True).unknown == ()
            continue
        if isinstance(feed.delivery, Files) and feed.delivery.file_format.endswith("_bare"):
            assert list(feed.layout.values()) == declared.header.columns
            continue
        known = {header_key(one.text) for column in contract.columns for one in column.aliases}
        known |= {header_key(name) for column in contract.columns for name in (column.name, column.header)}
        known |= {header_key(name) for name in (*declared.header.pins, *declared.header.ignore)}
        flags = declared.flags
        known |= {
            header_key(one)
            for one in ((flags.column, *([flags.switch.column] if flags.switch else [])) if flags else ())
        }
        assert [header for header in feed.layout.values() if header_key(header) not in known] == []
