"""The set of digests is exact: it says of every row what a plain set would say."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ingest import repetition
from connectors.ingest.repetition import SeenDigests


def test_runs_on_disk_give_the_same_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repetition, "IN_MEMORY_ROWS", 500)
    generator = np.random.default_rng(1)
    known, seen = SeenDigests(tmp_path), set()
    for _ in range(40):
        batch = [md5(str(number).encode()).hexdigest() for number in generator.integers(0, 6000, 200)]
        expected = []
        for digest in batch:
            expected.append(digest in seen)
            seen.add(digest)
        assert known.add(pa.array(batch)).tolist() == expected
    known.close()
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None, max_examples=100)
@given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=8), max_size=6))
def test_equal_high_words_do_not_make_equal_digests(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[int, int]]]
) -> None:
    known, seen = SeenDigests(tmp_path_factory.mktemp("digests")), set()
    for batch in batches:
        digests = [f"{high:016x}{low:016x}" for high, low in batch]
        expected = []
        for digest in digests:
            expected.append(digest in seen)
            seen.add(digest)
        assert known.add(pa.array(digests, pa.string())).tolist() == expected
