"""The same models on Spark Connect: ``python -m transforms.spark`` in the environment of ``requirements-spark.lock``.

Bronze is read as Delta from the lake, and every table is built anew as Delta in a folder of its own,
``spark/<time of the build>/<model>`` of the lake; folders of earlier builds go when it has ended well. Needs
``SPARK_REMOTE=sc://host:port``; the lake is that of the settings.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from lake.errors import CreditlakeError
from lake.settings import Settings, load_settings
from lake.storage import Storage, open_storage
from transforms.build import run_models
from transforms.state import decision_day

FOLDER = "spark"


def build_on_spark(settings: Settings, storage: Storage) -> str:
    """Build everything on the cluster; gives the folder of the tables. Raises what ``transforms.build`` raises."""
    folder = f"{FOLDER}/{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    run_models(settings, storage, decision_day(), whole=True, target="spark", tables=folder)
    for found in list(storage.list(FOLDER)):
        if not found.path.startswith(f"{folder}/"):
            storage.delete(found.path)
    return folder


def main() -> int:
    """Build once; gives the exit code."""
    settings = load_settings()
    try:
        sys.stdout.write(f"{build_on_spark(settings, open_storage(settings))}\n")
    except CreditlakeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
