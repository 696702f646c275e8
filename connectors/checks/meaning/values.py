"""What the values of a column look like: each of a bounded sample is put into one class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import numpy as np
import pyarrow as pa

from connectors.checks.bytes import TextBytes
from connectors.checks.codes import organisation_code_holds, registration_number_holds, uscc_holds
from connectors.checks.macros import LONG_TERM, PLACEHOLDERS
from connectors.checks.meaning.persons import HAN, PERSON, SURNAMES
from connectors.checks.meaning.takes import FACTS
from connectors.contract.header_key import header_key

SAMPLE_ROWS = 96
_ORGAN_ENDS = (
    "局|委员会|委|政府|厅|支队|总队|大队|中队|监督所|监察队|管理处|管理站|管理所|监督站|海关|法院|检察院|分局|管委会|卫计委|发改委"
    "|公安部|财政部|办公室|执法队|执法局|税务所|工商所|派出所|监管所|总局|海关.{0,12}办事处|街道办事处|海事处|运管处|稽查队|稽查局|气象台|银保监会|证监会"
)
_CENTRAL_BANK = r"中国人民银行.{0,20}(?:分行|支行|营业管理部|总部)"
_ORGAN = re.compile(rf"[{HAN}A-Za-z（）()、\s]{{2,45}}(?:{_ORGAN_ENDS})|{_CENTRAL_BANK}")
_ENTERPRISE = re.compile(
    rf"[{HAN}\w（）()&·.、\s\-]{{2,60}}(?:公司|厂|店|行|社|馆|超市|商场|酒店|饭店|宾馆|药房|药店|诊所|门诊部|医院|中心|合作社|经营部|工作室"
    r"|小卖部|酒楼|茶楼|饭庄|会所|事务所|歌厅|舞厅|旅舍|客栈|民宿|网咖|商行|批发部|幼儿园|学校|农场|集团|有限合伙\)?|合伙\)|摊|坊|档|铺|餐厅|食堂|市场|加工点|服务部|站|院|会|吧|城|房|室|庄|园|屋|家|堂|部)(?:[（(].{1,40}[）)])?"
)
_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
_MONEY = re.compile(
    r"(?:人民币|[¥￥])?\s*[\d,.]+\s*(?:百|千|万|亿)?(?:元|圆)(?:整|人民币)?|[¥￥]\s*[\d,.]+|[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]+[元圆]整?"
)
_DATE = re.compile(
    rf"(?:{FACTS['date']})(?:[\sT]+\d{{1,2}}[:时]\d{{1,2}}.*)?[\s/.]*|(?:19|20)\d{{2}}[-/年]\d{{1,2}}月?|(?:19|20)\d{{12}}"
)
_SERIAL = re.compile(r"[34]\d{4}")
_PERIOD = re.compile(rf"(?:自|从)?(?:{FACTS['date']})\s*[起]?(?:至|到|-|—|~|～).{{2,20}}")
_DURATION = re.compile(r"(?:[一二三四五六七八九十半两]+|\d+)\s*(?:年|个月|个?工作日|日|天)(?:内|以内)?")
_DOCUMENT = re.compile(
    rf"{FACTS['document_number']}|.{{0,40}}?(?:罚|处|决|字|许|准|立审).{{0,24}}\d.{{0,6}}号.{{0,6}}|.{{0,20}}[〔\[【（(［]\s*(?:19|20)\d{{2}}\s*[〕\]】）)］].{{0,16}}"
)
_LAW = re.compile(r"(?:依据|根据|按照|依照|违反)?.{0,12}《[^《》]{3,}》.*", re.DOTALL)
_SANCTION_WORDS = re.compile(
    r"罚|警告|没收|吊销|暂扣|责令|停产|停业|关闭|拘留|通报批评|降低资质|限制|撤销|追缴|补缴|取缔|不予|免予|免于|收缴|退还|拆除|改正|销毁|\d"
)
_SANCTION = re.compile(
    r"(?:给予|处以?|决定|予以|行政处罚|并处)*[:：]?\s*(?:罚款|警告|没收|行政处罚|责令(?:停产|(?:限期)?改正)|吊销|处罚款?|罚没款?)[^案]{0,60}"
)
# What became of an application, not what was permitted.
_OUTCOME = re.compile(
    r"(?:准予|同意|通过|批准|予以|不予|依法|审批|已)*(?:行政)?(?:许可|核准|批准|登记|通过|同意|受理|办结|发证|合格)"
)
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
_IDENTITY = re.compile(
    r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]|\d{3,6}[*＊×]{4,}[\dXx]{0,4}"
)
_OTHER_MARKS = str.maketrans("∕—–−‐﹣", "/-----")
_LETTERS = re.compile(r"[0-9A-Za-z]{6,64}|[0-9A-Z]{8}-[0-9A-Z]|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_CODE = re.compile(
    r"\d{15}|\d{13}|[0-9A-HJ-NP-RT-UW-Y]{18}|(?=.{18}$)[0-9A-Z]{2,10}[*＊×]{3,12}[0-9A-Z]*|\d{6}NA\d{6}[0-9X]|[0-9A-Z]{8}-[0-9X]"
    r"|[^0-9A-Z]{1,14}[:：]\s*[0-9A-Z]{15,18}(?![0-9A-Z]).*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r".*。.+|.*[，,].*[，,].*", re.DOTALL)
_TEXT = re.compile(r".*[。；;].*|.{45,}", re.DOTALL)
_CASE = re.compile(r".{4,}案(?:[（(].{1,40}[）)])?")
# Where somebody is: a way, a village or a house, and a number.
_ADDRESS = re.compile(
    rf"[{HAN}\w()（）#\-]*(?:路|街|道|巷|弄|胡同|村|镇|乡|区|园|小区|大厦|广场|市场)[{HAN}\w()（）#\-]*\d[\w\-]*(?:号|室|栋|幢|楼|层|单元|组|铺)[^号]{{0,6}}"
)
# What no name, number or code is: an address of mail, a share, the plate of a car.
_MARK = re.compile(
    r"[\w.+\-]+@[\w\-]+(?:\.\w+)+|-?\d+(?:\.\d+)?[%‰]|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼示][A-Z][·.\s]?[A-Z0-9]{5,6}"
)
_ANSWER = re.compile(r"[是否有已未√×✓Ｙ]|yes|no|true|false", re.IGNORECASE)
_PAPER = re.compile(rf"[{HAN}()（）]{{0,24}}(?:许可证|登记证|资格证|合格证|证书|执照)")
_WORDS = re.compile(rf"[{HAN}、，；;,()（）\s]+")
_LONGEST_WORD = 3
_FEWEST_COUNTED, _SERIAL_DIGITS = 3, 4


@dataclass(frozen=True)
class Profile:
    """A sample of a column: how many values are filled, and how many of each class."""

    filled: int
    classes: Counter[str]
    texts: tuple[str, ...] = field(default=())

    def share(self, *classes: str) -> float:
        """The share of the filled values that are of one of ``classes``."""
        return sum(self.classes[name] for name in classes) / self.filled if self.filled else 0.0

    @staticmethod
    def nothing() -> Profile:
        """The profile of a column without values."""
        return Profile(0, Counter())

    @property
    def distinct(self) -> int:
        """Different values of the sample."""
        return len(set(self.texts))


def profile_of(column: pa.Array, known: frozenset[str], listed: frozenset[str] = frozenset()) -> Profile:
    """The profile of the cells in ``column``; ``known`` are header keys: a header among the values is one that slipped.

    ``listed`` are the values of the contract's code lists, which are no names and no numbers.
    """
    texts = [text for value in column.to_pylist() if (text := (value or "").strip()) and not _is_nothing(text)]
    narrow = [_narrow(text) for text in texts]
    codes = _codes(narrow)
    classes = Counter(
        codes[place] or _class(text, short, known, listed)
        for place, (text, short) in enumerate(zip(texts, narrow, strict=True))
    )
    return Profile(len(texts), classes, tuple(texts))


@cache
def _nothing() -> frozenset[str]:
    return frozenset(PLACEHOLDERS)


def _is_nothing(text: str) -> bool:
    return len(text) <= 12 and _narrow(text).upper() in _nothing()


def _narrow(text: str) -> str:
    return "".join(chr(ord(mark) - 0xFEE0) if 0xFF01 <= ord(mark) <= 0xFF5E else mark for mark in text).translate(
        _OTHER_MARKS
    )


def _codes(texts: Sequence[str]) -> list[str | None]:
    """The register that each text is a code of, by its check character."""
    packed = pa.array([re.sub(r"[\s\-]", "", text).upper() if len(text) <= 24 else "" for text in texts], pa.string())
    result: list[str | None] = [None] * len(texts)
    octets = TextBytes.of(packed)
    for name, holds in (
        ("organisation_code", organisation_code_holds(octets)),
        ("registration_number", registration_number_holds(octets)),
        ("uscc", uscc_holds(octets)),
    ):
        for place in np.flatnonzero(holds):
            result[int(place)] = name
    return result


def _class(text: str, short: str, known: frozenset[str], listed: frozenset[str]) -> str:
    if len(text) > _LONGEST_WORD and header_key(text) in known:
        return "header"
    found = next((name for name, pattern in _PATTERNS if pattern.fullmatch(short)), None)
    return "listed" if text in listed and found not in _SURER else found or "text"


# In this order: what is told by its shape, then running text, then what is told by its words.
_PATTERNS = (
    ("date", _DATE),
    ("identity", _IDENTITY),
    ("phone", _PHONE),
    ("code", _CODE),
    ("number", _NUMBER),
    ("money", _MONEY),
    ("duration", _DURATION),
    ("period", _PERIOD),
    ("url", _URL),
    ("letters", _LETTERS),
    ("law", _LAW),
    ("outcome", _OUTCOME),
    ("sentence", _SENTENCE),
    ("text", _TEXT),
    ("document_number", _DOCUMENT),
    ("sanction", _SANCTION),
    ("case", _CASE),
    ("long_term", re.compile("|".join(LONG_TERM))),
    ("person", re.compile(rf"{PERSON}|[{SURNAMES}][{HAN}]?(?:[*＊×]{{1,3}}|[某ⅩＸX]{{1,3}})")),
    ("organ", _ORGAN),
    ("enterprise", _ENTERPRISE),
    ("address", _ADDRESS),
    ("mark", _MARK),
    ("answer", _ANSWER),
    ("paper", _PAPER),
    ("words", _WORDS),
)


_SURER = ("sanction", "outcome", "document_number", "long_term")


def counts_rows(profile: Profile) -> bool:
    """Whether the values are short bare numbers, each one more than the last: not to be told from numbers of the rows."""
    if profile.filled < _FEWEST_COUNTED or not all(
        text.isdigit() and len(text) <= _SERIAL_DIGITS for text in profile.texts
    ):
        return False
    numbers = [int(text) for text in profile.texts]
    return all(after - before == 1 for before, after in pairwise(numbers))


def says_sanction(profile: Profile) -> bool:
    """Whether any value speaks of a sanction or of an amount."""
    return any(_SANCTION_WORDS.search(_without_dates(text)) for text in profile.texts)


def _without_dates(text: str) -> str:
    return re.sub(r"\d{1,4}\s*[年月日时分号]|\d{4}[-./]\d{1,2}[-./]\d{1,2}", "", text)
