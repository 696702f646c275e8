"""Publishers that die or race: readers see the old release or the new one, never anything in between."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from publication import audit, list_releases, show_release, verify_release
from publication.publish import WAREHOUSE
from tests.publication import warehouse
from tests.publication.conftest import Lake

ROOT = Path(__file__).parents[2]


def command(lake: Lake, *more: str) -> list[str]:
    assert lake.options.models_folder
    publisher = [
        sys.executable,
        "-m",
        "tests.publication.publisher",
        lake.storage.url(),
        str(lake.options.models_folder),
    ]
    return [*publisher, *more]


def test_killed_before_any_write_readers_keep_a_whole_release(lake: Lake) -> None:
    """Until ``current.json`` is written readers see the old release, whole; then the new one, whole, and the audit chain
    gets the entry that its dead publisher did not write."""
    first = lake.publish().version
    lake.change("update profile.enterprise_profile set registration_status = '吊销'")
    seen = subprocess.run(command(lake, "--kill-each"), cwd=ROOT, check=True, capture_output=True, text=True)
    died = seen.stdout.splitlines()
    releases = [release.version for release in list_releases(lake.storage)]
    files = len(show_release(lake.storage).files)
    # every file, signature, manifest and pointer still the old one; the audit entry alone is missing after that
    assert died == [f"SIGKILL {first} True"] * (files + 3) + [f"SIGKILL {releases[0]} True"]
    assert releases[1:] == [first] and verify_release(lake.storage).ok
    chain = audit.check(lake.storage, list_releases(lake.storage))
    assert [entry.release for entry in chain] == [first, releases[0]]


def test_two_publishers_at_once_one_wins_and_the_other_says_so(lake: Lake, tmp_path: Path) -> None:
    lake.publish()
    lake.change("update profile.enterprise_profile set registration_status = '迁出'")
    meeting, processes = tmp_path / "meet", []
    for name in ("a", "b"):
        work = tmp_path / f"work-{name}"
        work.mkdir()
        shutil.copy(lake.warehouse, work / WAREHOUSE)
        more = ["--work", str(work), "--meet", str(meeting)]
        processes.append(subprocess.Popen(command(lake, *more), cwd=ROOT, stdout=subprocess.PIPE, text=True))
    for process in processes:
        assert process.stdout and process.stdout.readline() == "staged\n"
    meeting.touch()
    outputs = sorted(process.communicate(timeout=120)[0] for process in processes)
    assert outputs[1] == "published\n"
    assert outputs[0].startswith("publication.conflict") and "creditlake publish" in outputs[0]
    current = show_release(lake.storage)
    assert current.version in outputs[0] and verify_release(lake.storage).ok
    folders = {item.path.split("/")[1] for item in lake.storage.list("releases")} - {"current.json"}
    assert folders == {release.version for release in list_releases(lake.storage)}


def test_a_verifying_reader_never_sees_half_a_release(lake: Lake) -> None:
    lake.publish()
    for status in ("注销", "存续", "吊销"):
        lake.change(f"update profile.enterprise_profile set registration_status = '{status}'")
        publisher = subprocess.Popen(command(lake), cwd=ROOT, stdout=subprocess.DEVNULL)
        while publisher.poll() is None:
            assert verify_release(lake.storage).ok
            time.sleep(0.01)
        assert publisher.returncode == 0
    assert len(list_releases(lake.storage)) == 4


def test_the_fixture_warehouse_is_whole() -> None:
    assert warehouse.code(0) == "91990101FX000000XQ"
