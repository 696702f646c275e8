"""What every pull has in common: how far it has come, and the local file in which its rows wait to be delivered.

A pull goes on from the state in the ledger row before it. Between two deliveries the spool keeps rows and position, so that
a killed run goes on at the page it had reached; once its rows are in the ledger the spool counts for nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.source import Feed, Source
from connectors.transports.errors import SystemRefusedError
from lake.ledger import Delivery
from lake.progress import Progress as Shown

PART_BYTES = 64 * 1024 * 1024
"""An increment larger than this is delivered in parts, each of them committed by itself."""


class PullState(BaseModel):
    """How far a feed has been pulled, as the ledger keeps it with a delivery.

    ``position`` is where the same pull goes on, none when it is complete. ``watermark`` is the newest time (or number) of
    change that the complete pulls met: the next pull begins there. ``since`` is the bound that this pull asked for,
    ``reached`` the newest it met so far, ``newest`` the newest in this delivery alone. ``unmarked`` tells rows apart that
    have no time of change (databases).
    """

    model_config = ConfigDict(frozen=True)

    started_at: datetime
    since: str | None = None
    watermark: str | None = None
    reached: str | None = None
    newest: str | None = None
    unmarked: str | None = None
    position: dict[str, Any] | None = None


@dataclass(frozen=True)
class Part:
    """Rows to be delivered: ``file`` with ``rows`` rows, and the state that is committed with them."""

    file: Path
    suffix: str
    rows: int
    state: PullState


@dataclass(frozen=True)
class Assignment:
    """What is pulled: a feed of a system, behind the deliveries ``earlier`` (oldest first).

    ``folder`` is this feed's own for local files, ``original`` opens the bytes of an earlier delivery by their digest. Who
    commits a part appends its delivery to ``earlier`` before asking for the next.
    """

    source: Source
    feed: Feed
    earlier: list[Delivery]
    folder: Path
    environment: Mapping[str, str]
    original: Callable[[str], BinaryIO]
    shown: Shown

    @property
    def follows(self) -> str:
        """Id of the delivery that this pull goes on from, empty for the first."""
        return self.earlier[-1].delivery_id if self.earlier else ""

    @property
    def state(self) -> PullState | None:
        """The state that the ledger has, none before the first delivery."""
        return state_of(self.earlier[-1]) if self.earlier else None

    def named(self, **parameters: object) -> dict[str, object]:
        """Parameters of a message about this feed."""
        return {"system": self.source.id, "contract": self.feed.contract, **parameters}

    def variable(self, name: str) -> str:
        """The environment variable ``name``; raises ``TerminalError`` when it is not set or empty."""
        value = self.environment.get(name, "")
        if not value:
            raise SystemRefusedError("transports.variable_missing", **self.named(variable=name))
        return value


def state_of(delivery: Delivery) -> PullState:
    """The state that was committed with a pulled delivery."""
    return PullState.model_validate_json(delivery.pull_state or "{}")


class SpoolProgress(BaseModel):
    """What of the spool's file counts: ``size`` bytes with ``rows`` rows and this ``checksum``; ``state`` goes on behind.

    ``follows`` and ``declaration`` say what it belongs to: the ledger row before it and the rules it was pulled by.
    """

    model_config = ConfigDict(frozen=True)

    follows: str
    declaration: str
    size: int = 0
    rows: int = 0
    checksum: int = 0
    state: PullState


class Spool:
    """Rows of an unfinished pull on the local disk, and where it goes on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.file = folder / "rows"
        self._notes = folder / "progress.json"

    def resume(self, follows: str, declaration: str) -> SpoolProgress | None:
        """What an earlier run left for the same place in the ledger and the same declaration, else None."""
        try:
            found = SpoolProgress.model_validate_json(self._notes.read_bytes())
            if (found.follows, found.declaration) != (follows, declaration) or not self._is_whole(found):
                return None
        except (FileNotFoundError, ValidationError):
            return None
        os.truncate(self.file, found.size)
        return found

    def _is_whole(self, progress: SpoolProgress) -> bool:
        """Whether the file holds what was noted: after a power cut it may not, as nothing is forced out page by page."""
        checksum, left = 0, progress.size
        with self.file.open("rb") as stream:
            while left and (piece := stream.read(min(left, 1024 * 1024))):
                checksum, left = crc32(piece, checksum), left - len(piece)
        return left == 0 and checksum == progress.checksum

    def begin(self, progress: SpoolProgress) -> SpoolProgress:
        """An empty file, with ``progress`` behind it."""
        self.discard()
        self._folder.mkdir(parents=True, exist_ok=True)
        self.file.touch()
        empty = progress.model_copy(update={"size": 0, "rows": 0, "checksum": 0})
        self._note(empty)
        return empty

    def add(self, progress: SpoolProgress, data: bytes, rows: int, state: PullState) -> SpoolProgress:
        """Keep ``data`` behind what is there; what a killed run did not note any more is cut off by the next."""
        with self.file.open("ab") as stream:
            stream.write(data)
        grown = {
            "size": progress.size + len(data),
            "rows": progress.rows + rows,
            "checksum": crc32(data, progress.checksum),
            "state": state,
        }
        noted = progress.model_copy(update=grown)
        self._note(noted)
        return noted

    def discard(self) -> None:
        """Forget everything: it is in the ledger, or no longer wanted."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _note(self, progress: SpoolProgress) -> None:
        temporary = self._notes.with_suffix(".new")
        temporary.write_text(progress.model_dump_json(), encoding="utf-8")
        temporary.replace(self._notes)


def now() -> datetime:
    """The time of this machine, UTC."""
    return datetime.now(UTC)
