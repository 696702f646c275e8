"""Draws that depend on seed, stream and key alone.

A generator that is advanced would make row 5,000,000 depend on all rows before it. Here every draw is a hash of (seed,
stream, name, key), so any block can be made on its own, in any order and size, and gives the same values.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Indices = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

_MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)


@lru_cache(maxsize=4096)
def _salt(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def _mix(values: Bits) -> Bits:
    """The finaliser of splitmix64: a bijection of 64 bits with full avalanche."""
    values = (values ^ (values >> np.uint64(30))) * _MULTIPLIER_1
    values = (values ^ (values >> np.uint64(27))) * _MULTIPLIER_2
    return values ^ (values >> np.uint64(31))


class Draws:
    """Independent draws for each key of ``keys``; ``stream`` separates feeds that share keys."""

    def __init__(self, seed: int, stream: str, keys: Indices) -> None:
        self._base = _mix(keys.astype(np.uint64) ^ np.uint64(_salt(f"{seed}/{stream}")))
        self.size = len(keys)

    def bits(self, name: str) -> Bits:
        """64 uniform bits per key."""
        return _mix(self._base + np.uint64(_salt(name)))

    def fraction(self, name: str) -> npt.NDArray[np.float64]:
        """Uniform numbers in [0, 1)."""
        return (self.bits(name) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def chance(self, name: str, probability: float) -> Mask:
        """True with ``probability``."""
        return self.fraction(name) < probability

    def integers(self, name: str, low: int, high: int | Indices) -> Indices:
        """Whole numbers in [low, high); ``high`` may differ per key."""
        width = np.asarray(high, dtype=np.int64) - low
        return low + (self.fraction(name) * width).astype(np.int64)

    def pick(self, name: str, words: pa.Array) -> pa.Array:
        """One of ``words`` per key."""
        return words.take(pa.array(self.integers(name, 0, len(words))))

    def share(self, name: str, shares: dict[str, float]) -> npt.NDArray[np.str_]:
        """One label of ``shares`` per key; what the shares leave of 1 is the empty label."""
        bounds = np.cumsum(list(shares.values()))
        labels = np.array([*shares, ""])
        return labels[np.searchsorted(bounds, self.fraction(name), side="right")]


def scattered(ordinals: Indices, space: int, seed: int, stream: str) -> Indices:
    """A bijection of [0, space) applied to ``ordinals`` (each below ``space``), so that neighbours look unrelated."""
    stride = int(space * 0.6180339887) | 1
    while np.gcd(stride, space) != 1:
        stride += 2
    offset = _salt(f"{seed}/{stream}") % space
    return (ordinals * stride + offset) % space
