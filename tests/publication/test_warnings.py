"""Warnings go where they say: everybody, the departments they name and no other, or nobody; without a word, nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook

from flows.single import run_steps, run_withdrawal
from linkage.companion import update
from publication import Approver, list_releases, verify_release
from publication.delivery.declaration import FOLDER, load_destinations
from publication.delivery.deliver import deliver_all
from publication.editions import DEPARTMENTS, storage_of
from publication.held import waiting
from publication.signing import load_key
from publication.withdrawal import End
from tests.publication.test_changes import content_of
from tests.transforms.lakes import Lake
from transforms import build
from transforms.warehouse import open_warehouse

FIRM = {"enterprise_name": "示例市晨光食品有限公司", "uscc": "91990101FX00000A1C", "province": "示例省"}
SEEN = {
    "everybody": {"visibility": "公开发布", "receiving_departments": "公安局"},
    "shared": {"visibility": "部门共享", "receiving_departments": "公安；税务局"},
    "tax": {"visibility": "部门共享", "receiving_departments": "税务局"},
    "own": {"visibility": "对内提示", "receiving_departments": "公安"},
    "silent": {"visibility": None, "receiving_departments": "公安"},
    "nobody": {"visibility": "部门共享", "receiving_departments": None},
    "unknown": {"visibility": "部门共享", "receiving_departments": "公安、某办公室"},
}
OUT = {"公安": {"everybody", "shared"}, "税务": {"shared", "tax"}}
PERSON = "13812345678"


def warning(name: str) -> dict[str, Any]:
    return {
        "list_type": "全网警示", "entry_number": name, "subject_name": FIRM["enterprise_name"], "uscc": FIRM["uscc"],
        "ground": f"预警事由{name}，联系{PERSON}", "decision_number": f"示警〔2026〕{name}号", "listed_date": date(2026, 1, 5),
        "valid_until_date": date(2099, 12, 31), "warning_level": "警示", **SEEN[name],
    }  # fmt: skip


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    made = Lake(tmp_path_factory.mktemp("warnings"))
    made.deliver("enterprise_registration", [FIRM])
    made.deliver("list_entry", [warning(name) for name in SEEN])
    update(made.settings, made.storage, "read")
    build(made.settings, made.storage, "build")
    result = run_steps(made.settings, ("publish",))
    assert [(one.result["edition"], one.result["published"]) for one in result.steps] == [
        ("public", True),
        ("departments", True),
    ]
    yield made


def named_in(folder: Path) -> set[str]:
    """Warnings of which any file below the folder holds a word, in whatever format."""
    contents = [content_of(path) for path in folder.rglob("*.*") if path.is_file()]
    assert not any(PERSON.encode() in content for content in contents)
    return {name for name in SEEN if any(f"预警事由{name}".encode() in content for content in contents)}


def test_the_public_release_holds_what_is_for_everybody_and_the_departments_edition_the_rest(lake: Lake) -> None:
    root = Path(lake.storage.url())
    assert named_in(root / "releases") == {"everybody"}
    assert named_in(root / DEPARTMENTS / "releases") == OUT["公安"] | OUT["税务"]
    with duckdb.connect() as connection:
        version = list_releases(lake.storage)[-1].version
        for suffix in ("parquet", "jsonl"):
            file = root / "releases" / version / suffix / "public_warning" / f"all.{suffix}"
            rows = connection.execute(f"select receiving_department, warning_level from '{file}'").fetchall()
            assert rows == [("公安", "警示")]
    departments = storage_of(lake.storage, DEPARTMENTS)
    assert verify_release(departments, public_key=load_key(lake.settings).public_pem).ok
    assert (
        list_releases(departments)[-1].inputs.bronze_versions == list_releases(lake.storage)[-1].inputs.bronze_versions
    )


def test_a_warning_that_does_not_say_who_may_see_it_waits_for_somebody(lake: Lake) -> None:
    with open_warehouse(lake.settings, lake.storage) as connection:
        numbers = dict(connection.execute("select record_id, entry_number from staging.stg_list_entry").fetchall())
        rows = waiting(connection, "list_entry", 100)
    assert all(one.number == numbers[one.record_id] for one in rows)
    held = {(one.number, one.channel, one.rule_id) for one in rows}
    assert {one for one in held if one[1] != "necips"} == {
        ("silent", "credit_china", "H-09"), ("nobody", "departments", "H-10"), ("unknown", "departments", "H-10"),
    }  # fmt: skip


def delivered(folder: Path) -> dict[str, set[str]]:
    """What each department's folder holds: names of warnings given, less those taken back since."""
    given: dict[str, set[str]] = {}
    for file in sorted(folder.glob("*/*.xlsx"), key=lambda file: file.stat().st_mtime_ns):
        rows = list(load_workbook(file, read_only=True)["Sheet1"].iter_rows(min_row=2, values_only=True))
        keys = {str(row[0]).split("/")[0] for row in rows}
        have = given.setdefault(file.parent.name, set())
        given[file.parent.name] = have - keys if "撤下" in file.name else have | keys
    return given


def test_each_department_is_given_what_names_it_once_and_told_what_is_taken_down(lake: Lake, tmp_path: Path) -> None:
    chosen = {"department_share": load_destinations([FOLDER])["department_share"]}
    environment = {"DEPARTMENT_SHARE_FOLDER": str(tmp_path)}

    def send() -> str:
        from lake.progress import Silent

        [outcome] = deliver_all(lake.storage, chosen, Silent(), environment)
        return outcome.state

    with open_warehouse(lake.settings, lake.storage) as connection:
        found = connection.execute("select entry_number, record_id from staging.stg_list_entry").fetchall()
    ids: dict[str, str] = dict(found)
    assert (send(), send()) == ("sent", "nothing_new")
    assert delivered(tmp_path) == {place: {ids[name] for name in names} for place, names in OUT.items()}
    for place, names in OUT.items():
        assert named_in(tmp_path / place) == names
    assert not list(Path(lake.storage.url()).glob("deliveries/*"))
    approver = Approver(name="李负责", reason="撤销预警")
    ends = [End(ids[name], "revoked") for name in ("shared", "everybody")]
    run = run_withdrawal(lake.settings, ends, approver)
    assert [step.result["edition"] for step in run.steps] == ["departments", "public"]
    assert send() == "sent"
    assert delivered(tmp_path) == {"公安": set(), "税务": {ids["tax"]}}
    current = json.loads((Path(lake.storage.url()) / "releases/current.json").read_bytes())["version"]
    assert named_in(Path(lake.storage.url()) / "releases" / current) == set()


def test_a_destination_that_would_mix_departments_is_refused(tmp_path: Path) -> None:
    shipped = (FOLDER / "department_share.yaml").read_text(encoding="utf-8")
    for split, is_fine in (
        ("split_by: receiving_department", True), ("where: {receiving_department: [公安]}", True),
        ("where: {receiving_department: [公安, 税务]}", False), ("rows_per_file: 10", False),
    ):  # fmt: skip
        (tmp_path / "one.yaml").write_text(shipped.replace("split_by: receiving_department", split), encoding="utf-8")
        if is_fine:
            load_destinations([tmp_path])
        else:
            with pytest.raises(Exception, match="receiving_department"):
                load_destinations([tmp_path])
