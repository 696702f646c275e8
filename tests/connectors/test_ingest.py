"""What a data engineer counts on: every row has one fate, every batch lands once, whatever happens in between."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import arrow_schema, load_contract
from connectors.ingest import IngestResult, ingest
from connectors.ingest.landing import original_path
from lake import ledger, tables
from lake.errors import TerminalError
from lake.record_ids import id_prefix, record_id
from lake.schema import LEDGER_TABLE, QUARANTINE_TABLE, bronze_schema, bronze_table
from lake.settings import load_settings
from lake.storage import Storage, open_storage

HEADER = "行政相对人名称,统一社会信用代码,行政处罚决定书文号,违法行为类型,处罚内容,处罚决定日期,处罚机关,罚款金额"
CONTRACT = "administrative_penalty"
BRONZE = bronze_table(CONTRACT)
DECLARATION = """
id: bureau
name: 示例局
department: 示例市市场监督管理局
owner: {{name: 示例}}
feeds:
  - contract: administrative_penalty
    mode: {mode}
    bounds: {{minimum: {minimum}, maximum: 100}}
"""


def line(number: int, name: str = "示例市晨光商贸有限公司", date: str = "2025-03-04") -> str:
    return f"{name},91990101FX00000A1C,示市监罚〔2025〕{number}号,无照经营,罚款,{date},示例市市场监督管理局,0.5"


class Place:
    """A lake, a drop and declarations of one test."""

    def __init__(self, folder: Path, lake_url: str | None = None) -> None:
        self.drop = folder / "drop"
        self.sources = folder / "sources"
        self.sources.mkdir(parents=True)
        self.settings = load_settings(
            lake_url=lake_url or str(folder / "lake"),
            work_dir=folder / "work",
            sources=[self.sources],
            threads=2,
            s3_endpoint=os.environ.get("CREDITLAKE_S3_ENDPOINT"),
        )
        self.lake: Storage = open_storage(self.settings)

    def declare(self, mode: str, minimum: int) -> None:
        (self.sources / "bureau.yaml").write_text(DECLARATION.format(mode=mode, minimum=minimum), encoding="utf-8")

    def put(self, name: str, lines: list[str], *, day: int = 1, contract: str = CONTRACT, text: str = "") -> Path:
        file = self.drop / "bureau" / contract / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes((text or "\n".join([HEADER, *lines]) + "\n").encode("gb18030"))
        moment = datetime(2026, 3, day, tzinfo=UTC).timestamp()
        os.utime(file, (moment, moment))
        return file

    def ingest(self) -> IngestResult:
        return ingest(self.settings, self.lake, drop=str(self.drop), run_id="test")

    def bronze(self) -> list[dict[str, object]]:
        return tables.read(self.lake, BRONZE).to_pylist()

    def quarantine(self) -> list[dict[str, object]]:
        return tables.read(self.lake, QUARANTINE_TABLE).to_pylist()

    def content(self) -> object:
        """Everything but the batch's times and the run: what must be the same after a fault and a re-run."""
        volatile = {"ingested_at", "received_at", "run_id"}
        return [
            sorted(
                json.dumps({k: v for k, v in row.items() if k not in volatile}, default=str, sort_keys=True)
                for row in tables.read(self.lake, table).to_pylist()
            )
            for table in (BRONZE, QUARANTINE_TABLE, LEDGER_TABLE)
        ]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_every_row_has_one_fate_and_the_file_is_kept(place: Place) -> None:
    file = place.put("a.csv", [line(1), line(2), line(1), line(3, name=""), "", line(4, date="2025-13-45")])
    result = place.ingest()
    one = result.deliveries[0]
    assert (one.status, one.encoding, one.rows_accepted, one.rows_quarantined) == ("accepted", "gb18030", 2, 2)
    assert (one.rows_repeated, one.rows_layout, one.rows_read) == (1, 1, 6)
    assert [row["decision_number"] for row in place.bronze()] == ["示市监罚〔2025〕1号", "示市监罚〔2025〕2号"]
    assert {(row["source_row"], row["column_name"]) for row in place.quarantine()} == {
        (5, "counterpart_name"),
        (7, "decision_date"),
    }
    assert place.lake.read(original_path(one.source_digest)) == file.read_bytes()


def test_a_second_run_writes_nothing(place: Place) -> None:
    place.put("a.csv", [line(1), line(2, name="")])
    place.ingest()
    versions = [tables.version(place.lake, table) for table in (BRONZE, QUARANTINE_TABLE, LEDGER_TABLE)]
    again = place.ingest()
    assert (again.known, again.deliveries) == (1, [])
    assert versions == [tables.version(place.lake, table) for table in (BRONZE, QUARANTINE_TABLE, LEDGER_TABLE)]


def test_a_refused_file_is_counted_and_tried_again_when_the_rules_change(place: Place) -> None:
    place.declare("increment", 1)
    text = f"{HEADER.replace('处罚机关', '哪个机关')},CF_WFXW\n{line(1)},x\n{line(2)},x\n"
    place.put("a.csv", [], text=text)
    one = place.ingest().deliveries[0]
    assert (one.status, one.rows_read, one.rows_refused) == ("refused", 2, 2)
    assert one.reason_code == "checks.header_missing_required"
    assert place.ingest().known == 1
    declaration = place.sources / "bureau.yaml"
    declaration.write_text(
        declaration.read_text() + "    header: {pins: {哪个机关: authority_name}, ignore: [CF_WFXW]}\n"
    )
    assert place.ingest().deliveries[0].rows_accepted == 2


