"""The dbt profile, written for every run: dbt needs no file that a person would have to keep."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from lake.errors import TerminalError
from lake.settings import TIME_ZONE, Settings

Target = Literal["duckdb", "spark"]
SPARK_REMOTE = "SPARK_REMOTE"
STORAGE_VERSION = "v1.4.0"
"""Form of a new warehouse file. DuckDB's default can be read by releases of 2024, and packs texts slower and a third larger."""


def warehouse_file(settings: Settings) -> Path:
    """DuckDB's file: a working cache that can be deleted at any time and is then built anew."""
    return settings.work_dir / "warehouse.duckdb"


def profiles_directory(settings: Settings) -> Path:
    """Folder of the written profile, dbt's target and its logs."""
    return settings.work_dir / "dbt"


def write_profile(settings: Settings, target: Target) -> Path:
    """Write ``profiles.yml`` for ``target``; gives its folder. Raises ``TerminalError`` without a Spark address."""
    output = _duckdb(settings) if target == "duckdb" else _spark()
    folder = profiles_directory(settings)
    folder.mkdir(parents=True, exist_ok=True)
    document = {"creditlake": {"target": target, "outputs": {target: output}}}
    # JSON is YAML; written only when it differs, since dbt parses everything again after a change.
    content = json.dumps(document, ensure_ascii=False, indent=1)
    file = folder / "profiles.yml"
    if not file.exists() or file.read_text(encoding="utf-8") != content:
        file.write_text(content, encoding="utf-8")
    return folder


def _duckdb(settings: Settings) -> dict[str, Any]:
    return {
        "type": "duckdb",
        "path": str(warehouse_file(settings)),
        "schema": "main",
        "threads": settings.threads,
        "settings": {"TimeZone": str(TIME_ZONE)},
        "config_options": {"storage_compatibility_version": STORAGE_VERSION},
        "plugins": [{"module": "transforms.duckdb_plugin", "config": {"settings": settings.model_dump_json()}}],
    }


def _spark() -> dict[str, Any]:
    remote = os.environ.get(SPARK_REMOTE, "")
    address = urlsplit(remote)
    if address.scheme != "sc" or not address.hostname:
        raise TerminalError("transforms.spark_remote_missing", variable=SPARK_REMOTE, value=remote)
    return {
        "type": "spark",
        "method": "session",
        "schema": "default",
        "host": address.hostname,
        "threads": 1,
        "server_side_parameters": {"spark.sql.session.timeZone": str(TIME_ZONE)},
    }
