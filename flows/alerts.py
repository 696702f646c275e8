"""Late and failed runs raise an alert: one Prefect automation per address, kept equal to the settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.client.schemas.sorting import AutomationSort
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture

from flows.alert_block import Alert
from flows.schedule import TAG
from lake.messages import text

MOST_AUTOMATIONS = 200
PREFIX = "creditlake-alert-"
EVENTS = {
    "prefect.flow-run.Failed",
    "prefect.flow-run.Crashed",
    "prefect.flow-run.TimedOut",
    "prefect.flow-run.Late",
}


def apply_alerts(addresses: Sequence[str]) -> None:
    """Make the server alert exactly ``addresses`` (apprise URLs), in the current language."""
    names = {f"{PREFIX}{sha256(address.encode()).hexdigest()[:8]}": address for address in addresses}
    _remove_all()
    for name, address in names.items():
        block = Alert(url=address, notify_type="failure")
        block_id = block.save(name, overwrite=True)
        _automation(name, block_id).create()


def _automation(name: str, block_id: object) -> Automation:
    trigger = EventTrigger(
        expect=EVENTS,
        match={"prefect.resource.id": "prefect.flow-run.*"},
        match_related={"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{TAG}"},
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )
    action = SendNotification(
        block_document_id=block_id, subject=text("flows.alert_subject"), body=text("flows.alert_body")
    )
    return Automation(name=name, description=text("flows.alert_about"), trigger=trigger, actions=[action])


def _remove_all() -> None:
    """What an automation says may have changed with the version or the language, so all are made anew."""
    with get_client(sync_client=True) as client:
        for found in client.read_automations(sort=AutomationSort.NAME_ASC, limit=MOST_AUTOMATIONS):
            if found.name.startswith(PREFIX):
                client.delete_automation(found.id)
