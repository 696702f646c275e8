"""Reading the files of a coming release as a reader would, whatever their format: rows, columns, personal numbers."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from xml.sax.saxutils import unescape

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from expectations.leaks import CANDIDATE, Leak, leaks_in
from expectations.tables import quoted
from lake.duckdb_extensions import literal, load_extension
from lake.fast_zip import hasten

SHOWN_LEAKS = 20
ROW_NUMBER = "release_row_number"
FILE = "release_file"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CHUNK_BYTES = 4 * 1024 * 1024
LOOKED_AT_BYTES = 64 * 1024
ROW_END = b"</row>"
SHEETS_BEFORE_DATA = 2
"""Cover and data dictionary."""


class FileEntry(Protocol):
    """What is known of a file from the manifest."""

    @property
    def path(self) -> str:
        """Path in the release."""

    @property
    def dataset(self) -> str:
        """Dataset it holds."""

    @property
    def format(self) -> str:
        """parquet, jsonl, csv, xlsx or sqlite."""

    @property
    def rows(self) -> int:
        """Rows it is said to hold."""


@dataclass(frozen=True)
class Reading:
    """What was found in a file: rows, column headers, personal numbers (bounded) with row and column."""

    rows: int
    columns: tuple[str, ...]
    leaks: tuple[tuple[int, str, Leak], ...] = ()
    has_byte_order_mark: bool = True


@dataclass
class _Found:
    leaks: list[tuple[int, str, Leak]] = field(default_factory=list)

    def add(self, row: int, column: str, leak: Leak) -> None:
        if len(self.leaks) < SHOWN_LEAKS:
            self.leaks.append((row, column, leak))


def read_file(
    connection: duckdb.DuckDBPyConnection,
    local: Path,
    entry: FileEntry,
    names: Sequence[str],
    changed_keys: Path | None = None,
) -> Reading:
    """Read one staged file whole and look for personal numbers in every cell; ``names`` are the dataset's columns.

    With ``changed_keys`` only those rows are looked at: the release before holds the others, looked at and unchanged.
    """
    if changed_keys is not None:
        read_some = _read_mended if entry.format == "sqlite" else _read_changed
        return read_some(connection, local, entry, changed_keys)
    if entry.format == "xlsx":
        return _read_workbook(local, names)
    if entry.format == "sqlite":
        load_extension(connection, "sqlite_scanner")
        return _read_relation(connection, f"sqlite_scan({literal(str(local))}, {literal(entry.dataset)})")
    if entry.format == "parquet":
        return _read_relation(connection, f"read_parquet({literal(str(local))})")
    read_text = _read_json_lines if entry.format == "jsonl" else _read_csv
    return read_text(connection, local, names)


def _read_mended(connection: duckdb.DuckDBPyConnection, local: Path, entry: FileEntry, changed_keys: Path) -> Reading:
    cursor = connection.execute(f"select * from read_parquet({literal(str(changed_keys))})")
    condition = " and ".join(f"{quoted(column[0])} = ?" for column in cursor.description or ())
    table = quoted(entry.dataset)
    found = _Found()
    with closing(sqlite3.connect(f"{local.as_uri()}?mode=ro", uri=True)) as database:
        names = [str(row[1]) for row in database.execute(f"pragma table_info({table})")]
        rows = database.execute(f"select count(*) from {table}").fetchone()[0]
        for key in cursor.fetchall():
            for number, *values in database.execute(f"select rowid, * from {table} where {condition}", key):
                cells = ((name, str(value)) for name, value in zip(names, values, strict=True) if value is not None)
                for column, leak in leaks_in(cells):
                    found.add(int(number), column, leak)
    return Reading(int(rows), tuple(names), tuple(found.leaks))


def _read_changed(connection: duckdb.DuckDBPyConnection, local: Path, entry: FileEntry, changed_keys: Path) -> Reading:
    """A Parquet file: its rows counted; those with the keys copied to ``changed_rows`` and looked into."""
    relation = f"read_parquet({literal(str(local))}, file_row_number = true)"
    keys = f"read_parquet({literal(str(changed_keys))})"
    names = ", ".join(quoted(str(row[0])) for row in connection.execute(f"describe select * from {keys}").fetchall())
    picked = (
        f"select rows.* exclude (file_row_number), file_row_number + 1 as {ROW_NUMBER}, {literal(str(local))} as {FILE} "
        f"from {relation} as rows semi join {keys} using ({names})"
    )
    table = changed_rows(entry.dataset)
    connection.execute(f"create temp table if not exists {table} as {picked} limit 0; insert into {table} {picked}")
    of_this_file = f"(select * exclude ({FILE}) from {table} where {FILE} = {literal(str(local))})"
    reading = _read_relation(connection, of_this_file)
    counted = connection.execute(f"select count(*) from {relation}").fetchone()
    assert counted is not None
    return replace(reading, rows=int(counted[0]), columns=reading.columns[:-1])


def changed_rows(dataset: str) -> str:
    """Temporary table of the new and changed rows of a dataset's Parquet files, with ``ROW_NUMBER`` and ``FILE``."""
    return quoted(f"changed_rows_{dataset}")


