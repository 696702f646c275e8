"""What a report to a department says. Counts are rows of files unless a name says records; times are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from flows.lake_status import FeedState
from publication.timeliness import Timeliness

FixKind = Literal["file", "rows", "records_late", "feed_late"]


class FeedTotals(BaseModel):
    """All deliveries of a feed, and whether the next one is due."""

    model_config = ConfigDict(frozen=True)

    contract_id: str
    title: str
    files: int
    files_not_taken: int
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_repeated: int
    rows_layout: int
    rows_refused: int
    rows_open: int
    state: FeedState | None
    last_delivered_at: datetime | None
    due_at: datetime | None

    @property
    def is_due(self) -> bool:
        """Whether a delivery should have been here by now."""
        return self.state in {"late", "missing"}


class QuarantineReason(BaseModel):
    """Rows set aside for one reason, without its particulars. ``rows`` counts all that ever were, mended ones too."""

    model_config = ConfigDict(frozen=True)

    contract_id: str
    title: str
    reason_code: str
    reason: str
    rows: int


class OpenReason(BaseModel):
    """Rows that still wait for a correction: the column, the reason in words, and one value as it came.

    ``example`` is there only for a column that may be shown to everyone.
    """

    model_config = ConfigDict(frozen=True)

    contract_id: str
    title: str
    column: str | None
    reason_code: str
    reason: str
    rows: int
    example: str | None


class FileNotTaken(BaseModel):
    """A file of which nothing was taken, or some of its tables. ``is_settled``: the same file came again later and was."""

    model_config = ConfigDict(frozen=True)

    contract_id: str
    title: str
    path: str
    status: str
    reason: str
    rows: int
    received_at: datetime
    is_settled: bool


class Fix(BaseModel):
    """One thing to put right; ``rows`` is how much it hurts, None where a whole file or feed is not there."""

    model_config = ConfigDict(frozen=True)

    kind: FixKind
    rows: int | None
    what: str


class SourceReport(BaseModel):
    """Everything about one system. ``timeliness`` is None before the first build; it knows licences and penalties only."""

    model_config = ConfigDict(frozen=True)

    system_id: str
    name: str
    department: str
    made_at: datetime
    feeds: list[FeedTotals]
    quarantined: list[QuarantineReason]
    open_reasons: list[OpenReason]
    not_taken: list[FileNotTaken]
    timeliness: list[Timeliness] | None
    deadline: str
    to_fix: list[Fix]
