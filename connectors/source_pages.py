"""A page for each declared system, and the table of all of them: ``python -m connectors.source_pages`` writes them anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from connectors.contract import Contract, load_contracts
from connectors.source import Feed, Source, load_sources
from connectors.transports.declaration import (
    DatabaseWay,
    FolderWay,
    HttpRequest,
    HttpWay,
    SftpWay,
    WayIn,
    declared_variables,
)

ROOT = Path(__file__).parent.parent
SOURCES = Path("connectors/sources")
SAMPLES = Path("connectors/samples")
PAGES = Path("docs/sources")
NOTICE = "<!-- Written by `python -m connectors.source_pages` from {origin}: change that instead. -->"


def files() -> dict[Path, str]:
    """Each generated page, relative to the repository, with its content."""
    contracts = load_contracts()
    sources = load_sources([ROOT / SOURCES], contracts)
    pages = {PAGES / f"{source.id}.md": page(source, contracts) for source in sources.values()}
    return {PAGES / "README.md": overview(sources.values(), contracts), **pages}


def overview(sources: Iterable[Source], contracts: Mapping[str, Contract]) -> str:
    """The table of all systems: id, name, department, record types, ways in."""
    rows = [
        [
            f"[`{source.id}`]({source.id}.md)",
            source.name,
            source.department,
            ", ".join(contracts[feed.contract].title for feed in source.feeds),
            ", ".join(dict.fromkeys(_kind(source.way(feed)) for feed in source.feeds)),
        ]
        for source in sources
    ]
    head = ["id", "system", "department", "records", "way in"]
    intro = "Every system that is declared. A declaration of your own: [ways in](../ways-in.md)."
    return "\n\n".join([NOTICE.format(origin=f"`{SOURCES}`"), "# Source systems", intro, _table(head, rows)]) + "\n"


def page(source: Source, contracts: Mapping[str, Contract]) -> str:
    """What one declaration says, in words: who, how, what to set, which records, which samples."""
    file = SOURCES / f"{source.id}.yaml"
    name = f"{source.name} `{source.id}`"
    who = f"{source.name_english or source.name}. Department: {source.department}. Owner: {source.owner.name}."
    parts = [NOTICE.format(origin=f"`{file}`"), f"# {name}", who]
    if said := _comment(ROOT / file):
        parts.append(said)
    if source.way_in is not None:
        parts.append("## Way in\n\n" + "\n".join(f"* {line}" for line in _way(source.way_in)))
    if variables := _variables(source):
        parts.append("## To set\n\n" + "\n".join(f"* `{one}`" for one in variables))
    parts += [_feed(source, feed, contracts[feed.contract]) for feed in source.feeds]
    return "\n\n".join(parts) + "\n"


def _comment(file: Path) -> str:
    """The comment at the top of a declaration."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return " ".join(lines)


def _kind(way: WayIn | None) -> str:
    match way:
        case None:
            return "drop"
        case FolderWay():
            return "folder or S3"
        case SftpWay():
            return "SFTP"
        case HttpWay():
            return "HTTP"
        case DatabaseWay():
            return "database"


def _way(way: WayIn) -> Iterator[str]:
    address = way.location if isinstance(way, FolderWay) else way.address
    yield f"{_kind(way)}: `{address}`"
    if isinstance(way, HttpWay):
        yield f"signs in by {way.authentication.kind if way.authentication else 'nothing'}"
        if way.headers:
            yield "sends " + ", ".join(f"`{name}: {value}`" for name, value in way.headers.items())
    if isinstance(way, SftpWay):
        yield "host key: " + ", ".join(f"`{key}`" for key in way.host_keys)
        yield f"a file rests {way.quiet_seconds:g} seconds before it is taken"
    if not isinstance(way, FolderWay):
        pace = way.patience.requests_per_minute
        yield f"{way.patience.attempts} attempts" + (f", at most {pace:g} requests a minute" if pace else "")


def _variables(source: Source) -> list[str]:
    ways = [way for way in (source.way_in, *(feed.way_in for feed in source.feeds)) if way is not None]
    return list(dict.fromkeys(name for way in ways for name in declared_variables(way)))


