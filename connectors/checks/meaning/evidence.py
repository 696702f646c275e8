"""What values say for or against a meaning, by the tables of ``evidence.yaml``.

A value speaks against a column when it surely is something else: an authority among dates, a date among names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.checks.meaning.values import Profile, counts_rows, profile_of, says_sanction
from connectors.contract.model import CODE_KINDS, LIST_KINDS, Column, Contract
from lake.declarations import read_yaml

# From this share of the filled values on a column is something else; of few values all must be.
CONTRARY_SHARE = 0.8
FEW = 5
CONFIRMING_SHARE = 0.6
# A day as a spreadsheet or a clock counts it, a month or a year; numbers in hundreds are amounts.
_SERIAL = re.compile(
    r"[1-7]\d{2}(?!00)\d{2}(?:\.\d+)?|1\d{9}|(?:19|20)\d{2}(?:0[1-9]|1[0-2])?|\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
# Codes of enterprises and businesses begin so (GB 32100-2015): under the header of an authority's they are the parties'.
_BUSINESS = ("91", "92", "93")
_OF_STATE = ("authority_uscc", "source_unit_uscc")
# Codes of enterprises have 9, 13, 15 or 18 characters; a slip loses or adds one or two.
_OTHER_LENGTHS = (6, 7, 11, 12, 21, 22, 23, 24)
# A bare number with more digits may well be that of a document with many parties.
_LONGEST_NUMBER = 8
# No code of an enterprise begins with letters but an organisation code (MA…); numbers of licences and certificates do.
_OF_A_CERTIFICATE = re.compile(r"[A-Z]{2}(?!.{6}-?.$)")
# 文号 names authority, year and number; other numbers may well be 1, 2, 3.
_MANY = 3
_NUMBER_OF_DOCUMENT = re.compile(r"文书?号$")
_DIGIT = re.compile(r"[\d*＊×]|号|[〇零○一二三四五六七八九十]{2}")
_PUBLIC_BODY = re.compile(r"(?:中心|院|站|所|会|校)$")


@cache
def _tables() -> dict[str, Any]:
    return read_yaml(Path(__file__).parent / "evidence.yaml")[0]


@cache
def group_of(name: str, kind: str, sensitivity: str) -> str:
    """The group of ``evidence.yaml`` that holds for a column."""
    told = f"{name}:{kind}:{sensitivity}"
    return next(str(group) for pattern, group in _tables()["group_of"] if re.fullmatch(pattern, told))


@cache
def _words_of(name: str) -> re.Pattern[str] | None:
    words = _tables()["told_by_words"].get(name)
    return re.compile(words) if words else None


@cache
def listed_values(contract: Contract) -> frozenset[str]:
    """The words of the contract's code lists; of one character or digits only they may be anything."""
    lists = [column.values for column in contract.columns if column.kind in LIST_KINDS]
    words = {text for values in lists for value in values for text in (value.value, *value.accepted)}
    return frozenset(text for text in words if len(text) > 1 and not text.isascii())


def is_told_by_words(column: Column) -> bool:
    """Whether there are words by which values are told to be of ``column``."""
    return _words_of(column.name) is not None


def can_be_confirmed(column: Column) -> bool:
    """Whether there are values that surely are what ``column`` holds."""
    return column.kind in LIST_KINDS or is_told_by_words(column) or "for" in _tables()["groups"][_group(column)]


def may_be(column: Column, profile: Profile) -> bool:
    """Whether nothing of the values speaks against ``column``, and its words are there if it is told by words."""
    return not contradicts(column, profile) and (_words_of(column.name) is None or confirms(column, profile))


def _group(column: Column) -> str:
    return group_of(column.name, column.kind, column.sensitivity)


