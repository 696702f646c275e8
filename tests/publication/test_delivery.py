"""Deliveries to a real HTTP service: what they have afterwards is what the release says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from lake.errors import TerminalError, TransientError
from lake.progress import Silent
from publication.dataset import MODELS_FOLDER, load_datasets
from publication.delivery.declaration import FOLDER, Destination, load_destinations
from publication.delivery.deliver import deliver_all, open_rejections
from publication.delivery.receipts import Book
from publication.editions import department_datasets
from tests.publication.conftest import Lake
from tests.publication.delivering import change_and_publish, declared, expected, publish_with_keys, send
from tests.publication.receiver import Receiver, receiving
from tests.transforms.lakes import Lake as Bronze


@pytest.fixture
def released(lake: Lake) -> Lake:
    return publish_with_keys(lake)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def service(tmp_path: Path, receiver: Receiver) -> Destination:
    way = {"kind": "http", "address": "${RECEIVER}"}
    answer = {"batch": 7, "path": "penalties/{part}", "receipt": "receipt", "rejected": "rejected"}
    return declared(tmp_path / "destinations", way, **answer)


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
    waiting = open_rejections(released.storage, service)
    assert {row.key["record_id"]: (row.code, row.reason) for row in waiting} == dict.fromkeys(
        (one, other), ("E07", "主体不存在")
    )
    receiver.reject = set()
    released.change(
        f"update publicity.public_penalty set counterpart_name = '虚构市更正有限公司' where record_id = '{one}'"
    )
    released.publish()
    assert [row.key["record_id"] for row in open_rejections(released.storage, service)] == [other]
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


def test_a_channel_gets_only_what_is_shown_on_it(released: Lake, receiver: Receiver, tmp_path: Path) -> None:
    """A warning alone is shown on the credit portal and never on the publicity system; a window that ends there ends here."""
    way = {"kind": "http", "address": "${RECEIVER}"}
    destination = declared(tmp_path / "channel", way, filled=["necips_from_date"])
    last = f"p{5:031d}"
    released.change(f"update publicity.public_penalty set necips_from_date = '2025-03-01' where record_id < '{last}'")
    released.publish()
    send(released, destination, {"RECEIVER": receiver.address})
    assert sorted(receiver.rows) == [f"p{number:031d}" for number in range(5)]
    released.change("update publicity.public_penalty set necips_from_date = null where record_id like '%02'")
    released.publish()
    send(released, destination, {"RECEIVER": receiver.address})
    assert sorted(receiver.rows) == [f"p{number:031d}" for number in (0, 1, 3, 4)]


def test_a_declaration_that_changed_half_way_loses_no_row(
    released: Lake, receiver: Receiver, service: Destination, tmp_path: Path
) -> None:
    environment, original = {"RECEIVER": receiver.address}, receiver.take

    def take_one_call(key: str, body: dict[str, Any]) -> dict[str, Any]:
        receiver.failures = [400]
        return original(key, body)

    receiver.take = take_one_call  # type: ignore[method-assign]
    with pytest.raises(TerminalError, match="receiver"):
        send(released, service, environment)
    receiver.take, receiver.failures = original, []  # type: ignore[method-assign]
    answer = {"batch": 15, "path": "penalties/{part}", "receipt": "receipt", "rejected": "rejected"}
    send(released, declared(tmp_path / "changed", {"kind": "http", "address": "${RECEIVER}"}, **answer), environment)
    assert held(receiver) == expected(released)


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
    tables = {dataset.id: dataset.table for dataset in (*load_datasets(), *department_datasets())}
    for destination in load_destinations([FOLDER]).values():
        for item in destination.items:
            schema, name = tables[item.dataset].split(".")
            document = yaml.safe_load((MODELS_FOLDER / schema / f"{name}.yml").read_text(encoding="utf-8"))
            model = next(model for model in document["models"] if model["name"] == name)
            # What one channel alone shows must not reach the other.
            assert len(item.filled) == 1 and item.filled[0].endswith("_from_date")
            assert {*item.columns.values(), *item.filled} <= {column["name"] for column in model["columns"]}


def test_what_a_receiver_gives_back_in_a_file_waits_until_the_row_changes_or_is_taken(
    released: Lake, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    destination = declared(
        tmp_path / "files", {"kind": "folder", "location": str(place)}, name="行政处罚", format="csv"
    )
    send(released, destination, {})
    [file] = place.glob("*.csv")
    one, other, third = list(expected(released))[:3]
    bronze = Bronze(tmp_path)
    given = {"outcome": "退回", "rejection_code": "E07", "rejection_reason": "主体不存在", "file_name": file.name}
    rows = [{**given, "record_key": key} for key in (one, other, third, "nobody")]
    bronze.deliver("delivery_rejection", rows, system_id="receiver")
    bronze.deliver("delivery_rejection", [{**given, "record_key": one}], system_id="another")

    def waiting() -> dict[tuple[str, ...], str]:
        return {(row.dataset, *row.key.values()): row.reason for row in open_rejections(released.storage, destination)}

    penalties = [("public_penalty", key) for key in (one, other, third)]
    assert waiting() == dict.fromkeys([*penalties, ("", "nobody")], "主体不存在")
    taken = {"record_key": other, "outcome": "接收", "rejected_at": datetime(2099, 1, 1, tzinfo=UTC)}
    bronze.deliver("delivery_rejection", [taken], system_id="receiver")
    released.change(f"update publicity.public_penalty set counterpart_name = '更正' where record_id = '{one}'")
    released.publish()
    assert set(waiting()) == {("public_penalty", third), ("", "nobody")}


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
