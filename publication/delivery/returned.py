"""Rows that a receiver gives back later, in files of its own: the newest word of each, from the feed ``delivery_rejection`` of
the source that bears the destination's id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import duckdb
from pydantic import BaseModel, ConfigDict

from lake.ledger import current_batches, deliveries
from lake.schema import LEDGER_TABLE, bronze_table
from lake.storage import Storage
from lake.tables import scan, version
from publication.delivery.declaration import Destination
from publication.delivery.receipts import Receipt, Rejection
from publication.difference import side_of
from publication.manifest import Manifest
from publication.parts import quoted
from publication.releases import release_folder
from publication.render import sql_text

CONTRACT = "delivery_rejection"
TAKEN = "接收"
_NEWEST = """
select record_key, rejection_code, rejection_reason, dataset, release_version, file_name, rejected_at
from {table} where system_id = $system and batch_id in (select unnest($batches))
qualify row_number() over (
    partition by record_key order by coalesce(rejected_at, source_updated_at, ingested_at) desc, content_digest) = 1
    and coalesce(outcome, '') <> '{taken}'
order by record_key
"""


class Returned(BaseModel):
    """A row as the receiver names it, and what it says of it; ``rejected_at`` with its zone."""

    model_config = ConfigDict(frozen=True)

    record_key: str
    rejection_code: str | None
    rejection_reason: str | None
    dataset: str | None
    release_version: str | None
    file_name: str | None
    rejected_at: datetime | None


def returned(lake: Storage, destination: str) -> list[Returned]:
    """What a receiver gave back and has not taken since; by key."""
    table = bronze_table(CONTRACT)
    if version(lake, table) is None or version(lake, LEDGER_TABLE) is None:
        return []
    batches = sorted(current_batches(deliveries(lake)))
    with duckdb.connect() as connection:
        lake.duckdb_setup(connection)
        query = _NEWEST.format(table=scan(connection, lake, table), taken=TAKEN)
        found = connection.execute(query, {"system": destination, "batches": batches}).to_arrow_table().to_pylist()
    return [Returned.model_validate(row) for row in found]


def release_of(one: Returned, receipts: Sequence[Receipt]) -> str | None:
    """The release that the row came with: as it says, or as its file is named, else the newest delivered before its day."""
    for receipt in reversed(receipts):
        if receipt.release == one.release_version or receipt.release in (one.file_name or ""):
            return receipt.release
    at = one.rejected_at or datetime.max.replace(tzinfo=UTC)
    earlier = [receipt.release for receipt in receipts if receipt.finished_at <= at] or [
        one.release for one in receipts[:1]
    ]
    return earlier[-1] if earlier else None


def rejections_of(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    destination: Destination,
    release: Manifest | None,
    found: Sequence[Returned],
) -> Iterator[Rejection]:
    """The rows by the keys of the datasets that the destination is given; one that none of them knows stays under the name
    that the receiver gives it."""
    known: dict[str, Rejection] = {}
    words = {one.record_key: (one.rejection_code or "", one.rejection_reason or "") for one in found}
    for dataset in sorted({item.dataset for item in destination.items}) if release else ():
        side = side_of(release, dataset)
        if side.dataset is None or release is None:
            continue
        folder, names = release_folder(release.version), side.dataset.key
        keys = ", ".join(f"{quoted(name)}::varchar" for name in names)
        places = ", ".join(
            sql_text(storage.url(f"{folder}/{file.path}")) for file in release.files_of(dataset, "parquet")
        )
        rows = f"select concat_ws('/', {keys}) as written, {keys} from read_parquet([{places}])"
        query = f"from ({rows}) where written in (select unnest(?))"
        for written, *key in connection.execute(query, [list(words)]).fetchall() if places else ():
            code, reason = words[written]
            known[written] = Rejection(
                dataset=dataset, key=dict(zip(names, map(str, key), strict=True)), code=code, reason=reason
            )
    for one in found:
        code, reason = words[one.record_key]
        yield known.get(one.record_key) or Rejection(
            dataset=one.dataset or "", key={"record_key": one.record_key}, code=code, reason=reason
        )
