"""Bad files through the whole program: the exit code, the message, and what became of the rows."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lake.settings import load_settings
from lake.storage import open_storage
from lake.tables import read
from tests.system.bad_files import CSV, GOOD, HEADER, REFUSED_FILES, REJECTED_ROWS, BadFile, place, workbook
from tests.system.command_line import Outcome, call, call_outside
from tests.system.odd_files import ODD_FILES, OddFile
from tests.system.test_bad_declarations import CONTRACT_FAULTS, SETTING_FAULTS

FINISHED, REFUSED, TERMINAL = 0, 1, 4


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the machine do not count here."""
    monkeypatch.chdir(tmp_path)
    for name in ("CREDITLAKE_LAKE_URL", "CREDITLAKE_SOURCES", "CREDITLAKE_CONFIG", "CREDITLAKE_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)


def ingest(tmp_path: Path, bad: BadFile, language: str = "en") -> Outcome:
    place(tmp_path / "drop", bad)
    return call("ingest", "--lang", language, "--drop", tmp_path / "drop", "--lake", tmp_path / "lake")


def delivery(tmp_path: Path) -> dict[str, object]:
    (file,) = json.loads(call("status", "--lang", "en", "--json", "--lake", tmp_path / "lake").output)["files"]
    return dict(file)


def test_there_are_enough_kinds() -> None:
    groups = Counter(bad.group for bad in [*REFUSED_FILES, *REJECTED_ROWS])
    groups.update(contract=len(CONTRACT_FAULTS), setting=len(SETTING_FAULTS))
    assert all(
        groups[name] >= 6 for name in ("encoding", "header", "row", "archive", "workbook", "contract", "setting")
    )
    assert groups.total() >= 40


@pytest.mark.parametrize("bad", REFUSED_FILES, ids=lambda bad: f"{bad.group}-{bad.name}")
def test_a_file_that_cannot_be_taken_is_refused_whole(tmp_path: Path, bad: BadFile) -> None:
    done = ingest(tmp_path, bad)
    assert done.exit_code == REFUSED, done.text
    for words in (bad.name, *bad.says):
        assert words in done.text
    assert "Traceback" not in done.text
    file = delivery(tmp_path)
    assert (file["status"], file["reason_code"]) == ("refused", bad.code)
    assert file["rows_accepted"] == 0
    assert file["rows_read"] == file["rows_refused"]


@pytest.mark.parametrize("bad", REJECTED_ROWS, ids=lambda bad: f"{bad.group}-{bad.name}")
def test_a_bad_row_is_set_aside_with_its_reason(tmp_path: Path, bad: BadFile) -> None:
    done = ingest(tmp_path, bad)
    assert done.exit_code == FINISHED, done.text
    assert "Traceback" not in done.text
    shown = call("quarantine", "list", "--lang", "en", "--json", "--lake", tmp_path / "lake")
    assert shown.exit_code == FINISHED, shown.text
    (row,) = [row for row in json.loads(shown.output)["rows"] if row["reason_code"] == bad.code]
    for words in bad.says:
        assert words in row["reasons"][0]
    file = delivery(tmp_path)
    assert file["status"] == "accepted"
    fates = ("rows_accepted", "rows_quarantined", "rows_repeated", "rows_layout", "rows_refused")
    assert file["rows_read"] == sum(int(str(file[name])) for name in fates)


def test_messages_are_chinese_by_default(tmp_path: Path) -> None:
    done = ingest(tmp_path, REFUSED_FILES[0], language="zh")
    assert done.exit_code == REFUSED
    assert "文字编码既不是 UTF-8 也不是 GB18030" in done.text


def test_a_good_file_beside_a_bad_one_is_taken(tmp_path: Path) -> None:
    place(tmp_path / "drop", BadFile("row", "good.csv", CSV, "", ()))
    done = ingest(tmp_path, REFUSED_FILES[0])
    assert done.exit_code == REFUSED
    files = json.loads(call("status", "--json", "--lake", tmp_path / "lake").output)["files"]
    assert sorted(file["status"] for file in files) == ["accepted", "refused"]


def test_an_unknown_contract_folder_stops_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "drop" / "consumer_platform" / "complaints").mkdir(parents=True)
    (tmp_path / "drop" / "consumer_platform" / "complaints" / "a.csv").write_bytes(CSV)
    done = call("ingest", "--lang", "en", "--drop", tmp_path / "drop", "--lake", tmp_path / "lake")
    assert done.exit_code == TERMINAL
    assert "complaints" in done.errors
    assert "administrative_penalty" in done.errors
    assert not (tmp_path / "lake" / "bronze" / "complaint").exists()


def test_a_missing_drop_folder_is_named(tmp_path: Path) -> None:
    done = call("ingest", "--lang", "en", "--drop", tmp_path / "nothing", "--lake", tmp_path / "lake")
    assert done.exit_code == TERMINAL
    assert str(tmp_path / "nothing") in done.errors


