"""Why a record is shown on a channel, until when, or why it is not: the decision in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import duckdb
from pydantic import BaseModel, ConfigDict

from lake.errors import TerminalError
from lake.messages import catalogue, current_language, text
from lake.settings import TIME_ZONE
from publication.manifest import Withdrawal
from publication.policy import PUBLIC_CHANNELS, Policy, rule

_COLUMNS = (
    "record_id, contract_id, channel, outcome, from_date, to_date, repairable_from_date,"
    " detail_level, masking_rule_id, rule_id, reason_code, class as severity, class_rule_id, mark"
)
_INPUTS = (
    "decision_date", "penalty_types", "fine_amount_yuan", "list_type", "party_kind", "region", "clock", "first_published_date",
    "restriction_until_date", "stated_until_date", "ended_date", "has_notice",
)  # fmt: skip
# Tables hold what was true on the day of the build; windows go on ending.
_OUTCOME = """case when outcome in ('never', 'held') then outcome when $day < from_date then 'not_yet'
    when $day >= to_date then 'ended' else 'published' end"""


class Decision(BaseModel):
    """The decision of publicity of one record on one channel for ``as_of_date``; ``to_date`` is the first day not shown.

    ``inputs``: what was used, by the names of the model ``publicity_decision``; ``mark`` is ``assumption`` where any rule is.
    """

    model_config = ConfigDict(frozen=True)

    record_id: str
    contract_id: str
    channel: str
    as_of_date: date
    outcome: str
    is_published: bool
    from_date: date | None
    to_date: date | None
    repairable_from_date: date | None
    detail_level: str | None
    masking_rule_id: str | None
    rule_id: str | None
    rule_text: str | None
    rule_source: str | None
    reason_code: str | None
    severity: str | None
    class_rule_id: str | None
    mark: str | None
    withdrawn: Withdrawal | None = None
    evidence_records: str | None = None
    inputs: dict[str, str]

    def __str__(self) -> str:
        """In words, in the current language."""
        lines = [self.headline]
        if self.withdrawn:
            end = _worded("end", self.withdrawn.reason_class)
            lines.append(text("publication.decided_withdrawn", version=self.withdrawn.version, reason=end))
        if self.rule_id:
            lines.append(
                text(
                    "publication.decided_by",
                    rule=self.rule_id,
                    words=self.rule_text or "—",
                    source=self.rule_source or "—",
                    mark=_worded("mark", self.mark),
                )
            )
        if self.class_rule_id:
            lines.append(
                text("publication.decided_class", name=_worded("class", self.severity), rule=self.class_rule_id)
            )
        if self.repairable_from_date and self.outcome == "published":
            lines.append(text("publication.decided_repair", day=self.repairable_from_date))
        if self.masking_rule_id:
            lines.append(text("publication.decided_masking", rule=self.masking_rule_id))
        if self.evidence_records:
            lines.append(text("publication.decided_evidence", records=self.evidence_records))
        used = [f"{_worded('input', name)} {_worded('value', value)}" for name, value in self.inputs.items()]
        return "\n  ".join([*lines, text("publication.decided_inputs", inputs=" · ".join(used))])

    @property
    def headline(self) -> str:
        """Channel and outcome."""
        return text(
            f"publication.outcome_{self.outcome}",
            channel=_worded("channel", self.channel),
            day=self.as_of_date,
            start=self.from_date,
            end=text("publication.until", day=self.to_date) if self.to_date else text("publication.until_open"),
        )


def explain(
    connection: duckdb.DuckDBPyConnection,
    record: str,
    policy: Policy,
    day: date | None = None,
    withdrawn: Sequence[Withdrawal] = (),
) -> list[Decision]:
    """The decisions about a record, one per channel, on ``day`` (today in Beijing); ``connection`` is the warehouse,
    ``withdrawn`` what the current release leaves out since it was taken down at once.

    Raises ``TerminalError`` for a record that is no newest licence, penalty or listing.
    """
    asked = day or datetime.now(TIME_ZONE).date()
    columns = ", ".join((_COLUMNS, *_INPUTS))
    cursor = connection.execute(
        f"select * replace ({_OUTCOME} as outcome), cast($day as date) as as_of_date"
        f" from (select {columns} from publicity.publicity_decision where record_id = $record) order by channel",
        {"day": asked, "record": record},
    )
    names = [column[0] for column in cursor.description or []]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if not found:
        raise TerminalError("publication.record_not_decided", record=record)
    if found[0]["contract_id"] == "list_entry":
        told = connection.execute("select evidence_records from staging.stg_list_entry where record_id = ?", [record])
        evidence = (told.fetchone() or (None,))[0]
        found = [{**row, "evidence_records": evidence} for row in found]
    taken_down = next((one for one in withdrawn if one.record_id == record), None)
    return [_decision(row, policy, taken_down if row["channel"] in PUBLIC_CHANNELS else None) for row in found]


def _decision(row: dict[str, object], policy: Policy, taken_down: Withdrawal | None) -> Decision:
    used = {name: row.pop(name) for name in _INPUTS}
    decided = used["decision_date"]
    assert decided is None or isinstance(decided, date)
    # As SQL writes them: 2026-01-03, 5000.00, true.
    known = {name: value for name, value in used.items() if value is not None}
    inputs = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in known.items()}
    found = rule(policy, str(row["rule_id"]), str(row["channel"]), decided) or {}
    worded = {"rule_text": found.get("text"), "rule_source": found.get("source")}
    worded["is_published"] = row["outcome"] == "published" and taken_down is None
    return Decision.model_validate({**row, **worded, "withdrawn": taken_down, "inputs": inputs})


def _worded(kind: str, code: str | None) -> str:
    """``code`` of a kind in the current language; itself where the catalogue has none."""
    key = f"publication.{kind}_{code}"
    return text(key) if key in catalogue(current_language()) else code or "—"
