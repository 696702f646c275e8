"""What the tests of deliveries share: a release, a destination's declaration, what a receiver should have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import yaml

from lake.progress import Silent
from publication.delivery.declaration import Destination, load_destinations
from publication.delivery.deliver import deliver
from tests.publication.conftest import Lake

COLUMNS = {"文号": "decision_number", "名称": "counterpart_name", "代码": "uscc", "罚款": "fine_amount_yuan"}
PATIENCE = {"attempts": 3, "longest_wait_seconds": 0.1, "timeout_seconds": 5}


def declared(folder: Path, way_out: dict[str, Any], **item: Any) -> Destination:
    folder.mkdir(exist_ok=True)
    one = {
        "id": "receiver",
        "name": "接收方",
        "name_english": "Receiver",
        "way_out": way_out if way_out["kind"] == "folder" else {**way_out, "patience": PATIENCE},
        "items": [{"dataset": "public_penalty", "columns": COLUMNS, **item}],
    }
    (folder / "receiver.yaml").write_text(yaml.safe_dump({"destination": one}, allow_unicode=True, sort_keys=False))
    return load_destinations([folder])["receiver"]


def publish_with_keys(lake: Lake) -> Lake:
    """A release whose record ids and publicity system windows are public, as the real models have them."""
    model = lake.options.models_folder / "publicity" / "public_penalty.yml"
    text = model.read_text()
    for name in ("record_id", "necips_from_date"):
        text = text.replace(f"{name}, meta: {{sensitivity: internal}}", f"{name}, meta: {{sensitivity: public}}")
    model.write_text(text)
    lake.publish()
    return lake


def send(lake: Lake, destination: Destination, environment: dict[str, str]) -> Any:
    return deliver(lake.storage, destination, Silent(), environment)


def expected(lake: Lake) -> dict[str, tuple[str, ...]]:
    """Penalties of the current release by record: decision number and fine."""
    path = lake.file("parquet/public_penalty/all.parquet")
    rows = duckdb.sql(f"select record_id, decision_number, fine_amount_yuan::varchar from '{path}'").fetchall()
    return {key: tuple(values) for key, *values in rows}


def change_and_publish(lake: Lake) -> None:
    """One row gone, one changed, one new."""
    lake.change("delete from publicity.public_penalty where record_id like '%3' and record_id not like '%13'")
    lake.change("update publicity.public_penalty set fine_amount_yuan = 9 where record_id like '%04'")
    lake.change(
        "insert into publicity.public_penalty select 'p-new', * exclude (record_id) from publicity.public_penalty limit 1"
    )
    lake.publish()
