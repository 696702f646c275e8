"""One batch's columns: clean values taken as they stand, the others read by the statements of ``reading``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks.macros import install_macros
from connectors.checks.reading import STATEMENTS, UNIT_SCALE, ColumnUse, currency_words, listed
from connectors.checks.screen import CLEAN, EMPTY, LOOK, Flags, screen
from connectors.contract.arrow import arrow_type
from connectors.contract.model import LIST_KINDS, Column, Contract

Indices = npt.NDArray[np.int64]
# A column is one of few texts where its first cells are.
_LOOKED_AT, _FEW_TEXTS = 1024, 64
_SHANGHAI_MICROSECONDS = 8 * 3600 * 1_000_000


@dataclass
class ReadColumn:
    """A column of a batch as read.

    ``looked`` are the rows that needed a look, ``which`` the entry of each in ``notes``, ``breaches`` and ``more``
    (per distinct text; ``more`` is the kind of code or the words of the currency).
    """

    use: ColumnUse
    values: pa.Array
    flags: Flags
    looked: Indices
    which: Indices
    notes: pa.StringArray
    breaches: pa.StringArray
    more: pa.StringArray


@dataclass(frozen=True)
class _Pending:
    use: ColumnUse
    texts: pa.StringArray
    flags: Flags
    looked: Indices
    which: Indices
    distinct: pa.StringArray


def read_columns(
    connection: duckdb.DuckDBPyConnection, contract: Contract, texts: Sequence[tuple[ColumnUse, pa.StringArray]]
) -> dict[int, ReadColumn]:
    """Each of ``texts`` (a use and its cells) as typed values, by its place in the contract."""
    pending = [_screened(use, cells) for use, cells in texts]
    read: dict[int, ReadColumn] = {}
    for family, statement in STATEMENTS.items():
        members = [one for one in pending if one.use.family == family]
        waiting = [one for one in members if len(one.distinct)]
        answers = _ask(connection, statement, waiting) if waiting else {}
        for one in members:
            read[one.use.place] = _settled(contract, one, answers.get(one.use.place))
    return read


def _screened(use: ColumnUse, cells: pa.StringArray) -> _Pending:
    flags = _flags(use.column, cells)
    if use.unit_is_assumed:
        # Even a plain number needs its note here.
        flags[flags == CLEAN] = LOOK
    looked = np.flatnonzero(flags == LOOK)
    if not len(looked):
        return _Pending(use, cells, flags, looked, looked, pa.array([], pa.string()))
    encoded = cells.take(pa.array(looked)).dictionary_encode()
    return _Pending(use, cells, flags, looked, encoded.indices.to_numpy().astype(np.int64), encoded.dictionary)


def _flags(column: Column, cells: pa.StringArray) -> Flags:
    """What ``screen`` says of ``cells``; where few texts make up many cells, each of them is looked at once."""
    start = cells.slice(0, _LOOKED_AT)
    if len(cells) < 4 * _LOOKED_AT or len(start.unique()) > _FEW_TEXTS:
        return screen(column, cells)
    encoded = cells.dictionary_encode()
    if len(encoded.dictionary) > len(cells) // 4:
        return screen(column, cells)
    flags: Flags = np.append(screen(column, encoded.dictionary), np.uint8(EMPTY))
    missing = len(encoded.dictionary)
    told: Flags = flags[pc.fill_null(encoded.indices, missing).to_numpy()]
    return told


def _ask(connection: duckdb.DuckDBPyConnection, statement: str, waiting: Sequence[_Pending]) -> Mapping[int, pa.Table]:
    tables = []
    for one in waiting:
        count = len(one.distinct)
        columns = {name: pa.repeat(pa.scalar(value), count) for name, value in one.use.parameters.items()}
        tables.append(pa.table({"c": one.distinct, **columns}))
    look = pa.concat_tables(tables)
    look = look.append_column("n", pa.array(np.arange(look.num_rows)))
    connection.register("look", look)
    try:
        # Without its optimiser DuckDB materialises the steps and reads them back in any order.
        result = _executed(connection, f"{statement} ORDER BY n")
    finally:
        connection.unregister("look")
    answers, start = {}, 0
    for one in waiting:
        answers[one.use.place] = result.slice(start, len(one.distinct))
        start += len(one.distinct)
    return answers


def _executed(connection: duckdb.DuckDBPyConnection, statement: str) -> pa.Table:
    # Binding these small statements costs little; optimising them, with every macro unfolded, costs ten times as much.
    connection.execute("PRAGMA disable_optimizer")
    try:
        try:
            return connection.execute(statement).to_arrow_table()
        except duckdb.CatalogException:
            install_macros(connection)
            return connection.execute(statement).to_arrow_table()
    finally:
        connection.execute("PRAGMA enable_optimizer")


def _settled(contract: Contract, one: _Pending, answer: pa.Table | None) -> ReadColumn:
    clean = _clean_values(one)
    nothing = pa.array([], pa.string())
    if answer is None:
        return ReadColumn(one.use, clean, one.flags, one.looked, one.which, nothing, nothing, nothing)
    answer = answer.combine_chunks()
    values, notes, breaches, more = (
        column.chunk(0) if column.num_chunks else pa.array([], column.type) for column in answer.columns
    )
    if one.use.column.kind in LIST_KINDS:
        values, notes, breaches = _listed(one.use, values, notes, breaches)
    if one.use.column.currency_column:
        values, notes, more = _in_currency(contract, one.use, values, notes, more)
    target = arrow_type(one.use.column)
    taken = values.cast(target).take(pa.array(one.which))
    merged = _placed(clean, taken, one.looked)
    return ReadColumn(one.use, merged, one.flags, one.looked, one.which, notes, breaches, more)


def _placed(clean: pa.Array, taken: pa.Array, rows: Indices) -> pa.Array:
    if len(rows) == len(clean):
        return taken
    order = np.arange(len(clean))
    order[rows] = len(clean) + np.arange(len(rows))
    return pa.concat_arrays([clean, taken]).take(pa.array(order))


def _clean_values(one: _Pending) -> pa.Array:
    column, clean = one.use.column, one.flags == CLEAN
    target = arrow_type(column)
    if not clean.any():
        return pa.nulls(len(clean), target)
    texts = one.texts if clean.all() else pc.if_else(pa.array(clean), one.texts, None)
    if target == pa.string():
        return texts
    if column.kind == "amount":
        return _money(texts, UNIT_SCALE[one.use.unit or "元"])
    if column.kind == "timestamp":
        local = texts.cast(pa.timestamp("us")).cast(pa.int64())
        return pc.subtract(local, _SHANGHAI_MICROSECONDS).cast(pa.timestamp("us", tz="UTC"))
    return texts.cast(target)


def _money(texts: pa.StringArray, scale: int) -> pa.Array:
    exact = texts.cast(pa.decimal128(24, 12))
    scaled = pc.multiply(exact, pa.scalar(Decimal(scale), pa.decimal128(9, 0)))
    return pc.round(scaled, ndigits=2, round_mode="half_towards_infinity").cast(pa.decimal128(20, 2))


def _listed(
    use: ColumnUse, values: pa.StringArray, notes: pa.StringArray, breaches: pa.StringArray
) -> tuple[pa.StringArray, pa.StringArray, pa.StringArray]:
    meant = [listed(use.column, value) for value in values.to_pylist()]
    sent_back = use.column.unknown_value == "quarantine"
    noted = [
        ",".join(filter(None, (note, None if sent_back else wrong))) or None
        for note, (_, wrong) in zip(notes.to_pylist(), meant, strict=True)
    ]
    broken = [
        breach or (wrong if sent_back else None) for breach, (_, wrong) in zip(breaches.to_pylist(), meant, strict=True)
    ]
    text = pa.string()
    return pa.array([value for value, _ in meant], text), pa.array(noted, text), pa.array(broken, text)


def _in_currency(
    contract: Contract, use: ColumnUse, values: pa.Array, notes: pa.StringArray, words: pa.StringArray
) -> tuple[pa.Array, pa.StringArray, pa.StringArray]:
    """Amounts whose currency is known, with its code; words that name none make the amount unreadable."""
    codes = currency_words(contract, use.column)
    units = ("", "元", "圆")
    found = [None if word is None or word in units else codes.get(word, "?") for word in words.to_pylist()]
    unknown = pa.array([code == "?" for code in found], pa.bool_())
    return (
        pc.if_else(unknown, None, values),
        pc.if_else(unknown, "unreadable", notes),
        pa.array([None if code == "?" else code for code in found], pa.string()),
    )
