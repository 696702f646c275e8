"""The review queue through the real command line: shown, exported, filled in, delivered, held, turned back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.system.command_line import call_outside

ONE, OTHER = "91990101FX00000A1C", "91990102FX00000BXJ"
NAME = "示例市晨光食品有限公司"
REGISTER = f"企业名称,统一社会信用代码,省份\n{NAME},{ONE},示例省\n{NAME},{OTHER},示例省\n"
COMPLAINT = f"登记编号,登记时间,被投诉方名称\nTS1,2026-01-05 10:00:00,{NAME}\n"
BACK = "认定编号,认定结论,认定理由,认定时间,认定人,撤销的认定编号\nB1,撤销,弄错了,2026-03-09 09:00:00,S2,{number}\n"


class Region:
    """A lake, and the commands of a person at its review desk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = {"CREDITLAKE_LAKE_URL": str(folder / "lake"), "CREDITLAKE_WORK_DIR": str(folder / "work")}

    def call(self, *arguments: object) -> str:
        """Run a command that must end well."""
        done = call_outside(*arguments, **self.settings)
        assert done.exit_code == 0, done.text
        return done.output

    def take_in(self, drop: Path) -> None:
        """Ingest a drop folder and build."""
        self.call("ingest", "--drop", drop)
        self.call("build")

    def queue(self) -> list[dict[str, Any]]:
        """What waits."""
        rows: list[dict[str, Any]] = json.loads(self.call("queue", "list", "--json"))["rows"]
        return rows

    def link(self, record_id: str) -> dict[str, Any]:
        """The link of the record's only subject."""
        [explanation] = json.loads(self.call("link", "explain", record_id, "--json"))
        return dict(explanation)


def written(file: Path, content: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    return file


def decide(workbook: Path, verdict: str, uscc: str) -> str:
    """Fill in the only row as a person does; gives the decision's number."""
    book = openpyxl.load_workbook(workbook)
    sheet = book.worksheets[0]
    place = {cell.value: cell.column for cell in sheet[1]}
    assert sheet.cell(2, place["认定结论"]).value == "待定"
    sheet.cell(2, place["认定结论"]).value = verdict
    sheet.cell(2, place["统一社会信用代码"]).value = uscc
    sheet.cell(2, place["认定理由"]).value = "经电话核实"
    sheet.cell(2, place["认定时间"]).value = "2026-03-01 09:00:00"
    book.save(workbook)
    return str(sheet.cell(2, place["认定编号"]).value)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Region:
    region = Region(tmp_path_factory.mktemp("desk"))
    drop = region.folder / "drop" / "market_supervision"
    written(drop / "enterprise_registration" / "登记.csv", REGISTER)
    written(drop / "complaint" / "投诉.csv", COMPLAINT)
    region.take_in(region.folder / "drop")
    return region


@pytest.mark.full
def test_a_person_decides_and_the_decision_holds_until_another_turns_it_back(region: Region) -> None:
    [row] = region.queue()
    assert (row["subject_name"], row["reason"]) == (NAME, "several_bear_name")
    assert {candidate["uscc"] for candidate in row["candidates"]} == {ONE, OTHER}

    exported = json.loads(
        region.call("queue", "export", "--staff", "S1", "--out", region.folder / "decisions", "--json")
    )
    assert exported["rows"] == 1
    number = decide(Path(exported["file"]), "同一", OTHER)
    region.take_in(region.folder / "decisions")
    link = region.link(row["record_id"])
    assert (link["status"], link["uscc"], link["method"], link["decision_number"]) == (
        "linked",
        OTHER,
        "decided",
        number,
    )
    assert region.queue() == []

    shutil.rmtree(region.folder / "work")
    region.call("build")
    assert region.link(row["record_id"])["uscc"] == OTHER, "a warehouse built anew keeps the decision"

    written(region.folder / "back" / "desk" / "link_decision" / "撤销.csv", BACK.format(number=number))
    region.take_in(region.folder / "back")
    assert region.link(row["record_id"])["status"] == "review"
    assert [one["record_id"] for one in region.queue()] == [row["record_id"]]

    chart = region.folder / "link.svg"
    said = region.call("link", "explain", row["record_id"], "--chart", chart)
    assert "有几家企业用这个名称" in said
    picture = chart.read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert NAME in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    against = json.loads(region.call("link", "why-not", row["record_id"], ONE, "--json"))
    assert against[0]["reason"] == "several_bear_name"
