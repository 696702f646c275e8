"""Tables of the fourth and sixth to eleventh unseen sets: header, rows as a page shows them, and what each cell says."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import yaml

NOTHING = "-"
UNASKED: tuple[Any, ...] = ()  # a cell that says nothing of that column of the contract
EMPTY = ("", "/", "无", "——")
_GOLDEN = Path(__file__).parent / "golden"
SETS: list[dict[str, dict[str, Any]]] = [
    {
        name: table
        for file in files
        for name, table in yaml.safe_load((_GOLDEN / file).read_text(encoding="utf-8")).items()
    }
    for files in (
        ["unseen_layouts_4.yaml"],
        ["unseen_layouts_6.yaml", "unseen_licences_6.yaml"],
        ["unseen_layouts_7.yaml", "unseen_licences_7.yaml"],
        ["unseen_layouts_8.yaml", "unseen_licences_8.yaml"],
        ["unseen_layouts_9.yaml", "unseen_licences_9.yaml"],
        ["unseen_layouts_10.yaml", "unseen_licences_10.yaml"],
        ["unseen_layouts_11.yaml", "unseen_licences_11.yaml", "unseen_others_11.yaml"],
    )
]
TABLES: dict[str, dict[str, Any]] = {name: table for tables in SETS for name, table in tables.items()}

# Per way of reading a column: for each column of the contract, the values that would do, row by row.
Truth: TypeAlias = dict[str, list[tuple[Any, ...]]]


def _value(name: str, text: object, yuan: int) -> object:
    """A cell of the column ``name`` as a value: days and amounts (in yuan) typed, kinds parted by ；, an empty one null."""
    if text is None or str(text) in EMPTY:
        return None
    if name.endswith(("_date", "_at")):
        year, month, day = re.match(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})", str(text)).groups()  # type: ignore[union-attr]
        told = date(int(year), int(month), int(day))
        return told if name.endswith("_date") else datetime.combine(told, time(), UTC) - timedelta(hours=8)
    if name.endswith("_yuan"):
        return Decimal(str(text).replace(",", "")) * yuan
    return str(text).replace("、", "；") if name == "penalty_category" else str(text)


def _says(cell: object, names: list[str], yuan: int) -> dict[str, tuple[Any, ...]]:
    """What ``cell`` says per column of the contract, as the values that would do."""
    told = cell if isinstance(cell, dict) else {"cell": cell, **dict.fromkeys(names, cell)}
    return {
        name: tuple(_value(name, one, yuan) for one in (said if isinstance(said, list) else [said]))
        for name, said in told.items()
        if name not in ("cell", "any")
    }


def ways_of(column: list[Any], cells: list[object]) -> tuple[list[str], list[Truth]]:
    """The written cells of a column and, per meaning that a person would accept, what they say."""
    meanings, yuan = column[1].split("|"), column[2] if len(column) > 2 else 1
    ways = []
    for meaning in meanings:
        says = [_says(cell, [] if meaning == NOTHING else meaning.split("+"), yuan) for cell in cells]
        names = {name for one in says for name in one} if meaning != NOTHING else set()
        ways.append({name: [one.get(name, UNASKED) for one in says] for name in sorted(names)})
    return [str(cell["cell"] if isinstance(cell, dict) else cell) for cell in cells], ways