def test_the_same_bytes_add_no_rows_and_become_current_again(place: Place) -> None:
    place.declare("full_refresh", 1)
    place.put("a.csv", [line(1), line(2)], day=1)
    place.put("b.csv", [line(3)], day=2)
    place.ingest()
    place.put("c.csv", [line(1), line(2)], day=3)
    third = place.ingest().deliveries[0]
    assert (third.status, third.rows_read, third.rows_repeated) == ("repeated", 2, 2)
    assert len(place.bronze()) == 3
    assert ledger.current_batches(ledger.deliveries(place.lake)) == {third.batch_id}


def test_the_same_bytes_in_another_feed_are_a_delivery_of_their_own(place: Place) -> None:
    place.put("a.csv", [line(1)])
    other = place.drop / "other" / CONTRACT / "a.csv"
    other.parent.mkdir(parents=True)
    other.write_bytes((place.drop / "bureau" / CONTRACT / "a.csv").read_bytes())
    assert [one.status for one in place.ingest().deliveries] == ["accepted", "accepted"]
    prefixes = [id_prefix(system, CONTRACT, place.bronze()[0]["source_digest"]) for system in ("bureau", "other")]
    assert {row["record_id"] for row in place.bronze()} == {record_id(prefix, 2) for prefix in prefixes}


def test_half_a_full_refresh_is_stopped_and_leaves_the_old_state(place: Place) -> None:
    place.declare("full_refresh", 2)
    place.put("a.csv", [line(1), line(2), line(3)], day=1)
    place.put("b.csv", [line(1)], day=2)
    first, second = place.ingest().deliveries
    assert (first.status, second.status, second.reason_code) == ("accepted", "stopped", "ingest.below_minimum")
    assert ledger.current_batches(ledger.deliveries(place.lake)) == {first.batch_id}
    assert {row["batch_id"] for row in place.bronze()} == {first.batch_id}
    place.declare("full_refresh", 1)
    assert [one.status for one in place.ingest().deliveries] == ["accepted"]


def test_more_rows_than_the_maximum_warn_and_come_in(place: Place) -> None:
    place.declare("full_refresh", 1)
    place.put("a.csv", [line(number) for number in range(101)])
    result = place.ingest()
    assert result.deliveries[0].status == "accepted"
    assert "ingest.above_maximum" in {warning.code for warning in result.warnings}


def test_an_unknown_column_is_reported_and_an_unknown_folder_refused(place: Place) -> None:
    place.put("a.csv", [], text=f"{HEADER},天气\n{line(1)},晴\n")
    result = place.ingest()
    assert result.deliveries[0].unknown_columns == ["天气"]
    assert "ingest.unknown_columns" in {warning.code for warning in result.warnings}
    place.put("a.csv", [line(1)], contract="administrative_penalties")
    with pytest.raises(TerminalError, match="administrative_penalties"):
        place.ingest()


@pytest.mark.parametrize("stored", [(), (BRONZE,), (BRONZE, QUARANTINE_TABLE)])
def test_a_run_that_died_between_two_commits_is_finished_by_the_next(
    place: Place, tmp_path: Path, stored: tuple[str, ...]
) -> None:
    """The state a dead run leaves is made for real: the ledger lacks the row, some tables have the batch."""
    lines = [line(1), line(2), line(2), line(3, name="")]
    place.put("a.csv", lines)
    place.ingest()
    broken = Place(tmp_path / "again")
    broken.put("a.csv", lines)
    schemas = {BRONZE: bronze_schema(arrow_schema(load_contract(CONTRACT)))}
    for table in stored:
        rows = tables.read(place.lake, table)
        batch = rows["batch_id"][0].as_py()
        tables.append_once(broken.lake, table, rows.to_batches(), schemas.get(table, rows.schema), batch)
    broken.ingest()
    assert broken.content() == place.content()


def test_two_runs_at_the_same_time_land_each_batch_once(place: Place) -> None:
    for number in range(6):
        place.put(f"{number}.csv", [line(number), line(number + 100, name="")])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: place.ingest(), range(2)))
    assert len(place.bronze()) == len(place.quarantine()) == 6
    assert len(ledger.deliveries(place.lake)) == 6


CELLS = st.text(st.characters(codec="gb18030", exclude_categories=("Cs",)), max_size=12)
DIRTY_LINES = st.lists(
    st.one_of(
        st.builds(line, st.integers(0, 5)),
        st.builds(line, st.integers(0, 5), name=CELLS.map(lambda text: text.replace("\n", ""))),
        st.builds(line, st.integers(0, 5), date=CELLS.map(lambda text: text.replace("\n", ""))),
        st.sampled_from(
            [
                "",
                ",,,,,,,",
                "合计",
                "表格说明：示例",
                HEADER,
                '"没有配对的引号,1,2',
                "少,了,几,列",
                "\x00,1,2,3,4,5,6,7",
            ]
        ),
        CELLS,
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=DIRTY_LINES)
def test_whatever_is_in_a_file_its_rows_add_up(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    place = Place(tmp_path_factory.mktemp("dirty"))
    place.put("a.csv", lines)
    one = place.ingest().deliveries[0]
    fates = one.rows_accepted + one.rows_quarantined + one.rows_repeated + one.rows_layout + one.rows_refused
    assert one.rows_read == fates
    if one.status == "accepted":
        assert len(place.bronze()) == one.records_accepted
        assert len(place.quarantine()) == one.rows_quarantined
        assert len({row["record_id"] for row in place.bronze()}) == one.records_accepted


def test_reading_a_record_again_gives_its_columns_their_types(place: Place) -> None:
    place.put("a.csv", [line(1)])
    place.ingest()
    table = tables.read(place.lake, BRONZE)
    assert table.schema.field("decision_date").type == pa.date32()
    assert table["fine_amount_yuan"].to_pylist()[0] == 5000
