"""The example region as bronze, straight from its generator: what ingest would accept of its files, without the files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

import duckdb
import numpy as np
import pyarrow as pa

from connectors.checks import CheckPlan, plan
from connectors.contract import Contract, arrow_schema, load_contracts
from connectors.ingest.stamping import Origin, stamp_records
from example_region.feeds import FEEDS, Feed
from example_region.rows import Rows
from lake import ledger
from lake.ledger import Delivery, digest_of
from lake.schema import QUARANTINE, QUARANTINE_TABLE, bronze_schema, bronze_table
from lake.storage import Storage
from lake.tables import append_once, ensure

REGISTER = frozenset({"enterprise_registration", "registration_change"})
BLOCK = 20_000
"""Enterprises made at a time."""
SEED = 1


def prepare(storage: Storage) -> None:
    """Empty tables for every record type, as a first run of ingest leaves them."""
    for contract in load_contracts().values():
        ensure(storage, bronze_table(contract.id), bronze_schema(arrow_schema(contract)))
    ensure(storage, QUARANTINE_TABLE, QUARANTINE)
    ledger.prepare(storage)


def deliver(storage: Storage, count: int, start: int, end: int, *, register: bool) -> dict[str, int]:
    """Deliver what all feeds say of the enterprises ``start`` to ``end`` of a region of ``count``; records by contract.

    ``register``: the feeds of the register, else those of all other records.
    """
    contracts, records = load_contracts(), dict[str, int]()
    feeds = [feed for feed in FEEDS if (feed.contract_id in REGISTER) is register]
    with duckdb.connect(config={"threads": 1}) as connection:
        for feed in feeds:
            taken = _deliver(storage, connection, contracts[feed.contract_id], feed, (count, start, end))
            records[feed.contract_id] = records.get(feed.contract_id, 0) + taken
    return records


def _deliver(
    storage: Storage,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    feed: Feed,
    region: tuple[int, int, int],
) -> int:
    """One feed as one delivery: its clean rows, each once."""
    name = f"{feed.system_id}/{feed.contract_id} {region}"
    digest = sha256(name.encode()).hexdigest()
    now = datetime.now(UTC)
    batch_id = digest_of(feed.system_id, feed.contract_id, digest)
    origin = Origin(feed.system_id, feed.contract_id, digest, batch_id, now)
    counted = [0]
    schema = bronze_schema(arrow_schema(contract))

    def batches() -> Iterator[pa.RecordBatch]:
        for table in _checked(connection, contract, feed, region, origin):
            counted[0] += table.num_rows
            yield from table.to_batches()

    append_once(storage, bronze_table(feed.contract_id), batches(), schema, batch_id)
    delivery = Delivery(
        delivery_id=digest_of(name),
        batch_id=batch_id,
        system_id=feed.system_id,
        contract_id=feed.contract_id,
        path=name,
        source_digest=digest,
        byte_size=0,
        mode="increment",
        status="accepted",
        rows_read=counted[0],
        rows_accepted=counted[0],
        records_accepted=counted[0],
        delivered_at=now,
        received_at=now,
        run_id="benchmark",
        contract_version=contract.version,
    )
    ledger.append(storage, delivery)
    return counted[0]


def _checked(
    connection: duckdb.DuckDBPyConnection, contract: Contract, feed: Feed, region: tuple[int, int, int], origin: Origin
) -> Iterator[pa.Table]:
    """Rows as the contract's checks leave them, a block of enterprises at a time."""
    count, start, end = region
    schema, row = bronze_schema(arrow_schema(contract)), 0
    check_plan: CheckPlan | None = None
    for at in range(start, end, BLOCK):
        rows = feed.make(SEED, count, np.arange(at, min(at + BLOCK, end)))
        batch = _clean(rows)
        if not batch.num_rows:
            continue
        check_plan = check_plan or plan(contract, list(rows.columns))
        numbers = pa.array(np.arange(row, row + batch.num_rows))
        row += batch.num_rows
        accepted = check_plan.run(connection, batch, numbers).accepted
        yield stamp_records(origin, accepted, layout=check_plan.match.layout.name, schema=schema, corrections={})


def _clean(rows: Rows) -> pa.RecordBatch:
    """The rows that no dirt of a line or a cell would keep out, as cells of text, each once."""
    kept = rows.take(np.flatnonzero(rows.is_clean & ~rows.repeats))
    return pa.record_batch(list(kept.columns.values()), names=[f"c{number}" for number in range(len(kept.columns))])
