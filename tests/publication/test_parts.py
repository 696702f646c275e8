"""Splitting: every row in exactly one part, none larger than it must be."""

from __future__ import annotations

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from publication import show_release, verify_release
from publication.parts import WHOLE, may_hold, plan_divisions
from tests.publication.conftest import Lake
from tests.publication.warehouse import code
from transforms.state import BuildState, fingerprint, write_state

divisions = st.from_regex(r"[0-9]{6}", fullmatch=True)


@given(st.dictionaries(divisions, st.integers(1, 1000), min_size=1, max_size=60), st.integers(1, 5000))
def test_plan_covers_all_and_keeps_the_limit(counts: dict[str, int], limit: int) -> None:
    plan = plan_divisions(counts, limit)
    assert set(plan) == set(counts)
    sizes: dict[str, int] = {}
    for division, (part, bucketed) in plan.items():
        assert part == WHOLE or division.startswith(part)
        sizes[part] = sizes.get(part, 0) + counts[division]
        assert not bucketed or len(part) == 6
    for part, size in sizes.items():
        assert size <= limit or any(bucketed for other, bucketed in plan.values() if other == part)


def test_a_crowded_county_is_split_by_digest(lake: Lake) -> None:
    lake.publish(rows_per_part=2)
    files = show_release(lake.storage).files_of("enterprise_profile", "parquet")
    assert sum(file.rows for file in files) == 30
    assert all(file.part[:6] in {"990101", "990201", "990301"} and file.part[6] == "-" for file in files)


def test_rows_without_a_code_have_a_part_of_their_own(lake: Lake) -> None:
    lake.change("update publicity.public_penalty set uscc = null where decision_number like '%〕3号'")
    lake.publish(rows_per_part=10)
    parts = {file.part: file.rows for file in show_release(lake.storage).files_of("public_penalty", "parquet")}
    assert parts["00"] == 1 and sum(parts.values()) == 20


def test_new_profiles_leave_the_files_of_the_others_as_they_are(lake: Lake) -> None:
    lake.publish(rows_per_part=10)
    lake.change("create schema changes; create table changes.enterprise_profile (uscc text, is_new boolean)")
    build(lake, "first", None)
    assert added(lake, code(101, "990101"), code(102, "990301")) == {"99_1"}
    # Of the second release the digests are of the build before, so that only what that changed is looked at.
    lake.change(f"insert into changes.enterprise_profile values ('{code(103)}', true), ('{code(101)}', true)")
    lake.change(f"update profile.enterprise_profile set penalty_count = 7 where uscc = '{code(101)}'")
    build(lake, "second", "first")
    assert added(lake, code(103)) == {"99_1", "99_2"}
    assert may_hold("99_2", code(103)) and not may_hold("11_2", code(103))
    # Nobody tells what this build changed, and the addition is too large: all is split anew.
    build(lake, "fourth", "third")
    assert not any("_" in part for part in added(lake, code(104), code(105)))
    assert not any("_" in file.part for file in show_release(lake.storage).files)


def build(lake: Lake, build_id: str, previous: str | None) -> None:
    write_state(
        lake.settings, BuildState(build_id=build_id, previous_build_id=previous, inputs=fingerprint(lake.storage))
    )


def added(lake: Lake, *codes: str) -> set[str]:
    """The parts that a release with some new profiles writes; with all parts it holds each profile once."""
    for one in codes:
        values = f"'{one}', '虚构市新立有限公司', '存续', '2025-11-01', [], 0, false, 5.00"
        lake.change(f"insert into profile.enterprise_profile values ({values})")
    version = lake.publish(rows_per_part=10).version
    files = show_release(lake.storage).files_of("enterprise_profile", "parquet")
    paths = [str(lake.file(file.path)) for file in files]
    with duckdb.connect(lake.warehouse, read_only=True) as connection:
        for one, other in (("rows", "profile.enterprise_profile"), ("profile.enterprise_profile", "rows")):
            rows = f"with rows as (select * from read_parquet({paths}))"
            query = f"{rows} select uscc, penalty_count from {one} except all select uscc, penalty_count from {other}"
            assert connection.execute(query).fetchall() == []
    assert verify_release(lake.storage).ok
    return {file.part for file in files if file.written_in == version}
