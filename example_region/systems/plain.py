"""What several systems of the plan write alike."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from example_region.columns import choose, time_text
from example_region.randomness import Indices
from example_region.rows import Subject
from example_region.systems.frame import DAY, NOT_RELEASED, Block, Dirt

NAME_AND_CODE = (
    "organisation_code_only",
    "registration_number_only",
    "code_in_other_column",
    "natural_person",
    "name_missing",
)
"""Noise for which a feed with the subject's name and code alone, both of a body, has no column."""
NAME_CODE_OR_PERSON = ("organisation_code_only", "registration_number_only", "code_in_other_column", "name_missing")


def plain_subject(block: Block, role: str) -> Subject:
    """Who each row is about where the register itself speaks: written as it is registered."""
    everyone = np.ones(len(block), dtype=bool)
    kind = np.full(len(block), "", dtype="<U40")
    return Subject(role, block.enterprises.uscc, block.enterprises.name, everyone, kind)


def category(block: Block, truth: Subject) -> pa.Array:
    """Kind of the subject in the words of 双公示."""
    text = choose(block.enterprises.is_individual, "个体工商户", "法人及非法人组织")
    return choose(truth.kind == "natural_person", "自然人", text)


def updated(days: Indices) -> pa.Array:
    """Time of change: the evening of the day."""
    return time_text(days * DAY + 20 * 3600)


def front_end(block: Block) -> dict[str, pa.Array]:
    """Columns that a front-end database has beside a record: number, flag, switch, arrival, who summed it up."""
    count = len(block)
    return {
        "qzk_id": block.numbers(""),
        "czbs": block.words("flag", "i", "i", "i", "u", "1", "I"),
        "jhkg": pa.repeat("1", count),
        "qzk_rksj": pa.repeat("2025-12-01 09:05:00", count),
        "hzdw": pa.repeat("沧澜省市场监督管理局", count),
    }


FRONT_END = {name: name for name in ("qzk_id", "czbs", "jhkg", "qzk_rksj", "hzdw")}
"""These columns in a layout; they are no columns of a contract and keep their names (standards 9.1)."""
FLAG_DIRT = (
    Dirt("flag_unknown", "czbs", "x", reason="flag_unknown"),
    Dirt("switched_off", "jhkg", "0", reason=NOT_RELEASED),
    Dirt("flag_as_number", "czbs", "2"),
)
"""Flags that mean nothing, rows not released, and numbers beside letters."""


def deleted(column: str, value: str) -> Dirt:
    """A row flagged as deleted: bronze has ``value`` in ``column``."""
    return Dirt("flag_deleted", "czbs", "d", value, shows=column)
