"""The Prefect server of one ``creditlake run``: a child process that ends when its parent does.

Prefect's own temporary server outlives a killed parent; this one watches its standard input, which the parent holds
open for as long as it lives.
"""

from __future__ import annotations

import os
import sys
import threading


def main(port: int) -> None:
    """Serve the API on ``port`` of the loopback address until standard input ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn
    from prefect.server.api.server import create_app

    application = create_app(ephemeral=True, final=True)
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="error", lifespan="on")


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
