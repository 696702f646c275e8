"""From page to page: by number, offset, cursor or link, and how each shows that rows have moved meanwhile.

A row that moves from a page not yet read to one already read would be lost. So pages by number ask for the page before
once more behind each page, and pages by offset begin with the last row of the page before: what is not as it was sends
reading back to where it still is. What is read twice by that is told apart by its content later and counted as repeated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from connectors.transports.declaration import Cursors, Links, Offsets, PageNumbers, Paging
from connectors.transports.errors import SystemAwayError, SystemRefusedError
from connectors.transports.records import Record
from connectors.transports.service import Page

Ask = Callable[[Mapping[str, str], str | None], Page]
Position = dict[str, Any]
ANCHORS = 50
"""So many of the last pages are remembered; when all of them have changed, reading begins again."""
READ_AGAIN = 200
"""Steps back in one pull, after which a list is called too restless to be read."""
EMPTY_PAGES = 100


@dataclass(frozen=True)
class Step:
    """What a step gave: records, where to go on, and whether that is the end. ``position`` is plain data."""

    records: list[Record]
    position: Position
    is_last: bool = False


class Pager(ABC):
    """Goes through the pages of one pull; a position of None is its beginning."""

    is_kept = False
    """Whether the position behind the last page is where the next pull begins."""

    def __init__(self, ask: Ask, parameters: Mapping[str, str]) -> None:
        self._ask = ask
        self._parameters = dict(parameters)

    @abstractmethod
    def read(self, position: Position | None) -> Step:
        """The next page behind ``position``."""


def pager(paging: Paging, ask: Ask, parameters: Mapping[str, str], is_kept: bool) -> Pager:
    """The pager that a request declares; ``is_kept``: a cursor is to be kept between pulls."""
    if isinstance(paging, PageNumbers):
        return PageNumberPager(paging, ask, parameters)
    if isinstance(paging, Offsets):
        return OffsetPager(paging, ask, parameters)
    if isinstance(paging, Cursors):
        return CursorPager(paging, ask, parameters, is_kept)
    if isinstance(paging, Links):
        return LinkPager(paging, ask, parameters)
    return OnePager(ask, parameters)


class OnePager(Pager):
    """Everything in one answer."""

    def read(self, position: Position | None) -> Step:
        """The only page."""
        del position
        return Step(self._ask(self._parameters, None).records, {}, is_last=True)


class _Counted(Pager):
    """What pages by number and by offset share: anchors, which say how it looked where reading has been."""

    def _moved(self, position: Position, records: list[Record], address: str) -> Step:
        """Behind a page that is not as it was: back to the anchor before, with what is there now."""
        again = int(position["again"]) + 1
        if again > READ_AGAIN:
            raise SystemAwayError("transports.pages_changing", address=address, times=READ_AGAIN)
        return Step(records, {**position, "anchors": position["anchors"][:-1], "again": again, "verify": True})

    @staticmethod
    def _check_total(total: str | None, seen: int, page: Page) -> None:
        """Raises ``TransientError`` when fewer records came than the service says it has."""
        stated = page.value(total) if total else None
        if stated is not None and stated.isdigit() and seen < int(stated):
            raise SystemAwayError("transports.pages_incomplete", address=page.address, total=stated, seen=seen)


class PageNumberPager(_Counted):
    """Pages by number: ``anchors`` are (page, digest, records up to its end), ``next`` is the page to read."""

    def __init__(self, paging: PageNumbers, ask: Ask, parameters: Mapping[str, str]) -> None:
        super().__init__(ask, parameters)
        self._paging = paging

    def read(self, position: Position | None) -> Step:
        """The next page, or (``verify``) the one before once more."""
        place = position or {"next": self._paging.first, "anchors": [], "again": 0, "verify": False}
        if place["verify"] and place["anchors"]:
            return self._verify(place)
        if place["verify"]:
            place = {**place, "next": self._paging.first, "verify": False}
        page = self._page(int(place["next"]))
        digest = page.digest
        anchors = place["anchors"]
        if anchors and self._paging.changes_while_read:
            before = self._page(anchors[-1][0])
            if before.digest != anchors[-1][1]:
                return self._moved(place, before.records, before.address)
        seen = int(anchors[-1][2]) if anchors else 0
        if not page.records:
            self._check_total(self._paging.total, seen, page)
            return Step([], place, is_last=True)
        if anchors and digest == anchors[-1][1]:
            self._end_or_refuse(seen, page, int(place["next"]))
            return Step([], place, is_last=True)
        anchors = [*anchors, [place["next"], digest, seen + len(page.records)]][-ANCHORS:]
        return Step(page.records, {**place, "next": place["next"] + 1, "anchors": anchors})

    def _verify(self, place: Position) -> Step:
        number, digest, _ = place["anchors"][-1]
        page = self._page(number)
        if page.digest != digest:
            return self._moved(place, page.records, page.address)
        return Step([], {**place, "next": number + 1, "verify": False})

    def _end_or_refuse(self, seen: int, page: Page, number: int) -> None:
        """A page like the one before: some services give their last page for ever; others have a broken cache."""
        stated = page.value(self._paging.total) if self._paging.total else None
        if stated is None or not stated.isdigit() or seen < int(stated):
            raise SystemAwayError("transports.page_repeats", address=page.address, page=number)

    def _page(self, number: int) -> Page:
        sent = {**self._parameters, self._paging.parameter: str(number)}
        if self._paging.size_parameter and self._paging.size:
            sent[self._paging.size_parameter] = str(self._paging.size)
        return self._ask(sent, None)


class OffsetPager(_Counted):
    """Pages by offset: ``anchors`` are (offset of a row, its digest), the last one where the next page begins."""

    def __init__(self, paging: Offsets, ask: Ask, parameters: Mapping[str, str]) -> None:
        super().__init__(ask, parameters)
        self._paging = paging

    def read(self, position: Position | None) -> Step:
        """The rows behind the last one, which must still be where it was."""
        place = position or {"anchors": [], "again": 0}
        offset, digest = place["anchors"][-1] if place["anchors"] else (0, None)
        sent = {self._paging.parameter: str(offset), self._paging.limit_parameter: str(self._paging.limit)}
        page = self._ask({**self._parameters, **sent}, None)
        records = page.records
        if digest is not None:
            if not records or records[0].digest.hex() != digest:
                return self._moved(place, records, page.address)
            offset, records = offset + 1, records[1:]
        if not records:
            self._check_total(self._paging.total, offset, page)
            return Step([], place, is_last=True)
        anchor = [offset + len(records) - 1, records[-1].digest.hex()]
        return Step(records, {**place, "anchors": [*place["anchors"], anchor][-ANCHORS:]})


class CursorPager(Pager):
    """Pages by a cursor that each answer gives; kept between pulls where nothing else says what is new."""

    def __init__(self, paging: Cursors, ask: Ask, parameters: Mapping[str, str], is_kept: bool) -> None:
        super().__init__(ask, parameters)
        self._paging = paging
        self.is_kept = is_kept

    def read(self, position: Position | None) -> Step:
        """The page of the cursor in ``position``."""
        cursor = position["cursor"] if position else None
        empty = int(position["empty"]) if position else 0
        sent = {**self._parameters, **({self._paging.parameter: cursor} if cursor is not None else {})}
        if self._paging.size_parameter and self._paging.size:
            sent[self._paging.size_parameter] = str(self._paging.size)
        page = self._ask(sent, None)
        following = page.value(self._paging.next)
        if self.is_kept and page.records and following is None:
            raise SystemRefusedError("transports.cursor_not_kept", address=page.address, path=self._paging.next)
        if not page.records and (self.is_kept or following is None or following == cursor):
            return Step([], {"cursor": following or cursor, "empty": 0}, is_last=True)
        empty = 0 if page.records else empty + 1
        if following is not None and (following == cursor or empty > EMPTY_PAGES):
            raise SystemRefusedError("transports.cursor_repeats", address=page.address, cursor=following)
        return Step(page.records, {"cursor": following, "empty": empty}, is_last=following is None)


class LinkPager(Pager):
    """Pages by the address of the next one, which must be on the same host: credentials go along."""

    def __init__(self, paging: Links, ask: Ask, parameters: Mapping[str, str]) -> None:
        super().__init__(ask, parameters)
        self._paging = paging

    def read(self, position: Position | None) -> Step:
        """The page at the address in ``position``."""
        if position is None:
            sent = dict(self._parameters)
            if self._paging.size_parameter and self._paging.size:
                sent[self._paging.size_parameter] = str(self._paging.size)
            page = self._ask(sent, None)
        else:
            page = self._ask({}, position["address"])
        following = self._following(page)
        if following is None:
            return Step(page.records, {}, is_last=True)
        following = urljoin(page.address, following)
        if urlsplit(following)[:2] != urlsplit(page.address)[:2]:
            raise SystemRefusedError("transports.link_leaves", address=page.address, link=following)
        if following == page.address:
            raise SystemRefusedError("transports.cursor_repeats", address=page.address, cursor=following)
        return Step(page.records, {"address": following})

    def _following(self, page: Page) -> str | None:
        if self._paging.next is not None:
            return page.value(self._paging.next)
        links = httpx.Response(200, headers={"Link": page.headers.get("Link", "")}).links
        return links.get("next", {}).get("url")
