"""The dbt project says about columns what the contracts say."""

from __future__ import annotations

import re

import pytest

from connectors.contract import load_contracts
from transforms.documents import PROJECT, files


def test_generated_files_are_those_of_todays_contracts() -> None:
    stale = [path.name for path, content in files().items() if path.read_text(encoding="utf-8") != content]
    assert stale == [], "run: python -m transforms.documents"


OWN = [contract for contract in load_contracts().values() if contract.has_own_staging]


@pytest.mark.parametrize("contract", OWN, ids=lambda contract: contract.id)
def test_versions_are_ordered_as_the_contract_says(contract) -> None:
    model = PROJECT / "models" / "staging" / "versions" / f"{contract.id}_versions.sql"
    listed = re.findall(r"'(\w+)'", model.read_text(encoding="utf-8").rsplit("[", 1)[1])
    assert (*listed, "content_digest") == contract.version_order
