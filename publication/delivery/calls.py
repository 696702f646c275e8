"""Deliveries as calls to a service: batches of JSON, each under a key of its own, so that a repeated call changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote

import httpx
import stamina

from connectors.transports.authentication import authenticator
from connectors.transports.declaration import OAuth2, resolved
from connectors.transports.errors import SystemAwayError, SystemRefusedError
from connectors.transports.records import at
from publication.delivery.declaration import CallItem, HttpDestination
from publication.delivery.receipts import Rejection, Unit
from publication.delivery.rows import Row, Selection
from publication.delivery.sending import Errand, unit_name
from publication.manifest import sha256_of


class CallsOut:
    """``POST`` with the header ``Idempotency-Key``; rows that the answer rejects are written down with its words."""

    def __init__(self, destination: HttpDestination, errand: Errand) -> None:
        self._destination = destination
        self._errand = errand
        way = destination.way_out
        declared = way.authentication
        token = resolved(declared.token_address, errand.environment) if isinstance(declared, OAuth2) else ""
        self._client = httpx.Client(
            auth=authenticator(declared, errand.variable, token),
            headers={name: resolved(value, errand.environment) for name, value in way.headers.items()},
            timeout=way.patience.timeout_seconds,
            verify=httpx.create_ssl_context(verify=way.certificates) if way.certificates else True,
        )

    def send(self, number: int, selection: Selection) -> Iterator[Unit]:
        """Batches of up to ``batch`` rows of a part."""
        item = self._destination.items[number]
        for part in selection.parts:
            waiting, place = selection.rows(part), 0
            while rows := tuple(islice(waiting, item.batch)):
                # By its rows too: a batch cut otherwise, after the declaration changed, is another one.
                name = unit_name(item.dataset, part, str(place), sha256_of(repr(rows).encode())[:12])
                yield self._once(item, part, name, rows)
                place += 1

    def _once(self, item: CallItem, part: str, name: str, rows: tuple[Row, ...]) -> Unit:
        return self._errand.once(name, lambda: self._call(item, part, name, rows))

    def _call(self, item: CallItem, part: str, name: str, rows: tuple[Row, ...]) -> Unit:
        begun = self._errand.begun
        body = {
            "release": begun.release,
            "dataset": item.dataset,
            "rows": [{"kind": row.kind, "key": row.key, **self._values(item, row)} for row in rows],
        }
        address = resolved(self._destination.way_out.address, self._errand.environment).rstrip("/")
        path = item.path.replace("{part}", quote(part, safe="")).lstrip("/")
        answer = self._post(f"{address}/{path}".rstrip("/"), body, quote(f"{begun.destination}/{begun.release}/{name}"))
        receipt = at(answer, item.receipt) if item.receipt else None
        rejected = tuple(self._rejections(item, answer, rows))
        return Unit(
            name=name, rows=len(rows), receiver_receipt=None if receipt is None else str(receipt), rejected=rejected
        )

    @staticmethod
    def _values(item: CallItem, row: Row) -> dict[str, Any]:
        if row.kind == "removed":
            return {}
        return {"values": {heading: row.values[column] for heading, column in item.columns.items()}}

    def _rejections(self, item: CallItem, answer: Any, rows: tuple[Row, ...]) -> Iterator[Rejection]:
        keys = list(rows[0].key)
        for one in (at(answer, item.rejected) if item.rejected else None) or ():
            yield Rejection(
                dataset=item.dataset,
                key={name: str(at(one, name) or "") for name in keys},
                code=str(at(one, item.code) or ""),
                reason=str(at(one, item.reason) or ""),
            )

    def _post(self, address: str, body: dict[str, Any], key: str) -> Any:
        patience = self._destination.way_out.patience
        for attempt in stamina.retry_context(
            on=SystemAwayError,
            attempts=patience.attempts,
            timeout=None,
            wait_max=max(1.0, patience.longest_wait_seconds),
        ):
            with attempt:
                return self._posted(address, body, key)
        raise AssertionError("unreachable")

    def _posted(self, address: str, body: dict[str, Any], key: str) -> Any:
        named = {"destination": self._destination.id, "address": address}
        try:
            response = self._client.post(address, json=body, headers={"Idempotency-Key": key})
        except httpx.HTTPError as error:
            raise SystemAwayError("delivery.service_away", **named, detail=f"{type(error).__name__} {error}") from error
        if response.is_server_error or response.status_code in {408, 425, 429}:
            raise SystemAwayError("delivery.service_away", **named, detail=str(response.status_code))
        if not response.is_success:
            raise SystemRefusedError("delivery.service_refused", **named, status=response.status_code)
        try:
            return response.json() if response.content else {}
        except ValueError as error:
            # It may have taken the rows: the same call again is safe, since it has the same key.
            raise SystemAwayError("delivery.service_away", **named, detail="JSON") from error
