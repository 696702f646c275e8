"""Verification names what is wrong; leftovers of dead publishers are ignored and go away later."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lake.errors import TerminalError
from publication import list_releases, verify_release
from publication.releases import remove_leftovers
from tests.publication.conftest import Lake


@pytest.mark.parametrize(
    "path", ["csv/public_penalty/all.csv", "sqlite/enterprise_profile.sqlite", "xlsx/public_licence/all.xlsx"]
)
def test_one_flipped_byte_is_named(lake: Lake, path: str) -> None:
    lake.publish()
    file = lake.file(path)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    problems = verify_release(lake.storage).problems
    assert [problem.path.split("/", 2)[2] for problem in problems] == [path]
    assert path in problems[0].message and "sha256" in problems[0].message


def test_missing_and_cut_files_are_named(lake: Lake) -> None:
    lake.publish()
    lake.file("csv/public_penalty/all.csv").unlink()
    cut = lake.file("parquet/public_penalty/all.parquet")
    cut.write_bytes(cut.read_bytes()[:-7])
    messages = [problem.message for problem in verify_release(lake.storage).problems]
    assert len(messages) == 2
    assert "缺少文件" in messages[0] and "字节" in messages[1]


def test_a_changed_manifest_is_refused(lake: Lake) -> None:
    lake.publish()
    file = lake.file("manifest.json")
    file.write_bytes(file.read_bytes().replace(b'"rows": 20', b'"rows": 21'))
    with pytest.raises(TerminalError) as error:
        verify_release(lake.storage)
    assert error.value.code == "publication.document_broken"


def test_leftovers_are_ignored_and_removed_when_old(lake: Lake) -> None:
    kept = lake.publish().version
    dead = Path(lake.storage.url("releases/20200101T000000Z-dead0000/csv/public_penalty/all.csv"))
    dead.parent.mkdir(parents=True)
    dead.write_text("half a file")
    assert [release.version for release in list_releases(lake.storage)] == [kept]
    assert remove_leftovers(lake.storage, keep="") == ()
    old = (datetime.now(UTC) - timedelta(hours=25)).timestamp()
    os.utime(dead, (old, old))
    assert remove_leftovers(lake.storage, keep="") == ("20200101T000000Z-dead0000",)
    assert not dead.exists() and verify_release(lake.storage).ok


def test_staging_of_a_dead_process_is_removed(lake: Lake) -> None:
    dead = lake.storage.temporary_directory() / "release-999999999-abc"
    dead.mkdir()
    (dead / "scratch.duckdb").write_bytes(b"x")
    lake.publish()
    assert not dead.exists() and list(lake.storage.temporary_directory().glob("release-*")) == []
