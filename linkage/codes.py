"""Codes as senders write them: cleaning, layered classification, and the codes a slip may have come from.

Rules: GB 32100-2015 (unified social credit code), GB 11714 (organisation code), GS 15-2006 (registration number).
All functions take whole columns; a code is never looked at in a Python loop.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.text import Booleans, Integers, Texts, replace_characters

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
ORGANISATION_LENGTH = 9
STATUSES = (
    "absent", "placeholder", "masked", "valid", "valid_cleaned", "valid_look_alike", "organisation_code",
    "registration_number", "character_outside_set", "length_wrong", "check_character_wrong", "organisation_check_wrong",
    "department_unknown",
)  # fmt: skip
_LOOK_ALIKE = {"O": "0", "I": "1", "Z": "2", "S": "5", "V": "U"}
_PLACEHOLDERS = frozenset({"无", "暂无", "未知", "不详", "NULL", "NONE", "NAN", "NA", "N", "空"})
_MASKS = "*＊×●█"
_DEPARTMENTS = "123456789ANY"
_MODULUS = 31
_WEIGHTS = np.array([pow(3, i, _MODULUS) for i in range(LENGTH - 1)] + [1], np.int64)
_INVERSE = np.array([pow(int(w), -1, _MODULUS) for w in _WEIGHTS], np.int64)
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2], np.int64)
_VALUE = np.full(128, -1, np.int64)
_VALUE[[ord(c) for c in ALPHABET]] = np.arange(len(ALPHABET))
_BASE_36 = np.full(128, -1, np.int64)
_BASE_36[[ord(c) for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]] = np.arange(36)
_LETTERS = np.array([ord(c) for c in ALPHABET], np.uint32)

Matrix = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ReadCodes:
    """A column of codes as read. ``repairs``: codes one slip away that pass both checks, joined by a blank."""

    clean: pa.Array
    status: pa.Array
    uscc: pa.Array
    organisation_code: pa.Array
    registration_number: pa.Array
    repairs: pa.Array


def _character(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).upper()
    return "".join(c for c in plain if c.isascii() and c.isalnum())


def clean(column: pa.Array) -> pa.Array:
    """Codes as half-width upper-case letters and digits only; null where nothing is left."""
    return replace_characters(Texts.from_arrow(column), _character).to_arrow()


def read_codes(column: pa.Array) -> ReadCodes:
    """Clean and classify a column that should hold unified social credit codes; shapes: all results as long as it."""
    written = Texts.from_arrow(column)
    cleaned = replace_characters(written, _character)
    status = np.full(len(cleaned), STATUSES.index("length_wrong"), np.int64)
    lengths = cleaned.lengths
    uscc, repairs = _read_eighteen(cleaned, status, _is_untouched(written, cleaned))
    organisation = _read_organisation(cleaned, status)
    registration = ((lengths == 15) | (lengths == 13)) & ~cleaned.any_where(cleaned.codes > ord("9"))
    status[registration] = STATUSES.index("registration_number")
    repairs.update(_repair_lengths(cleaned))
    _read_nothing(written, cleaned, status)
    real = ~np.isin(status, [STATUSES.index("absent"), STATUSES.index("placeholder"), STATUSES.index("masked")])
    return ReadCodes(
        clean=cleaned.to_arrow(real),
        status=pa.array(STATUSES).take(pa.array(status)),
        uscc=uscc,
        organisation_code=organisation,
        registration_number=cleaned.to_arrow(registration & real),
        repairs=pa.array([repairs.get(row) if row in repairs else None for row in range(len(cleaned))], pa.string())
        if repairs
        else pa.nulls(len(cleaned), pa.string()),
    )


def _is_untouched(written: Texts, clean: Texts) -> Booleans:
    """Whether cleaning changed nothing."""
    same = written.lengths == clean.lengths
    rows = np.flatnonzero(same)
    matching = written.take(same)
    cleaned = clean.take(same)
    same[rows] = ~matching.any_where(matching.codes != cleaned.codes)
    return np.asarray(same)


def _read_nothing(written: Texts, clean: Texts, status: Integers) -> None:
    """Mark what is absent, a placeholder or masked; overrides what the characters would say."""
    status[clean.lengths == 0] = STATUSES.index("absent")
    first = (
        np.where(clean.lengths > 0, clean.codes[np.minimum(clean.starts, max(len(clean.codes) - 1, 0))], 0)
        if len(clean.codes)
        else np.zeros(len(clean), np.int64)
    )
    same = ~clean.any_where(clean.codes != np.repeat(first, clean.lengths))
    tail_x = ~clean.any_where((clean.codes != ord("0")) & (clean.codes != ord("X")))
    status[(clean.lengths > 0) & (same | tail_x)] = STATUSES.index("placeholder")
    short = np.flatnonzero((written.lengths > 0) & (clean.lengths <= 4))
    for row in short.tolist():
        word = clean.codes[clean.bounds[row] : clean.bounds[row + 1]].tobytes().decode("utf-32-le")
        if not word or word in _PLACEHOLDERS:
            status[row] = STATUSES.index("placeholder" if written.lengths[row] else "absent")
    blank = replace_characters(written, lambda c: "" if c.isspace() else c).lengths == 0
    status[blank] = STATUSES.index("absent")
    status[written.contains_any(_MASKS) & (written.lengths >= 8)] = STATUSES.index("masked")


def _matrix(texts: Texts, rows: Integers, width: int) -> npt.NDArray[np.uint32]:
    return np.asarray(texts.codes[texts.starts[rows][:, None] + np.arange(width)])


def _to_texts(matrix: npt.NDArray[np.uint32], rows: Integers, count: int) -> Texts:
    lengths = np.zeros(count, np.int64)
    lengths[rows] = matrix.shape[1] if len(rows) else 0
    return Texts(matrix.reshape(-1).astype(np.uint32), np.concatenate([[0], np.cumsum(lengths)]))


def _read_eighteen(clean: Texts, status: Integers, untouched: Booleans) -> tuple[pa.Array, dict[int, str]]:
    rows = np.flatnonzero(clean.lengths == LENGTH)
    letters = _matrix(clean, rows, LENGTH)
    fixed = letters.copy()
    for wrong, right in _LOOK_ALIKE.items():
        fixed[letters == ord(wrong)] = ord(right)
    values = _VALUE[fixed]
    outside = (_VALUE[letters] < 0).any(axis=1)
    organisation = _organisation_holds(fixed[:, 8:17])
    check = _check_holds(values)
    department = np.isin(fixed[:, 0], [ord(c) for c in _DEPARTMENTS]) & _is_digit(fixed[:, 2:8]).all(axis=1)
    holds = check & organisation & department
    status[rows] = np.select(
        [holds & outside, holds & untouched[rows], holds, outside, ~check, ~organisation],
        [STATUSES.index(s) for s in ("valid_look_alike", "valid", "valid_cleaned", "character_outside_set",
                                     "check_character_wrong", "organisation_check_wrong")],
        STATUSES.index("department_unknown"),
    )  # fmt: skip
    uscc = _to_texts(fixed[holds], rows[holds], len(clean)).to_arrow()
    return uscc, _repair_substitutions(values[~holds], rows[~holds])


def _is_digit(letters: npt.NDArray[np.uint32]) -> Booleans:
    return np.asarray((letters >= ord("0")) & (letters <= ord("9")))


def _check_holds(values: Matrix) -> Booleans:
    return np.asarray((values >= 0).all(axis=1) & ((values @ _WEIGHTS) % _MODULUS == 0))


def _organisation_holds(letters: npt.NDArray[np.uint32]) -> Booleans:
    """GB 11714: weights 3 7 9 10 5 8 4 2; 11 - sum mod 11, 10 as X, 11 as 0."""
    body = _BASE_36[letters[:, :8]]
    expected = (11 - (body @ _ORGANISATION_WEIGHTS) % 11) % 11
    check = np.where(letters[:, 8] == ord("X"), 10, np.where(_is_digit(letters[:, 8]), _BASE_36[letters[:, 8]], -1))
    return np.asarray((expected == check) & (body >= 0).all(axis=1))


def _read_organisation(clean: Texts, status: Integers) -> pa.Array:
    """Nine characters whose check holds, alone or as the tail of a 15-digit tax number, or inside a valid code."""
    out = np.zeros((len(clean), ORGANISATION_LENGTH), np.uint32)
    found = np.zeros(len(clean), bool)
    for width, offset in ((ORGANISATION_LENGTH, 0), (15, 6), (LENGTH, 8)):
        rows = np.flatnonzero(clean.lengths == width)
        letters = _matrix(clean, rows, width)[:, offset : offset + ORGANISATION_LENGTH]
        holds = _organisation_holds(letters) & (letters != letters[:, :1]).any(axis=1)
        out[rows[holds]] = letters[holds]
        found[rows[holds]] = True
        if width == ORGANISATION_LENGTH:
            status[rows[holds]] = STATUSES.index("organisation_code")
    rows = np.flatnonzero(found)
    return _to_texts(out[rows], rows, len(clean)).to_arrow()


def _sound(values: Matrix) -> Booleans:
    letters = _LETTERS[np.maximum(values, 0)]
    return _check_holds(values) & _organisation_holds(letters[:, 8:17]) & _is_digit(letters[:, 2:8]).all(axis=1)


def _collect(found: dict[int, list[str]], values: Matrix, rows: Integers) -> None:
    sound = _sound(values)
    for row, code in zip(rows[sound].tolist(), _LETTERS[values[sound]], strict=True):
        found.setdefault(row, []).append(code.astype(np.uint32).tobytes().decode("utf-32-le"))


def _repair_substitutions(values: Matrix, rows: Integers) -> dict[int, str]:
    """Sound codes one substitution or one swap of neighbours away; characters outside the set count as unknown."""
    found: dict[int, list[str]] = {}
    unknown = (values < 0).sum(axis=1)
    values, rows = values[unknown <= 1], rows[unknown <= 1]
    unknown = unknown[unknown <= 1]
    known = np.maximum(values, 0)
    total = (known @ _WEIGHTS) % _MODULUS
    for place in range(LENGTH):
        changed = known.copy()
        changed[:, place] = (known[:, place] - total * _INVERSE[place]) % _MODULUS
        usable = (unknown == 0) | (values[:, place] < 0)
        _collect(found, changed[usable], rows[usable])
    whole = unknown == 0
    for place in range(LENGTH - 1):
        swapped = known[whole]
        swapped[:, [place, place + 1]] = swapped[:, [place + 1, place]]
        _collect(found, swapped, rows[whole])
    return {row: " ".join(sorted(set(codes))) for row, codes in found.items()}


def _repair_lengths(clean: Texts) -> dict[int, str]:
    """Sound codes that lost or gained one character."""
    found: dict[int, list[str]] = {}
    rows = np.flatnonzero(clean.lengths == LENGTH + 1)
    values = _VALUE[_matrix(clean, rows, LENGTH + 1)]
    for place in range(LENGTH + 1):
        _collect(found, np.delete(values, place, axis=1), rows)
    rows = np.flatnonzero(clean.lengths == LENGTH - 1)
    values = _VALUE[_matrix(clean, rows, LENGTH - 1)]
    for place in range(LENGTH):
        widened = np.insert(values, place, 0, axis=1)
        total = (np.maximum(widened, 0) @ _WEIGHTS) % _MODULUS
        widened[:, place] = (-total * _INVERSE[place]) % _MODULUS
        _collect(found, widened, rows)
    return {row: " ".join(sorted(set(codes))) for row, codes in found.items()}
