"""One delivered file from the way in to its row in the ledger, exactly once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import duckdb

from connectors.contract import arrow_schema
from connectors.ingest.bounds import Wanted, wanted
from connectors.ingest.discover import Candidate
from connectors.ingest.landing import Landed, NotTakenError, keep
from connectors.ingest.reading import FileReading
from connectors.ingest.stamping import Origin
from connectors.ingest.tally import Tally
from lake import ledger
from lake.errors import TerminalError
from lake.ledger import Delivery, Mode, Status, digest_of
from lake.schema import QUARANTINE, QUARANTINE_TABLE, bronze_schema, bronze_table
from lake.storage import Storage
from lake.tables import append_once


@dataclass(frozen=True)
class Workshop:
    """What every delivery of one ingest is made with."""

    lake: Storage
    database: duckdb.DuckDBPyConnection
    run_id: str
    threads: int


@dataclass(frozen=True)
class Pulled:
    """What the ledger row of a pulled delivery says besides: which one it follows, and the state behind it (JSON)."""

    follows: str
    state: str


class _StoppedError(Exception):
    """Too few rows: nothing of the delivery may be committed."""


def rules_version(candidate: Candidate) -> str:
    """Version of the contract and a digest of all rules a file is read by, so that a refused one is tried anew."""
    rules = candidate.contract.path.read_bytes() + candidate.feed.model_dump_json().encode()
    return f"{candidate.contract.version}+{sha256(rules).hexdigest()[:8]}"


def take(
    workshop: Workshop,
    candidate: Candidate,
    copy: Landed,
    earlier: list[Delivery],
    waiting: Iterable[datetime] = (),
    pulled: Pulled | None = None,
) -> Delivery:
    """Bring a landed file in; ``earlier`` are the ledger's rows, oldest first. Gives the ledger row it now has.

    ``waiting`` are the times of the feed's files that come behind it.

    Raises ``TransientError`` when the lake is away or full: then nothing of the file counts, and the next run goes on;
    ``NotTakenError`` when another run has pulled the same feed meanwhile.
    """
    delivery = _described(workshop, candidate, copy, earlier)
    if pulled is not None:
        delivery = delivery.model_copy(update={"follows": pulled.follows, "pull_state": pulled.state})
    same = _same_batch(delivery, earlier)
    if same is None:
        keep(workshop.lake, copy)
        of_feed = [one for one in earlier if one.feed == delivery.feed]
        needed = wanted(candidate.feed, delivery.delivered_at, of_feed, waiting)
        delivery = _read(workshop, candidate, copy, delivery, needed)
    else:
        delivery = _repeated(delivery, same)
    if ledger.append(workshop.lake, delivery):
        return delivery
    return _after_lost_race(workshop, delivery)


def _described(workshop: Workshop, candidate: Candidate, copy: Landed, earlier: list[Delivery]) -> Delivery:
    found, version = candidate.found, rules_version(candidate)
    identity = (candidate.system_id, candidate.contract_id, candidate.path, copy.digest, found.modified_at.isoformat())
    delivery_id = digest_of(*identity)
    if any(one.delivery_id == delivery_id for one in earlier):
        delivery_id = digest_of(*identity, version)
    return Delivery(
        delivery_id=delivery_id,
        batch_id=digest_of(candidate.system_id, candidate.contract_id, copy.digest),
        system_id=candidate.system_id,
        contract_id=candidate.contract_id,
        path=candidate.path,
        source_digest=copy.digest,
        byte_size=copy.size,
        mode=candidate.feed.mode,
        status="accepted",
        delivered_at=found.modified_at,
        received_at=datetime.now(UTC),
        run_id=workshop.run_id,
        contract_version=version,
    )


def _same_batch(delivery: Delivery, earlier: list[Delivery]) -> Delivery | None:
    same = [one for one in earlier if one.batch_id == delivery.batch_id and one.is_committed]
    return same[0] if same else None


def _repeated(delivery: Delivery, same: Delivery) -> Delivery:
    changes = {
        "status": "repeated",
        "mode": same.mode if same.mode == "correction" else delivery.mode,
        "rows_read": same.rows_read,
        "rows_repeated": same.rows_read,
        "reasons": json.dumps({"repeated_file": same.rows_read}),
        **{name: getattr(same, name) for name in ("format", "encoding", "layout", "header_mapping", "unknown_columns")},
    }
    return delivery.model_copy(update=changes)


def _read(workshop: Workshop, candidate: Candidate, copy: Landed, delivery: Delivery, needed: Wanted) -> Delivery:
    """Read, check and store a file whose bytes are new to its feed; the ledger is the caller's."""
    origin = Origin(
        delivery.system_id, delivery.contract_id, delivery.source_digest, delivery.batch_id, delivery.received_at
    )
    reading = FileReading(
        workshop.database,
        candidate.contract,
        candidate.feed,
        origin=origin,
        folder=copy.file.parent,
        threads=workshop.threads,
        elsewhere=candidate.elsewhere,
        sheets_elsewhere=candidate.sheets_elsewhere,
    )
    try:
        _store(workshop, candidate, copy, reading, needed)
        return _filled(delivery, candidate, reading, "accepted")
    except _StoppedError:
        reason: dict[str, object] = {"minimum": candidate.feed.bounds.minimum, "accepted": reading.tally.accepted}
        code = "ingest.below_minimum"
        if needed.period is not None:
            code = "ingest.period_stopped"
            reason |= {"period": needed.period, "so_far": needed.so_far}
        elif needed.before is not None:
            code = "ingest.too_much_lost"
            reason = {"accepted": reading.tally.accepted, "before": needed.before, "needed": needed.rows}
            reason["percent"] = candidate.feed.bounds.largest_loss_percent
        return _filled(delivery, candidate, reading, "stopped", code=code, parameters=reason)
    except TerminalError as error:
        if error.code == "ingest.accounts_differ":
            raise
        if not reading.tally.refusals:
            reading.tally.refuse_everything(error)
        first = reading.tally.refusals[0]
        return _filled(delivery, candidate, reading, "refused", code=first["code"], parameters=first["parameters"])
    finally:
        reading.close()


