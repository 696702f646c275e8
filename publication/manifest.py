"""The typed documents of a release: ``manifest.json`` inside it and ``releases/current.json`` that points at it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DatasetFormat = Literal["parquet", "jsonl", "csv", "xlsx", "sqlite"]
FileFormat = Literal[DatasetFormat, "json", "jsonld"]
"""Beside those of datasets the formats of catalogue and data dictionary, which are named as the dataset of their files."""

ReasonClass = Literal["window_over", "repaired", "moved_out", "corrected", "revoked", "objection_upheld", "suspended"]
"""Why an entry is taken down at once."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReleaseColumn(_Document):
    """One column as readers of the release see it: the data dictionary's entry."""

    name: str
    title: str
    description: str
    type: str
    unit: str | None = None


class ReleaseDataset(_Document):
    """One dataset of a release; ``content_digest`` is over all its rows whatever file they lie in, ``key`` tells rows apart."""

    id: str
    title: str
    rows: int
    schema_version: str
    content_digest: str
    key: tuple[str, ...] = ()
    columns: tuple[ReleaseColumn, ...]


class ReleaseFile(_Document):
    """One immutable file; ``path`` is relative to the release's folder, ``written_in`` the release that rendered it."""

    path: str
    dataset: str
    format: FileFormat
    part: str
    rows: int
    bytes: int
    sha256: str
    schema_version: str
    content_digest: str
    written_in: str


class ReleaseInputs(_Document):
    """What the release was made from."""

    ledger_version: int | None
    bronze_versions: dict[str, int] = Field(default_factory=dict)
    copy_versions: dict[str, int] = Field(default_factory=dict)
    build_id: str | None = None
    warehouse_fingerprint: str
    policy_digest: str | None = None
    models_digest: str | None = None
    code_version: str
    renderer_version: str


class AuditHead(_Document):
    """An entry of the audit chain: its number and the sha256 of its bytes."""

    number: int
    sha256: str


class Approver(_Document):
    """A person who answers for a release that the guard rails would stop, and the reason."""

    name: str = Field(min_length=1)
    reason: str = Field(min_length=1)


class Approval(Approver):
    """What an approver let pass: the ids of the checks that had failed."""

    checks: tuple[str, ...]


class Withdrawal(_Document):
    """An entry taken down at once: its dataset and key, the release that took it down and the class of the reason; nothing of
    its content. Where a rule's deadline and no person took it down, the id of the rule and of the delivered record that says
    so. Kept from release to release while the warehouse still holds the entry."""

    dataset: str
    record_id: str
    version: str
    reason_class: ReasonClass
    rule_id: str | None = None
    cause_id: str | None = None


class Signer(_Document):
    """The key that signs ``manifest.sig``: sha256 of its public part. Receivers are given the key on another way."""

    algorithm: str
    key: str


class Manifest(_Document):
    """Everything a reader needs to check a release; written after all its files and before ``current.json``.

    ``content_of``: the older release whose content this one brings back. ``manifest.sig`` beside it signs its bytes; format 1
    had neither signature nor audit chain.
    """

    format: Literal[1, 2] = 2
    version: str
    created_at: datetime
    run_id: str
    release_before: str | None
    inputs: ReleaseInputs
    datasets: tuple[ReleaseDataset, ...]
    files: tuple[ReleaseFile, ...]
    accepted_checks: tuple[str, ...] = ()
    approval: Approval | None = None
    content_of: str | None = None
    withdrawn: tuple[Withdrawal, ...] = ()
    audit: AuditHead | None = None
    signer: Signer | None = None

    def to_bytes(self) -> bytes:
        """The document as UTF-8 JSON, keys in the order declared here."""
        return (self.model_dump_json(indent=2) + "\n").encode()

    def files_of(self, dataset: str, file_format: FileFormat) -> list[ReleaseFile]:
        """The files that hold ``dataset`` in one format, by part."""
        return [file for file in self.files if file.dataset == dataset and file.format == file_format]


class Current(_Document):
    """``releases/current.json``: the release that readers are to use, and the digest of its manifest."""

    version: str
    manifest_sha256: str
    published_at: datetime

    def to_bytes(self) -> bytes:
        """The document as UTF-8 JSON."""
        return (self.model_dump_json(indent=2) + "\n").encode()


class PublishResult(_Document):
    """What one ``publish`` did; ``published`` is false when the content equals the current release's.

    ``key_before`` is the fingerprint of the key that signed the release before, where it is another one. ``edition``: for
    everybody, or for the departments that its rows name. ``withdrawn``: what an urgent release took down.
    """

    edition: Literal["public", "departments"] = "public"
    published: bool
    version: str | None
    release_before: str | None
    rows: dict[str, int]
    files_written: int
    files_carried: int
    bytes_written: int
    leftovers_removed: tuple[str, ...] = ()
    is_local_key: bool = False
    key_before: str | None = None
    withdrawn: tuple[Withdrawal, ...] = ()
    seconds: float


def sha256_of(data: bytes) -> str:
    """Hex digest of bytes."""
    return hashlib.sha256(data).hexdigest()
