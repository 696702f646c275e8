"""Every system of the plan through its real way in: what the example planted is in bronze as it should be, or in quarantine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
from deltalake import DeltaTable

from connectors.contract import load_contract
from example_region import generate
from example_region.serving import serving
from example_region.systems import systems
from example_region.systems.truth import FILES
from tests.system.command_line import call_outside

pytestmark = pytest.mark.full
ENTERPRISES = 600
LINKED_AT_LEAST = 0.9


@dataclass
class Region:
    """The example after two runs with all servers up; ``database`` has ``truth``, ``bronze`` (long) and ``quarantine``."""

    lake: Path
    served: list[str]
    database: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Region:
    return make_region(tmp_path_factory.mktemp("systems"))


def make_region(folder: Path) -> Region:
    """Generate, serve, ingest what the first delivery holds, let weeks pass, and run everything."""
    generate(folder / "example", ENTERPRISES, 11, systems=tuple(systems().values()))
    with serving(folder / "example") as served:
        made = Region(folder / "lake", served.served)
        environment = {**served.environment, "CREDITLAKE_LAKE_URL": str(made.lake), "TZ": "Asia/Shanghai"}
        # The register: without it no record has an enterprise to be about.
        (folder / "register").mkdir()
        (folder / "register" / "market_supervision").symlink_to(folder / "example" / "market_supervision")
        for command in (["ingest", "--drop", str(folder / "register")], ["ingest"]):
            done = call_outside(*command, **environment)
            assert done.exit_code == 0, done.text
        served.advance()
        done = call_outside("run", **environment)
        assert done.exit_code == 0, done.text
    fill(made, folder / "example" / "_truth")
    return made


def fill(region: Region, truth: Path) -> None:
    """``truth`` of both deliveries; ``found``: what bronze has for each planted row, as text; ``quarantine``."""
    tables = [pyarrow.parquet.read_table(truth / name) for name in FILES]
    region.database.register("truth", pa.concat_tables(tables))
    region.database.execute("set TimeZone = 'Asia/Shanghai'")
    region.database.execute(
        "create table found (system_id varchar, contract_id varchar, locator varchar, column_name varchar, held varchar)"
    )
    wanted = region.database.execute(
        "select distinct contract_id, locator_column, column_name from truth where fate = 'accepted'"
    ).fetchall()
    for contract_id, locator, column in wanted:
        table = DeltaTable(str(region.lake / "bronze" / contract_id)).to_pyarrow_table()
        region.database.register("bronze", table)
        contract = load_contract(contract_id)
        # A flag of a front-end database is no column of bronze: its row is looked for, and no cell of it.
        shown = column if column in contract.column_names else locator
        is_time = contract.column(shown).kind == "timestamp"
        held = f"strftime({shown}, '%Y-%m-%d %H:%M:%S')" if is_time else f"cast({shown} as varchar)"
        region.database.execute(
            f"insert into found select system_id, '{contract_id}', {locator}, {_literal(column if shown == column else None)},"
            f" {held} from bronze"
        )
    region.database.register("quarantine", DeltaTable(str(region.lake / "bronze" / "quarantine")).to_pyarrow_table())


def _literal(text: str | None) -> str:
    return "null" if text is None else f"'{text}'"


def test_every_system_is_served_and_none_is_refused(region: Region) -> None:
    assert region.served == list(systems())
    ledger = DeltaTable(str(region.lake / "bronze" / "ledger")).to_pyarrow_table()
    refused = [one for one in ledger.to_pylist() if one["status"] in {"refused", "stopped"}]
    assert [(one["path"], one["reason_code"], one["reason_parameters"]) for one in refused] == []
    delivered = {(one["system_id"], one["contract_id"]) for one in ledger.to_pylist() if one["status"] == "accepted"}
    wanted = {(system.id, feed.contract) for system in systems().values() for feed in system.feeds}
    assert wanted - delivered == set()


def test_every_row_is_in_bronze_or_in_quarantine_with_its_reason(region: Region) -> None:
    lost = region.database.execute(
        "select distinct system_id, contract_id, locator, version from truth where fate = 'accepted'"
        " and not exists (select 1 from found where found.system_id = truth.system_id"
        " and found.contract_id = truth.contract_id and found.locator = truth.locator) limit 20"
    ).fetchall()
    assert lost == []
    differing = region.database.execute(
        "select distinct truth.system_id, truth.contract_id, truth.dirt, truth.locator, truth.reason_code,"
        " quarantine.reason_code from truth left join quarantine on quarantine.system_id = truth.system_id"
        " and quarantine.contract_id = truth.contract_id and contains(quarantine.original, truth.locator)"
        " where truth.fate = 'quarantined' and quarantine.reason_code is distinct from truth.reason_code limit 20"
    ).fetchall()
    assert differing == []


def test_nothing_else_is_in_quarantine(region: Region) -> None:
    unplanned = region.database.execute(
        "select system_id, contract_id, column_name, reason_code, count(*), any_value(original) from quarantine"
        " where not exists (select 1 from truth where truth.fate = 'quarantined' and truth.system_id = quarantine.system_id"
        " and truth.contract_id = quarantine.contract_id and contains(quarantine.original, truth.locator))"
        " and system_id <> 'market_supervision' group by all limit 20"
    ).fetchall()
    assert unplanned == []


def test_every_planted_cell_is_held_as_it_should_be(region: Region) -> None:
    differing = region.database.execute(
        "select truth.system_id, truth.contract_id, truth.dirt, truth.column_name, truth.expected, list(distinct found.held)"
        " from truth inner join found using (system_id, contract_id, locator, column_name)"
        " where truth.fate = 'accepted' and truth.dirt <> ''"
        " group by truth.system_id, truth.contract_id, truth.dirt, truth.column_name, truth.expected, truth.locator"
        " having count(*) filter (where found.held is not distinct from truth.expected) = 0 limit 20"
    ).fetchall()
    assert differing == []


def test_records_are_about_the_enterprise_that_was_meant(region: Region) -> None:
    links = DeltaTable(str(region.lake / "identity" / "subject_link")).to_pyarrow_table()
    region.database.register("link", links)
    records = [
        f"select record_id, contract_id, system_id, {locator} as locator from bronze_{contract}"
        for contract, locator in _bronze_tables(region)
    ]
    region.database.execute(f"create table record as {' union all '.join(records)}")
    judged = (
        "from truth inner join record using (system_id, contract_id, locator)"
        " inner join link on link.record_id = record.record_id and link.role = truth.role where truth.fate = 'accepted'"
    )
    wrong = region.database.execute(
        "select truth.system_id, truth.contract_id, truth.kind, truth.name, truth.uscc, link.uscc "
        + judged
        + " and link.status = 'linked' and link.uscc is distinct from truth.uscc"
        " and truth.kind not in ('code_of_other_enterprise', 'code_of_parent') limit 20"
    ).fetchall()
    assert wrong == []
    plain = region.database.execute(
        "select truth.system_id, avg(case when link.status = 'linked' then 1 else 0 end) as share "
        + judged
        + f" and truth.kind = '' and truth.is_registered group by 1 having share < {LINKED_AT_LEAST}"
    ).fetchall()
    assert plain == []


def _bronze_tables(region: Region) -> list[tuple[str, str]]:
    found = region.database.execute(
        "select distinct contract_id, locator_column from truth where role is not null"
    ).fetchall()
    for contract, _ in found:
        table = DeltaTable(str(region.lake / "bronze" / contract)).to_pyarrow_table()
        region.database.register(f"bronze_{contract}", table)
    return found
