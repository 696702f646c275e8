"""Deliveries as files on an SFTP server: workbooks and CSV under the receiver's own headings."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

import xlsxwriter

from connectors.transports.sftp import SftpPlace
from lake.errors import TerminalError
from lake.storage import Storage, open_storage
from publication.delivery.declaration import FileItem, FolderDestination, SftpDestination
from publication.delivery.receipts import Unit
from publication.delivery.rows import Selection
from publication.delivery.sending import Errand, unit_name
from publication.manifest import sha256_of

REMOVED = "撤下"
KEY_HEADING = "信息编号"


class Place(Protocol):
    """Where files are put."""

    def put(self, file: Path, path: str) -> None:
        """Put a local file there under ``path``, whole or not at all, over what there was."""


class FolderPlace:
    """A folder or an S3 prefix."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def put(self, file: Path, path: str) -> None:
        """Written beside it, then moved over what there was; raises as ``lake.storage`` does."""
        data = file.read_bytes()
        if not self._storage.put_if_absent(path, data):
            self._storage.replace_if(path, data, self._storage.read_with_etag(path)[1])


class FilesOut:
    """One file per part and kind of news; beyond ``rows_per_file`` several, numbered."""

    def __init__(self, destination: FolderDestination | SftpDestination, errand: Errand) -> None:
        self._destination = destination
        self._errand = errand
        self._place = _place(destination, errand)

    def send(self, number: int, selection: Selection) -> Iterator[Unit]:
        """New and changed rows under the headings, then the keys of those that are gone."""
        item = self._destination.items[number]
        headings = [KEY_HEADING, *item.columns]
        folders = {unit_name(part) for part in selection.parts}
        if len(folders) < len(selection.parts):
            # Two receivers in one folder would read each other's rows.
            raise TerminalError(
                "delivery.parts_alike", destination=self._destination.id, parts="、".join(selection.parts)
            )
        for part in selection.parts:
            counts = (selection.count(part, ("added", "changed")), selection.count(part, ("removed",)))
            rows = (
                [self._key(row.key), *(row.values[column] for column in item.columns.values())]
                for row in selection.rows(part, ("added", "changed"))
            )
            yield from self._files(item, part, "", headings, rows, counts[0])
            gone: Iterator[list[str | None]] = ([self._key(row.key)] for row in selection.rows(part, ("removed",)))
            yield from self._files(item, part, REMOVED, [KEY_HEADING], gone, counts[1])

    @staticmethod
    def _key(key: dict[str, str]) -> str:
        return "/".join(key.values())

    def _files(
        self,
        item: FileItem,
        part: str,
        word: str,
        headings: Sequence[str],
        rows: Iterator[list[str | None]],
        count: int,
    ) -> Iterator[Unit]:
        files = -(-count // item.rows_per_file)
        for place in range(files):
            chunk = islice(rows, item.rows_per_file)
            more = f"{place + 1}" if files > 1 else ""
            name = "_".join(filter(None, (item.name, word, self._errand.begun.release, more))) + f".{item.format}"
            path = f"{unit_name(part)}/{name}" if part else name
            size = min(item.rows_per_file, count - place * item.rows_per_file)
            yield self._file(item, path, headings, chunk, size)

    def _file(
        self, item: FileItem, path: str, headings: Sequence[str], rows: Iterator[list[str | None]], count: int
    ) -> Unit:
        local = self._errand.folder / "file"
        write = _write_workbook if item.format == "xlsx" else _write_csv
        write(local, headings, rows, self._errand.released_at)

        digest = sha256_of(local.read_bytes())
        # By its bytes too: a file cut otherwise, after the declaration changed, is another one.
        name = unit_name(path, digest[:12])

        def send() -> Unit:
            self._place.put(local, path)
            return Unit(name=name, rows=count, sha256=digest)

        return self._errand.once(name, send)


def _place(destination: FolderDestination | SftpDestination, errand: Errand) -> Place:
    if isinstance(destination, SftpDestination):
        return SftpPlace(destination.id, destination.way_out, errand.variable, errand.folder)
    return FolderPlace(open_storage(errand.book.storage.settings, destination.way_out.resolved(errand.environment)))


def _write_workbook(file: Path, headings: Sequence[str], rows: Iterator[list[str | None]], released_at: str) -> None:
    """Every cell as text, so that codes keep their digits and nothing is a formula; same rows, same bytes."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False})
    book.set_properties({"created": datetime.fromisoformat(released_at)})
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(headings) - 1, 22, text)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, bold)
    for place, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write_string(place, column, value, text)
    book.close()


def _write_csv(file: Path, headings: Sequence[str], rows: Iterator[list[str | None]], released_at: str) -> None:
    del released_at
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(headings)
        writer.writerows(rows)
