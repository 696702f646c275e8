"""Every way of signing in to a service, right and wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.department_service import Department, expires_token
from tests.connectors.pulling_place import PullingPlace, record
from tests.connectors.services import declare, problems

SIGNED_IN: dict[str, dict[str, Any]] = {
    "header": {"kind": "api_key", "key_variable": "BUREAU_KEY", "header": "X-Api-Key"},
    "parameter": {"kind": "api_key", "key_variable": "BUREAU_KEY", "parameter": "key"},
    "oauth2": {"kind": "oauth2", "client_id_variable": "BUREAU_KEY", "client_secret_variable": "BUREAU_SECRET"},
    "hmac": {"kind": "hmac", "key_id_variable": "BUREAU_KEY", "secret_variable": "BUREAU_SECRET"},
}


@pytest.mark.parametrize("way", SIGNED_IN)
def test_every_way_of_signing_in(
    place: PullingPlace, department: Department, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    department.sign_in, department.records = way, [record(number) for number in range(1, 16)]
    authentication = dict(SIGNED_IN[way])
    if way == "oauth2":
        authentication["token_address"] = f"{department.address}/token"
    declare(place, department, "number", authentication=authentication)
    place.pull()
    assert place.numbers() == list(range(1, 16))
    monkeypatch.setenv("BUREAU_KEY", "wrong")
    monkeypatch.setenv("BUREAU_SECRET", "wrong")
    told = place.pull().not_taken[0]
    assert told.code == ("transports.token_refused" if way == "oauth2" else "transports.not_authorised")
    assert "wrong" not in str(told.parameters)
    monkeypatch.delenv("BUREAU_KEY")
    assert problems(place) == ["transports.variable_missing"]


@pytest.mark.parametrize("sends", ["form", "json"])
def test_a_service_that_wants_its_parameters_in_the_body(
    place: PullingPlace, department: Department, sends: str
) -> None:
    department.sign_in, department.records = "hmac of the body", [record(number) for number in range(1, 36)]
    authentication = {**SIGNED_IN["hmac"], "signed": "{path}\n{body_sha256}\n{timestamp}\n{nonce}"}
    paging = {"kind": "page_number", "total": "data.total", "parameter": "paging.page" if sends == "json" else "page"}
    request = {
        "path": "number",
        "sends": sends,
        "parameters": {"area": "某区"},
        "records": "data.list",
        "paging": paging,
    }
    way = {"kind": "http", "address": department.address, "authentication": authentication}
    place.declare(way, {"request": request, "mode": "full_refresh", "cadence": "on_demand"})
    assert place.pull().not_taken == []
    assert place.numbers() == list(range(1, 36))
    assert {one.parameters["area"] for one in department.asked} == {"某区"}


def test_a_token_that_ends_midway_is_renewed(place: PullingPlace, department: Department) -> None:
    department.sign_in, department.records = "oauth2", [record(number) for number in range(1, 36)]
    department.faults[3] = expires_token
    authentication = {**SIGNED_IN["oauth2"], "token_address": f"{department.address}/token"}
    declare(place, department, "number", authentication=authentication)
    place.pull()
    assert place.numbers() == list(range(1, 36))
    assert department.token_requests == 2
