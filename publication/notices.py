"""Notices of entries and removals: what each release began and ceased to show, and the class of the reason.

They are a dataset of the release like the others, made from the release before and the rows of this one. Of a record they tell
nothing but its id. The first release is the beginning and notes nothing; notices of a dataset begin with the release after the
first that holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict

from lake.settings import TIME_ZONE
from lake.storage import Storage
from publication.candidate import Candidate, changed_since_kept, digests_before
from publication.dataset import ROOM, Dataset, DatasetColumns
from publication.difference import side_of
from publication.manifest import DatasetFormat, Manifest, ReleaseColumn, Withdrawal
from publication.parts import quoted
from publication.releases import release_folder
from publication.render import sql_text
from publication.splitting import Sizes, find_candidate
from publication.staging import NOTICES, SCRATCH

TABLE = f"{SCRATCH}.notices"
WHOLE_RECORD = "all"
"""In place of a channel: the record came or went altogether."""
CLASSES = (
    "revoked", "objection_upheld", "repaired", "moved_out", "suspended", "window_over", "held", "withdrawn",
)  # fmt: skip
"""Classes of reasons, those first that end a record on every channel."""


class _Declaration(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    source_note: str
    key: tuple[str, ...]
    formats: tuple[DatasetFormat, ...]
    columns: tuple[ReleaseColumn, ...]


@dataclass(frozen=True)
class Release:
    """The release in the making: its version, its time, and how large parts may get."""

    version: str
    created_at: datetime
    sizes: Sizes


@cache
def _declared() -> _Declaration:
    return _Declaration.model_validate(yaml.safe_load((ROOM / "notices.yaml").read_text(encoding="utf-8")))


def _dataset() -> Dataset:
    """The dataset of notices; its parts are told by the record's id, since no code is in it."""
    one = _declared()
    return Dataset(
        id=one.id, table=TABLE, contract="", title=one.title, source_note=one.source_note, key=one.key,
        code="record_id", formats=one.formats,
    )  # fmt: skip


def add_notices(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    candidates: Sequence[Candidate],
    before: Manifest | None,
    release: Release,
    withdrawn: Sequence[Withdrawal] | None = None,
) -> Candidate:
    """The notices of the release before with those of this one; ``withdrawn`` are those of an urgent release, which has no
    others."""
    _begin(connection, storage, before)
    whole = sql_text(WHOLE_RECORD)
    told = f"{sql_text(release.version)}, date '{release.created_at.astimezone(TIME_ZONE):%Y-%m-%d}'"
    if withdrawn is not None:
        for one in withdrawn:
            values = ", ".join(map(sql_text, (one.record_id, one.dataset, "removal", one.reason_class)))
            connection.execute(f"insert into {TABLE} values ({values}, {whole}, {told})")
    elif before is not None:
        for candidate in candidates:
            held = side_of(before, candidate.dataset.id).dataset
            is_moved = held is not None and held.content_digest != candidate.content_digest
            if is_moved and not candidate.dataset.is_profile and candidate.dataset.part_of is None:
                _add_moves(connection, storage, candidate, before, f"{whole}, {told}")
                for channel in _channels(candidate, before):
                    _add_moves_of_channel(
                        connection, storage, candidate, before, channel, f"{sql_text(channel)}, {told}"
                    )
    columns = _declared().columns
    return find_candidate(
        connection,
        _dataset(),
        TABLE,
        DatasetColumns(released=columns, held_back=(), unclassified=()),
        frozenset(column.name for column in columns),
        sizes=release.sizes,
    )


def _begin(connection: duckdb.DuckDBPyConnection, storage: Storage, before: Manifest | None) -> None:
    """The table with the notices that the release before holds."""
    columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in _declared().columns)
    # Notices of a release that told nothing of channels are of whole records.
    connection.execute(
        f"create table {TABLE} ({columns}); alter table {TABLE} alter channel set default '{WHOLE_RECORD}'"
    )
    files = before.files_of(NOTICES, "parquet") if before else []
    if before and files:
        urls = ", ".join(sql_text(storage.url(f"{release_folder(before.version)}/{file.path}")) for file in files)
        connection.execute(f"insert into {TABLE} by name select * from read_parquet([{urls}])")


