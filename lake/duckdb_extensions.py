"""DuckDB's extensions come as wheels, since a site has no internet; its limits come from the settings."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import duckdb

from lake.errors import TerminalError
from lake.settings import Settings

EXTENSIONS = ("httpfs", "delta")


def extension_file(name: str) -> Path:
    """File of the extension ``name`` for the installed DuckDB; raises ``TerminalError`` if its wheel is not there."""
    try:
        folder = Path(str(files(f"duckdb_extension_{name}"))) / "extensions" / f"v{duckdb.__version__}"
    except ModuleNotFoundError as error:
        raise TerminalError("lake.extension_missing", name=name, version=duckdb.__version__) from error
    file = folder / f"{name}.duckdb_extension"
    if not file.exists():
        raise TerminalError("lake.extension_missing", name=name, version=duckdb.__version__)
    return file


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load one extension where it is needed, not everywhere: checking the signature of its file takes up to 0.3 s."""
    connection.load_extension(str(extension_file(name)))


def set_limits(connection: duckdb.DuckDBPyConnection, settings: Settings, temporary: Path) -> None:
    """Bound memory and threads; what does not fit goes to ``temporary``. No extension comes from a network."""
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute(f"SET threads = {settings.threads}")
    connection.execute(f"SET memory_limit = '{settings.memory_megabytes}MB'")
    connection.execute(f"SET temp_directory = {literal(str(temporary / 'duckdb'))}")
    # Turning the long IN lists of generated checks into joins costs a second per statement and gains nothing.
    connection.execute("SET disabled_optimizers = 'in_clause'")
    connection.execute("SET TimeZone = 'Asia/Shanghai'")


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
