"""Several facts in one cell, taken apart: a date, a code or a number is found, the rest is the other fact.

Seen in the real tables: "示例市市场监督管理局，2015年3月3日", "某公司（统一社会信用代码：91…）", "依据《…法》第八十条，处罚款".
Nothing is guessed: a cell without the fact that is looked for goes whole to the other column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks.meaning.persons import HAN, SURNAMES
from connectors.contract.model import CODE_KINDS, DATE_KINDS, Column

# Facts: those of ``FACTS``, period, person, and applied (the laws cited but for those said to be broken).
Part = Literal["found", "rest", "whole", "first", "last"]

_YEAR = r"(?:(?:18|19|20|９)\d{2}|[〇零○一二][〇零○一二三四五六七八九]{3})"
_DAY = rf"{_YEAR}\s*[年\-/.]\s*[\d一二三四五六七八九十]{{1,3}}\s*[月\-/.]\s*[\d一二三四五六七八九十]{{1,3}}\s*日?"
_EIGHT = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_YEAR_IN_BRACKETS = r"[〔\[【（(［]\s*(?:19|20)\d{2}\s*[〕\]】）)］]"
_ARTICLE = r"第[一二三四五六七八九十百零〇\d]+[条款项目]?(?:第?[(（]?[一二三四五六七八九十百零〇\d]+[)）]?[款项目])*"
_CITATION = rf"《[^《》]+》(?:\s*(?:（[^（）]*）)?[\s、,，和及]*{_ARTICLE})*"

FACTS = {
    "date": rf"(?:{_DAY}|{_EIGHT})",
    "code": r"(?:[0-9A-HJ-NP-RT-UW-Ya-hj-np-rt-uw-y]{18}|\d{15}|\d{13}|[0-9A-Z]{8}-[0-9X]|[0-9A-Z]{8}[0-9X])",
    "identity": r"(?:\d{17}[\dXx]|\d{15}|\d{3,6}[*＊×]{4,}[\dXx]{0,4})",
    "document_number": rf"(?:[^\s,，;；。]{{0,40}}?{_YEAR_IN_BRACKETS}\s*第?[^\s,，;；。〔（(\[]{{0,12}}?号)",
    "certificate_number": rf"(?:[^\s,，;；。、:：（(]{{0,16}}字)?(?:{_YEAR_IN_BRACKETS})?第?[0-9A-Za-z][\w\-/.]{{3,30}}号?",
    "citation": rf"{_CITATION}(?:[\s、,，;；和及与]*(?:\d+[.、．])?\s*{_CITATION})*",
}
# The law that was broken: beside the facts it is no basis of the penalty.
_BROKEN = rf"(?:违反|违背|不符合)[^《》，,。；;]{{0,12}}{FACTS['citation']}"
# A person behind an enterprise, apart from it by a mark, or said to be its representative: （宁波） is a place.
_REPRESENTATIVE = r"(?:法定代表人|法人代表|(?:主要)?负责人|经营者)(?:姓名)?[:：\s]*"
_BEHIND_AN_ENTERPRISE = (
    r"(?s)^(?P<rest>.*(?:公司|厂|店|行|社|馆|超市|商场|房|诊所|医院|中心|部|室|场|院|户|集团|合伙）?))"
    rf"(?:[\s、,，;；/|]+(?:{_REPRESENTATIVE})?|[（(\s、,，;；/|]+{_REPRESENTATIVE})"
    rf"(?P<found>[{SURNAMES}][{HAN}]{{1,2}})[）)\s]*$"
)
_NO_PERSON = r"[店厂部社行馆所站铺坊局院室场]$"
# What stands before a fact to say what it is.
_LABEL = (
    r"(?:(?:统一)?社会信用代码|组织机构代码|(?:工商)?注册号|登记号|信用代码|代码|税号|(?:居民)?身份证(?:号码|号)?|证件号码"
    r"|(?:决定书)?文号|编号|日期|时间)"
)
_APART = r"[\s,，.。;；、:：（()）\[\]【】|/]"
_PERIOD = (
    rf"^\s*(?:自|从)?(?P<first>{FACTS['date']})[起始]?\s*(?:至|到|-{{1,2}}|—{{1,2}}|~|～|－|起至)"
    rf"\s*(?P<last>{FACTS['date']}|长期|永久)[止]?\s*$"
)


@dataclass(frozen=True)
class Take:
    """Which part of a cell feeds a column: the ``fact`` (a key of ``FACTS``, or period), or what it leaves."""

    fact: str
    part: Part


def fact_of(column: Column) -> str | None:
    """The fact by which a column's value is found beside another one, or None."""
    if column.kind in DATE_KINDS:
        return "date"
    if column.kind in CODE_KINDS:
        return "code"
    if column.kind == "document_number":
        return "document_number"
    if column.kind == "identifier" and column.sensitivity == "personal":
        return "identity"
    if column.name == "legal_representative":
        return "person"
    return "citation" if column.name.endswith("_basis") else None


