"""Small lakes for the tests: bronze as ingest writes it, from rows given as dictionaries."""

from __future__ import annotations

import hashlib
import json
import shutil
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.contract import arrow_schema, load_contract, load_contracts
from lake.ledger import Delivery, append, digest_of
from lake.ledger import prepare as prepare_ledger
from lake.record_ids import id_prefix, record_id
from lake.schema import QUARANTINE, QUARANTINE_TABLE, bronze_schema, bronze_table
from lake.settings import Settings, load_settings
from lake.storage import Storage, open_storage
from lake.tables import append_once, ensure

FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Lake:
    """A lake in a temporary folder."""

    folder: Path
    settings: Settings = field(init=False)
    storage: Storage = field(init=False)
    deliveries: int = 0

    def __post_init__(self) -> None:
        self.settings = load_settings(lake_url=str(self.folder / "lake"), threads=1)
        self.storage = open_storage(self.settings)
        prepare_ledger(self.storage)
        ensure(self.storage, QUARANTINE_TABLE, QUARANTINE)
        for contract in load_contracts().values():
            ensure(self.storage, bronze_table(contract.id), bronze_schema(arrow_schema(contract)))

    def deliver(
        self,
        contract_id: str,
        rows: list[dict[str, Any]],
        *,
        system_id: str = "示例市局",
        mode: str = "increment",
        layout: str = "",
        day: int | None = None,
        commit: bool = True,
    ) -> str:
        """A file with ``rows``, delivered on ``day`` (default: one a day); gives its batch id."""
        self.deliveries += 1
        digest = hashlib.sha256(json.dumps([rows, layout], default=str, sort_keys=True).encode()).hexdigest()
        batch_id = digest_of(system_id, contract_id, digest)
        place = {"system_id": system_id, "source_digest": digest, "batch_id": batch_id, "layout": layout}
        found = [self._bronze(contract_id, row, number, place) for number, row in enumerate(rows)]
        schema = bronze_schema(arrow_schema(load_contract(contract_id)))
        is_new = append_once(
            self.storage, bronze_table(contract_id), [pa.RecordBatch.from_pylist(found, schema)], schema, batch_id
        )
        if commit:
            delivered_at = FIRST_DAY + timedelta(days=self.deliveries if day is None else day)
            append(
                self.storage,
                self._delivery(contract_id, system_id, digest, batch_id, mode, is_new, delivered_at, len(rows)),
            )
        return batch_id

    def quarantine(self, contract_id: str, batch_id: str, original: dict[str, Any], number: int) -> str:
        """A quarantined row of a batch; gives its id."""
        quarantine_id = digest_of("quarantine", batch_id, number)
        row = {"quarantine_id": quarantine_id, "batch_id": batch_id, "contract_id": contract_id,
               "original": json.dumps(original, ensure_ascii=False), "source_row": number}  # fmt: skip
        append_once(
            self.storage, QUARANTINE_TABLE, [pa.RecordBatch.from_pylist([row], QUARANTINE)], QUARANTINE, quarantine_id
        )
        return quarantine_id

    def _bronze(self, contract_id: str, row: dict[str, Any], number: int, place: dict[str, Any]) -> dict[str, Any]:
        columns = load_contract(contract_id).column_names
        content = json.dumps({name: row.get(name) for name in columns}, default=str, sort_keys=True)
        return {
            **{"notes": [], "corrects": None, "record_index": 0},
            **row,
            **place,
            "record_id": record_id(id_prefix(place["system_id"], contract_id, place["source_digest"]), number + 2),
            "contract_id": contract_id,
            "source_row": number + 2,
            "content_digest": hashlib.md5(content.encode(), usedforsecurity=False).hexdigest(),
            "ingested_at": FIRST_DAY,
        }

    def _delivery(
        self,
        contract_id: str,
        system_id: str,
        digest: str,
        batch_id: str,
        mode: str,
        is_new: bool,
        at: datetime,
        rows: int,
    ) -> Delivery:
        return Delivery.model_validate(
            {
                "delivery_id": digest_of(system_id, contract_id, self.deliveries, digest, at),
                "batch_id": batch_id,
                "system_id": system_id,
                "contract_id": contract_id,
                "path": f"{system_id}/{contract_id}/{self.deliveries:05d}.csv",
                "source_digest": digest,
                "byte_size": 1,
                "rows_read": rows,
                "rows_accepted": rows,
                "records_accepted": rows,
                "mode": mode,
                "status": "accepted" if is_new else "repeated",
                "delivered_at": at,
                "received_at": at,
                "run_id": "test",
                "contract_version": "1.0.0",
            }
        )


class KeptLake:
    """A lake as it was made, put back in its place for each test that changes it: making it anew takes ten seconds."""

    def __init__(self, lake: Lake) -> None:
        self._lake, self._kept = lake, lake.folder.with_name(lake.folder.name + "-kept")
        shutil.copytree(lake.folder, self._kept)

    def restored(self) -> Lake:
        """The lake, in its own folder, as if nothing had happened since it was made."""
        shutil.rmtree(self._lake.folder)
        shutil.copytree(self._kept, self._lake.folder)
        return copy(self._lake)
