"""The workbook a department fills in comes back whole: its records are taken, its guide is no data, nothing is refused."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from connectors.contract import load_contracts
from tests.system.command_line import call

VALUES = {
    "date": "2026-03-01",
    "timestamp": "2026-03-01 09:30:00",
    "amount": "2000元",
    "uscc": "91990101FX00000A1C",
}


def filled(contract_id: str) -> dict[str, str]:
    """A value for every column of a contract, by its header."""
    columns = load_contracts()[contract_id].columns
    return {
        column.header: column.values[0].value
        if column.values
        else VALUES.get(column.kind, column.example or "示例市晨光商贸有限公司")
        for column in columns
        if column.kind not in {"registration_number", "organisation_code", "date_until"}
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_template_comes_back_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.chdir(tmp_path)
    for contract_id in load_contracts():
        file = tmp_path / "drop" / "bureau" / contract_id / "filled.xlsx"
        file.parent.mkdir(parents=True)
        written = call("contract", "template", contract_id, "--out", file, "--lang", language)
        assert written.exit_code == 0, written.text
        book = openpyxl.load_workbook(file)
        sheet = book.worksheets[0]
        values = filled(contract_id)
        for cell in sheet[1]:
            name = str(cell.value).split("（")[0].split("(")[0].strip()
            sheet.cell(2, cell.column, values.get(name))
        book.save(file)
    done = call("ingest", "--lang", "en", "--drop", tmp_path / "drop", "--lake", tmp_path / "lake")
    assert done.exit_code == 0, done.text
    for one in json.loads(call("status", "--json", "--lake", tmp_path / "lake").output)["files"]:
        assert (one["rows_accepted"], one["rows_refused"]) == (1, 0), (one["path"], one["reasons"])
        assert one["rows_quarantined"] == 0
