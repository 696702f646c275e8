"""The suite of links: a record on no more than one enterprise per role, and only on one that exists."""

from __future__ import annotations

import duckdb

from connectors.contract import Contract
from expectations.measure import FailingRows, Measure
from expectations.tables import columns_of, number

SUITE = "identity"
LINKS = "identity.subject_link"
ENTERPRISES = "identity.enterprise"
UNLINKED_SHARE = 0.5
"""When more than half of a contract's records find no enterprise, most likely a column is mapped wrongly."""


def measure_identity(connection: duckdb.DuckDBPyConnection, contracts: dict[str, Contract]) -> list[Measure]:
    """Measures over links and enterprises; empty when they are not built."""
    if not columns_of(connection, LINKS) or not columns_of(connection, ENTERPRISES):
        return []
    return [
        _measure(
            connection,
            "enterprise_repeated",
            f"(select uscc, count(*) as enterprises from {ENTERPRISES} group by 1 having count(*) > 1)",
            "null as record_id, uscc, enterprises",
        ),
        _measure(
            connection,
            "link_repeated",
            f"(select record_id, role, count(*) as links from {LINKS} group by 1, 2 having count(*) > 1)",
            "record_id, role, links",
        ),
        _measure(
            connection,
            "link_orphan",
            f"(select record_id, role, uscc from {LINKS} where status = 'linked' "
            f"and (uscc is null or uscc not in (select uscc from {ENTERPRISES})))",
            "record_id, role, uscc",
        ),
        *_unlinked_shares(connection, contracts),
    ]


def _measure(connection: duckdb.DuckDBPyConnection, kind: str, relation: str, shown: str) -> Measure:
    value = number(connection, f"select count(*) from {relation}")
    clear = frozenset({"uscc", "role", "links", "enterprises"})
    query = f"select null as file, null as row, {shown} from {relation}"
    return Measure(SUITE, kind, value, "block", "engineer", failing=FailingRows(query, clear) if value else None)


def _unlinked_shares(connection: duckdb.DuckDBPyConnection, contracts: dict[str, Contract]) -> list[Measure]:
    shares = connection.execute(
        f"select contract_id, avg(case when status = 'linked' then 0 else 1 end) from {LINKS} group by 1 order by 1"
    ).fetchall()
    return [
        Measure(
            suite=SUITE,
            kind="unlinked_share",
            value=float(share or 0),
            severity="warn",
            owner="engineer",
            maximum=UNLINKED_SHARE,
            column=contract_id,
            parameters={
                "contract": contracts[contract_id].title if contract_id in contracts else contract_id,
                "percent": round(UNLINKED_SHARE * 100),
            },
        )
        for contract_id, share in shares
    ]
