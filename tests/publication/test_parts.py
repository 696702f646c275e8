"""Splitting: every row in exactly one part, none larger than it must be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from publication import show_release
from publication.parts import WHOLE, plan_divisions
from tests.publication.conftest import Lake

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
