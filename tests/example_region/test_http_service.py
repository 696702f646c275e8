"""The served systems behave as their declarations say, and as services do."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from connectors.contract import load_contracts
from connectors.ingest import ingest
from connectors.source import load_source
from example_region.serving.http_service import RETRY_AFTER_SECONDS, ServedFeed, http_serving
from lake.settings import load_settings
from lake.storage import open_storage

SHIPPED = Path(__file__).parents[2] / "connectors" / "sources" / "court.yaml"


def test_the_list_of_the_courts_is_limited_and_comes_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 with Retry-After among the pages: the pull waits as long as it is told to, and no defaulter is missing."""
    declared = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    declared["way_in"]["patience"]["requests_per_minute"] = 6000
    declared["feeds"][0]["request"]["paging"]["size"] = 10
    (tmp_path / "sources").mkdir()
    declaration = tmp_path / "sources" / "court.yaml"
    declaration.write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    source = load_source(declaration, load_contracts())
    records = [
        {"id": f"{number}", "iname": f"示例市第{number}商贸有限公司", "caseCode": f"（2025）示01执{number}号",
         "courtName": "示例市人民法院", "publishDate": "2025-03-04", "disruptType": "有履行能力而拒不履行"}
        for number in range(60)
    ]  # fmt: skip
    values = {"COURT_KEY": "key"}
    with http_serving([ServedFeed(source, source.feeds[0], "id", records)], values) as server:
        values["COURT_ADDRESS"] = f"http://127.0.0.1:{server.server_address[1]}/court"
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        settings = load_settings(
            lake_url=str(tmp_path / "lake"), work_dir=tmp_path / "work", sources=[declaration.parent]
        )
        started = time.monotonic()
        result = ingest(settings, open_storage(settings), run_id="test")
    assert result.not_taken == []
    assert [one.rows_accepted for one in result.deliveries] == [60]
    assert time.monotonic() - started >= RETRY_AFTER_SECONDS
