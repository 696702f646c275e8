"""Keeps the companion table up to date: every committed batch is read once by today's reading version."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from connectors.contract import Contract, Subject, load_contracts
from lake import ledger
from lake.duckdb_extensions import connect
from lake.progress import Progress, Silent
from lake.schema import bronze_table
from lake.settings import Settings
from lake.storage import Storage
from lake.tables import append_named, ensure, names_missing, scan
from linkage.reading import CHUNK_ROWS, READING, READING_VERSION, SubjectColumns, read

COMPANION_TABLE = "companion/subject"
COMPANION = pa.schema(
    [
        ("record_id", pa.string()),
        ("contract_id", pa.string()),
        ("batch_id", pa.string()),
        ("role", pa.string()),
        ("subject_index", pa.int32()),
        *READING,
        ("reading_version", pa.int32()),
    ]
)
REGISTERED_ROLE = "enterprise"
# Sampling cells name maker and dealer together ("经销商：A；生产商：B"): each role takes its own.
ROLE_LABELS = {
    "producer": frozenset({"生产商", "生产企业", "生产单位", "生产者", "制造商", "受托方", "被委托方"}),
    "sampled_unit": frozenset(
        {"被抽样单位", "经销商", "经销单位", "销售商", "销售单位", "供应商", "供货商", "单位名称", "企业名称", "名称"}
    ),
}
CATEGORY_COLUMNS = ("counterpart_category", "subject_category")
NATURAL_PERSON = "自然人"
ATTEMPTS = 10


class ReadResult(BaseModel):
    """What one update did: batches and subjects read; ``seconds`` of wall time."""

    model_config = ConfigDict(frozen=True)

    batches: int
    subjects: int
    reading_version: int
    seconds: float


def update(settings: Settings, storage: Storage, run_id: str, progress: Progress | None = None) -> ReadResult:
    """Read the subjects of every committed batch that today's reading version has not read; exactly once.

    Raises ``TransientError`` when the lake is away; nothing is then committed and the next run reads the same batches.
    """
    del settings, run_id
    started = time.monotonic()
    ensure(storage, COMPANION_TABLE, COMPANION)
    batches = subjects = 0
    for _ in range(ATTEMPTS):
        missing = _missing(storage)
        if not missing:
            break
        counted = _Counted(_rows(storage, missing, progress or Silent()))
        names = tuple(_name(batch) for batch in missing)
        if append_named(storage, COMPANION_TABLE, counted, COMPANION, names):
            batches, subjects = batches + len(missing), subjects + counted.rows
    seconds = round(time.monotonic() - started, 3)
    return ReadResult(batches=batches, subjects=subjects, reading_version=READING_VERSION, seconds=seconds)


class _Counted:
    """Batches passed on, their rows counted."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self.rows = 0
        self._batches = batches

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self.rows += batch.num_rows
            yield batch


def _name(batch_id: str) -> str:
    return f"reading {READING_VERSION} of {batch_id}"


def _missing(storage: Storage) -> dict[str, str]:
    """Batch to contract, of the batches with records that no row of today's version stands for."""
    held = {one.batch_id: one.contract_id for one in ledger.deliveries(storage) if one.records_accepted}
    lacking = names_missing(storage, COMPANION_TABLE, [_name(batch) for batch in held])
    return {batch: contract for batch, contract in sorted(held.items()) if _name(batch) in lacking}


def _rows(storage: Storage, missing: Mapping[str, str], progress: Progress) -> Iterator[pa.RecordBatch]:
    contracts = load_contracts()
    with connect() as connection:
        storage.duckdb_setup(connection)
        for contract_id in sorted(set(missing.values())):
            batches = [batch for batch, contract in missing.items() if contract == contract_id]
            for table in _records(connection, storage, contracts[contract_id], batches):
                for subject in contracts[contract_id].subjects:
                    yield from _subjects(contracts[contract_id], subject, table).to_batches()
                progress.advance(table.num_rows, contract_id)


def _records(
    connection: duckdb.DuckDBPyConnection, storage: Storage, contract: Contract, batches: list[str]
) -> Iterator[pa.Table]:
    """The records of ``batches``, the columns that are read of them."""
    relation = scan(connection, storage, bronze_table(contract.id))
    reader: Any = connection.execute(
        f"SELECT {', '.join(_columns(contract))} FROM {relation} WHERE list_contains($batches, batch_id)",
        {"batches": batches},
    ).to_arrow_reader(CHUNK_ROWS)
    for batch in reader:
        yield pa.Table.from_batches([batch])


def _columns(contract: Contract) -> list[str]:
    used = {"record_id", "batch_id", *(name for name in CATEGORY_COLUMNS if name in contract.column_names)}
    for one in contract.subjects:
        given = (one.name, one.uscc, one.organisation_code, one.registration_number, one.address)
        used |= {name for name in (*given, *one.region, *one.text[:1]) if name}
    return sorted(used)


def _subjects(contract: Contract, subject: Subject, records: pa.Table) -> pa.Table:
    given = {
        "code": subject.uscc,
        "organisation_code": subject.organisation_code,
        "registration_number": subject.registration_number,
        "address": subject.address,
    }
    columns: dict[str, Any] = {key: _column(records, name) for key, name in given.items() if name}
    name = _column(records, subject.name)
    titled = None
    if subject.text:
        title = _column(records, subject.text[0])
        titled = pc.and_(pc.is_null(name), pc.is_valid(title))
        name = pc.coalesce(name, title)
    region = [_column(records, column) for column in subject.region]
    found = read(
        SubjectColumns(name=name, region=region, **columns),
        registered=_is_register(contract, subject),
        labels=ROLE_LABELS.get(subject.role, frozenset()),
    )
    if titled is not None:
        origin = pc.if_else(titled, pa.scalar("title"), found["name_origin"])
        found = found.set_column(found.schema.get_field_index("name_origin"), "name_origin", origin)
    return _completed(contract, subject, records, _with_category(records, found))


def _is_register(contract: Contract, subject: Subject) -> bool:
    return contract.id == "enterprise_registration" and subject.role == REGISTERED_ROLE


def _with_category(records: pa.Table, found: pa.Table) -> pa.Table:
    """A counterpart category of 自然人 says natural person, whatever the name looks like."""
    for name in CATEGORY_COLUMNS:
        if name in records.column_names:
            stated = pc.fill_null(pc.equal(records[name], NATURAL_PERSON), False)
            place = found.schema.get_field_index("is_natural_person")
            return found.set_column(place, "is_natural_person", pc.or_(found["is_natural_person"], stated))
    return found


def _completed(contract: Contract, subject: Subject, records: pa.Table, found: pa.Table) -> pa.Table:
    rows = records.num_rows
    constant = {
        "contract_id": pa.repeat(contract.id, rows),
        "role": pa.repeat(subject.role, rows),
        "subject_index": pa.repeat(pa.scalar(0, pa.int32()), rows),
        "reading_version": pa.repeat(pa.scalar(READING_VERSION, pa.int32()), rows),
    }
    columns = {name: records[name] for name in ("record_id", "batch_id")} | constant
    columns |= {name: found[name] for name in found.column_names}
    return pa.table([pc.cast(columns[field.name], field.type) for field in COMPANION], schema=COMPANION)


def _column(records: pa.Table, name: str) -> pa.Array:
    return records[name].combine_chunks()
