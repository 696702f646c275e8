"""Why a row of one release differs in another: the source, the link, a person, a rule, the clock or our code.

The links of both releases are read from the lake as they were then (Delta versions in the manifests). A record's id is
the id of one delivered row: a row that came or went means that the source changed.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

import duckdb

from lake.settings import TIME_ZONE
from lake.storage import Storage, open_storage
from lake.tables import dataset_at
from publication.difference import AFTER, BEFORE, DIFFERENCE
from publication.manifest import Manifest, ReleaseDataset
from publication.releases import release_folder
from publication.staging import NOTICES

Cause = Literal["source", "link", "person", "rule", "clock", "code", "unknown"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
LINKS = "identity/subject_link"
_OF_A_SOURCE = ("repaired", "moved_out", "revoked", "objection_upheld", "suspended", "corrected")
"""Classes of reasons that a delivered record gives."""

SUBJECTS = "subject_causes"
SUCCESSORS = "successors"
"""Temporary table of ``before`` and ``after``: keys of the delivered rows that say the same record's old and new state."""
TABLE = "causes"
"""Temporary table of key columns and ``cause``, one row per row of ``difference``."""


def find_causes(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    dataset: ReleaseDataset,
    before: Manifest | None,
    after: Manifest,
) -> None:
    """Fill ``TABLE`` for the difference that ``find_difference`` found with rows.

    The first that applies: taken down at once or let out again by a person; source, person, link; what the notice of the later
    release says; clock, rule, code. A profile follows the records of its enterprise: those of datasets asked about earlier on
    the same connection. What else differs in older content that a person brought back is that person's. ``unknown`` where the
    releases do not say from which links they were made and neither policy nor code differ.
    """
    key = dataset.key[0]
    connection.execute(f"create temp table if not exists {SUBJECTS} (uscc varchar, cause varchar)")
    connection.execute(f"create or replace temp table {SUCCESSORS} (before varchar, after varchar)")
    for name in ("ordered", "moved", "told"):
        connection.execute(f"create or replace temp table {name} (key varchar, cause varchar)")
    if before is not None:
        _find_ordered(connection, before, after)
        _find_moved(connection, storage, key, before, after)
        _find_told(connection, storage, dataset, before, after)
    follows = f"(select min(cause) from {SUBJECTS} s where s.uscc = d.{key})" if key == "uscc" else "null"
    rest = _rest(connection, dataset, before, after)
    connection.execute(f"""
        create or replace temp table {TABLE} as
        select d.*, coalesce(o.cause, m.cause, t.cause, {follows}, {rest}) as cause
        from {DIFFERENCE} as d left join ordered as o on d.{key} = o.key left join moved as m on d.{key} = m.key
        left join told as t on d.{key} = t.key""")
    columns = {column.name for column in dataset.columns}
    if key != "uscc" and "uscc" in columns:
        for rows in (BEFORE, AFTER):
            connection.execute(
                f"insert into {SUBJECTS} select distinct r.uscc, c.cause from {rows} r join {TABLE} c using ({key})"
            )


def _find_moved(
    connection: duckdb.DuckDBPyConnection, storage: Storage, key: str, before: Manifest, after: Manifest
) -> None:
    """Fill ``moved`` with the keys whose record came or went, or whose link moved or was ruled by a person."""
    if not all(LINKS in manifest.inputs.copy_versions for manifest in (before, after)):
        return
    sides = {"links_before": before, "links_after": after}
    if key == "uscc":
        _pick(connection, storage, sides, "uscc", f"select uscc from {DIFFERENCE}")
        record_ids = " union ".join(f"select record_id from {name}" for name in sides)
        connection.execute(f"create or replace temp table moving as {record_ids}")
    else:
        connection.execute(f"create or replace temp table moving as select record_id from {DIFFERENCE}")
    _pick(connection, storage, sides, "record_id", "select record_id from moving")
    if key != "uscc":
        _pair(connection)
    keys = "unnest([old.uscc, new.uscc])" if key == "uscc" else "coalesce(old.record_id, new.record_id)"
    connection.execute(f"""
        insert into moved
        select key, case when bool_or(is_source) then 'source' when bool_or(is_person) then 'person' else 'link' end
        from (
            select {keys} as key, old.record_id is null or new.record_id is null as is_source,
                old.decision_number is distinct from new.decision_number as is_person,
                (old.uscc, old.status) is distinct from (new.uscc, new.status) as is_link
            from links_before as old
            full join links_after as new on old.record_id = new.record_id and old.role = new.role)
        where key is not null and (is_source or is_person or is_link)
        group by key""")


def _find_ordered(connection: duckdb.DuckDBPyConnection, before: Manifest, after: Manifest) -> None:
    """Fill ``ordered`` with the records that a person took down at once, or let out again, between the releases; what a rule
    took down was delivered as ended."""
    sides = ({one.record_id for one in manifest.withdrawn if one.rule_id is None} for manifest in (before, after))
    connection.execute("insert into ordered select unnest(?), 'person'", [sorted(set.symmetric_difference(*sides))])