def contradicts(column: Column, profile: Profile) -> bool:
    """Whether the values surely are something else than ``column``."""
    if not profile.filled or (column.kind in LIST_KINDS and confirms(column, profile)):
        return False
    group = _group(column)
    wanted = 1.0 if profile.filled < FEW else CONTRARY_SHARE
    against = set(_tables()["groups"][group]["against"])
    if group in ("authority", "unit") and _may_be_public_bodies(profile, 1 - wanted):
        against.discard("enterprise")
    if profile.share(*against) >= wanted or _is_something_else(column, profile, wanted):
        return True
    if column.kind == "uscc" and column.name in _OF_STATE:
        is_business = profile.share("registration_number") >= wanted
        return is_business or _most(profile, wanted, lambda text: text.startswith(_BUSINESS))
    if group == "date":
        serials = sum(_SERIAL.fullmatch(text) is not None for text in profile.texts)
        return profile.share("number") >= wanted and serials < CONFIRMING_SHARE * profile.filled
    if column.name == "case_name" and profile.share("sanction") >= wanted:
        return True
    return group == "sanction" and not profile.share("law") and not says_sanction(profile)


def _is_something_else(column: Column, profile: Profile, wanted: float) -> bool:
    """Whether most values have a form that ``column`` cannot hold, by their length or by being repeated."""
    if column.name in ("decision_number", "licence_number") and _is_repeated_number(profile, wanted):
        return True
    if _NUMBER_OF_DOCUMENT.search(column.header):
        return counts_rows(profile) or _most(profile, wanted, lambda text: _DIGIT.search(text) is None)
    if column.name == "tax_registration_number":
        return profile.share("registration_number") >= wanted and not _ends_in_organisation_codes(profile)
    if column.kind in CODE_KINDS:
        # One cell may be a slip under the right header; of several, what says nothing like a code is another column.
        return counts_rows(profile) or _most(profile, wanted, _is_no_code if profile.filled > 1 else _is_far_from_code)
    form = _tables()["forms_against"].get(_group(column))
    return form is not None and _most(profile, wanted, lambda text: re.fullmatch(form, text) is not None)


def _most(profile: Profile, wanted: float, is_so: Callable[[str], bool]) -> bool:
    return sum(map(is_so, profile.texts)) >= wanted * profile.filled


def _is_far_from_code(text: str) -> bool:
    return text.isascii() and text.isalnum() and (len(text) in _OTHER_LENGTHS or len(text) > max(_OTHER_LENGTHS))


def _is_no_code(text: str) -> bool:
    """Whether ``text`` has far from the length of a code of an enterprise, or is a number of another kind."""
    digits = text.replace(".", "", 1)
    if not (digits.isascii() and digits.isalnum()):
        return False
    is_short = len(digits) < min(_OTHER_LENGTHS)
    return is_short or _is_far_from_code(digits) or _OF_A_CERTIFICATE.match(digits) is not None


def _is_repeated_number(profile: Profile, wanted: float) -> bool:
    """Whether few short bare numbers stand in many rows: years, postcodes or places."""
    short = sum(text.isdigit() and len(text) <= _LONGEST_NUMBER for text in profile.texts)
    is_repeated = profile.filled >= _MANY and profile.distinct * 2 <= profile.filled
    return is_repeated and short >= wanted * profile.filled


def _ends_in_organisation_codes(profile: Profile) -> bool:
    """A tax registration number is a division code and an organisation code: by chance it may hold as another number."""
    ends = profile_of(pa.array([text[6:] for text in profile.texts], pa.string()), frozenset())
    return ends.share("organisation_code") >= CONFIRMING_SHARE


def _may_be_public_bodies(profile: Profile, spared: float) -> bool:
    """Credit centres, institutes and stations act for authorities; by its name one cannot be told from an enterprise."""
    bodies = sum(_PUBLIC_BODY.search(text) is not None for text in profile.texts)
    return bodies > spared * profile.filled


def confirms(column: Column, profile: Profile) -> bool:
    """Whether the values surely are what ``column`` holds."""
    if column.kind in LIST_KINDS:
        listed = {text for value in column.values for text in (value.value, *value.accepted)}
        return sum(text in listed for text in profile.texts) >= CONFIRMING_SHARE * max(profile.filled, 1)
    if words := _words_of(column.name):
        return sum(words.search(text) is not None for text in profile.texts) >= CONFIRMING_SHARE * max(
            profile.filled, 1
        )
    return profile.share(*_tables()["groups"][_group(column)].get("for", ())) >= CONFIRMING_SHARE
