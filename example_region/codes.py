"""Fictitious codes that pass every check: division 99xxxx is assigned to nobody (standards 1.1).

Whole arrays at a time. Rules: GB 32100-2015 (unified social credit code), GB 11714 (organisation code), GS 15-2006
(registration number).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from example_region.randomness import Indices

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_ORGANISATION_CHECKS = np.frombuffer(b"0X987654321", dtype=np.uint8)
_USCC_WEIGHTS = np.array([pow(3, position, 31) for position in range(17)])
Characters = npt.NDArray[np.uint8]

_USCC_VALUES = np.zeros(128, dtype=np.int64)
_USCC_VALUES[_LETTERS] = np.arange(31)
_ORGANISATION_VALUES = np.zeros(128, dtype=np.int64)
for _value, _character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
    _ORGANISATION_VALUES[ord(_character)] = _value


def strings(characters: Characters) -> pa.Array:
    """Rows of ASCII characters, shape (n, width), as an Arrow string array."""
    count, width = characters.shape
    offsets = np.arange(count + 1, dtype=np.int32) * width
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(characters)))


def characters_of(texts: pa.Array, width: int) -> Characters:
    """The reverse of ``strings`` for texts that all have ``width`` ASCII characters and none null."""
    joined = "".join(texts.to_pylist()).encode()
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(texts), width)


def _digits(numbers: Indices, width: int, base: int = 10) -> Characters:
    powers = np.array([base**position for position in range(width - 1, -1, -1)])
    return np.asarray(_LETTERS[(numbers[:, None] // powers) % base])


def organisation_codes(numbers: Indices, is_new: npt.NDArray[np.bool_]) -> Characters:
    """Nine characters each, the last its check; new ones begin with MA, as all do since about 2015.

    ``numbers`` must be distinct and below 10**8 for old codes, below 31**6 for new ones.
    """
    body = _digits(numbers, 8)
    body[is_new, :2] = np.frombuffer(b"MA", dtype=np.uint8)
    body[is_new, 2:] = _digits(numbers[is_new], 6, 31)
    totals = (_ORGANISATION_VALUES[body] * _ORGANISATION_WEIGHTS).sum(axis=1)
    return np.column_stack([body, _ORGANISATION_CHECKS[totals % 11]])


def uscc(kinds: Indices, divisions: Indices, organisation: Characters) -> Characters:
    """Eighteen characters each from kind (91, 92, 93, 11 …), six-digit division and organisation code."""
    body = np.column_stack([_digits(kinds, 2), _digits(divisions, 6), organisation])
    totals = (_USCC_VALUES[body] * _USCC_WEIGHTS).sum(axis=1)
    return np.column_stack([body, _LETTERS[(31 - totals % 31) % 31]])


def registration_numbers(divisions: Indices, sequences: Indices) -> Characters:
    """Fifteen digits each: six of the division, eight of the sequence, one check (ISO 7064 MOD 11,10)."""
    body = np.column_stack([_digits(divisions, 6), _digits(sequences, 8)])
    product = np.full(len(body), 10)
    for position in range(14):
        total = (product + body[:, position] - 48) % 10
        product = (np.where(total == 0, 10, total) * 2) % 11
    return np.column_stack([body, (11 - product) % 10 + 48]).astype(np.uint8)


def with_wrong_check(characters: Characters) -> Characters:
    """The same codes with another last character, so that the check fails."""
    wrong = characters.copy()
    wrong[:, -1] = _LETTERS[(_USCC_VALUES[wrong[:, -1]] + 7) % 31]
    return wrong
