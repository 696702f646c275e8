"""One HTTP service for all systems that are asked over HTTP: it pages, filters and signs in as their declarations say."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape

from connectors.source import Feed, Source
from connectors.transports.declaration import (
    ApiKey,
    Cursors,
    HttpRequest,
    HttpWay,
    Links,
    OAuth2,
    Offsets,
    PageNumbers,
    Signature,
    resolved,
)

Record = dict[str, Any]
CLOCK_SECONDS = 300
# A service that allows so many requests a minute refuses one now and then all the same, and says when to come again.
REFUSED_EACH = 10
RETRY_AFTER_SECONDS = 1
DEFAULT_SIZE = 100


@dataclass
class ServedFeed:
    """A feed, its records as they are now, and those that come with the next delivery (by the value at ``locator``)."""

    source: Source
    feed: Feed
    locator: str
    records: list[Record]
    later: list[Record] = field(default_factory=list)

    @property
    def way(self) -> HttpWay:
        """The way in, which is HTTP."""
        way = self.source.way(self.feed)
        assert isinstance(way, HttpWay)
        return way

    @property
    def request(self) -> HttpRequest:
        """What is asked."""
        assert self.feed.request is not None
        return self.feed.request

    def advance(self) -> None:
        """The next delivery: a list read by a cursor grows, others show the newest of each record."""
        if isinstance(self.request.paging, Cursors) and self.request.updated_since is None:
            self.records = [*self.records, *self.later]
        else:
            newest = {get(one, self.locator): one for one in [*self.records, *self.later]}
            self.records = list(newest.values())
        self.later = []


@contextmanager
def http_serving(feeds: list[ServedFeed], values: Mapping[str, str], port: int = 0) -> Iterator[ThreadingHTTPServer]:
    """The service on a free port; ``values`` are the environment variables of the systems, filled while it runs."""
    handler = type("Handler", (_Answering,), {"feeds": feeds, "values": values, "tokens": {}, "asked": Counter()})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class _Answering(BaseHTTPRequestHandler):
    """Answers one request. The first part of a path is the system."""

    feeds: list[ServedFeed]
    values: Mapping[str, str]
    tokens: dict[str, str]
    asked: Counter[str]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:  # the library's name
        """Give a token for the right client."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        system_id = self.path.split("/")[1]
        for one in self.feeds:
            declared = one.way.authentication
            if one.source.id == system_id and isinstance(declared, OAuth2):
                client = [self.values[declared.client_id_variable], self.values[declared.client_secret_variable]]
                if [form.get("client_id", [""])[0], form.get("client_secret", [""])[0]] == client:
                    self.tokens[system_id] = secrets.token_hex(16)
                    self._send(
                        200, _json({"access_token": self.tokens[system_id], "expires_in": 3600}), "application/json"
                    )
                    return
        self._send(401, b'{"error": "invalid_client"}', "application/json")

    def do_GET(self) -> None:  # the library's name
        """Answer a request for records."""
        parts = urlsplit(self.path)
        parameters = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        asked = parts.path.strip("/")
        found = next((one for one in self.feeds if asked == f"{one.source.id}/{one.request.path}".strip("/")), None)
        if found is None:
            self._send(404, b"{}", "application/json")
        elif not self._is_signed_in(found, parts.path, parts.query, parameters):
            self._send(401, b"{}", "application/json")
        elif self._is_too_much(found):
            self._send(429, b"{}", "application/json", {"Retry-After": str(RETRY_AFTER_SECONDS)})
        else:
            self._answer(found, parameters)

    def _is_too_much(self, found: ServedFeed) -> bool:
        if found.way.patience.requests_per_minute is None:
            return False
        self.asked[found.source.id] += 1
        return self.asked[found.source.id] % REFUSED_EACH == 0

    def _is_signed_in(self, found: ServedFeed, path: str, query: str, parameters: dict[str, str]) -> bool:
        wanted = {name: resolved(value, self.values) for name, value in found.way.headers.items()}
        if any(self.headers.get(name) != value for name, value in wanted.items()):
            return False
        declared = found.way.authentication
        if isinstance(declared, ApiKey):
            given = self.headers.get(declared.header) if declared.header else parameters.get(str(declared.parameter))
            return given == self.values[declared.key_variable]
        if isinstance(declared, OAuth2):
            return self.headers.get("Authorization") == f"Bearer {self.tokens.get(found.source.id)}"
        return declared is None or self._is_signed(declared, path, query)

    def _is_signed(self, declared: Signature, path: str, query: str) -> bool:
        """Whether the headers are those that a signature over this request gives."""
        key_id, secret = self.values[declared.key_id_variable], self.values[declared.secret_variable]
        sent: dict[str, str] = {}
        for name, template in declared.headers.items():
            value = self.headers.get(name, "")
            if template.startswith("{") and template.endswith("}"):
                sent[template[1:-1]] = value
        words = {"method": "GET", "path": path, "query": query, "timestamp": "", "nonce": "", **sent, "key_id": key_id}
        digest = hmac.new(secret.encode(), declared.signed.format(**words).encode(), declared.algorithm).digest()
        made = digest.hex() if declared.encoding == "hex" else base64.b64encode(digest).decode()
        seconds = float(words["timestamp"] or 0) / (1000 if declared.timestamp == "milliseconds" else 1)
        return hmac.compare_digest(made, sent.get("signature", "")) and abs(time.time() - seconds) < CLOCK_SECONDS

    def _answer(self, found: ServedFeed, parameters: dict[str, str]) -> None:
        records = _asked_for(found, parameters)
        page, following = _page(found.request, records, parameters)
        document: Any = page
        if found.request.records:
            document = {}
            put(document, found.request.records, page)
            _put_facts(document, found.request, len(records))
        headers = {}
        paging = found.request.paging
        if isinstance(paging, Cursors):
            put(document, paging.next, following)
        if isinstance(paging, Links) and following is not None:
            query = urlencode({**parameters, "from": following})
            address = f"http://{self.headers['Host']}{urlsplit(self.path).path}?{query}"
            if paging.next:
                put(document, paging.next, address)
            else:
                headers["Link"] = f'<{address}>; rel="next"'
        if found.request.answer == "xml":
            encoding = found.request.encoding or "utf-8"
            text = f'<?xml version="1.0" encoding="{encoding}"?>' + as_xml(document)
            self._send(200, text.encode(encoding), "text/xml", headers)
        else:
            self._send(200, _json(document), "application/json", headers)

    def _send(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _put_facts(document: dict[str, Any], request: HttpRequest, total: int) -> None:
    """The number of records, and the word that all went well, where the declaration looks for them."""
    paging = request.paging
    if isinstance(paging, PageNumbers | Offsets) and paging.total:
        put(document, paging.total, total)
    if request.success is not None:
        put(document, request.success.field, request.success.values[0])


def _asked_for(found: ServedFeed, parameters: Mapping[str, str]) -> list[Record]:
    """Records changed since the moment asked for, in the order of change; all of them without one."""
    since = found.request.updated_since
    if since is None:
        return found.records
    changed = sorted(found.records, key=lambda one: str(get(one, since.field) or ""))
    moment = parameters.get(since.parameter) if since.parameter else None
    return changed if moment is None else [one for one in changed if str(get(one, since.field) or "") >= moment]


def _page(request: HttpRequest, records: list[Record], parameters: Mapping[str, str]) -> tuple[list[Record], Any]:
    """The page asked for, and what asks for the one behind it (none: there is none, or the page number says it)."""
    paging = request.paging
    if isinstance(paging, PageNumbers):
        size = int(parameters.get(paging.size_parameter or "", paging.size or DEFAULT_SIZE))
        first = (int(parameters.get(paging.parameter, paging.first)) - paging.first) * size
        return records[first : first + size], None
    if isinstance(paging, Offsets):
        first = int(parameters.get(paging.parameter, 0))
        return records[first : first + int(parameters.get(paging.limit_parameter, paging.limit))], None
    if isinstance(paging, Cursors | Links):
        size = int(parameters.get(paging.size_parameter or "", paging.size or DEFAULT_SIZE))
        parameter = paging.parameter if isinstance(paging, Cursors) else "from"
        first = int(parameters.get(parameter, "0").removeprefix("c") or 0)
        page = records[first : first + size]
        # A cursor that is kept from run to run is given at the end too.
        is_kept = isinstance(paging, Cursors) and request.updated_since is None
        more = first + len(page) < len(records) or is_kept
        return page, f"c{first + len(page)}" if more else None
    return records, None


def get(record: Any, path: str) -> Any:
    """The value at a path of names joined by dots, none where it ends early."""
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record


def put(document: dict[str, Any], path: str, value: object) -> None:
    """Put ``value`` at a path of names joined by dots."""
    *parents, name = path.split(".")
    for parent in parents:
        document = document.setdefault(parent, {})
    document[name] = value


def as_xml(value: Any) -> str:
    """Nested elements; a list is an element per member under its own name."""
    parts = []
    for name, inner in value.items():
        for one in inner if isinstance(inner, list) else [inner]:
            text = as_xml(one) if isinstance(one, dict) else escape("" if one is None else str(one))
            parts.append(f"<{name}>{text}</{name}>")
    return "".join(parts)