def taken(take: Take, cells: pa.StringArray) -> pa.StringArray:
    """The part of each of ``cells`` that ``take`` names; null where the fact is not there (the rest is then the whole)."""
    if take.part == "whole":
        return cells
    if take.fact == "period":
        found = pc.struct_field(pc.extract_regex(cells, _PERIOD), take.part)
        # What is no period from a day to a day is until when: a day, or 长期.
        return found if take.part == "first" else pc.coalesce(found, cells)
    if take.fact in ("citation", "applied"):
        if take.fact == "applied" and take.part == "found":
            cells = pc.replace_substring_regex(cells, _BROKEN, "")
        found = pc.extract_regex(cells, rf"(?s)(?P<found>{FACTS['citation']})")
        return pc.struct_field(found, "found") if take.part == "found" else cells
    if take.fact == "person":
        return _person(take, cells)
    end = pc.extract_regex(cells, _at_end(take.fact))
    start = pc.extract_regex(cells, _at_start(take.fact))
    found = pc.coalesce(pc.struct_field(end, "found"), pc.struct_field(start, "found"))
    if take.part == "found":
        return found
    rest = pc.coalesce(pc.struct_field(end, "rest"), pc.struct_field(start, "rest"))
    rest = pc.replace_substring_regex(rest, rf"{_APART}*(?:{_LABEL}{_APART}*)?$", "")
    rest = pc.replace_substring_regex(rest, r"^[\s,，.。;；、:：|/]+", "")
    return pc.coalesce(rest, cells)


def _person(take: Take, cells: pa.StringArray) -> pa.StringArray:
    parted = pc.extract_regex(cells, _BEHIND_AN_ENTERPRISE)
    found = pc.struct_field(parted, "found")
    is_person = pc.invert(pc.match_substring_regex(found, _NO_PERSON))
    if take.part == "found":
        return pc.if_else(pc.fill_null(is_person, False), found, None)
    return pc.if_else(pc.fill_null(is_person, False), pc.struct_field(parted, "rest"), cells)


def _at_end(fact: str) -> str:
    before = {
        "code": r"(?P<rest>|.*?[^0-9A-Za-z])",
        "identity": r"(?P<rest>|.*?[^0-9A-Za-z])",
        "certificate_number": r"(?P<rest>.+?(?:[\s,，;；。、:：|（(]|[证书照]))",
        "document_number": r"(?P<rest>|.*?(?:[\s,，;；。、:：|]|案))[（(]?",
    }.get(fact, r"(?P<rest>.*?)")
    return rf"(?s)^{before}(?P<found>{FACTS[fact]}){_APART}*$"


def _at_start(fact: str) -> str:
    label = rf"(?:{_LABEL}[:：]?)?"
    after = r"(?P<rest>|[^0-9A-Za-z].*)" if fact in ("code", "identity") else r"(?P<rest>.*)"
    return rf"(?s)^{_APART}*{label}(?P<found>{FACTS[fact]}){after}$"
