"""snapshot(n) + changes(n→m) = snapshot(m) for any two kept releases; what was withdrawn is in no file; causes."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from lake.progress import Silent
from lake.settings import load_settings
from lake.storage import Storage, open_storage
from publication import list_releases, publish, show_release
from publication.changes import WINDOWS, base_of, diff, write_changes
from publication.dataset import Dataset
from publication.manifest import Manifest
from publication.publish import WAREHOUSE, Options
from publication.releases import release_folder
from tests.publication.conftest import Lake
from tests.publication.warehouse import write_models

DATASET = Dataset(
    id="public_list_entry", table="publicity.public_list_entry", contract="list_entry", title="名单", source_note="",
    key=("record_id",), code="uscc", formats=("parquet",),
)  # fmt: skip
COLUMNS = "record_id text, subject_name text, uscc text, list_type text, listed_date date, subject_category text"
Rows = set[tuple[object, ...]]


class History:
    """Releases of one small list, each after a random change of its warehouse, hours to weeks apart."""

    def __init__(self, folder: Path, seed: int, models: Path) -> None:
        self.random = random.Random(seed)
        self.settings = load_settings(lake_url=str(folder), threads=1)
        self.storage: Storage = open_storage(self.settings)
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.models = models
        self.file = self.settings.work_dir / WAREHOUSE
        self.file.parent.mkdir(parents=True)
        with duckdb.connect(self.file) as connection:
            connection.execute(f"create schema publicity; create table publicity.public_list_entry ({COLUMNS})")
            self._insert(connection, self.random.randint(0, 30))

    def _insert(self, connection: duckdb.DuckDBPyConnection, count: int) -> None:
        for _ in range(count):
            number, division = self.random.randrange(10**9), self.random.randint(10, 99)
            row = [
                f"r{number:031d}",
                f"示例{number}号",
                f"91{division}0101MA{number:09d}"[:18],
                "名单",
                "2026-01-01",
                "",
            ]
            connection.execute("insert into publicity.public_list_entry values (?, ?, ?, ?, ?, ?)", row)

    def go_on(self) -> None:
        with duckdb.connect(self.file) as connection:
            for _ in range(self.random.randint(0, 3)):
                share = self.random.choice([0.0, 0.1, 0.5, 1.0])
                some = f"(hash(record_id) + {self.random.randrange(999)}) % 100 < {share * 100}"
                match self.random.choice(["add", "change", "empty", "remove", "move"]):
                    case "add":
                        self._insert(connection, self.random.randint(1, 10))
                    case "change":
                        connection.execute(
                            f"update publicity.public_list_entry set list_type = '改' || list_type where {some}"
                        )
                    case "empty":
                        connection.execute(f"update publicity.public_list_entry set subject_name = null where {some}")
                    case "remove":
                        connection.execute(f"delete from publicity.public_list_entry where {some}")
                    case _:
                        connection.execute(f"update publicity.public_list_entry set uscc = null where {some}")
        self.time += timedelta(hours=self.random.choice([1, 20, 30, 150, 400]))
        parts = self.random.choice([2, 10, 100])
        clock = self.time
        options = Options(parts, parts, models_folder=self.models, datasets=(DATASET,), clock=lambda: clock)
        publish(self.settings, self.storage, "history", Silent(), options=options)

    def snapshot(self, manifest: Manifest | None) -> Rows:
        if manifest is None:
            return set()
        folder = self.storage.url(release_folder(manifest.version))
        return set(duckdb.sql(f"from read_parquet('{folder}/parquet/public_list_entry/*.parquet')").fetchall())

    def applied(self, rows: Rows, before: Manifest | None, after: Manifest, folder: Path) -> Rows:
        """What a receiver has who applies the file of changes to the rows that it holds."""
        written = write_changes(self.storage, before, after, folder)
        file = next(one.path for one in written if one.path.endswith(".parquet"))
        changes = duckdb.sql(f"select change_kind, * exclude (change_kind) from '{file}'").fetchall()
        touched = {row[1] for row in changes if row[0] != "added"}
        return {row for row in rows if row[0] not in touched} | {row[1:] for row in changes if row[0] != "removed"}


def prove(folder: Path, seed: int, models: Path) -> int:
    """Five pairs of a history, and each fixed window from its last release; returns how many pairs held."""
    history = History(folder / "lake", seed, models)
    for _ in range(4):
        history.go_on()
    releases: list[Manifest | None] = [*list_releases(history.storage), None]
    pairs = 0
    for _ in range(5):
        before, after = history.random.choice(releases), history.random.choice(releases[:-1])
        assert after is not None
        assert history.applied(history.snapshot(before), before, after, folder / "out") == history.snapshot(after)
        pairs += 1
    kept = list_releases(history.storage)
    for window, length in WINDOWS.items():
        base = base_of(kept, kept[0], window)
        older = [one for one in kept if one.created_at <= kept[0].created_at - length]
        assert base == (older[0] if older else None)
        assert history.applied(history.snapshot(base), base, kept[0], folder / "out") == history.snapshot(kept[0])
    return pairs


def run_histories(tmp_path: Path, seeds: range) -> int:
    models = write_models(tmp_path / "models")
    return sum(prove(tmp_path / str(seed), seed, models) for seed in seeds)


def test_snapshot_and_changes_give_the_next_snapshot(tmp_path: Path) -> None:
    assert run_histories(tmp_path, range(4)) == 20


@pytest.mark.full
def test_the_law_holds_for_a_thousand_pairs_of_two_hundred_histories(tmp_path: Path) -> None:
    assert run_histories(tmp_path, range(200)) == 1000


def test_a_diff_says_what_changed_field_by_field(lake: Lake) -> None:
    first = lake.publish().version
    lake.change("update publicity.public_penalty set fine_amount_yuan = 7 where decision_number like '%〕3号'")
    lake.change("delete from publicity.public_licence where decision_number like '%〕4号'")
    lake.publish()
    found = diff(lake.storage, show_release(lake.storage, first), show_release(lake.storage))
    counted = {one.id: (one.added, one.changed, one.removed) for one in found.datasets}
    assert counted == {
        "public_licence": (0, 0, 1), "public_penalty": (0, 1, 0), "public_list_entry": (0, 0, 0),
        "public_honour": (0, 0, 0), "public_commitment": (0, 0, 0), "list_measure": (0, 0, 0), "public_warning": (0, 0, 0),
        "enterprise_profile": (0, 0, 0), "publicity_notice": (1, 0, 0),
    }  # fmt: skip
    [penalty] = next(one for one in found.datasets if one.id == "public_penalty").rows
    assert [(field.title, field.before, field.after) for field in penalty.fields] == [
        ("罚款金额(元)", "300.50", "7.00")
    ]
    backwards = diff(lake.storage, show_release(lake.storage), show_release(lake.storage, first))
    assert backwards.datasets[0].added == 1


def content_of(path: Path) -> bytes:
    """A file as a curious reader could look at it: unzipped, decompressed, free pages of a database included."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    if path.suffix == ".parquet":
        return str(duckdb.sql(f"from '{path}'").fetchall()).encode() + path.read_bytes()
    return path.read_bytes()


def test_nothing_of_a_withdrawn_entry_is_left_in_any_file(make_lake: Callable[..., Lake], tmp_path: Path) -> None:
    lake = make_lake(enterprises=40)
    marks = ("虚构市撤下公司", "虚撤〔2025〕777号")
    profile = f"('91990101FX000777XX', '{marks[0]}', '存续', '2019-03-01', [], 1, false, 1)"
    lake.change(f"insert into profile.enterprise_profile values {profile}")
    columns = "record_id, counterpart_name, uscc, decision_number"
    row = f"'p777', '{marks[0]}', '91990101FX000777XX', '{marks[1]}'"
    lake.change(f"insert into publicity.public_penalty ({columns}) values ({row})")
    first = lake.publish().version
    lake.change("delete from publicity.public_penalty where record_id = 'p777'")
    lake.change(f"delete from profile.enterprise_profile where enterprise_name = '{marks[0]}'")
    lake.publish()
    write_changes(lake.storage, show_release(lake.storage, first), show_release(lake.storage), tmp_path / "changes")
    files = [path for path in lake.file("manifest.json").parent.rglob("*") if path.is_file()]
    for path in [*files, *(tmp_path / "changes").iterdir()]:
        assert not any(mark.encode() in content_of(path) for mark in marks), path
