"""What tests of services share: declarations of every way of paging."""

from __future__ import annotations

from typing import Any

from tests.connectors.department_service import Department
from tests.connectors.pulling_place import PullingPlace

PAGINGS: dict[str, dict[str, Any]] = {
    "number": {"paging": {"kind": "page_number", "total": "data.total"}, "records": "data.list"},
    "offset": {"paging": {"kind": "offset", "total": "data.total"}, "records": "data.list"},
    "cursor": {"paging": {"kind": "cursor", "next": "data.next"}, "records": "data.list"},
    "link": {"paging": {"kind": "link"}, "records": "data.list"},
    "all": {},
    "xml": {"paging": {"kind": "page_number"}, "records": "Message.Body.Record", "answer": "xml"},
}
SINCE = {"parameter": "since", "field": "updatedAt", "format": "%Y-%m-%d %H:%M:%S", "overlap_minutes": 10}
PATIENCE = {"attempts": 3, "timeout_seconds": 1, "longest_wait_seconds": 2}


def declare(place: PullingPlace, department: Department, path: str, *, since: bool = False, **way: Any) -> None:
    request = {"path": path, **PAGINGS[path]}
    if since:
        request["updated_since"] = SINCE
    feed = {"request": request, "mode": "increment" if since else "full_refresh", "cadence": "on_demand"}
    place.declare({"kind": "http", "address": department.address, "patience": PATIENCE, **way}, feed)


def problems(place: PullingPlace) -> list[str]:
    return [one.code for one in place.pull().not_taken]