def _add_moves(
    connection: duckdb.DuckDBPyConnection, storage: Storage, candidate: Candidate, before: Manifest, told: str
) -> None:
    """Notices of the keys that came and went; a record that was delivered anew under another id is one corrected."""
    dataset, key = candidate.dataset, quoted(candidate.dataset.key[0])
    old = digests_before(connection, storage, candidate, before, with_digest=False)
    # A record that has several rows is one; where each has one, nothing is sorted out among millions.
    each = "distinct " if len(dataset.key) > 1 else ""
    went = f"select {each}{key} as record_id from {old} as old anti join {candidate.digests} using ({key})"
    came = f"select {each}{key} as record_id from {candidate.digests} anti join {old} as old using ({key})"
    connection.execute(f"create or replace temp table came as {_with_keys(connection, dataset, came)}")
    connection.execute(f"create or replace temp table went as {_with_reasons(connection, dataset, went)}")
    successors = "select business_key from went where reason_class = 'corrected' and business_key is not null"
    name = sql_text(dataset.id)
    connection.execute(
        f"insert into {TABLE} select record_id, {name}, 'removal', reason_class, {told} from went;"
        f"insert into {TABLE} select record_id, {name}, 'entry', "
        f"case when business_key in ({successors}) then 'corrected' end, {told} from came"
    )


def _channels(candidate: Candidate, before: Manifest) -> list[str]:
    """Channels of whose windows both this release and the one before tell, for this dataset."""
    known = side_of(before, candidate.dataset.id).columns.keys() & {one.name for one in candidate.columns.released}
    known_channels = [channel for channel in candidate.dataset.channels if f"{channel}_from_date" in known]
    # Of one channel nothing stays that leaves it.
    return known_channels if len(candidate.dataset.channels) > 1 else []


def _add_moves_of_channel(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    candidate: Candidate,
    before: Manifest,
    channel: str,
    told: str,
) -> None:
    """Notices of records that stay, but come to a channel or leave it."""
    key, dataset = candidate.key, candidate.dataset
    folder, window = release_folder(before.version), quoted(f"{channel}_from_date")
    urls = [sql_text(storage.url(f"{folder}/{file.path}")) for file in before.files_of(dataset.id, "parquet")]
    moved = (
        f"select new.{key} as record_id, new.{window} is not null as is_entry from ({candidate.assigned}) as new "
        f"semi join ({changed_since_kept(connection, candidate)}) using ({key}) "
        f"join read_parquet([{', '.join(urls)}]) as old using ({key}) "
        f"where (new.{window} is null) <> (old.{window} is null)"
    )
    reason = "'withdrawn'"
    if _decided(connection):
        moved = (
            f"select m.*, d.end_class from ({moved}) as m left join publicity.publicity_decision as d "
            f"on d.record_id = m.record_id and d.channel = {sql_text(channel)}"
        )
        reason = "coalesce(end_class, 'withdrawn')"
    connection.execute(
        f"insert into {TABLE} select record_id, {sql_text(dataset.id)}, if(is_entry, 'entry', 'removal'), "
        f"if(is_entry, null, {reason}), {told} from ({moved})"
    )


def _with_keys(connection: duckdb.DuckDBPyConnection, dataset: Dataset, records: str) -> str:
    """SQL of records with their business key, null where the warehouse knows no such record any more."""
    versions = dataset.versions_table
    if not _has(connection, versions):
        return f"select record_id, null::varchar as business_key from ({records})"
    return f"select r.record_id, v.business_key from ({records}) as r left join {versions} as v using (record_id)"


def _with_reasons(connection: duckdb.DuckDBPyConnection, dataset: Dataset, records: str) -> str:
    """SQL of records with business key and class of the reason, by what is decided today of their newest version."""
    keyed = _with_keys(connection, dataset, records)
    if not _decided(connection):
        return f"select record_id, business_key, 'withdrawn' as reason_class from ({keyed})"
    places = f"[{', '.join(map(sql_text, CLASSES))}]"
    return (
        "select k.record_id, k.business_key, case when bool_or(d.is_published) then "
        "if(k.business_key in (select business_key from came where business_key is not null), 'corrected', 'withdrawn') "
        f"else coalesce(min_by(d.end_class, list_position({places}, d.end_class)), 'withdrawn') end as reason_class "
        f"from ({keyed}) as k left join publicity.publicity_decision as d "
        f"on d.contract_id = {sql_text(dataset.contract)} and d.business_key = k.business_key "
        f"and d.channel in ({', '.join(map(sql_text, dataset.channels))}) "
        "group by k.record_id, k.business_key"
    )


def _decided(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the warehouse tells classes of ends; one that an older version built does not."""
    return _has(connection, "publicity.publicity_decision", "end_class")


def _has(connection: duckdb.DuckDBPyConnection, table: str, column: str = "record_id") -> bool:
    schema, name = table.split(".", 1)
    query = (
        "select 1 from information_schema.columns where table_catalog = current_database() "
        "and table_schema = ? and table_name = ? and column_name = ?"
    )
    return connection.execute(query, [schema, name, column]).fetchone() is not None
