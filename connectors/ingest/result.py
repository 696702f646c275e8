"""What an ingest reports: a typed document that later commands read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from lake.ledger import Delivery


class Warned(BaseModel):
    """A message code of the catalogue and its parameters: something to know that stopped nothing."""

    model_config = ConfigDict(frozen=True)

    code: str
    parameters: dict[str, Any] = {}


class IngestResult(BaseModel):
    """One ingest. ``deliveries`` are those it took or refused; ``known`` counts the files that were there before.

    ``not_taken`` names files that could not be read and systems that could not be asked: nothing is recorded of them, the
    next run tries them again. ``not_connected`` are systems whose ways in wait for their variables to be set.
    """

    run_id: str
    started_at: datetime
    ended_at: datetime
    deliveries: list[Delivery] = []
    known: int = 0
    not_taken: list[Warned] = []
    warnings: list[Warned] = []
    not_connected: list[str] = []

    @property
    def has_changes(self) -> bool:
        """Whether any delivery was recorded."""
        return bool(self.deliveries)
