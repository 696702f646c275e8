"""Checking what was built, and the gate that a release's files must pass.

``check`` judges contracts, ledger, links and outputs after a build; ``gate`` gives the judge of the staged files that
``publication.publish`` calls. Neither changes any data: a blocked release leaves the current one as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.contract import CONTRACTS, Contract, load_contracts
from expectations import judge as judging
from expectations.contract_checks import measure_batches, measure_contract, measure_ledger
from expectations.first_page import INDEX
from expectations.identity_checks import SUITE as IDENTITY
from expectations.identity_checks import measure_identity
from expectations.measure import Measure
from expectations.output_checks import load_outputs, measure_output
from expectations.release_checks import GATE
from expectations.release_guards import is_guard
from expectations.result import CheckOutcome, CheckResult
from expectations.tables import failing_rows
from lake.duckdb_extensions import connect, literal
from lake.errors import TerminalError, TransientError
from lake.messages import current_language, text
from lake.progress import Progress
from lake.schema import LEDGER_TABLE, bronze_table
from lake.settings import TIME_ZONE, Settings
from lake.storage import Storage
from lake.tables import scan, version

WAREHOUSE = "warehouse.duckdb"
STATE_FILE = "check.json"
DATA_DOCS = "data_docs"
ROOM = Path(__file__).parent


class ReleaseBlockedError(TerminalError):
    """A blocking check failed; ``result`` says which, with the failing rows."""

    @property
    def result(self) -> CheckResult:
        """All outcomes."""
        result = self.params["result"]
        assert isinstance(result, CheckResult)
        return result


class _State(BaseModel):
    model_config = ConfigDict(frozen=True)

    fingerprint: str
    result: CheckResult


def check(
    settings: Settings, storage: Storage, run_id: str, progress: Progress, accept: Sequence[str] = ()
) -> CheckResult:
    """Judge what was built; takes the last result over when no input has changed since.

    ``accept`` are ids of failed checks that someone answers for. Raises ``TerminalError`` without a warehouse and
    ``TransientError`` when it is in use; failed checks are in the result (see ``require``).
    """
    started = monotonic()
    warehouse = settings.work_dir / WAREHOUSE
    if not warehouse.exists():
        raise TerminalError("expectations.warehouse_missing", path=warehouse)
    own = [name for name in accept if not name.startswith(f"{GATE}.")]
    fingerprint = _fingerprint(storage, warehouse, own)
    before = _read_state(settings)
    if before and before.fingerprint == fingerprint:
        return before.result.model_copy(update={"run_id": run_id, "fresh": False, "seconds": monotonic() - started})
    importing = judging.prepare()
    progress.start("expectations.step_measure", None)
    with _warehouse(storage, warehouse) as connection:
        suites = list(_suites(connection, storage))
        failing = {measure.id: failing_rows(connection, measure) for _, _, measures in suites for measure in measures}
    progress.done()
    importing.join()
    progress.start("expectations.step_judge", len(suites))
    judge = judging.Judge(run_id)
    for _, title, measures in suites:
        judge.judge_measures(title, measures, failing)
        progress.advance(detail=title)
    site = settings.work_dir / DATA_DOCS / "built"
    result = result_of(run_id, judge.outcomes, own, str(site / INDEX), started)
    judge.build_data_docs(site, result)
    progress.done()
    _write_state(settings, _State(fingerprint=fingerprint, result=result))
    return result


def require(result: CheckResult) -> None:
    """Raise ``ReleaseBlockedError`` when a blocking check failed."""
    if result.blocked:
        names = "、" if current_language() == "zh" else ", "
        blocking = [outcome.id for outcome in result.failed if outcome.blocks]
        if all(is_guard(name) for name in blocking):
            raise ReleaseBlockedError("expectations.release_guarded", checks=names.join(blocking), result=result)
        raise ReleaseBlockedError("expectations.release_blocked", checks=names.join(blocking), result=result)


def _suites(connection: duckdb.DuckDBPyConnection, storage: Storage) -> Iterator[tuple[str, str, list[Measure]]]:
    """Suite id, title and measures: ledger, contracts, links, outputs."""
    contracts = load_contracts()
    if version(storage, LEDGER_TABLE) is not None:
        ledger = scan(connection, storage, LEDGER_TABLE)
        connection.execute(f"create temp table check_ledger as select * from {ledger}")
        yield "ledger", text("expectations.suite_ledger"), measure_ledger(connection, "check_ledger", contracts)
    for contract in contracts.values():
        measures = measure_contract(connection, contract) + _batches(connection, storage, contract)
        if measures:
            yield contract.id, contract.title, measures
    yield IDENTITY, text("expectations.suite_identity"), measure_identity(connection, contracts)
    for output in load_outputs():
        yield output.id, text("expectations.suite_output", title=output.title), measure_output(connection, output)


def _batches(connection: duckdb.DuckDBPyConnection, storage: Storage, contract: Contract) -> list[Measure]:
    table = bronze_table(contract.id)
    if version(storage, LEDGER_TABLE) is None or version(storage, table) is None:
        return []
    return measure_batches(connection, "check_ledger", scan(connection, storage, table), contract)


@contextmanager
def _warehouse(storage: Storage, warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as connection:
        storage.duckdb_setup(connection)
        try:
            connection.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
        except (duckdb.IOException, duckdb.BinderException, duckdb.ConnectionException) as error:
            raise TransientError("expectations.warehouse_busy", path=warehouse, detail=error) from error
        connection.execute("use warehouse")
        yield connection


def _fingerprint(storage: Storage, warehouse: Path, accept: Sequence[str]) -> str:
    """Everything the outcome depends on: data, rules, language, and the day (some rules compare with today)."""
    facts = warehouse.stat()
    files = sorted([*ROOM.glob("*.py"), *ROOM.glob("*.yaml"), *CONTRACTS.glob("*.yaml")])
    parts = [
        storage.url(),
        f"{facts.st_size}-{facts.st_mtime_ns}",
        str(version(storage, LEDGER_TABLE)),
        datetime.now(TIME_ZONE).date().isoformat(),
        current_language(),
        ",".join(sorted(accept)),
        *(hashlib.sha256(file.read_bytes()).hexdigest() for file in files),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _read_state(settings: Settings) -> _State | None:
    try:
        return _State.model_validate_json((settings.work_dir / STATE_FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _write_state(settings: Settings, state: _State) -> None:
    temporary = settings.work_dir / f"{STATE_FILE}.new"
    temporary.write_text(state.model_dump_json(), encoding="utf-8")
    temporary.replace(settings.work_dir / STATE_FILE)


def result_of(
    run_id: str, outcomes: Sequence[CheckOutcome], accept: Sequence[str], docs: str | None, started: float
) -> CheckResult:
    """The result with accepted checks marked; raises ``TerminalError`` for an accepted id that no check has."""
    known = {outcome.id for outcome in outcomes}
    unknown = sorted(set(accept) - known)
    if unknown:
        raise TerminalError("expectations.check_unknown", check=unknown[0], known=", ".join(sorted(known)))
    marked = tuple(
        outcome.model_copy(update={"accepted": not outcome.passed and outcome.id in accept}) for outcome in outcomes
    )
    return CheckResult(run_id=run_id, fresh=True, outcomes=marked, data_docs=docs, seconds=monotonic() - started)
