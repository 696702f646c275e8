"""A department's service over HTTP, real and small: every way of paging and of signing in, and every kind of trouble."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape

KEY, SECRET = "the-key", "the-secret"
Record = dict[str, Any]
Fault = Callable[["Answering"], bool]
"""Given the request being answered; True when it has answered (or refused to), False to go on as usual."""


@dataclass
class Asked:
    """A request for data: its path and parameters."""

    path: str
    parameters: dict[str, str]


@dataclass
class Department:
    """What the service holds. ``faults`` maps the number of a data request (from 1) to what happens to it;
    ``between`` maps it to what happens to the records behind it."""

    records: list[Record] = field(default_factory=list)
    page_size: int = 10
    sign_in: str = ""
    faults: dict[int, Fault] = field(default_factory=dict)
    between: dict[int, Callable[[Department], None]] = field(default_factory=dict)
    always: Fault | None = None
    asked: list[Asked] = field(default_factory=list)
    tokens: int = 0
    token_requests: int = 0
    gives_total: bool = True
    address: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def since(self, moment: str) -> list[Record]:
        """Records changed at or after ``moment``, those without a time left out; in the order of change."""
        kept = [one for one in self.records if one.get("updatedAt") and one["updatedAt"] >= moment]
        return sorted(kept, key=lambda one: one["updatedAt"])


@contextmanager
def serving(department: Department) -> Iterator[Department]:
    """The service on a free port of this machine."""
    handler = type("Handler", (Answering,), {"department": department})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    department.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield department
    finally:
        server.shutdown()
        server.server_close()


class Answering(BaseHTTPRequestHandler):
    """Answers one request."""

    department: Department
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Give a token for the right secret, or answer a request for data whose parameters are in its body."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if urlsplit(self.path).path != "/token":
            self.signed_body = hashlib.sha256(body.encode()).hexdigest()
            if self.headers["Content-Type"] == "application/json":
                found = json.loads(body)
                assert isinstance(found["paging"]["page"], int)
                body = urlencode({**found.pop("paging"), **found})
            self.path = f"{self.path}?{body}"
            self.do_GET()
            return
        form = parse_qs(body)
        self.department.token_requests += 1
        if form.get("client_secret") != [SECRET]:
            self.send(401, b'{"error": "invalid_client"}')
            return
        self.department.tokens += 1
        self.send(200, json.dumps({"access_token": f"token-{self.department.tokens}", "expires_in": 3600}).encode())

    signed_body = ""

    def do_GET(self) -> None:
        """Answer a request for data, with what was planned for it."""
        department = self.department
        parts = urlsplit(self.path)
        parameters = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if not self.is_signed_in(parts.path, parts.query, parameters):
            self.send(401, b"{}")
            return
        with department.lock:
            department.asked.append(Asked(parts.path, parameters))
            number = len(department.asked)
            for fault in (department.always, department.faults.get(number)):
                if fault is not None and fault(self):
                    return
            status, body, headers = self.answer(parts.path, parameters)
            department.between.get(number, lambda _: None)(department)
        self.send(status, body, headers)

    def is_signed_in(self, path: str, query: str, parameters: dict[str, str]) -> bool:
        match self.department.sign_in:
            case "header":
                return self.headers.get("X-Api-Key") == KEY
            case "parameter":
                return parameters.pop("key", None) == KEY
            case "oauth2":
                return self.headers.get("Authorization") == f"Bearer token-{self.department.tokens}"
            case "hmac" | "hmac of the body":
                said = f"GET\n{path}\n{query}" if self.department.sign_in == "hmac" else f"{path}\n{self.signed_body}"
                signed = f"{said}\n{self.headers['X-Timestamp']}\n{self.headers['X-Nonce']}"
                wanted = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
                fresh = abs(time.time() - float(self.headers["X-Timestamp"])) < 60
                return fresh and self.headers["X-Key-Id"] == KEY and self.headers["X-Signature"] == wanted
        return True

    def answer(self, path: str, parameters: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of a request for ``path``."""
        department, size = self.department, self.department.page_size
        found = department.since(parameters["since"]) if "since" in parameters else list(department.records)
        headers = {"Content-Type": "application/json"}
        document: Any
        match path:
            case "/number":
                first = (int(parameters["page"]) - 1) * size
                document = {"code": 0, "data": {"list": found[first : first + size], "total": len(found)}}
                if not department.gives_total:
                    del document["data"]["total"]
            case "/offset":
                first = int(parameters["offset"])
                rows = found[first : first + min(size, int(parameters["limit"]))]
                document = {"data": {"list": rows, "total": len(found)}}
            case "/cursor":
                first = int(parameters.get("cursor", "0").removeprefix("c"))
                rows = found[first : first + size]
                more = first + len(rows) < len(found) or "keep" in parameters
                document = {"data": {"list": rows, "next": f"c{first + len(rows)}" if more else None}}
            case "/link":
                first = int(parameters.get("from", "0"))
                document = {"data": {"list": found[first : first + size]}}
                if first + size < len(found):
                    following = urlencode({**parameters, "from": first + size})
                    headers["Link"] = f'<{department.address}/link?{following}>; rel="next"'
            case "/all":
                document = found
            case "/xml":
                first = (int(parameters["page"]) - 1) * size
                return 200, as_xml(found[first : first + size]), {"Content-Type": "text/xml"}
            case _:
                return 404, b"{}", headers
        return 200, json.dumps(document, ensure_ascii=False).encode(), headers

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def as_xml(records: list[Record]) -> bytes:
    """An envelope in GB18030, as a city's approval system sends it."""
    rows = "".join(
        "<Record>" + "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in one.items()) + "</Record>"
        for one in records
    )
    text = f'<?xml version="1.0" encoding="GB18030"?><Message><Header/><Body>{rows}</Body></Message>'
    return text.encode("gb18030")


def fails(status: int, **headers: str) -> Fault:
    """An answer of ``status`` with ``headers``."""

    def answer(request: Answering) -> bool:
        request.send(status, b"{}", {name.replace("_", "-"): value for name, value in headers.items()})
        return True

    return answer


def hangs(seconds: float) -> Fault:
    """No answer for so long."""

    def answer(request: Answering) -> bool:
        time.sleep(seconds)
        request.close_connection = True
        return True

    return answer


def breaks_off(request: Answering) -> bool:
    """Half of what was announced."""
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b'{"data": {"list": [{"')
    request.close_connection = True
    return True


def is_cut(request: Answering) -> bool:
    """A whole answer with half a document."""
    request.send(200, b'{"data": {"list": [{"a": 1', {"Content-Type": "application/json"})
    return True


def expires_token(request: Answering) -> bool:
    """The token that was right until now is refused."""
    request.department.tokens += 100
    request.send(401, b"{}")
    return True
