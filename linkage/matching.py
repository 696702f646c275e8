"""批量比对: the enterprise for each row of a table, by the same models that link the lake's records."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from lake.errors import TerminalError
from lake.progress import Progress, Silent
from linkage.models import code_shape, project_folder, render, shown_name
from linkage.reading import CHUNK_ROWS, SubjectColumns, read, read_register
from linkage.sheets import PLACES, Sheet, read_sheet, write_sheet

DEFAULT_THRESHOLD = 0.9999
MEMORY_LIMIT = "1200MB"
MODELS = (
    "link_sought_name", "link_code_pair", "link_name_subject", "link_whole_pair", "link_name_pair", "link_leftover",
    "link_near_pair", "link_trigram", "link_bigram", "link_character", "link_brand_character", "link_slip_gram",
    "link_slip_frame", "link_slip", "link_far_pair", "link_similarity", "link_placeless", "link_evidence",
    "link_candidate", "link_decision",
)  # fmt: skip
SEEDS = ("link_slip_weight", "link_placeless_weight", "link_confidence", "link_character_sound", "link_rule")
ADDED = ("uscc", "matched_name", "method", "confidence", "status", "candidates")
_ONE_ROW_PER_CODE = """
delete from enterprise_name where rowid in (
    select rowid from (
        select rowid, row_number() over (partition by uscc order by name_key) as place
        from enterprise_name
        where uscc in (select uscc from enterprise_name group by uscc having count(*) > 1)
    ) where place > 1
)
"""
_FORMER_NAMES = """
insert into enterprise_name
select code_clean as uscc, batch.* exclude (code_clean), {shape} as code_shape, false as is_current,
    cast(null as date) as given_up_on
from batch
where name_key is not null
    and exists (select 1 from enterprise_name as names where names.uscc = batch.code_clean)
    and not exists (
        select 1 from enterprise_name as names where names.uscc = batch.code_clean and names.name_key = batch.name_key
    )
qualify row_number() over (partition by code_clean, name_key order by name_raw) = 1
"""
_RESULT = """
with listed as (
    select candidates.subject_id, candidates.candidate_rank, candidates.uscc, candidates.confidence, {shown} as name_shown
    from link_candidate as candidates
    inner join enterprise_name as names on candidates.uscc = names.uscc and candidates.name_key = names.name_key
    where candidates.candidate_rank <= 5
),
lists as (
    select subject_id, to_json(list(json_object('uscc', uscc, 'name', name_shown, 'score', round(confidence, 6))
        order by candidate_rank)) as candidates
    from listed group by subject_id
)
select
    decisions.uscc,
    case when decisions.status = 'linked' then {shown} end as matched_name,
    case when decisions.status = 'linked' then decisions.method else decisions.reason end as method,
    decisions.confidence,
    case decisions.status when 'linked' then 'auto' when 'review' then 'review' else 'none' end as status,
    coalesce(cast(lists.candidates as varchar), '[]') as candidates
