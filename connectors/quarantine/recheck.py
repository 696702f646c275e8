"""Another try for open rows after the contract has changed: what it accepts now comes in as a correction."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

import duckdb
import pyarrow as pa
from pydantic import BaseModel

from connectors.checks import plan
from connectors.checks.headers import Pin
from connectors.contract import Contract, arrow_schema
from connectors.ingest.flags import read_flags
from connectors.ingest.reading import PAGE_FORMAT, few_rows
from connectors.ingest.stamping import Origin, stamp_records
from connectors.quarantine.open_rows import OpenRow, open_feeds, open_rows
from connectors.readers.model import TextBatch, text_batch
from connectors.source import Feed, Source
from lake import ledger
from lake.errors import TerminalError
from lake.ledger import Delivery, digest_of
from lake.schema import bronze_schema, bronze_table
from lake.storage import Storage
from lake.tables import append_once


class ReplayResult(BaseModel):
    """What a replay of one feed gave: rows tried, rows that are accepted now, rows that stay open."""

    system_id: str
    contract_id: str
    tried: int
    accepted: int
    still_open: int


def replay(
    storage: Storage, contracts: Mapping[str, Contract], sources: Mapping[str, Source], run_id: str
) -> list[ReplayResult]:
    """Check all open rows against today's contracts; each feed's accepted rows are one batch, landed exactly once.

    Raises ``TransientError`` when the lake is away or full; the next replay then goes on.
    """
    results = []
    pages = frozenset(one.source_digest for one in ledger.deliveries(storage) if one.format == PAGE_FORMAT)
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        for system_id, contract_id in open_feeds(storage):
            contract, rows = contracts[contract_id], list(open_rows(storage, system_id, contract_id))
            source = sources.get(system_id)
            feed = source.feed(contract_id) if source else None
            accepted = _checked(connection, contract, feed, rows, pages)
            if accepted.num_rows:
                _land(storage, contract, system_id, accepted, run_id)
            count = len(set(accepted["corrects"].to_pylist()))
            results.append(
                ReplayResult(
                    system_id=system_id,
                    contract_id=contract_id,
                    tried=len(rows),
                    accepted=count,
                    still_open=len(rows) - count,
                )
            )
    return results


def _checked(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    feed: Feed | None,
    rows: list[OpenRow],
    pages: frozenset[str],
) -> pa.Table:
    """The rows that the contract accepts now, as bronze rows; the batch's own columns are filled by ``_land``.

    ``pages`` are the digests of files of web pages, which are read more leniently.
    """
    schema = bronze_schema(arrow_schema(contract))
    accepted = [schema.empty_table()]

    def place(row: OpenRow) -> tuple[str, tuple[str, ...]]:
        return row.source_digest, tuple(row.original)

    readable = sorted((row for row in rows if not row.is_raw), key=place)
    for (digest, header), group in itertools.groupby(readable, key=place):
        group_of_file = partial(_check_group, connection, contract, feed, digest=digest, is_page=digest in pages)
        accepted.append(group_of_file(header=header, rows=list(group)))
    return pa.concat_tables(accepted)


def _check_group(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    feed: Feed | None,
    *,
    digest: str,
    is_page: bool,
    header: tuple[str, ...],
    rows: list[OpenRow],
) -> pa.Table:
    """Rows of one file with one header. Each is checked under its number in ``rows``, then gets its place back."""
    schema = bronze_schema(arrow_schema(contract))
    pins: dict[str, Pin] = dict(feed.header.pins) if feed else {}
    texts = [pa.array([row.original[name] for row in rows], pa.string()) for name in header]
    batch = TextBatch(text_batch(texts), pa.array(range(len(rows)), pa.int64()))
    flags = read_flags(feed.flags if feed else None, header)
    if flags is not None:
        batch, header = flags.judge(batch), flags.header
    try:
        known = {text: column for text, column in pins.items() if text in header}
        check_plan = plan(contract, header, known, few_rows(batch).columns.columns, is_page=is_page)
    except TerminalError:
        return schema.empty_table()
    checked = check_plan.run(connection, batch.columns, batch.source_rows).accepted
    numbers = checked["source_row"].to_pylist()
    at_home = pa.array([rows[number].source_row for number in numbers], pa.int64())
    accepted = checked.set_column(checked.schema.get_field_index("source_row"), "source_row", at_home)
    origin = Origin(rows[0].system_id, contract.id, digest, "", datetime.now(UTC))
    layout = check_plan.match.layout.name
    stamped = stamp_records(origin, accepted, layout=layout, schema=schema, corrections={})
    ids = pa.array([rows[number].quarantine_id for number in numbers], pa.string())
    return stamped.set_column(schema.get_field_index("corrects"), schema.field("corrects"), ids)


def _land(storage: Storage, contract: Contract, system_id: str, accepted: pa.Table, run_id: str) -> None:
    """Bronze, then ledger. The batch is named after the rows it corrects, so that two replays land it once."""
    corrected = sorted(set(accepted["corrects"].to_pylist()))
    digest = sha256("|".join(corrected).encode()).hexdigest()
    batch_id = digest_of(system_id, contract.id, digest)
    named = pa.array([batch_id] * accepted.num_rows, pa.string())
    rows = accepted.set_column(accepted.schema.get_field_index("batch_id"), accepted.schema.field("batch_id"), named)
    append_once(storage, bronze_table(contract.id), rows.to_batches(), rows.schema, batch_id)
    delivery = _delivery(
        contract, system_id, digest=digest, batch_id=batch_id, corrected=corrected, rows=rows, run_id=run_id
    )
    ledger.append(storage, delivery)


def _delivery(
    contract: Contract,
    system_id: str,
    *,
    digest: str,
    batch_id: str,
    corrected: Iterable[str],
    rows: pa.Table,
    run_id: str,
) -> Delivery:
    now, count = datetime.now(UTC), len(list(corrected))
    return Delivery(
        delivery_id=digest_of(system_id, contract.id, "replay", digest),
        batch_id=batch_id,
        system_id=system_id,
        contract_id=contract.id,
        path=f"quarantine/{batch_id}",
        source_digest=digest,
        byte_size=0,
        format="replay",
        layout=", ".join(sorted(set(rows["layout"].to_pylist()))),
        mode="correction",
        status="accepted",
        rows_read=count,
        rows_accepted=count,
        records_accepted=rows.num_rows,
        delivered_at=now,
        received_at=now,
        run_id=run_id,
        contract_version=contract.version,
    )
