"""Random deliveries of a few fictitious enterprises: new, corrected, withdrawn, late, repeated and dropped records."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from connectors.contract import Contract
from tests.transforms.lakes import Lake
from tests.transforms.shared_records import SHARED, record

CODES = ("91990101FX00000A1C", "91990102FX00000BXJ", "92990101FX0000C14D", "93990101FX0000D10K")
NAMES = ("示例市晨光食品有限公司", "示例市明远商贸有限公司", "王小明", "示例县红叶农民专业合作社")
AUTHORITIES = ("示例市市场监督管理局", "示例县市场监督管理局")


class Region:
    """Draws deliveries; every draw is one more batch in the lake. ``draws`` decides, so a failure can be replayed."""

    def __init__(self, lake: Lake, draws: random.Random) -> None:
        self.lake = lake
        self.draws = draws
        self.seen: dict[tuple[str, str], list[list[dict[str, Any]]]] = {}

    def deliver(self) -> None:
        """One random delivery of one feed: new content or a file that came before; maybe never committed."""
        contract_id = self.draws.choice(sorted(ROWS))
        system_id = self.draws.choice(("示例市局", "示例县局"))
        mode = "full_refresh" if contract_id in FULL else "increment"
        before = self.seen.setdefault((contract_id, system_id), [])
        if before and self.draws.random() < 0.2:
            rows = self.draws.choice(before)
        else:
            rows = [ROWS[contract_id](self.draws) for _ in range(self.draws.randint(1, 4))]
            before.append(rows)
        self.lake.deliver(
            contract_id, rows, system_id=system_id, mode=mode, day=self.draws.randint(0, 60),
            commit=self.draws.random() > 0.1,
        )  # fmt: skip

    def mend(self) -> None:
        """A row of a file was quarantined, and its correction comes, perhaps twice."""
        contract_id = self.draws.choice(["administrative_penalty", *OTHERS])
        batch_id = self.lake.deliver(contract_id, [ROWS[contract_id](self.draws)], day=self.draws.randint(0, 60))
        original = {"文号": str(self.draws.randint(1, 3))}
        quarantine_id = self.lake.quarantine(contract_id, batch_id, original, self.draws.randint(1, 99))
        for _ in range(self.draws.randint(1, 2)):
            row = {**ROWS[contract_id](self.draws), "corrects": quarantine_id}
            self.lake.deliver(contract_id, [row], mode="correction", day=self.draws.randint(0, 60))


def _subject(draws: random.Random) -> tuple[str, str]:
    number = draws.randrange(len(CODES))
    return CODES[number], NAMES[number]


def _moment(draws: random.Random) -> datetime | None:
    if draws.random() < 0.3:
        return None
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=draws.randint(0, 9), hours=draws.randint(0, 23))


def registration(draws: random.Random) -> dict[str, Any]:
    """The register's row of one enterprise, now and then under another name or status."""
    code, name = _subject(draws)
    return {
        "enterprise_name": name + draws.choice(("", "", "（新）")),
        "uscc": code,
        "registration_status": draws.choice(("存续", "吊销")),
        "province": "示例省",
        "approval_date": date(2025, 1, draws.randint(1, 9)),
        "source_updated_at": _moment(draws),
    }


def penalty(draws: random.Random) -> dict[str, Any]:
    """A penalty of few numbers and authorities, so that versions meet; some without number, some withdrawn."""
    code, name = _subject(draws)
    return {
        "counterpart_name": name,
        "uscc": draws.choice((code, None)),
        "decision_number": draws.choice(("示市监罚〔2026〕1号", "示市监罚(2026)1号", "示市监罚〔2026〕2号", None)),
        "authority_name": draws.choice(AUTHORITIES),
        "penalty_category": draws.choice(("罚款", "警告", None)),
        "fine_amount_yuan": draws.choice((None, 100, 2000)),
        "record_state": draws.choice(("正常", "正常", "撤销")),
        "decision_date": date(2026, 1, draws.randint(1, 9)),
        "source_updated_at": _moment(draws),
    }


def licence(draws: random.Random) -> dict[str, Any]:
    """A licence of few numbers."""
    code, name = _subject(draws)
    return {
        "counterpart_name": name,
        "counterpart_category": draws.choice(("法人及非法人组织", "自然人")),
        "uscc": code,
        "licence_number": draws.choice(("JY1990101", "JY2990102")),
        "authority_name": draws.choice(AUTHORITIES),
        "decision_date": date(2026, 1, draws.randint(1, 9)),
        "source_updated_at": _moment(draws),
    }


def complaint(draws: random.Random) -> dict[str, Any]:
    """A complaint of few numbers, whose state goes on."""
    code, name = _subject(draws)
    return {
        "complaint_number": draws.choice(("T1", "T2", "T3")),
        "respondent_name": name,
        "respondent_uscc": draws.choice((code, None)),
        "received_at": datetime(2026, 1, draws.randint(1, 9), 18, tzinfo=UTC),
        "complaint_status": draws.choice(("已受理", "已办结")),
        "source_updated_at": _moment(draws),
    }


def listing(draws: random.Random) -> dict[str, Any]:
    """A listing, removed in some versions."""
    code, name = _subject(draws)
    return {
        "list_type": draws.choice(("经营异常名录", "重点关注名单")),
        "entry_number": draws.choice(("L1", "L2", None)),
        "subject_name": name,
        "uscc": code,
        "listed_date": date(2026, 1, draws.randint(1, 3)),
        "removed_date": draws.choice((None, date(2026, 2, 1))),
        "source_updated_at": _moment(draws),
    }


def other(contract: Contract, draws: random.Random) -> dict[str, Any]:
    """A record of few numbers of a type that shares staging with others."""
    code, name = _subject(draws)
    made = record(contract, draws.randint(1, 3), name, draws.choice((code, None)), source_updated_at=_moment(draws))
    # What is published ends, or is taken back, in some versions only.
    ends = {
        "valid_until_date": (None, date(2026, 1, 20), date(2026, 5, 1)),
        "revoked_date": (None, None, date(2026, 1, 8)),
    }
    return made | {name: draws.choice(days) for name, days in ends.items() if name in made and contract.id in PUBLISHED}


PUBLISHED = ("commitment", "honour")
OTHERS = {contract.id: partial(other, contract) for contract in SHARED if contract.id in ("ad_violation", *PUBLISHED)}
ROWS = {
    "enterprise_registration": registration,
    "administrative_penalty": penalty,
    "administrative_licence": licence,
    "complaint": complaint,
    "list_entry": listing,
    **OTHERS,
}
FULL = {"enterprise_registration", "list_entry"}
