"""Reports to the departments of the example region, with late reports from the built tables."""

from __future__ import annotations

from pathlib import Path

from tests.system.program import Program


def test_reports_have_the_numbers_of_status_and_of_timeliness(finished: Program, tmp_path: Path) -> None:
    reports = finished.json("source", "report", "--out", str(tmp_path))
    files = finished.json("status")["files"]
    assert {one["system_id"] for one in files} <= {one["system_id"] for one in reports}
    for name in ("rows_read", "rows_accepted", "rows_quarantined", "rows_repeated"):
        assert sum(feed[name] for one in reports for feed in one["feeds"]) == sum(file[name] for file in files)
    quarantined = sum(reason["rows"] for one in reports for reason in one["quarantined"])
    assert quarantined == sum(file["rows_quarantined"] for file in files)
    waiting = {
        (one["system_id"], one["contract_id"]): one["rows"] for one in finished.json("quarantine", "list")["feeds"]
    }
    assert waiting == {
        (one["system_id"], feed["contract_id"]): feed["rows_open"]
        for one in reports
        for feed in one["feeds"]
        if feed["rows_open"]
    }
    late = {(one["system_id"], one["contract_id"]): one["late"] for one in finished.json("policy", "timeliness")}
    assert any(late.values())
    assert {(row["system_id"], row["contract_id"]): row["late"] for one in reports for row in one["timeliness"]} == late
    assert all((tmp_path / f"{one['system_id']}.xlsx").stat().st_size for one in reports)
