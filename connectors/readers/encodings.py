"""Which encoding a text file has: by its byte order mark, else by counting the lines that decode strictly."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from connectors.readers.decoding import is_utf8
from connectors.readers.lines import line_blocks
from connectors.readers.model import ReaderLimits
from lake.errors import TerminalError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_CHINESE = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2})+")
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")
_JUDGED_BYTES = 1 << 20
_VOTES_WANTED = 200
_LINES_PER_BLOCK = 2000


@dataclass(frozen=True)
class Encoding:
    """Python's codec name and the length in bytes of the byte order mark to skip."""

    name: str
    mark_length: int = 0


def marked_encoding(start: bytes) -> Encoding | None:
    """The encoding a byte order mark at the start of the file declares, if there is one."""
    for mark, name in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            if name == "utf-32":
                raise TerminalError("readers.encoding_unknown", seen="UTF-32")
            return Encoding(name, len(mark))
    return None


def find_encoding(open_stream: Callable[[], BinaryIO], limits: ReaderLimits) -> Encoding:
    """The encoding of a text file.

    Reads on until enough lines with other than ASCII characters have voted, to the end if need be, so broken rows at
    the start do not decide. Raises ``TerminalError`` ``readers.encoding_unknown`` when most such lines are neither
    UTF-8 nor GB18030.
    """
    with open_stream() as stream:
        marked = marked_encoding(stream.read(4))
    if marked is not None:
        return marked
    votes = {"utf-8": 0, "gb18030": 0, "neither": 0}
    sample = ""
    with open_stream() as stream:
        for block in line_blocks(stream, "ascii", limits):
            if not block.isascii():
                sample = _vote(block, votes) or sample
            if max(votes.values()) >= _VOTES_WANTED:
                break
    best = max(votes, key=lambda name: votes[name])
    if best == "neither":
        raise TerminalError("readers.encoding_unknown", seen=sample)
    return Encoding(best)


def contradicted(name: str, data: bytes) -> str | None:
    """What ``data`` is where that is surely not ``name``, the encoding it was said to have: UTF-8 or GB18030, else None.

    Programs write one and say the other. Chinese in UTF-8 is often valid GB18030 too, and would be other characters; the
    other way round hardly ever: nine of ten bytes beyond ASCII must be in whole UTF-8 characters, or less than half.
    """
    runs = _NOT_ASCII.findall(data[:_JUDGED_BYTES])
    total = sum(map(len, runs))
    fitting = sum(len(run) for run in runs if is_utf8(run))
    if name == "gb18030" and total and fitting >= 0.9 * total:
        chinese = sum(map(len, _CHINESE.findall(data[:_JUDGED_BYTES])))
        return "utf-8" if chinese * 2 >= total else None
    if name == "utf-8" and fitting * 2 < total:
        decoder = codecs.getincrementaldecoder("gb18030")()
        try:
            decoder.decode(data[:_JUDGED_BYTES])
        except UnicodeDecodeError:
            return None
        return "gb18030"
    return None


def _vote(block: bytes, votes: dict[str, int]) -> str:
    """Count the lines of a block by what they decode as; gives the first bytes of one that is neither, in hex."""
    whole = is_utf8(block)
    sample = ""
    seen = 0
    for line in block.splitlines():
        if line.isascii():
            continue
        name = "utf-8" if whole else _line_encoding(line)
        votes[name] += 1
        if name == "neither" and not sample:
            sample = line[:24].hex(" ")
        seen += 1
        if seen >= _LINES_PER_BLOCK:
            break
    return sample


def _line_encoding(line: bytes) -> str:
    for name in ("utf-8", "gb18030"):
        try:
            line.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "neither"
