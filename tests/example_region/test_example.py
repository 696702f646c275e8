"""The example region: the same bytes always, valid fictitious codes, a fate for every row, all the dirt."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest
from python_calamine import CalamineWorkbook

from connectors.contract import load_contracts
from connectors.contract.header_key import header_key
from example_region import generate
from example_region.codes import ALPHABET
from example_region.enterprises import Enterprises
from example_region.feeds import FEEDS
from example_region.generation import MAXIMUM_ENTERPRISES
from example_region.subjects import SHARES
from lake.errors import TerminalError

ENTERPRISES = 6000


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("example") / "region"
    generate(out, ENTERPRISES, 7)
    return out


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def truth(folder: Path, name: str) -> pa.Table:
    return pyarrow.parquet.read_table(folder / "_truth" / name)


def test_same_seed_gives_same_bytes_in_another_process_with_another_hash_seed(tmp_path: Path) -> None:
    generate(tmp_path / "here", 400, 3)
    there = str(tmp_path / "there")
    program = f"from pathlib import Path; from example_region import generate; generate(Path({there!r}), 400, 3)"
    environment = os.environ | {"PYTHONHASHSEED": "12345", "TZ": "America/Lima"}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, cwd=Path(__file__).parents[2])
    assert digests(tmp_path / "here") == digests(tmp_path / "there")


def test_block_size_leaves_no_trace_in_the_bytes(tmp_path: Path) -> None:
    generate(tmp_path / "large", 900, 5)
    generate(tmp_path / "small", 900, 5, enterprises_per_block=70)
    assert digests(tmp_path / "large") == digests(tmp_path / "small")


def test_memory_holds_one_block_however_many_enterprises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def watched(self: Enterprises, seed: int, index: np.ndarray) -> None:
        sizes.append(len(index))
        original(self, seed, index)

    original = Enterprises.__init__
    monkeypatch.setattr(Enterprises, "__init__", watched)
    generate(tmp_path / "region", 2000, 1, enterprises_per_block=100)
    assert max(sizes) <= 13 * 100


def test_another_seed_gives_another_region(tmp_path: Path) -> None:
    generate(tmp_path / "one", 100, 1)
    generate(tmp_path / "two", 100, 2)
    first, second = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert not set(first.values()) & set(second.values())


def holds(code: str) -> bool:
    """Both checks of a unified code, written out once more so that the generator is not its own judge."""
    total = sum(ALPHABET.index(character) * 3**position for position, character in enumerate(code[:17]))
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    organisation = sum(letters.index(code[8 + place]) * weight for place, weight in enumerate(weights))
    check = "0X987654321"[organisation % 11]
    return ALPHABET[(31 - total % 31) % 31] == code[17] and check == code[16]


def test_every_code_is_valid_distinct_and_fictitious(example: Path) -> None:
    codes = truth(example, "enterprises.parquet")["uscc"].to_pylist()
    assert len(set(codes)) == ENTERPRISES
    assert all(holds(code) for code in codes)
    assert {code[:2] for code in codes} == {"91", "92", "93"}
    assert {code[2:4] for code in codes} == {"99"}
    outside = truth(example, "records.parquet").filter(~pc.field("is_registered"))["uscc"].drop_null().to_pylist()
    assert outside
    assert all(holds(code) and code[2:4] == "99" for code in outside)


@pytest.mark.parametrize("index", [0, 9_999_980, MAXIMUM_ENTERPRISES - 20])
def test_the_last_of_ten_million_is_made_alone(index: int) -> None:
    made = Enterprises(1, np.arange(index, index + 20))
    assert all(holds(code) for code in made.uscc.to_pylist())
    assert made.name.null_count == 0
    assert made.address.null_count == 0


def test_names_of_companies_are_unique_and_the_only_names_borne_twice_are_of_shops_and_branches() -> None:
    made = Enterprises(1, np.arange(40_000))
    names = np.array(made.name.to_pylist())
    companies = names[made.is_company]
    assert len(set(companies)) == len(companies)
    assert len(set(names)) < len(names)
    former = made.former_name.drop_null().to_pylist()
    assert former
    assert not set(former) & set(names)


def rows_in(path: Path) -> int:
    """Rows of a file below its header, counted by other means than the generator's."""
    if path.suffix == ".parquet":
        return int(pyarrow.parquet.read_metadata(path).num_rows)
    if path.suffix == ".gz":
        return len(gzip.decompress(path.read_bytes()).splitlines())
    if path.suffix == ".xlsx":
        return len(CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)) - 1
    return path.read_bytes().count(b"\r\n") - 1


