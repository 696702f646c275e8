"""Reading one enterprise out of a release: what the report says of it, and nothing that the release does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from lake.errors import TerminalError
from lake.settings import TIME_ZONE
from lake.storage import Storage
from publication.manifest import Manifest, ReleaseDataset
from publication.parts import may_hold
from publication.releases import release_folder
from publication.report.layout import ChapterLayout, Layout, SectionLayout
from publication.report.model import Chapter, Content, Edition, Entry, Fact, Question, Section

Row = Mapping[str, Any]
COUNTS_OF_PROFILE = {
    "public_licence": "licence_count",
    "public_penalty": "penalty_count",
    "public_list_entry": "listing_count",
}
"""Where the profile says how many records a dataset has of the enterprise."""


@dataclass(frozen=True)
class ReleaseRows:
    """The rows of one enterprise in every dataset of one release, in the release's own order."""

    manifest: Manifest
    manifest_sha256: str
    rows: Mapping[str, Sequence[Row]]

    @property
    def datasets(self) -> dict[str, ReleaseDataset]:
        """Datasets by their id."""
        return {dataset.id: dataset for dataset in self.manifest.datasets}


def read_rows(storage: Storage, manifest: Manifest, manifest_sha256: str, code: str) -> ReleaseRows:
    """All rows of ``code``: dataset id to rows, datasets without a row included."""
    connection = duckdb.connect()
    try:
        storage.duckdb_setup(connection)
        rows = {
            dataset.id: _rows_of(connection, storage, manifest, dataset.id, code)
            for dataset in manifest.datasets
            if any(column.name == "uscc" for column in dataset.columns)
        }
    finally:
        connection.close()
    return ReleaseRows(manifest, manifest_sha256, rows)


