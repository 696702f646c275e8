"""Files that are made from the contracts: ``python -m connectors.contract.generate`` writes them anew."""

from __future__ import annotations

from pathlib import Path

from connectors.contract.dbt_sources import dbt_sources
from connectors.contract.dictionary import dictionary
from connectors.contract.load import load_contracts

ROOT = Path(__file__).parent.parent.parent


def files() -> dict[Path, str]:
    """Each generated file, relative to the repository, with its content."""
    contracts = load_contracts().values()
    return {
        Path("dbt_project/models/bronze/contracts.yml"): dbt_sources(one for one in contracts if one.has_own_staging),
        Path("docs/dictionary.md"): dictionary(contracts),
    }


def main() -> None:
    """Write every generated file."""
    for path, content in files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
