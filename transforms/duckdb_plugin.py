"""Plugin of dbt-duckdb: gives dbt's connection the extensions, access and limits that every connection of ours has."""

from __future__ import annotations

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from lake.duckdb_extensions import load_extension
from lake.settings import Settings
from lake.storage import open_storage


class Plugin(BasePlugin):  # type: ignore[misc]  # dbt-duckdb has no types
    """Named in the profile by its module; its configuration is the settings as JSON, which hold no credentials."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Called by dbt-duckdb once per opened database."""
        settings = Settings.model_validate_json(self._settings)
        open_storage(settings).duckdb_setup(conn)
        load_extension(conn, "delta")
        # Written into the file once, at the end of the build, and not after every model.
        conn.execute("SET checkpoint_threshold = '1GB'")
        # No table's rows have an order; keeping one holds back whole tables in memory.
        conn.execute("SET preserve_insertion_order = false")

    def initialize(self, plugin_config: dict[str, str]) -> None:
        """Called by dbt-duckdb with the profile's ``config``."""
        self._settings = plugin_config["settings"]
