"""The unit of an amount whose header gives none: told by its values, its neighbours and the text of the decision.

The tables of double publicity count in ten thousand yuan (standards 2.3), and many offices fill them in yuan all the same; a
page of no standard layout may mean either. A wrong unit is a fine ten thousand times too large: what nothing tells apart is
left open. What a declared feed means is its contract's to say; there only its own text speaks against it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import pyarrow as pa

from connectors.checks.meaning.claims import Claim
from connectors.contract.header_key import header_unit
from connectors.contract.model import Contract, Layout

SCALES = {"元": Decimal(1), "万元": Decimal(10_000)}
# Fines; no other amount has these bounds. Nobody is fined less than a yuan and hardly anybody a million (assumption).
FINES = ("fine_amount_yuan", "confiscated_amount_yuan")
_LEAST_YUAN, _PLAIN_YUAN, _MOST_TEN_THOUSANDS = Decimal(1), Decimal(1000), Decimal(100)
_NUMBER = re.compile(r"\s*(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*")
_MONEY = re.compile(r"(\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(余?万)?余?[元圆]")
_OWN_UNIT = re.compile(r"[\d,.\s]+(万?)[元圆]整?\s*")

Unit = Literal["元", "万元"]


@dataclass(frozen=True)
class Amounts:
    """``units`` of columns by their position; ``opened`` are positions of amounts that may be of either unit."""

    units: Mapping[int, Unit]
    opened: tuple[int, ...]


def units_of_amounts(
    contract: Contract,
    layout: Layout,
    header: Sequence[str],
    found: Sequence[Claim | None],
    sample: Sequence[pa.Array] | None,
    *,
    is_page: bool,
) -> Amounts:
    """The unit of each amount that has none in its header (what is not named keeps its layout's or its contract's)."""
    places = [
        place
        for place, claim in enumerate(found)
        if claim is not None and contract.column(claim.column).kind == "amount"
    ]
    written = {place: header_unit(header[place]) or _in_the_name(header[place]) for place in places}
    foreign = [place for place, unit in written.items() if unit is not None and unit not in SCALES]
    if sample is None:
        return Amounts({}, tuple(foreign))
    told = {unit for unit in written.values() if unit in SCALES}
    texts = _texts(contract, found, sample)
    units: dict[int, Unit] = {}
    opened = foreign
    for place in places:
        claim = found[place]
        if written[place] is not None or claim is None or claim.source == "pin" or claim.column not in FINES:
            continue
        cells = [text or "" for text in sample[place].to_pylist()]
        unit = _told(cells, texts, told)
        if is_page:
            unit = unit or _by_size(cells, dict(layout.units).get(claim.column))
        if unit == "either":
            opened += [place] if is_page else []
        elif unit is not None:
            units[place] = unit
    return Amounts(units, tuple(opened))


def _texts(contract: Contract, found: Sequence[Claim | None], sample: Sequence[pa.Array]) -> list[str]:
    """The running text of each row of the sample."""
    places = [p for p, claim in enumerate(found) if claim and contract.column(claim.column).kind == "free_text"]
    rows = zip(*(sample[place].to_pylist() for place in places), strict=True) if places else ()
    return ["；".join(text or "" for text in row) for row in rows]


def _told(cells: Sequence[str], texts: Sequence[str], beside: set[str]) -> Unit | Literal["either"] | None:
    """The unit that other cells of the column, the text of the same rows or the other amounts tell."""
    said: set[Unit] = {"万元" if own[1] else "元" for text in cells if (own := _OWN_UNIT.fullmatch(text))}
    for number, text in zip(map(_number, cells), texts, strict=False):
        if number:
            amounts = {_yuan(*money) for money in _MONEY.findall(text)}
            units: tuple[Unit, ...] = ("元", "万元")
            fitting = [unit for unit in units if number * SCALES[unit] in amounts]
            said |= set(fitting) if len(fitting) == 1 else set()
    if said:
        return said.pop() if len(said) == 1 else "either"
    return "元" if beside == {"元"} else "万元" if beside == {"万元"} else None


def _by_size(cells: Sequence[str], official: str | None) -> Unit | Literal["either"] | None:
    """The unit that the size of the numbers allows; ``official`` is that of the standard layout."""
    numbers = [number for text in cells if (number := _number(text))]
    if not numbers:
        return None
    if max(numbers) < _MOST_TEN_THOUSANDS and (min(numbers) < _LEAST_YUAN or official == "万元"):
        return "万元"
    if official is None and min(numbers) >= _PLAIN_YUAN:
        return "元"
    return "either"


def _in_the_name(header: str) -> Unit | None:
    return "元" if header.lower().endswith("_yuan") else None


def _number(text: str) -> Decimal | None:
    found = _NUMBER.fullmatch(text)
    return Decimal(found[1].replace(",", "")) if found else None


def _yuan(number: str, ten_thousand: str) -> Decimal:
    return Decimal(re.sub("[,，]", "", number)) * (SCALES["万元"] if ten_thousand else 1)