def _rows_of(
    connection: duckdb.DuckDBPyConnection, storage: Storage, manifest: Manifest, dataset: str, code: str
) -> list[Row]:
    found: list[Row] = []
    for file in manifest.files:
        if file.dataset == dataset and file.format == "parquet" and may_hold(file.part, code):
            url = storage.url(f"{release_folder(manifest.version)}/{file.path}")
            result = connection.execute("select * from read_parquet(?) where uscc = ?", [url, code])
            names = [column[0] for column in result.description or ()]
            found += [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return found


def gather(found: ReleaseRows, question: Question, layout: Layout, issuer: str | None) -> Content:
    """The report's content.

    Raises ``TerminalError`` when the release does not know the enterprise, when the scope is unknown, or when the
    chapters do not hold as many records as the release.
    """
    profiles = found.rows.get(layout.profile.dataset) or ()
    if not profiles:
        raise TerminalError("report.unknown", uscc=question.uscc, version=found.manifest.version)
    if question.scope is not None and question.scope not in layout.scopes:
        raise TerminalError("report.scope", scope=question.scope, known="、".join(layout.scopes))
    profile = profiles[0]
    _check_counts(found, profile)
    chapters = tuple(_chapters(found, question, layout))
    titles = _titles(found, layout.profile.dataset)
    return Content(
        title=layout.title if question.edition is Edition.FULL else layout.no_violations.title,
        layout_version=layout.version,
        issuer=issuer or layout.issuer_unset,
        release=found.manifest.version,
        released_at=f"{found.manifest.created_at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}",
        manifest_sha256=found.manifest_sha256,
        question=question,
        name=shown(profile[layout.profile.name]),
        labels=tuple(_labels(found, profile, layout)),
        card=_facts(profile, layout.profile.card, titles),
        statement=tuple(_statement(found.manifest, chapters, question, layout, shown(profile[layout.profile.name]))),
        chapters=chapters,
        closing_title=layout.closing.title,
        closing=layout.closing.text,
    )


def _check_counts(found: ReleaseRows, profile: Row) -> None:
    """The profile and the datasets of a release tell the same numbers, or the report is not made.

    An urgent withdrawal empties the profile's number until the next full release; then the records alone count.
    """
    for dataset, column in COUNTS_OF_PROFILE.items():
        if profile.get(column) is not None and dataset in found.rows and profile[column] != len(found.rows[dataset]):
            raise TerminalError(
                "report.counts",
                version=found.manifest.version,
                dataset=dataset,
                profile=profile[column],
                rows=len(found.rows[dataset]),
            )


def _chapters(found: ReleaseRows, question: Question, layout: Layout) -> Iterator[Chapter]:
    partial = layout.no_violations if question.edition is Edition.NO_VIOLATIONS else None
    for chapter in layout.chapters:
        if partial and chapter.number not in partial.chapters:
            continue
        left_out = partial.leave_out if partial else ()
        sections = tuple(
            _section(section, found, question, layout)
            for section in chapter.sections
            if section.dataset not in left_out
        )
        held = [section for section in sections if section.state != "not_held"]
        counted = chapter.counted and bool(held)
        yield Chapter(
            number=chapter.number,
            title=chapter.title,
            count=sum(len(section.entries) for section in held) if counted else None,
            is_counted=chapter.counted,
            sections=sections,
            text=chapter.text,
        )


def _section(section: SectionLayout, found: ReleaseRows, question: Question, layout: Layout) -> Section:
    # A dataset without a single row of any enterprise says nothing about this one.
    if not any(one.id == section.dataset and one.rows for one in found.manifest.datasets):
        return Section(title=section.title, state="not_held", note=layout.not_held, entries=())
    rows = [row for row in _picked(section, found, layout) if _is_asked(row, section, question, layout)]
    if not rows:
        return Section(title=section.title, state="none", note=layout.nothing_found, entries=())
    titles = _titles(found, section.dataset)
    columns = section.columns or tuple(titles)
    newest = sorted(rows, key=lambda row: str(row.get(section.date) or "") if section.date else "", reverse=True)
    entries = tuple(
        Entry(
            heading=next((shown(row[name]) for name in section.heading if row.get(name)), ""),
            facts=_facts(row, columns, titles, section),
        )
        for row in newest
    )
    return Section(title=section.title, state="found", note="", entries=entries)


def _picked(section: SectionLayout, found: ReleaseRows, layout: Layout) -> Iterator[Row]:
    """The rows of a section by its ``where``; with ``others`` those that no other section of the dataset takes."""
    rivals = [
        other
        for chapter in layout.chapters
        for other in chapter.sections
        if section.others and other.dataset == section.dataset and other is not section
    ]
    for row in found.rows[section.dataset]:
        if _fits(section, row) and not any(_fits(rival, row) for rival in rivals):
            yield row


def _fits(section: SectionLayout, row: Row) -> bool:
    return all(row.get(column) in values for column, values in section.where.items())


def _is_asked(row: Row, section: SectionLayout, question: Question, layout: Layout) -> bool:
    """Whether a row is in the period and the field asked for; one without a date or a known field never drops out."""
    first = _day(row.get(section.date)) if section.date else None
    last = _day(row.get(section.until)) if section.until else first
    if question.end and first and first > question.end:
        return False
    if question.start and last and last < question.start:
        return False
    if question.scope is None or section.dataset == layout.profile.dataset:
        return True
    authority = str(row.get("authority_name") or row.get("deciding_authority") or "")
    scopes = [scope for scope, words in layout.scopes.items() if any(word in authority for word in words)]
    return not scopes or question.scope in scopes


def _labels(found: ReleaseRows, profile: Row, layout: Layout) -> Iterator[str]:
    yield layout.state_of(str(profile.get(layout.profile.status) or ""))
    for chapter in layout.chapters:
        if chapter.label and any(_stands(row) for row in _rows_of_chapter(chapter, found, layout)):
            yield layout.labels[chapter.label]


def _rows_of_chapter(chapter: ChapterLayout, found: ReleaseRows, layout: Layout) -> Iterator[Row]:
    for section in chapter.sections:
        if section.dataset in found.rows:
            yield from _picked(section, found, layout)


def _stands(row: Row) -> bool:
    return row.get("removed_date") is None


def _statement(
    manifest: Manifest, chapters: Sequence[Chapter], question: Question, layout: Layout, name: str
) -> Iterator[str]:
    if question.edition is Edition.FULL:
        return
    words = layout.no_violations
    count = sum(chapter.count or 0 for chapter in chapters)
    sentence = words.statement_found if count else words.statement_clean
    yield sentence.format(
        name=name,
        uscc=question.uscc,
        count=count,
        scope=question.scope or words.whole_scope,
        period=_period(question, layout, manifest.created_at),
    )
    missing = [section.title for chapter in chapters for section in chapter.sections if section.state == "not_held"]
    if missing:
        yield words.statement_partial.format(missing="、".join(missing))
    if question.scope:
        yield words.unplaced


def _period(question: Question, layout: Layout, released_at: datetime) -> str:
    words = layout.no_violations
    if question.start is None and question.end is None:
        return words.whole_period
    last = question.end or released_at.astimezone(TIME_ZONE).date()
    return words.period.format(start=question.start or words.earliest, end=last)


def _titles(found: ReleaseRows, dataset: str) -> dict[str, str]:
    return {column.name: column.title for column in found.datasets[dataset].columns}


def _facts(
    row: Row, columns: Sequence[str], titles: Mapping[str, str], section: SectionLayout | None = None
) -> tuple[Fact, ...]:
    """The filled columns of a row that the release shows, with their labels."""
    facts = []
    for column in columns:
        value = row.get(column)
        if value is None or value == "" or column not in titles:
            continue
        label = section.ten_thousand.get(column) if section else None
        said = section.words.get(column, {}).get(str(value)) if section else None
        value = in_ten_thousand(value) if label else said or shown(value)
        facts.append(Fact(label=label or titles[column], value=value))
    return tuple(facts)


def in_ten_thousand(yuan: Decimal) -> str:
    """An amount in yuan (元) as exact 万元, without zeros that say nothing."""
    return f"{(Decimal(yuan) / 10_000).normalize():f}"


def shown(value: object) -> str:
    """A value as people read it: dates as GB/T 7408 (2026-01-31), times in Beijing, yes and no in Chinese."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value.astimezone(TIME_ZONE) if value.tzinfo else value:%Y-%m-%d %H:%M}"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return (value.astimezone(TIME_ZONE) if value.tzinfo else value).date()
    return value if isinstance(value, date) else None
