"""What is said of whole rows: codes moved to their columns, notes and breaches gathered, the content's digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks.bytes import Mask
from connectors.checks.code_moves import code_groups, moved
from connectors.checks.columns import Indices, ReadColumn
from connectors.checks.screen import LOOK
from connectors.contract.arrow import arrow_type
from connectors.contract.model import CODE_KINDS, Contract, Layout

_SEPARATOR = "chr(31)"


@dataclass(frozen=True)
class Remarks:
    """Codes said of rows: ``rows`` ascending (a row may occur several times), ``codes`` as "column:code"."""

    rows: Indices
    codes: pa.StringArray

    def lists(self, count: int) -> pa.ListArray:
        """A list of codes for each of ``count`` rows, empty where nothing is said."""
        offsets = np.zeros(count + 1, dtype=np.int32)
        np.cumsum(np.bincount(self.rows, minlength=count), out=offsets[1:])
        return pa.ListArray.from_arrays(pa.array(offsets), self.codes)


def settled_values(
    connection: duckdb.DuckDBPyConnection, contract: Contract, read: Mapping[int, ReadColumn], count: int
) -> list[pa.Array]:
    """The values of all the contract's columns, in its order, with misplaced codes and currencies in their columns."""
    values = [
        read[place].values if place in read else pa.nulls(count, arrow_type(column))
        for place, column in enumerate(contract.columns)
    ]
    places = {column.name: place for place, column in enumerate(contract.columns)}
    for one in read.values():
        name = one.use.column.currency_column
        if name and len(one.more):
            named = np.full(count, -1, dtype=np.int64)
            named[one.looked] = one.which
            codes = one.more.take(pa.array(named, mask=named < 0))
            values[places[name]] = pc.coalesce(values[places[name]], codes)
    for group in code_groups(contract, frozenset(read)):
        if any(_belongs_elsewhere(read[source]) for source in group.sources):
            _move(connection, moved(group), values, read, group.sources)
    return values


def _belongs_elsewhere(column: ReadColumn) -> bool:
    kind = column.use.column.kind
    return bool(len(column.more)) and pc.any(pc.not_equal(column.more, kind)).as_py() is True


def _move(
    connection: duckdb.DuckDBPyConnection,
    moves: Mapping[int, str],
    values: list[pa.Array],
    read: Mapping[int, ReadColumn],
    sources: Sequence[int],
) -> None:
    columns = {f"v{place}": values[place] for place in moves}
    for place in sources:
        one = read[place]
        kinds = np.full(len(one.values), -1, dtype=np.int64)
        kinds[one.looked] = one.which
        more = one.more if len(one.more) else pa.nulls(1, pa.string())
        columns[f"g{place}"] = more.take(pa.array(kinds, mask=kinds < 0))
    connection.register("misplaced", pa.table(columns))
    selected = ", ".join(f"CAST({sql} AS VARCHAR) AS m{place}" for place, sql in moves.items())
    try:
        result = connection.execute(f"SELECT {selected} FROM misplaced").to_arrow_table().combine_chunks()
    finally:
        connection.unregister("misplaced")
    for place in moves:
        values[place] = result[f"m{place}"].chunk(0) if result.num_rows else values[place]


def notes(contract: Contract, read: Mapping[int, ReadColumn], values: Sequence[pa.Array]) -> Remarks:
    """Everything noted of the rows' values."""
    parts: list[tuple[Indices, int, pa.StringArray]] = []
    for place, one in read.items():
        said = _said(one, one.notes)
        parts.append((*said[:1], place, said[1]))
        for code in one.use.notes:
            rows = np.flatnonzero(np.asarray(values[place].is_valid()))
            parts.append((rows, place, pa.repeat(pa.scalar(code), len(rows))))
        if one.use.expected:
            silent = np.asarray(values[place].is_null())
            silent[said[0]] = False
            rows = np.flatnonzero(silent)
            parts.append((rows, place, pa.repeat(pa.scalar("missing"), len(rows))))
    return _gathered(contract, parts)


