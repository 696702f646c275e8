"""Ends delivered since the current release that must not wait for the next: which published records they take down at once.

First a look at the newly delivered rows alone, without any table built: whether one of them may end a record that is shown.
Then, once the warehouse is built, what it decides of exactly these records: the same links, versions and rules as for any
release say whether one is over. What is not sure (no link, another enterprise, held, another version newer) stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import cast

import duckdb

from lake.duckdb_extensions import connect
from lake.ledger import deliveries
from lake.schema import LEDGER_TABLE, bronze_table
from lake.storage import Storage
from lake.tables import dataset_at, scan
from publication.dataset import Dataset
from publication.difference import side_of
from publication.editions import EDITIONS, options_of, storage_of
from publication.manifest import Manifest, ReasonClass
from publication.notices import CLASSES
from publication.parts import quoted
from publication.policy import Row, holds
from publication.releases import manifest_of, read_pointer, release_folder
from publication.render import sql_text
from publication.withdrawal import End

_KIND = "case record_kind when '行政处罚' then 'administrative_penalty' when '行政许可' then '' else 'list_entry' end"
_ENDS = {
    "administrative_penalty": (
        "'administrative_penalty'", "[decision_number]",
        "record_state = '撤销' or repaired_date is not null or publicity_suspension is not null",
    ),
    "list_entry": ("'list_entry'", "[entry_number, decision_number]", "removal_type is not null or removed_date is not null"),
    "repair_result": (_KIND, "[record_number]", "decision = '准予修复'"),
    "objection": (_KIND, "[record_number]", "outcome = '撤销'"),
}  # fmt: skip
"""Per record type: the type of record that a row ends, the numbers it names, and whether it may end one at all."""
_SAID_BY = {"repair_result": "repaired", "objection": "objection_upheld"}
"""Ends that another record says, by that record's type."""
_WIDE, _PLAIN = (
    "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ",
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
)


@dataclass(frozen=True)
class Touched:
    """A shown record (with its type, and its enterprise as shown) and a newly delivered row that may end it, with its batch;
    ``has_number``: the row names the record's number."""

    record_id: str
    contract_id: str
    uscc: str
    cause_id: str
    cause_contract: str
    batch_id: str
    has_number: bool


def batches_at(lake: Storage, ledger_version: int | None) -> set[str]:
    """Batches that a version of the ledger holds."""
    if ledger_version is None:
        return set()
    then = dataset_at(lake, LEDGER_TABLE, ledger_version).to_table(columns=["batch_id"])
    return set(then.column("batch_id").to_pylist())


def find_touched(lake: Storage, rules: Sequence[Row]) -> list[Touched]:
    """Records that any edition shows and that a row delivered since may end, by its code or its number; reads no warehouse.

    ``rules`` are the rows of ``policy_urgent_end``.
    """
    kinds = {str(rule["record_kind"]) for rule in rules}
    found: dict[tuple[str, str], Touched] = {}
    for edition in EDITIONS:
        place = storage_of(lake, edition)
        before = manifest_of(place, read_pointer(place))
        batches = _batches_since(lake, before) if before else {}
        if before is None or not batches:
            continue
        datasets = [one for one in options_of(lake.settings, edition).datasets if one.contract in kinds]
        shown = [query for one in datasets if (query := _shown(place, before, one))]
        with connect() as connection:
            lake.duckdb_setup(connection)
            ends = " union all ".join(_ends(connection, lake, name, ids) for name, ids in batches.items())
            connection.execute(f"create temp table ends as {ends}")
            if shown and connection.execute("select 1 from ends limit 1").fetchone():
                rows = connection.execute(_PAIRS.format(shown=" union ".join(shown))).fetchall()
                found |= {(row[0], row[3]): Touched(*row) for row in rows}
    return list(found.values())


def sure_ends(
    connection: duckdb.DuckDBPyConnection, touched: Sequence[Touched], rules: Sequence[Row], day: date
) -> list[End]:
    """Those of the records that no channel shows any more for a reason to which a rule gives a deadline on ``day``.

    ``connection`` is the warehouse, built since the rows came. The record that says so must be the newest version of the
    record itself, or a linked one that names the same enterprise and number.
    """
    columns = "record_id varchar, contract_id varchar, uscc varchar, cause_id varchar, cause_contract varchar"
    connection.execute(f"create or replace temp table touched ({columns}, batch_id varchar, has_number boolean)")
    connection.executemany("insert into touched values (?, ?, ?, ?, ?, ?, ?)", [astuple(one) for one in touched])
    said_by = ", ".join(f"('{contract}', '{end_class}')" for contract, end_class in _SAID_BY.items())
    classes = f"[{', '.join(map(sql_text, CLASSES))}]"
    rows = connection.execute(_DECIDED.format(said_by=said_by, classes=classes)).fetchall()
    found: list[End] = []
    for record_id, contract_id, list_type, end_class, cause_id in rows:
        rule = next((one for one in rules if _is_for(one, contract_id, list_type, end_class, day)), None)
        if rule:
            found.append(End(record_id, cast("ReasonClass", end_class), str(rule["rule_id"]), cause_id))
    return found


