"""Feeds pulled from a service: every record once, whatever the service and the network do meanwhile."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from connectors.transports import http_pull, paging
from connectors.transports.declaration import HttpWay
from connectors.transports.records import read_answer
from lake import ledger
from tests.connectors.department_service import (
    Department,
    Fault,
    breaks_off,
    fails,
    hangs,
    is_cut,
)
from tests.connectors.pulling_place import CONTRACT, PullingPlace, record
from tests.connectors.services import PAGINGS, declare, problems


@pytest.mark.parametrize("path", PAGINGS)
def test_every_way_of_paging_gives_every_record_once(place: PullingPlace, department: Department, path: str) -> None:
    department.records = [record(number, **{"处罚机关": "示例市㐂局"}) for number in range(1, 36)]
    declare(place, department, path)
    result = place.pull()
    assert [one.status for one in result.deliveries] == ["accepted"]
    assert place.numbers() == list(range(1, 36))
    assert set(place.decisions("authority_name")) == {"示例市㐂局"}
    assert set(place.decisions("fine_amount_yuan")) == {"5000.00"}


FAULTS: dict[str, Fault] = {
    "429": fails(429, Retry_After="0.2"),
    "500": fails(500),
    "503": fails(503, Retry_After="Thu, 01 Jan 2026 00:00:00 GMT"),
    "timeout": hangs(1.5),
    "breaks off": breaks_off,
    "cut document": is_cut,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", [1, 3])
def test_a_passing_failure_is_tried_again(place: PullingPlace, department: Department, fault: str, at: int) -> None:
    department.records = [record(number) for number in range(1, 36)]
    department.faults[at] = FAULTS[fault]
    declare(place, department, "cursor")
    assert place.pull().not_taken == []
    assert place.numbers() == list(range(1, 36))


def first_goes(department: Department) -> None:
    """The first record is taken out: every other moves up, one of them to a page that has been read."""
    department.records = department.records[1:]


def one_comes_first(department: Department) -> None:
    department.records = [record(99), *department.records]


def first_goes_last(department: Department) -> None:
    """An update: nothing is more or less, so no count would show it."""
    department.records = [*department.records[1:], department.records[0]]


def many_go(department: Department) -> None:
    department.records = department.records[15:]


@pytest.mark.parametrize("path", ["number", "offset", "xml"])
@pytest.mark.parametrize("change", [first_goes, one_comes_first, first_goes_last, many_go])
@pytest.mark.parametrize("after", [1, 2, 3, 5, 6])
def test_records_that_move_while_pages_are_read_are_not_lost(
    place: PullingPlace, department: Department, path: str, change: Callable[[Department], None], after: int
) -> None:
    department.records = [record(number) for number in range(1, 36)]
    always_there = [one for one in department.records if change is not many_go or one in department.records[15:]]
    department.between[after] = change
    declare(place, department, path)
    task = place.assignment()
    way, request = task.source.way_in, task.feed.request
    assert isinstance(way, HttpWay) and request is not None
    part = next(http_pull.pull(way, request, task))
    got = {json.loads(line)["行政处罚决定书文号"] for line in part.file.read_bytes().splitlines()}
    assert got >= {one["行政处罚决定书文号"] for one in always_there if change is not first_goes or one != record(1)}


def test_what_is_read_twice_for_that_counts_as_repeated(place: PullingPlace, department: Department) -> None:
    department.records = [record(number) for number in range(1, 36)]
    department.between[3] = first_goes_last
    declare(place, department, "number")
    one = place.pull().deliveries[0]
    assert place.numbers() == list(range(1, 36))
    assert (one.rows_accepted, one.rows_read) == (35, 35 + one.rows_repeated)
    assert one.rows_repeated > 0


def test_a_list_that_never_rests_is_said_to_be_so(
    place: PullingPlace, department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "READ_AGAIN", 20)
    department.records = [record(number) for number in range(1, 36)]

    def moves(request: Any) -> bool:
        first_goes_last(department)
        return False

    department.always = moves
    declare(place, department, "offset")
    assert problems(place) == ["transports.pages_changing"]
    assert place.numbers() == []


def test_a_page_given_twice_is_not_taken_for_the_end(place: PullingPlace, department: Department) -> None:
    department.records = [record(number) for number in range(1, 36)]
    repeated = [record(number) for number in range(11, 21)]

    def stuck(request: Any) -> bool:
        department.records[20:30] = repeated
        return False

    department.always = stuck
    declare(place, department, "number")
    assert problems(place) == ["transports.page_repeats"]
    department.always = None
    department.records = [record(number) for number in range(1, 36)]
    place.pull()
    assert place.numbers() == list(range(1, 36))


def test_an_increment_brings_what_is_new_and_nothing_twice(place: PullingPlace, department: Department) -> None:
    department.records = [record(number, f"2026-03-01 09:{number:02}:00") for number in range(1, 31)]
    declare(place, department, "number", since=True)
    place.pull()
    assert place.pull().deliveries == []
    department.records += [record(40, "2026-03-01 09:50:00"), record(41, "2026-03-01 09:25:00")]
    department.records[2] = record(3, "2026-03-01 09:55:00", **{"处罚内容": "改正"})
    again = place.pull().deliveries[0]
    assert (again.rows_read, again.rows_accepted) == (3, 3)
    assert place.numbers() == sorted([*range(1, 31), 3, 40, 41])
    assert place.pull().deliveries == []


def test_no_content_is_an_empty_page_and_no_failure(place: PullingPlace, department: Department) -> None:
    department.records = [record(number, f"2026-03-01 09:{number:02}:00") for number in range(1, 11)]
    department.faults[2] = fails(204)
    declare(place, department, "number", since=True)
    assert place.pull().not_taken == []
    assert place.numbers() == list(range(1, 11))
    department.always = fails(204)
    again = place.pull()
    assert (again.deliveries, again.not_taken) == ([], [])


def test_a_time_far_ahead_hides_nothing_that_comes_later(place: PullingPlace, department: Department) -> None:
    department.records = [record(1, "2026-03-01 09:00:00"), record(2, "2999-01-01 00:00:00")]
    declare(place, department, "number", since=True)
    place.pull()
    since = department.asked[-1].parameters.get("since")
    assert since is None
    department.records.append(record(3, "2998-01-01 00:00:00"))
    place.pull()
    assert place.numbers() == [1, 2, 3]
    assert department.asked[-1].parameters["since"] < "2990"


@pytest.mark.parametrize("path", ["number", "offset", "cursor", "link", "xml"])
def test_a_pull_that_stopped_goes_on_at_its_page(place: PullingPlace, department: Department, path: str) -> None:
    department.records = [record(number, f"2026-03-01 09:{number:02}:00") for number in range(1, 56)]
    declare(place, department, path, since=path != "xml")
    department.faults = dict.fromkeys(range(6, 10), fails(500))
    stopped = place.pull()
    assert [one.code for one in stopped.not_taken] == ["transports.http_failed"]
    assert stopped.deliveries == []
    department.asked.clear()
    department.faults.clear()
    place.pull()
    assert place.numbers() == list(range(1, 56))
    first = department.asked[0].parameters
    assert first.get("page", first.get("offset", first.get("cursor", first.get("from")))) not in {None, "1", "0"}


def test_parts_are_committed_one_by_one_and_the_next_run_goes_on_behind_them(
    place: PullingPlace, department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_pull, "PART_BYTES", 3000)
    department.records = [record(number, f"2026-03-01 09:{number:02}:00") for number in range(1, 56)]
    declare(place, department, "cursor", since=True)
    department.faults = dict.fromkeys(range(5, 9), fails(500))
    first = place.pull()
    assert len(first.deliveries) == 3
    assert place.numbers() == list(range(1, 31))
    department.faults.clear()
    (place.settings.work_dir / "pulls" / f"bureau.{CONTRACT}" / "progress.json").unlink()  # another machine goes on
    place.pull()
    assert place.numbers() == list(range(1, 56))
    department.records.append(record(60, "2026-03-01 09:56:00"))
    assert [one.rows_accepted for one in place.pull().deliveries] == [1]


def test_a_cursor_that_has_ended_over_night_is_begun_anew(
    place: PullingPlace, department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_pull, "PART_BYTES", 3000)
    department.records = [record(number, f"2026-03-01 09:{number:02}:00") for number in range(1, 56)]
    declare(place, department, "cursor", since=True)
    place.pull()
    department.records += [record(number, f"2026-03-01 10:{number - 60:02}:00") for number in range(60, 100)]
    department.asked.clear()
    department.faults = dict.fromkeys(range(4, 8), fails(500))
    place.pull()
    department.asked.clear()
    department.faults = {1: fails(410)}
    place.pull()
    assert place.numbers() == [*range(1, 56), *range(60, 100)]


def test_a_kept_cursor_goes_on_where_the_last_run_ended(place: PullingPlace, department: Department) -> None:
    department.records = [record(number) for number in range(1, 16)]
    request = {"path": "cursor", **PAGINGS["cursor"], "parameters": {"keep": "1"}}
    place.declare({"kind": "http", "address": department.address}, {"request": request})
    place.pull()
    assert place.pull().deliveries == []
    department.records += [record(20), record(21)]
    place.pull()
    assert place.numbers() == [*range(1, 16), 20, 21]
    assert department.asked[-1].parameters["cursor"] == "c17"


def test_two_runs_at_the_same_time_double_nothing(place: PullingPlace, department: Department, tmp_path: Path) -> None:
    """Two machines: nothing but the lake is shared."""
    department.records = [record(number, f"2026-03-01 09:{number:02}:00") for number in range(1, 36)]
    declare(place, department, "number", since=True)
    barrier = threading.Barrier(2)

    def run(number: int) -> list[str]:
        settings = place.settings.model_copy(update={"work_dir": tmp_path / f"machine{number}"})
        barrier.wait()
        from connectors.ingest import ingest

        return [one.code for one in ingest(settings, place.lake, run_id=f"run{number}").not_taken]

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(run, range(2)))
    assert place.numbers() == list(range(1, 36))
    assert len(ledger.pulled(ledger.deliveries(place.lake), ("bureau", CONTRACT))) == 1
    assert {*told[0], *told[1]} <= {"ingest.pull_overtaken"}


def test_a_system_that_is_down_is_asked_once_and_keeps_no_other_out(
    place: PullingPlace, department: Department
) -> None:
    department.records = [record(1)]
    requests = [{"path": "number", **PAGINGS["number"]}, {"path": "all"}]
    feeds = [
        {"contract": contract, "mode": "full_refresh", "request": request}
        for contract, request in zip((CONTRACT, "complaint"), requests, strict=True)
    ]
    down = {"kind": "http", "address": "http://127.0.0.1:9", "patience": {"attempts": 2}}
    place.declare(down, *feeds, system="a_down")
    declare(place, department, "number")
    result = place.pull()
    assert [one.code for one in result.not_taken] == ["transports.unreachable", "transports.system_away"]
    assert place.numbers() == [1]


def test_a_wait_longer_than_patience_is_left_to_the_next_run(place: PullingPlace, department: Department) -> None:
    department.records = [record(1)]
    department.faults[1] = fails(429, Retry_After="3000")
    declare(place, department, "number")
    told = place.pull().not_taken[0]
    assert (told.code, told.parameters["seconds"]) == ("transports.wait_asked", "3000")
    assert len(department.asked) == 1


def test_what_a_declaration_gets_wrong_is_refused_and_comes_once_it_is_mended(
    place: PullingPlace, department: Department
) -> None:
    department.records = [{**record(1, "2026-03-01 09:01:00"), "哪个机关": "示例局"}]
    del department.records[0]["处罚机关"]
    declare(place, department, "number", since=True)
    assert place.pull().deliveries[0].status == "refused"
    again = place.pull()
    assert again.deliveries[0].status == "refused"
    assert len(ledger.deliveries(place.lake)) == 1
    file = place.sources / "bureau.yaml"
    file.write_text(file.read_text().replace("updatedAt: source_updated_at", "哪个机关: authority_name"))
    assert [one.status for one in place.pull().deliveries] == ["accepted"]
    assert place.numbers() == [1]


def test_half_a_list_is_stopped_and_the_whole_one_comes_later(place: PullingPlace, department: Department) -> None:
    department.records = [record(number) for number in range(1, 36)]
    request = {"path": "number", **PAGINGS["number"]}
    feed = {"mode": "full_refresh", "request": request, "bounds": {"minimum": 20, "maximum": 100}, "cadence": "daily"}
    place.declare({"kind": "http", "address": department.address}, feed)
    whole, department.records = department.records, department.records[:5]
    assert [one.status for one in place.pull().deliveries] == ["stopped"]
    department.records = whole
    assert [one.status for one in place.pull().deliveries] == ["accepted"]
    assert place.numbers() == list(range(1, 36))
    assert place.pull().deliveries == []  # a daily list is asked for once a day


def test_an_answer_without_its_records_is_no_empty_list(place: PullingPlace, department: Department) -> None:
    department.records = [record(1)]
    request = {"path": "number", "paging": {"kind": "page_number"}, "records": "data.rows"}
    place.declare({"kind": "http", "address": department.address}, {"mode": "full_refresh", "request": request})
    told = place.pull().not_taken[0]
    assert (told.code, told.parameters["path"]) == ("transports.answer_without_records", "data.rows")
    assert "data" in str(told.parameters["found"])


def test_entities_in_xml_are_refused(place: PullingPlace, department: Department) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><Message><Body/></Message>'

    def answer(request: Any) -> bool:
        request.send(200, bomb, {"Content-Type": "text/xml"})
        return True

    department.always = answer
    declare(place, department, "xml")
    assert problems(place) == ["transports.document_type"]


@pytest.mark.parametrize(("said", "written"), [("GBK", "utf-8"), ("utf-8", "gb18030"), ("GBK", "gb18030")])
@pytest.mark.parametrize("kind", ["json", "xml"])
def test_an_answer_that_names_another_encoding_is_read_as_what_it_is(kind: str, said: str, written: str) -> None:
    # Of an even number of characters: in UTF-8 they are valid GB18030, too.
    text = '{"name": "示例商贸公司"}' if kind == "json" else "<a><name>示例商贸公司</name></a>"
    document = read_answer(text.encode(written), kind, None, f"application/{kind}; charset={said}", "").document
    assert "示例商贸公司" in str(document)


def test_an_answer_that_failed_is_told_without_its_records(place: PullingPlace, department: Department) -> None:
    department.records = [record(1) | {"counterpart_name": "张三 13800000001"}]
    request = {"path": "number", **PAGINGS["number"], "success": {"field": "code", "values": ["200"]}}
    patience = {"attempts": 1}
    place.declare(
        {"kind": "http", "address": department.address, "patience": patience},
        {"mode": "full_refresh", "request": request},
    )
    told = place.pull().not_taken[0]
    assert (told.code, told.parameters["said"]) == ("transports.answer_failed", "code=0")
    assert "13800000001" not in str(told.parameters)
