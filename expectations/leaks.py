"""Personal data that must never be in a released file: identity numbers, telephones, bank cards, mail addresses.

A fast pattern (RE2, whole files) finds cells that may hold one, however it is written: full width, with blanks or hyphens.
Such a cell is then brought to one spelling (NFKC) and judged: check digits tell an identity number of 18 characters or a
bank card from a number that only looks like one. One of 15 digits has no check digit and the shape of a registration
number, so only its date and its column tell it, and words of registration before it. Columns of numbers hold such values too;
what a document's own number looks like is left alone there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

HYPHENS, BLANKS, WIDTHLESS = "－—–‐‑−", "　\u00a0\u2002\u2003\u2009\u202f\t", "\u200b\u200c\u200d\u2060\ufeff"
"""Signs written as hyphen or blank between digits, and signs that nobody sees; ``in_half_width`` of the models knows the same."""
_ONE_SPELLING = str.maketrans(HYPHENS + BLANKS, "-" * len(HYPHENS) + " " * len(BLANKS), WIDTHLESS)

_GAP = "[ -]{0,2}"
_DAY = f"(?:0{_GAP}[1-9]|1{_GAP}[0-2]){_GAP}(?:0{_GAP}[1-9]|[12]{_GAP}[0-9]|3{_GAP}[01])"
_SIX = _GAP.join(["[1-8]", *["[0-9]"] * 5])
_YEAR = f"(?:1{_GAP}[89]|2{_GAP}0){_GAP}[0-9]{_GAP}[0-9]"
IDENTITY_PATTERN = _GAP.join([_SIX, _YEAR, _DAY, "[0-9]", "[0-9]", "[0-9]", "[0-9Xx]"])
OLD_IDENTITY_PATTERN = (
    r"[1-8][0-9]{3} ?[0-9]{2}[ -]?[0-9]{2} ?(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12][0-9]|3[01])[ -]?[0-9]{3}"
)
MOBILE_PATTERN = (
    r"(?:(?:\+|00)?86[ -]?)?[(（]?1[3-9](?:[0-9][)）]?(?:[ .-]{0,2}[0-9]{4}){2}|[0-9](?:/[0-9]{4}){2}"
    r"|[0-9][ -][0-9]{3}[ -][0-9]{5}|[0-9]{2}[ -][0-9]{3}[ -][0-9]{4}|[0-9](?:[ -][0-9]{2}){4})"
)
LANDLINE_PATTERN = (
    r"(?:0[0-9]{2,3}[ -]{1,2}[0-9]{7,8}|[(（]0[0-9]{2,3}[)）][ -]{0,2}[0-9]{7,8}"
    r"|0(?:10|2[0-9]|[3-9][0-9]{2})[ -]{1,2}(?:[3-8][0-9]{2,3}|2[1-9][0-9]{1,2})[ -][0-9]{4})"
)
CARD_PATTERN = (
    r"(?:62[0-9]{2}|955[89]|4367|4563)"
    r"(?:[ -]?(?:[0-9]{4}[ -]?){2}[0-9]{4}(?:[ -]?[0-9]{1,3})?|[0-9]{2}[ -][0-9]{10,13})"
)
_AT = r"(?: {0,2}@ {0,2}| ?[(（【] ?[Aa][Tt] ?[)）】] ?)"
MAIL_PATTERN = rf"[A-Za-z0-9._%+-]*[A-Za-z0-9]{_AT}[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
ANY_PATTERN = "|".join((IDENTITY_PATTERN, OLD_IDENTITY_PATTERN, MOBILE_PATTERN, LANDLINE_PATTERN, CARD_PATTERN))
_ODD = HYPHENS + BLANKS + WIDTHLESS
CANDIDATE = (
    rf"(?:^|[^0-9A-Za-z])(?:{ANY_PATTERN})(?:[^0-9A-Za-z]|$)"
    rf"|[０-９](?:[ 　\-－]?[0-9０-９]){{7,}}|[0-9][{_ODD}][{_ODD} -]?[0-9０-９]|[A-Za-z0-9]{_AT}[A-Za-z0-9]|＠"
)
"""Fast first look (RE2 knows no look-around); everything it finds goes through ``find_leaks``."""

# a number inside a longer code, an address on the web or between 第 and 号 is not a person's
_WHOLE = re.compile(rf"(?<![0-9A-Za-z/=_.\-第])(?:{ANY_PATTERN})(?![0-9A-Za-z号])")
_ANY_SHAPE = re.compile(CANDIDATE)
_MAIL = re.compile(MAIL_PATTERN)
_AT_SIGN = re.compile(r"[(【] ?[Aa][Tt] ?[)】]")
_LANDLINE = re.compile(LANDLINE_PATTERN)
_IDENTITY = re.compile(IDENTITY_PATTERN)
_OLD_IDENTITY = re.compile(OLD_IDENTITY_PATTERN)
_MOBILE = re.compile(MOBILE_PATTERN)
_CARD = re.compile(CARD_PATTERN)
_LABELLED = re.compile(
    "(?:电话|手机|联系|致电|座机|热线|传真|(?i:tel|phone|mobile)|卡号|[账帐][号户]|银行卡|信用卡|储蓄卡|护照|通行证|台胞证|回乡证"
    "|居留证|身份证|军官证|士兵证|警官证|驾驶证)[^0-9A-Za-z]{0,8}[A-Za-z]{0,3}[0-9](?:[ .-]{0,2}[0-9]){5}"
    "|(?:微信|[Qq][Qq]|扣扣|[Vv]信|[Vv][Xx])(?:号码|号|账号)?[: 为是]*[A-Za-z0-9_-]{5}"
)
"""Values that only the word before them tells: no reason to stop a release, but none to be shown either."""
_REGISTRATION_WORDS = re.compile(r"(?:注册|登记|许可|备案|编)号?(?:为|是)?[:( ]*$")

IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTITY_CHECKS = "10X98765432"
CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))

LEAK_KINDS = ("identity_number", "mobile_number", "landline_number", "bank_card", "mail_address")

CODE_COLUMNS = re.compile(r"(_id|_url|uscc|_digest|_amount|_yuan)$")
"""Columns of digests, addresses on the web, codes and amounts: an eleven-digit number there is not a telephone."""
NUMBER_COLUMNS = re.compile(r"(_number|_code)$")
"""Columns of numbers of documents and registers."""
_DAY_OF_DOCUMENT = re.compile(r"[0-9]{6}20[1-9]")
_BORN_SINCE_1920 = re.compile(r"[0-9]{6}[2-9]")


@dataclass(frozen=True)
class Leak:
    """A personal value found: its kind (identity_number, mobile_number, landline_number, bank_card, mail_address) and the
    masked text."""

    kind: str
    masked: str


def find_leaks(text: str, column: str = "") -> Iterator[Leak]:
    """The personal values in a text; ``column`` says whether it is a column of codes."""
    plain = unicodedata.normalize("NFKC", text).translate(_ONE_SPELLING)
    for match in _WHOLE.finditer(plain):
        kind = _kind_of(match.group(), column, plain[: match.start()])
        if kind:
            yield Leak(kind, mask(match.group()))
    if ("@" in plain or _AT_SIGN.search(plain)) and not CODE_COLUMNS.search(column):
        for match in _MAIL.finditer(plain):
            yield Leak("mail_address", mask(match.group()))


def may_hold_personal_value(text: str, column: str = "") -> bool:
    """Whether a text should not be shown where its originals have no business: by its shape alone, check digits or not."""
    is_code = CODE_COLUMNS.search(column) is not None
    is_suspect = not is_code and (_ANY_SHAPE.search(text) or _LABELLED.search(unicodedata.normalize("NFKC", text)))
    return bool(is_suspect) or next(find_leaks(text, column), None) is not None


def shown(text: str | None, column: str = "") -> str | None:
    """The text for a screen: only its first character where it may hold a person's number."""
    return f"{text[:1]}***" if text is not None and may_hold_personal_value(text, column) else text


def _kind_of(written: str, column: str, before: str) -> str | None:
    number = written.replace(" ", "").replace("-", "")
    is_numbers = NUMBER_COLUMNS.search(column) is not None
    if _IDENTITY.fullmatch(written) and is_identity_number(number):
        # one identity number in 31 also passes the code's check, so only the column of the party's code may claim to hold one
        is_own = (column == "uscc" and is_credit_code(number)) or (is_numbers and _DAY_OF_DOCUMENT.match(number))
        return None if is_own else "identity_number"
    if CODE_COLUMNS.search(column):
        return None
    if _MOBILE.fullmatch(written):
        return "mobile_number"
    if _LANDLINE.fullmatch(written):
        return "landline_number"
    if _OLD_IDENTITY.fullmatch(written):
        is_own = column == "registration_number" or (is_numbers and not _BORN_SINCE_1920.match(number))
        return None if is_own or _REGISTRATION_WORDS.search(before) else "identity_number"
    return "bank_card" if _CARD.fullmatch(written) and is_luhn(number) else None


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
