"""What a changed policy would do to what is published, before it takes effect: decided by the very models, in a copy."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb
from pydantic import BaseModel, ConfigDict

from lake.errors import TerminalError
from lake.settings import Settings
from lake.storage import Storage
from publication import policy
from transforms.dbt_runner import PROJECT, run_dbt
from transforms.profile import warehouse_file
from transforms.state import read_state
from transforms.warehouse import locked

Effect = Literal["leaves", "appears", "longer", "shorter"]
_MODELS = (
    "list_receiver", "affected_list_receiver", "publicity_fact", "publicity_class", "publicity_term", "publicity_decision",
    "affected_publicity_decision",
)  # fmt: skip
_DECIDED = """
create or replace table {name} as
select record_id, channel, contract_id, class, rule_id, is_published, to_date, region, list_type
from publicity.publicity_decision
"""
_CHANGES = """
select record_id, channel, contract_id, list_type, region, before.rule_id as rule_before, after.rule_id as rule_after,
    before.to_date as to_before, after.to_date as to_after,
    case
        when before.is_published and not after.is_published then 'leaves'
        when after.is_published and not before.is_published then 'appears'
        when coalesce(after.to_date, date '9999-12-31') > coalesce(before.to_date, date '9999-12-31') then 'longer'
        else 'shorter'
    end as effect
from decided_before as before
inner join (select record_id, channel, rule_id, is_published, to_date from decided_after) as after using (record_id, channel)
where before.is_published <> after.is_published
    or (before.is_published and before.to_date is distinct from after.to_date)
order by effect, contract_id, list_type, region, record_id, channel
"""


class Change(BaseModel):
    """An entry that the changed policy treats otherwise on a channel; ``to_…`` are first days no longer shown."""

    model_config = ConfigDict(frozen=True)

    record_id: str
    channel: str
    contract_id: str
    list_type: str | None
    region: str | None
    rule_before: str | None
    rule_after: str | None
    to_before: date | None
    to_after: date | None
    effect: Effect


def changed_tables(place: Path) -> dict[str, Path]:
    """The policy tables that ``place`` brings: a folder of ``policy_….csv``, or one such file, by the table's name.

    Raises ``TerminalError`` where there is none or a name is no policy table's.
    """
    files = sorted(place.glob("*.csv")) if place.is_dir() else [place]
    known = policy.tables()
    for file in files:
        if file.stem not in known:
            raise TerminalError("publication.policy_table_unknown", table=file.stem, known=", ".join(known))
    if not files or not all(file.is_file() for file in files):
        raise TerminalError("publication.simulate_nothing", path=place, known=", ".join(known))
    return {file.stem: file for file in files}


def simulate(settings: Settings, storage: Storage, place: Path, on: date | None = None) -> list[Change]:
    """What changes on day ``on`` (the day of the last build) with the tables of ``place``; the lake stays as it is.

    Raises ``TerminalError`` for wrong tables, and where nothing was built.
    """
    changed = changed_tables(place)
    state = read_state(settings)
    if state is None or not warehouse_file(settings).exists():
        raise TerminalError("publication.warehouse_missing", path=warehouse_file(settings))
    day = on or state.inputs.day
    with _copied(settings, changed) as (beside, project):
        problems = policy.lint(policy.load(project / "seeds" / "policy"))
        if problems:
            raise problems[0]
        _decide(beside, storage, PROJECT, day, "decided_before")
        _decide(beside, storage, project, day, "decided_after")
        with duckdb.connect(str(warehouse_file(beside))) as connection:
            found = connection.execute(_CHANGES).to_arrow_table().to_pylist()
    return [Change.model_validate(row) for row in found]


def write_rows(changes: list[Change], file: Path) -> None:
    """All rows as CSV for Excel (UTF-8 with byte order mark)."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.DictWriter(opened, list(Change.model_fields))
        writer.writeheader()
        writer.writerows(change.model_dump() for change in changes)


@contextmanager
def _copied(settings: Settings, changed: dict[str, Path]) -> Iterator[tuple[Settings, Path]]:
    """Settings of a copy of the warehouse, and a copy of the dbt project with the changed tables; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="simulate-", dir=settings.work_dir) as folder:
        beside = settings.model_copy(update={"work_dir": Path(folder) / "work"})
        warehouse_file(beside).parent.mkdir()
        with locked(settings):
            shutil.copyfile(warehouse_file(settings), warehouse_file(beside))
        project = Path(folder) / "dbt_project"
        shutil.copytree(PROJECT, project)
        for table, file in changed.items():
            shutil.copyfile(file, project / "seeds" / "policy" / f"{table}.csv")
        yield beside, project


def _decide(settings: Settings, storage: Storage, project: Path, day: date, name: str) -> None:
    """Decide everything in the copy anew and keep it as table ``name``."""
    kinds = ["--resource-type", "seed", "--resource-type", "model"]
    selected = ["--select", "path:seeds/policy", *_MODELS]
    run_dbt(settings, storage, ["build", "--full-refresh", *kinds, *selected], day=day, project=project)
    with duckdb.connect(str(warehouse_file(settings))) as connection:
        connection.execute(_DECIDED.format(name=name))
