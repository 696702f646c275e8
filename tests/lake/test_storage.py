"""Storage: an object is there whole or not at all, and two writers never both win."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from lake.errors import TerminalError, TransientError
from lake.full_disk import full_disk_said
from lake.settings import load_settings
from lake.storage import ConflictError, Storage, open_storage
from tests.servers import SeaweedFS


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.full)])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    url = str(tmp_path / "湖")
    if request.param == "s3":
        server: SeaweedFS = request.getfixturevalue("seaweedfs")
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        url = server.new_prefix()
    yield open_storage(load_settings(lake_url=url, work_dir=tmp_path / "work"))


def test_an_object_is_written_once(storage: Storage) -> None:
    assert storage.put_if_absent("a/b", b"first")
    assert not storage.put_if_absent("a/b", b"second")
    assert storage.read("a/b") == b"first"
    big = b"x" * 20_000_000
    assert storage.put_if_absent("big", io.BytesIO(big))
    assert not storage.put_if_absent("big", io.BytesIO(big))
    assert b"".join(storage.chunks("big")) == big
    assert [(one.path, one.size) for one in storage.list()] == [("a/b", 5), ("big", len(big))]
    with pytest.raises(FileNotFoundError):
        storage.read("nothing")


def test_of_many_writers_of_one_version_exactly_one_wins(storage: Storage) -> None:
    etag = storage.replace_if("current.json", b"0", None)

    def write(number: int) -> bool:
        try:
            storage.replace_if("current.json", str(number).encode(), etag)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(write, range(1, 9)))
    assert won.count(True) == 1
    assert storage.read("current.json") == str(won.index(True) + 1).encode()
    with pytest.raises(ConflictError):
        storage.replace_if("current.json", b"x", None)


@pytest.mark.full
def test_a_server_that_is_away_is_one_clear_transient_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    settings = load_settings(lake_url="s3://lake/x", s3_endpoint="http://127.0.0.1:9", work_dir=tmp_path)
    for act in (lambda one: one.read("a"), lambda one: one.put_if_absent("a", b"1"), lambda one: list(one.list())):
        with pytest.raises(TransientError, match=r"127\.0\.0\.1:9"):
            act(open_storage(settings))


@pytest.mark.full
def test_a_bucket_that_is_not_there_is_named(
    seaweedfs: SeaweedFS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TerminalError, match="no-such-bucket"):
        open_storage(load_settings(lake_url="s3://no-such-bucket", work_dir=tmp_path)).read("a")


def test_a_wrong_setting_names_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CREDITLAKE_THREADS", "many")
    with pytest.raises(TerminalError, match=r"CREDITLAKE_THREADS.*creditlake\.toml"):
        load_settings()
    monkeypatch.delenv("CREDITLAKE_THREADS")
    monkeypatch.setenv("CREDITLAKE_LAKE_UR", "x")
    with pytest.raises(TerminalError, match="CREDITLAKE_LAKE_URL"):
        load_settings()
    monkeypatch.delenv("CREDITLAKE_LAKE_UR")
    (tmp_path / "creditlake.toml").write_text('lake_url = "./here"\nthreads = 1\n')
    monkeypatch.setenv("CREDITLAKE_THREADS", "3")
    found = load_settings(language="en")
    assert (found.lake_url, found.threads, found.language) == ("./here", 3, "en")
    (tmp_path / "creditlake.toml").write_text("lake_address = 1\n")
    with pytest.raises(TerminalError, match="lake_address"):
        load_settings()


def test_credentials_that_are_missing_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with pytest.raises(TerminalError, match="AWS_SECRET_ACCESS_KEY"):
        open_storage(load_settings(lake_url="s3://lake", work_dir=tmp_path))


def test_a_full_disk_is_one_clear_error_whichever_library_meets_it(tmp_path: Path) -> None:
    def with_python() -> None:
        with Path("/dev/full").open("wb", buffering=0) as stream:
            stream.write(b"x")

    def with_arrow() -> None:
        with pa.OSFile("/dev/full", "wb") as stream:
            stream.write(b"x")

    def told_in_words() -> None:
        raise TerminalError("transforms.dbt_failed", detail="IO Error: No space left on device", log="log")

    for act in (with_python, with_arrow, told_in_words):
        with pytest.raises(TransientError) as caught, full_disk_said(tmp_path):
            act()
        assert (caught.value.code, str(tmp_path) in str(caught.value)) == ("lake.disk_full", True)
    with pytest.raises(ValueError, match="other"), full_disk_said(tmp_path):
        raise ValueError("other")
