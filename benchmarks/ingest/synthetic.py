"""A penalty file as a bureau exports it: 24 Chinese columns, 3 % of rows with planted dirt of sixteen kinds.

All names are fictitious and all codes lie in division 99xxxx. Same rows, seed and form, same bytes.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

CHUNK_ROWS = 50_000
DIRTY_SHARE = 0.03
CODE_ALPHABET = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))
CODE_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])
ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
ORGANISATION_CHECKS = np.array(list("0123456789X"))
FACTS = (
    "经营标签不符合规定的预包装食品，涉案货值{}元，当事人已改正",
    "未按规定公示营业执照或者亮照经营，检查编号{}",
    "发布违反规定的广告，广告费用{}元，情节轻微",
    "销售不符合保障人体健康标准的产品共{}件",
)
BASES = (
    "《中华人民共和国食品安全法》第一百二十五条第一款第二项",
    "《无证无照经营查处办法》第十三条",
    "《中华人民共和国广告法》第五十九条",
)
HEADERS = [
    "行政相对人名称",
    "行政相对人类别",
    "统一社会信用代码",
    "工商注册号",
    "组织机构代码",
    "法定代表人",
    "行政处罚决定书文号",
    "案件名称",
    "违法行为类型",
    "违法事实",
    "处罚依据",
    "处罚类别",
    "处罚内容",
    "罚款金额",
    "没收违法所得、没收非法财物的金额",
    "处罚决定日期",
    "处罚有效期",
    "公示截止期",
    "处罚机关",
    "处罚机关统一社会信用代码",
    "数据来源单位",
    "当前状态",
    "地方编码",
    "数据更新时间",
]
CATEGORIES = ("罚款",) * 6 + ("警告",) * 3 + ("罚款;没收违法所得",)
Texts = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Form:
    """How the same rows are written down: what one export differs from another in.

    ``line_breaks`` puts a line break into every tenth violation's facts (those cells are quoted); ``quoted`` quotes every
    cell; ``turned`` writes the columns from last to first; ``mark`` starts with a byte order mark; ``packed`` is gzip.
    """

    encoding: str = "gb18030"
    line_end: str = "\r\n"
    quoted: bool = False
    line_breaks: bool = False
    turned: bool = False
    mark: bool = False
    packed: bool = False


FORMS = {
    "gb18030": Form(),
    "utf-8": Form("utf-8"),
    "utf-8 with mark": Form("utf-8", mark=True),
    "utf-16 with mark": Form("utf-16-le", mark=True),
    "line feeds": Form(line_end="\n"),
    "every cell quoted": Form(quoted=True),
    "line breaks in cells": Form(line_breaks=True),
    "columns turned round": Form(turned=True),
    "gzip": Form(packed=True),
}
"""Forms beside each other: none of them may be a cliff."""


def write(
    file: Path, rows: int, form: Form = FORMS["gb18030"], headers: list[str] | None = None, seed: int = 7
) -> None:
    """Write ``rows`` rows to ``file``; ``headers`` replaces the Chinese ones."""
    first = [f'"{text}"' for text in headers or HEADERS] if form.quoted else headers or HEADERS
    with gzip.open(file, "wb", 1) if form.packed else file.open("wb") as stream:
        mark = "\ufeff" if form.mark else ""
        stream.write((mark + ",".join(first[::-1] if form.turned else first) + form.line_end).encode(form.encoding))
        for lines in _chunks(rows, seed, form):
            stream.write("".join(lines).encode(form.encoding))


def _chunks(rows: int, seed: int, form: Form) -> Iterator[list[str]]:
    generator = np.random.default_rng(seed)
    for start in range(0, rows, CHUNK_ROWS):
        yield _lines(generator, start, min(CHUNK_ROWS, rows - start), form)


def _lines(generator: np.random.Generator, start: int, count: int, form: Form) -> list[str]:
    numbers = np.arange(start, start + count)
    columns = _columns(generator, numbers)
    _plant_dirt(generator, columns)
    if form.line_breaks:
        facts = np.where(numbers % 10 == 0, _joined(columns[9], form.line_end, "已改正"), columns[9])
        columns[9] = _joined('"', facts, '"')
    if form.quoted:
        columns = [_joined('"', np.char.strip(column, '"'), '"') for column in columns]
    order = columns[::-1] if form.turned else columns
    joined = pc.binary_join_element_wise(*(pa.array(column) for column in order), ",").to_pylist()
    lines = [f"{line}{form.line_end}" for line in joined]
    for row in np.flatnonzero(generator.random(count) < DIRTY_SHARE / KINDS_OF_DIRT):
        lines[row] = lines[row - 1] if row else lines[row]
    return lines


def _columns(generator: np.random.Generator, numbers: npt.NDArray[np.int64]) -> list[Texts]:
    count = len(numbers)
    organisations, codes = _codes(generator, count)
    parties = _joined(
        "示例市",
        _picked(generator, ("晨光", "远山", "海棠", "青禾", "北辰"), count),
        _digits(numbers, 7),
        "号商贸有限公司",
    )
    facts = np.array([FACTS[number % 4].format(number % 9973) for number in numbers])
    money = _digits(generator.integers(1, 200, count), 0)
    year = _digits(generator.integers(2018, 2026, count), 0)
    day = _joined("-", _digits(generator.integers(1, 13, count), 2), "-", _digits(generator.integers(1, 29, count), 2))
    later = _digits(year.astype(np.int64) + 3, 0)

    def constant(value: str) -> Texts:
        return np.full(count, value)

    until = np.where(generator.random(count) < 0.5, "2099-12-31", _joined(later, day))
    return [
        parties,
        constant("法人及非法人组织"),
        codes,
        _registration_numbers(numbers),
        organisations,
        _joined("示例", _picked(generator, ("甲", "乙", "丙", "丁"), count)),
        _joined("示市监罚〔", year, "〕", _digits(numbers, 0), "号"),
        _joined(parties, "违法经营案"),
        _picked(generator, ("违反食品标签管理规定", "无照经营", "发布虚假广告", "产品质量不合格"), count),
        facts,
        _picked(generator, BASES, count),
        _picked(generator, CATEGORIES, count),
        _joined("责令改正，罚款", money, "00元"),
        _joined("0.", money),
        constant("0"),
        _joined(year, day),
        until,
        _joined(later, day),
        constant("示例市市场监督管理局"),
        constant("11990101FX0000E17D"),
        constant("示例市市场监督管理局"),
        constant("正常"),
        constant("990101"),
        _joined(year, day, " 09:30:00"),
    ]


def _registration_numbers(numbers: npt.NDArray[np.int64]) -> Texts:
    """Registration numbers of 15 digits, the last one a check digit (GS 15-2006: ISO 7064, MOD 11,10)."""
    body = _joined("990101", _digits(numbers % 10**8, 8))
    product = np.full(len(numbers), 10)
    for place in body.view("U1").reshape(len(numbers), 14).T:
        total = (product + place.astype(np.int64)) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return _joined(body, _digits((11 - product) % 10, 0))


def _codes(generator: np.random.Generator, count: int) -> tuple[Texts, Texts]:
    """Organisation codes (GB 11714) and the unified codes (GB 32100) that hold them, check characters right."""
    digits = generator.integers(0, 10, (count, 8))
    checks = (11 - (digits @ ORGANISATION_WEIGHTS) % 11) % 11
    organisations = np.concatenate([digits.astype("U1"), ORGANISATION_CHECKS[checks][:, None]], axis=1)
    prefix = np.broadcast_to(np.array(list("91990101")), (count, 8))
    body = np.concatenate([prefix, organisations], axis=1)
    values = np.searchsorted(CODE_ALPHABET, body)
    last = CODE_ALPHABET[(31 - (values @ CODE_WEIGHTS) % 31) % 31]
    codes = np.concatenate([body, last[:, None]], axis=1)
    return _glued(organisations), _glued(codes)


def _plant_dirt(generator: np.random.Generator, columns: list[Texts]) -> None:
    """Fifteen kinds; the sixteenth, rows repeated word for word, is planted on the finished lines."""
    chance = generator.random(len(columns[0]))
    share = DIRTY_SHARE / KINDS_OF_DIRT
    for kind, (column, change) in enumerate(DIRT):
        chosen = (chance >= kind * share) & (chance < (kind + 1) * share)
        columns[column] = np.where(chosen, change(columns[column]), columns[column])
    shifted = (chance >= len(DIRT) * share) & (chance < (len(DIRT) + 1) * share)
    following = [*columns[1:], np.full(len(chance), "")]
    columns[:] = [np.where(shifted, after, own) for own, after in zip(columns, following, strict=True)]


def _always(value: str) -> Callable[[Texts], Texts]:
    return lambda texts: np.full(len(texts), value)


def _masked(texts: Texts) -> Texts:
    return np.array([f"{text[:6]}********{text[14:]}" for text in texts])


def _broken_check(texts: Texts) -> Texts:
    return np.array([text[:-1] + ("0" if text[-1] != "0" else "1") for text in texts])


def _full_width(texts: Texts) -> Texts:
    return np.array([text.translate(_WIDE) for text in texts])


_WIDE = {point: point + 0xFEE0 for point in range(0x21, 0x7F)}
# Column and what becomes of its text: the kinds of dirt seen in departments' tables.
DIRT: tuple[tuple[int, Callable[[Texts], Texts]], ...] = (
    (0, _always("")),
    (0, lambda texts: _joined("  ", texts, "　")),
    (1, _always("某种相对人")),
    (2, _always("/")),
    (2, _masked),
    (2, _broken_check),
    (2, _full_width),
    (0, lambda texts: np.array([text * 12 for text in texts])),
    (11, _always("罰款、警告")),
    (13, _always("约三千")),
    (13, _always("壹万元整")),
    (13, lambda texts: _joined(texts, "万元")),
    (15, _always("二〇二五年十三月")),
    (15, _always("2025.3.9")),
)
KINDS_OF_DIRT = len(DIRT) + 2


def _picked(generator: np.random.Generator, choices: tuple[str, ...], count: int) -> Texts:
    return np.array(choices)[generator.integers(0, len(choices), count)]


def _digits(numbers: npt.NDArray[np.int64], width: int) -> Texts:
    return np.char.zfill(numbers.astype(np.str_), width)


def _joined(*parts: str | Texts) -> Texts:
    whole: Texts = np.asarray(parts[0])
    for part in parts[1:]:
        whole = np.char.add(whole, part)
    return whole


def _glued(characters: Texts) -> Texts:
    return np.ascontiguousarray(characters).view(f"U{characters.shape[1]}").ravel()
