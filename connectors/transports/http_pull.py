"""A feed pulled from a service: page by page into the spool, delivered whole (full refresh) or in parts (increments)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from typing import Any, TypeGuard

from connectors.transports.declaration import Cursors, HttpRequest, HttpWay, UpdatedSince
from connectors.transports.errors import SystemRefusedError
from connectors.transports.paging import Pager, Step, pager
from connectors.transports.pulling import PART_BYTES, Assignment, Part, PullState, Spool, SpoolProgress, now, state_of
from connectors.transports.records import Record, at
from connectors.transports.service import Service
from lake.settings import TIME_ZONE

SUFFIX = ".jsonl"
OLDEST_FULL_REFRESH = timedelta(days=1)
"""A full list begun longer ago is begun again: half of it would be of yesterday."""


def pull(way: HttpWay, request: HttpRequest, task: Assignment) -> Iterator[Part]:
    """The parts of one pull, each to be committed before the next is asked for; none when there is nothing new.

    Raises ``TransientError`` when the service is away, slow or restless, ``TerminalError`` when it refuses or answers
    otherwise than declared. What was pulled until then is kept for the next run.
    """
    with Service(way, request, task) as service:
        yield from HttpPull(way, request, task, service).parts()


class HttpPull:
    """One pull of one feed."""

    def __init__(self, way: HttpWay, request: HttpRequest, task: Assignment, service: Service) -> None:
        self._request = request
        self._task = task
        self._service = service
        self._spool = Spool(task.folder)
        self._declaration = sha256(f"{way.model_dump_json()}{request.model_dump_json()}".encode()).hexdigest()[:32]
        self._is_kept = isinstance(request.paging, Cursors) and request.updated_since is None and self._is_increment
        self._known: set[bytes] = set()

    def parts(self) -> Iterator[Part]:
        """Read until the last page; a full part is given once more rows than fit into it are there."""
        progress, is_resumed = self._begin()
        pages = self._pager(progress.state)
        while True:
            try:
                step = pages.read(progress.state.position)
            except SystemRefusedError as error:
                if not (is_resumed and self._may_begin_again(error)):
                    raise
                progress, is_resumed = self._spool.begin(self._progress(self._fresh_state())), False
                continue
            is_resumed = False
            records = self._unknown(step.records)
            if records and progress.size >= PART_BYTES and self._is_increment:
                yield self._part(progress)
                progress = self._spool.begin(self._progress(progress.state))
            progress = self._added(progress, records, step)
            if step.is_last:
                break
        if progress.rows or not self._is_increment:
            yield self._part(progress)
        self._spool.discard()

    @property
    def _is_increment(self) -> bool:
        return self._task.feed.mode == "increment"

    def _begin(self) -> tuple[SpoolProgress, bool]:
        """What a killed run left, the place in the ledger where a pull stopped, or a new pull."""
        found = self._spool.resume(self._task.follows, self._declaration)
        if found is None or (not self._is_increment and now() - found.state.started_at > OLDEST_FULL_REFRESH):
            committed = self._task.state
            found = self._spool.begin(self._progress(committed if self._goes_on(committed) else self._fresh_state()))
        declared = self._request.updated_since
        if declared is not None and declared.parameter is None:
            self._known = self._delivered_since(None)
        elif found.state.since is not None:
            self._known = self._delivered_since(_moment(found.state.since))
        return found, found.state.position is not None

    def _goes_on(self, state: PullState | None) -> TypeGuard[PullState]:
        """Whether the ledger's newest delivery is a part of a pull that is not complete, paged as now declared."""
        place = state.position if state else None
        return self._is_increment and place is not None and place["paging"] == self._request.paging.kind

    def _fresh_state(self) -> PullState:
        """The beginning of a new pull, behind what the last complete one reached."""
        before, declared = self._task.state, self._request.updated_since
        watermark = before.watermark if before else None
        since = None
        if declared is not None and self._is_increment:
            start = _moment(watermark) - timedelta(minutes=declared.overlap_minutes) if watermark else None
            start = start or (_read_time(declared.first, declared) if declared.first else None)
            since = start.isoformat() if start else None
        return PullState(started_at=now(), since=since, watermark=watermark)

    def _progress(self, state: PullState) -> SpoolProgress:
        part = state.model_copy(update={"newest": None})
        return SpoolProgress(follows=self._task.follows, declaration=self._declaration, state=part)

    def _pager(self, state: PullState) -> Pager:
        parameters = {name: self._service.filled(value) for name, value in self._request.parameters.items()}
        declared = self._request.updated_since
        if declared is not None and declared.parameter is not None and state.since is not None:
            parameters[declared.parameter] = _written(_moment(state.since), declared)
        return pager(self._request.paging, self._service.page, parameters, self._is_kept)

    def _may_begin_again(self, error: SystemRefusedError) -> bool:
        """A position kept over night may have ended (a cursor, a page that is gone); its pull then begins anew."""
        return error.code == "transports.http_refused" and not self._is_kept

    def _added(self, progress: SpoolProgress, records: list[Record], step: Step) -> SpoolProgress:
        newest = max((moment for record in records if (moment := self._time_of(record))), default=None)
        state = self._moved_on(progress.state, newest, step)
        self._task.shown.advance(
            0, f"{self._task.source.id}/{self._task.feed.contract} +{progress.rows + len(records)}"
        )
        return self._spool.add(progress, b"".join(record.line for record in records), len(records), state)

    def _moved_on(self, state: PullState, newest: datetime | None, step: Step) -> PullState:
        """The newest time counts only up to our own clock: one date far ahead must not hide all that comes after it."""
        place = step.position if not step.is_last or self._is_kept else None
        reached = _latest(state.reached, min(newest, state.started_at) if newest else None)
        changes: dict[str, Any] = {"reached": reached, "newest": _latest(state.newest, newest), "position": None}
        if place is not None:
            changes["position"] = {**place, "paging": self._request.paging.kind}
        if step.is_last:
            changes |= {"watermark": _latest(state.watermark, _moment(reached) if reached else None), "reached": None}
        return state.model_copy(update=changes)

    def _part(self, progress: SpoolProgress) -> Part:
        return Part(self._spool.file, SUFFIX, progress.rows, progress.state)

    def _unknown(self, records: list[Record]) -> list[Record]:
        """Records that the overlap does not bring a second time, unchanged."""
        return [record for record in records if record.digest not in self._known] if self._known else records

    def _delivered_since(self, since: datetime | None) -> set[bytes]:
        """Digests of the records that earlier deliveries hold from ``since`` on; None: of all, also those without a time."""
        found: set[bytes] = set()
        for delivery in self._task.earlier:
            newest = state_of(delivery).newest
            if since is not None and (newest is None or _moment(newest) < since):
                continue
            with self._task.original(delivery.source_digest) as stream:
                for line in stream:
                    record = Record(line)
                    moment = self._time_of(record) if since is not None else None
                    if since is None or (moment is not None and moment >= since):
                        found.add(record.digest)
        return found

    def _time_of(self, record: Record) -> datetime | None:
        declared = self._request.updated_since
        value = at(record.value, declared.field) if declared else None
        return _read_time(str(value), declared) if value is not None and declared else None