def _read_csv(connection: duckdb.DuckDBPyConnection, local: Path, names: Sequence[str]) -> Reading:
    with local.open("rb") as stream:
        marked = stream.read(3) == BYTE_ORDER_MARK
    with local.open(encoding="utf-8-sig", newline="") as lines:
        headers = next(csv.reader(lines), [])
    if len(headers) != len(names):
        return Reading(0, tuple(headers), (), marked)
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    relation = (
        f"read_csv({literal(str(local))}, auto_detect = false, header = true, columns = {{{types}}}, "
        "delim = ',', quote = '\"', escape = '\"', strict_mode = true)"
    )
    if not _is_clean(local):
        return replace(_read_relation(connection, relation), columns=tuple(headers), has_byte_order_mark=marked)
    # Rows are read whole to be counted: one that is none of the format raises an error.
    counted = connection.execute(f"select count(*) from {relation}").fetchone()
    assert counted is not None
    return Reading(int(counted[0]), tuple(headers), (), marked)


def _is_clean(local: Path) -> bool:
    """Whether nothing in a CSV file has the shape of a personal number.

    Every cell stands there as it is, between signs that are neither letters nor digits: what has the shape in a cell has it in
    the file too, and is then looked at cell by cell.
    """
    with local.open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES) + stream.readline():
            if any(_candidates(piece, _ends(piece, LOOKED_AT_BYTES, b"\n"))):
                return False
    return True


def _read_json_lines(connection: duckdb.DuckDBPyConnection, local: Path, names: Sequence[str]) -> Reading:
    """Every value read as text; the columns are those of the first row."""
    with local.open(encoding="utf-8") as lines:
        first = lines.readline()
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    relation = f"read_json({literal(str(local))}, format = 'newline_delimited', columns = {{{types}}})"
    columns = tuple(json.loads(first)) if first else tuple(names)
    return replace(_read_relation(connection, relation), columns=columns)


def _read_relation(connection: duckdb.DuckDBPyConnection, relation: str) -> Reading:
    described = connection.execute(f"describe select * from {relation}").fetchall()
    texts = [str(row[0]) for row in described if _may_hold(str(row[1])) and row[0] != ROW_NUMBER]
    cells = ", ".join(f"{quoted(name)}::varchar" for name in texts) or "''"
    is_candidate = f"regexp_matches(concat_ws(chr(10), {cells}), {literal(CANDIDATE)})"
    counted = connection.execute(f"select count(*), count(*) filter (where {is_candidate}) from {relation}").fetchone()
    assert counted is not None
    found = _Found()
    if counted[1]:
        _find_in_relation(connection, relation, is_candidate, texts, found)
    return Reading(int(counted[0]), tuple(str(row[0]) for row in described), tuple(found.leaks))


