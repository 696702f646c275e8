"""Why a record is linked to its enterprise, and why not to another one."""

from __future__ import annotations

from html import escape
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from lake.errors import TerminalError
from lake.messages import text

_COMPARED = (
    "name_key",
    "name_folded",
    "name_brand",
    "name_trade",
    "name_form",
    "name_branch",
    "name_division",
    "division_code",
)
_BAR_WIDTH = 240
_ROW_HEIGHT = 24


class Comparison(BaseModel):
    """One field as the record and as the register have it; ``agrees`` is null where either has nothing."""

    model_config = ConfigDict(frozen=True)

    field: str
    written: str | None
    registered: str | None
    agrees: bool | None


class Explanation(BaseModel):
    """A link, or why there is none, per role of the record."""

    model_config = ConfigDict(frozen=True)

    record_id: str
    role: str
    status: str
    uscc: str | None
    considered_uscc: str | None
    registered_name: str | None
    method: str | None
    reason: str | None
    confidence: float
    runner_up_uscc: str | None
    distance: float | None
    fields: tuple[Comparison, ...]

    def __str__(self) -> str:
        """In words, in the current language."""
        marks = {True: "=", False: "≠", None: "·"}
        head = text(
            "linkage.explained",
            role=self.role,
            status=text(f"linkage.status_{self.status}"),
            enterprise=self.registered_name or "—",
            uscc=self.considered_uscc or "—",
            method=self.method or "—",
            reason=self.reason or "—",
            confidence=f"{self.confidence:.5f}",
            runner_up=self.runner_up_uscc or "—",
        )
        lines = [f"  {marks[f.agrees]} {f.field}: {f.written or '—'} | {f.registered or '—'}" for f in self.fields]
        return "\n".join([head, *lines])


def explain(connection: duckdb.DuckDBPyConnection, record: str) -> list[Explanation]:
    """Every role's link of a record; ``connection`` is the warehouse. Raises ``TerminalError`` for an unknown record."""
    return [_explanation(connection, link, link["best_uscc"]) for link in _links(connection, record)]


def why_not(connection: duckdb.DuckDBPyConnection, record: str, uscc: str) -> list[Explanation]:
    """The same as ``explain`` beside another enterprise than the one chosen; raises ``TerminalError`` if it is unknown."""
    known = connection.execute("select 1 from identity.enterprise where uscc = ?", [uscc]).fetchone()
    if known is None:
        raise TerminalError("linkage.enterprise_unknown", uscc=uscc)
    return [_explanation(connection, link, uscc) for link in _links(connection, record)]


def chart(explanation: Explanation) -> str:
    """The fields that agreed and disagreed as an SVG fragment: bars to the right speak for the link, to the left against."""
    height = _ROW_HEIGHT * (len(explanation.fields) + 1)
    rows = []
    for place, compared in enumerate(explanation.fields):
        top = place * _ROW_HEIGHT + 4
        label = escape(f"{compared.field}: {compared.written or '—'} | {compared.registered or '—'}")
        if compared.agrees is not None:
            left, colour = (_BAR_WIDTH, "#2f7d4f") if compared.agrees else (_BAR_WIDTH - 60, "#b3402e")
            rows.append(f'<rect x="{left}" y="{top}" width="60" height="16" fill="{colour}"/>')
        rows.append(f'<text x="{_BAR_WIDTH + 72}" y="{top + 13}" font-size="13">{label}</text>')
    title = escape(f"{explanation.method or ''} {explanation.confidence:.5f}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" role="img"><title>{title}</title>'
        f'<line x1="{_BAR_WIDTH}" y1="0" x2="{_BAR_WIDTH}" y2="{height}" stroke="#888"/>{"".join(rows)}</svg>'
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: list[str]) -> list[dict[str, Any]]:
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _links(connection: duckdb.DuckDBPyConnection, record: str) -> list[dict[str, Any]]:
    links = _rows(connection, "select * from identity.subject_link where record_id = ? order by role", [record])
    if not links:
        raise TerminalError("linkage.record_unknown", record=record)
    return links


def _explanation(connection: duckdb.DuckDBPyConnection, link: dict[str, Any], uscc: str | None) -> Explanation:
    written = _rows(
        connection,
        "select * from identity.subject_reading where record_id = ? and role = ?",
        [link["record_id"], link["role"]],
    )
    registered = _rows(
        connection, "select * from identity.enterprise_name where uscc = ? order by is_current desc", [uscc or ""]
    )
    left, right = (written or [{}])[0], (registered or [{}])[0]
    fields = [_compared("uscc", left.get("uscc") or left.get("code_raw"), uscc)]
    fields += [_compared(name, left.get(name), right.get(name)) for name in _COMPARED]
    return Explanation(
        record_id=link["record_id"],
        role=link["role"],
        status=link["status"],
        uscc=link["uscc"],
        considered_uscc=uscc,
        registered_name=right.get("name_raw"),
        method=link["method"],
        reason=link["reason"],
        confidence=link["confidence"] or 0.0,
        runner_up_uscc=link["runner_up_uscc"],
        distance=link["distance"],
        fields=tuple(fields),
    )


def _compared(field: str, written: str | None, registered: str | None) -> Comparison:
    agrees = None if written is None or registered is None else written == registered
    return Comparison(field=field, written=written, registered=registered, agrees=agrees)
