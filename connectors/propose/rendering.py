"""A draft as the YAML of a declaration, with what a person must look at as comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from connectors.contract.header_key import header_key
from connectors.contract.model import LIST_KINDS, Contract
from connectors.propose.draft import SAMPLE_VALUES, ColumnDraft, Draft, TableDraft
from lake.messages import text

_SHOWN_CHARACTERS = 24
# Long numbers that are no code of an enterprise may be anybody's.
_PERSONAL_CLASSES = ("person", "identity", "phone", "code", "letters")
_PERSONAL_HEADER = re.compile(r"姓名|身份证|证件|电话|手机|联系|住址|phone|tel|ident|mobile|person", re.IGNORECASE)
# A healthy delivery has about 80 % to 200 % of this one (the rule for bounds).
_LEAST, _MOST = 0.8, 2


def rendered(draft: Draft, system: str) -> str:
    """The declaration of ``system`` as YAML text; it passes the lint of declarations as it is."""
    stem = re.sub(r"\.(?:gz|zip)$", "", draft.file_name)
    lines = [
        *_comment(text("propose.title", file=draft.file_name)),
        *_comment(text("propose.how_to_read")),
        f"id: {system}",
        f"name: {_quoted(PurePath(stem).stem)}  # {text('propose.fill_in')}",
        f"department: {_quoted(text('propose.department'))}  # {text('propose.fill_in')}",
        f"owner: {{name: {_quoted(text('propose.owner'))}}}  # {text('propose.fill_in')}",
        f'way_in: {{kind: folder, location: "${{{system.upper()}_DROP}}"}}  # {text("propose.way_in")}',
        "feeds:",
    ]
    for contract, tables in _by_contract(draft.tables):
        lines += _feed(draft, contract, tables)
    for name in draft.left_out:
        lines += _comment(text("propose.left_out", table=name))
    return "\n".join(lines) + "\n"


def _by_contract(tables: Iterable[TableDraft]) -> list[tuple[Contract, list[TableDraft]]]:
    groups: dict[str, tuple[Contract, list[TableDraft]]] = {}
    for table in tables:
        groups.setdefault(table.contract.id, (table.contract, []))[1].append(table)
    return list(groups.values())


def _feed(draft: Draft, contract: Contract, tables: Sequence[TableDraft]) -> list[str]:
    rows = sum(table.rows for table in tables)
    others = ", ".join(f"{name} {score:.2f}" for name, score in tables[0].runners_up[1:] if score > 0)
    lines = [f"  - contract: {contract.id}  # {contract.title}"]
    if others:
        lines += _comment(text("propose.runners_up", others=others), 4)
    lines += [
        f"    mode: increment  # {text('propose.mode')}",
        f"    cadence: monthly  # {text('propose.fill_in')}",
        f"    files: [{_quoted(_pattern(draft.file_name))}]",
        f"    bounds: {{minimum: {int(rows * _LEAST)}, maximum: {max(1, rows * _MOST)}, period: month}}"
        f"  # {text('propose.bounds', rows=rows)}",
    ]
    sheets = [table.sheet for table in tables if table.sheet is not None]
    if sheets and len(draft.tables) + len(draft.left_out) > 1:
        lines += ["    reader:", f"      sheets: [{', '.join(_quoted(sheet) for sheet in sheets)}]"]
    lines += _header(contract, tables)
    for name in tables[0].missing:
        column = contract.column(name)
        lines += _comment(text("propose.missing", title=column.header, column=name), 4)
    return lines


def _header(contract: Contract, tables: Sequence[TableDraft]) -> list[str]:
    columns, differing = _agreed(tables)
    lines = _pins([column for column in columns if column.columns and column.reason != "alias"], contract)
    known = [column for column in columns if column.columns and column.reason == "alias"]
    lines += _comment(text("propose.known"), 4) if known else []
    lines += [f"    #   {_entry(column, contract)}" for column in known]
    opened = [column for column in columns if not column.columns and not column.is_row_number]
    if opened:
        lines += _comment(text("propose.open"), 4)
    lines += [f"    #   {_quoted(column.header)}: {_why(column, contract)}" for column in opened]
    lines += [line for header in differing for line in _comment(text("propose.differing", header=header), 4)]
    return lines


def _pins(mapped: Sequence[ColumnDraft], contract: Contract) -> list[str]:
    """What the contract does not say by itself: a pin is final, so a known header is better left to it and to its values."""
    lines = ["    header:", "      pins:"] if mapped else []
    for grade in (1, 2, 3):
        chosen = [column for column in mapped if column.grade == grade]
        lines += _comment(text(f"propose.grade_{grade}"), 8) if chosen else []
        lines += [f"        {_entry(column, contract)}" for column in chosen]
    return lines


def _entry(column: ColumnDraft, contract: Contract) -> str:
    target = column.columns[0] if len(column.columns) == 1 else f"[{', '.join(column.columns)}]"
    titles = "+".join(contract.column(name).header for name in column.columns)
    return f"{_quoted(column.header)}: {target}  # {titles}; {_why(column, contract)}"


def _agreed(tables: Sequence[TableDraft]) -> tuple[list[ColumnDraft], list[str]]:
    """Each header once: those that mean the same in all tables, and those that do not (left to be told table by table)."""
    by_key: dict[str, list[list[ColumnDraft]]] = {}
    for table in tables:
        own: dict[str, list[ColumnDraft]] = {}
        for column in table.columns:
            own.setdefault(header_key(column.header), []).append(column)
        for key, columns in own.items():
            by_key.setdefault(key, []).append(columns)
    agreed, differing = [], []
    for key, groups in by_key.items():
        meanings = {column.columns for columns in groups for column in columns}
        is_twice = any(len(columns) > 1 for columns in groups)
        first = min((columns[0] for columns in groups), key=lambda column: column.grade)
        if key and (len(meanings) > 1 or (is_twice and first.columns)):
            differing.append(first.header)
        elif key or first.profile.filled:
            agreed.append(first)
    return agreed, differing


def _why(column: ColumnDraft, contract: Contract) -> str:
    parts = [text(f"propose.reason_{column.reason}")]
    if column.suspected:
        parts.append(text("propose.suspected", column=column.suspected, title=contract.column(column.suspected).header))
    values = _shown_values(column, contract)
    parts.append(text("propose.values", values=values) if values else text("propose.no_values"))
    return "; ".join(parts)


def _shown_values(column: ColumnDraft, contract: Contract) -> str:
    is_personal = any(
        contract.column(name).sensitivity != "public" for name in (*column.columns, column.suspected) if name
    )
    is_listed = any(contract.column(name).kind in LIST_KINDS for name in column.columns)  # 有效 may be a name as well
    is_personal |= column.profile.share(*_PERSONAL_CLASSES) > 0 and not is_listed
    is_personal |= _PERSONAL_HEADER.search(column.header) is not None
    values = list(dict.fromkeys(column.profile.texts))[:SAMPLE_VALUES]
    return " | ".join(_masked(value) if is_personal else _short(value) for value in values)


def _masked(value: str) -> str:
    """First character and length only: enough to recognise the kind of value, not the person."""
    return value[:1] + "*" * min(len(value) - 1, 17)


def _short(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= _SHOWN_CHARACTERS else line[:_SHOWN_CHARACTERS] + "…"


def _pattern(name: str) -> str:
    """The file's name with its numbers open, below any folder."""
    return "**/" + re.sub(r"\d+", "*", re.sub(r"([\[\]?*])", "?", name))


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _comment(message: str, indent: int = 0) -> list[str]:
    return [f"{' ' * indent}# {line}" for line in message.splitlines()]
