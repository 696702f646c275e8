"""The evidence of a link as steps, each with how sure one may be after it.

The sureness after a step is measured: it is the share of right links at that evidence (seed ``link_confidence``). For a slip
of the pen the steps are the parts of its score, in log-odds, with the weights that the models use (seed
``link_slip_weight``); the last step takes the score to the measured share.
"""

from __future__ import annotations

from math import exp, log
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from linkage.models import render, slip_evidence, slip_pairs

SUREST = 0.999999
Ladder = tuple[tuple[str, str, str], ...]
_CORE = ("brand_and_trade", "name_without_region_and_form", "without_region")
_FORM = ("form", "name_without_region", "without_region")
_FOLDED = ("region", "folded_name", "")
_CODE = ("code", "code", "")
_NEAR = ("near_code", "near_code", "")
LADDERS: dict[str, Ladder] = {
    "code_and_name": (_CODE,),
    "code_and_near_name": (_CODE,),
    "code_other_name": (_CODE,),
    "near_code_and_name": (_NEAR,),
    "near_code_and_near_name": (_NEAR,),
    "near_code_other_name": (_NEAR,),
    "name": (_CORE, _FORM, _FOLDED),
    "folded_name": (_CORE, _FORM),
    "name_without_form": (_CORE,),
    "name_without_region": (_CORE, _FORM),
    "name_without_region_and_form": (_CORE,),
}
"""Per method what is known before its last step: step, and the method and grade that have just this evidence."""
# Parts of the slip score by what they look at; the first that fits.
_GROUPS = (
    ("place", ("other_place", "place_lost")),
    ("address", ("same_address", "other_address")),
    ("form_differs", ("form_lost", "other_form")),
    ("telling_word", ("apart",)),
    ("doubled", ("doubled",)),
    ("sound", ("sounds_alike",)),
    (
        "zone",
        ("in_", "first_of_brand", "last_of_brand", "brand_of_", "has_branch", "short_place", "place_suffix", "before_"),
    ),
    ("short_brand", ("short_brand",)),
    ("neighbourhood", ("frame_usual", "brand_frame_usual", "head_of_", "placeless_")),
)


class Step(BaseModel):
    """A piece of evidence and the log-odds of a right link before and after it."""

    model_config = ConfigDict(frozen=True)

    code: str
    before: float
    after: float


def log_odds(share: float) -> float:
    """Log-odds of a share, kept within what can be measured."""
    kept = min(max(share, 1 - SUREST), SUREST)
    return log(kept / (1 - kept))


def share(odds: float) -> float:
    """The share of these log-odds."""
    return 1 / (1 + exp(-odds))


def steps(connection: duckdb.DuckDBPyConnection, link: dict[str, Any]) -> list[Step]:
    """Steps to a link of ``identity.subject_link``; ``connection`` is the warehouse. None when no candidate was found."""
    method, confidence = link["method"], float(link["confidence"] or 0)
    if method is None:
        return []
    if method.startswith("slip_"):
        return _slip_steps(connection, link, confidence)
    known = _confidences(connection)
    reached, found = log_odds(known.get(("shared_characters", ""), 0.01)), []
    for code, measured, grade in LADDERS.get(method, ()):
        after = log_odds(known.get((measured, grade), 0))
        found.append(Step(code=code, before=reached, after=after))
        reached = after
    return [*found, Step(code=f"method_{method}", before=reached, after=log_odds(confidence))]


def _confidences(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], float]:
    rows = connection.execute(
        "select method, coalesce(grade, ''), min(confidence) from policy.link_confidence group by all"
    )
    return {(method, grade): float(confidence) for method, grade, confidence in rows.fetchall()}


def _slip_steps(connection: duckdb.DuckDBPyConnection, link: dict[str, Any], confidence: float) -> list[Step]:
    parts = _slip_parts(connection, link)
    reached, found = 0.0, []
    for code, weight in parts.items():
        found.append(Step(code=code, before=reached, after=reached + weight))
        reached += weight
    return [*found, Step(code="measured", before=reached, after=log_odds(confidence))]


def _slip_parts(connection: duckdb.DuckDBPyConnection, link: dict[str, Any]) -> dict[str, float]:
    """Sums of evidence times weight by group, of the one pair, computed by the very models that link."""
    values = {"record": link["record_id"], "role": link["role"], "uscc": link["best_uscc"]}
    connection.execute(
        "create or replace temp table link_subject as select concat(record_id, '/', role) as subject_id, *"
        " from identity.subject_reading where record_id = $record and role = $role",
        {"record": values["record"], "role": values["role"]},
    )
    connection.execute(
        "create or replace temp table link_leftover as"
        " select subject_id, name_key, length(name_key) as name_length from link_subject"
    )
    connection.execute(
        "create or replace temp table enterprise_name as select * from identity.enterprise_name where uscc = $uscc",
        {"uscc": values["uscc"]},
    )
    connection.execute(f"create or replace temp table link_near_pair as {render('link_near_pair')}")
    connection.execute("drop table temp.enterprise_name")
    connection.execute("create or replace temp view enterprise_name as from identity.enterprise_name")
    for seed in ("link_slip_weight", "link_character_sound"):
        connection.execute(f"create or replace temp view {seed} as from policy.{seed}")
    for table in ("link_trigram", "link_bigram", "link_character", "link_brand_character"):
        connection.execute(f"create or replace temp view {table} as from identity.{table}")
    for model in ("link_slip_gram", "link_slip_frame", "link_slip"):
        connection.execute(f"create or replace temp table {model} as {render(model)}")
    terms = {name: f"slips.{name} * weights.{name}" for name in slip_evidence()}
    terms |= {f"{a}_and_{b}": f"slips.{a} * slips.{b} * weights.{a}_and_{b}" for a, b in slip_pairs()}
    row = connection.execute(
        f"select weights.intercept, {', '.join(terms.values())} from link_slip as slips"
        " inner join link_slip_weight as weights using (slip_kind)"
    ).fetchone()
    if row is None:
        return {}
    parts = {"one_slip": float(row[0])}
    for name, weight in zip(terms, row[1:], strict=True):
        group = next((code for code, starts in _GROUPS if name.startswith(starts)), "spelling")
        parts[group] = parts.get(group, 0.0) + float(weight or 0)
    return {code: weight for code, weight in parts.items() if abs(weight) > 1e-9}