def _read_time(text: str, declared: UpdatedSince) -> datetime | None:
    """A time as the service writes it, UTC; None for what is no time."""
    try:
        if declared.format in {"seconds", "milliseconds"}:
            return datetime.fromtimestamp(float(text) / (1000 if declared.format == "milliseconds" else 1), UTC)
        if declared.format == "rfc822":
            found = parsedate_to_datetime(text)
        elif declared.format == "iso":
            found = datetime.fromisoformat(text)
        else:
            found = datetime.strptime(text, declared.format)
    except (ValueError, OverflowError, OSError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=TIME_ZONE)).astimezone(UTC)


def _written(moment: datetime, declared: UpdatedSince) -> str:
    local = moment.astimezone(TIME_ZONE)
    if declared.format == "iso":
        return local.isoformat(timespec="seconds")
    if declared.format == "rfc822":
        return format_datetime(local)
    if declared.format == "seconds":
        return str(int(moment.timestamp()))
    if declared.format == "milliseconds":
        return str(int(moment.timestamp() * 1000))
    return local.strftime(declared.format)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _latest(text: str | None, moment: datetime | None) -> str | None:
    """The later of a time as text and a moment, as text."""
    moments = [one for one in (_moment(text) if text else None, moment) if one is not None]
    return max(moments).isoformat() if moments else None
