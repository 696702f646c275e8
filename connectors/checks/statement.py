"""The SQL of a contract's row checks, generated from its columns.

Input relation ``screened``: ``source_row``, ``shifted`` and, per column at hand, text ``c<n>`` and flag ``d<n>``
(``connectors.checks.screen``). Each step adds columns: trimmed texts, cleaned texts, what they are, values with notes
``n<n>`` and breaches ``e<n>``. On the clean path every step is a test of the flag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.checks.code_moves import code_groups, moved
from connectors.checks.reading import ColumnUse, Reading, reading
from connectors.contract.arrow import AMOUNT_PRECISION, AMOUNT_SCALE
from connectors.contract.model import DATE_KINDS, Column, Contract, Layout

_SEPARATOR = "chr(31)"


def sql_type(column: Column) -> str:
    """The DuckDB type of a column's values; points in time are UTC without a zone."""
    if column.kind in DATE_KINDS:
        return "DATE"
    if column.kind == "timestamp":
        return "TIMESTAMP"
    if column.kind == "amount":
        return f"DECIMAL({AMOUNT_PRECISION}, {AMOUNT_SCALE})"
    return "VARCHAR"


def statement(contract: Contract, layout: Layout, uses: Sequence[ColumnUse]) -> str:
    """The checks of ``contract`` for a file whose columns at hand are ``uses``, as one SELECT.

    Columns of the result: ``source_row``, the contract's columns, ``notes`` and ``breaches`` (lists of
    "column:code", null breaches for a good row) and ``content_digest`` (md5 over the contract's columns).
    """
    readings = {use.place: reading(use, contract) for use in uses}
    values = _values(contract, uses)
    steps = [
        ("tidied", _added({f"t{n}": f"CASE WHEN d{n} = 2 THEN tidy(c{n}) END" for n in readings})),
        (
            "weighed",
            _added({f"p{n}": f"CASE WHEN d{n} = 2 THEN t{n} = '' OR is_placeholder(t{n}) END" for n in readings}),
        ),
        ("cleaned", _added({name: sql for one in readings.values() for name, sql in one.cleaned.items()})),
        (
            "sorted",
            _added({name: sql for one in readings.values() for name, sql in one.more.items() if name[0] in "ig"}),
        ),
        (
            "judged",
            _added({name: sql for one in readings.values() for name, sql in one.more.items() if name[0] in "sk"}),
        ),
        ("read", _added(_outcomes(readings))),
        ("settled", "source_row, shifted, " + _selected(contract, uses, values)),
    ]
    expressions, source = [], "screened"
    for name, columns in steps:
        expressions.append(f"{name} AS (SELECT {columns} FROM {source})")
        source = name
    names = ", ".join(f'"{name}"' for name in contract.column_names)
    return (
        f"WITH {', '.join(expressions)}\nSELECT source_row, {names}, {_notes(contract, uses)} AS notes,"
        f" {_breaches(contract, layout, uses)} AS breaches, {_digest(contract)} AS content_digest FROM settled"
    )


def _added(columns: Mapping[str, str]) -> str:
    return ", ".join(["*", *(f"{sql} AS {name}" for name, sql in columns.items())])


def _outcomes(readings: Mapping[int, Reading]) -> dict[str, str]:
    outcomes = {}
    for place, one in readings.items():
        outcomes |= {f"v{place}": one.value, f"n{place}": one.note, f"e{place}": one.breach}
    return outcomes


def _values(contract: Contract, uses: Sequence[ColumnUse]) -> dict[int, str]:
    at_hand = frozenset(use.place for use in uses)
    values = {place: f"v{place}" for place in at_hand}
    for group in code_groups(contract, at_hand):
        values |= moved(group)
    places = {column.name: place for place, column in enumerate(contract.columns)}
    for use in uses:
        if use.column.currency_column:
            place = places[use.column.currency_column]
            values[place] = f"coalesce(v{place}, k{use.place})" if place in at_hand else f"k{use.place}"
    return values


def _selected(contract: Contract, uses: Sequence[ColumnUse], values: Mapping[int, str]) -> str:
    columns = [
        f'CAST({values.get(place, "NULL")} AS {sql_type(column)}) AS "{column.name}"'
        for place, column in enumerate(contract.columns)
    ]
    passed_on = [f"d{use.place}, n{use.place}, e{use.place}" for use in uses]
    return ", ".join([*columns, *passed_on])


def _notes(contract: Contract, uses: Sequence[ColumnUse]) -> str:
    notes = {use.column.name: _note(use) for use in uses}
    return _list_of(notes, "CAST([] AS VARCHAR[])")


def _note(use: ColumnUse) -> str:
    note, name = f"n{use.place}", use.column.name
    if use.expected:
        note = f"CASE WHEN \"{name}\" IS NULL THEN coalesce({note}, 'missing') ELSE {note} END"
    if use.notes:
        constant = ",".join(use.notes)
        note = f"CASE WHEN \"{name}\" IS NULL THEN {note} ELSE concat_ws(',', {note}, '{constant}') END"
    return note


def _breaches(contract: Contract, layout: Layout, uses: Sequence[ColumnUse]) -> str:
    breaches: dict[str, str] = {}
    for use in uses:
        name = use.column.name
        breaches[name] = f"e{use.place}"
        if use.required:
            breaches[name] = (
                f"CASE WHEN \"{name}\" IS NULL THEN coalesce(e{use.place}, 'value_missing') ELSE e{use.place} END"
            )
    for group in layout.required_any_of:
        empty = " AND ".join(f'"{name}" IS NULL' for name in group)
        earlier = breaches.get(group[0], "NULL")
        breaches[group[0]] = f"CASE WHEN {empty} THEN coalesce({earlier}, 'values_missing') ELSE {earlier} END"
    shifted = {subject.uscc for subject in contract.subjects}
    for use in uses:
        if use.column.name in shifted:
            odd = f"regexp_matches(n{use.place}, 'not_a_code|length_wrong|character_not_allowed')"
            earlier = breaches[use.column.name]
            breaches[use.column.name] = (
                f"CASE WHEN shifted AND d{use.place} = 2 AND {odd} THEN 'shifted_columns' ELSE {earlier} END"
            )
    return _list_of(breaches, "NULL")


def _list_of(codes: Mapping[str, str], empty: str) -> str:
    """The list "column:code" of all ``codes`` (column to SQL of a comma-joined text), ``empty`` if all are null."""
    nothing = " AND ".join(f"({sql}) IS NULL" for sql in codes.values()) or "true"
    lists = ", ".join(
        f"list_transform(string_split({sql}, ','), lambda code: '{name}:' || code)" for name, sql in codes.items()
    )
    return f"CASE WHEN {nothing} THEN {empty} ELSE flatten(list_filter([{lists}], lambda one: one IS NOT NULL)) END"


def _digest(contract: Contract) -> str:
    parts = f", {_SEPARATOR}, ".join(f'"{name}"' for name in contract.column_names)
    return f"md5(concat({parts}))"
