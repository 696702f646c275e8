"""Licences and penalties: what departments exchange under double publicity (双公示), layouts of 2018 and 2016."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from example_region import authorities
from example_region.columns import choose, date_text, join, number, repeated, time_text, untidy_date
from example_region.dirt import damage_lines, require, soil, spoil_dates
from example_region.enterprises import TODAY, Enterprises
from example_region.randomness import Draws, Indices
from example_region.rows import Rows, interleave, occurrences, with_repeats
from example_region.subjects import Written, write

_DAY = 86400
_WITHDRAWN = {"licence_state": "2", "record_state": "撤销"}
_PENALTIES = {
    "警告": 0.1,
    "罚款": 0.45,
    "罚款；没收违法所得": 0.25,
    "警告；罚款": 0.1,
    "责令停产停业": 0.02,
    "吊销许可证件": 0.02,
}


@dataclass(frozen=True)
class Office:
    """A department that decides: its name after the district, the word of its document numbers, how often it decides.

    ``subjects``: what its licences or cases are about, as ``title|text|legal basis``.
    """

    department: str
    number: int
    word: str
    rate: float
    subjects: tuple[str, ...]
    has_amounts: bool = True

    def column(self, position: int, choice: Indices) -> pa.Array:
        """One part of the chosen subjects."""
        return pa.array([subject.split("|")[position] for subject in self.subjects]).take(pa.array(choice))


def _category(enterprises: Enterprises, kind: np.ndarray) -> pa.Array:
    text = choose(enterprises.is_individual, "个体工商户", "法人及非法人组织")
    return choose(kind == "natural_person", "自然人", text)


def _serial(keys: Indices, width: int = 7) -> pa.Array:
    """A number that no two occurrences share."""
    return number(keys, width)


def _common(office: Office, enterprises: Enterprises, draws: Draws) -> tuple[dict[str, pa.Array], Indices]:
    """What licences and penalties share, and the day of the decision."""
    earliest = np.maximum(enterprises.established + 20, TODAY - 2200)
    day = earliest + draws.integers("day", 0, np.maximum(TODAY - 3 - earliest, 1))
    name = authorities.named(enterprises.place, office.department)
    code = authorities.coded(enterprises.place, office.number)
    updated = (day + draws.integers("updated", 1, 8)) * _DAY + draws.integers("updated/time", 9 * 3600, 18 * 3600)
    columns = {
        "legal_representative": enterprises.operator,
        "decision_date": untidy_date(day, draws, "decision_date"),
        "authority_name": name,
        "authority_uscc": code,
        "source_unit_name": name,
        "source_unit_uscc": code,
        "place_code": number(enterprises.division),
        "remark": choose(draws.chance("remark", 0.03), "补报", None),
        "source_updated_at": time_text(np.minimum(updated, (TODAY - 2) * _DAY)),
    }
    return columns, day


def licence(office: Office, seed: int, count: int, index: Indices) -> Rows:
    """Licences of one office; 4 % are withdrawn or extended later."""
    stream = f"licence/{office.number}"
    occurring, keys = occurrences(seed, stream, index, office.rate, heavy=0.0)
    enterprises, draws = Enterprises(seed, occurring), Draws(seed, stream, keys)
    written, truth = write(enterprises, draws, count=count, role="counterpart", keys=keys)
    columns, day = _common(office, enterprises, draws)
    choice = draws.integers("subject", 0, len(office.subjects))
    years = draws.integers("years", 1, 6)
    until = date_text(day + 365 * years - 1)
    until = choose(
        draws.chance("long", 0.1), draws.pick("long/word", pa.array(["2099-12-31", "9999-09-09", "长期"])), until
    )
    year = date_text(day, "%Y")
    short = authorities.short(enterprises.place)
    columns |= _subject_columns(written, enterprises, truth.kind)
    columns |= {
        "decision_document_name": join("准予", office.column(0, choice), "许可决定书"),
        "decision_number": join("（", short, "）", office.word, "许〔", year, "〕", _serial(keys), "号"),
        "licence_category": draws.pick("category", pa.array(["普通", "普通", "核准", "登记"])),
        "certificate_name": office.column(0, choice),
        "licence_number": join("JY", number(enterprises.division), _serial(keys, 9)),
        "licence_content": office.column(1, choice),
        "valid_from_date": date_text(day),
        "valid_to_date": until,
        "licence_state": repeated("1", len(keys)),
    }
    rows = Rows.of(columns, [truth], keys)
    require(rows, "counterpart_name")
    soil(rows, draws, placeholders=("legal_representative", "remark"), sentinels=("valid_from_date",))
    spoil_dates(rows, draws, "decision_date")
    damage_lines(rows, draws)
    return with_repeats(_later(rows, draws, day, "licence_state", share=0.04), seed, stream, 0.004)


def _subject_columns(written: Written, enterprises: Enterprises, kind: np.ndarray) -> dict[str, pa.Array]:
    return {
        "counterpart_name": written.name,
        "counterpart_category": _category(enterprises, kind),
        "uscc": written.uscc,
        "registration_number": written.registration_number,
        "organisation_code": written.organisation_code,
    }


def _later(rows: Rows, draws: Draws, day: Indices, column: str, *, share: float) -> Rows:
    """Some records again, withdrawn: half of them in the later file, half early, before the record they replace."""
    again = draws.chance("again", share) & rows.is_clean
    late = draws.chance("again/late", 0.5)[again]
    second = rows.take(np.flatnonzero(again))
    moved = np.minimum((day + 90) * _DAY, (TODAY - 1) * _DAY)[again]
    second.columns[column] = repeated(_WITHDRAWN[column], len(second))
    second.columns["source_updated_at"] = time_text(moved + 3600)
    second.version = np.where(late, 1, 0)
    rows.version[np.flatnonzero(again)] = np.where(late, 0, 1)
    return interleave(rows, second, np.flatnonzero(again))


def _amounts(draws: Draws, kind: np.ndarray) -> tuple[Indices, Indices]:
    """Fine and confiscated amount in yuan."""
    fines = np.array([200, 500, 1000, 2000, 3000, 5000, 8000, 10000, 30000, 50000, 100000, 300000])
    has_fine = np.isin(kind, ("罚款", "罚款；没收违法所得", "警告；罚款"))
    fine = np.where(has_fine, fines[draws.integers("fine", 0, len(fines))], 0)
    confiscated = np.where(kind == "罚款；没收违法所得", draws.integers("confiscated", 50, 90000), 0)
    return fine, confiscated


def _in_ten_thousands(yuan: Indices) -> pa.Array:
    """Yuan written in 万元 without trailing zeros; null for nothing."""
    texts = [None if value == 0 else f"{value / 10000:.4f}".rstrip("0").rstrip(".") for value in yuan.tolist()]
    return pa.array(texts, pa.string())


def _contents(office: Office, draws: Draws) -> dict[str, pa.Array]:
    """What was done and decided: violation, basis, category, content and amounts."""
    choice = draws.integers("subject", 0, len(office.subjects))
    shares = {
        "警告": 0.1,
        "罚款": 0.45,
        "罚款；没收违法所得": 0.25,
        "警告；罚款": 0.1,
        "责令停产停业": 0.02,
        "吊销许可证件": 0.02,
    }
    kind = draws.share("penalty", shares)
    kind = np.where(kind == "", "没收违法所得", kind)
    fine, confiscated = _amounts(draws, kind)
    content = choose(fine > 0, join("罚款", number(fine), "元"), pa.array(kind))
    content = choose(confiscated > 0, join(content, "；没收违法所得", number(confiscated), "元"), content)
    return {
        "violation_type": office.column(0, choice),
        "violation_facts": join("当事人", office.column(1, choice), "，事实清楚，证据确凿。"),
        "penalty_basis": office.column(2, choice),
        "penalty_category": pa.array(kind),
        "penalty_content": content,
        "fine_amount_yuan": _in_ten_thousands(fine),
        "confiscated_amount_yuan": _in_ten_thousands(confiscated),
        "suspended_certificate": choose(kind == "吊销许可证件", "食品经营许可证", None),
    }


def penalty(office: Office, seed: int, count: int, index: Indices, *, is_collected: bool = False) -> Rows:
    """Penalty decisions of one office; some are corrected or withdrawn later, in any order of arrival.

    ``is_collected``: taken from bureau sites, where number and date are often missing but the title always stands.
    """
    stream = f"penalty/{office.number}"
    occurring, keys = occurrences(seed, stream, index, office.rate)
    enterprises, draws = Enterprises(seed, occurring), Draws(seed, stream, keys)
    written, truth = write(enterprises, draws, count=count, role="counterpart", keys=keys)
    columns, day = _common(office, enterprises, draws)
    columns |= _subject_columns(written, enterprises, truth.kind) | _contents(office, draws)
    columns |= {
        "decision_number": _decision_number(office, enterprises, draws, day, keys),
        "case_name": join(truth.name, columns["violation_type"], "案"),
        "penalty_valid_until_date": date_text(day + 365),
        "publicity_end_date": date_text(day + 1095),
        "record_state": repeated("0", len(keys)),
        "source_url": join("http://scjg.canglan.example/xzcf/", _serial(keys), ".html"),
    }
    columns["violation_facts"] = _with_line_break(columns["violation_facts"], draws)
    rows = Rows.of(columns, [truth], keys)
    if is_collected:
        for column, share in (("decision_number", 0.3), ("decision_date", 0.4)):
            columns[column] = choose(draws.chance(column + "/absent", share), None, columns[column])
        return with_repeats(rows, seed, stream, 0.004)
    require(rows, "counterpart_name")
    soil(rows, draws, placeholders=("legal_representative", "remark"), sentinels=("penalty_valid_until_date",))
    soil(rows, draws, amounts=("fine_amount_yuan",) if office.has_amounts else ())
    spoil_dates(rows, draws, "decision_date")
    damage_lines(rows, draws)
    return with_repeats(_later(rows, draws, day, "record_state", share=0.06), seed, stream, 0.004)


def _decision_number(office: Office, enterprises: Enterprises, draws: Draws, day: Indices, keys: Indices) -> pa.Array:
    year = date_text(day, "%Y")
    short = authorities.short(enterprises.place)
    modern = join(short, office.word, "罚〔", year, "〕", _serial(keys), "号")
    return choose(
        draws.chance("number/square", 0.1), join(short, office.word, "罚字[", year, "]第", _serial(keys), "号"), modern
    )


def _with_line_break(text: pa.Array, draws: Draws) -> pa.Array:
    """A few cells with a line break, a comma and a quote in them, as pasted from a document."""
    pasted = pc.replace_substring(text, "，", ',\n经查"属实"，')
    return choose(draws.chance("pasted", 0.01), pasted, text)
