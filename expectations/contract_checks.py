"""One suite per contract, derived from it: nothing about a column is written here a second time.

Rows that break a contract are stopped at ingest; these checks prove over the whole table that none came through, and
measure what is allowed but should be known: code values never seen, missing expected values, volumes, quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from connectors.contract import Column, Contract
from expectations.measure import FailingRows, Measure, Owner, Severity
from expectations.tables import columns_of, counts, number, quoted

QUARANTINED_SHARE = 0.05
"""More than one row in twenty in quarantine is worth a call to the department."""

MISSING_SHARE = 0.5
"""An expected column that is empty in more than half of the rows is most likely not delivered at all."""


@dataclass(frozen=True)
class RowRule:
    """A rule that every row must obey: ``broken`` is the SQL condition of a row that does not."""

    kind: str
    column: str
    broken: str
    parameters: dict[str, object]


def expectations_of(contract: Contract) -> list[RowRule]:
    """The row rules that follow from a contract: required values per layout, lengths, allowed values."""
    return [rule for column in contract.columns for rule in _rules_of(contract, column)]


def _rules_of(contract: Contract, column: Column) -> Iterator[RowRule]:
    name = quoted(column.name)
    layouts = [layout.name for layout in contract.layouts if column.is_required(layout.name)]
    if layouts:
        listed = ", ".join(f"'{layout}'" for layout in layouts)
        yield RowRule("required", column.name, f"{name} is null and layout in ({listed})", {"column": column.header})
    if column.maximum_length:
        too_long = f"length({name}) > {column.maximum_length}"
        parameters = {"column": column.header, "length": column.maximum_length}
        yield RowRule("length", column.name, too_long, parameters)
    if column.values and column.kind == "code_list":
        allowed = ", ".join("'" + value.value.replace("'", "''") + "'" for value in column.values)
        yield RowRule("allowed_value", column.name, f"{name} not in ({allowed})", {"column": column.header})


def measure_contract(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[Measure]:
    """All measures of a contract's suite over its newest versions; empty when the table is not built."""
    table = f"staging.stg_{contract.id}"
    found = columns_of(connection, table)
    if not found:
        return []
    rules = [rule for rule in expectations_of(contract) if rule.column in found]
    broken = counts(connection, table, [rule.broken for rule in rules])
    measures = [_row_measure(contract, table, rule, count, found) for rule, count in zip(rules, broken, strict=True)]
    return [*measures, *_missing_shares(connection, contract, table, found), *_keys(connection, contract, table, found)]


def _row_measure(contract: Contract, table: str, rule: RowRule, count: int, found: dict[str, str]) -> Measure:
    is_allowed_value = rule.kind == "allowed_value"
    return Measure(
        suite=contract.id,
        kind=rule.kind,
        value=count,
        # an unknown code value is kept with a note; a missing or overlong one must have been stopped at ingest
        severity="warn" if is_allowed_value else "block",
        owner="department" if is_allowed_value else "engineer",
        column=rule.column,
        parameters=rule.parameters,
        failing=failing_of(contract, table, rule.broken, [rule.column], found) if count else None,
    )


def failing_of(
    contract: Contract, table: str, condition: str, columns: list[str], found: dict[str, str]
) -> FailingRows:
    """The rows of a staging table for which ``condition`` holds, with file, row and who they are about."""
    shown = list(dict.fromkeys([*contract.business_key, *columns]))
    selected = ", ".join(f"t.{quoted(name)}" for name in shown if name in found)
    clear = frozenset(column.name for column in contract.columns if column.sensitivity == "public")
    query = (
        f"select b.path as file, t.source_row as row, t.record_id, {selected} "
        f"from (select * from {table} where {condition}) t left join staging.current_batch b using (batch_id)"
    )
    return FailingRows(query, clear)


def _missing_shares(
    connection: duckdb.DuckDBPyConnection, contract: Contract, table: str, found: dict[str, str]
) -> Iterator[Measure]:
    """Share of rows without a value in columns that the contract expects but does not require."""
    rows = number(connection, f"select count(*) from {table}")
    layouts = {layout.name for layout in contract.layouts}
    expected = [
        column
        for column in contract.columns
        if column.name in found and any(column.is_expected(layout) for layout in layouts)
    ]
    missing = counts(connection, table, [f"{quoted(column.name)} is null" for column in expected])
    for column, count in zip(expected, missing, strict=True):
        yield Measure(
            suite=contract.id,
            kind="missing_share",
            value=count / rows if rows else 0,
            severity="warn",
            owner="department",
            maximum=MISSING_SHARE,
            column=column.name,
            parameters={"column": column.header, "percent": round(MISSING_SHARE * 100)},
        )


