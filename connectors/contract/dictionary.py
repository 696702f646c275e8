"""The data dictionary: every column of every contract, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.contract.model import CODE_KINDS, EVERY_LAYOUT, Column, Contract
from lake.messages import text

NOTICE = "<!-- Written by `python -m connectors.contract.generate`. Change the contract instead. -->"
HEADINGS = ("name", "header", "meaning", "kind", "required", "sensitivity", "values", "source")


def dictionary(contracts: Iterable[Contract]) -> str:
    """The Markdown of ``docs/dictionary.md``: a Chinese part, then an English one."""
    known = list(contracts)
    parts = [NOTICE, *(_part(known, language) for language in ("zh", "en"))]
    return "\n\n".join(parts) + "\n"


def required_text(contract: Contract, column: Column, language: str | None = None) -> str:
    """When a value must be given, in words; empty if never."""
    if EVERY_LAYOUT in column.required_in:
        return text("contract.word_always", language)
    parts = [contract.layout(name).title for name in column.required_in]
    if column.required_when:
        header, values = contract.column(column.required_when.column).header, column.required_when.values
        parts.append(text("contract.word_when", language, column=header, values=", ".join(values)))
    return ", ".join(parts)


def kind_text(column: Column, language: str | None = None) -> str:
    """What kind of text the column holds, with its length or unit."""
    words = text(f"contract.kind_{column.kind}", language)
    if column.maximum_length and column.kind not in CODE_KINDS:
        return text("contract.kind_with_length", language, kind=words, length=column.maximum_length)
    if column.unit:
        unit = text(f"contract.unit_{column.unit.replace(' ', '_')}", language)
        return text("contract.kind_with_unit", language, kind=words, unit=unit)
    return words


def meaning(column: Column, language: str | None = None) -> str:
    """The column's description in ``language``."""
    return column.description if language == "en" else column.description_chinese


def _part(contracts: list[Contract], language: str) -> str:
    tables = [_table(contract, language) for contract in contracts]
    return "\n\n".join([f"# {text('contract.dictionary_title', language)}", *tables])


def _table(contract: Contract, language: str) -> str:
    described = contract.description if language == "en" else contract.description_chinese
    headings = [text(f"contract.heading_{heading}", language) for heading in HEADINGS]
    rows = [_row(contract, column, language) for column in contract.columns]
    lines = [headings, ["---"] * len(headings), *rows]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return f"## {contract.title} `{contract.id}`\n\n{described}\n\n{table}"


def _row(contract: Contract, column: Column, language: str) -> list[str]:
    values = ", ".join(f"{one.value} ({one.label})" if language == "en" else one.value for one in column.values)
    cells = [
        f"`{column.name}`",
        column.header,
        meaning(column, language),
        kind_text(column, language),
        required_text(contract, column, language),
        text(f"contract.sensitivity_{column.sensitivity}", language),
        values,
        column.defined_by,
    ]
    return [cell.replace("|", "\\|") for cell in cells]
