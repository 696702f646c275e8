"""The batch ledger: one row per delivery, and the commit point of everything a delivery brought.

A batch counts only once its ledger row is there; what a crash left in bronze before that is invisible and is finished,
not repeated, by the next run.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from lake.schema import LEDGER, LEDGER_TABLE
from lake.storage import Storage
from lake.tables import append_named, ensure, read

Mode = Literal["full_refresh", "increment", "correction"]
Status = Literal["accepted", "repeated", "refused", "stopped"]


DELIVERIES_TO_COMPACT = 100
"""Each delivery is a file of one row, and every feed that is taken reads them all."""


class Delivery(BaseModel):
    """A ledger row.

    Counts are rows of the file; ``records_accepted`` counts records, of which one row may give several.
    ``delivered_at`` is the file's time of last change, ``received_at`` when creditlake took it; both UTC. What was pulled
    from a service or a database says which delivery of its feed it ``follows`` (empty: the first) and how far it came.
    """

    model_config = ConfigDict(frozen=True)

    delivery_id: str
    batch_id: str
    system_id: str
    contract_id: str
    path: str
    source_digest: str
    byte_size: int
    format: str | None = None
    encoding: str | None = None
    layout: str | None = None
    header_mapping: str = "{}"
    unknown_columns: list[str] = []
    mode: Mode
    status: Status
    reason_code: str | None = None
    reason_parameters: str = "{}"
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_repeated: int = 0
    rows_layout: int = 0
    rows_refused: int = 0
    records_accepted: int = 0
    reasons: str = "{}"
    delivered_at: datetime
    received_at: datetime
    run_id: str
    contract_version: str
    follows: str | None = None
    pull_state: str | None = None

    @property
    def feed(self) -> tuple[str, str]:
        """System and contract."""
        return self.system_id, self.contract_id

    @property
    def is_committed(self) -> bool:
        """Whether the batch's rows count as data of the feed."""
        return self.status in {"accepted", "repeated"}


def digest_of(*parts: object) -> str:
    """32 hexadecimal characters of the SHA-256 of ``parts`` joined by ``|``: the form of every id of the lake."""
    return sha256("|".join(str(part) for part in parts).encode()).hexdigest()[:32]


def prepare(storage: Storage) -> None:
    """Create the ledger if it is not there yet."""
    ensure(storage, LEDGER_TABLE, LEDGER)


def append(storage: Storage, delivery: Delivery) -> bool:
    """Commit a delivery; False when it is already there, or when another delivery has its batch or its place.

    Only one delivery may follow another in a pulled feed: two runs that pull at once never both go on from one state.
    """
    names = [f"delivery:{delivery.delivery_id}"]
    if delivery.status == "accepted":
        names.append(f"batch:{delivery.batch_id}")
    if delivery.follows is not None and delivery.is_committed:
        names.append(f"after:{delivery.system_id}|{delivery.contract_id}|{delivery.follows}")
    row = pa.RecordBatch.from_pylist([delivery.model_dump()], schema=LEDGER)
    return append_named(storage, LEDGER_TABLE, [row], LEDGER, tuple(names), compact_every=DELIVERIES_TO_COMPACT)


def deliveries(storage: Storage) -> list[Delivery]:
    """All deliveries, oldest first by (delivered_at, path, source_digest)."""
    rows = read(storage, LEDGER_TABLE).to_pylist()
    found = [Delivery.model_validate({key: value for key, value in row.items() if value is not None}) for row in rows]
    return sorted(found, key=lambda one: (one.delivered_at, one.path, one.source_digest))


def pulled(found: Iterable[Delivery], feed: tuple[str, str]) -> list[Delivery]:
    """The committed deliveries that were pulled for a feed (system, contract), each behind the one it follows."""
    following = {one.follows: one for one in found if one.feed == feed and one.is_committed and one.follows is not None}
    chain: list[Delivery] = []
    while (one := following.get(chain[-1].delivery_id if chain else "")) is not None:
        chain.append(one)
    return chain


def current_batches(found: Iterable[Delivery]) -> set[str]:
    """Batches that count now: of a full-refresh feed the newest committed one, of others all of them.

    A correction is counted beside what it corrects. ``found`` must be sorted as ``deliveries`` gives it.
    """
    newest: dict[tuple[str, str], str] = {}
    counted: set[str] = set()
    for one in found:
        if not one.is_committed:
            continue
        if one.mode == "full_refresh":
            newest[one.feed] = one.batch_id
        else:
            counted.add(one.batch_id)
    return counted | set(newest.values())