@pytest.mark.parametrize("bad", [REFUSED_FILES[0], REJECTED_ROWS[0]], ids=lambda bad: bad.name)
def test_a_process_of_its_own_answers_the_same(tmp_path: Path, bad: BadFile) -> None:
    here = ingest(tmp_path, bad)
    outside = call_outside("ingest", "--lang", "en", "--drop", tmp_path / "drop", "--lake", tmp_path / "other")
    assert outside.exit_code == here.exit_code
    if bad in REFUSED_FILES:
        (line,) = [line for line in here.output.splitlines() if "neither UTF-8" in line]
        assert line in outside.output


@pytest.mark.parametrize("odd", ODD_FILES, ids=lambda odd: ascii(odd.name)[1:20])
def test_what_only_looks_odd_is_taken_row_by_row(tmp_path: Path, odd: OddFile) -> None:
    done = ingest(tmp_path, BadFile("odd", odd.name, odd.content, "", ()))
    assert done.exit_code == FINISHED, done.text
    file = delivery(tmp_path)
    assert (file["rows_accepted"], file["rows_quarantined"], file["rows_layout"]) == odd.fates
    assert file["rows_read"] == sum(odd.fates)
    bronze = read(open_storage(load_settings(lake_url=str(tmp_path / "lake"))), "bronze/complaint").to_pylist()
    for record in bronze:
        assert {name: record[name] for name in odd.values} == odd.values


def test_what_cannot_be_read_keeps_no_other_file_waiting(tmp_path: Path) -> None:
    good = place(tmp_path / "drop", BadFile("row", "good.csv", CSV, "", ()))
    for name, target in {
        "self": "self",
        "nowhere": "/nothing/a.csv",
        "circle": "..",
        "memory": "/proc/self/mem",
    }.items():
        (good.parent / name).symlink_to(target)
    os.mkfifo(good.parent / "pipe")
    done = call("ingest", "--lang", "en", "--json", "--drop", tmp_path / "drop", "--lake", tmp_path / "lake")
    assert done.exit_code == REFUSED, done.text
    (step,) = json.loads(done.output)["steps"]
    skipped = {one["parameters"]["path"] for one in step["result"]["warnings"] if one["code"] == "ingest.not_a_file"}
    assert {Path(path).name for path in skipped} == {"self", "nowhere", "circle", "pipe"}
    (unread,) = step["result"]["not_taken"]
    assert unread["code"] == "ingest.file_unreadable"
    assert unread["parameters"]["path"].endswith("memory")
    assert delivery(tmp_path)["rows_accepted"] == 1
    (good.parent / "memory").unlink()
    assert call("ingest", "--drop", tmp_path / "drop", "--lake", tmp_path / "lake").exit_code == FINISHED


def test_a_file_name_of_chinese_windows_is_read_as_one(tmp_path: Path) -> None:
    good = place(tmp_path / "drop", BadFile("row", "a.csv", CSV, "", ()))
    good.rename(good.parent / os.fsdecode("投诉.csv".encode("gb18030")))
    done = call("ingest", "--lang", "en", "--drop", tmp_path / "drop", "--lake", tmp_path / "lake")
    assert done.exit_code == FINISHED, done.text
    assert str(delivery(tmp_path)["path"]).endswith("/投诉.csv")


def test_a_column_without_a_header_is_told_when_it_holds_something(tmp_path: Path) -> None:
    text = CSV.decode("gb18030").replace("诉求类型,", "诉求类型,,,").replace("投诉,", "投诉,,附言,")
    done = ingest(tmp_path, BadFile("header", "nameless.csv", text.encode(), "", ()))
    assert done.exit_code == FINISHED, done.text
    assert delivery(tmp_path)["unknown_columns"] == ["#4"]
    assert "does not know these columns: #4" in done.text
    assert "#4" in call("status", "--lang", "en", "--lake", tmp_path / "lake").output


def _with_hidden_sheets(book: Any) -> None:
    for name, is_hidden in (("十月", False), ("九月", True), ("选项", True)):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["选项", "诉求类型"] if name == "选项" else HEADER.split(","))
        sheet.write_row(1, 0, GOOD.split(","))
        sheet.write_row(2, 0, [f"{GOOD.split(',')[0]}{name}", *GOOD.split(",")[1:]])
        if is_hidden:
            sheet.hide()


def test_rows_of_a_hidden_sheet_are_neither_taken_nor_passed_over(tmp_path: Path) -> None:
    done = ingest(tmp_path, BadFile("workbook", "book.xlsx", workbook(_with_hidden_sheets), "", ()))
    file = delivery(tmp_path)
    assert (file["status"], file["rows_read"], file["rows_accepted"], file["rows_refused"]) == ("accepted", 4, 2, 2)
    for said in (done.text, str(file["reason"])):
        assert "九月 (2 rows): Sheet 九月 is hidden" in said
        assert "选项" not in said