def _is_for(rule: Row, contract_id: str, list_type: str | None, end_class: str, day: date) -> bool:
    is_kind = (rule["record_kind"], rule["end_class"]) == (contract_id, end_class)
    return is_kind and rule["list_type"] in (None, list_type) and holds(rule, day)


def _batches_since(lake: Storage, before: Manifest) -> dict[str, list[str]]:
    """Batches with records of types that may end others, by type, that the build of the release did not see."""
    known = batches_at(lake, before.inputs.ledger_version)
    found: dict[str, list[str]] = {}
    for one in deliveries(lake):
        if one.contract_id in _ENDS and one.is_committed and one.batch_id not in known:
            found.setdefault(one.contract_id, []).append(one.batch_id)
    return found


def _ends(connection: duckdb.DuckDBPyConnection, lake: Storage, contract_id: str, batches: Sequence[str]) -> str:
    """SQL of the rows of these batches that may end a record."""
    target, numbers, condition = _ENDS[contract_id]
    return (
        f"select record_id, '{contract_id}' as contract_id, batch_id, {target} as target, uscc, {_keys(numbers)} as numbers "
        f"from {scan(connection, lake, bronze_table(contract_id))} "
        f"where batch_id in ({', '.join(map(sql_text, batches))}) and ({condition})"
    )


def _shown(place: Storage, before: Manifest, dataset: Dataset) -> str | None:
    """SQL of the records of a dataset as its readers see them; None where the release tells nothing of them."""
    files = before.files_of(dataset.id, "parquet")
    if not files or dataset.part_of is not None:
        return None
    told = side_of(before, dataset.id).columns
    numbers = ", ".join(name for name in ("entry_number", "decision_number") if name in told)
    urls = ", ".join(sql_text(place.url(f"{release_folder(before.version)}/{file.path}")) for file in files)
    return (
        f"select {quoted(dataset.key[0])} as record_id, '{dataset.contract}' as contract_id, {quoted(dataset.code)} as uscc, "
        f"{_keys(f'[{numbers}]::varchar[]')} as numbers from read_parquet([{urls}])"
    )


def _keys(numbers: str) -> str:
    """SQL of a list of numbers by their letters, digits and characters alone: coarser than a key, as it only finds."""
    plain = f"regexp_replace(translate(upper(one), '{_WIDE}', '{_PLAIN}'), '[^0-9A-Z一-龥]', '', 'g')"
    return f"list_filter(list_transform({numbers}, lambda one: {plain}), lambda one: one <> '')"


_PAIRS = """
    with shown as ({shown}),
    pairs as (
        select s.record_id, s.contract_id, s.uscc, e.record_id as cause_id, e.contract_id as cause_contract, e.batch_id,
            list_has_any(s.numbers, e.numbers) as has_number
        from shown as s inner join ends as e on s.contract_id = e.target and s.uscc = e.uscc
        union
        select s.record_id, s.contract_id, s.uscc, e.record_id, e.contract_id, e.batch_id, true
        from (select *, unnest(numbers) as number from shown) as s
        inner join (select *, unnest(numbers) as number from ends) as e on s.contract_id = e.target and s.number = e.number
    )
    select distinct * from pairs order by all
"""

_DECIDED = """
    with versions as (
        select record_id, business_key, 'administrative_penalty' as contract_id from staging.administrative_penalty_versions
        union all
        select record_id, business_key, 'list_entry' from staging.list_entry_versions
    ),
    decided as (
        select t.record_id, t.contract_id, t.uscc, d.record_id as newest_id, any_value(d.list_type) as list_type,
            min_by(d.end_class, list_position({classes}, d.end_class)) as end_class
        from (select distinct record_id, contract_id, uscc from touched) as t
        inner join versions as v using (record_id, contract_id)
        inner join publicity.publicity_decision as d on t.contract_id = d.contract_id and v.business_key = d.business_key
        group by all
        having not bool_or(d.is_published)
    ),
    linked as (
        select distinct record_id, uscc from identity.subject_link where status = 'linked'
    )
    select d.record_id, d.contract_id, d.list_type, d.end_class, min(t.cause_id)
    from decided as d
    inner join touched as t using (record_id)
    inner join linked as own on d.newest_id = own.record_id and d.uscc = own.uscc
    left join linked as others on t.cause_id = others.record_id and d.uscc = others.uscc
    where t.cause_id = d.newest_id
        or (t.has_number and others.record_id is not null and (t.cause_contract, d.end_class) in ({said_by}))
    group by all
    order by all
"""
