"""What a system of the plan is made of in the example region: feeds, the rows of a block of enterprises, and dirt.

A feed is a function from a ``Block`` to its ``Rows``, the headers under which the columns are written, and how it is
delivered; how the system is reached stands in ``connectors/sources/<system>.yaml`` and nowhere else. See
``example_region.systems``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from example_region import subjects
from example_region.columns import date_text, join, number, time_text
from example_region.enterprises import TODAY, Enterprises
from example_region.randomness import Draws, Indices, Mask
from example_region.rows import KEYS_PER_ENTERPRISE, Rows, Subject
from example_region.subjects import Written
from example_region.vocabulary import Layout

Cell = str | None
NOT_RELEASED = "not_released"
"""As ``reason``: the department has not released the row for exchange, so it is neither taken nor set aside."""
FLOOR = 40
"""The first enterprises of the region are in every feed, so that a small example holds every kind of dirt."""
DAY = 86_400


def clean(cell: Cell) -> Cell:
    """As ``expected``: bronze holds what the clean cell says, however it was written."""
    return cell


@dataclass(frozen=True)
class Dirt:
    """One kind of dirt of one cell: on one row for certain, and on a ``share`` of the others.

    ``written`` is what stands in the cell, or makes it of the clean text; ``expected`` is what bronze must hold then,
    as text (a date ``2026-01-31``, a time ``2026-01-31 08:00:00`` of Shanghai, an amount ``1200.00``), none for
    nothing. With a ``reason`` (code of the quarantine) the row is set aside instead, or, where that is
    ``NOT_RELEASED``, left out by an exchange switch. ``shows`` is the column of bronze that must hold ``expected``,
    where it is another one: a flag of a front-end database shows in the record's state."""

    label: str
    column: str
    written: Cell | Callable[[Cell], Cell]
    expected: Cell | Callable[[Cell], Cell] = clean
    reason: str = ""
    share: float = 0.004
    shows: str | None = None

    def apply(self, cells: list[Cell]) -> tuple[list[Cell], list[Cell]]:
        """Cells as written, and what bronze must hold for each."""
        written = [self.written(cell) if callable(self.written) else self.written for cell in cells]
        expected = [self.expected(cell) if callable(self.expected) else self.expected for cell in cells]
        return written, expected


