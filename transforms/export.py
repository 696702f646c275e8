"""Delta copies of what others build on: links and their history, the review queue, credit records, publicity, profiles.

Each table changes in one commit that holds exactly the rows that differ; no commit when none does. What Delta holds is
remembered as digests beside the warehouse, and read from Delta again whenever its version is not the remembered one.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from pydantic import BaseModel, ConfigDict, ValidationError

from lake.errors import TransientError
from lake.settings import Settings
from lake.storage import Storage
from lake.tables import version
from transforms.copies import Memory, Remembered, TableCopy
from transforms.link_history import HISTORY, LINKS, tell_moves
from transforms.state import BuildState, read_state
from transforms.warehouse import open_warehouse

ATTEMPTS = 5
KEYS = {
    "identity/enterprise": ("uscc",),
    "identity/subject_link": ("record_id", "role"),
    "identity/standing_decision": ("decision_key",),
    "identity/review_queue": ("record_id", "role"),
    "identity/review_candidate": ("record_id", "role", "candidate_rank"),
    "credit/credit_licence": ("record_id", "role"),
    "credit/credit_penalty": ("record_id", "role"),
    "credit/credit_complaint": ("record_id", "role"),
    "credit/credit_inspection": ("record_id", "role"),
    "credit/credit_list_entry": ("record_id", "role"),
    "credit/credit_record": ("record_id", "role"),
    "publicity/public_licence": ("record_id",),
    "publicity/public_penalty": ("record_id",),
    "publicity/public_list_entry": ("record_id",),
    "publicity/public_honour": ("record_id",),
    "publicity/public_commitment": ("record_id",),
    "publicity/held_record": ("record_id", "channel"),
    "publicity/list_measure": ("record_id", "measure_id"),
    "publicity/public_warning": ("record_id", "receiving_department"),
    "profile/enterprise_profile": ("uscc",),
}
"""Path of each copy (schema and model) and the columns that are its key."""


class TableExport(BaseModel):
    """What one table's copy became: rows added, replaced and removed, and its Delta version after that."""

    model_config = ConfigDict(frozen=True)

    table: str
    added: int = 0
    replaced: int = 0
    removed: int = 0
    version: int | None = None


class ExportResult(BaseModel):
    """The copies that changed; none when nothing did. ``seconds`` of the whole step."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    tables: list[TableExport] = []
    seconds: float = 0.0


def export(settings: Settings, storage: Storage, run_id: str) -> ExportResult:
    """Bring the Delta copies to the state of the warehouse. Raises ``TransientError`` when storage is away.

    Nothing is read but versions when the copies hold the last build; without a build that ended well nothing is done.
    """
    started = monotonic()
    build = read_state(settings)
    tables: list[TableExport] = []
    if build is not None and not _holds_last_build(settings, storage, build):
        with open_warehouse(settings, storage) as connection:
            memory = Memory(connection, settings)
            for table, keys in KEYS.items():
                tables += _bring_up(TableCopy(connection, storage, table, keys), memory, build, run_id)
        _write_mark(settings, storage, build)
    return ExportResult(run_id=run_id, tables=tables, seconds=round(monotonic() - started, 3))


class _Mark(BaseModel):
    """Which build the copies hold, and their versions then."""

    build_id: str
    versions: dict[str, int | None]


def _holds_last_build(settings: Settings, storage: Storage, build: BuildState) -> bool:
    try:
        mark = _Mark.model_validate_json(_mark_file(settings).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return False
    return mark.build_id == build.build_id and mark.versions == _versions(storage)


def exported_versions(settings: Settings, build_id: str) -> dict[str, int]:
    """Delta versions of the copies that hold this build; none when it was not exported from here."""
    try:
        mark = _Mark.model_validate_json(_mark_file(settings).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return {}
    return {table: found for table, found in mark.versions.items() if found is not None and mark.build_id == build_id}


def _write_mark(settings: Settings, storage: Storage, build: BuildState) -> None:
    """A cheap answer for the next run; the truth about each copy is in ``Memory``."""
    mark = _Mark(build_id=build.build_id, versions=_versions(storage))
    _mark_file(settings).write_text(mark.model_dump_json(), encoding="utf-8")


def _mark_file(settings: Settings) -> Path:
    return settings.work_dir / "exported.json"


def _versions(storage: Storage) -> dict[str, int | None]:
    return {table: version(storage, table) for table in KEYS}


def _bring_up(copy: TableCopy, memory: Memory, build: BuildState, run_id: str) -> list[TableExport]:
    """Bring one copy up; once more from what Delta holds when another machine wrote it in between."""
    told = 0
    for _ in range(ATTEMPTS):
        remembered, now = memory.of(copy), version(copy.storage, copy.table)
        if remembered == Remembered(now, build.build_id):
            return []
        is_next = now is not None and remembered == Remembered(now, build.previous_build_id or "")
        if not is_next:
            now = _make_comparable(copy, memory, build, remembered.version)
        difference = copy.difference(only_changes=is_next)
        transaction = f"{build.inputs.digest()}:{now}"
        if copy.table == LINKS:
            told += tell_moves(copy, now or 0, transaction, run_id, continues=is_next)
        # Named by the version alone: of two machines that compared with it one writes, whatever each had built.
        if difference.total and not copy.commit(f"after:{now}"):
            memory.forget(copy)
            continue
        after = version(copy.storage, copy.table)
        # A version beyond our own commit is another's: what it holds must be read again next time.
        memory.keep(copy, Remembered(now if not difference.total else (now or 0) + 1, build.build_id))
        changed = [TableExport(table=copy.table, version=after, **difference.counts)] if difference.total else []
        moves = [TableExport(table=HISTORY, version=version(copy.storage, HISTORY), added=told)] if told else []
        return changed + moves
    raise TransientError("transforms.copy_busy", table=copy.storage.url(copy.table))


def _make_comparable(copy: TableCopy, memory: Memory, build: BuildState, known: int | None) -> int:
    """Digests of what Delta holds, in the model's columns, and the version they are at least of.

    The version is asked before the rows are read: what another machine adds in between is then read too or takes the name
    of our commit, and never added once more. A table made for other columns is written anew.
    """
    now = version(copy.storage, copy.table)
    if now is None:
        copy.create()
    elif copy.has_other_columns():
        copy.overwrite(f"{build.inputs.digest()}:columns:{now}")
    elif now == known:
        return now
    at_least = version(copy.storage, copy.table) or 0
    memory.learn(copy)
    return at_least
