"""The same releases on a real object store."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from expectations import ReleaseBlockedError, gate
from lake.errors import TerminalError
from lake.progress import Silent
from lake.settings import load_settings
from lake.storage import open_storage
from publication import list_releases, publish, show_release, verify_release
from publication.publish import WAREHOUSE, Options
from tests.publication import warehouse
from tests.publication.conftest import Lake
from tests.servers import SeaweedFS

pytestmark = pytest.mark.full


@pytest.fixture
def remote(seaweedfs: SeaweedFS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(lake_url=seaweedfs.new_prefix(), work_dir=tmp_path / "work", threads=2)
    file = warehouse.make(settings.work_dir / WAREHOUSE)
    return Lake(
        settings, open_storage(settings), file, Options(models_folder=warehouse.write_models(tmp_path / "models"))
    )


def test_releases_follow_each_other_and_unchanged_files_are_copied_by_the_server(remote: Lake) -> None:
    first = remote.publish().version
    assert not remote.publish().published
    remote.change("update profile.enterprise_profile set penalty_count = 99 where enterprise_name like '%0005%'")
    second = remote.publish()
    assert second.files_carried == 32 and second.files_written == 4
    assert [release.version for release in list_releases(remote.storage)] == [second.version, first]
    assert verify_release(remote.storage).ok and verify_release(remote.storage, first).ok
    with duckdb.connect() as connection:
        remote.storage.duckdb_setup(connection)
        files = remote.storage.url(f"releases/{second.version}/parquet/enterprise_profile/*.parquet")
        assert connection.execute(f"select count(*), max(penalty_count) from '{files}'").fetchone() == (30, 99)


def test_the_slower_of_two_publishers_says_so_and_takes_its_files_away(remote: Lake) -> None:
    remote.publish()
    remote.change("update profile.enterprise_profile set registration_status = '迁出'")

    def overtaken(_: object) -> tuple[str, ...]:
        remote.publish("faster")
        return ()

    with pytest.raises(TerminalError) as error:
        publish(remote.settings, remote.storage, "slower", Silent(), overtaken, options=remote.options)
    assert error.value.code == "publication.conflict"
    assert show_release(remote.storage).run_id == "faster" and verify_release(remote.storage).ok
    folders = {item.path.split("/")[1] for item in remote.storage.list("releases")} - {"current.json"}
    assert folders == {release.version for release in list_releases(remote.storage)}


def test_one_flipped_byte_is_named(remote: Lake, seaweedfs: SeaweedFS) -> None:
    version = remote.publish().version
    path = f"releases/{version}/csv/public_penalty/all.csv"
    content = bytearray(remote.storage.read(path))
    content[100] ^= 1
    seaweedfs.files().pipe_file(remote.storage.url(path), bytes(content))
    assert [problem.path for problem in verify_release(remote.storage).problems] == [path]


def test_the_gate_keeps_a_blocked_release_off_the_store(remote: Lake) -> None:
    remote.change("update publicity.public_penalty set violation_facts = '电话13812345678'")
    judge = gate(remote.settings, remote.storage, "run", Silent())
    with pytest.raises(ReleaseBlockedError):
        publish(remote.settings, remote.storage, "run", Silent(), judge, options=remote.options)
    assert list(remote.storage.list("releases")) == []
