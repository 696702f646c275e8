"""How many rows a delivery needs, and how many a feed's periods brought: the bounds of its declaration by mode.

A full refresh is judged by itself, increments by what their period brought in all, corrections never. Periods are days,
ISO weeks, months, quarters and years in Beijing; a delivery belongs to the one in which its file was last changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from connectors.source import Feed, Period
from lake.ledger import Delivery
from lake.settings import TIME_ZONE

PeriodState = Literal["running", "within", "below", "above"]


class PeriodStatus(BaseModel):
    """Rows that the increments of a feed brought in one period, beside its bounds.

    ``state`` is below only once the period has ended: until then (running) more may come.
    """

    model_config = ConfigDict(frozen=True)

    system_id: str
    contract_id: str
    period: str
    rows_accepted: int
    minimum: int
    maximum: int
    state: PeriodState


@dataclass(frozen=True)
class Wanted:
    """What a delivery must bring: ``rows`` accepted, ``so_far`` those of its ``period`` (none: judged by itself).

    ``before`` are the rows of the full refresh before, where these set ``rows``.
    """

    rows: int
    so_far: int = 0
    period: str | None = None
    before: int | None = None

    def stops(self, accepted: int) -> bool:
        """Whether ``accepted`` rows are too few.

        A late increment that brings nothing has nothing to stop: its rows are to be seen in quarantine, with reasons.
        """
        return accepted < self.rows and (self.period is None or accepted > 0)


def period_of(moment: datetime, period: Period) -> str:
    """The name of the period of ``moment``: 2026-11-26, 2026-W48, 2026-11, 2026-Q4 or 2026; they sort by time."""
    day = moment.astimezone(TIME_ZONE).date()
    match period:
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02d}"
        case "month":
            return f"{day:%Y-%m}"
        case "quarter":
            return f"{day.year}-Q{(day.month + 2) // 3}"
        case "year":
            return f"{day.year}"
        case "day" | "delivery":
            return day.isoformat()


def is_per_period(feed: Feed) -> bool:
    """Whether the bounds of ``feed`` hold for a stretch of time, not for each delivery."""
    return feed.mode == "increment" and feed.bounds.period != "delivery"


def wanted(feed: Feed, delivered_at: datetime, earlier: Iterable[Delivery], waiting: Iterable[datetime]) -> Wanted:
    """What a delivery of ``feed`` must bring, given the feed's ``earlier`` deliveries and the times of those ``waiting``.

    In a running period, or with more of the same period waiting, an increment cannot be judged yet: it needs no row.
    """
    if feed.mode == "correction":
        return Wanted(0)
    if not is_per_period(feed):
        return _wanted_of_a_full_refresh(feed, earlier)
    name = period_of(delivered_at, feed.bounds.period)
    so_far = _totals(feed, earlier)[name]
    is_running = name >= period_of(datetime.now(TIME_ZONE), feed.bounds.period)
    if is_running or any(period_of(moment, feed.bounds.period) == name for moment in waiting):
        return Wanted(0, so_far, name)
    return Wanted(max(0, feed.bounds.minimum - so_far), so_far, name)


def _wanted_of_a_full_refresh(feed: Feed, earlier: Iterable[Delivery]) -> Wanted:
    """The minimum, or what the declared loss leaves of the full refresh before, whichever is more."""
    minimum, loss = feed.bounds.minimum, feed.bounds.largest_loss_percent
    full = [one for one in earlier if one.is_committed and one.mode == "full_refresh" and one.rows_accepted]
    if loss is None or not full:
        return Wanted(minimum)
    before = max(full, key=lambda one: one.received_at).rows_accepted
    kept = -(-before * (100 - loss) // 100)
    return Wanted(kept, before=before) if kept > minimum else Wanted(minimum)


def period_states(system_id: str, feed: Feed, deliveries: Iterable[Delivery], now: datetime) -> list[PeriodStatus]:
    """The periods in which ``feed`` brought rows, oldest first, and the last ended one even when it brought none."""
    if not is_per_period(feed):
        return []
    bounds, totals = feed.bounds, _totals(feed, deliveries)
    running, last = period_of(now, bounds.period), _last_ended(now, bounds.period)
    names = {name for name, rows in totals.items() if rows} | ({last} if totals and min(totals) < last else set())
    return [
        PeriodStatus(
            system_id=system_id,
            contract_id=feed.contract,
            period=name,
            rows_accepted=totals[name],
            minimum=bounds.minimum,
            maximum=bounds.maximum,
            state=_state(totals[name], feed, name >= running),
        )
        for name in sorted(names)
    ]


def _totals(feed: Feed, deliveries: Iterable[Delivery]) -> Counter[str]:
    """Rows accepted by period; a repeated file adds none, a correction does not count."""
    totals: Counter[str] = Counter()
    for one in deliveries:
        if one.is_committed and one.mode == "increment":
            totals[period_of(one.delivered_at, feed.bounds.period)] += one.rows_accepted
    return totals


def _state(rows: int, feed: Feed, is_running: bool) -> PeriodState:
    if rows > feed.bounds.maximum:
        return "above"
    if is_running:
        return "running"
    return "below" if rows < feed.bounds.minimum else "within"


def _last_ended(now: datetime, period: Period) -> str:
    """The name of the period before that of ``now``."""
    running, moment = period_of(now, period), now
    while period_of(moment, period) == running:
        moment -= timedelta(days=1)
    return period_of(moment, period)
