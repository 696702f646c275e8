"""Fictitious departments of the province and their codes (11: state organ, division 99xxxx)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from example_region import codes, words
from example_region.randomness import Indices

_DIVISIONS = np.array([district.division for district in words.DISTRICTS])


def named(places: Indices, department: str) -> pa.Array:
    """Name of the department of each district, for example 听涛区市场监督管理局."""
    names = pa.array([district.county + department for district in words.DISTRICTS])
    return names.take(pa.array(places))


def coded(places: Indices, number: int) -> pa.Array:
    """Code of the department of each district; ``number`` (below 100) tells departments apart."""
    bodies = np.arange(len(_DIVISIONS)) + 1000 * number + 10_000_000
    organisation = codes.organisation_codes(bodies, np.zeros(len(bodies), dtype=bool))
    made = codes.strings(codes.uscc(np.full(len(bodies), 11), _DIVISIONS, organisation))
    return made.take(pa.array(places))


def short(places: Indices) -> pa.Array:
    """The word a document number begins with, for example 听市监."""
    return pa.array([district.county[0] for district in words.DISTRICTS]).take(pa.array(places))
