"""The dbt source of the contracts' bronze tables, with the columns' documentation."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from connectors.contract.model import Contract

HEADER = (
    "# Written by `python -m connectors.contract.generate` from connectors/contracts: change the contract instead.\n"
)


def dbt_sources(contracts: Iterable[Contract]) -> str:
    """The YAML of source ``bronze``: one table per given contract; texts are the doc blocks of ``transforms.documents``."""
    tables = [_table(contract) for contract in contracts]
    document = {"version": 2, "sources": [{"name": "bronze", "tables": tables}]}
    return HEADER + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=110)


def _table(contract: Contract) -> dict[str, object]:
    return {
        "name": contract.id,
        "description": f"{contract.grain.capitalize()}: {contract.description}",
        "meta": {"title": contract.title, "version": contract.version, "owner": contract.owner},
        "columns": [
            {
                "name": column.name,
                "description": f"{{{{ doc('{contract.id}__{column.name}') }}}}",
                "meta": {"header": column.header, "sensitivity": column.sensitivity},
            }
            for column in contract.columns
        ],
    }
