"""Contracts: what a record of each type consists of, read from ``connectors/contracts/*.yaml`` (ODCS v3).

Everything that is said about a column elsewhere (Arrow schema, row checks, dictionary, template, dbt source,
expectations) is derived from the ``Contract`` this package loads.
"""

from connectors.contract.arrow import arrow_schema
from connectors.contract.load import CONTRACTS, load_contract, load_contracts
from connectors.contract.model import Alias, Bounds, Column, Contract, Layout, Subject, Value

__all__ = [
    "CONTRACTS",
    "Alias",
    "Bounds",
    "Column",
    "Contract",
    "Layout",
    "Subject",
    "Value",
    "arrow_schema",
    "load_contract",
    "load_contracts",
]
