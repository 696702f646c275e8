"""A way to a server that breaks off in the middle of an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass
class CuttingProxy:
    """Passes connections on; the next ``cuts`` of them over which ``after`` bytes come from the server are closed there."""

    server: Path | int
    after: int
    cuts: int = 0

    def serve(self, listener: socket.socket) -> None:
        """Until ``listener`` is closed."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            there = socket.socket(socket.AF_UNIX if isinstance(self.server, Path) else socket.AF_INET)
            there.connect(str(self.server) if isinstance(self.server, Path) else ("127.0.0.1", self.server))
            threading.Thread(target=self._pass, args=(client, there, 0), daemon=True).start()
            threading.Thread(target=self._pass, args=(there, client, self.after), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, after: int) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(8192):
                passed += len(data)
                if after and passed >= after and self.cuts > 0:
                    self.cuts -= 1
                    target.sendall(data[: -(passed - after) or None])
                    break
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting(server: Path | int, address: Path | None = None, *, after: int) -> Iterator[tuple[CuttingProxy, int]]:
    """A proxy before a port of this machine, or a socket at ``address`` before a socket; gives it and its port."""
    listener = socket.socket(socket.AF_UNIX if address else socket.AF_INET)
    listener.bind(str(address) if address else ("127.0.0.1", 0))
    listener.listen()
    proxy = CuttingProxy(server, after)
    threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
    try:
        yield proxy, 0 if address else int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
