"""What a release is made from: versions of the tables read, digests of policy and models, versions of the code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version as package_version
from pathlib import Path

from lake.errors import TerminalError
from lake.schema import LEDGER_TABLE
from lake.settings import Settings
from lake.storage import Storage
from lake.tables import version as table_version
from publication.candidate import renderer_version
from publication.manifest import ReleaseInputs

PROJECT = Path(__file__).parent.parent / "dbt_project"


def find_inputs(settings: Settings, storage: Storage, warehouse_fingerprint: str) -> ReleaseInputs:
    """The inputs of a release of the warehouse as it is.

    The ledger's version is the one that was built from; rows of later deliveries are in the bronze tables, but in no
    release. Raises ``TerminalError`` when models or policy changed since the build: the manifest would name others than
    those that decided.
    """
    from connectors.contract import load_contracts
    from lake.schema import bronze_table
    from transforms.export import exported_versions
    from transforms.state import code_digest, read_state

    built = read_state(settings)
    if built is not None and built.inputs.code != code_digest():
        raise TerminalError("publication.built_by_other_code")
    versions = {contract: table_version(storage, bronze_table(contract)) for contract in sorted(load_contracts())}
    return ReleaseInputs(
        ledger_version=built.inputs.ledger if built else table_version(storage, LEDGER_TABLE),
        bronze_versions={contract: found for contract, found in versions.items() if found is not None},
        copy_versions=exported_versions(settings, built.build_id) if built else {},
        build_id=built.build_id if built else None,
        warehouse_fingerprint=warehouse_fingerprint,
        policy_digest=policy_digest(),
        models_digest=digest_of_files(path for name in ("macros", "models") for path in (PROJECT / name).rglob("*")),
        code_version=package_version("creditlake"),
        renderer_version=renderer_version(),
    )


def policy_digest() -> str:
    """sha256 over the rows that decide: every seed, the policy among them."""
    return digest_of_files((PROJECT / "seeds").rglob("*.csv"))


def digest_of_files(files: Iterable[Path]) -> str:
    """sha256 over names and contents, in the order of the names."""
    digest = hashlib.sha256()
    for file in sorted(path for path in files if path.is_file()):
        digest.update(file.relative_to(PROJECT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
