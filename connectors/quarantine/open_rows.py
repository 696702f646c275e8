"""Which quarantined rows are open: in a batch that counts, and not corrected by any row that came later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
from pydantic import BaseModel

from connectors.contract import load_contracts
from lake import ledger
from lake.duckdb_extensions import literal
from lake.ledger import Delivery
from lake.messages import catalogue, current_language, text
from lake.schema import QUARANTINE_TABLE, bronze_table
from lake.storage import Storage
from lake.tables import scan, version

FETCH_ROWS = 5_000
REASON_ROOMS = ("checks", "readers", "ingest")


@dataclass(frozen=True)
class Reason:
    """Why a row cannot be taken: the column (None: the row as a whole), a message code and its parameters."""

    column: str | None
    code: str
    parameters: dict[str, Any]

    def sentence(self, language: str | None = None) -> str:
        """The reason in words, in ``language`` or the current one."""
        known = catalogue(language or current_language())
        code = next((f"{room}.{self.code}" for room in REASON_ROOMS if f"{room}.{self.code}" in known), None)
        return text(code, language, **self.parameters) if code else self.code


class OpenRow(BaseModel):
    """An open row. ``original`` is header to text as found, or ``raw`` (and ``bytes_base64``) for an unreadable one."""

    quarantine_id: str
    system_id: str
    contract_id: str
    path: str
    source_digest: str
    source_row: int
    record_index: int
    original: dict[str, Any]
    column_name: str | None
    reason_code: str
    reason_parameters: dict[str, Any]
    further_reasons: list[dict[str, Any]]

    @property
    def reasons(self) -> list[Reason]:
        """All reasons, the first one first."""
        first = Reason(self.column_name, self.reason_code, self.reason_parameters)
        further = [
            Reason(one.get("column"), one["reason"], dict(one.get("parameters") or {})) for one in self.further_reasons
        ]
        return [first, *further]

    @property
    def is_raw(self) -> bool:
        """Whether the row could not even be split into cells."""
        return "raw" in self.original


class OpenCount(BaseModel):
    """Open rows of one feed, column and reason; the parameters are those that most of them (``rows_alike``) share."""

    system_id: str
    contract_id: str
    column_name: str | None
    reason_code: str
    reason_parameters: dict[str, Any]
    rows: int
    rows_alike: int


def open_counts(storage: Storage) -> list[OpenCount]:
    """All open rows, counted by their first reason."""
    with _database(storage) as connection:
        query = _open_query(connection, storage, None, None)
        if query is None:
            return []
        what = "system_id, contract_id, column_name, reason_code"
        counted = (
            f"SELECT {what}, arg_max(said, (alike, said)) AS reason_parameters, sum(alike)::BIGINT AS rows,"
            f" max(alike) AS rows_alike FROM (SELECT {what}, coalesce(reason_parameters, '{{}}') AS said,"
            f" count(*) AS alike FROM ({query}) GROUP BY ALL) GROUP BY {what} ORDER BY ALL"
        )
        result = connection.execute(counted)
        names = [column[0] for column in result.description]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return [OpenCount(**{**row, "reason_parameters": json.loads(row["reason_parameters"])}) for row in rows]


def open_feeds(storage: Storage) -> dict[tuple[str, str], int]:
    """Number of open rows of each feed (system, contract) that has any."""
    with _database(storage) as connection:
        query = _open_query(connection, storage, None, None)
        if query is None:
            return {}
        counted = f"SELECT system_id, contract_id, count(*) FROM ({query}) GROUP BY ALL ORDER BY ALL"
        return {(system, contract): count for system, contract, count in connection.execute(counted).fetchall()}


def open_rows(storage: Storage, system_id: str | None = None, contract_id: str | None = None) -> Iterator[OpenRow]:
    """Open rows, in the order of the deliveries and their rows; streamed."""
    paths = {one.batch_id: one.path for one in ledger.deliveries(storage)}
    with _database(storage) as connection:
        query = _open_query(connection, storage, system_id, contract_id)
        if query is None:
            return
        result = connection.execute(f"{query} ORDER BY system_id, contract_id, batch_id, source_row, record_index")
        names = [column[0] for column in result.description]
        while rows := result.fetchmany(FETCH_ROWS):
            for row in rows:
                yield _open_row(dict(zip(names, row, strict=True)), paths)


def _open_row(row: dict[str, Any], paths: dict[str, str]) -> OpenRow:
    for name in ("original", "reason_parameters", "further_reasons"):
        row[name] = json.loads(row[name] or ("[]" if name == "further_reasons" else "{}"))
    return OpenRow(path=paths[row.pop("batch_id")], **row)


def _open_query(
    connection: duckdb.DuckDBPyConnection, storage: Storage, system_id: str | None, contract_id: str | None
) -> str | None:
    """SQL of the open rows, None when no batch counts yet."""
    found = ledger.deliveries(storage)
    current = ledger.current_batches(found)
    if not current or version(storage, QUARANTINE_TABLE) is None:
        return None
    corrected = _corrected_query(connection, storage, found)
    conditions = [f"batch_id IN ({_literals(current)})", f"quarantine_id NOT IN ({corrected})"]
    if system_id is not None:
        conditions.append(f"system_id = {literal(system_id)}")
    if contract_id is not None:
        conditions.append(f"contract_id = {literal(contract_id)}")
    names = ", ".join(["batch_id", *(name for name in OpenRow.model_fields if name != "path")])
    relation = scan(connection, storage, QUARANTINE_TABLE)
    return f"SELECT {names} FROM {relation} WHERE {' AND '.join(conditions)}"


def _corrected_query(connection: duckdb.DuckDBPyConnection, storage: Storage, found: list[Delivery]) -> str:
    """Ids of the quarantined rows that a later row put right, or took the place of."""
    corrections = [one for one in found if one.mode == "correction" and one.is_committed]
    batches = _literals({one.batch_id for one in corrections})
    contracts = {one.contract_id for one in corrections} & set(load_contracts())
    tables = [bronze_table(contract) for contract in sorted(contracts)]
    if not tables:
        return "SELECT NULL::VARCHAR WHERE false"
    return " UNION ALL ".join(
        f"SELECT corrects FROM {scan(connection, storage, table)}"
        f" WHERE corrects IS NOT NULL AND batch_id IN ({batches})"
        for table in [*tables, QUARANTINE_TABLE]
    )


def _literals(values: set[str]) -> str:
    return ", ".join(literal(value) for value in sorted(values))


@contextmanager
def _database(storage: Storage) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        yield connection
