"""Taking in what one feed delivered in a range of dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connectors.contract import load_contracts
from connectors.ingest.discover import Candidate
from connectors.ingest.pulls import is_pulled
from connectors.source import load_sources
from flows.job import job
from flows.result import RunResult
from lake.errors import TerminalError
from lake.progress import Progress
from lake.settings import TIME_ZONE, Settings


@dataclass(frozen=True)
class Range:
    """Deliveries of a feed from ``first`` to ``last``, both included; a file's date is that of its last change."""

    system_id: str
    contract_id: str
    first: date
    last: date

    def holds(self, candidate: Candidate) -> bool:
        """Whether a file at the ways in belongs to the range."""
        day = candidate.found.modified_at.astimezone(TIME_ZONE).date()
        is_feed = (candidate.system_id, candidate.contract_id) == (self.system_id, self.contract_id)
        return is_feed and self.first <= day <= self.last


def backfill_feed(
    settings: Settings,
    wanted: Range,
    *,
    drop: str | None = None,
    sources: Sequence[Path] | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Ingest the files of ``wanted`` that have not been taken; raises as ingest does.

    A feed that is pulled has no files by date: ``TerminalError``, and its next pull goes on where the last one stopped.
    """
    if wanted.last < wanted.first:
        raise TerminalError("flows.range_backwards", first=wanted.first, last=wanted.last)
    declared = load_sources(sources or settings.sources, load_contracts()).get(wanted.system_id)
    feed = declared.feed(wanted.contract_id) if declared else None
    if drop is None and declared and feed and is_pulled(declared, feed):
        raise TerminalError("flows.range_of_pull", system=wanted.system_id, contract=wanted.contract_id)
    with job(settings, "backfill", drop, sources=sources, progress=progress) as made:
        made.only = wanted.holds
        made.do("ingest")
        made.take_down_ended()
    return made.run
