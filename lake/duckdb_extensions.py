"""DuckDB's extensions come as wheels, since a site has no internet; its limits come from the settings."""

from __future__ import annotations

from functools import cache
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


def connect(file: Path | None = None, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection that checks the signature of an extension once in this process, not at every load (0.1 to 0.3 s each)."""
    return duckdb.connect(str(file or ":memory:"), read_only=read_only, config={"allow_unsigned_extensions": "true"})


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load one extension where it is needed, not everywhere: checking the signature of its file takes up to 0.3 s."""
    file = extension_file(name)
    setting = connection.execute("select current_setting('allow_unsigned_extensions')").fetchone()
    if setting == (True,):
        _check_signature(file)
    connection.load_extension(str(file))


@cache
def _check_signature(file: Path) -> None:
    """Raise DuckDB's error for a file that is not signed by its makers."""
    with duckdb.connect() as connection:
        connection.load_extension(str(file))


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
