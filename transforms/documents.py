"""Files of the dbt project that come from the contracts: ``python -m transforms.documents`` writes them anew.

Per contract one YAML with the columns of ``<contract>_versions`` and ``stg_<contract>``, and for all of them one file of
doc blocks, so that a column's text is written nowhere but in its contract.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from connectors.contract import Contract, arrow_schema, load_contracts
from lake.schema import BRONZE_META

PROJECT = Path(__file__).parent.parent / "dbt_project"
HEADER = "# Written by `python -m transforms.documents` from connectors/contracts; change the contract, not this file.\n"
TIMESTAMP = "{{ 'timestamp with time zone' if target.type == 'duckdb' else 'timestamp' }}"
TEXT_LIST = "{{ 'varchar[]' if target.type == 'duckdb' else 'array<string>' }}"
VERSION_COLUMNS = {
    "business_key": pa.string(),
    "version_at": pa.timestamp("us", tz="UTC"),
    "version_rank": pa.int32(),
}


def data_type(kind: pa.DataType) -> str:
    """Name of an Arrow type in a dbt contract, valid on DuckDB and Spark."""
    if pa.types.is_timestamp(kind):
        return TIMESTAMP
    if pa.types.is_list(kind):
        return TEXT_LIST
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    return {"string": "string", "date32[day]": "date", "int64": "bigint", "int32": "int"}[str(kind)]


def column_types(contract: Contract) -> dict[str, pa.DataType]:
    """Columns of a versions model and their types: contract, bronze's own, the version's."""
    schema = pa.schema([*arrow_schema(contract), *BRONZE_META])
    return {**dict(zip(schema.names, schema.types, strict=True)), **VERSION_COLUMNS}


def models_document(contract: Contract) -> str:
    """YAML of a contract's staging models."""
    own = set(contract.column_names)
    columns = [
        {
            "name": name,
            "data_type": data_type(kind),
            "description": f"{{{{ doc('{f'{contract.id}__{name}' if name in own else name}') }}}}",
        }
        for name, kind in column_types(contract).items()
    ]
    document = {"version": 2, "models": [_versions(contract, columns), _newest(contract, columns)]}
    return HEADER + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)


def _versions(contract: Contract, columns: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "name": f"{contract.id}_versions",
        "description": f"One row per version of a record that counts now ({contract.grain}); rank 1 is the newest.",
        "columns": _tested(columns, {"record_id": ["unique", "not_null"], "business_key": ["not_null"]}),
    }


def _newest(contract: Contract, columns: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "name": f"stg_{contract.id}",
        "description": f"{contract.grain[0].upper()}{contract.grain[1:]}, as its newest version says.",
        "config": {"materialized": "view"},
        "columns": _tested(columns, {"business_key": ["unique", "not_null"]}),
    }


def _tested(columns: list[dict[str, str]], tests: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [
        {**column, "data_tests": tests[column["name"]]} if column["name"] in tests else dict(column)
        for column in columns
    ]


def doc_blocks() -> str:
    """Markdown with one doc block per contract column."""
    blocks = [
        f"{{% docs {contract.id}__{column.name} %}}\n{column.description} ({column.header}).\n{{% enddocs %}}\n"
        for contract in load_contracts().values()
        for column in contract.columns
    ]
    return "\n".join(blocks)


def files() -> dict[Path, str]:
    """Every generated file of the dbt project and its content."""
    staging = PROJECT / "models" / "staging"
    return {
        staging / "contract_columns.md": doc_blocks(),
        **{staging / f"{contract.id}.yml": models_document(contract) for contract in load_contracts().values()},
    }


def main() -> None:
    """Write the generated files."""
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
