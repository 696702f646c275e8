"""What tests of decisions and of the order of arrival share: two enterprises, a fine, a decision."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

BAKERY, TRADER = "91990101FX00000A1C", "91990102FX00000BXJ"
REGISTERED = {
    BAKERY: {"enterprise_name": "示例市晨光食品有限公司", "uscc": BAKERY, "province": "示例省"},
    TRADER: {"enterprise_name": "示例市明远商贸有限公司", "uscc": TRADER, "province": "示例省"},
}
FIRST = datetime(2026, 3, 1, tzinfo=UTC)


def penalty(**columns: Any) -> dict[str, Any]:
    """A fine, in the newest version of its record."""
    return {
        "decision_number": "示市监罚〔2026〕7号", "authority_name": "示例市市场监督管理局",
        "counterpart_name": "示例市明远商贸有限公司", "penalty_category": "罚款", "decision_date": date(2026, 1, 3), **columns,
    }  # fmt: skip


def decision(number: str, verdict: str, record_id: str | None = None, day: int = 1, **columns: Any) -> dict[str, Any]:
    """A decision about a record."""
    return {
        "decision_number": number, "verdict": verdict, "decided_record_id": record_id, "decided_by": "S1",
        "reason": "核实", "decided_at": FIRST.replace(day=day), **columns,
    }  # fmt: skip
