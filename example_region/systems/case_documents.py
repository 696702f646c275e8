"""Documents of the steps of cases, as files: decisions and notices as PDF, records of investigation in Word, photographs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from example_region.columns import choose, join, lookup, number
from example_region.rows import Rows
from example_region.systems.documents import DAMAGED
from example_region.systems.frame import Block, Dirt, Feed, Files

STEPS = ("线索登记", "立案", "调查取证", "处罚告知", "处罚决定", "送达", "执行", "结案")
_NAMES = ("线索登记表", "立案审批表", "现场笔录", "行政处罚告知书", "行政处罚决定书", "送达回证", "催告书", "结案报告")
_WORDS = ("登", "立", "检", "罚告", "罚", "送", "催", "结")
_FORMATS = ("PDF", "PDF", "DOCX", "PDF", "PDF", "PNG", "PDF", "DOCX")
_SUFFIXES = (".pdf", ".pdf", ".docx", ".pdf", ".pdf", ".png", ".pdf", ".docx")


def step_types(block: Block) -> pa.Array:
    """Which step of its case each row is."""
    return block.words("step", *STEPS)


def documents_of(block: Block, types: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Name, number and file of each step's document."""
    kinds = _positions(types)
    numbers = join("沧市监", lookup(pa.array(_WORDS), kinds), "〔2025〕", number(block.keys), "号")
    return lookup(pa.array(_NAMES), kinds), numbers, join(numbers, lookup(pa.array(_SUFFIXES), kinds))


def _positions(types: pa.Array) -> np.ndarray:
    return np.array([STEPS.index(one) for one in types.to_pylist()], dtype=np.int64)


def _documents(block: Block) -> Rows:
    types = step_types(block)
    name, own_number, file = documents_of(block, types)
    # What is damaged or odd has a text: a PDF, whatever its name ends in.
    kinds = choose(block.is_spared, "PDF", lookup(pa.array(_FORMATS), _positions(types)))
    is_picture = np.array([one == "PNG" for one in kinds.to_pylist()], dtype=bool)
    return block.rows(
        {
            "file_name": file,
            "file_format": kinds,
            "document_text": join(name, "\n", own_number, "\n经查，当事人的行为涉嫌违法，现依法", types, "。"),
            "reading_note": choose(is_picture, "无正文", "完整"),
        }
    )


DOCUMENTS = Feed(
    "document",
    _documents,
    layout={},
    delivery=Files("案件文书", "documents"),
    locator="file_name",
    along_with="case_step",
    rate=0.01,
    dirt=(
        Dirt("damaged", "reading_note", DAMAGED, DAMAGED),
        Dirt("text_in_traditional", "document_text", "處罰決定書，罰款伍仟元整", "處罰決定書，罰款伍仟元整"),
    ),
)
