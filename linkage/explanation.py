"""Why a record is linked to its enterprise, and why not to another one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from lake.errors import TerminalError
from lake.messages import text
from lake.settings import TIME_ZONE
from linkage.evidence import Step, steps
from linkage.models import shown_name
from linkage.wording import worded

_COMPARED = (
    "name_key",
    "name_brand",
    "name_trade",
    "name_form",
    "name_branch",
    "name_division",
    "division_code",
)
_OF_A_PERSON = frozenset({"name_key", "name_brand"})


class Comparison(BaseModel):
    """One field as the record and as the register have it; ``agrees`` is null where either has nothing."""

    model_config = ConfigDict(frozen=True)

    field: str
    written: str | None
    registered: str | None
    agrees: bool | None


class Move(BaseModel):
    """A move of the subject in the history of links; ``cause`` as ``transforms.link_history`` has it."""

    model_config = ConfigDict(frozen=True)

    seen_at: datetime
    from_uscc: str | None
    to_uscc: str | None
    cause: str
    decision_number: str | None

    def __str__(self) -> str:
        """In words, in the current language."""
        day = f"{self.seen_at.astimezone(TIME_ZONE):%Y-%m-%d %H:%M}"
        cause = worded("cause", self.cause)
        return text("linkage.moved", at=day, before=self.from_uscc or "—", after=self.to_uscc or "—", cause=cause)


class Site(BaseModel):
    """A filing, site or shop that the record names, and the report (record type and id) that says whose it is."""

    model_config = ConfigDict(frozen=True)

    kind: str
    key: str
    contract: str
    record: str

    def __str__(self) -> str:
        """In words, in the current language."""
        kind = text(f"linkage.site_{self.kind}")
        return text("linkage.explained_site", kind=kind, key=self.key, contract=self.contract, record=self.record)


class Explanation(BaseModel):
    """A link, or why there is none, per role of the record. ``distance``: confidence less that of the runner-up.

    ``reason`` is why the enterprise considered is not linked automatically; ``steps`` are empty for any enterprise but the
    best candidate. Names of natural persons are masked.
    """

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
    runner_up_name: str | None
    distance: float | None
    decision_number: str | None
    fields: tuple[Comparison, ...]
    steps: tuple[Step, ...] = ()
    moves: tuple[Move, ...] = ()
    sites: tuple[Site, ...] = ()

    def __str__(self) -> str:
        """In words, in the current language."""
        marks = {True: "=", False: "≠", None: "·"}
        lines = [self.headline, self.verdict, *map(str, self.sites)]
        if self.ruling:
            lines.append(self.ruling)
        if self.runner_up_uscc:
            lines.append(self.second)
        lines += [
            f"  {marks[f.agrees]} {worded('field', f.field)}: {f.written or '—'} | {f.registered or '—'}"
            for f in self.fields
            if f.written or f.registered
        ]
        return "\n".join([*lines, *map(str, self.moves)])

    @property
    def headline(self) -> str:
        """Who is considered, and what became of it."""
        return text(
            "linkage.explained",
            role=worded("role", self.role),
            status=text(f"linkage.status_{self.status}"),
            enterprise=self.registered_name or "—",
            uscc=self.considered_uscc or "—",
        )

    @property
    def verdict(self) -> str:
        """Method, confidence, and what stands against it."""
        if self.decision_number and self.method == "decided" and self.uscc:
            return text("linkage.explained_decided", number=self.decision_number)
        how = text("linkage.explained_how", method=worded("method", self.method), confidence=f"{self.confidence:.4%}")
        return f"{how}{text('linkage.explained_against', reason=worded('reason', self.reason))}" if self.reason else how

    @property
    def ruling(self) -> str | None:
        """The decision that stands against what would be linked otherwise, where there is one."""
        if self.decision_number is None or self.uscc:
            return None
        return text("linkage.explained_decided", number=self.decision_number)

    @property
    def second(self) -> str:
        """The runner-up and how far behind it is."""
        distance = "—" if self.distance is None else f"{self.distance:.4%}"
        name, uscc = self.runner_up_name or "—", self.runner_up_uscc or "—"
        return text("linkage.explained_second", enterprise=name, uscc=uscc, distance=distance)


def explain(connection: duckdb.DuckDBPyConnection, record: str, history: str | None = None) -> list[Explanation]:
    """Every role's link of a record; ``connection`` is the warehouse, ``history`` the relation of past moves.

    Raises ``TerminalError`` for an unknown record.
    """
    return [
        _explanation(connection, link, link["best_uscc"], tuple(steps(connection, link))).model_copy(
            update={"moves": _moves(connection, link, history)}
        )
        for link in _links(connection, record)
    ]


def _moves(connection: duckdb.DuckDBPyConnection, link: dict[str, Any], history: str | None) -> tuple[Move, ...]:
    if history is None:
        return ()
    found = _rows(
        connection,
        f"select seen_at, from_uscc, to_uscc, cause, decision_number from {history}"
        " where contract_id = ? and business_key = ? and role = ? order by seen_at",
        [link["contract_id"], link["business_key"], link["role"]],
    )
    return tuple(Move(**row) for row in found)


def why_not(connection: duckdb.DuckDBPyConnection, record: str, uscc: str) -> list[Explanation]:
    """What forbids linking a record to an enterprise; raises ``TerminalError`` for an enterprise that is not registered."""
    known = connection.execute("select 1 from identity.enterprise where uscc = ?", [uscc]).fetchone()
    if known is None:
        raise TerminalError("linkage.enterprise_unknown", uscc=uscc)
    return [_beside(connection, link, uscc) for link in _links(connection, record)]


def _beside(connection: duckdb.DuckDBPyConnection, link: dict[str, Any], uscc: str) -> Explanation:
    """The enterprise asked for in place of the one chosen, as the queue has it or as no candidate at all."""
    shown = _explanation(connection, link, uscc)
    if uscc == link["best_uscc"]:
        return shown
    found = _rows(
        connection,
        "select method, reason, score from identity.review_candidate where record_id = ? and role = ? and uscc = ?",
        [link["record_id"], link["role"], uscc],
    )
    other = {"method": None, "reason": _why_other(link), "confidence": 0.0}
    if found:
        other = {"method": found[0]["method"], "reason": found[0]["reason"], "confidence": found[0]["score"]}
    return shown.model_copy(update={**other, "runner_up_uscc": None, "runner_up_name": None, "distance": None})


def _why_other(link: dict[str, Any]) -> str:
    if link["status"] == "linked":
        return "linked_to_other"
    return "not_among_candidates" if link["best_uscc"] else str(link["reason"])


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: list[str]) -> list[dict[str, Any]]:
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _links(connection: duckdb.DuckDBPyConnection, record: str) -> list[dict[str, Any]]:
    links = _rows(connection, "select * from identity.subject_link where record_id = ? order by role", [record])
    if not links:
        raise TerminalError("linkage.record_unknown", record=record)
    return links


def _explanation(
    connection: duckdb.DuckDBPyConnection, link: dict[str, Any], uscc: str | None, evidence: tuple[Step, ...] = ()
) -> Explanation:
    written = _rows(
        connection,
        "select * from identity.subject_reading where record_id = ? and role = ?",
        [link["record_id"], link["role"]],
    )
    left, right = (written or [{}])[0], _registered(connection, uscc, (written or [{}])[0].get("name_key"))
    runner_up = _registered(connection, link["runner_up_uscc"], None)
    sites = _sites(connection, link) if link["method"] == "operator" and uscc == link["best_uscc"] else ()
    fields = [_compared("uscc", left.get("uscc") or left.get("code_raw"), uscc)]
    fields += [_compared(name, left.get(name), right.get(name)) for name in _COMPARED]
    if link["is_natural_person"] or right.get("name_shown") != right.get("name_raw"):
        fields = [_masked(one) for one in fields]
    return Explanation(
        record_id=link["record_id"],
        role=link["role"],
        status=link["status"],
        uscc=link["uscc"],
        considered_uscc=uscc,
        registered_name=_name(right, link),
        method=link["method"],
        reason=link["reason"],
        confidence=link["confidence"] or 0.0,
        runner_up_uscc=link["runner_up_uscc"],
        runner_up_name=_name(runner_up, link),
        distance=link["distance"],
        decision_number=link["decision_number"],
        fields=tuple(fields),
        steps=evidence,
        sites=sites,
    )


def _sites(connection: duckdb.DuckDBPyConnection, link: dict[str, Any]) -> tuple[Site, ...]:
    found = _rows(
        connection,
        "select distinct said.key_kind as kind, said.site_key as key, holders.contract_id as contract,"
        " holders.record_id as record from identity.record_site as said"
        " inner join identity.record_site as reports using (key_kind, site_key)"
        " inner join identity.subject_link as holders"
        " on reports.record_id = holders.record_id and reports.role = holders.role"
        " where said.record_id = ? and said.role = ? and reports.is_report and holders.uscc = ? order by all",
        [link["record_id"], link["role"], link["best_uscc"]],
    )
    return tuple(Site(**row) for row in found)


def _registered(connection: duckdb.DuckDBPyConnection, uscc: str | None, name_key: str | None) -> dict[str, Any]:
    """The name of an enterprise that the record writes, else the one it bears now."""
    found = _rows(
        connection,
        f"select *, {shown_name('name_raw', 'uscc')} as name_shown from identity.enterprise_name where uscc = ?"
        " order by name_key = ? desc nulls last, is_current desc",
        [uscc or "", name_key or ""],
    )
    return found[0] if found else {}


def _name(registered: dict[str, Any], link: dict[str, Any]) -> str | None:
    name = registered.get("name_shown")
    return _mask(name) if link["is_natural_person"] else name


def _mask(name: str | None) -> str | None:
    return None if name is None else f"{name[:1]}**"


def _masked(field: Comparison) -> Comparison:
    if field.field not in _OF_A_PERSON:
        return field
    return field.model_copy(update={"written": _mask(field.written), "registered": _mask(field.registered)})


def _compared(field: str, written: str | None, registered: str | None) -> Comparison:
    agrees = None if written is None or registered is None else written == registered
    return Comparison(field=field, written=written, registered=registered, agrees=agrees)