def _feed(source: Source, feed: Feed, contract: Contract) -> str:
    bounds = feed.bounds
    facts = [
        f"{feed.mode.replace('_', ' ')}, {feed.cadence.replace('_', ' ')}",
        f"healthy: {bounds.minimum:,} to {bounds.maximum:,} rows a {bounds.period}{_loss(feed)}",
        *(_way(feed.way_in) if feed.way_in else ()),
        *_asked(feed),
        *_flags(feed),
        *_header(feed),
    ]
    if samples := _samples(source, feed):
        facts.append("samples: " + ", ".join(samples))
    title = f"## {contract.title} [`{contract.id}`](../dictionary.md)"
    return "\n\n".join([title, "\n".join(f"* {fact}" for fact in facts)])


def _loss(feed: Feed) -> str:
    loss = feed.bounds.largest_loss_percent
    return f", at most {loss} % fewer than the one before" if loss is not None else ""


def _samples(source: Source, feed: Feed) -> list[str]:
    """Links to the feed's sample files, and to those beside the feeds' folders whose sheets it takes."""
    folder = SAMPLES / source.id / feed.contract
    found = [(folder, one) for one in sorted((ROOT / folder).rglob("*")) if one.is_file()]
    if feed.reader.sheets is not None:
        shared = sorted((ROOT / SAMPLES / source.id).iterdir()) if (ROOT / SAMPLES / source.id).is_dir() else []
        found += [(SAMPLES / source.id, one) for one in shared if one.is_file()]
    names = [(place, one.relative_to(ROOT / place).as_posix()) for place, one in found]
    return [f"[{name}](../../{place}/{name})".replace(" ", "%20") for place, name in names]


def _asked(feed: Feed) -> Iterator[str]:
    if feed.table is not None:
        table = feed.table
        newer = f", newer by `{table.updated_at}`, overlap {table.overlap}" if table.updated_at else ""
        yield f"table `{table.name}`{newer}"
    if feed.request is not None:
        yield _request(feed.request)
    if feed.request is None and feed.table is None and feed.files != ["**/*"]:
        yield "files " + ", ".join(f"`{pattern}`" for pattern in feed.files)
    if feed.reader.sheets is not None:
        yield "sheets " + ", ".join(f"`{pattern}`" for pattern in feed.reader.sheets)
    if not feed.reader.has_header and feed.header.columns is not None:
        yield "columns of a file without header: " + "、".join(feed.header.columns)


def _request(request: HttpRequest) -> str:
    since = request.updated_since
    overlap = f", overlap {since.overlap_minutes:g} minutes" if since and since.parameter else ""
    newer = f", newer by `{since.field}`{overlap}" if since else ""
    return (
        f"path `/{request.path}`, {request.answer.upper()}, records at `{request.records or '(top)'}`, "
        f"pages by {request.paging.kind.replace('_', ' ')}{newer}"
    )


def _flags(feed: Feed) -> Iterator[str]:
    flags = feed.flags
    if flags is None:
        return
    yield f"flag `{flags.column}`: stands {_listed(flags.present)}" + (
        f"; removed {_listed(flags.removed)}, which sets "
        + ", ".join(f"{name} = {value}" for name, value in flags.removed_sets.items())
        if flags.removed
        else ""
    )
    if flags.switch is not None:
        yield f"exchange switch `{flags.switch.column}`: open {_listed(flags.switch.open)}"


def _header(feed: Feed) -> Iterator[str]:
    header = feed.header
    if header.pins:
        yield "pinned headers: " + ", ".join(f"{text} → `{column}`" for text, column in header.pins.items())
    if header.constants:
        yield "in every row: " + ", ".join(f"`{column}` = {value}" for column, value in header.constants.items())
    if header.ignore:
        yield "left out: " + ", ".join(f"`{text}`" for text in header.ignore)


def _listed(values: list[str]) -> str:
    return ", ".join(f"`{value}`" if value else "(empty)" for value in values)


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))


def main() -> None:
    """Write every page, and remove those of systems that are no more."""
    pages = files()
    (ROOT / PAGES).mkdir(parents=True, exist_ok=True)
    for old in (ROOT / PAGES).glob("*.md"):
        if PAGES / old.name not in pages:
            old.unlink()
    for path, content in pages.items():
        (ROOT / path).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
