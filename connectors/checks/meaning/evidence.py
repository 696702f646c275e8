"""What values say for or against a meaning, by the tables of ``evidence.yaml``.

A value speaks against a column when it surely is something else: an authority among dates, a date among names.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from connectors.checks.meaning.values import Profile, counts_rows, says_sanction
from connectors.contract.model import LIST_KINDS, Column
from lake.declarations import read_yaml

# From this share of the filled values on a column is something else; of few values all must be.
CONTRARY_SHARE = 0.8
FEW = 5
CONFIRMING_SHARE = 0.6
_SHORTEST_DATE = 4
# Codes of enterprises and businesses begin so (GB 32100-2015): under the header of an authority's they are the parties'.
_BUSINESS = ("91", "92", "93")
_OF_STATE = ("authority_uscc", "source_unit_uscc")
# Codes of enterprises have 9, 13, 15 or 18 characters; a slip loses or adds one or two.
_OTHER_LENGTHS = (6, 7, 11, 12, 21, 22, 23, 24)
# Numbers of decisions and certificates have more to them than digits; those of complaints, cases, steps and goods may not.
_NEVER_BARE = re.compile(r"(?:decision|document|licence|permit|certificate)_number")
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
    if not profile.filled:
        return False
    group = _group(column)
    wanted = 1.0 if profile.filled < FEW else CONTRARY_SHARE
    against = set(_tables()["groups"][group]["against"])
    if group == "authority" and _may_be_public_bodies(profile, 1 - wanted):
        against.discard("enterprise")
    if profile.share(*against) >= wanted or _numbers_something_else(column, profile, wanted):
        return True
    if column.kind == "uscc" and column.name in _OF_STATE:
        businesses = sum(text.startswith(_BUSINESS) for text in profile.texts)
        return businesses >= wanted * profile.filled
    if group == "date":
        return profile.share("number") >= wanted and all(len(text) < _SHORTEST_DATE for text in profile.texts)
    if column.name == "case_name" and profile.share("sanction") >= wanted:
        return True
    return group == "sanction" and not profile.share("law") and not says_sanction(profile)


def _numbers_something_else(column: Column, profile: Profile, wanted: float) -> bool:
    """Whether the values number the rows, or are too far from the length of any code of an enterprise to be one with a slip."""
    if _group(column) != "code":
        return _NEVER_BARE.fullmatch(column.name) is not None and counts_rows(profile)
    lengths = [len(text) for text in profile.texts if text.isascii() and text.isalnum()]
    return counts_rows(profile) or sum(length in _OTHER_LENGTHS for length in lengths) >= wanted * profile.filled


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
