"""Giving out a report and finding it again: the lake keeps, under its number, what it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lake.errors import TerminalError
from lake.settings import Settings
from lake.storage import ConflictError, Storage
from publication.manifest import sha256_of
from publication.releases import read_manifest, read_pointer, release_folder
from publication.report.gather import gather, read_rows
from publication.report.layout import load_layout
from publication.report.model import Content, Issued, IssuedFile, Question
from publication.report.typesetting import find_fonts, to_html, to_pdf
from publication.verify_release import MANIFEST

FOLDER = "reports"
Format = Literal["pdf", "html"]
FORMATS: tuple[Format, ...] = ("pdf", "html")
ATTEMPTS = 20


@dataclass(frozen=True)
class Report:
    """A report as given out: its entry in the lake and the bytes of each format."""

    issued: Issued
    files: dict[Format, bytes]


class Resolution(BaseModel):
    """What a report's number leads to; ``is_same_file`` is None when no file was shown."""

    model_config = ConfigDict(frozen=True)

    issued: Issued
    is_current_release: bool
    is_content_same: bool
    is_same_file: bool | None

    @property
    def ok(self) -> bool:
        """Whether the release still gives this very report, and the file shown is one that was given out."""
        return self.is_content_same and self.is_same_file is not False


def content_of(storage: Storage, settings: Settings, question: Question, version: str | None = None) -> Content:
    """What the report says; the current release unless ``version`` names one. Raises ``TerminalError``."""
    pointer = read_pointer(storage)
    if pointer.current is None:
        raise TerminalError("publication.no_release", lake=storage.url())
    wanted = version or pointer.current.version
    expected = pointer.current.manifest_sha256 if wanted == pointer.current.version else None
    manifest = read_manifest(storage, wanted, expected)
    digest = expected or sha256_of(storage.read(f"{release_folder(wanted)}/{MANIFEST}"))
    found = read_rows(storage, manifest, digest, question.uscc)
    return gather(found, question, load_layout(), settings.report_issuer)


def make(
    storage: Storage,
    settings: Settings,
    question: Question,
    version: str | None = None,
    formats: tuple[Format, ...] = FORMATS,
) -> Report:
    """Make a report and enter it in the lake; the same question to the same release gives the same bytes.

    Raises ``TerminalError`` for an enterprise or scope that is not known, and for a PDF without a Chinese font.
    """
    content = content_of(storage, settings, question, version)
    files: dict[Format, bytes] = {}
    if "pdf" in formats:
        folders = tuple(settings.report_font_folders)
        files["pdf"] = to_pdf(content, find_fonts(settings.report_font, folders), folders)
    if "html" in formats:
        files["html"] = to_html(content)
    issued = Issued(
        number=content.number,
        release=content.release,
        manifest_sha256=content.manifest_sha256,
        content_sha256=content.digest,
        question=question,
        files=tuple(IssuedFile(format=name, sha256=sha256_of(data)) for name, data in files.items()),
    )
    return Report(_enter(storage, issued), files)


def _enter(storage: Storage, issued: Issued) -> Issued:
    """Enter what was given out; renderings of another font or library stand beside those entered before."""
    path = f"{FOLDER}/{issued.number}.json"
    for _ in range(ATTEMPTS):
        try:
            data, etag = storage.read_with_etag(path)
        except FileNotFoundError:
            if storage.put_if_absent(path, _as_json(issued)):
                return issued
            continue
        before = _parse(data, path)
        files = tuple(dict.fromkeys((*before.files, *issued.files)))
        if files == before.files:
            return before
        merged = before.model_copy(update={"files": files})
        try:
            storage.replace_if(path, _as_json(merged), etag)
        except ConflictError:
            continue
        return merged
    raise ConflictError("report.busy", path=storage.url(path))


def resolve(storage: Storage, settings: Settings, number: str, file: Path | None = None) -> Resolution:
    """Follow a report's number to its release, make its content again and compare; raises ``TerminalError``."""
    path = f"{FOLDER}/{number}.json"
    try:
        issued = _parse(storage.read(path), path)
    except FileNotFoundError as error:
        raise TerminalError("report.number_unknown", number=number, lake=storage.url()) from error
    again = content_of(storage, settings, issued.question, issued.release)
    pointer = read_pointer(storage)
    shown = sha256_of(file.read_bytes()) if file else None
    return Resolution(
        issued=issued,
        is_current_release=bool(pointer.current and pointer.current.version == issued.release),
        is_content_same=again.manifest_sha256 == issued.manifest_sha256 and again.digest == issued.content_sha256,
        is_same_file=None if shown is None else shown in {one.sha256 for one in issued.files},
    )


def _as_json(issued: Issued) -> bytes:
    return (issued.model_dump_json(indent=2) + "\n").encode()


def _parse(data: bytes, path: str) -> Issued:
    try:
        return Issued.model_validate_json(data)
    except ValidationError as error:
        raise TerminalError("publication.document_broken", path=path, detail=error.errors()[0]["msg"]) from error
