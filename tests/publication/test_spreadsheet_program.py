"""A workbook in the program that offices use: LibreOffice opens it, finds nothing to repair, and sees what was published."""

from __future__ import annotations

import csv
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from tests.publication.conftest import Lake

pytestmark = pytest.mark.full


def test_libreoffice_opens_it_without_a_warning_and_keeps_codes_as_text(lake: Lake, tmp_path: Path) -> None:
    lake.change("update publicity.public_penalty set violation_facts = '=1+1' where decision_number like '%〕3号'")
    lake.change("update publicity.public_penalty set uscc = '000000000000000123' where decision_number like '%〕4号'")
    lake.publish()
    # sheet 3 holds the data; the filter gives every sheet as it would be shown
    command = [
        "soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,3", "--outdir", str(tmp_path),
        str(lake.file("xlsx/public_penalty/all.xlsx")),
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    # a machine without Java says so whatever the file
    words = "".join(line for line in (done.stdout + done.stderr).lower().splitlines() if "javaldx" not in line)
    assert not any(word in words for word in ("warn", "error", "repair", "corrupt")), words
    [written] = tmp_path.glob("*.csv")
    with written.open(encoding="utf-8") as lines:
        shown = {row["行政处罚决定书文号"]: row for row in csv.DictReader(lines)}
    assert len(shown) == 20
    assert shown["虚市监罚〔2025〕3号"]["违法事实"] == "=1+1"
    assert shown["虚市监罚〔2025〕4号"]["统一社会信用代码"] == "000000000000000123"
    assert Decimal(shown["虚市监罚〔2025〕5号"]["罚款金额(元)"]) == Decimal("500.50")
    assert shown["虚市监罚〔2025〕5号"]["处罚决定日期"] == "2025-03-01"
