"""The gate of a release: staged files are read as a reader would read them and judged before anyone sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Protocol

import duckdb

from expectations import judge as judging
from expectations.check import DATA_DOCS, require, result_of
from expectations.first_page import INDEX
from expectations.release_checks import (
    GATE,
    DatasetEntry,
    ReadFile,
    findings,
    frame_of,
    measure_files,
    measure_first,
    rules_of,
    suite_of,
)
from expectations.release_files import FileEntry, read_file
from expectations.release_guards import Moves, guard_findings, is_guard, measure_guards, undeclared_columns
from expectations.result import CheckResult
from lake.duckdb_extensions import connect
from lake.messages import text
from lake.progress import Progress
from lake.settings import Settings
from lake.storage import Storage

GATE_FILE = "gate.json"


class StagedEntry(Protocol):
    """A file of the coming release; ``local`` is None when it is carried over from the release before."""

    @property
    def file(self) -> FileEntry:
        """What the manifest will say about it."""

    @property
    def local(self) -> Path | None:
        """Where it lies now."""

    @property
    def changed_keys(self) -> Path | None:
        """Keys of the rows that the release before does not hold as they are; the others were judged with that."""


class Staged(Protocol):
    """A coming release, as ``publication`` stages it."""

    @property
    def files(self) -> Sequence[StagedEntry]:
        """Its files."""

    @property
    def moves(self) -> Mapping[str, Moves]:
        """How rows moved against the release before, per dataset that it holds; empty for the first."""

    @property
    def declared(self) -> Mapping[str, frozenset[str]]:
        """Columns that model or contract declare public, per dataset."""

    def describe(self) -> Sequence[DatasetEntry]:
        """Its datasets with their dictionaries."""


def gate(
    settings: Settings,
    storage: Storage,
    run_id: str,
    progress: Progress,
    accept: Sequence[str] = (),
    *,
    is_approved: bool = False,
) -> Callable[[Staged], tuple[str, ...]]:
    """The judge of staged files for ``publication.publish``.

    It returns the ids of failed checks that were accepted and raises ``ReleaseBlockedError`` for any other blocking
    one. Files carried over were judged when they were rendered and are not read again. ``is_approved``: somebody answers
    with name and reason for what the guard rails find; they are not accepted one by one.
    """

    def approve(staged: Staged) -> tuple[str, ...]:
        result = judge_release(
            settings, storage, run_id, progress, staged=staged, accept=accept, is_approved=is_approved
        )
        require(result)
        return tuple(outcome.id for outcome in result.outcomes if outcome.accepted)

    return approve


def is_gate(check_id: str) -> bool:
    """Whether a check is one of the gate's, and not of ``check``."""
    return check_id.startswith(f"{GATE}.")


def judge_release(
    settings: Settings,
    storage: Storage,
    run_id: str,
    progress: Progress,
    *,
    staged: Staged,
    accept: Sequence[str] = (),
    is_approved: bool = False,
) -> CheckResult:
    """Read and judge all rendered files; the outcome is also kept in the work folder as ``gate.json``."""
    started = monotonic()
    importing = judging.prepare()
    rendered = [item for item in staged.files if item.local is not None]
    progress.start("expectations.step_read_files", len(rendered))
    with _connection(storage) as connection, ThreadPoolExecutor(settings.threads) as pool:
        datasets = list(staged.describe())
        reading = _begin_reading(pool, connection, rendered, datasets)
        importing.join()
        judge = judging.Judge(run_id)
        for dataset in datasets:  # judged on one processor while the next are read
            read: list[ReadFile] = []
            for one in reading[dataset.id]:
                read.append(one())
                progress.advance(detail=read[-1].entry.path)
            _judge_dataset(settings, connection, judge, dataset, read, staged=staged)
    accepted = [name for name in accept if is_gate(name) and not is_guard(name)]
    if is_approved:
        accepted += [outcome.id for outcome in judge.outcomes if is_guard(outcome.id)]
    site = settings.work_dir / DATA_DOCS / "release"
    result = result_of(run_id, judge.outcomes, accepted, str(site / INDEX), started)
    judge.build_data_docs(site, result)
    progress.done()
    (settings.work_dir / GATE_FILE).write_text(result.model_dump_json(), encoding="utf-8")
    return result


def _begin_reading(
    pool: ThreadPoolExecutor,
    connection: duckdb.DuckDBPyConnection,
    rendered: Sequence[StagedEntry],
    datasets: Sequence[DatasetEntry],
) -> dict[str, list[Callable[[], ReadFile]]]:
    """What gives each file of a dataset as it was read: several at a time, the largest of a dataset first.

    Where only some rows are looked at, a file is read when it is asked for, one after the other: they gather in one table.
    """
    files: dict[str, list[StagedEntry]] = {dataset.id: [] for dataset in datasets}
    for item in rendered:
        files[item.file.dataset].append(item)  # one of no dataset would go out unread: an error
    begun: dict[str, list[Callable[[], ReadFile]]] = {}
    for dataset in datasets:
        names = [column.name for column in dataset.columns]
        begun[dataset.id] = [
            partial(_read, connection, item, names)
            if item.changed_keys is not None
            else pool.submit(_read, connection.cursor(), item, names).result
            for item in sorted(files[dataset.id], key=_bytes_of, reverse=True)
        ]
    return begun


def _bytes_of(item: StagedEntry) -> int:
    return item.local.stat().st_size if item.local else 0


def _read(connection: duckdb.DuckDBPyConnection, item: StagedEntry, names: list[str]) -> ReadFile:
    assert item.local is not None
    reading = read_file(connection, item.local, item.file, names, item.changed_keys)
    return ReadFile(item.file, item.local, reading, item.changed_keys)


def _judge_dataset(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    judge: judging.Judge,
    dataset: DatasetEntry,
    read: Sequence[ReadFile],
    *,
    staged: Staged,
) -> None:
    suite, files = suite_of(dataset), [file for file in read if file.entry.dataset == dataset.id]
    title = text("expectations.suite_release", title=dataset.title)
    undeclared, moves = undeclared_columns(dataset, files, staged.declared), staged.moves.get(dataset.id)
    guards = measure_guards(settings, dataset, moves, undeclared)
    measures = [*measure_files(dataset, files), *([] if moves else measure_first(dataset)), *guards]
    judge.judge_measures(title, measures, {**findings(dataset, files), **guard_findings(dataset, undeclared)})
    parquet = [file for file in files if file.entry.format == "parquet"]
    if parquet:
        rows = text("expectations.suite_release_rows", title=dataset.title)
        frame = frame_of(connection, dataset, parquet)
        judge.judge_frame(suite, rows, frame, rules_of(dataset))


@contextmanager
def _connection(storage: Storage) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as connection:
        storage.duckdb_setup(connection)
        yield connection
