"""Starts what the systems of an example are reached through, and says which variables connect them."""

from __future__ import annotations

import csv
import json
import shlex
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import s3fs

from connectors.contract import load_contracts
from connectors.source import SHIPPED, Source, load_source
from connectors.transports.declaration import DatabaseWay, FolderWay, HttpWay, SftpWay, resolved
from example_region.serving.http_service import Record, ServedFeed, http_serving
from example_region.serving.programs import PostgreSQL, object_store, postgresql, postgresql_binaries
from example_region.serving.sftp_service import SftpServer, sftp_serving
from example_region.serving.variables import BUCKET, Servers, has_way, ways
from example_region.systems import systems
from example_region.systems.frame import Database, Feed
from example_region.systems.places import served_folder
from example_region.systems.writing import SERVICES
from lake.errors import TerminalError

ENVIRONMENT = "environment"
ACCESS_KEY, SECRET_KEY = "example", "example-secret"


class _Step:
    """What is prepared once all variables are known, and what the next delivery changes."""

    def prepare(self, servers: Servers) -> None:
        """Make users, passwords and content."""

    def advance(self) -> None:
        """Bring the next delivery."""


@dataclass(frozen=True)
class ServedSystems:
    """What runs: the variables that connect it, also in ``file``, and the systems that are served, or not (no
    PostgreSQL here)."""

    environment: dict[str, str]
    file: Path
    served: list[str]
    left_out: list[str]
    steps: list[_Step]

    def advance(self) -> None:
        """Let weeks pass: services and databases show what the next delivery changed."""
        for step in self.steps:
            step.advance()


@contextmanager
def serving(example: Path) -> Iterator[ServedSystems]:
    """Serve the systems of the example in the folder ``example`` until the end of the block.

    Raises ``TerminalError`` ``example.not_an_example``, ``TransientError`` ``example.server_failed``.
    """
    manifest = example / "_truth" / "example.json"
    if not manifest.is_file():
        raise TerminalError("example.not_an_example", out=example)
    ids = json.loads(manifest.read_text(encoding="utf-8")).get("systems", [])
    contracts = load_contracts()
    sources = [load_source(SHIPPED / f"{system_id}.yaml", contracts) for system_id in ids]
    folder = (example / SERVICES).absolute()
    with ExitStack() as stack:
        servers = Servers(folder)
        steps = [_http(stack, servers, sources), _databases(stack, servers, sources)]
        _sftp(stack, servers, sources)
        environment = _objects(stack, servers, sources)
        for source in sources:
            environment |= servers.variables(source)
        for step in steps:
            step.prepare(servers)
        file = folder / ENVIRONMENT
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(environment.items())]
        file.write_text("".join(lines), encoding="utf-8")
        file.chmod(0o600)
        is_left_out = servers.database_port is None
        left_out = [one.id for one in sources if is_left_out and has_way([one], DatabaseWay)]
        served = [one for one in ids if one not in left_out]
        yield ServedSystems(environment, file, served, left_out, steps)


class _Http(_Step):
    def __init__(self, feeds: list[ServedFeed]) -> None:
        self._feeds = feeds

    def advance(self) -> None:
        for feed in self._feeds:
            feed.advance()


def _http(stack: ExitStack, servers: Servers, sources: list[Source]) -> _Step:
    feeds = []
    for source in sources:
        for declared in source.feeds:
            feed = _example_feed(source.id, declared.contract)
            if feed is not None and isinstance(source.way(declared), HttpWay):
                folder = served_folder(servers.services, source.id)
                first, later = (_records(folder / f"{declared.contract}.{version}.jsonl") for version in (0, 1))
                feeds.append(ServedFeed(source, declared, feed.layout[feed.locator], first, later))
    if feeds:
        server = stack.enter_context(http_serving(feeds, servers.values))
        servers.http_port = int(server.server_address[1])
    return _Http(feeds)


def _example_feed(system_id: str, contract: str) -> Feed | None:
    return next((feed for feed in systems()[system_id].feeds if feed.contract == contract), None)


def _records(file: Path) -> list[Record]:
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _sftp(stack: ExitStack, servers: Servers, sources: list[Source]) -> None:
    logins: dict[str, tuple[str, Path]] = {}
    asked = [one for one in sources if has_way([one], SftpWay)]
    if not asked:
        return
    server = stack.enter_context(sftp_serving(SftpServer(logins)))
    servers.sftp_port, servers.sftp_host_key = server.port, server.host_key
    for source in asked:
        values = servers.variables(source)
        for way in ways(source):
            if isinstance(way, SftpWay) and way.password_variable:
                login = (values[way.password_variable], servers.services / source.id)
                logins[values[way.user_variable]] = login


