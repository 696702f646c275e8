"""The datasets of a release: declared in ``datasets.yaml``, their columns looked up where they are defined.

A column of a public table is released only when its dbt model (``meta.sensitivity``) or, failing that, the contract
column of the same name says ``public``. A column that neither knows is held back: silence never publishes anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict

from lake.errors import TerminalError
from lake.messages import catalogue
from publication.manifest import DatasetFormat, ReleaseColumn
from publication.policy import PUBLIC_CHANNELS

ROOM = Path(__file__).parent
_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C reads the same YAML in a tenth of the time; builds without it fall back."""

MODELS_FOLDER = ROOM.parent / "dbt_project" / "models"


class Dataset(BaseModel):
    """One declared dataset; ``key`` orders rows and tells them apart, ``code`` splits them into parts.

    ``profile_figures`` are the columns of the profile that are counted from its rows. ``part_of`` is the dataset whose records
    its rows tell more about: they come and go with those, and the first column of the key names the record. ``channels``
    are those whose decisions say what its rows are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    table: str
    contract: str
    title: str
    source_note: str
    key: tuple[str, ...]
    code: str
    formats: tuple[DatasetFormat, ...]
    profile_figures: tuple[str, ...] = ()
    part_of: str | None = None
    channels: tuple[str, ...] = PUBLIC_CHANNELS

    @property
    def is_profile(self) -> bool:
        """Whether a row is an enterprise and not a record."""
        return self.key == (self.code,)

    @property
    def schema_name(self) -> str:
        """The warehouse schema of the table."""
        return self.table.split(".", 1)[0]

    @property
    def table_name(self) -> str:
        """The table without its schema."""
        return self.table.split(".", 1)[1]

    @property
    def versions_table(self) -> str:
        """The table of all versions of its records, with record id and business key; record types may share one."""
        from connectors.contract import load_contract

        return f"staging.{self.contract if load_contract(self.contract).has_own_staging else 'shared'}_versions"


class ColumnText(BaseModel):
    """What is known about a column from where it is defined."""

    title: str
    description: str = ""
    sensitivity: str = ""
    unit: str | None = None


class DatasetColumns(BaseModel):
    """The columns of a dataset as found in the warehouse: those released and those held back."""

    model_config = ConfigDict(frozen=True)

    released: tuple[ReleaseColumn, ...]
    held_back: tuple[str, ...]
    unclassified: tuple[str, ...]

    @property
    def schema_version(self) -> str:
        """Digest of names, types and titles: changes exactly when readers would see another shape."""
        shape = [(column.name, column.type, column.title) for column in self.released]
        return hashlib.sha256(json.dumps(shape, ensure_ascii=False).encode()).hexdigest()[:16]


def load_datasets(path: Path = ROOM / "datasets.yaml") -> tuple[Dataset, ...]:
    """The datasets that a release holds, in the order of ``datasets.yaml``."""
    return tuple(Dataset.model_validate(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8")))


def model_column_texts(dataset: Dataset, models_folder: Path = MODELS_FOLDER) -> dict[str, ColumnText]:
    """Column name to text of the dataset's dbt model, from the YAML files beside the models of its schema."""
    for file in sorted((models_folder / dataset.schema_name).rglob("*.yml")):
        document = yaml.load(file.read_text(encoding="utf-8"), _SafeLoader) or {}
        for model in document.get("models") or []:
            if model.get("name") == dataset.table_name:
                return {column["name"]: _text_of(column) for column in model.get("columns") or []}
    return {}


def _text_of(column: Mapping[str, Any]) -> ColumnText:
    meta = {**(column.get("meta") or {}), **((column.get("config") or {}).get("meta") or {})}
    description = str(column.get("description") or "")
    return ColumnText(
        title=str(meta.get("title") or ""),
        description=str(meta.get("description_chinese") or ("" if "{{" in description else description.strip())),
        sensitivity=str(meta.get("sensitivity") or ""),
        unit=meta.get("unit"),
    )


@cache
def contract_column_texts(contract_id: str) -> dict[str, ColumnText]:
    """Column name to text of the contract's columns."""
    from connectors.contract import load_contract

    return {
        column.name: ColumnText(
            title=column.header,
            description=column.description_chinese,
            sensitivity=column.sensitivity,
            unit=column.unit,
        )
        for column in load_contract(contract_id).columns
    }


def find_columns(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    model_texts: Mapping[str, ColumnText],
    contract_texts: Mapping[str, ColumnText],
) -> DatasetColumns:
    """Sort a table's columns into released, held back and unclassified; raises ``TerminalError`` without the table or
    where a key column is not public: readers could not tell what changed."""
    found = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ? "
        "and database_name = current_database() order by column_index",
        [dataset.schema_name, dataset.table_name],
    ).fetchall()
    if not found:
        raise TerminalError("publication.table_missing", table=dataset.table)
    released: list[ReleaseColumn] = []
    held_back: list[str] = []
    unclassified: list[str] = []
    titles: set[str] = set()
    for name, data_type in found:
        text = _merged(model_texts.get(name), contract_texts.get(name))
        if text is None or not text.sensitivity:
            unclassified.append(name)
        elif text.sensitivity != "public":
            held_back.append(name)
        else:
            title = _with_unit(text.title or name, text.unit)
            title = f"{title}({name})" if title in titles else title
            titles.add(title)
            released.append(
                ReleaseColumn(name=name, title=title, description=text.description, type=data_type, unit=text.unit)
            )
    if not released:
        raise TerminalError("publication.no_public_column", table=dataset.table, columns="、".join(n for n, _ in found))
    missing = [name for name in dataset.key if name not in {column.name for column in released}]
    if missing:
        raise TerminalError("publication.key_not_public", table=dataset.table, columns="、".join(missing))
    return DatasetColumns(released=tuple(released), held_back=tuple(held_back), unclassified=tuple(unclassified))


def declared_public(model_texts: Mapping[str, ColumnText], contract_texts: Mapping[str, ColumnText]) -> frozenset[str]:
    """Names of the columns that the model or, where that says nothing, the contract classes as public."""
    names = {*model_texts, *contract_texts}
    merged = {name: _merged(model_texts.get(name), contract_texts.get(name)) for name in names}
    return frozenset(name for name, text in merged.items() if text is not None and text.sensitivity == "public")


def _with_unit(title: str, unit: str | None) -> str:
    """``罚款金额(元)``: a number without its unit is read wrongly."""
    word = unit and catalogue("zh").get(f"publication.unit_{unit}")
    return f"{title}({word})" if word and word not in title else title


def _merged(model: ColumnText | None, contract: ColumnText | None) -> ColumnText | None:
    if model is None or contract is None:
        return model or contract
    return ColumnText(
        title=model.title or contract.title,
        description=contract.description or model.description,
        sensitivity=model.sensitivity or contract.sensitivity,
        unit=model.unit or contract.unit,
    )
