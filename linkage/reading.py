"""The companion of bronze: what the sender wrote about each subject, read and normalised, one row per record and role.

What SQL cannot do alike on every engine (NFKC, traditional to simplified, parts of names, parties in sentences,
regions) is computed here once, vectorised; links are then computed from it by the dbt models of ``identity``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from linkage import codes, names, parties
from linkage.divisions import Divisions, standard
from linkage.text import Booleans, Integers, Texts

READING_VERSION = 4
CHUNK_ROWS = 50_000
LONGEST_NAME = 120

READING = pa.schema([
    ("name_raw", pa.string()),
    ("name_normalised", pa.string()),
    ("name_origin", pa.string()),
    ("name_key", pa.string()),
    ("name_cell_key", pa.string()),
    ("name_alternatives", pa.string()),
    ("name_folded", pa.string()),
    ("name_unplaced", pa.string()),
    ("name_stem", pa.string()),
    ("name_core", pa.string()),
    ("name_region", pa.string()),
    ("name_brand", pa.string()),
    ("name_trade", pa.string()),
    ("name_form", pa.string()),
    ("name_branch", pa.string()),
    ("name_division", pa.string()),
    ("name_brand_start", pa.int32()),
    ("name_trade_start", pa.int32()),
    ("name_form_start", pa.int32()),
    ("code_raw", pa.string()),
    ("code_clean", pa.string()),
    ("code_status", pa.string()),
    ("code_repairs", pa.string()),
    ("uscc", pa.string()),
    ("organisation_code", pa.string()),
    ("registration_number", pa.string()),
    ("address_normalised", pa.string()),
    ("division_code", pa.string()),
    ("province", pa.string()),
    ("city", pa.string()),
    ("county", pa.string()),
    ("is_natural_person", pa.bool_()),
])  # fmt: skip

REGISTER_COLUMNS = (
    "name_raw", "name_key", "name_folded", "name_unplaced", "name_stem", "name_core", "name_region", "name_brand", "name_form",
    "name_branch", "name_division", "name_brand_start", "name_trade_start", "name_form_start", "division_code", "code_clean",
    "organisation_code", "registration_number", "address",
)  # fmt: skip


@dataclass(frozen=True)
class SubjectColumns:
    """What a batch of records says about one role; every column given has the same length."""

    name: pa.Array | None = None
    code: pa.Array | None = None
    organisation_code: pa.Array | None = None
    registration_number: pa.Array | None = None
    address: pa.Array | None = None
    region: Sequence[pa.Array] = field(default_factory=tuple)

    def rows(self) -> int:
        """Length of the columns."""
        given = [self.name, self.code, self.organisation_code, self.registration_number, self.address, *self.region]
        return next(len(column) for column in given if column is not None)


def read(
    columns: SubjectColumns,
    divisions: Divisions | None = None,
    *,
    registered: bool = False,
    labels: frozenset[str] = frozenset(),
) -> pa.Table:
    """Read a batch; the result has the schema ``READING`` and a row per input row.

    ``registered``: names of the register itself, which are taken as they stand, never as sentences. ``labels``: words
    for the role asked for; of a cell with labelled parties only one so labelled is taken, another's never.
    """
    divisions = divisions or standard()
    rows = columns.rows()
    blank = pa.nulls(rows, pa.string())
    raw = _text(columns.name, rows)
    normalised = names.normalise(Texts.from_arrow(raw))
    origin = np.zeros(rows, np.int64)
    found_codes = blank
    cell_key = alternatives = blank
    if not registered:
        cell_key = names.key(normalised).to_arrow()
        normalised, origin, found_codes, alternatives = _open_cells(normalised, labels)
    keys = names.key(normalised)
    parts = names.parse(keys, divisions)
    out = {"name_raw": raw, "name_normalised": normalised.to_arrow(), "name_cell_key": cell_key}
    out["name_alternatives"] = alternatives
    out["name_origin"] = pa.array(["column", "sentence", "cell_with_code"]).take(pa.array(origin))
    out |= _name_columns(parts)
    out |= _code_columns(columns, found_codes, rows)
    out |= _place_columns(columns, divisions, rows)
    out["is_natural_person"] = pa.array((keys.lengths > 0) & (keys.lengths <= 3) & (parts.form < 0))
    return pa.table([pc.cast(out[f.name], f.type) for f in READING], schema=READING)


def read_register(columns: SubjectColumns, divisions: Divisions | None = None) -> pa.Table:
    """Read names, codes and regions of a register for matching: what ``REGISTER_COLUMNS`` names, and nothing else.

    The same values as ``read(…, registered=True)`` gives, without its slower columns; a place that many rows share is
    read once, and the address stays as written, since few are ever compared.
    """
    divisions = divisions or standard()
    rows = columns.rows()
    raw = _text(columns.name, rows)
    parts = names.parse(names.key(names.normalise(Texts.from_arrow(raw))), divisions)
    clean = codes.clean(_text(columns.code, rows))
    whole = pc.equal(pc.utf8_length(clean), codes.LENGTH)
    old = pc.is_in(pc.utf8_length(clean), pa.array([13, 15], pa.int32()))
    nothing = pa.scalar(None, pa.string())
    out = {"name_raw": raw, "code_clean": clean} | _name_columns(parts)
    out["organisation_code"] = pc.if_else(whole, pc.utf8_slice_codeunits(clean, 8, 17), nothing)
    out["registration_number"] = pc.if_else(old, clean, nothing)
    if columns.registration_number is not None:
        out["registration_number"] = pc.coalesce(
            codes.clean(_text(columns.registration_number, rows)), out["registration_number"]
        )
    out["division_code"] = _shared_division(columns, divisions, rows)
    out["address"] = _text(columns.address, rows)
    types = {field.name: field.type for field in READING} | {"address": pa.string()}
    return pa.table([pc.cast(out[name], types[name]) for name in REGISTER_COLUMNS], names=list(REGISTER_COLUMNS))


def _shared_division(columns: SubjectColumns, divisions: Divisions, rows: int) -> pa.Array:
    if not columns.region:
        return _place_columns(columns, divisions, rows)["division_code"]
    given = [_text(column, rows).fill_null("") for column in columns.region]
    shared = pc.dictionary_encode(pc.binary_join_element_wise(*given, ""))
    kinds = SubjectColumns(region=[shared.dictionary])
    return _place_columns(kinds, divisions, len(shared.dictionary))["division_code"].take(shared.indices)


def _text(column: pa.Array | None, rows: int) -> pa.Array:
    if column is None:
        return pa.nulls(rows, pa.string())
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
    return column.cast(pa.string())


def _open_cells(normalised: Texts, labels: frozenset[str]) -> tuple[Texts, Integers, pa.Array, pa.Array]:
    """Take the name out of cells that hold more: a sentence, a title, a code; and what else in them may be the name."""
    origin = np.zeros(len(normalised), np.int64)
    found: dict[int, str] = {}
    alternatives: list[str | None] = [None] * len(normalised)
    cells = normalised.strings()
    for row in np.flatnonzero(_holds_code(normalised)).tolist():
        cells[row], code = parties.split_code(cells[row])
        if code:
            found[row] = code
            origin[row] = 2
    for row in np.flatnonzero(parties.looks_like_text(normalised)).tolist():
        alternatives[row] = _keys(parties.find_alternatives(cells[row], labels))
        name = _meant(parties.find_parties(cells[row]), labels)
        if name and name != cells[row]:
            cells[row] = name
            origin[row] = 1
    codes_found = pa.array([found.get(row) for row in range(len(cells))], pa.string())
    return Texts.from_strings(cells), origin, codes_found, pa.array(alternatives, pa.string())


def _keys(texts: Sequence[str]) -> str | None:
    """Keys of texts, joined by a blank, which no key holds."""
    return " ".join(filter(None, names.key(Texts.from_strings(texts)).strings())) or None


def _meant(named: Sequence[parties.Party], labels: frozenset[str]) -> str | None:
    """The party of the role: the one that bears its label, else the first where labels tell nothing."""
    if labels and any(party.label for party in named):
        return next((party.name for party in named if party.label in labels), None)
    return named[0].name if named else None


def _holds_code(normalised: Texts) -> Booleans:
    plain = ((normalised.codes >= 48) & (normalised.codes <= 57)) | (
        (normalised.codes >= 65) & (normalised.codes <= 90)
    )
    return np.asarray(normalised.counts_where(plain) >= 15)


def _name_columns(parts: names.NameParts) -> dict[str, pa.Array]:
    keys = parts.key
    folded, unplaced, stem, core = names.folded_keys(parts)
    start = keys.starts
    return {
        "name_key": keys.to_arrow(),
        "name_folded": folded.to_arrow(),
        "name_unplaced": unplaced.to_arrow(),
        "name_stem": stem.to_arrow(),
        "name_core": core.to_arrow(),
        "name_region": keys.part(start, parts.region.ends).to_arrow(),
        "name_brand": parts.brand().to_arrow(),
        "name_trade": parts.trade().to_arrow(),
        "name_form": names.form_names(parts),
        "name_branch": parts.branch().to_arrow(),
        "name_division": division_text(parts.region.code),
        "name_brand_start": pa.array(parts.region.ends - start),
        "name_trade_start": pa.array(parts.trade_start - start),
        "name_form_start": pa.array(parts.form_start - start),
    }


def division_text(code: Integers) -> pa.Array:
    """Division codes as six digits, null for 0."""
    kinds, inverse = np.unique(code, return_inverse=True)
    return pa.array([f"{k:06d}" if k else None for k in kinds.tolist()], pa.string()).take(pa.array(inverse))


def _code_columns(columns: SubjectColumns, found: pa.Array, rows: int) -> dict[str, pa.Array]:
    blank = pa.nulls(rows, pa.string())
    organisation = _text(columns.organisation_code, rows)
    written = pc.coalesce(_not_blank(_text(columns.code, rows)), found, _not_blank(organisation))
    main = codes.read_codes(written)
    organisation_code, uscc, registration = main.organisation_code, main.uscc, main.registration_number
    if columns.organisation_code is not None:
        beside = codes.read_codes(organisation)
        organisation_code, uscc = (
            pc.coalesce(organisation_code, beside.organisation_code),
            pc.coalesce(uscc, beside.uscc),
        )
    if columns.registration_number is not None:
        beside = codes.read_codes(_text(columns.registration_number, rows))
        uscc, registration = pc.coalesce(uscc, beside.uscc), pc.coalesce(beside.registration_number, registration)
    return {
        "code_raw": written,
        "code_clean": main.clean,
        "code_status": main.status,
        "code_repairs": pc.coalesce(main.repairs, blank),
        "uscc": uscc,
        "organisation_code": organisation_code,
        "registration_number": registration,
    }


def _not_blank(column: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(column), ""), pa.scalar(None, pa.string()), column)


def _place_columns(columns: SubjectColumns, divisions: Divisions, rows: int) -> dict[str, pa.Array]:
    """The deepest division that region columns and address say together, and the address in one spelling."""
    given = [_text(column, rows).fill_null("") for column in columns.region]
    code = np.zeros(rows, np.int64)
    if given:
        joined = names.key(names.normalise(Texts.from_arrow(pc.binary_join_element_wise(*given, ""))))
        code = divisions.read(joined, joined.starts, joined.ends).code
    normalised = pa.nulls(rows, pa.string())
    if columns.address is not None:
        address = names.normalise(Texts.from_arrow(_text(columns.address, rows)))
        read_code = divisions.read(address, address.starts, address.ends, code).code
        inside = (code == 0) | (read_code // 10000 == code // 10000)
        code = np.where((read_code > 0) & inside, read_code, code)
        normalised = address.to_arrow()
    levels = [pa.array(divisions.names(code, level), pa.string()) for level in range(3)]
    return {
        "address_normalised": normalised,
        "division_code": division_text(code),
        "province": levels[0],
        "city": levels[1],
        "county": levels[2],
    }
