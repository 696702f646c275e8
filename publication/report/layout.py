"""The layout of reports, as declared in ``layout.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).parent / "layout.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SectionLayout(_Part):
    """Rows of one dataset; without ``columns`` all public columns are shown. The first filled ``heading`` is the entry's.

    A row is in a period by its ``date`` or, where it says ``until`` when it stood, by any day in between.
    ``ten_thousand``: labels of amounts shown in 万元; ``words``: what stands for the values of a column.
    """

    title: str
    dataset: str
    columns: tuple[str, ...] = ()
    heading: tuple[str, ...] = ()
    date: str | None = None
    until: str | None = None
    where: dict[str, tuple[str, ...]] = {}
    others: bool = False
    ten_thousand: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}


class ChapterLayout(_Part):
    """One chapter; ``label`` is the word on the cover when the chapter has an entry that still stands."""

    number: int
    title: str
    counted: bool = True
    label: str | None = None
    sections: tuple[SectionLayout, ...] = ()
    text: tuple[str, ...] = ()


class ProfileLayout(_Part):
    """Where the enterprise itself is found, the label that its status gives it, and the columns of the basic card."""

    dataset: str
    name: str
    status: str
    states: dict[str, str]
    card: tuple[str, ...]


class ClosingLayout(_Part):
    """The explanation at the end."""

    title: str
    text: tuple[str, ...]


class NoViolationsLayout(_Part):
    """Sentences of the edition that replaces certificates, and the chapters it looks through."""

    title: str
    statement_clean: str
    statement_found: str
    statement_partial: str
    whole_period: str
    period: str
    earliest: str
    whole_scope: str
    unplaced: str
    chapters: tuple[int, ...]
    leave_out: tuple[str, ...]


class Layout(_Part):
    """The whole declaration."""

    title: str
    version: str
    issuer_unset: str
    nothing_found: str
    not_held: str
    profile: ProfileLayout
    labels: dict[str, str]
    chapters: tuple[ChapterLayout, ...]
    closing: ClosingLayout
    no_violations: NoViolationsLayout
    scopes: dict[str, tuple[str, ...]]

    def state_of(self, status: str) -> str:
        """The label that a status of the register gives an enterprise (吊销，未注销: 吊销)."""
        return next((label for word, label in self.profile.states.items() if word in status), self.labels["open"])


@cache
def load_layout(file: Path = FILE) -> Layout:
    """The layout that reports are made by."""
    return Layout.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
