"""Taking entries down at once: a release of the current content without them, from the current release's own files.

No warehouse is read and no table built: the parts that hold the entries are rendered again, all others carried over, so that
the time does not grow with the number of records. Later releases leave the entries out until the warehouse does so itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic

import duckdb

from lake.errors import TerminalError
from lake.messages import text
from lake.progress import Progress
from lake.settings import Settings
from lake.storage import Storage
from publication.candidate import DIGESTS, DIGESTS_FILE, Candidate
from publication.commit import Act, commit, complete_audit, published, warehouse_fingerprint
from publication.dataset import Dataset, DatasetColumns
from publication.difference import side_of
from publication.manifest import Approver, Manifest, PublishResult, Withdrawal
from publication.notices import Release, add_notices
from publication.parts import EMPTY_DIGEST, WHOLE, Part, digest_expression, find_parts, quoted
from publication.publish import Approve, Options, new_version, remove_dead_staging, staging_folder
from publication.releases import manifest_of, read_pointer, release_folder
from publication.render import sql_text
from publication.signing import load_key
from publication.staging import SCRATCH, StagedRelease, Workshop, stage_dataset
from publication.withdrawal import End, emptied, rows_left


@dataclass(frozen=True)
class _Found:
    """Where the entries lie in the current release: part names and codes, per dataset of records."""

    parts: dict[str, frozenset[str]]
    codes: dict[str, tuple[str, ...]]
    withdrawn: tuple[Withdrawal, ...]


def withdraw(
    settings: Settings,
    storage: Storage,
    ends: Sequence[End],
    run_id: str,
    progress: Progress,
    approve: Approve | None = None,
    *,
    approver: Approver | None = None,
    options: Options | None = None,
) -> PublishResult:
    """Release the current content without the records of ``ends``; raises ``TerminalError`` for one that it does not hold,
    and as ``publish`` does.

    Without an ``approver`` the rules that ``ends`` name answer for it: the run, the rules and the causes are in the audit
    chain.
    """
    started, options = monotonic(), options or Options()
    remove_dead_staging(storage.temporary_directory())
    pointer = read_pointer(storage)
    before = manifest_of(storage, pointer)
    if before is None:
        raise TerminalError("publication.no_release", lake=storage.url())
    complete_audit(storage, pointer, before)
    key = load_key(settings)
    created_at = options.clock().replace(microsecond=0)
    version = new_version(created_at)
    datasets = [one for one in options.datasets if side_of(before, one.id).dataset is not None]
    with staging_folder(storage) as folder, _connection(storage, folder) as connection:
        found = _find(connection, storage, before, datasets, ends, version=version)
        candidates = [_candidate(connection, storage, before, dataset, datasets, found) for dataset in datasets]
        release = Release(version, created_at, options.sizes)
        candidates.append(add_notices(connection, storage, candidates, before, release, found.withdrawn))
        withdrawn = (*before.withdrawn, *found.withdrawn)
        staged = StagedRelease(version, created_at, folder, before, candidates, withdrawn=withdrawn)
        progress.start("publication.step_render", sum(candidate.rows for candidate in candidates))
        shop = Workshop(connection, storage, staged, options.limits, progress, settings.threads)
        for candidate in candidates:
            stage_dataset(shop, candidate)
        progress.done()
        accepted = tuple(approve(staged)) if approve else ()
        inputs = before.inputs.model_copy(update={"warehouse_fingerprint": warehouse_fingerprint(staged)})
        records = tuple(end.record_id for end in ends)
        because = None if approver else _because(found.withdrawn)
        act = Act(run_id, approver, because=because, withdrawn=withdrawn, withdraws=records)
        manifest = commit(
            storage, staged, act, accepted=accepted, inputs=inputs, key=key, pointer=pointer, progress=progress
        )
    result = published(manifest, before, (), key, monotonic() - started)
    return result.model_copy(update={"withdrawn": found.withdrawn})


def _because(withdrawn: Sequence[Withdrawal]) -> str:
    """Rules and delivered records that took entries down, for the audit chain."""
    rules, causes = (sorted({str(getattr(one, name)) for one in withdrawn}) for name in ("rule_id", "cause_id"))
    return text("publication.withdrawn_by_rule", rules="、".join(rules), causes="、".join(causes))


@contextmanager
def _connection(storage: Storage, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        storage.duckdb_setup(connection)
        connection.execute(f"attach {sql_text(str(folder / 'scratch.duckdb'))} as {SCRATCH}")
        connection.execute(f"attach {sql_text(str(folder / DIGESTS_FILE))} as {DIGESTS}")
        yield connection


def _find(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    before: Manifest,
    datasets: Sequence[Dataset],
    ends: Sequence[End],
    *,
    version: str,
) -> _Found:
    parts: dict[str, frozenset[str]] = {}
    codes: dict[str, tuple[str, ...]] = {}
    withdrawn: list[Withdrawal] = []
    ended = {end.record_id: end for end in ends}
    ids = ", ".join(map(sql_text, ended))
    for dataset in (one for one in datasets if not one.is_profile):
        key, code = quoted(dataset.key[0]), quoted(dataset.code)
        query = f"select {key}, {code}, release_part from ({_rows(storage, before, dataset)}) where {key} in ({ids})"
        rows = connection.execute(query).fetchall()
        if rows:
            parts[dataset.id] = frozenset(str(part) for *_, part in rows)
            codes[dataset.id] = tuple(str(one) for _, one, _ in rows if one is not None)
        withdrawn += [
            Withdrawal(dataset=dataset.id, version=version, **asdict(ended[record]))
            for record in dict.fromkeys(str(record) for record, *_ in rows)
            if dataset.part_of is None
        ]
    missing = sorted(set(ended) - {one.record_id for one in withdrawn})
    if missing or not ended:
        raise TerminalError(
            "publication.record_not_published", record="、".join(missing) or "-", version=before.version
        )
    return _Found(parts, codes, tuple(withdrawn))


def _rows(storage: Storage, before: Manifest, dataset: Dataset, only: frozenset[str] | None = None) -> str:
    """SQL of a dataset's rows in the release with the part that each lies in."""
    folder = release_folder(before.version)
    files = [one for one in before.files_of(dataset.id, "parquet") if only is None or one.part in only]
    return " union all ".join(
        f"select *, {sql_text(file.part)} as release_part "
        f"from read_parquet({sql_text(storage.url(f'{folder}/{file.path}'))})"
        for file in files
    )


