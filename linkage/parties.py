"""Names inside sentences, titles and cells with several parties."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from linkage.names import words
from linkage.text import Booleans, Texts

_LABELS = (
    "当事人名称|当事人|被处罚人|被处罚单位|被检查单位|被抽样单位|单位名称|企业名称|公司名称|名称|生产商|生产企业|生产单位|生产者|制造商|"
    "经销商|经销单位|销售商|销售单位|供应商|供货商|进口商|代理商|委托方|委托单位|受托方|被委托方|被投诉人|被投诉单位|被举报人|被举报单位|"
    "违法主体|相对人|行政相对人|处罚对象|店铺名称|店铺|商家|经营者|甲方|乙方|申请人|被申请人"
)
_LABEL = re.compile(rf"\(?({_LABELS})\)?(?::|为|是|\))")
_LEADING = re.compile(
    r"(?:关于|针对|依法|经查明|经查实|经查|查明|查实|现查明|兹有|据查|我局|本局|我委|决定|拟|已|近日|日前|消费者|群众|投诉人|举报人|反映|投诉|举报|"
    r"通报|公布|公示|转发|给予|责令|查处|处罚|注销|吊销|撤销|要求|建议|检查|抽查|发现|向|从|由|在|因|就|与|和|及|将|把|对|到|于|请|"
    r"\d{4}年度?|\d{1,2}月(?:\d{1,2}日)?|第?\d+[、.)]|[一二三四五六七八九十]+[、.]|:|的|,)"
)
_STOP = r"[,，.。;；:：、!！?？(\[ ]|$"
_FIRM_TRAILING = rf"的|未|因|违|涉|在|存在|作出|行政处罚|虚假|不合格|擅自|无证|超范围|非法|拒|侵|假冒|拖欠|欺|误导|案|等|之|没有|逾期|被|{_STOP}"
_TRAILING = (
    r"销售|生产|经营|发布|使用|不|提供|从事|售|由|为|与|向|对|将|于|经|已|以|虽|是|有|进行|实施|安排|加工|利用|通过|采购|购|卖|发|宣|做|把|"
    rf"行政|处罚|{_FIRM_TRAILING}"
)
_FORM_WORDS = sorted(words()["forms"], key=len, reverse=True)
_LONG_FORMS = "|".join(re.escape(form) for form in _FORM_WORDS if len(form) > 1)
_SHORT_FORMS = "|".join(re.escape(form) for form in _FORM_WORDS if len(form) == 1)
_PARTNERS = r"(?:\((?:普通合伙|特殊普通合伙|有限合伙)\))?"
# From sure to unsure: a company; another form of two characters or more; a form of one character before a sure word.
_NAMES = (
    re.compile(rf"^(.{{2,60}}?公司)(?:{_TRAILING})"),
    re.compile(rf"^(.{{2,60}}?(?:{_LONG_FORMS}){_PARTNERS})(?:{_FIRM_TRAILING})"),
    re.compile(rf"^(.{{2,60}}?(?:{_SHORT_FORMS}){_PARTNERS})(?:{_FIRM_TRAILING})"),
)
_BRANCH_TAIL = re.compile(
    r"^[^,，。;；:：()未因违的涉对在]{0,16}?(?:分公司|支公司|经营部|营业部|门市部|门市|销售部|服务部|批发部|经销部|供应站|收购站|加油站|分店|连锁店|加盟店|专卖店|"
    rf"旗舰店|店|支行|分行|分理处|营业厅|营业所|储蓄所|办事处|代表处|支局|邮政所|分厂|厂|分社|部|站|餐厅|超市|市场|商场|专柜|柜台|车间|工区|基地|分院|工作室|(?:经销|销售|工程|管理|代销|营销|收购|服务|加工|施工)处|中心|酒店|宾馆|饭店|药房|车队|仓库|学校|医院|公司)(?={_TRAILING})"
)
_BREAK = re.compile(r"[,，.。;；!！?？\n\t|]+")
_HINT = re.compile(
    rf"{_LABEL.pattern}|^关于|^对|^经查|^投诉|^举报|^查处|^给予|决定书?|行政处罚|处罚|违法|违反|涉嫌|案$|案件|情况|问题|行为|通报|公示|公告|,|。|;|；|!|\?"
)
_ENDING = re.compile(
    rf"(?={_TRAILING.replace(_STOP, '[,，.。;；:：、!！?？ ]')}|[(\[](?:{_LABELS}|以下|下称|简称|原名))"
)
_SHORTEST = 4
_MOST_ALTERNATIVES = 40
_CODE = re.compile(
    r"(?:统一社会信用代码|社会信用代码|信用代码|组织机构代码|注册号|代码)?[:为]?\(?\s*((?<![0-9A-Z])[0-9A-Z]{15,20}(?![0-9A-Z]))\)?"
)
_CODE_WORDS = re.compile(r"\(?(?:统一社会信用代码|社会信用代码|信用代码|组织机构代码|注册号|代码)[:为]?\)?")


@dataclass(frozen=True)
class Party:
    """A name found in a text, with the role word before it if there was one."""

    name: str
    label: str | None


def looks_like_text(names: Texts) -> Booleans:
    """Rows whose name cell holds more than a name; ``names`` are normalised."""
    flagged = np.zeros(len(names), bool)
    whole = names.strings()
    for row, name in enumerate(whole):
        flagged[row] = bool(_HINT.search(name))
    return flagged


def find_parties(text: str) -> list[Party]:
    """The parties named in a normalised text (brackets as ( and ), no blanks), in order; empty when none is found."""
    labelled = list(_LABEL.finditer(text))
    if labelled:
        stops = [match.start() for match in labelled[1:]] + [len(text)]
        pieces = [(text[m.end() : stop], m.group(1)) for m, stop in zip(labelled, stops, strict=True)]
        found = [Party(name, label) for piece, label in pieces if (name := _first_name(piece))]
        if found:
            return found
        before = _first_name(text[: labelled[0].start()])
        return [Party(before, labelled[0].group(1))] if before else []
    name = _first_name(text)
    return [Party(name, None)] if name else []


def _first_name(text: str) -> str | None:
    for piece in _BREAK.split(text):
        for candidate in (piece[_starts(piece)[-1] :], piece):
            match = next((found for pattern in _NAMES if (found := pattern.match(candidate))), None)
            if match:
                rest = _BRANCH_TAIL.match(candidate[match.end(1) :])
                return match.group(1) + (rest.group(0) if rest else "")
    return None


def _starts(piece: str) -> list[int]:
    """Where a name may begin: at the front, and behind each of the words that lead up to one."""
    starts = [0]
    while match := _LEADING.match(piece, starts[-1]):
        starts.append(match.end())
    return starts


def _stops(piece: str) -> list[int]:
    """Where a name may stop: at the end, and before each word that goes on about it, unless a branch of it goes on."""
    stops = [match.start() for match in _ENDING.finditer(piece) if not _BRANCH_TAIL.match(piece[match.start() :])]
    return [*stops, len(piece)]


def find_alternatives(text: str, labels: frozenset[str] = frozenset()) -> list[str]:
    """Every text that may be the name of the subject, for a register to choose from: the longest that it holds is meant.

    ``labels``: words for the role asked for; of a text with labels only what bears one of them is cut up.
    """
    found = dict.fromkeys(
        piece[start:stop]
        for part in _labelled_parts(text, labels)
        for piece in _BREAK.split(part)
        for start in _starts(piece)
        for stop in _stops(piece)
        if stop - start >= _SHORTEST
    )
    return list(found)[:_MOST_ALTERNATIVES]


def _labelled_parts(text: str, labels: frozenset[str]) -> list[str]:
    labelled = list(_LABEL.finditer(text))
    if not labelled:
        return [text]
    stops = [match.start() for match in labelled[1:]] + [len(text)]
    parts = [(text[match.end() : stop], match.group(1)) for match, stop in zip(labelled, stops, strict=True)]
    wanted = [part for part, label in parts if len(part) >= _SHORTEST and (not labels or label in labels)]
    return wanted[:1] or ([text[: labelled[0].start()]] if labelled[0].start() and not labels else [])


def split_code(name: str) -> tuple[str, str | None]:
    """A normalised name cell without the code that was written into it, and that code."""
    match = _CODE.search(name)
    if match is None:
        return name, None
    rest = _CODE_WORDS.sub("", name[: match.start()] + name[match.end() :])
    return rest.replace("()", "").strip("(:;,"), match.group(1)
