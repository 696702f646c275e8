"""What source declarations say about publicity, brought into the lake, where the models of every engine read it."""

from __future__ import annotations

import hashlib
import json

import pyarrow as pa

from connectors.contract import arrow_schema, load_contracts
from connectors.source import load_sources
from lake.schema import (
    FIRST_PUBLICATION,
    FIRST_PUBLICATION_TABLE,
    PUBLICITY_NOTICE,
    PUBLICITY_NOTICE_TABLE,
    bronze_schema,
    bronze_table,
)
from lake.settings import Settings
from lake.storage import Storage
from lake.tables import ensure, overwrite_once, read, version


def bring_up(settings: Settings, storage: Storage) -> None:
    """Write the departments' notices of publicity anew where they differ, and see that what releases note is there.

    Raises ``TerminalError`` for a declaration that cannot be read.
    """
    ensure(storage, FIRST_PUBLICATION_TABLE, FIRST_PUBLICATION)
    ensure(storage, PUBLICITY_NOTICE_TABLE, PUBLICITY_NOTICE)
    rows = [
        {"system_id": source.id, **notice.model_dump()}
        for source in load_sources(settings.sources, load_contracts()).values()
        for notice in source.publicity_notices
    ]
    table = pa.Table.from_pylist(rows, PUBLICITY_NOTICE)
    found = read(storage, PUBLICITY_NOTICE_TABLE)
    if _content(found) == _content(table):
        return
    # Named after what was there too: a statement that was taken back may come again.
    change = json.dumps([_content(found), _content(table)], default=str)
    transaction = f"notices:{hashlib.sha256(change.encode()).hexdigest()}"
    overwrite_once(storage, PUBLICITY_NOTICE_TABLE, table.to_batches() or _nothing(), PUBLICITY_NOTICE, transaction)


def widen_tables(storage: Storage) -> None:
    """Bring bronze tables to today's contracts: columns that a contract has gained since are there, null.

    Raises ``TerminalError`` when a table has columns that its contract lost.
    """
    for contract in load_contracts().values():
        if version(storage, bronze_table(contract.id)) is not None:
            ensure(storage, bronze_table(contract.id), bronze_schema(arrow_schema(contract)))


def _content(table: pa.Table) -> list[list[object]]:
    return sorted(([row[name] for name in PUBLICITY_NOTICE.names] for row in table.to_pylist()), key=str)


def _nothing() -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_pylist([], PUBLICITY_NOTICE)]
