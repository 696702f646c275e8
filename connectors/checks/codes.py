"""Codes of enterprises: fast tests on bytes.

Rules: GB 32100-2015 (unified social credit code), GB 11714 (organisation code), GS 15-2006 (registration number).
The tests answer "surely good" for whole columns in a tenth of the time SQL takes. What they do not answer is read by
the macros of ``connectors.checks.macros``, layer by layer, each layer with its own reason (standards 1.1, 10.3).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from connectors.checks.bytes import Mask, Octets, TextBytes

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# First character: registration department; second: the types that department has (GB 32100-2015, table of codes).
TYPES_OF_DEPARTMENT = {
    "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "1239", "6": "129", "7": "129", "8": "19", "9": "123",
    "A": "19", "N": "1239", "Y": "1",
}  # fmt: skip

_NONE = 255
_VALUES = np.full(256, _NONE, dtype=np.uint8)
_VALUES[[ord(character) for character in ALPHABET]] = np.arange(31)
_BASE_36 = np.full(256, _NONE, dtype=np.uint8)
_BASE_36[[ord(character) for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]] = np.arange(36)
_ORGANISATION_CHECK = np.frombuffer(b"0123456789X0", dtype=np.uint8)
_USUAL = np.zeros((256, 256), dtype=bool)
for _department, _types in TYPES_OF_DEPARTMENT.items():
    for _type in _types:
        _USUAL[ord(_department), ord(_type)] = True
# ISO 7064 MOD 11,10: the product behind a digit, by the product before it (1 to 10) and the digit.
_NEXT_PRODUCT = np.array(
    [[2 * ((product + digit) % 10 or 10) % 11 for digit in range(10)] for product in range(11)], dtype=np.uint8
)


def _placed(count: int, rows: np.ndarray, holds: Mask) -> Mask:
    result = np.zeros(count, dtype=bool)
    result[rows[holds]] = True
    return result


def _organisation_holds(octets: Octets) -> Mask:
    values = _BASE_36[octets[:8]]
    total = _weighted(values, ORGANISATION_WEIGHTS)
    holds: Mask = (values < _NONE).all(axis=0) & (_ORGANISATION_CHECK[11 - total % 11] == octets[8])
    return holds


def _weighted(values: Octets, weights: tuple[int, ...]) -> npt.NDArray[np.uint16]:
    # Sums stay far below 2**16 for codes, and what others give is not looked at.
    total = np.zeros(values.shape[1], dtype=np.uint16)
    for row, weight in zip(values.astype(np.uint16), weights, strict=True):
        total += row * np.uint16(weight)
    return total


def _are_digits(octets: Octets) -> Mask:
    holds: Mask = np.logical_and.reduce((octets >= ord("0")) & (octets <= ord("9")), axis=0)
    return holds


def uscc_holds(column: TextBytes) -> Mask:
    """True where the value is 18 characters of the set, both check characters hold and department and type exist."""
    rows = np.flatnonzero(column.sizes == 18)
    octets = column.places(rows, 18)
    values = _VALUES[octets]
    good = (values < _NONE).all(axis=0) & _USUAL[octets[0], octets[1]] & _are_digits(octets[2:8])
    good &= (31 - _weighted(values[:17], WEIGHTS) % 31) % 31 == values[17]
    good &= (octets[1:] != octets[0]).any(axis=0) & _organisation_holds(octets[8:17])
    return _placed(len(column.sizes), rows, good)


def organisation_code_holds(column: TextBytes) -> Mask:
    """True where the value is nine characters and its check character holds."""
    rows = np.flatnonzero(column.sizes == 9)
    octets = column.places(rows, 9)
    return _placed(len(column.sizes), rows, _organisation_holds(octets) & (octets[1:] != octets[0]).any(axis=0))


def registration_number_holds(column: TextBytes) -> Mask:
    """True where the value is 15 digits and ISO 7064 MOD 11,10 holds."""
    rows = np.flatnonzero(column.sizes == 15)
    octets = column.places(rows, 15)
    good = _are_digits(octets) & (octets[1:] != octets[0]).any(axis=0)
    digits = octets - np.uint8(ord("0"))
    product = np.full(len(rows), 10, dtype=np.uint8)
    for place in range(14):
        product = _NEXT_PRODUCT[product, np.minimum(digits[place], 9)]
    return _placed(len(column.sizes), rows, good & ((11 - product) % 10 == digits[14]))
