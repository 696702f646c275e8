"""Taking an entry down at once: gone from every file, out of the releases that follow, nothing else touched."""

from __future__ import annotations

import sqlite3

import duckdb
import pytest

from expectations import gate
from lake.errors import TerminalError
from lake.progress import Silent
from publication import Approver, PublishResult, audit, list_releases, show_release, verify_release
from publication.urgent import withdraw
from publication.withdrawal import End
from tests.publication.conftest import Lake
from tests.publication.test_changes import content_of
from tests.publication.warehouse import code

APPROVER = Approver(name="李负责", reason="准予信用修复")


def record(number: int) -> str:
    return f"p{number:031d}"


def take_down(lake: Lake, *records: str) -> PublishResult:
    judge = gate(lake.settings, lake.storage, "urgent", Silent(), is_approved=True)
    ends = [End(record, "repaired") for record in records]
    given = (lake.settings, lake.storage, ends, "urgent", Silent(), judge)
    return withdraw(*given, approver=APPROVER, options=lake.options)


def shown(lake: Lake) -> set[str]:
    query = f"select record_id from '{lake.file('parquet/public_penalty')}/*.parquet'"
    return {row[0] for row in duckdb.sql(query).fetchall()}


def test_it_is_gone_from_every_file_and_only_its_parts_are_made_again(lake: Lake) -> None:
    lake.publish(rows_per_part=10)
    result = take_down(lake, record(4))
    manifest = show_release(lake.storage)
    division = code(4, "990201")[2:6]
    assert {file.path for file in manifest.files if file.written_in == result.version} == {
        *(f"{kind}/public_penalty/{division}.{kind}" for kind in ("parquet", "jsonl", "csv", "xlsx")),
        *(f"{kind}/enterprise_profile/{division}.{kind}" for kind in ("parquet", "jsonl")),
        *(f"{kind}/publicity_notice/all.{kind}" for kind in ("parquet", "jsonl")),
        "catalogue.jsonld",
        "sqlite/enterprise_profile.sqlite",
    }
    assert record(4) not in shown(lake) and len(shown(lake)) == 19
    folder = lake.file("manifest.json").parent
    for path in folder.rglob("*.*"):
        assert "虚市监罚〔2025〕4号".encode() not in content_of(path), path
    assert verify_release(lake.storage).ok


def test_what_the_profile_counts_from_it_is_empty_until_it_is_counted_again(lake: Lake) -> None:
    lake.publish()
    take_down(lake, record(7))
    database = sqlite3.connect(lake.file("sqlite/enterprise_profile.sqlite"))
    query = "select penalty_count, enterprise_name from enterprise_profile where uscc = ?"
    assert database.execute(query, [code(7, "990201")]).fetchone() == (None, "虚构市示例0007号有限公司")
    assert database.execute(query, [code(6, "990101")]).fetchone()[0] == 2


def test_it_stays_out_until_the_warehouse_leaves_it_out_itself(lake: Lake) -> None:
    lake.publish()
    urgent = take_down(lake, record(7)).version
    assert not lake.publish().published
    lake.change("update publicity.public_penalty set fine_amount_yuan = 1")
    lake.publish()
    assert record(7) not in shown(lake)
    [kept] = show_release(lake.storage).withdrawn
    assert (kept.record_id, kept.version, kept.reason_class) == (record(7), urgent, "repaired")
    lake.change(f"delete from publicity.public_penalty where record_id = '{record(7)}'")
    lake.change("update profile.enterprise_profile set penalty_count = 0")
    lake.publish()
    assert show_release(lake.storage).withdrawn == ()
    database = sqlite3.connect(lake.file("sqlite/enterprise_profile.sqlite"))
    assert database.execute("select count(*) from enterprise_profile where penalty_count is null").fetchone() == (0,)


def test_who_took_what_down_is_in_the_audit_chain(lake: Lake) -> None:
    lake.publish()
    take_down(lake, record(7), record(8))
    entry = audit.check(lake.storage, list_releases(lake.storage))[1]
    assert (entry.action, entry.actor, entry.reason, entry.records) == (
        "withdraw", APPROVER.name, APPROVER.reason, (record(7), record(8)),
    )  # fmt: skip


def test_measures_go_with_their_entry_and_nobody_is_told_twice(lake: Lake) -> None:
    values = ", ".join(f"('e1', 'M-{number}', '{code(1, '990201')}', '严重违法失信名单')" for number in (11, 12))
    lake.change("insert into publicity.public_list_entry (record_id, subject_name, uscc) values "
                f"('e1', '虚构市示例0001号有限公司', '{code(1, '990201')}')")  # fmt: skip
    lake.change(f"insert into publicity.list_measure (record_id, measure_id, uscc, list_type) values {values}")
    assert lake.publish().rows["list_measure"] == 2
    take_down(lake, "e1")
    measures, noted = (lake.file(f"parquet/{name}/all.parquet") for name in ("list_measure", "publicity_notice"))
    assert duckdb.sql(f"select * from '{measures}'").fetchall() == []
    assert duckdb.sql(f"select record_id, dataset, reason_class from '{noted}'").fetchall() == [
        ("e1", "public_list_entry", "repaired")
    ]


def test_the_last_entry_of_a_list_can_be_taken_down(lake: Lake) -> None:
    lake.change(f"delete from publicity.public_penalty where record_id <> '{record(7)}'")
    lake.publish()
    take_down(lake, record(7))
    assert shown(lake) == set() and verify_release(lake.storage).ok
    assert not lake.publish().published


def test_a_record_that_is_not_shown_is_named(lake: Lake) -> None:
    first = lake.publish().version
    with pytest.raises(TerminalError) as error:
        take_down(lake, record(7), "p-unknown")
    assert error.value.code == "publication.record_not_published" and "p-unknown" in str(error.value)
    assert show_release(lake.storage).version == first


def test_what_was_taken_down_by_mistake_is_shown_again_with_a_name(lake: Lake) -> None:
    lake.publish()
    take_down(lake, record(7), record(8))
    with pytest.raises(TerminalError, match=record(9)):
        lake.publish(lifts=[record(9)])
    assert lake.publish(lifts=[record(7)], approver=APPROVER).published
    assert shown(lake) == {record(number) for number in range(20)} - {record(8)}
    assert [one.record_id for one in show_release(lake.storage).withdrawn] == [record(8)]
    last = [entry for entry in audit.entries(lake.storage) if entry.action == "lift"]
    assert [(entry.actor, entry.reason, entry.records) for entry in last] == [("李负责", APPROVER.reason, (record(7),))]
    assert lake.publish().published is False