class Block:
    """The enterprises of a block that occur in a feed, one per row of it, and draws that depend on seed, feed and row
    alone."""

    def __init__(self, seed: int, count: int, feed: Feed, system_id: str, index: Indices) -> None:
        stream = f"systems/{system_id}/{feed.along_with or feed.contract + feed.part}"
        draws = Draws(seed, stream + "/occurs", index)
        occurring = index[draws.chance("occurs", feed.rate) | (index < FLOOR)]
        times = np.where(Draws(seed, stream + "/twice", occurring).chance("twice", feed.twice), 2, 1)
        self.seed, self.count = seed, count
        self.index: Indices = np.repeat(occurring, times)
        starts = np.repeat(np.cumsum(times) - times, times)
        self._place = np.arange(len(self.index)) - starts
        self.keys: Indices = self.index * KEYS_PER_ENTERPRISE + self._place
        self.enterprises = Enterprises(seed, self.index)
        self.draws = Draws(seed, stream, self.keys)
        self._dirt = feed.dirt

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def dirt(self) -> Indices:
        """Position in the feed's ``dirt`` of what is planted on each row, -1 for none."""
        shares = {str(place): one.share for place, one in enumerate(self._dirt)}
        drawn = self.draws.share("dirt", shares)
        found = np.array([int(label) if label else -1 for label in drawn.tolist()], dtype=np.int64)
        certain = (self.index < len(self._dirt)) & (self._place == 0)
        return np.where(certain, self.index, found)

    @property
    def is_spared(self) -> Mask:
        """Rows with planted dirt: who they are about is written plainly."""
        return np.asarray(self.dirt >= 0)

    def subject(self, role: str, without: tuple[str, ...] = ()) -> tuple[Written, Subject]:
        """The enterprise of each row as the department writes it, and who is meant; ``without``: noise there is no column for."""
        spared = self.is_spared
        return subjects.write(
            self.enterprises, self.draws, count=self.count, role=role, keys=self.keys, without=without, spared=spared
        )

    def other_subject(
        self, role: str, label: str, without: tuple[str, ...] = ()
    ) -> tuple[Enterprises, Written, Subject]:
        """A second enterprise of each row (a maker, a courier), any of the region."""
        draws = Draws(self.seed, f"{label}/{role}", self.keys)
        others = Enterprises(self.seed, draws.integers("other", 0, self.count))
        spared = self.is_spared
        written, truth = subjects.write(
            others, draws, count=self.count, role=role, keys=self.keys + 1, without=without, spared=spared
        )
        return others, written, truth

    def numbers(self, prefix: str, width: int = 11) -> pa.Array:
        """A number that no two rows of the feed share."""
        return join(prefix, number(self.keys, width))

    def words(self, label: str, *words: str) -> pa.Array:
        """One of the words for each row; a word given twice comes twice as often."""
        return self.draws.pick(label, pa.array(words))

    def days(self, label: str, within: int = 700) -> Indices:
        """A day of the last ``within`` days, in days since 1970-01-01."""
        return TODAY - 5 - self.draws.integers(label, 0, within)

    def dates(self, days: Indices) -> pa.Array:
        """Days as ``2026-01-31``."""
        return date_text(days)

    def times(self, label: str, days: Indices) -> pa.Array:
        """A time of office hours on each of the days, as ``2026-01-31 08:00:00``."""
        return time_text(days * DAY + self.draws.integers(label, 8 * 3600, 18 * 3600))

    def amounts(self, label: str, low: int, high: int) -> pa.Array:
        """Amounts in yuan as bronze holds them, ``1200.00``."""
        return join(number(self.draws.integers(label, low, high)), ".00")

    def rows(self, columns: dict[str, pa.Array], *truth: Subject) -> Rows:
        """The rows of the block: contract column to text, and who each role is about."""
        return Rows.of(columns, list(truth), self.keys)


@dataclass(frozen=True)
class Files:
    """Files at the system's way in (folder, S3 or SFTP).

    ``file_format`` is a key of ``FORMATS`` here and in ``example_region.files``; feeds of a system with the same
    ``stem`` and a ``sheet`` share a workbook. ``parts``: over so many files. ``packed``: the zip, with names in GBK,
    that holds them."""

    stem: str
    file_format: str
    sheet: str | None = None
    parts: int = 1
    packed: str | None = None


@dataclass(frozen=True)
class Service:
    """Records of a service; the layout's headers are paths into a record (``respondent.name``)."""


@dataclass(frozen=True)
class Database:
    """Rows of the feed's table; columns that are not named in ``types`` are ``text``."""

    types: tuple[tuple[str, str], ...] = ()


Delivery = Files | Service | Database


@dataclass(frozen=True)
class Feed:
    """One record type of a system.

    ``make`` gives a block's rows, written as bronze would hold them; ``layout``: contract column to header. ``locator``
    is a column whose value no two rows share. ``rate`` is the share of enterprises that occur, ``twice`` of those the
    share with two rows. ``later`` makes of the first delivery's rows those of the next one (updates). ``part`` tells feeds
    of the same record type apart (a register as CSV, another as a workbook). ``along_with`` is the contract of another feed of
    the system whose rows this one has too, with the same keys and draws, so far as its ``rate`` reaches."""

    contract: str
    make: Callable[[Block], Rows]
    layout: Layout
    delivery: Delivery
    locator: str
    dirt: tuple[Dirt, ...] = ()
    rate: float = 0.06
    twice: float = 0.03
    later: Callable[[Block, Rows], Rows] | None = None
    part: str = ""
    along_with: str | None = None


@dataclass(frozen=True)
class System:
    """A system of the plan, by the id of its declaration."""

    id: str
    feeds: tuple[Feed, ...]