from link_decision as decisions
left join enterprise_name as names on decisions.uscc = names.uscc and decisions.best_name_key = names.name_key
left join lists on decisions.subject_id = lists.subject_id
order by decisions.subject_id
"""


class MatchSummary(BaseModel):
    """What a match did: rows in, by status (auto, review, none), automatic links by method, enterprises looked through."""

    model_config = ConfigDict(frozen=True)

    rows: int
    enterprises: int
    linked: int
    review: int
    unlinked: int
    methods: dict[str, int]
    columns: dict[str, str]
    path: str
    title_rows: int = 0
    """Rows above the headers; they are not in the result."""
    other_sheets: tuple[str, ...] = ()
    """Sheets of the workbook that were not matched."""


def match(
    file: Path,
    registry: Path | pa.Table,
    out: Path,
    columns: Mapping[str, str] | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    threads: int = 2,
    progress: Progress | None = None,
) -> MatchSummary:
    """Write the rows of ``file`` with ``ADDED`` columns to ``out``; links with confidence >= ``threshold`` are automatic.

    ``registry`` is a file with names and codes or such a table. Raises ``TerminalError`` for a file that cannot be read,
    columns that are not there, or a threshold outside 0.5 to 1.
    """
    if not 0.5 <= threshold <= 1:
        raise TerminalError("linkage.threshold_outside", threshold=threshold)
    progress = progress or Silent()
    sheet = read_sheet(file, columns)
    if isinstance(registry, pa.Table):
        registered = Sheet(registry, {name: name for name in registry.column_names})
    else:
        registered = read_sheet(registry)
    if not {"name", "code"} <= set(registered.columns):
        raise TerminalError(
            "linkage.registry_incomplete", path=registry, columns=", ".join(registered.table.column_names)
        )
    folder = Path(tempfile.mkdtemp(prefix="creditlake-match-"))
    try:
        result, enterprises = _run(folder, sheet, registered, threshold, threads, progress)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    write_sheet(_joined(sheet.table, result), out)
    return _summary(result, enterprises, sheet, out)


def _run(
    folder: Path, sheet: Sheet, registered: Sheet, threshold: float, threads: int, progress: Progress
) -> tuple[pa.Table, int]:
    with duckdb.connect() as connection:
        connection.execute(f"set threads = {int(threads)}")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set temp_directory = '{str(folder).replace(chr(39), chr(39) * 2)}'")
        progress.start("linkage.step_registry", registered.table.num_rows)
        load_registry(connection, registered, threads, progress)
        progress.done()
        load_subjects(connection, sheet)
        for seed in SEEDS:
            path = str(project_folder() / "seeds" / f"{seed}.csv").replace("'", "''")
            connection.execute(f"create table {seed} as select * from read_csv('{path}', nullstr = 'null')")
        connection.execute("update link_confidence set grade = coalesce(grade, ''), band = coalesce(band, '')")
        progress.start("linkage.step_models", len(MODELS))
        for model in MODELS:
            connection.execute(f"create table {model} as {render(model, link_threshold=threshold)}")
            progress.advance()
        progress.done()
        counted = connection.execute("select count(*) from enterprise_name where is_current").fetchone()
        result = connection.execute(_RESULT.format(shown=shown_name("names.name_raw", "names.uscc"))).arrow()
        table = result.read_all() if isinstance(result, pa.RecordBatchReader) else result
    return table, int(counted[0]) if counted else 0


def _subject_columns(sheet: Sheet, chosen: pa.Table) -> SubjectColumns:
    part = Sheet(chosen, sheet.columns)
    places = [column for meaning in PLACES if (column := part.text(meaning)) is not None]
    return SubjectColumns(
        name=part.text("name"),
        code=part.text("code"),
        organisation_code=part.text("organisation_code"),
        registration_number=part.text("registration_number"),
        address=part.text("address"),
        region=places,
    )


def _chunks(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, CHUNK_ROWS):
        yield table.slice(start, CHUNK_ROWS)


def load_registry(connection: duckdb.DuckDBPyConnection, registered: Sheet, threads: int, progress: Progress) -> None:
    """Read a registry into the table enterprise_name; raises ``TerminalError`` for one without a single name and code."""
    used = [
        name
        for meaning, name in registered.columns.items()
        if meaning in {"name", "code", "registration_number", "address", *PLACES}
    ]
    used = list(dict.fromkeys(used))
    created = False
    with ThreadPoolExecutor(threads) as pool:
        for batch in pool.map(
            lambda chosen: read_register(_subject_columns(registered, chosen)), _chunks(registered.table.select(used))
        ):
            connection.register("batch", batch)
            verb = "insert into enterprise_name" if created else "create table enterprise_name as"
            connection.execute(
                f"{verb} select code_clean as uscc, * exclude (code_clean), {code_shape('code_clean')} as code_shape,"
                " true as is_current, cast(null as date) as given_up_on from batch"
                " where name_key is not null and code_clean is not null"
            )
            connection.unregister("batch")
            created = True
            progress.advance(batch.num_rows)
    if not created:
        raise TerminalError("linkage.registry_empty")
    connection.execute(_ONE_ROW_PER_CODE)
    for former in _former(registered, used):
        connection.register("batch", read_register(_subject_columns(registered, former)))
        connection.execute(_FORMER_NAMES.format(shape=code_shape("code_clean")))
        connection.unregister("batch")


def _former(registered: Sheet, used: list[str]) -> Iterator[pa.Table]:
    """The rows of a registry once more for each name that its enterprise has given up, with that name in place of its own."""
    column = registered.text("former_names")
    if column is None:
        return
    given_up = pc.split_pattern_regex(pc.fill_null(column.combine_chunks(), ""), "[；;、,，|\n]+")
    rows = registered.table.select(used).take(pc.list_parent_indices(given_up))
    place = rows.schema.get_field_index(registered.columns["name"])
    renamed = rows.set_column(place, registered.columns["name"], pc.list_flatten(given_up))
    yield from _chunks(renamed.filter(pc.greater(pc.utf8_length(renamed.column(place)), 1)))


def load_subjects(connection: duckdb.DuckDBPyConnection, sheet: Sheet) -> None:
    """Read the rows to be matched into the table link_subject, numbered from 0 as subject_id; no decision speaks of them."""
    start = 0
    for chosen in _chunks(sheet.table):
        numbers = pa.array(np.arange(start, start + chosen.num_rows, dtype=np.int64))
        batch = read(_subject_columns(sheet, chosen)).append_column("subject_id", numbers)
        connection.register("batch", batch)
        verb = "insert into link_subject" if start else "create table link_subject as"
        connection.execute(f"{verb} select *, cast(null as date) as record_date from batch")
        connection.unregister("batch")
        start += chosen.num_rows
    if not start:
        empty = (
            read(SubjectColumns(name=pa.array([None], pa.string()))).append_column("subject_id", pa.array([0])).slice(1)
        )
        connection.register("batch", empty)
        connection.execute("create table link_subject as select *, cast(null as date) as record_date from batch")
    connection.execute("create table link_ruling as select subject_id from link_subject where false")


def _joined(table: pa.Table, result: pa.Table) -> pa.Table:
    """The rows as brought and the columns added; a column of the same name as an added one is kept as `name_given`."""
    names = [f"{name}_given" if name in ADDED else name for name in table.column_names]
    joined = table.rename_columns(names)
    for name in ADDED:
        joined = joined.append_column(name, result[name])
    return joined


def _summary(result: pa.Table, enterprises: int, sheet: Sheet, out: Path) -> MatchSummary:
    status = Counter(result["status"].to_pylist())
    pairs = zip(result["status"].to_pylist(), result["method"].to_pylist(), strict=True)
    methods = Counter(method for state, method in pairs if state == "auto")
    return MatchSummary(
        rows=result.num_rows,
        enterprises=enterprises,
        linked=status["auto"],
        review=status["review"],
        unlinked=status["none"],
        methods=dict(methods.most_common()),
        columns=dict(sheet.columns),
        path=str(out),
        title_rows=sheet.title_rows,
        other_sheets=sheet.other_sheets,
    )
