"""The audit chain: releases and what people decided about them, each entry with the digest of the one before.

An entry is one object ``audit/<number>.json`` that is only ever created: on a store with conditional writes two writers
cannot take the same number, so the chain does not fork. The head goes into every manifest, whose signature then vouches
for all that came before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lake.errors import TerminalError
from lake.storage import Storage
from publication.manifest import AuditHead, Manifest, sha256_of

FOLDER = "audit"

Action = Literal["publish", "approve", "rollback", "withdraw", "lift"]


class AuditEntry(BaseModel):
    """One act: who did what to which release and why; ``before`` is the digest of the entry before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    time: datetime
    actor: str
    action: Action
    release: str
    reason: str | None = None
    checks: tuple[str, ...] = ()
    content_of: str | None = None
    records: tuple[str, ...] = ()
    manifest_sha256: str | None = None
    before: str | None

    def to_bytes(self) -> bytes:
        """The document as UTF-8 JSON."""
        return (self.model_dump_json(indent=2) + "\n").encode()

    @property
    def head(self) -> AuditHead:
        """Number and digest, as a manifest names them."""
        return AuditHead(number=self.number, sha256=sha256_of(self.to_bytes()))

    def says_the_same(self, other: AuditEntry) -> bool:
        """Whether it tells the same act."""
        return (self.action, self.release, self.actor, self.reason) == (
            other.action, other.release, other.actor, other.reason,
        )  # fmt: skip


def append(
    storage: Storage,
    action: Action,
    release: str,
    *,
    actor: str,
    reason: str | None = None,
    checks: tuple[str, ...] = (),
    content_of: str | None = None,
    records: tuple[str, ...] = (),
    manifest_sha256: str | None = None,
    known: AuditHead | None = None,
) -> AuditHead:
    """Add an entry unless it is among those after ``known`` already; returns the chain's head.

    ``known`` is an entry to start looking from, such as the one that the last manifest names.
    """
    entry = AuditEntry(
        number=1,
        time=datetime.now(UTC).replace(microsecond=0),
        actor=actor,
        action=action,
        release=release,
        reason=reason,
        checks=checks,
        content_of=content_of,
        records=records,
        manifest_sha256=manifest_sha256,
        before=None,
    )
    last: AuditHead | None = None
    for found in entries(storage, known):
        if found.says_the_same(entry):
            return find_head(storage, found.head) or found.head
        last = found.head
    while True:
        follow = {"number": last.number + 1, "before": last.sha256} if last else {}
        entry = entry.model_copy(update=follow)
        if storage.put_if_absent(path_of(entry.number), entry.to_bytes()):
            return entry.head
        other = _read(storage, entry.number)
        assert other is not None
        if other.says_the_same(entry):
            return other.head
        last = other.head


def find_head(storage: Storage, known: AuditHead | None = None) -> AuditHead | None:
    """The newest entry; None where nothing has happened yet."""
    head = known
    for entry in entries(storage, known):
        head = entry.head
    return head


def entries(storage: Storage, start: AuditHead | None = None) -> Iterator[AuditEntry]:
    """The entries from ``start`` (included) on; raises ``TerminalError`` where an entry does not follow from the one before."""
    number, before = (start.number, None) if start else (1, None)
    while (entry := _read(storage, number)) is not None:
        is_start = start is not None and number == start.number
        fits = entry.head == start if is_start else entry.before == before
        if entry.number != number or not fits:
            raise TerminalError("publication.audit_broken", path=storage.url(path_of(number)))
        yield entry
        number, before = number + 1, entry.head.sha256


def check(storage: Storage, releases: Sequence[Manifest]) -> list[AuditEntry]:
    """All entries; raises ``TerminalError`` where the chain breaks or is not the one that a manifest's signature vouches for."""
    found = list(entries(storage))
    for manifest in releases:
        head = manifest.audit
        if head and (head.number > len(found) or found[head.number - 1].head != head):
            raise TerminalError("publication.audit_broken", path=storage.url(path_of(head.number)))
    return found


def path_of(number: int) -> str:
    """Where an entry lies."""
    return f"{FOLDER}/{number:09d}.json"


def _read(storage: Storage, number: int) -> AuditEntry | None:
    path = path_of(number)
    try:
        return AuditEntry.model_validate_json(storage.read(path))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise TerminalError("publication.audit_broken", path=storage.url(path)) from error
