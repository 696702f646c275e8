"""A receiver's service: takes calls once per key, rejects what it is told to, and can fail in several ways."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What it has (``rows`` by key), which calls it took, and which statuses it gives before it works again."""

    address: str = ""
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    failures_after_taking: int = 0
    reject: set[str] = field(default_factory=set)

    def take(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        rejected = []
        for row in body["rows"]:
            number = row["key"]["record_id"]
            if number in self.reject:
                rejected.append({"record_id": number, "code": "E07", "reason": "主体不存在"})
            elif row["kind"] == "removed":
                self.rows.pop(number, None)
            else:
                self.rows[number] = row["values"]
        self.calls[key] = self.calls.get(key, 0) + 1
        return {"receipt": f"R{len(self.calls)}", "rejected": rejected}


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.paths.append(self.path)
            if receiver.failures:
                self._answer(receiver.failures.pop(0), {})
                return
            answer = receiver.take(self.headers["Idempotency-Key"], body)
            if receiver.failures_after_taking:
                receiver.failures_after_taking -= 1
                self._answer(502, {})
                return
            self._answer(200, answer)

        def _answer(self, status: int, document: dict[str, Any]) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    receiver.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
