"""What spreadsheet exports put around a cell so that it stays text: ``="0123"`` and a leading apostrophe.

An apostrophe is such a mark only before what a spreadsheet would have made a number, a date or a formula of; before other
text it belongs to the text.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from connectors.readers.jobs import holds_octet


def without_text_marks(columns: list[pa.Array], data: pa.Buffer) -> list[pa.Array]:
    """The columns without such marks; ``data`` are the bytes they were parsed from, which tell in no time if any."""
    if holds_octet(data, b"=") and holds_octet(data, b'"'):
        columns = [_replaced(column, '="', '^="([^"]*)"$') for column in columns]
    if holds_octet(data, b"'"):
        columns = [_replaced(column, "'", "^'([=+@-]*[0-9A-Za-z][0-9A-Za-z=+@.,:/() -]*)$") for column in columns]
    return columns


def _replaced(column: pa.Array, start: str, pattern: str) -> pa.Array:
    if not pc.any(pc.starts_with(column, start)).as_py():
        return column
    return pc.replace_substring_regex(column, pattern, r"\1")
