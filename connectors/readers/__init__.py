"""Readers: any file a department hands over, as tables of text with the row numbers a person sees.

``open_tables`` finds out what a file is by its content, refuses what it cannot read with one clear error, and gives
each table's rows in bounded batches, every row accounted for.
"""

from connectors.readers.model import (
    LAYOUT_REASONS,
    REJECT_REASONS,
    ReaderHints,
    ReaderLimits,
    RejectedRow,
    SourceTable,
    TableFacts,
    TextBatch,
)
from connectors.readers.opening import open_tables

__all__ = [
    "LAYOUT_REASONS",
    "REJECT_REASONS",
    "ReaderHints",
    "ReaderLimits",
    "RejectedRow",
    "SourceTable",
    "TableFacts",
    "TextBatch",
    "open_tables",
]
