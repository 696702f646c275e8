"""A lake with one system that is pulled, and what a user sees of it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import yaml

from connectors.contract import load_contracts
from connectors.ingest import IngestResult, ingest, prepare_tables
from connectors.source import load_source
from connectors.transports.pulling import Assignment
from lake import ledger, tables
from lake.progress import Silent
from lake.schema import bronze_table
from lake.settings import load_settings
from lake.storage import Storage, open_storage

CONTRACT = "administrative_penalty"
CURRENT = "示市监罚〔2025〕"


def make_empty_lake(folder: Path) -> Path:
    """A lake with its tables and nothing in them: making them takes longer than most tests."""
    storage = open_storage(load_settings(lake_url=str(folder / "lake"), work_dir=folder / "work"))
    prepare_tables(storage, load_contracts().values())
    return folder / "lake"


def record(number: int, updated: str | None = "2026-03-01 09:00:00", **changes: object) -> dict[str, Any]:
    """A penalty as a service gives it; the number is its decision's."""
    found = {
        "行政相对人名称": "示例市晨光商贸有限公司",
        "统一社会信用代码": "91990101FX00000A1C",
        "行政处罚决定书文号": f"{CURRENT}{number}号",
        "违法行为类型": "无照经营",
        "处罚内容": "罚款",
        "处罚决定日期": "2025-03-04",
        "处罚机关": "示例市市场监督管理局",
        "罚款金额": 0.50,
        "updatedAt": updated,
    }
    return {**found, **changes}


class PullingPlace:
    """Declarations and a lake of one test; ``empty`` is an empty lake to begin with a copy of."""

    def __init__(self, folder: Path, empty: Path) -> None:
        self.folder = folder
        shutil.copytree(empty, folder / "lake")
        self.sources = folder / "sources"
        self.sources.mkdir(parents=True)
        self.settings = load_settings(
            lake_url=str(folder / "lake"), work_dir=folder / "work", sources=[self.sources], threads=2
        )
        self.lake: Storage = open_storage(self.settings)

    def declare(self, way_in: dict[str, Any], *feeds: dict[str, Any], system: str = "bureau") -> None:
        """A system whose feeds have ``way_in``; a feed says only what differs from the usual."""
        usual = {"contract": CONTRACT, "mode": "increment", "bounds": {"minimum": 0, "maximum": 1000000}}
        declared = {
            "id": system,
            "name": "示例局",
            "department": "示例市市场监督管理局",
            "owner": {"name": "数据科"},
            "way_in": way_in,
            "feeds": [
                {**usual, "header": {"pins": {"updatedAt": "source_updated_at"}}, **feed} for feed in feeds or ({},)
            ],
        }
        text = yaml.safe_dump(declared, allow_unicode=True, sort_keys=False)
        (self.sources / f"{system}.yaml").write_text(text, encoding="utf-8")

    def assignment(self, system: str = "bureau") -> Assignment:
        """What a pull of the first feed is given when nothing has been delivered."""
        source = load_source(self.sources / f"{system}.yaml", load_contracts())
        return Assignment(source, source.feeds[0], [], self.folder / "pull", os.environ, self.lake.open, Silent())

    def pull(self) -> IngestResult:
        """One run of the ingest."""
        return ingest(self.settings, self.lake, run_id="test")

    def decisions(self, column: str = "decision_number") -> list[str]:
        """A column of all rows that count, sorted; a row that is there twice is there twice."""
        counted = ledger.current_batches(ledger.deliveries(self.lake))
        rows = tables.read(self.lake, bronze_table(CONTRACT)).to_pylist()
        return sorted(str(row[column]) for row in rows if row["batch_id"] in counted)

    def numbers(self) -> list[int]:
        """The numbers of the decisions that count, sorted."""
        return sorted(int(text.removeprefix(CURRENT).removesuffix("号")) for text in self.decisions())

    def content(self) -> list[str]:
        """What counts, without the times and names of runs and batches."""
        volatile = {"ingested_at", "batch_id", "record_id", "source_digest", "source_row"}
        counted = ledger.current_batches(ledger.deliveries(self.lake))
        rows = tables.read(self.lake, bronze_table(CONTRACT)).to_pylist()
        kept = (
            {key: value for key, value in row.items() if key not in volatile}
            for row in rows
            if row["batch_id"] in counted
        )
        return sorted(json.dumps(row, default=str, ensure_ascii=False) for row in kept)