def test_every_row_of_every_file_has_a_fate(example: Path) -> None:
    counts = json.loads((example / "_truth" / "expected_counts.json").read_text(encoding="utf-8"))
    files = {str(path.relative_to(example)) for path in example.rglob("*") if path.is_file()}
    assert set(counts) == {path for path in files if not path.startswith("_truth")}
    for path, expected in counts.items():
        fates = expected["rows_accepted"] + expected["rows_quarantined"] + expected["rows_repeated"]
        assert expected["rows_read"] == fates + expected["rows_layout"] + expected["rows_refused"]
        assert rows_in(example / path) == expected["rows_read"], path
    records, bad = truth(example, "records.parquet"), truth(example, "bad_rows.parquet")
    positions = {(row["path"], row["source_row"]) for row in bad.to_pylist()}
    quarantined = records.filter(pc.field("fate") == "quarantined").select(["path", "source_row"]).to_pylist()
    assert {(row["path"], row["source_row"]) for row in quarantined} == positions
    assert len(positions) == sum(expected["rows_quarantined"] for expected in counts.values())


def test_all_kinds_of_dirt_are_planted(example: Path) -> None:
    records = truth(example, "records.parquet")
    kinds = set(records["kind"].to_pylist())
    assert {*SHARES, "name_only", "two_in_one_cell", "nothing_written", ""} <= kinds
    notes = set(records["note"].to_pylist())
    assert {"placeholder", "sentinel", "amount_unreadable", "date_impossible", "too_long", "value_not_in_list"} <= notes
    reasons = set(truth(example, "bad_rows.parquet")["reason_code"].to_pylist())
    assert {"undecodable", "wrong_field_count", "shifted_columns", "value_missing", "date_unreadable"} <= reasons


def test_formats_and_encodings_of_departments_are_all_there(example: Path) -> None:
    names = [path.name for path in example.rglob("*") if path.is_file()]
    assert {Path(name).suffix for name in names} >= {".csv", ".txt", ".xlsx", ".gz", ".parquet"}
    starts = [path.read_bytes()[:3] for path in example.rglob("*.csv")]
    assert b"\xef\xbb\xbf" in starts
    assert any(start != b"\xef\xbb\xbf" for start in starts)


def test_every_header_is_known_to_the_contract_and_means_the_column_it_is_for() -> None:
    contracts = load_contracts()
    for feed in FEEDS:
        for name, header in feed.layout.items():
            column = contracts[feed.contract_id].column(name)
            known = {header_key(text) for text in (column.header, *(alias.text for alias in column.aliases))}
            assert header_key(header) in known, (feed.contract_id, name, header)


def test_complaints_peak_after_the_sales_of_november(example: Path) -> None:
    path = next(example.glob("market_supervision/complaint/*.jsonl.gz"))
    days = [json.loads(line)["登记时间"][:10] for line in gzip.decompress(path.read_bytes()).splitlines()]
    near = sum(day[5:] in {f"11-{number}" for number in range(11, 22)} for day in days)
    assert near / len(days) > 0.2


def test_running_again_changes_nothing(example: Path) -> None:
    before = digests(example)
    assert generate(example, ENTERPRISES, 7).is_unchanged
    assert digests(example) == before


def test_a_folder_with_other_content_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TerminalError) as error:
        generate(tmp_path, 10, 1)
    assert error.value.code == "example.folder_not_ours"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_other_arguments_and_changed_files_are_said(tmp_path: Path) -> None:
    out = tmp_path / "region"
    generate(out, 60, 1)
    with pytest.raises(TerminalError) as error:
        generate(out, 80, 1)
    assert error.value.code == "example.other_arguments"
    next(out.glob("market_supervision/enterprise_registration/*.csv")).unlink()
    with pytest.raises(TerminalError) as error:
        generate(out, 60, 1)
    assert error.value.code == "example.files_changed"


def test_a_crash_leaves_no_half_folder_and_the_next_run_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "region"
    with monkeypatch.context() as patch:
        patch.setattr("example_region.truth.TruthWriter.close", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            generate(out, 60, 1)
    assert not out.exists()
    generate(out, 60, 1)
    assert out.is_dir()


@pytest.mark.parametrize("count", [0, -1, MAXIMUM_ENTERPRISES + 1])
def test_impossible_counts_are_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(TerminalError) as error:
        generate(tmp_path / "region", count, 1)
    assert error.value.code == "example.count_out_of_range"


@pytest.mark.parametrize("count", [1, 2, 19, 21])
def test_the_smallest_regions_work(tmp_path: Path, count: int) -> None:
    summary = generate(tmp_path / "region", count, 1)
    assert summary.rows >= count
