"""Text columns made whole arrays at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from example_region.randomness import Draws, Indices, Mask

Texts = npt.NDArray[np.str_]
_EMPTY = pa.scalar("", pa.string())


def join(*parts: pa.Array | str) -> pa.Array:
    """The parts glued together row by row; null where any part is null."""
    return pc.binary_join_element_wise(*[pa.scalar(p) if isinstance(p, str) else p for p in parts], _EMPTY)


def choose(mask: Mask, yes: pa.Array | str | None, no: pa.Array | str | None) -> pa.Array:
    """``yes`` where the mask holds, else ``no``; None means null."""
    return pc.if_else(pa.array(mask), _operand(yes), _operand(no))


def _operand(value: pa.Array | str | None) -> pa.Array | pa.Scalar:
    return pa.scalar(value, pa.string()) if value is None or isinstance(value, str) else value


def lookup(words: pa.Array, positions: Indices) -> pa.Array:
    """The word at each position."""
    return words.take(pa.array(positions))


def number(values: Indices, width: int = 0) -> pa.Array:
    """Whole numbers as text, padded with zeros to ``width``."""
    text = pa.array(values).cast(pa.string())
    return pc.utf8_lpad(text, width, "0") if width else text


def repeated(value: str | None, count: int) -> pa.Array:
    """The same value ``count`` times."""
    return pa.repeat(pa.scalar(value, pa.string()), count)


def date_text(days: Indices, style: str = "%Y-%m-%d") -> pa.Array:
    """Days since 1970-01-01 written in a ``strftime`` style."""
    return pc.strftime(pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32()), format=style)


def time_text(seconds: Indices) -> pa.Array:
    """Seconds since 1970-01-01 00:00 local time as ``YYYY-MM-DD HH:MM:SS``."""
    return pc.strftime(pa.array(seconds).cast(pa.timestamp("s")), format="%Y-%m-%d %H:%M:%S")


def untidy_date(days: Indices, draws: Draws, name: str) -> pa.Array:
    """The same dates in the shapes departments write (standards 9.1): most ISO, some Chinese, compact, with a time."""
    label = draws.share(name, {"slash": 0.06, "compact": 0.06, "chinese": 0.04, "midnight": 0.04, "short": 0.04})
    text = date_text(days)
    year, month, day = (date_text(days, part) for part in ("%Y", "%m", "%d"))
    month_short, day_short = (pc.utf8_ltrim(part, "0") for part in (month, day))
    text = choose(label == "slash", join(year, "/", month, "/", day), text)
    text = choose(label == "compact", join(year, month, day), text)
    text = choose(label == "chinese", join(year, "年", month_short, "月", day_short, "日"), text)
    text = choose(label == "midnight", join(year, "-", month_short, "-", day_short, " 0:00:00"), text)
    return choose(label == "short", join(year, "-", month_short, "-", day_short), text)


def full_width(text: pa.Array) -> pa.Array:
    """ASCII letters and digits as their full-width forms."""
    table = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    return pa.array([None if value is None else value.translate(table) for value in text.to_pylist()], pa.string())