def breaches(
    contract: Contract,
    layout: Layout,
    read: Mapping[int, ReadColumn],
    values: Sequence[pa.Array],
    *,
    shifted: Mask,
    opened: frozenset[str],
) -> Remarks:
    """Everything in which the rows break the contract.

    ``shifted`` rows hold a whole code out of place; ``opened`` columns have a header that was left open.
    """
    parts: list[tuple[Indices, int, pa.StringArray]] = [
        (np.arange(len(shifted)), place, pa.repeat(pa.scalar("header_left_open"), len(shifted)))
        for place, column in enumerate(contract.columns)
        if column.name in opened and column.is_required(layout.name)
    ]
    for place, one in read.items():
        rows, codes = _said(one, one.breaches)
        parts.append((rows, place, codes))
        if one.use.required:
            silent = np.asarray(values[place].is_null())
            silent[rows] = False
            empty = np.flatnonzero(silent)
            parts.append((empty, place, pa.repeat(pa.scalar("value_missing"), len(empty))))
    places = {column.name: place for place, column in enumerate(contract.columns)}
    parts += _missing_when(contract, read, values)
    for group in layout.required_any_of:
        empty = np.flatnonzero(np.logical_and.reduce([np.asarray(values[places[name]].is_null()) for name in group]))
        parts.append((empty, places[group[0]], pa.repeat(pa.scalar("values_missing"), len(empty))))
    for subject in contract.subjects:
        place = places.get(subject.uscc or "", -1)
        if place in read and shifted.any():
            rows = _shifted_rows(read[place], np.asarray(values[place].is_null()), shifted)
            parts.append((rows, place, pa.repeat(pa.scalar("shifted_columns"), len(rows))))
    return _gathered(contract, parts)


def _missing_when(
    contract: Contract, read: Mapping[int, ReadColumn], values: Sequence[pa.Array]
) -> list[tuple[Indices, int, pa.StringArray]]:
    """Rows without a value that another column's value asks for; one whose cell is already said to be bad is not empty."""
    parts = []
    for place, column in enumerate(contract.columns):
        if column.required_when:
            other = values[contract.column_names.index(column.required_when.column)]
            asked = pc.fill_null(pc.is_in(other, pa.array(column.required_when.values)), False)
            silent = np.asarray(pc.and_(asked, values[place].is_null()))
            if place in read:
                silent[_said(read[place], read[place].breaches)[0]] = False
            empty = np.flatnonzero(silent)
            parts.append((empty, place, pa.repeat(pa.scalar("value_missing_when"), len(empty))))
    return parts


def _shifted_rows(codes: ReadColumn, silent: Mask, shifted: Mask) -> Indices:
    """Rows with a whole code in another column and nothing, or something that is no code, in the column of codes."""
    if codes.use.column.kind not in CODE_KINDS:
        return np.zeros(0, dtype=np.int64)
    found = shifted & silent
    if len(codes.notes):
        odd = np.asarray(
            pc.fill_null(pc.match_substring_regex(codes.notes, "not_a_code|length_wrong|not_allowed"), False)
        )
        rows = codes.looked[odd[codes.which]]
        found[rows] |= shifted[rows] & (codes.flags[rows] == LOOK)
    return np.flatnonzero(found)


def _said(one: ReadColumn, codes: pa.StringArray) -> tuple[Indices, pa.StringArray]:
    if not len(codes) or codes.null_count == len(codes):
        return np.zeros(0, dtype=np.int64), pa.array([], pa.string())
    has = np.asarray(codes.is_valid())[one.which]
    return one.looked[has], codes.take(pa.array(one.which[has]))


def _gathered(contract: Contract, parts: Sequence[tuple[Indices, int, pa.StringArray]]) -> Remarks:
    said = [(rows, place, codes) for rows, place, codes in parts if len(rows)]
    if not said:
        return Remarks(np.zeros(0, dtype=np.int64), pa.array([], pa.string()))
    rows, texts = [], []
    for numbers, place, codes in said:
        split = pc.split_pattern(codes, ",")
        flat = split.flatten()
        rows.append(np.repeat(numbers, np.asarray(pc.list_value_length(split))))
        texts.append(pc.binary_join_element_wise(contract.columns[place].name, flat, ":"))
    numbers = np.concatenate(rows)
    order = np.argsort(numbers, kind="stable")
    return Remarks(numbers[order], pa.concat_arrays(texts).take(pa.array(order)))


def digests(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: pa.Table) -> pa.ChunkedArray:
    """The md5 of each row's values in the contract's order, as 32 hexadecimal characters.

    Moments count as microseconds since 1970, so that the time zone of the machine says nothing.
    """
    present = [name for name in contract.column_names if rows[name].null_count < rows.num_rows]
    connection.register("content", rows.select(present) if present else rows)
    parts, separators = [], 0
    for name in contract.column_names:
        if name in present:
            parts += [_separators(separators), _content(name, rows.schema.field(name).type)]
            separators = 0
        separators += 1
    parts.append(_separators(separators))
    try:
        return connection.execute(f"SELECT md5(concat({', '.join(parts)})) AS digest FROM content").to_arrow_table()[0]
    finally:
        connection.unregister("content")


def _separators(count: int) -> str:
    return f"repeat({_SEPARATOR}, {count})"


def _content(name: str, kind: pa.DataType) -> str:
    return f'epoch_us("{name}")' if pa.types.is_timestamp(kind) else f'"{name}"'