def _objects(stack: ExitStack, servers: Servers, sources: list[Source]) -> dict[str, str]:
    """Start the object store and put the files of the systems that deliver by S3 into it."""
    kept = [one for one in sources if any(isinstance(way, FolderWay) and way.kind == "s3" for way in ways(one))]
    if not kept:
        return {}
    servers.object_store = stack.enter_context(object_store(ACCESS_KEY, SECRET_KEY, BUCKET))
    files = s3fs.S3FileSystem(key=ACCESS_KEY, secret=SECRET_KEY, endpoint_url=servers.object_store)
    _until_ready(files)
    for source in kept:
        folder = servers.services / source.id
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            files.put_file(str(path), f"{BUCKET}/{source.id}/{path.relative_to(folder).as_posix()}")
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "CREDITLAKE_S3_ENDPOINT": servers.object_store,
    }


def _until_ready(files: s3fs.S3FileSystem) -> None:
    """The port is open a moment before writes are taken."""
    for _ in range(100):
        try:
            files.pipe_file(f"{BUCKET}/.ready", b"1")
        except Exception:
            time.sleep(0.2)
        else:
            files.rm_file(f"{BUCKET}/.ready")
            return


class _Databases(_Step):
    def __init__(self, server: PostgreSQL | None, sources: list[Source]) -> None:
        self._server, self._sources = server, sources
        self._tables: list[tuple[str, str, Path, str]] = []

    def prepare(self, servers: Servers) -> None:
        """A database and a reader for each system, and the tables of its feeds with what the first delivery holds."""
        if self._server is None:
            return
        made: set[str] = set()
        for source in self._sources:
            for declared in source.feeds:
                way, feed = source.way(declared), _example_feed(source.id, declared.contract)
                if feed is None or not isinstance(way, DatabaseWay) or declared.table is None:
                    continue
                assert isinstance(feed.delivery, Database)
                database = urlsplit(resolved(way.address, servers.values)).path.strip("/")
                reader = servers.values[way.user_variable]
                if database not in made:
                    self._make_database(database, reader, servers.values[str(way.password_variable)])
                    made.add(database)
                types = {declared.table.updated_at or "": "timestamp", **dict(feed.delivery.types)}
                file = served_folder(servers.services, source.id) / f"{declared.contract}.0.csv"
                self._make_table(database, reader, declared.table.name, file, types)
                later = file.with_name(f"{declared.contract}.1.csv")
                self._tables.append((database, declared.table.name, later, feed.layout[feed.locator]))

    def _make_database(self, database: str, reader: str, password: str) -> None:
        assert self._server is not None
        self._server.run(f"create role \"{reader}\" login password '{password}'")
        self._server.run(f'create database "{database}" owner "{reader}"')

    def _make_table(self, database: str, reader: str, table: str, file: Path, types: dict[str, str]) -> None:
        assert self._server is not None
        with file.open(encoding="utf-8", newline="") as opened:
            header = next(csv.reader(opened))
        columns = ", ".join(f'"{name}" {types.get(name, "text")}' for name in header)
        schema = table.split(".", maxsplit=1)[0] if "." in table else "public"
        statement = f'create schema if not exists "{schema}"; grant usage on schema "{schema}" to "{reader}";'
        self._server.run(
            f'{statement} create table {table} ({columns}); grant select on {table} to "{reader}"', database
        )
        self._fill(database, table, file)

    def _fill(self, database: str, table: str, file: Path) -> None:
        assert self._server is not None
        self._server.run(f"copy {table} from stdin with (format csv, header)", database, file=file)

    def advance(self) -> None:
        """Rows that come again take the place of those with the same number."""
        for database, table, file, locator in self._tables:
            if file.exists():
                assert self._server is not None
                with file.open(encoding="utf-8", newline="") as opened:
                    numbers = [row[locator] for row in csv.DictReader(opened)]
                listed = ", ".join("'" + number.replace("'", "''") + "'" for number in numbers)
                self._server.run(f'delete from {table} where "{locator}" in ({listed})', database)
                self._fill(database, table, file)


def _databases(stack: ExitStack, servers: Servers, sources: list[Source]) -> _Step:
    binaries = postgresql_binaries()
    server = None
    if binaries is not None and has_way(sources, DatabaseWay):
        server = stack.enter_context(postgresql(binaries))
        servers.database_port = server.port
    return _Databases(server, sources)