def _candidate(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    before: Manifest,
    dataset: Dataset,
    datasets: Sequence[Dataset],
    found: _Found,
) -> Candidate:
    """The dataset with its touched parts digested again; the others are as the release holds them."""
    side = side_of(before, dataset.id)
    assert side.dataset is not None
    columns = DatasetColumns(released=side.dataset.columns, held_back=(), unclassified=())
    declared = frozenset(side.columns)
    touched = found.parts.get(dataset.id, frozenset())
    condition, changed = rows_left(dataset, found.withdrawn), "*"
    if dataset.is_profile:
        codes = {name: ", ".join(map(sql_text, values)) for name, values in found.codes.items() if values}
        all_codes = ", ".join(codes.values())
        touched = _parts_of(connection, storage, before, dataset, all_codes) if all_codes else frozenset()
        replaced = ", ".join(emptied(dataset, datasets, codes, set(side.columns)))
        condition, changed = "true", f"* replace ({replaced})" if replaced else "*"
    assigned = f"select {changed} from ({_rows(storage, before, dataset)}) where {condition}"
    candidate = Candidate(dataset, columns, declared, assigned, touched=touched)
    of_touched = f"select {changed} from ({_rows(storage, before, dataset, touched)}) where {condition}"
    source = of_touched if touched else f"select * from ({_rows(storage, before, dataset)}) limit 0"
    connection.execute(
        f"create table {candidate.digests} as select release_part, {candidate.key}, "
        f"{digest_expression(columns)} as digest from ({source})"
    )
    kept = [
        Part(file.part, file.rows, file.content_digest)
        for file in before.files_of(dataset.id, "parquet")
        if file.part not in touched
    ]
    again = find_parts(connection, candidate.digests) if touched else []
    parts = sorted([*kept, *(part for part in again if part.rows)], key=lambda part: part.name)
    return Candidate(
        dataset, columns, declared, assigned, tuple(parts) or (Part(WHOLE, 0, EMPTY_DIGEST),), touched=touched
    )


def _parts_of(
    connection: duckdb.DuckDBPyConnection, storage: Storage, before: Manifest, dataset: Dataset, codes: str
) -> frozenset[str]:
    query = f"select distinct release_part from ({_rows(storage, before, dataset)}) where {quoted(dataset.code)} in ({codes})"
    return frozenset(str(part) for (part,) in connection.execute(query).fetchall())