def _keys(
    connection: duckdb.DuckDBPyConnection, contract: Contract, table: str, found: dict[str, str]
) -> Iterator[Measure]:
    for key in ("record_id", "business_key"):
        if key not in found:
            continue
        repeated = f"{key} in (select {key} from {table} group by {key} having count(*) > 1)"
        value = number(connection, f"select count({key}) - count(distinct {key}) from {table}")
        yield Measure(
            suite=contract.id,
            kind="repeated_key",
            value=value,
            severity="block",
            owner="engineer",
            column=key,
            parameters={"column": key},
            failing=failing_of(contract, table, repeated, [], found) if value else None,
        )


LEDGER_COUNTS = ("rows_read", "rows_accepted", "rows_quarantined", "rows_repeated", "rows_layout", "rows_refused")
LEDGER_SHOWN = ("system_id", "contract_id", "status", "reason_code", *LEDGER_COUNTS)


@dataclass(frozen=True)
class _LedgerRule:
    """A rule for deliveries; ``broken`` is the SQL condition of one that needs somebody."""

    kind: str
    broken: str
    owner: Owner
    severity: Severity


LEDGER_RULES = (
    _LedgerRule("rows_accounted", f"{LEDGER_COUNTS[0]} <> {' + '.join(LEDGER_COUNTS[1:])}", "engineer", "block"),
    _LedgerRule("newest_refused", "is_newest and status = 'refused'", "department", "warn"),
    _LedgerRule("newest_stopped", "is_newest and status = 'stopped'", "department", "warn"),
)


def measure_ledger(connection: duckdb.DuckDBPyConnection, ledger: str, contracts: dict[str, Contract]) -> list[Measure]:
    """Whether every delivered row is accounted for, and what departments must hear about; ``ledger`` is a relation."""
    newest = "row_number() over (partition by system_id, contract_id order by delivered_at desc, path desc) = 1"
    relation = f"(select *, {newest} as is_newest from {ledger})"
    measures = [_ledger_measure(connection, relation, rule) for rule in LEDGER_RULES]
    shares = connection.execute(
        f"select contract_id, sum(rows_quarantined) / nullif(sum(rows_read), 0) from {ledger} "
        "where status = 'accepted' group by 1 order by 1"
    ).fetchall()
    for contract_id, share in shares:
        title = contracts[contract_id].title if contract_id in contracts else contract_id
        measures.append(
            Measure(
                suite="ledger",
                kind="quarantined_share",
                value=float(share or 0),
                severity="warn",
                owner="department",
                maximum=QUARANTINED_SHARE,
                column=contract_id,
                parameters={"contract": title, "percent": round(QUARANTINED_SHARE * 100)},
            )
        )
    return measures


def _ledger_measure(connection: duckdb.DuckDBPyConnection, relation: str, rule: _LedgerRule) -> Measure:
    value = number(connection, f"select count(*) from {relation} where {rule.broken}")
    shown = ", ".join(LEDGER_SHOWN)
    query = f"select path as file, null as row, null as record_id, {shown} from {relation} where {rule.broken}"
    failing = FailingRows(query, frozenset(LEDGER_SHOWN)) if value else None
    return Measure("ledger", rule.kind, value, rule.severity, rule.owner, failing=failing)


def measure_batches(
    connection: duckdb.DuckDBPyConnection, ledger: str, bronze: str, contract: Contract
) -> list[Measure]:
    """Batches whose rows in bronze are not exactly what the ledger says was accepted: a record lost or doubled."""
    joined = (
        f"(select l.path, l.contract_id, l.batch_id, l.records_accepted, coalesce(b.records, 0) as records_found "
        f"from (select * from {ledger} where status = 'accepted' and contract_id = '{contract.id}') l "
        f"left join (select batch_id, count(*) as records from {bronze} group by 1) b using (batch_id))"
    )
    condition = "records_found <> records_accepted"
    value = number(connection, f"select count(*) from {joined} where {condition}")
    shown = "batch_id, records_accepted, records_found"
    query = f"select path as file, null as row, null as record_id, {shown} from {joined} where {condition}"
    return [
        Measure(
            suite=contract.id,
            kind="batch_complete",
            value=value,
            severity="block",
            owner="engineer",
            failing=FailingRows(query, frozenset(shown.split(", "))) if value else None,
        )
    ]
