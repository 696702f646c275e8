"""Rows through the checks of a contract."""

import duckdb
import pyarrow as pa

from connectors.checks import plan
from connectors.contract import load_contract

PENALTY = load_contract("administrative_penalty")
REGISTER = load_contract("enterprise_registration")
GOOD = "91990101FX00000A1C"


def check(contract, rows, pins=None):
    """Rows (header to text) through the checks: accepted and quarantined as lists of dictionaries."""
    header = list(rows[0])
    columns = [pa.array([row[name] for row in rows], pa.string()) for name in header]
    batch = pa.RecordBatch.from_arrays(columns, [f"c{place}" for place in range(len(header))])
    with duckdb.connect() as connection:
        checked = plan(contract, header, pins).run(connection, batch, pa.array(range(2, len(rows) + 2), pa.int64()))
    assert checked.accepted.num_rows + checked.quarantined.num_rows == len(rows)
    return checked.accepted.to_pylist(), checked.quarantined.to_pylist()


def one(contract, **cells):
    """The single accepted row of ``cells`` (English column names)."""
    accepted, quarantined = check(contract, [cells])
    assert not quarantined, quarantined
    return accepted[0]


def refusal(contract, **cells):
    accepted, quarantined = check(contract, [cells])
    assert not accepted
    return quarantined[0]


def penalty(**cells):
    """A penalty with all that its layout asks for, headers to text."""
    needed = {
        "行政相对人名称": "示例市晨光食品有限公司", "行政处罚决定书文号": "示〔2026〕1号", "处罚决定日期": "2026-02-03",
        "处罚机关": "示例市市场监督管理局", "违法行为类型": "甲", "违法事实": "乙", "处罚依据": "丙",
        "处罚类别": "罚款", "处罚内容": "罚款2000元",
    }  # fmt: skip
    return {**needed, **cells}
