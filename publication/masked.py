"""Codes and numbers that were masked on their way out: the department has to say what belongs there."""

from __future__ import annotations

import duckdb
from pydantic import BaseModel, ConfigDict

from lake.duckdb_extensions import load_extension
from publication.dataset import Dataset, contract_column_texts, load_datasets

_MASKED = """
select rows.record_id, rows.contract_id, rows.system_id, rows.source_row, masked.masked_columns
from {table} as masked
inner join staging.stg_{contract} as rows on {matched}
where masked.masked_columns is not null and ($contract is null or rows.contract_id = $contract)
"""

SHARED_TABLE = "publicity.shared_list_entry"
"""What departments are given of listings, before it is split by department."""


class MaskedRecord(BaseModel):
    """A record with a personal value, or no code at all, where a code or number belongs; ``columns`` by their titles."""

    model_config = ConfigDict(frozen=True)

    record_id: str
    contract_id: str
    system_id: str
    source_row: int
    columns: tuple[str, ...]


def masked(connection: duckdb.DuckDBPyConnection, contract: str | None, limit: int) -> tuple[int, list[MaskedRecord]]:
    """How many released records have such cells, and at most ``limit`` of them; ``connection`` is the warehouse."""
    load_extension(connection, "delta")  # newest records of types that share staging are views over the lake
    # What is part of another dataset holds nothing of a record that could be masked.
    parts = [_masked_of(dataset) for dataset in load_datasets() if dataset.part_of is None]
    parts.append(_MASKED.format(table=SHARED_TABLE, contract="list_entry", matched="masked.record_id = rows.record_id"))
    every = " union ".join(parts)
    query = f"select * from ({every}) order by contract_id, system_id, record_id"
    rows = connection.execute(query, {"contract": contract}).fetchall()
    return len(rows), [_record(*row) for row in rows[:limit]]


def _masked_of(dataset: Dataset) -> str:
    matched = "masked.record_id = rows.record_id"
    if dataset.is_profile:
        matched = "rows.record_id = (select record_id from identity.enterprise where uscc = masked.uscc)"
    return _MASKED.format(table=dataset.table, contract=dataset.contract, matched=matched)


def _record(record_id: str, contract_id: str, system_id: str, source_row: int, names: str) -> MaskedRecord:
    texts = contract_column_texts(contract_id)
    columns = tuple(texts[name].title for name in names.split(", "))
    return MaskedRecord(
        record_id=record_id, contract_id=contract_id, system_id=system_id, source_row=source_row, columns=columns
    )
