"""A proxy in front of a real S3 server that counts writes and calls back when the n-th has been answered.

Requests are passed on as they came, with their Host header, so signatures stay valid.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

WRITES = frozenset({"PUT", "POST", "DELETE"})
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "expect"})


class CountingProxy(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1; ``writes`` counts answered PUT, POST and DELETE requests."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream)
        self.writes = 0
        self._lock = threading.Lock()
        self._alarm: tuple[int, Callable[[], None]] | None = None
        self._refusing = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Address to give to the program under test."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def watch(self, at: int, alarm: Callable[[], None]) -> None:
        """Count from zero and call ``alarm`` once ``at`` writes are done (0: only count)."""
        with self._lock:
            self.writes, self._alarm = 0, (at, alarm)

    def go_away(self) -> None:
        """From now on drop every connection, as a server that has gone away does."""
        self._refusing.set()

    def come_back(self) -> None:
        """Serve again."""
        self._refusing.clear()

    @property
    def is_away(self) -> bool:
        """Whether connections are dropped."""
        return self._refusing.is_set()

    def written(self) -> None:
        """Count one answered write; the alarm goes off before its answer is passed on."""
        with self._lock:
            self.writes += 1
            due = self._alarm is not None and self._alarm[0] == self.writes
            alarm = self._alarm[1] if self._alarm else None
        if due and alarm:
            alarm()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed in the middle is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: CountingProxy

    def _relay(self) -> None:
        if self.server.is_away:
            self.close_connection = True
            self.connection.close()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        upstream = http.client.HTTPConnection(self.server.upstream.hostname or "", self.server.upstream.port or 80)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in HOP_BY_HOP:
                upstream.putheader(name, value)
        upstream.endheaders(body or None)
        answer = upstream.getresponse()
        data = answer.read()
        upstream.close()
        if self.command in WRITES and answer.status < 300:
            self.server.written()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP and not (name.lower() == "content-length" and self.command != "HEAD"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _relay  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""
