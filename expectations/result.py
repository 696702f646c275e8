"""The typed outcome of checking, as ``check --json`` prints it and later commands read it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, computed_field

from expectations.measure import Owner, Severity

SHOWN_ROWS = 20
"""Failing rows kept per check in a result; the count is always of all of them."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class FailingRow(_Document):
    """A row that breaks a check: where it came from, and its columns; what is not public is masked."""

    file: str | None
    row: int | None
    record_id: str | None
    columns: dict[str, str | None]


class CheckOutcome(_Document):
    """What Great Expectations said about one check."""

    id: str
    suite: str
    title: str
    severity: Severity
    owner: Owner
    outlet: str
    passed: bool
    accepted: bool = False
    observed: float | str | None
    minimum: float | None
    maximum: float | None
    failing_rows: tuple[FailingRow, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether this outcome stops a release."""
        return not self.passed and self.severity == "block" and not self.accepted


class CheckResult(_Document):
    """All outcomes of one run; ``fresh`` is false when nothing had changed and the last result was taken over."""

    run_id: str
    fresh: bool
    outcomes: tuple[CheckOutcome, ...]
    data_docs: str | None
    seconds: float

    @computed_field  # type: ignore[prop-decorator]
    @property
    def blocked(self) -> bool:
        """Whether a release must not go out."""
        return any(outcome.blocks for outcome in self.outcomes)

    @property
    def failed(self) -> tuple[CheckOutcome, ...]:
        """Outcomes that did not pass, blocking ones first."""
        failed = [outcome for outcome in self.outcomes if not outcome.passed]
        return tuple(sorted(failed, key=lambda outcome: (not outcome.blocks, outcome.id)))
