"""Files of the dbt project that come from the contracts: ``python -m transforms.documents`` writes them anew.

Per contract with models of its own one YAML with the columns of ``<contract>_versions`` and ``stg_<contract>``, one for its
credit and public model, and for all of them one file of doc blocks, so that a column's text is written nowhere but in its
contract. For the contracts that share staging one macro with what it has to know of each; those that are published have the
columns of ``stg_<contract>`` and of their public model too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from connectors.contract import Contract, arrow_schema, load_contract, load_contracts
from connectors.contract.model import DATE_KINDS, LIST_KINDS, Summary
from lake.schema import BRONZE_META

PROJECT = Path(__file__).parent.parent / "dbt_project"
HEADER = "# Written by `python -m transforms.documents` from connectors/contracts: change the contract instead.\n"
TIMESTAMP = "{{ 'timestamp with time zone' if target.type == 'duckdb' else 'timestamp' }}"
TEXT_LIST = "{{ 'varchar[]' if target.type == 'duckdb' else 'array<string>' }}"
VIEW_OF_BRONZE = "{{ 'view' if target.type == 'duckdb' else 'table' }}"
"""Spark's engine keeps the text of a view without the quotes around a table's path."""

SHARED_HEADER = """{#- Written by `python -m transforms.documents` from connectors/contracts: change the contract instead.
    Columns with the kind that decides how SQL treats them. -#}"""
LINK_COLUMNS = ("record_id", "role", "uscc", "link_method", "link_confidence")
LINEAGE_COLUMNS = (
    "business_key",
    "version_at",
    "system_id",
    "batch_id",
    "source_digest",
    "source_row",
    "layout",
    "notes",
)
CREDIT_MODELS = {
    "credit_licence": "administrative_licence",
    "credit_penalty": "administrative_penalty",
    "credit_complaint": "complaint",
    "credit_inspection": "sampling_inspection",
    "credit_list_entry": "list_entry",
}
PUBLIC_MODELS = {
    "public_licence": "administrative_licence",
    "public_penalty": "administrative_penalty",
    "public_list_entry": "list_entry",
}
CREDIT_CHINA_MODELS = {"public_honour": "honour", "public_commitment": "commitment"}
"""Record types with shared staging that Credit China alone shows."""
SHARED_MODELS = {"shared_list_entry": "list_entry"}
CREDIT_CHINA = {"credit_china": "信用中国"}
WINDOWS = {**CREDIT_CHINA, "necips": "公示系统"}
SHARED_WINDOWS = {"departments": "部门共享"}
WINDOW_COLUMNS: dict[str, tuple[pa.DataType, str, str, str]] = {
    "from_date": (
        pa.date32(),
        "公示起始日期",
        "First day of the window on the channel; empty: not shown there",
        "在该渠道公示的第一天；为空：不在该渠道公示",
    ),
    "to_date": (
        pa.date32(),
        "公示截止日期",
        "First day no longer shown (midnight in Beijing); empty: no end",
        "从这一天零时（北京时间）起不再公示，前一天是公示的最后一天；为空：没有截止日期",
    ),
    "detail_level": (pa.string(), "公示内容", "How much the channel shows", "在该渠道公示到什么程度"),
    "rule_id": (pa.string(), "公示规则", "Rule of the policy that gave the window", "给出公示期限的规则编号"),
    "mark": (
        pa.string(),
        "规则核对",
        "Whether rule and class were read in their source (已核) or are assumed (推定)",
        "已核：规则和失信类别已核对原文；推定：其中有未核对原文的",
    ),
}
"""What a public model says about each channel: type, Chinese title, description, the same in Chinese for readers."""

TITLES = {"entry_number": "来源记录编号"}
"""Titles of released columns whose header in the contract is that of another released column."""

MASKING = {
    # Names of bodies too: an authority comes with its telephone in the same cell.
    **dict.fromkeys(("text", "free_text", "name"), "text"),
    **dict.fromkeys(("organisation_code", *LIST_KINDS), "listed"),
    **dict.fromkeys(("document_number", "identifier"), "number"),
    "registration_number": "registration_number",
    "uscc": "code",
}
"""What a column of a kind may hold beside personal values, which tells how those are found in it (macro ``masked_as``)."""

VERSION_COLUMNS: dict[str, pa.DataType] = {
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
    return {"string": "string", "date32[day]": "date", "int64": "bigint", "int32": "int", "double": "double"}[str(kind)]


def column_types(contract: Contract) -> dict[str, pa.DataType]:
    """Columns of a versions model and their types: contract, bronze's own, the version's."""
    schema = pa.schema([*arrow_schema(contract), *BRONZE_META])
    return {**dict(zip(schema.names, schema.types, strict=True)), **VERSION_COLUMNS}


def staging_document(contract: Contract) -> str:
    """YAML of a contract's staging models."""
    columns = [_column(contract, name, kind) for name, kind in column_types(contract).items()]
    return _yaml([_versions(contract, columns), _newest(contract, columns)])


def credit_document(contract: Contract, model: str) -> str:
    """YAML of a contract's credit model: all columns but the personal ones, under the linked code."""
    types = column_types(contract)
    own = [column.name for column in contract.columns if column.sensitivity != "personal" and column.name != "uscc"]
    stated = ["stated_uscc"] if "uscc" in types else []
    names = [*LINK_COLUMNS, *stated, *own, *LINEAGE_COLUMNS]
    kinds: dict[str, pa.DataType] = {**types, "link_confidence": pa.float64()}
    columns = [_column(contract, name, kinds.get(name, pa.string())) for name in names]
    return _yaml(
        [
            {
                "name": model,
                "description": f"One row per record and enterprise role ({contract.grain}); linked records only.",
                "columns": _tested(columns, {"record_id": ["not_null"], "uscc": ["not_null"]}),
            }
        ]
    )


def public_document(contract: Contract, model: str, windows: Mapping[str, str]) -> str:
    """YAML of a contract's public or shared model: the columns its contract classes as public, under the linked code, with the
    window of each channel."""
    types = column_types(contract)
    public = [column.name for column in contract.columns if column.sensitivity == "public" and column.name != "uscc"]
    columns = [_public_column(contract, name, types[name]) for name in ["record_id", "uscc", *public]]
    columns += [
        _window_column(f"{channel}_{name}", kind, f"{word}{title}", description, chinese)
        for channel, word in windows.items()
        for name, (kind, title, description, chinese) in WINDOW_COLUMNS.items()
    ]
    told = "Marked while an objection to the record is open"
    columns.append(_window_column("objection_mark", pa.string(), "异议标注", told, "异议处理期间标注"))
    told, chinese = "Rule of the policy that masked the party's name", "当事人名称按哪条规则遮蔽；为空：没有遮蔽"
    columns.append(_window_column("masking_rule_id", pa.string(), "遮蔽规则", told, chinese))
    told = "Columns of codes and numbers in which a personal value, or no code at all, was masked: somebody's work"
    columns.append(_window_column("masked_columns", pa.string(), "遮蔽栏目", told, "", sensitivity="internal"))
    return _yaml(
        [
            {
                "name": model,
                "description": f"One row per record ({contract.grain}) that a channel shows today, with each window.",
                "columns": _tested(columns, {"record_id": ["unique", "not_null"], "uscc": ["not_null"]}),
            }
        ]
    )


def _column(contract: Contract, name: str, kind: pa.DataType) -> dict[str, Any]:
    is_own = name in contract.column_names and name not in LINK_COLUMNS
    block = f"{contract.id}__{name}" if is_own else name
    return {"name": name, "data_type": data_type(kind), "description": f"{{{{ doc('{block}') }}}}"}


def _public_column(contract: Contract, name: str, kind: pa.DataType) -> dict[str, Any]:
    column = _column(contract, name, kind)
    if name not in contract.column_names:
        told = "数据湖给记录的编号；重新报送的记录另有编号"
        return {**column, "meta": {"title": "记录编号", "sensitivity": "public", "description_chinese": told}}
    definition = contract.column(name)
    meta = {"title": TITLES.get(name, definition.header), "sensitivity": definition.sensitivity}
    # Name and code of the party are judged by themselves; a list that sends back what it does not know holds nothing else.
    is_listed = definition.kind in LIST_KINDS and definition.unknown_value == "quarantine"
    is_party = name == "uscc" or name in {one.name for one in contract.subjects}
    masking = None if is_listed or is_party else MASKING.get(definition.kind)
    return {**column, "meta": meta | ({"masking": masking} if masking else {})}


def _window_column(
    name: str, kind: pa.DataType, title: str, description: str, chinese: str, *, sensitivity: str = "public"
) -> dict[str, Any]:
    meta = {"title": title, "sensitivity": sensitivity} | ({"description_chinese": chinese} if chinese else {})
    return {"name": name, "data_type": data_type(kind), "description": description, "meta": meta}


def _yaml(models: list[dict[str, Any]]) -> str:
    return HEADER + yaml.dump(
        {"version": 2, "models": models}, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=200
    )


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        """Lists that occur twice are written twice: dbt's YAML is read by people."""
        del data
        return True


def newest_document(contract: Contract) -> str:
    """YAML of the newest records of a contract that shares staging, in all its columns."""
    newest = _newest(contract, [_column(contract, name, kind) for name, kind in column_types(contract).items()])
    return _yaml([{**newest, "config": {"materialized": VIEW_OF_BRONZE}}])


def _versions(contract: Contract, columns: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": f"{contract.id}_versions",
        "description": f"One row per version of a record that counts now ({contract.grain}); rank 1 is the newest.",
        "columns": _tested(columns, {"record_id": ["unique", "not_null"], "business_key": ["not_null"]}),
    }


def _newest(contract: Contract, columns: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": f"stg_{contract.id}",
        "description": f"{contract.grain[0].upper()}{contract.grain[1:]}, as its newest version says.",
        "config": {"materialized": "view"},
        "columns": _tested(columns, {"business_key": ["unique", "not_null"]}),
    }


def _tested(columns: list[dict[str, Any]], tests: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [
        {**column, "data_tests": tests[column["name"]]} if column["name"] in tests else dict(column)
        for column in columns
    ]


def doc_blocks() -> str:
    """Markdown with one doc block per contract column."""
    blocks = [
        f"{{% docs {contract.id}__{column.name} %}}\n{column.description} ({column.header}).\n{{% enddocs %}}\n"
        for contract in load_contracts().values()
        if contract.has_own_staging or _is_published(contract)
        for column in contract.columns
    ]
    return "\n".join(blocks)


def _is_published(contract: Contract) -> bool:
    """Whether a contract shares staging and its records are published nevertheless."""
    return contract.id in CREDIT_CHINA_MODELS.values()


def shared_contracts() -> str:
    """The macro that gives, per contract that shares staging, its key, order of versions and summary as (column, kind) pairs."""
    told = {contract.id: _facts(contract) for contract in load_contracts().values() if not contract.has_own_staging}
    lines = [f"    {contract_id!r}: {facts!r}," for contract_id, facts in told.items()]
    return "\n".join(
        [SHARED_HEADER, "{% macro shared_contracts() -%}", "{{ return({", *lines, "}) }}", "{%- endmacro %}\n"]
    )


def _facts(contract: Contract) -> dict[str, object]:
    """Names of columns with the kind that decides how SQL treats them."""
    summary = contract.summary or Summary()
    columns = {
        "key": contract.business_key,
        "moments": [name for name in contract.version_order if name != "content_digest"],
        **{field.name: getattr(summary, field.name) for field in fields(summary)},
    }
    pairs = {part: [(name, _sql_kind(contract, name)) for name in names] for part, names in columns.items()}
    return {**pairs, "subjects": bool(contract.subjects), "published": _is_published(contract)}


def _sql_kind(contract: Contract, name: str) -> str:
    if name == "system_id":
        return "text"
    kind = contract.column(name).kind
    if kind in DATE_KINDS:
        return "date"
    return kind if kind in {"timestamp", "amount", "name"} else "text"


def files() -> dict[Path, str]:
    """Every generated file of the dbt project and its content."""
    staging = PROJECT / "models" / "staging"
    return {
        staging / "contract_columns.md": doc_blocks(),
        PROJECT / "macros" / "staging" / "shared_contracts.sql": shared_contracts(),
        **{
            staging / f"{contract.id}.yml": staging_document(contract)
            for contract in load_contracts().values()
            if contract.has_own_staging
        },
        **{
            staging / "shared" / f"{contract_id}.yml": newest_document(load_contract(contract_id))
            for contract_id in CREDIT_CHINA_MODELS.values()
        },
        **{
            PROJECT / "models" / "credit" / f"{model}.yml": credit_document(load_contract(contract_id), model)
            for model, contract_id in CREDIT_MODELS.items()
        },
        **{
            PROJECT / "models" / "publicity" / f"{model}.yml": public_document(
                load_contract(contract_id), model, windows
            )
            for models, windows in (
                (PUBLIC_MODELS, WINDOWS),
                (CREDIT_CHINA_MODELS, CREDIT_CHINA),
                (SHARED_MODELS, SHARED_WINDOWS),
            )
            for model, contract_id in models.items()
        },
    }


def main() -> None:
    """Write the generated files."""
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