def _store(workshop: Workshop, candidate: Candidate, copy: Landed, reading: FileReading, needed: Wanted) -> None:
    """Bronze, then quarantine, each exactly once; what another run stored already is only counted."""
    batch_id = reading.origin.batch_id

    def batches() -> object:
        yield from reading.batches(copy.file, candidate.path)
        reading.tally.verify(candidate.path)
        if not reading.is_correction and needed.stops(reading.tally.accepted):
            raise _StoppedError

    stream = batches()
    schema = bronze_schema(arrow_schema(candidate.contract))
    append_once(workshop.lake, bronze_table(candidate.contract_id), stream, schema, batch_id)  # type: ignore[arg-type]
    for _ in stream:  # type: ignore[attr-defined]
        pass
    append_once(workshop.lake, QUARANTINE_TABLE, reading.spool.batches(), QUARANTINE, batch_id)


def _filled(
    delivery: Delivery,
    candidate: Candidate,
    reading: FileReading,
    status: Status,
    *,
    code: str | None = None,
    parameters: dict[str, object] | None = None,
) -> Delivery:
    tally: Tally = reading.tally
    mode: Mode = "correction" if reading.is_correction else candidate.feed.mode
    details = dict(parameters or {})
    if tally.refusals and status == "accepted":
        details["refused_tables"] = tally.refusals
    changes = {
        "status": status,
        "mode": mode,
        "format": ", ".join(tally.formats) or None,
        "encoding": ", ".join(tally.encodings) or None,
        "layout": ", ".join(tally.layouts) or None,
        "header_mapping": tally.header_mapping,
        "unknown_columns": tally.unknown_columns,
        "reason_code": code,
        "reason_parameters": json.dumps(details, ensure_ascii=False, default=str),
        "rows_read": tally.read,
        "rows_accepted": tally.accepted,
        "rows_quarantined": tally.quarantined,
        "rows_repeated": tally.repeated,
        "rows_layout": tally.layout,
        "rows_refused": tally.refused,
        "records_accepted": tally.records,
        "reasons": json.dumps(dict(sorted(tally.reasons.items())), ensure_ascii=False),
    }
    return delivery.model_copy(update=changes)


def _after_lost_race(workshop: Workshop, delivery: Delivery) -> Delivery:
    """Another run was faster: either it landed this very delivery, or the same bytes from another path."""
    now = ledger.deliveries(workshop.lake)
    landed = next((one for one in now if one.delivery_id == delivery.delivery_id), None)
    if landed is not None:
        return landed
    if delivery.follows is not None and any(
        one.is_committed and (one.feed, one.follows) == (delivery.feed, delivery.follows) for one in now
    ):
        raise NotTakenError("ingest.pull_overtaken", system=delivery.system_id, contract=delivery.contract_id)
    same = _same_batch(delivery, now)
    if same is None:
        raise TerminalError("ingest.ledger_lost", path=delivery.path)
    repeated = _repeated(delivery, same)
    ledger.append(workshop.lake, repeated)
    return repeated
