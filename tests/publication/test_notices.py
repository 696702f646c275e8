"""Notices: what a release began and ceased to show, why, and nothing else of it; kept from release to release."""

from __future__ import annotations

import duckdb

from publication import show_release
from publication.changes import diff
from tests.publication.conftest import Lake
from tests.publication.test_changes import content_of
from tests.publication.test_urgent import record, take_down

DECISIONS = """
create schema staging;
create table staging.administrative_penalty_versions as
    select record_id, 'administrative_penalty' as contract_id,
        case when record_id like 'again%' then 'k03' else 'k' || right(record_id, 2) end as business_key
    from (select record_id from publicity.public_penalty union all select 'again');
create table publicity.publicity_decision as
    select record_id, business_key, 'administrative_penalty' as contract_id, unnest(['credit_china', 'necips']) as channel,
        true as is_published, null::varchar as end_class
    from staging.administrative_penalty_versions where record_id not like '%03'
"""


def notices(lake: Lake) -> dict[tuple[str, str], tuple[str, str | None]]:
    """(record, version) to event and class of every notice of the current release."""
    file = lake.file("parquet/publicity_notice/all.parquet")
    query = f"select record_id, release_version, event, reason_class from '{file}' where channel = 'all'"
    return {(row[0], row[1]): (row[2], row[3]) for row in duckdb.sql(query).fetchall()}


def notices_of_channels(lake: Lake) -> set[tuple[str, ...]]:
    """Record, channel, version, event and class of every notice of a record that another channel goes on to show."""
    query = "select record_id, channel, release_version, event, reason_class from '{}' where channel <> 'all'"
    return set(duckdb.sql(query.format(lake.file("parquet/publicity_notice/all.parquet"))).fetchall())


def tell_windows(lake: Lake) -> None:
    """Let the release tell on which channel a penalty is shown."""
    models = lake.options.models_folder / "publicity" / "public_penalty.yml"
    text = models.read_text(encoding="utf-8")
    for channel in ("credit_china", "necips"):
        text = text.replace(
            f"{channel}_from_date, meta: {{sensitivity: internal", f"{channel}_from_date, meta: {{sensitivity: public"
        )
    models.write_text(text, encoding="utf-8")
    lake.change(f"update publicity.public_penalty set necips_from_date = '2025-03-01' where record_id = '{record(10)}'")


def end(lake: Lake, number: int, *classes: str) -> None:
    """A record is shown no more: the class of each channel."""
    lake.change(f"delete from publicity.public_penalty where record_id = '{record(number)}'")
    for channel, end_class in zip(("credit_china", "necips"), classes, strict=True):
        lake.change(
            f"update publicity.publicity_decision set is_published = false, end_class = '{end_class}' "
            f"where record_id = '{record(number)}' and channel = '{channel}'"
        )


def test_each_end_is_noted_with_its_class_and_each_beginning(lake: Lake) -> None:
    lake.change(DECISIONS)
    tell_windows(lake)
    first = show_release(lake.storage, lake.publish().version)
    assert notices(lake) == {}
    end(lake, 4, "window_over", "withdrawn")  # over on one channel, never on the other: its window is over
    end(lake, 5, "repaired", "repaired")
    end(lake, 6, "held", "objection_upheld")
    lake.change(f"delete from staging.administrative_penalty_versions where record_id = '{record(7)}'")
    lake.change(
        f"delete from publicity.public_penalty where record_id = '{record(7)}'"
    )  # no source delivers it any more
    lake.change(f"update publicity.public_penalty set record_id = 'again' where record_id = '{record(3)}'")
    lake.change(
        "insert into publicity.public_penalty select 'new', * exclude (record_id) from publicity.public_penalty limit 1"
    )
    lake.change(f"update publicity.public_penalty set necips_from_date = null where record_id = '{record(10)}'")
    lake.change(f"update publicity.public_penalty set necips_from_date = '2026-01-01' where record_id = '{record(11)}'")
    lake.change("update publicity.publicity_decision set is_published = false, end_class = 'window_over' "
                f"where record_id = '{record(10)}' and channel = 'necips'")  # fmt: skip
    second = lake.publish().version or ""
    of_channels = {
        (record(10), "necips", second, "removal", "window_over"),
        (record(11), "necips", second, "entry", None),
    }
    assert notices_of_channels(lake) == of_channels
    expected: dict[tuple[str, str], tuple[str, str | None]] = {
        (record(4), second): ("removal", "window_over"),
        (record(5), second): ("removal", "repaired"),
        (record(6), second): ("removal", "objection_upheld"),
        (record(7), second): ("removal", "withdrawn"),
        (record(3), second): ("removal", "corrected"),
        ("again", second): ("entry", "corrected"),
        ("new", second): ("entry", None),
    }
    assert notices(lake) == expected
    third = take_down(lake, record(9)).version or ""
    expected[record(9), third] = ("removal", "repaired")
    assert notices(lake) == expected
    penalties = next(
        one for one in diff(lake.storage, first, show_release(lake.storage)).datasets if one.id == "public_penalty"
    )
    told = {row.key["record_id"]: row.cause for row in penalties.rows}
    assert {4: "clock", 5: "source", 6: "source", 3: "source", 9: "person"}.items() <= {
        number: told.get(record(number)) for number in range(20)
    }.items()
    assert lake.publish().published is False  # it stays out of what follows, and is noted once
    lake.change("update publicity.public_penalty set violation_facts = '另有事实' where record_id = 'new'")
    lake.publish()
    assert notices(lake) == expected  # a row that only changed neither came nor went
    assert notices_of_channels(lake) == of_channels
    folder = lake.file("manifest.json").parent
    gone = [f"虚市监罚〔2025〕{number}号".encode() for number in (4, 5, 6, 7, 9)]
    for path in folder.rglob("*.*"):
        assert not any(words in content_of(path) for words in gone), path
