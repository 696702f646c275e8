"""``python -m transforms.lint``: sqlfluff over the models, and dbt's own parse of the whole project."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from lake.errors import CreditlakeError
from lake.settings import load_settings
from lake.storage import open_storage
from transforms.dbt_runner import PROJECT, run_dbt


def main() -> int:
    """0 when both find nothing."""
    models = subprocess.run(
        [sys.executable, "-m", "sqlfluff", "lint", "--disable-progress-bar", "-n", str(PROJECT / "models")],
        cwd=PROJECT.parent,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT.parent)},
    )
    return max(models.returncode, _parse())


def _parse() -> int:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(lake_url=folder, work_dir=str(Path(folder) / "work"))
        try:
            run_dbt(settings, open_storage(settings), ["parse"])
        except CreditlakeError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
