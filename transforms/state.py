"""What the warehouse was built from, so that a build knows whether anything is new and whether it may build upon it."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from lake.schema import LEDGER_TABLE, PUBLICITY_NOTICE_TABLE
from lake.settings import TIME_ZONE, Settings
from lake.storage import Storage
from lake.tables import read, version
from transforms.dbt_runner import PROJECT

COMPANION_TABLE = "companion/subject"


class Inputs(BaseModel):
    """Versions of the tables read and of the reading, the dbt project's digest, and the day for which publicity is decided:
    equal inputs, equal tables.

    When releases first showed a record is no input: on the day of the release it changes nothing, and the day after, the
    day itself has changed.
    """

    model_config = ConfigDict(frozen=True)

    lake: str
    ledger: int | None
    companion: int | None
    notices: int | None
    reading: int
    code: str
    day: date

    def allow_building_upon(self, before: Inputs) -> bool:
        """Whether tables built from ``before`` differ only by batches that came or went and by days that passed."""
        return self._code_and_place() == before._code_and_place() and before.day <= self.day

    def _code_and_place(self) -> tuple[object, ...]:
        return (self.lake, self.reading, self.code, self.notices)

    def digest(self) -> str:
        """A name for a build of these inputs."""
        return sha256(self.model_dump_json().encode()).hexdigest()[:32]


class BuildState(BaseModel):
    """The last build that ended well. ``previous_build_id`` is the build that its change tables are relative to."""

    model_config = ConfigDict(frozen=True)

    build_id: str
    previous_build_id: str | None
    inputs: Inputs
    deliveries: dict[str, int] = {}
    """Deliveries of each contract that the build has seen at least; equal numbers, equal rows."""


def fingerprint(storage: Storage) -> Inputs:
    """The inputs as they are now."""
    # Here, since the Spark environment has not what reading needs.
    from linkage.reading import READING_VERSION

    return Inputs(
        lake=storage.url(),
        ledger=version(storage, LEDGER_TABLE),
        companion=version(storage, COMPANION_TABLE),
        notices=version(storage, PUBLICITY_NOTICE_TABLE),
        reading=READING_VERSION,
        code=code_digest(),
        day=decision_day(),
    )


def decision_day() -> date:
    """The day in Beijing, for which publicity is decided."""
    return datetime.now(TIME_ZONE).date()


def count_deliveries(storage: Storage) -> dict[str, int]:
    """Deliveries in the ledger by contract."""
    counted = read(storage, LEDGER_TABLE, ["contract_id"]).column("contract_id").value_counts().to_pylist()
    return {str(one["values"]): int(one["counts"]) for one in counted}


def code_digest() -> str:
    """SHA-256 over the names and contents of the dbt project's files, in the order of their names."""
    digest = sha256()
    for path in sorted(_project_files()):
        digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _project_files() -> list[Path]:
    folders = ("macros", "models", "seeds")
    found = [path for folder in folders for path in (PROJECT / folder).rglob("*") if path.is_file()]
    return [PROJECT / "dbt_project.yml", *found]


def read_state(settings: Settings) -> BuildState | None:
    """The last good build; None if there was none, or a build has begun since and not ended."""
    file = _file(settings)
    try:
        return BuildState.model_validate_json(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None


def write_state(settings: Settings, state: BuildState | None) -> None:
    """Note a build that ended well, or with None that one has begun."""
    file = _file(settings)
    if state is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_text(state.model_dump_json(), encoding="utf-8")
    temporary.replace(file)


def _file(settings: Settings) -> Path:
    return settings.work_dir / "dbt" / "state.json"
