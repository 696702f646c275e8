"""Files on an SFTP server: whole or not at all, from the right server, gone on with where a copy broke off."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest

from connectors.transports import sftp
from tests.connectors.pulling_place import CONTRACT, CURRENT, PullingPlace
from tests.connectors.sftp_server import Server, sftp_serving

HEADER = "行政相对人名称,统一社会信用代码,行政处罚决定书文号,违法行为类型,处罚内容,处罚决定日期,处罚机关,罚款金额"


def table(*numbers: int, filler: str = "罚款") -> bytes:
    lines = [
        f"示例市晨光商贸有限公司,91990101FX00000A1C,{CURRENT}{number}号,无照经营,{filler},2025-03-04,示例市市场监督管理局,0.5"
        for number in numbers
    ]
    return ("\n".join([HEADER, *lines]) + "\n").encode("gb18030")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(sftp, "COMPARED_BYTES", 64 * 1024)
    folder = tmp_path / "served"
    (folder / "outbox").mkdir(parents=True)
    with sftp_serving(folder) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


def put(server: Server, name: str | bytes, data: bytes, *, seconds_ago: float = 3600) -> bytes:
    path = os.fsencode(server.folder / "outbox") + b"/" + os.fsencode(name)
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(data)
    moment = time.time() - seconds_ago
    os.utime(path, (moment, moment))
    return path


def declare(place: PullingPlace, server: Server, **way: Any) -> None:
    way_in = {
        "kind": "sftp",
        "address": "${SFTP_ADDRESS}/outbox",
        "user_variable": "SFTP_USER",
        "password_variable": "SFTP_PASSWORD",
        "host_keys": [server.host_key],
        "patience": {"attempts": 2, "timeout_seconds": 5, "longest_wait_seconds": 0.1},
        **way,
    }
    place.declare(way_in, {})


def test_files_come_once_whatever_their_names_are_written_in(place: PullingPlace, server: Server) -> None:
    put(server, "一月.csv", table(1, 2))
    put(server, "二月.csv".encode("gb18030"), table(3))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("三月处罚.csv".encode("gb18030").decode("cp437")), table(4, 5))
    put(server, "三月.zip", packed.getvalue())
    declare(place, server)
    result = place.pull()
    assert place.numbers() == [1, 2, 3, 4, 5]
    assert sorted(one.path for one in result.deliveries) == sorted(["一月.csv", "二月.csv", "三月.zip"])
    assert place.pull().deliveries == []


def test_a_file_still_being_written_waits(place: PullingPlace, server: Server) -> None:
    put(server, "a.csv", table(1))
    put(server, "b.csv", table(2, 3)[:200], seconds_ago=5)
    put(server, "c.csv.part", table(4))
    (server.folder / "outbox" / "newest.csv").symlink_to("a.csv")
    declare(place, server)
    result = place.pull()
    assert place.numbers() == [1]
    (link,) = [one.parameters["path"] for one in result.warnings if one.code == "ingest.not_a_file"]
    assert str(link).endswith("/outbox/newest.csv"), "a link is left alone, and told"
    assert "ingest.file_settling" in {one.code for one in result.warnings}
    put(server, "b.csv", table(2, 3), seconds_ago=120)
    place.pull()
    assert place.numbers() == [1, 2, 3]


def large(count: int = 3000) -> bytes:
    return table(*range(1, count + 1), filler="责令改正并罚款" * 20)


def test_a_copy_that_is_cut_goes_on_where_it_was(place: PullingPlace, server: Server) -> None:
    data = large()
    put(server, "a.csv", data)
    server.cut_after = len(data) * 3 // 4
    declare(place, server)
    assert place.pull().not_taken == []
    assert server.cuts == 1
    assert server.given < len(data) * 1.5
    assert place.numbers() == list(range(1, 3001))


def test_the_next_run_goes_on_with_what_was_copied(place: PullingPlace, server: Server) -> None:
    data = large()
    put(server, "a.csv", data)
    server.cut_after = len(data) * 3 // 4
    declare(place, server, patience={"attempts": 1})
    assert [one.code for one in place.pull().not_taken] == ["transports.sftp_away"]
    assert place.numbers() == []
    server.given = 0
    place.pull()
    assert server.given < len(data)
    assert place.numbers() == list(range(1, 3001))


def test_a_partial_copy_that_is_not_what_the_server_has_is_thrown_away(place: PullingPlace, server: Server) -> None:
    data = large()
    put(server, "a.csv", data)
    server.cut_after = len(data) * 3 // 4
    declare(place, server, patience={"attempts": 1})
    place.pull()
    (copy,) = (place.settings.work_dir / "pulls" / "sftp").iterdir()
    copy.write_bytes(copy.read_bytes()[:-100] + bytes(100))
    place.pull()
    assert place.numbers() == list(range(1, 3001))


def test_a_host_key_comes_from_a_variable_and_a_wrong_one_is_named(
    place: PullingPlace, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(server, "a.csv", table(1))
    declare(place, server, host_keys=["${SFTP_HOST_KEY}"])
    for text, problems in (
        ("ssh-ed25519 nonsense!", ["transports.host_key_unreadable"]),
        ("", ["transports.variable_missing"]),
        (server.host_key, []),
    ):
        monkeypatch.setenv("SFTP_HOST_KEY", text)
        assert [one.code for one in place.pull().not_taken] == problems
    assert place.numbers() == [1]


def test_another_host_key_is_refused_before_a_password_is_sent(place: PullingPlace, server: Server) -> None:
    put(server, "a.csv", table(1))
    for key in (paramiko.ECDSAKey.generate(), paramiko.RSAKey.generate(2048)):
        declare(place, server, host_keys=[f"{key.get_name()} {key.get_base64()}"])
        assert [one.code for one in place.pull().not_taken] == ["transports.host_key_changed"]
    assert place.numbers() == []


def test_what_is_wrong_with_a_server_is_told_and_keeps_no_other_out(
    place: PullingPlace, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(server, "a.csv", table(1))
    declare(place, server, address="${SFTP_ADDRESS}/nowhere")
    assert [one.code for one in place.pull().not_taken] == ["transports.sftp_no_folder"]
    declare(place, server)
    away = {
        "kind": "sftp",
        "address": "sftp://127.0.0.1:9/x",
        "user_variable": "SFTP_USER",
        "patience": {"attempts": 1},
    }
    place.declare(
        {**away, "password_variable": "SFTP_PASSWORD", "host_keys": [server.host_key]},
        {"contract": CONTRACT},
        system="a_away",
    )
    assert [one.code for one in place.pull().not_taken] == ["transports.sftp_away"]
    assert place.numbers() == [1]
    (place.sources / "a_away.yaml").unlink()
    monkeypatch.setenv("SFTP_PASSWORD", "wrong")
    assert [one.code for one in place.pull().not_taken] == ["transports.sftp_not_authorised"]