def _find_in_relation(
    connection: duckdb.DuckDBPyConnection, relation: str, is_candidate: str, texts: Sequence[str], found: _Found
) -> None:
    cells = ", ".join(f"{quoted(name)}::varchar" for name in texts)
    is_numbered = ROW_NUMBER in {row[0] for row in connection.execute(f"describe select * from {relation}").fetchall()}
    numbered = relation if is_numbered else f"(select row_number() over () as {ROW_NUMBER}, * from {relation})"
    cursor = connection.execute(f"select {ROW_NUMBER}, {cells} from {numbered} where {is_candidate}")
    while batch := cursor.fetchmany(10_000):
        for number, *values in batch:
            for column, leak in leaks_in((n, v) for n, v in zip(texts, values, strict=True) if v is not None):
                found.add(int(number), column, leak)


def _may_hold(kind: str) -> bool:
    return kind.startswith("VARCHAR") or kind in {"BIGINT", "HUGEINT", "UBIGINT"}


def _read_workbook(local: Path, names: Sequence[str]) -> Reading:
    """Rows of the data sheets, and personal numbers in any sheet, straight from the sheets' XML."""
    found, rows = _Found(), 0
    with zipfile.ZipFile(local) as archive:
        sheets = sorted(filter(_SHEET.fullmatch, archive.namelist()), key=lambda name: int(_SHEET.sub(r"\1", name)))
        for position, name in enumerate(sheets):
            is_data = position >= SHEETS_BEFORE_DATA
            count = 0
            for piece in _whole_rows(archive, name):
                _look_into(piece, names if is_data else (), found)
                count += piece.count(ROW_END)
            rows += max(count - 1, 0) if is_data else 0
    return Reading(rows, (), tuple(found.leaks))


def _whole_rows(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The rows of a sheet as XML, some megabytes at a time."""
    rest = b""
    with archive.open(name) as stream:
        hasten(stream)
        while chunk := stream.read(CHUNK_BYTES):
            piece = rest + chunk
            rows, end, rest = piece.rpartition(ROW_END)
            yield rows + end


def _look_into(piece: bytes, names: Sequence[str], found: _Found) -> None:
    """Many rows are looked at together, row by row only where those hold a candidate."""
    for rows in _candidates(piece, _ends(piece, LOOKED_AT_BYTES)):
        for row in _candidates(rows, _ends(rows, 1)):
            for reference, number, text in _CELL.findall(row.decode()):
                position = _position(reference)
                column = names[position] if position < len(names) else reference
                for _, leak in leaks_in([(column, unescape(text))]):
                    found.add(int(number) - 1, column, leak)


def _ends(piece: bytes, least: int, row_end: bytes = ROW_END) -> list[int]:
    """Where to cut whole rows into pieces of at least so many bytes."""
    ends = [0]
    while (place := piece.find(row_end, ends[-1] + least)) >= 0:
        ends.append(place + len(row_end))
    return [*ends, len(piece)] if ends[-1] < len(piece) else ends


def _candidates(piece: bytes, ends: list[int]) -> Iterator[bytes]:
    """The cuts that may hold a personal number; raises ``ArrowInvalid`` for bytes that are no UTF-8."""
    offsets = pa.array(ends, pa.int32()).buffers()[1]
    texts = pa.StringArray.from_buffers(len(ends) - 1, offsets, pa.py_buffer(piece))
    texts.validate(full=True)
    matches = pc.match_substring_regex(texts, CANDIDATE)
    for index in np.flatnonzero(matches.to_numpy(zero_copy_only=False)):
        yield piece[ends[int(index)] : ends[int(index) + 1]]


def _position(letters: str) -> int:
    """Place of a column by its letters, A = 0."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


_SHEET = re.compile(r"xl/worksheets/sheet([0-9]+)\.xml")
_CELL = re.compile(r'<c r="([A-Z]+)([0-9]+)"[^>]*><is><t[^>]*>([^<]*)</t>')
