"""Blocks of whole lines to UTF-8, strictly, with the broken lines named.

glibc's iconv decodes GB18030 twice as fast as Python's codec and without the interpreter lock. The two disagree on 26
code points, where iconv follows the standard of 2005 and later and Python keeps private-use characters of 2000; both
ways here give iconv's answer, so a file reads the same on every machine.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass, field
from functools import cache

import pyarrow as pa

from connectors.readers.lines import count_line_ends

_STANDARD_OF_2005 = {
    0xE78D: 0xFE10, 0xE78E: 0xFE12, 0xE78F: 0xFE11, 0xE790: 0xFE13, 0xE791: 0xFE14, 0xE792: 0xFE15, 0xE793: 0xFE16,
    0xE794: 0xFE17, 0xE795: 0xFE18, 0xE796: 0xFE19, 0xE7C7: 0x1E3F, 0x1E3F: 0xE7C7, 0xE816: 0x20087, 0xE817: 0x20089,
    0xE818: 0x200CC, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7, 0xE831: 0x215D7, 0xE832: 0x9FB8,
    0xE83B: 0x2298F, 0xE843: 0x9FB9, 0xE854: 0x9FBA, 0xE855: 0x241FE, 0xE864: 0x9FBB,
}  # fmt: skip
_CHINESE = frozenset({"gb18030", "gbk", "gb2312"})
_TEXT_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BYTE_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass
class DecodedBlock:
    """A block of whole lines as UTF-8; ``broken`` maps the 0-based line in the block to its undecodable bytes."""

    data: pa.Buffer
    broken: dict[int, bytes] = field(default_factory=dict)


def is_utf8(data: bytes) -> bool:
    """Arrow's vectorised validation, which leaves the interpreter lock alone."""
    offsets = pa.py_buffer((0).to_bytes(8, "little") + len(data).to_bytes(8, "little"))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def decode_block(raw: bytes, encoding: str) -> DecodedBlock:
    """Decode whole lines strictly; a line that fails is kept with U+FFFD in the text and its bytes in ``broken``."""
    converter = _iconv() if encoding in _CHINESE else None
    if converter is not None:
        return converter.decode(raw)
    if encoding == "utf-8" and is_utf8(raw):
        return DecodedBlock(pa.py_buffer(raw))
    return _decode_lines(raw, encoding)


def decode_text(raw: bytes, encoding: str) -> str:
    """Decode a line strictly; raises ``UnicodeDecodeError``."""
    if encoding in _CHINESE:
        return as_of_2005(raw.decode("gb18030"))
    return raw.decode(encoding)


def as_of_2005(text: str) -> str:
    """What Python's GB18030 codec gave, with the code points of the standard of 2005 and later."""
    return text.translate(_STANDARD_OF_2005)


def _decode_lines(raw: bytes, encoding: str) -> DecodedBlock:
    try:
        return DecodedBlock(pa.py_buffer(decode_text(raw, encoding).encode("utf-8")))
    except UnicodeDecodeError:
        pass
    lines = _utf16_lines(raw, encoding) if encoding.startswith("utf-16") else raw.splitlines(keepends=True)
    decoded: list[bytes] = []
    broken: dict[int, bytes] = {}
    for number, line in enumerate(lines):
        try:
            text = decode_text(line, encoding)
        except UnicodeDecodeError:
            broken[number] = line
            text = line.decode(encoding, errors="replace")
            text = text if text.endswith("\n") else text + "\n"
        decoded.append(text.encode("utf-8"))
    return DecodedBlock(pa.py_buffer(b"".join(decoded)), broken)


def _utf16_lines(raw: bytes, encoding: str) -> list[bytes]:
    """Lines of UTF-16 with lone surrogates in it; an odd last byte stays with the last line."""
    even = len(raw) // 2 * 2
    text = raw[:even].decode(encoding, errors="surrogatepass")
    lines = [line.encode(encoding, errors="surrogatepass") for line in _TEXT_LINE.findall(text)]
    if even < len(raw):
        lines[-1:] = [(lines[-1] if lines else b"") + raw[even:]]
    return lines


class _Iconv:
    """glibc's converter through ctypes, which releases the interpreter lock."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        if not hasattr(library, "gnu_get_libc_version"):
            raise OSError("not the GNU C library: its iconv maps some characters otherwise")
        self._open = library.iconv_open
        self._open.restype = ctypes.c_void_p
        self._open.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
        self._convert = library.iconv
        self._convert.restype = ctypes.c_size_t
        self._convert.argtypes = [ctypes.c_void_p] * 5
        self._close = library.iconv_close
        self._close.argtypes = [ctypes.c_void_p]
        if self._open(b"UTF-8", b"GB18030") == ctypes.c_void_p(-1).value:
            raise OSError("this system's iconv lacks GB18030")

    def decode(self, raw: bytes) -> DecodedBlock:
        """``raw`` as UTF-8; where the converter stops, the rest of that line is decoded by Python, or is broken."""
        # one byte gives at most three (U+FFFD), two give at most four
        output = pa.allocate_buffer(len(raw) * 3 + 16, resizable=True)
        source = pa.py_buffer(raw)
        state = (ctypes.c_size_t * 4)(source.address, source.size, output.address, output.size)
        at = ctypes.addressof(state)
        broken: dict[int, bytes] = {}
        counted, line = 0, 0
        descriptor = self._open(b"UTF-8", b"GB18030")
        try:
            while state[1]:
                self._convert(descriptor, at, at + 8, at + 16, at + 24)
                if not state[1]:
                    break
                stop = len(raw) - state[1]
                start = max(counted, raw.rfind(b"\n", counted, stop) + 1, raw.rfind(b"\r", counted, stop) + 1)
                line += count_line_ends(raw[counted:start])
                counted = start
                found = _BYTE_LINE_END.search(raw, stop)
                end = found.end() if found else len(raw)
                text = self._rest_of_line(raw[stop:end], raw[start:end], line, broken)
                ctypes.memmove(state[2], text, len(text))
                state[0], state[1] = source.address + end, source.size - end
                state[2], state[3] = state[2] + len(text), state[3] - len(text)
        finally:
            self._close(descriptor)
        output.resize(output.size - state[3], shrink_to_fit=False)
        return DecodedBlock(output, broken)

    @staticmethod
    def _rest_of_line(rest: bytes, whole: bytes, line: int, broken: dict[int, bytes]) -> bytes:
        """The part of a line behind the converter's stop: Python knows 18 sequences that the converter refuses."""
        try:
            return decode_text(rest, "gb18030").encode("utf-8")
        except UnicodeDecodeError:
            broken[line] = whole
            return rest.decode("gb18030", errors="replace").encode("utf-8")


@cache
def _iconv() -> _Iconv | None:
    try:
        return _Iconv()
    except (OSError, AttributeError):
        return None
