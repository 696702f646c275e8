"""JSON lines as batches of text: a block of lines at once where it can be, else line by line."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from connectors.readers.decoding import decode_text
from connectors.readers.delimited import Opener
from connectors.readers.encodings import Encoding
from connectors.readers.finishing import finish_columns, finish_texts
from connectors.readers.json_blocks import block_columns
from connectors.readers.json_values import cell_text, names_of, read_object
from connectors.readers.lines import line_blocks
from connectors.readers.model import ReaderHints, RejectedRow, TextBatch


@dataclass(frozen=True)
class Element:
    """One line or element with its 1-based row: a value, a rejection, or (neither) a blank line."""

    row: int
    value: Any = None
    rejected: RejectedRow | None = None


@dataclass(frozen=True)
class JsonLines:
    """A file of JSON lines."""

    open_stream: Opener
    encoding: Encoding
    hints: ReaderHints

    def elements(self) -> Iterator[Element]:
        """Line by line."""
        lines = (line for block in self._blocks() for line in block.splitlines())
        for row, line in enumerate(lines, start=1):
            yield _element(line, row, self._encoding)

    def names(self) -> tuple[str, ...]:
        """All member names of all records, in the order they first occur; lines that are no text have none."""
        names: dict[str, None] = {}
        for block in self._blocks():
            text = self._text(block)
            if names and text is not None and block_columns(text, names) is not None:
                continue
            for line in block.splitlines():
                found = line if text is not None and self._encoding == "utf-8" else self._text(line)
                names.update(dict.fromkeys(names_of(found)) if found is not None else {})
        return tuple(names)

    def batches(self, names: tuple[str, ...]) -> Iterator[TextBatch]:
        """The rows as batches of columns ``names``."""
        row, rows = 1, self.hints.limits.batch_rows
        for block in self._blocks():
            text = self._text(block)
            columns = block_columns(text, names) if text is not None else None
            if columns is None:
                lines = block.splitlines()
                elements = (_element(line, at, self._encoding) for at, line in enumerate(lines, start=row))
                yield from element_batches(elements, names, rows)
                row += len(lines)
                continue
            numbers = np.arange(row, row + len(columns[0]), dtype=np.int64)
            for start in range(0, len(numbers), rows):
                part = [column.slice(start, rows) for column in columns]
                yield finish_texts(part, numbers[start : start + rows], names, (), Counter())
            row += len(numbers)

    def _blocks(self) -> Iterator[bytes]:
        """Blocks of whole lines, in ``_encoding``."""
        with self.open_stream() as stream:
            stream.read(self.encoding.mark_length)
            for block in line_blocks(stream, self.encoding.name, self.hints.limits):
                is_wide = self.encoding.name.startswith("utf-16")
                yield block.decode(self.encoding.name, errors="replace").encode() if is_wide else block

    @property
    def _encoding(self) -> str:
        return "utf-8" if self.encoding.name.startswith("utf-16") else self.encoding.name

    def _text(self, raw: bytes) -> bytes | None:
        """``raw`` in UTF-8, None where it is no text."""
        if self._encoding == "utf-8":
            return raw
        try:
            return decode_text(raw, self._encoding).encode("utf-8")
        except UnicodeError:
            return None


def element_batches(elements: Iterable[Element], names: tuple[str, ...], batch_rows: int) -> Iterator[TextBatch]:
    """Records with the columns ``names`` in batches of ``batch_rows``."""
    iterator = iter(elements)
    while chunk := list(islice(iterator, batch_rows)):
        values = [element.value for element in chunk if element.value is not None]
        columns = [_texts([value.get(name) for value in values]) for name in names]
        numbers = [element.row for element in chunk if element.value is not None]
        rejected = [element.rejected for element in chunk if element.rejected is not None]
        blank = len(chunk) - len(values) - len(rejected)
        yield finish_columns(columns, numbers, names, rejected, Counter({"empty": blank} if blank else {}))


def _element(line: bytes, row: int, encoding: str) -> Element:
    if not line.strip():
        return Element(row)
    try:
        text = line if encoding == "utf-8" else decode_text(line, encoding).encode("utf-8")
        value = read_object(text)
    except UnicodeDecodeError:
        shown = line.decode(encoding, errors="replace")
        original = {"raw": shown, "bytes_base64": base64.b64encode(line).decode("ascii")}
        return Element(row, rejected=RejectedRow(row, "undecodable", {"line": row}, original))
    except ValueError as error:
        detail = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        parameters = {"line": row, "detail": detail}
        return Element(row, rejected=RejectedRow(row, "broken_json", parameters, {"raw": text.decode("utf-8")}))
    if isinstance(value, dict):
        return Element(row, value)
    return Element(row, rejected=RejectedRow(row, "not_an_object", {"line": row}, {"raw": text.decode("utf-8")}))


def _texts(cells: list[Any]) -> list[str | None]:
    """The cells of a column as texts; most columns hold nothing else, and finding that out is quick."""
    if set(map(type, cells)) <= {str, type(None)}:
        return cells
    return [cell_text(cell) for cell in cells]
