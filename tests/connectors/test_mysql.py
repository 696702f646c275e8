"""Feeds read from MariaDB: what is new, once, from one snapshot, nothing written but what is acknowledged."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pymysql
import pytest

from connectors.transports import database_pull
from lake import tables
from lake.schema import QUARANTINE_TABLE
from tests.connectors.cutting_proxy import cutting
from tests.connectors.pulling_place import CURRENT, PullingPlace
from tests.connectors.test_database import FLAGS

COLUMNS = (
    "id, `行政相对人名称`, `统一社会信用代码`, cf_wsh, cf_wfxw, cf_nr, cf_jdrq, cf_cfjg, cf_nr_fk, czbs, jhkg, gxsj"
)
pytestmark = pytest.mark.full
TABLE = """create or replace table penalty (id int primary key, `行政相对人名称` varchar(200), `统一社会信用代码` char(18),
  cf_wsh varchar(100), cf_wfxw text, cf_nr text, cf_jdrq date, cf_cfjg varchar(100), cf_nr_fk decimal(18, 6), czbs varchar(2),
  jhkg varchar(2), gxsj datetime, taken varchar(1), touched timestamp default current_timestamp on update current_timestamp)
  character set gbk"""


class MariaDB:
    """A department's front-end database and its own connection to it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def run(self, *statements: str) -> list[Any]:
        """What the last of ``statements`` gives; each is committed."""
        options: dict[str, Any] = {"user": "root", "database": "exchange", "charset": "utf8mb4", "autocommit": True}
        with closing(pymysql.connect(host="127.0.0.1", port=self.port, **options)) as made, made.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def add(self, *numbers: int, at: str = "2026-03-01 09:00:00", flag: str = "i", switch: str = "1") -> None:
        """Penalties with these numbers, written at ``at`` plus a second for each number."""
        for number in numbers:
            moment = f"timestamp '{at}' + interval {number} second" if at else "null"
            self.run(
                f"insert into penalty ({COLUMNS}) values ({number}, '示例市晨光商贸有限公司', '91990101FX00000A1C', "
                f"'{CURRENT}{number}号', '无照经营', '罚款', '2025-03-04', '示例市市场监督管理局', "
                f"0.5, '{flag}', '{switch}', {moment})"
            )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    folder = tmp_path_factory.mktemp("mariadb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    made = ["--no-defaults", f"--datadir={folder}/data", "--user=root"]
    subprocess.run(
        ["mariadb-install-db", *made, "--auth-root-authentication-method=normal"], check=True, capture_output=True
    )
    daemon = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")  # which not every user's PATH has
    assert daemon, "mariadbd is not installed: make system-deps"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [daemon, *made, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket"], stderr=log
        )
    try:
        for _ in range(100):
            try:
                with closing(pymysql.connect(host="127.0.0.1", port=port, user="root")) as first:
                    first.cursor().execute("create database exchange character set utf8mb4")
                break
            except pymysql.err.OperationalError:
                time.sleep(0.2)
        yield MariaDB(port)
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def front_end(server: MariaDB, monkeypatch: pytest.MonkeyPatch) -> MariaDB:
    server.run("drop view if exists spy", TABLE, "create or replace user reader@localhost identified by 'p@ss/word'")
    server.run("grant select on exchange.* to reader@localhost")
    monkeypatch.setenv("FRONT_USER", "reader")
    monkeypatch.setenv("FRONT_PASSWORD", "p@ss/word")
    return server


def declare(place: PullingPlace, front_end: MariaDB, mode: str = "increment", **table: Any) -> None:
    way_in = {
        "kind": "mysql",
        "address": f"mysql://127.0.0.1:{front_end.port}/exchange",
        "user_variable": "FRONT_USER",
        "password_variable": "FRONT_PASSWORD",
        "patience": {"attempts": 2, "longest_wait_seconds": 0.1},
    }
    declared = {"name": "penalty", "updated_at": "gxsj", **table}
    ignored = {"ignore": ["id", "taken", "touched"]}
    place.declare(way_in, {"mode": mode, "table": declared, "flags": FLAGS, "header": ignored})


def test_an_increment_brings_what_is_new_and_nothing_twice(place: PullingPlace, front_end: MariaDB) -> None:
    front_end.add(*range(1, 31))
    declare(place, front_end)
    one = place.pull().deliveries[0]
    assert (one.rows_accepted, one.format, one.unknown_columns) == (30, "parquet", [])
    assert set(place.decisions("fine_amount_yuan")) == {"5000.00"}
    assert set(place.decisions("counterpart_name")) == {"示例市晨光商贸有限公司"}
    assert place.pull().deliveries == []
    front_end.add(40, at="2026-03-01 10:00:00")
    front_end.add(41, at="2026-03-01 08:55:00")  # written late, within the overlap
    front_end.run("update penalty set cf_nr = '改正', gxsj = '2026-03-01 10:30:00' where id = 3")
    assert place.pull().deliveries[0].rows_read == 3
    assert place.numbers() == sorted([*range(1, 31), 3, 40, 41])
    assert place.pull().deliveries == []


def test_a_clock_far_ahead_and_a_missing_time_hide_nothing(place: PullingPlace, front_end: MariaDB) -> None:
    front_end.add(1)
    front_end.add(2, at="2999-01-01 00:00:00")
    front_end.add(3, at="")
    declare(place, front_end)
    place.pull()
    assert place.pull().deliveries == []
    front_end.add(5, at="2026-03-01 10:00:00")
    front_end.add(6, at="2998-01-01 00:00:00")
    front_end.add(7, at="")
    place.pull()
    assert {1, 2, 3, 5, 6, 7} == set(place.numbers())


@pytest.mark.parametrize("kind", ["bigint unsigned", "date", "timestamp(3) null"])
def test_other_kinds_of_watermark(place: PullingPlace, front_end: MariaDB, kind: str) -> None:
    using = {"b": "id", "d": "date(gxsj) + interval id day", "t": "gxsj + interval 0.25 second"}[kind[0]]
    front_end.add(*range(1, 21))
    front_end.run(f"alter table penalty add mark {kind}", f"update penalty set mark = {using}")
    declare(place, front_end, updated_at="mark", overlap=25)
    place.pull()
    front_end.add(30)
    front_end.run(f"update penalty set mark = {using} where id = 30")
    assert place.pull().deliveries[0].rows_read == 1
    assert place.numbers() == [*range(1, 21), 30]
    assert place.pull().deliveries == []


def test_flags_are_read_as_from_any_database(place: PullingPlace, front_end: MariaDB) -> None:
    for number, flag in enumerate(("i", "u", "1", "", "d", "x"), start=1):
        front_end.add(number, flag=flag)
    front_end.add(7, switch="0")
    declare(place, front_end)
    one = place.pull().deliveries[0]
    assert (one.rows_read, one.rows_accepted, one.rows_quarantined, one.rows_layout) == (7, 5, 1, 1)
    assert [row["reason_code"] for row in tables.read(place.lake, QUARANTINE_TABLE).to_pylist()] == ["flag_unknown"]


def test_rows_that_change_while_they_are_read_come_from_one_snapshot(
    place: PullingPlace, front_end: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    front_end.add(*range(1, 21))
    declare(place, front_end)
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
    place: PullingPlace, front_end: MariaDB
) -> None:
    front_end.add(*range(1, 21))
    with cutting(front_end.port, after=3_000) as (proxy, port):
        declare(place, MariaDB(port))
        proxy.cuts = 2
        assert [one.code for one in place.pull().not_taken] == ["transports.database_away"]
        assert (place.numbers(), proxy.cuts) == ([], 0)
        proxy.cuts = 1
        assert place.pull().not_taken == []
        assert (place.numbers(), proxy.cuts) == (list(range(1, 21)), 0)


def test_a_full_refresh_is_the_whole_table_and_nothing_is_written(place: PullingPlace, front_end: MariaDB) -> None:
    front_end.add(*range(1, 11))
    front_end.run("create or replace function sneaky() returns int begin delete from penalty; return 1; end")
    front_end.run("create view spy as select penalty.*, sneaky() as more from penalty")
    front_end.run("grant all on exchange.* to reader@localhost")
    declare(place, front_end, name="spy")
    assert [one.code for one in place.pull().not_taken] == ["transports.database_refused"]
    declare(place, front_end, mode="full_refresh")
    place.pull()
    front_end.run("delete from penalty where id = 4")
    place.pull()
    assert place.numbers() == [1, 2, 3, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"name": "nowhere"}, "database_refused", "nowhere"),
        ({"columns": ["gxsj", "nothing"]}, "database_refused", "nothing"),
        ({"updated_at": "cf_nr"}, "no_such_kind", "text"),
    ],
)
def test_a_table_that_is_not_as_declared_is_told(
    place: PullingPlace, front_end: MariaDB, change: dict[str, Any], code: str, word: str
) -> None:
    front_end.add(1)
    declare(place, front_end, **change)
    told = place.pull().not_taken[0]
    assert told.code == f"transports.{code}"
    assert word in str(told.parameters)


def test_what_is_committed_is_acknowledged_once_it_can_be(place: PullingPlace, front_end: MariaDB) -> None:
    front_end.add(*range(1, 6))
    # What the database changes by itself with a row (`touched`) is not read: being told would look like news of the row.
    read = [name.strip(" `") for name in COLUMNS.split(",")]
    declare(place, front_end, columns=read, acknowledge={"column": "taken", "value": "1", "key": ["id"]})
    assert [one.code for one in place.pull().not_taken] == ["transports.not_acknowledged"]
    assert place.numbers() == [1, 2, 3, 4, 5]
    front_end.run("grant update on exchange.penalty to reader@localhost")
    front_end.run("update penalty set gxsj = '2026-03-01 10:00:00', cf_nr = '改正' where id = 2")
    result = place.pull()
    assert ([one.rows_read for one in result.deliveries], result.not_taken) == ([1], [])
    assert front_end.run("select count(*) from penalty where taken = '1'") == [(5,)]
    assert (place.pull().deliveries, place.numbers()) == ([], [1, 2, 2, 3, 4, 5])
