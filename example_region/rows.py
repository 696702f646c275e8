"""Rows of one feed with the truth about each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from example_region.columns import Texts
from example_region.randomness import Draws, Indices, Mask

KEYS_PER_ENTERPRISE = 64
_PER_ROW = ("note", "bad_column", "bad_reason", "damage", "version", "repeats", "keys")


@dataclass
class Subject:
    """Who a role of each row is about.

    ``uscc`` is null where nobody in or outside the register can be named (natural persons, no name at all);
    ``is_registered`` tells whether the region's register has the enterprise; ``kind`` names the noise ("" for none).
    """

    role: str
    uscc: pa.Array
    name: pa.Array
    is_registered: Mask
    kind: Texts

    def take(self, positions: pa.Array) -> Subject:
        """The same truth for other rows."""
        chosen = positions.to_numpy()
        name, code = self.name.take(positions), self.uscc.take(positions)
        return Subject(self.role, code, name, self.is_registered[chosen], self.kind[chosen])


@dataclass
class Rows:
    """One block of rows of a feed.

    ``columns``: contract column to text as written; ``bad_column`` and ``bad_reason``: why the row goes to quarantine
    ("" when it is accepted); ``damage``: what happens to the line itself; ``version``: 0 as first delivered, 1 in the
    later delivery; ``note``: other dirt of a cell;
    ``repeats``: identical to the row before it; ``keys``: what the draws of the row depend on.
    """

    columns: dict[str, pa.Array]
    subjects: list[Subject]
    note: Texts
    bad_column: Texts
    bad_reason: Texts
    damage: Texts
    version: Indices
    repeats: Mask
    keys: Indices

    @classmethod
    def of(cls, columns: dict[str, pa.Array], subjects: list[Subject], keys: Indices) -> Rows:
        """Clean rows of the first delivery."""
        count = len(keys)
        empty = np.full(count, "", dtype="<U40")
        zeros = np.zeros(count, dtype=np.int64)
        return cls(
            columns, subjects, empty, empty.copy(), empty.copy(), empty.copy(), zeros, np.zeros(count, dtype=bool), keys
        )

    def __len__(self) -> int:
        return len(self.version)

    def take(self, positions: Indices) -> Rows:
        """The rows at ``positions``, in that order."""
        chosen = pa.array(positions)
        return Rows(
            {name: column.take(chosen) for name, column in self.columns.items()},
            [subject.take(chosen) for subject in self.subjects],
            **{name: getattr(self, name)[positions] for name in _PER_ROW},
        )

    def reject(self, mask: Mask, column: str, reason: str) -> None:
        """Say that the rows of the mask break the contract at ``column``; the first reason said stands."""
        chosen = mask & (self.bad_reason == "")
        self.bad_column = np.where(chosen, column, self.bad_column)
        self.bad_reason = np.where(chosen, reason, self.bad_reason)

    @property
    def is_clean(self) -> Mask:
        """Rows that are neither bad nor damaged."""
        return np.asarray((self.bad_reason == "") & (self.damage == ""))


def occurrences(seed: int, stream: str, index: Indices, rate: float, heavy: float = 0.01) -> tuple[Indices, Indices]:
    """How often each enterprise of ``index`` occurs in a feed: its index repeated, and a key per occurrence.

    ``rate`` is the mean of ordinary enterprises (below 1); a share ``heavy`` has five to twelve more.
    """
    draws = Draws(seed, stream + "/occurrences", index)
    counts = (draws.fraction("ordinary") < rate).astype(np.int64)
    counts += np.where(draws.chance("heavy", heavy), draws.integers("more", 5, 13), 0)
    expanded = np.repeat(index, counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return expanded, expanded * KEYS_PER_ENTERPRISE + (np.arange(len(expanded)) - starts)


def with_repeats(rows: Rows, seed: int, stream: str, probability: float) -> Rows:
    """Some clean rows written twice, the second right after the first."""
    draws = Draws(seed, stream + "/repeated", rows.keys)
    again = draws.chance("repeated", probability) & rows.is_clean & (rows.version == 0)
    positions = np.repeat(np.arange(len(rows)), 1 + again)
    result = rows.take(positions)
    result.repeats = np.diff(positions, prepend=-1) == 0
    return result


def interleave(first: Rows, second: Rows, positions: Indices) -> Rows:
    """All rows of both, each of ``second`` right after the row of ``first`` at the same place of ``positions``."""
    order = np.argsort(np.concatenate([np.arange(len(first)), positions]), kind="stable")
    return concatenate(first, second).take(order)


def concatenate(first: Rows, second: Rows) -> Rows:
    """All rows of both."""
    columns = {name: pa.concat_arrays([column, second.columns[name]]) for name, column in first.columns.items()}
    subjects = [
        Subject(
            one.role,
            pa.concat_arrays([one.uscc, other.uscc]),
            pa.concat_arrays([one.name, other.name]),
            np.concatenate([one.is_registered, other.is_registered]),
            np.concatenate([one.kind, other.kind]),
        )
        for one, other in zip(first.subjects, second.subjects, strict=True)
    ]
    parts = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in _PER_ROW}
    return Rows(columns, subjects, **parts)
