"""Personal data that must never be in a released file: identity numbers, mobile numbers, bank card numbers.

The pattern finds candidates quickly (RE2, whole files); check digits then tell an identity number or a bank card from
a number that only looks like one. Fifteen-digit identity numbers have no check digit and the shape of registration
numbers, so they are not looked for here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

IDENTITY_PATTERN = r"[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
MOBILE_PATTERN = r"1[3-9][0-9]{9}"
CARD_PATTERN = r"62[0-9]{14,17}"
ANY_PATTERN = f"{IDENTITY_PATTERN}|{MOBILE_PATTERN}|{CARD_PATTERN}"
CANDIDATE = f"(?:^|[^0-9A-Za-z])(?:{ANY_PATTERN})(?:[^0-9A-Za-z]|$)"
"""Fast first look (RE2 knows no look-around); everything it finds goes through ``find_leaks``."""

# a number inside a longer code, an address on the web or between 第 and 号 is not a person's
_WHOLE = re.compile(rf"(?<![0-9A-Za-z/=_.\-第])(?:{ANY_PATTERN})(?![0-9A-Za-z号])")
_IDENTITY = re.compile(IDENTITY_PATTERN)
_MOBILE = re.compile(MOBILE_PATTERN)

IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTITY_CHECKS = "10X98765432"
CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))

CODE_COLUMNS = re.compile(r"(_number|_code|_id|_url|uscc|_digest|_amount|_yuan)$")
"""Columns of numbers, addresses and amounts: an eleven-digit number there is not a telephone."""


@dataclass(frozen=True)
class Leak:
    """A personal number found: its kind (identity_number, mobile_number, bank_card) and the masked text."""

    kind: str
    masked: str


def find_leaks(text: str, column: str = "") -> Iterator[Leak]:
    """The personal numbers in a text; ``column`` says whether it is a column of codes."""
    for match in _WHOLE.finditer(text):
        number = match.group()
        kind = _kind_of(number, column)
        if kind:
            yield Leak(kind, mask(number))


def _kind_of(number: str, column: str) -> str | None:
    is_code_column = bool(CODE_COLUMNS.search(column))
    if len(number) == 11:
        return None if is_code_column or not _MOBILE.fullmatch(number) else "mobile_number"
    if len(number) == 18 and _IDENTITY.fullmatch(number) and is_identity_number(number):
        # one identity number in 31 also passes the code's check, so only a column of codes may claim to hold one
        return None if column.endswith("uscc") and is_credit_code(number) else "identity_number"
    return "bank_card" if number.startswith("62") and not is_code_column and is_luhn(number) else None


def is_identity_number(number: str) -> bool:
    """Whether the check character of an 18-character identity number holds (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], IDENTITY_WEIGHTS, strict=True))
    return IDENTITY_CHECKS[total % 11] == number[17].upper()


def is_credit_code(number: str) -> bool:
    """Whether an 18-character text passes the check of a unified social credit code (GB 32100-2015)."""
    if any(character not in CODE_CHARACTERS for character in number):
        return False
    values = [CODE_CHARACTERS.index(character) for character in number]
    total = sum(value * weight for value, weight in zip(values[:17], CODE_WEIGHTS, strict=True))
    return (31 - total % 31) % 31 == values[17]


def is_luhn(number: str) -> bool:
    """Whether a bank card number passes the Luhn check (ISO/IEC 7812)."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def mask(number: str) -> str:
    """``139****5678``: enough to find the place, not enough to know the person."""
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def leaks_in(cells: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Leak]]:
    """Column name and leak of each (column, text)."""
    for column, text in cells:
        for leak in find_leaks(text, column):
            yield column, leak
