"""Receipts: what was sent where, kept in the lake under ``deliveries/<destination>/<release>/``.

``begun.json`` is written before the first byte goes out, ``<unit>.json`` after each unit was taken, ``receipt.json`` when all
were. A release that was begun is finished before the next one is looked at, so that no receiver keeps a row that came with a
half-sent release and left with the next.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from lake.errors import TerminalError
from lake.storage import Storage

FOLDER = "deliveries"
Document = TypeVar("Document", bound=BaseModel)
BEGUN, RECEIPT = "begun.json", "receipt.json"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Begun(_Document):
    """A delivery that was begun: from which release the receiver is brought to this one; None: it has nothing."""

    destination: str
    release: str
    since: str | None


class Rejection(_Document):
    """A row that the receiver did not take."""

    dataset: str
    key: dict[str, str]
    code: str
    reason: str


class Unit(_Document):
    """One file, table or call that was taken: how many rows, what the receiver gave back."""

    name: str
    rows: int
    sha256: str | None = None
    receiver_receipt: str | None = None
    rejected: tuple[Rejection, ...] = ()


class Receipt(_Document):
    """A whole delivery."""

    destination: str
    release: str
    since: str | None
    finished_at: datetime
    units: tuple[Unit, ...]

    @property
    def rows(self) -> int:
        """Rows sent."""
        return sum(unit.rows for unit in self.units)

    @property
    def rejected(self) -> list[Rejection]:
        """Rows not taken."""
        return [one for unit in self.units for one in unit.rejected]


class Book:
    """The receipts of one destination."""

    def __init__(self, storage: Storage, destination: str) -> None:
        self.storage = storage
        self._destination = destination
        self._root = f"{FOLDER}/{destination}"

    def receipts(self) -> list[Receipt]:
        """Finished deliveries, the oldest first: each begins where the one before ended, whatever the clocks said."""
        following = {receipt.since: receipt for receipt in self._all(RECEIPT, Receipt)}
        chain: list[Receipt] = []
        while receipt := following.pop(chain[-1].release if chain else None, None):
            chain.append(receipt)
        return chain

    def begun(self) -> Begun | None:
        """The delivery that was begun and not finished."""
        finished = {receipt.release for receipt in self.receipts()}
        return next((one for one in self._all(BEGUN, Begun) if one.release not in finished), None)

    def begin(self, release: str, since: str | None) -> Begun:
        """Write down that a delivery begins; when another process was faster, its word counts."""
        path = f"{self._root}/{release}/{BEGUN}"
        begun = Begun(destination=self._destination, release=release, since=since)
        if not self.storage.put_if_absent(path, begun.model_dump_json(indent=2).encode()):
            return _parse(Begun, self.storage.read(path), path)
        return begun

    def unit(self, release: str, name: str) -> Unit | None:
        """The unit, if it was taken."""
        path = f"{self._root}/{release}/units/{name}.json"
        try:
            return _parse(Unit, self.storage.read(path), path)
        except FileNotFoundError:
            return None

    def keep(self, release: str, unit: Unit) -> Unit:
        """Write down that a unit was taken."""
        path = f"{self._root}/{release}/units/{unit.name}.json"
        self.storage.put_if_absent(path, unit.model_dump_json(indent=2).encode())
        return unit

    def finish(self, begun: Begun, units: tuple[Unit, ...]) -> Receipt:
        """Write the receipt; of two finishing at once the first counts."""
        path = f"{self._root}/{begun.release}/{RECEIPT}"
        receipt = Receipt(
            destination=self._destination,
            release=begun.release,
            since=begun.since,
            finished_at=datetime.now(UTC),
            units=units,
        )
        if not self.storage.put_if_absent(path, receipt.model_dump_json(indent=2).encode()):
            return _parse(Receipt, self.storage.read(path), path)
        return receipt

    def _all(self, name: str, kind: type[Document]) -> list[Document]:
        paths = [item.path for item in self.storage.list(self._root) if item.path.endswith(f"/{name}")]
        return [_parse(kind, self.storage.read(path), path) for path in paths]


def _parse(kind: type[Document], data: bytes, path: str) -> Document:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        raise TerminalError("publication.document_broken", path=path, detail=error.errors()[0]["msg"]) from error
