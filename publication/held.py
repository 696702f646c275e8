"""What is not published because something is not known yet: each hold is somebody's work, never silence."""

from __future__ import annotations

import duckdb
from pydantic import BaseModel, ConfigDict

_COUNTED = """
select held.channel, held.reason_code, held.rule_id, held.reason_text, held.mark, held.contract_id,
    count(*) as records, count(distinct held.system_id) as systems
from publicity.held_record as held
where held.outcome = 'held' and ($contract is null or held.contract_id = $contract)
group by all
order by records desc, held.channel, held.rule_id, held.contract_id
"""
_WAITING = """
with rows as (
    select record_id, coalesce(decision_number, licence_number) as number, authority_name from staging.stg_administrative_licence
    union all
    select record_id, decision_number, authority_name from staging.stg_administrative_penalty
    union all
    select record_id, coalesce(entry_number, decision_number), deciding_authority from staging.stg_list_entry
    union all
    select record_id, number, authority_name from staging.stg_shared
)

select held.record_id, held.channel, held.contract_id, held.system_id, rows.number, rows.authority_name, held.reason_code,
    held.rule_id, held.reason_text, held.mark, held.link_reason
from publicity.held_record as held
left join rows using (record_id)
where held.outcome = 'held' and ($contract is null or held.contract_id = $contract)
order by held.rule_id, held.contract_id, held.system_id, held.record_id, held.channel
limit $limit
"""


class HeldCount(BaseModel):
    """How many records wait on a channel for one reason."""

    model_config = ConfigDict(frozen=True)

    channel: str
    reason_code: str
    rule_id: str
    reason_text: str | None
    mark: str | None
    contract_id: str
    records: int
    systems: int


class HeldRecord(BaseModel):
    """A record that waits, with its number and the authority that can tell more; ``link_reason`` where it waits for its
    enterprise. Names of parties are not in it: they may be persons'."""

    model_config = ConfigDict(frozen=True)

    record_id: str
    channel: str
    contract_id: str
    system_id: str | None
    number: str | None
    authority_name: str | None
    reason_code: str
    rule_id: str
    reason_text: str | None
    mark: str | None
    link_reason: str | None


def counted(connection: duckdb.DuckDBPyConnection, contract: str | None) -> list[HeldCount]:
    """Holds by channel and reason, the most first; ``connection`` is the warehouse."""
    return [HeldCount.model_validate(row) for row in _rows(connection, _COUNTED, {"contract": contract})]


def waiting(connection: duckdb.DuckDBPyConnection, contract: str | None, limit: int) -> list[HeldRecord]:
    """At most ``limit`` records that wait, in the order of rule, record type and system."""
    found = _rows(connection, _WAITING, {"contract": contract, "limit": limit})
    return [HeldRecord.model_validate(row) for row in found]


def _rows(connection: duckdb.DuckDBPyConnection, query: str, given: dict[str, object]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = connection.execute(query, given).to_arrow_table().to_pylist()
    return found
