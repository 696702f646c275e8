"""Real receivers of alerts: a webhook over HTTP and a mailbox over SMTP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A real receiver of alerts over HTTP."""
    received: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_address[1]}/alerts", received
    server.shutdown()


@contextmanager
def mailbox() -> Iterator[tuple[str, list[str]]]:
    """A real receiver of alerts over SMTP: as much of the protocol as ``smtplib`` speaks."""
    mails: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def converse(connection: socket.socket) -> None:
        with connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 mailbox\r\n")
            for line in stream:
                word = line.strip().upper()
                if word == b"DATA":
                    stream.write(b"354 go\r\n")
                    mails.append("".join(text.decode() for text in iter(stream.readline, b".\r\n")))
                stream.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=converse, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    port = listener.getsockname()[1]
    yield (
        f"mailto://127.0.0.1:{port}?smtp=127.0.0.1&from=lake@bureau.example&to=duty@bureau.example&mode=insecure",
        mails,
    )
    listener.close()
