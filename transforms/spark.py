"""The same models on Spark Connect: ``python -m transforms.spark`` in the environment of ``requirements-spark.lock``.

Bronze is read as Delta from the lake, and every table is built anew as Delta under ``spark/`` of the lake. Needs
``SPARK_REMOTE=sc://host:port``; the lake is that of the settings.
"""

from __future__ import annotations

import sys

from lake.errors import CreditlakeError
from lake.settings import load_settings
from lake.storage import open_storage
from transforms.build import run_models


def main() -> int:
    """Build once; gives the exit code."""
    settings = load_settings()
    try:
        run_models(settings, open_storage(settings), whole=True, target="spark")
    except CreditlakeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
