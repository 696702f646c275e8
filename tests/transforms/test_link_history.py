"""A link that moves says so: once, with its cause, also when an export broke off in the middle."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from lake.settings import Settings, load_settings
from lake.storage import open_storage
from lake.tables import append_once
from linkage.companion import COMPANION, COMPANION_TABLE
from transforms import export
from transforms.copies import TableCopy
from transforms.export import KEYS
from transforms.profile import warehouse_file
from transforms.state import BuildState, Inputs, write_state

BAKERY, TRADER = "91990101FX00000A1C", "91990102FX00000BXJ"
SUBJECT = ("administrative_penalty", "key", "counterpart")


class Warehouse:
    """The links of one record as builds leave them, with the note of what they touched, exported to a lake on disk."""

    def __init__(self, lake: Path, work: Path) -> None:
        self.settings: Settings = load_settings(lake_url=str(lake), work_dir=str(work), threads=1)
        self.storage = open_storage(self.settings)
        warehouse_file(self.settings).parent.mkdir(parents=True, exist_ok=True)
        self.builds = 0
        with self._connection() as connection:
            connection.execute("""
                create schema identity; create schema changes;
                create table identity.subject_link (record_id varchar, contract_id varchar, business_key varchar,
                    role varchar, uscc varchar, method varchar, decision_number varchar)""")

    def _connection(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(warehouse_file(self.settings)))

    def build(
        self,
        uscc: str | None,
        *,
        record_id: str = "r1",
        said: str = "a",
        decision: str | None = None,
        anew: bool = False,
    ) -> None:
        """The link of the record is now this one; ``record_id`` "" takes the record away."""
        self.builds += 1
        with self._connection() as connection:
            connection.execute("create or replace table changes.subject_link as select record_id, role, uscc"
                               " from identity.subject_link")  # fmt: skip
            connection.execute("delete from identity.subject_link")
            if record_id:
                row = [record_id, *SUBJECT, uscc, "decided" if decision else "name", decision]
                connection.execute("insert into identity.subject_link values (?, ?, ?, ?, ?, ?, ?)", row)
                reading = {"record_id": record_id, "role": SUBJECT[2], "name_raw": said, "reading_version": 1}
                batch = pa.RecordBatch.from_pylist([reading], COMPANION)
                append_once(self.storage, COMPANION_TABLE, [batch], COMPANION, record_id)
            connection.execute(
                "insert into changes.subject_link select record_id, role, uscc from identity.subject_link"
            )
        inputs = Inputs(
            lake=self.storage.url(),
            ledger=self.builds,
            companion=None,
            notices=None,
            reading=1,
            code="x",
            day=date(2026, 1, 5),
        )
        before = None if anew or self.builds == 1 else f"{self.settings.work_dir}:{self.builds - 1}"
        state = BuildState(build_id=f"{self.settings.work_dir}:{self.builds}", previous_build_id=before, inputs=inputs)
        write_state(self.settings, state)

    def moves(self) -> list[tuple[Any, ...]]:
        """Export; gives the history, in the order in which it was told."""
        export(self.settings, self.storage, "run")
        rows = DeltaTable(self.storage.url("identity/link_change")).to_pyarrow_table().to_pylist()
        rows.sort(key=lambda row: row["seen_at"])
        assert all((row["contract_id"], row["business_key"], row["role"]) == SUBJECT for row in rows)
        return [(row["from_uscc"], row["to_uscc"], row["cause"], row["decision_number"]) for row in rows]


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """A warehouse with the links alone, whose record is linked to nobody yet."""
    for table in set(KEYS) - {"identity/subject_link"}:
        monkeypatch.delitem(KEYS, table)
    made = Warehouse(tmp_path / "lake", tmp_path / "work")
    made.build(None)
    assert made.moves() == [], "a first link is no move"
    return made


def test_every_move_is_told_once_with_its_cause(warehouse: Warehouse) -> None:
    told: list[tuple[Any, ...]] = []
    for columns, cause in (
        ({"uscc": BAKERY}, "register"),
        ({"uscc": TRADER, "record_id": "r2", "said": "b"}, "record_version"),
        ({"uscc": BAKERY, "record_id": "r2", "said": "b", "decision": "D1"}, "decision"),
        ({"uscc": BAKERY, "record_id": "r3", "said": "b", "decision": "D1"}, None),
        ({"uscc": TRADER, "record_id": "r3", "said": "b"}, "decision"),
        ({"uscc": BAKERY, "record_id": "r4", "said": "b"}, "register"),
        ({"uscc": None, "record_id": ""}, "record_left"),
    ):
        before = told[-1][1] if told else None
        warehouse.build(**columns)
        if cause is not None:
            decision = "D1" if cause == "decision" else None
            told.append((before, columns["uscc"], cause, decision))
        assert warehouse.moves() == told
        assert warehouse.moves() == told, "an export with nothing new tells nothing"


def test_an_export_that_broke_off_is_gone_on_with(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse.build(BAKERY)
    with monkeypatch.context() as broken:
        broken.setattr(TableCopy, "commit", _break_off)
        with pytest.raises(OSError, match="power"):
            warehouse.moves()
    assert warehouse.moves() == [(None, BAKERY, "register", None)], "told once, though exported twice"
    warehouse.build(TRADER)
    with monkeypatch.context() as broken:
        broken.setattr(TableCopy, "commit", _break_off)
        with pytest.raises(OSError, match="power"):
            warehouse.moves()
    warehouse.build(BAKERY)
    expected = [(None, BAKERY), (BAKERY, TRADER), (TRADER, BAKERY)]
    assert [move[:2] for move in warehouse.moves()] == expected, "back where the copy still is: told all the same"


def test_a_warehouse_built_anew_moves_nothing_and_says_what_other_rules_move(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.build(BAKERY)
    warehouse.moves()
    elsewhere = Warehouse(tmp_path / "lake", tmp_path / "elsewhere")
    elsewhere.build(BAKERY)
    assert elsewhere.moves() == [(None, BAKERY, "register", None)]
    elsewhere.build(TRADER, anew=True)
    assert elsewhere.moves()[-1] == (BAKERY, TRADER, "rebuild", None)


def _break_off(*_: object) -> bool:
    raise OSError("power")
