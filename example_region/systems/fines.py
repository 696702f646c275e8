"""Fines as 海关 and 邮政 send them: the field codes of 双公示 (2018), amounts in ten thousands of yuan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from example_region.columns import join, number, repeated, time_text
from example_region.rows import Rows
from example_region.systems.common import NAME_NEEDED, category, chinese_date, hundreds, impossible_date, ten_thousands
from example_region.systems.frame import DAY, Block, Dirt, Feed, Files
from example_region.vocabulary import PENALTY_CODES

_COLUMNS = (
    "counterpart_name", "counterpart_category", "uscc", "decision_number", "violation_type", "violation_facts",
    "penalty_basis", "penalty_category", "penalty_content", "fine_amount_yuan", "decision_date", "authority_name",
    "source_updated_at",
)  # fmt: skip


@dataclass(frozen=True)
class Fines:
    """What one kind of authority fines for; ``most`` in hundreds of yuan."""

    prefix: str
    basis: str
    violations: tuple[str, ...]
    facts: tuple[str, ...]
    most: int

    def rows(self, block: Block, authority: pa.Array) -> Rows:
        """One decision for each enterprise of the block."""
        written, truth = block.subject("counterpart", without=NAME_NEEDED)
        day = block.days("decided", 900)
        fine = block.draws.integers("fine", 5, self.most)
        return block.rows(
            {
                "counterpart_name": written.name,
                "counterpart_category": category(truth, block.enterprises),
                "uscc": written.uscc,
                "decision_number": join(self.prefix, number(block.keys), "号"),
                "violation_type": block.words("violation", *self.violations),
                "violation_facts": block.words("facts", *self.facts),
                "penalty_basis": repeated(self.basis, len(block)),
                "penalty_category": repeated("罚款", len(block)),
                "penalty_content": join("罚款", hundreds(fine), "元"),
                "fine_amount_yuan": ten_thousands(fine),
                "decision_date": block.dates(day),
                "authority_name": authority,
                "source_updated_at": time_text((day + 2) * DAY),
            },
            truth,
        )


def fines_feed(make: Callable[[Block], Rows], delivery: Files, *dirt: Dirt) -> Feed:
    """The feed of such fines, with ``dirt`` beside that of dates."""
    return Feed(
        "administrative_penalty",
        make,
        layout={column: PENALTY_CODES[column] for column in _COLUMNS},
        delivery=delivery,
        locator="decision_number",
        dirt=(impossible_date("decision_date"), chinese_date("decision_date"), *dirt),
    )
