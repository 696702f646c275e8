"""A stream in blocks of whole lines, and the line ends in them: line feed, carriage return, or the pair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from connectors.readers.model import MEBIBYTE, ReaderLimits
from lake.errors import TerminalError


def line_blocks(stream: BinaryIO, encoding: str, limits: ReaderLimits) -> Iterator[bytes]:
    """The stream in blocks of about ``limits.block_bytes`` that end at a line end.

    Raises ``TerminalError`` ``readers.line_too_long`` for a line above ``limits.line_bytes``.
    """
    rest = b""
    line = 1
    while piece := stream.read(limits.block_bytes):
        data = rest + piece if rest else piece
        cut = last_line_end(data, encoding)
        if cut:
            block, rest = data[:cut], data[cut:]
            line += block.count(b"\n") or block.count(b"\r")
            yield block
        else:
            rest = data
        if len(rest) > limits.line_bytes:
            raise TerminalError("readers.line_too_long", line=line, mebibytes=limits.line_bytes // MEBIBYTE)
    if rest:
        yield rest


def last_line_end(data: bytes, encoding: str) -> int:
    """Offset just behind the last line end, 0 without one; a carriage return at the very end may be half a line end."""
    if encoding.startswith("utf-16"):
        line_feed = b"\n\0" if encoding.endswith("le") else b"\0\n"
        at = data.rfind(line_feed)
        while at > 0 and at % 2:
            at = data.rfind(line_feed, 0, at + 1)
        return at + 2 if at >= 0 and at % 2 == 0 else 0
    at = data.rfind(b"\n")
    if at < 0:
        at = data.rfind(b"\r", 0, max(0, len(data) - 1))
    return at + 1


def count_line_ends(data: bytes) -> int:
    """Number of line ends in ``data``."""
    returns = data.count(b"\r")
    return data.count(b"\n") + (returns - data.count(b"\r\n") if returns else 0)
