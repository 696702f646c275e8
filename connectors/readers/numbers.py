"""Numbers as people write them."""

from __future__ import annotations

import math
from decimal import Decimal


def plain_number(value: float) -> str:
    """The shortest text that is this number: no exponent, no ".0"; "NaN" and "Infinity" as they are."""
    if not math.isfinite(value):
        return str(Decimal(value))
    if value == int(value):
        return str(int(value))
    return format(Decimal(repr(value)), "f")