def _find_told(
    connection: duckdb.DuckDBPyConnection, storage: Storage, dataset: ReleaseDataset, before: Manifest, after: Manifest
) -> None:
    """Fill ``told`` with what the notices say of records that came or went: another record (a repair, an objection) may be the
    cause, of which links and windows say nothing."""
    files = [storage.url(f"{release_folder(after.version)}/{file.path}") for file in after.files_of(NOTICES, "parquet")]
    if not files or dataset.key[0] != "record_id":
        return
    about = "" if dataset.id == NOTICES else "and dataset = $dataset"
    classes = ", ".join(f"'{name}'" for name in ("window_over", *_OF_A_SOURCE))
    connection.execute(
        f"""insert into told
        select record_id, case last(reason_class order by release_version) when 'window_over' then 'clock' else 'source' end
        from read_parquet($files)
        where release_version > $before {about} and reason_class in ({classes})
        group by record_id""",
        {"files": files, "before": before.version} | ({"dataset": dataset.id} if about else {}),
    )


def _pair(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill ``SUCCESSORS``: a record delivered anew has another id and the same business key."""
    one_of = "select business_key, min(record_id) as record_id from {} where record_id in ({}) group by 1 having count(*) = 1"
    removed, added = (f"select record_id from {DIFFERENCE} where kind = '{kind}'" for kind in ("removed", "added"))
    connection.execute(
        f"insert into {SUCCESSORS} select old.record_id, new.record_id from ({one_of.format('links_before', removed)}) old "
        f"join ({one_of.format('links_after', added)}) new using (business_key)"
    )


def _pick(
    connection: duckdb.DuckDBPyConnection, storage: Storage, sides: dict[str, Manifest], column: str, wanted: str
) -> None:
    """The links whose ``column`` is among ``wanted``, as each release was made from them, as temporary tables."""
    # Arrow compares texts of a file that bears them as views with nothing: the condition is judged here, not there.
    connection.execute("set disabled_optimizers = 'join_filter_pushdown'")
    for name, manifest in sides.items():
        found = dataset_at(open_storage(storage.settings), LINKS, manifest.inputs.copy_versions[LINKS])
        connection.register("links_then", found)
        names = "record_id, role, business_key, uscc, status, decision_number"
        picked = f"select {names} from links_then where {column} in ({wanted})"
        connection.execute(f"create or replace temp table fresh_{name} as {picked}")
        connection.unregister("links_then")
    connection.execute("reset disabled_optimizers")
    for name in sides:
        connection.execute(f"drop table if exists {name}; alter table fresh_{name} rename to {name}")


def _rest(
    connection: duckdb.DuckDBPyConnection, dataset: ReleaseDataset, before: Manifest | None, after: Manifest
) -> str:
    """SQL of the cause where neither the source nor the link moved."""
    if before is None:
        return "'source'"
    key = dataset.key[0]
    names = {str(row[0]) for row in connection.execute(f"describe {AFTER}").fetchall()}
    ends = [name for name in sorted(names) if name.endswith("_to_date")]
    starts = [name for name in sorted(names) if name.endswith("_from_date")]
    cases = []
    if ends and starts:
        cases.append(f"when kind = 'removed' and {key} in ({_over(key, ends, _day(after))}) then 'clock'")
        cases.append(f"when kind = 'added' and {key} in ({_begun(key, starts, _day(before))}) then 'clock'")
    rules = [name for name in sorted(names) if name.endswith("_rule_id")]
    if rules:
        differs = " or ".join(f"o.{name} is distinct from n.{name}" for name in rules)
        moved = f"select n.{key} from {AFTER} n join {BEFORE} o using ({key}) where {differs}"
        cases.append(f"when {key} in ({moved}) then 'rule'")
    if before.inputs.policy_digest != after.inputs.policy_digest:
        last = "rule"
    elif after.content_of is not None:
        last = "person"
    elif _code(before) != _code(after):
        last = "code"
    else:
        last = "unknown"
    return f"case {' '.join(cases)} else '{last}' end" if cases else f"'{last}'"


def _over(key: str, ends: list[str], day: date) -> str:
    """SQL of the keys whose every window had ended on a day."""
    latest = ", ".join(ends)
    known = " and ".join(f"coalesce({name} <= date '{day}', true)" for name in ends)
    return f"select {key} from {BEFORE} where {known} and coalesce({latest}) is not null"


def _begun(key: str, starts: list[str], day: date) -> str:
    """SQL of the keys whose every window began after a day."""
    known = " and ".join(f"coalesce({name} > date '{day}', true)" for name in starts)
    return f"select {key} from {AFTER} where {known} and coalesce({', '.join(starts)}) is not null"


def _day(manifest: Manifest) -> date:
    return manifest.created_at.astimezone(TIME_ZONE).date()


def _code(manifest: Manifest) -> tuple[str | None, ...]:
    inputs = manifest.inputs
    return inputs.code_version, inputs.models_digest, inputs.renderer_version
