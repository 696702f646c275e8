"""The history of links: which subject moved from which enterprise to which, when it was seen, and why.

A Delta table on the lake, so it outlives the warehouse file. Its rows are written before the copy of the links is: what the
copy still shows, under its version, is the state they lead away from. When the copy is not written after all, the next
export goes on from the rows that stand there for this version, so that every move is told once and none is left out.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa

from lake.schema import TIMESTAMP
from lake.tables import append_once, ensure, scan
from transforms.copies import TableCopy
from transforms.state import COMPANION_TABLE

LINKS = "identity/subject_link"
HISTORY = "identity/link_change"
LINK_CHANGE = pa.schema(
    [
        ("contract_id", pa.string()),
        ("business_key", pa.string()),
        ("role", pa.string()),
        ("from_record_id", pa.string()),
        ("to_record_id", pa.string()),
        ("from_uscc", pa.string()),
        ("to_uscc", pa.string()),
        ("from_method", pa.string()),
        ("to_method", pa.string()),
        ("cause", pa.string()),
        ("decision_number", pa.string()),
        ("from_version", pa.int64()),
        ("run_id", pa.string()),
        ("seen_at", TIMESTAMP),
    ]
)
"""One row per subject (record in all its versions, and role) and move; a first link is no move. ``cause``: decision,
record_version (the sender wrote something else), record_left, register (the register changed), rebuild (other rules, or
built anew after the warehouse was lost). ``from_version``: version of the copy of the links that the move leads away from."""

_READ = ("name_raw", "code_raw", "uscc", "organisation_code", "registration_number", "division_code")


def tell_moves(copy: TableCopy, shown: int, transaction: str, run_id: str, *, continues: bool) -> int:
    """Write the moves from what version ``shown`` of the copy says to what the model says; gives their number.

    ``copy.difference`` has been called. ``continues``: the model comes from one incremental build upon what the copy shows.
    """
    ensure(copy.storage, HISTORY, LINK_CHANGE)
    _collect(copy, shown)
    moment, otherwise = datetime.now(UTC), "register" if continues else "rebuild"
    companion = scan(copy.connection, copy.storage, COMPANION_TABLE)
    found = copy.connection.execute(
        _MOVES.format(companion=companion),
        {"shown": shown, "otherwise": otherwise, "run_id": run_id, "seen_at": moment},
    ).to_arrow_table()
    rows = found.cast(LINK_CHANGE)
    return rows.num_rows if append_once(copy.storage, HISTORY, rows.to_batches(), LINK_CHANGE, transaction) else 0


def _collect(copy: TableCopy, shown: int) -> None:
    """Temporary tables: the links before (of Delta, gone on with by what was told already) and after, of touched subjects."""
    subject = "contract_id, business_key, role"
    state = f"{subject}, record_id, uscc, method, decision_number"
    told, links = scan(copy.connection, copy.storage, HISTORY), scan(copy.connection, copy.storage, LINKS)
    copy.connection.execute(f"""
        create or replace temporary table link_told as
        select {subject}, max_by(to_record_id, seen_at) as record_id, arg_max_null(to_uscc, seen_at) as uscc,
            arg_max_null(to_method, seen_at) as method, arg_max_null(decision_number, seen_at) as decision_number
        from {told} where from_version = {int(shown)} group by all;
        create or replace temporary table link_before as
        select {state} from link_told
        union all
        select {state} from {links} as shown
        where (record_id, role) in (select (record_id, role) from difference where kind <> 'added')
            and ({subject}) not in (select ({subject}) from link_told);
        create or replace temporary table link_after as
        select {state} from {copy.relation}
        where (record_id, role) in (select (record_id, role) from difference where kind <> 'removed')
            or ({subject}) in (select ({subject}) from link_told)""")


_MOVES = f"""
with paired as (
    select contract_id, business_key, role,
        before.record_id as from_record_id, after.record_id as to_record_id,
        before.uscc as from_uscc, after.uscc as to_uscc, before.method as from_method, after.method as to_method,
        before.decision_number as from_decision, after.decision_number as to_decision
    from link_before as before
    left join link_after as after using (contract_id, business_key, role)
    where before.uscc is distinct from after.uscc
),
readings as (
    select record_id, role, arg_max(row({", ".join(_READ)}), reading_version) as said
    from {{companion}}
    where record_id in (
        select unnest([from_record_id, to_record_id]) from paired where from_record_id <> to_record_id
    )
    group by record_id, role
)
select paired.contract_id, business_key, paired.role, from_record_id, to_record_id, from_uscc, to_uscc,
    from_method, to_method,
    case
        when to_record_id is null then 'record_left'
        when from_decision is distinct from to_decision then 'decision'
        when from_record_id <> to_record_id and said_before.said is distinct from said_after.said then 'record_version'
        else $otherwise
    end as cause,
    coalesce(to_decision, from_decision) as decision_number,
    cast($shown as bigint) as from_version, $run_id as run_id, $seen_at as seen_at
from paired
left join readings as said_before on from_record_id = said_before.record_id and paired.role = said_before.role
left join readings as said_after on to_record_id = said_after.record_id and paired.role = said_after.role
order by paired.contract_id, business_key, paired.role
"""
