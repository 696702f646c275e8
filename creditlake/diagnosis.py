"""The checks of ``creditlake doctor``, each with what it found and what helps."""

from __future__ import annotations

import secrets
import shutil
import sys
import zoneinfo
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, requires, version

from pydantic import BaseModel, ConfigDict

from creditlake.invocation import Invocation
from lake.duckdb_extensions import EXTENSIONS, load_extension
from lake.errors import CreditlakeError
from lake.messages import text
from lake.settings import TIME_ZONE, Settings
from lake.storage import ConflictError, Storage

OLDEST_PYTHON = (3, 11)
GIGABYTE = 1024**3
FREE_GIGABYTES = 5
PROBE_FOLDER = "runs/.doctor"


class Finding(BaseModel):
    """One check: its name, whether all is well, what was found and, if not well, what helps."""

    model_config = ConfigDict(frozen=True)

    name: str
    healthy: bool
    found: str
    remedy: str | None = None


def diagnose(call: Invocation) -> list[Finding]:
    """Every check, in order; one that fails does not keep the next from running."""
    findings = [_guarded("python", _python), _guarded("packages", _packages), _guarded("time_zone", _time_zone)]
    try:
        settings = call.settings()
    except CreditlakeError as error:
        remedy = text("cli.doctor_settings_remedy")
        return [*findings, Finding(name=text("cli.doctor_settings"), healthy=False, found=str(error), remedy=remedy)]
    findings.append(Finding(name=text("cli.doctor_settings"), healthy=True, found=settings.lake_url))
    findings += [_guarded("disk", lambda: _disk(settings)), _guarded("extensions", lambda: _extensions(call, settings))]
    findings.append(_guarded("storage", lambda: _storage(call.storage(settings))))
    findings.append(_guarded("sources", lambda: _sources(settings)))
    findings.append(_guarded("signing_key", lambda: _signing_key(settings)))
    return findings


Outcome = tuple[bool, str]


def _guarded(name: str, check: Callable[[], Outcome]) -> Finding:
    try:
        healthy, found = check()
    except Exception as error:
        healthy, found = False, str(error) or type(error).__name__
    remedy = None if healthy else text(f"cli.doctor_{name}_remedy")
    return Finding(name=text(f"cli.doctor_{name}"), healthy=healthy, found=found, remedy=remedy)


def _python() -> Outcome:
    return sys.version_info >= OLDEST_PYTHON, sys.version.split()[0]


def _packages() -> Outcome:
    """Every package that creditlake declares is installed in a version it allows."""
    from packaging.requirements import Requirement

    wrong = []
    declared = [Requirement(line) for line in requires("creditlake") or []]
    needed = [one for one in declared if one.marker is None or one.marker.evaluate({"extra": ""})]
    for requirement in needed:
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            found = "-"
        if found == "-" or not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement} ({found})")
    return not wrong, "; ".join(wrong) or text("cli.doctor_packages_found", count=len(needed))


def _time_zone() -> Outcome:
    return True, str(zoneinfo.ZoneInfo(TIME_ZONE.key))


def _disk(settings: Settings) -> Outcome:
    folder = next(one for one in (settings.work_dir, *settings.work_dir.parents) if one.exists())
    free = shutil.disk_usage(folder).free / GIGABYTE
    found = text("cli.doctor_disk_found", free=f"{free:.1f}", folder=settings.work_dir, needed=FREE_GIGABYTES)
    return free >= FREE_GIGABYTES, found


def _extensions(call: Invocation, settings: Settings) -> Outcome:
    import duckdb

    with duckdb.connect() as connection:
        call.storage(settings).duckdb_setup(connection)
        for name in EXTENSIONS:
            load_extension(connection, name)
        rows = connection.execute("select extension_name from duckdb_extensions() where loaded").fetchall()
    loaded = {str(name) for (name,) in rows}
    missing = set(EXTENSIONS) - loaded
    return not missing, f"DuckDB {duckdb.__version__}: {', '.join(sorted(loaded & set(EXTENSIONS)))}"


def _storage(storage: Storage) -> Outcome:
    """What the lake's safety rests on: a second writer of a new object, or of an old version, must be told."""
    path = f"{PROBE_FOLDER}-{secrets.token_hex(6)}"
    try:
        first, second = storage.put_if_absent(path, b"first"), storage.put_if_absent(path, b"second")
        content, tag = storage.read_with_etag(path)
        storage.replace_if(path, b"third", tag)
        try:
            storage.replace_if(path, b"fourth", tag)
            refused = False
        except ConflictError:
            refused = True
    finally:
        storage.delete(path)
    return (first, second, content, refused) == (True, False, b"first", True), storage.url()


def _sources(settings: Settings) -> Outcome:
    from connectors.contract import load_contracts
    from connectors.source import lint_sources, load_sources

    contracts = load_contracts()
    problems = lint_sources(settings.sources, contracts)
    if problems:
        return False, "; ".join(str(problem) for problem in problems)
    return True, text("cli.doctor_sources_found", count=len(load_sources(settings.sources, contracts)))


def _signing_key(settings: Settings) -> Outcome:
    from publication.signing import has_key, load_key

    if not has_key(settings):
        return True, text("cli.doctor_signing_key_none", folder=settings.work_dir)
    key = load_key(settings)
    return True, text("cli.doctor_signing_key_local", key=key.fingerprint[:16]) if key.is_local else key.fingerprint
