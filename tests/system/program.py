"""The program as a user types it: processes of their own on one lake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from lake.settings import load_settings
from lake.storage import Storage, open_storage

SECONDS = 900


class Program:
    """``creditlake`` on one lake, as a user types it."""

    def __init__(self, lake: str, work: Path, extra: dict[str, str] | None = None) -> None:
        self.settings = {"CREDITLAKE_LAKE_URL": lake, "CREDITLAKE_WORK_DIR": str(work), "CREDITLAKE_LANGUAGE": "en"}
        self.environment = {**os.environ, **(extra or {}), **self.settings}
        self.lake, self.work = lake, work
        self.endpoint = (extra or {}).get("CREDITLAKE_S3_ENDPOINT")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        # What runs in the background of a shell ignores Ctrl-C, and so would all that it starts.
        command = ["env", "--default-signal=INT", sys.executable, "-m", "creditlake", *arguments]
        return subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, codes: tuple[int, ...] = (0, 1)) -> str:
        """Run a command to its end; gives its output."""
        process = self.start(*arguments)
        out, errors = process.communicate(timeout=SECONDS)
        assert process.returncode in codes, out[-3000:] + errors[-3000:]
        assert "Traceback" not in errors
        return out

    def json(self, *arguments: str) -> Any:
        """The document a command prints."""
        return json.loads(self.run(*arguments, "--json"))

    def storage(self) -> Storage:
        return open_storage(load_settings(lake_url=self.lake, work_dir=self.work, s3_endpoint=self.endpoint))

    def commits(self) -> set[str]:
        """Commits of all tables, and files of releases."""
        return {
            item.path
            for item in self.storage().list()
            if "/_delta_log/" in item.path or item.path.startswith("releases/")
        }
