"""What goes wrong with codes and names on their way: each function spoils one value and draws from ``random``."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import opencc

from linkage.codes import ALPHABET

_LOOK_ALIKE = {"0": "O", "1": "I", "2": "Z", "5": "S", "8": "B", "B": "8", "D": "0", "G": "6", "U": "V", "L": "1"}
_FULL_WIDTH = {chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)}
_NUMBERS = "一二三四五六七八九十"
_DIRECTIONS = "东南西北"
_FORMS = ("有限责任公司", "股份有限公司", "有限公司")
_SENTENCES = (
    "当事人：{}",
    "当事人：{}，因虚假宣传被立案调查",
    "关于{}的行政处罚决定书",
    "关于对{}违法行为的处理决定",
    "{}未按规定公示年度报告案",
    "经查，{}存在销售不合格产品的行为",
    "对{}作出罚款2万元的行政处罚",
    "{}（被处罚单位）",
    "被处罚单位：{}；地址不详",
    "投诉{}售后服务问题",
    "生产商：{}",
    "经销商：{}",
)
# Characters of names that are typed for one another, by sound and by shape.
_SOUND_ALIKE = (
    "鑫欣新心馨信",
    "华花化划",
    "达大",
    "利力立丽历",
    "兴星幸行",
    "建健剑",
    "康抗",
    "宏红洪鸿",
    "金今锦津",
    "明名铭",
    "东冬栋",
    "元圆园源原",
    "福富付",
    "泰太",
    "盛圣胜",
    "诚成城程",
    "宇雨羽",
    "佳嘉家加",
    "恒横衡",
    "通同",
    "丰风峰",
    "易艺意毅益亿",
    "食时实",
    "贸茂冒",
    "科课",
    "装庄",
    "基机",
    "务物雾",
    "运云",
    "输书",
    "商尚",
    "德得",
    "安按",
    "业叶",
    "永勇咏",
    "祥翔详",
    "瑞锐",
    "博伯",
    "中众",
    "世是市事",
    "正政振",
    "和合河禾",
    "材才",
    "技计际",
    "电店",
    "工公",
    "万旺",
    "隆龙",
    "景京晶",
    "顺舜",
)
_LOOK_ALIKE_CHARACTERS = (
    "晶品",
    "未末",
    "己已",
    "士土",
    "千干",
    "大太犬",
    "天夫",
    "人入",
    "田由甲",
    "析折",
    "钢纲",
    "徽微",
    "今令",
    "乌鸟",
    "淮准",
    "洒酒",
    "荣菜",
    "钟种",
    "材村",
    "设没",
    "服股",
    "祥样",
    "建健",
    "经轻",
    "厂广",
    "农衣",
    "贸贺",
    "限银",
    "司同",
    "科料",
    "市巿",
    "福褔",
    "宏宠",
    "盛威",
    "泰秦",
    "华毕",
    "旺旷",
    "升开",
    "昌冒",
    "白百",
    "目日",
    "木本",
    "王玉",
    "石右",
    "汽气",
    "销锁",
    "具县",
    "运远",
)
_TRADITIONAL = opencc.OpenCC("s2t")


def lower(code: str, _: random.Random) -> str:
    """Lower case."""
    return code.lower()


def spaced(code: str, rng: random.Random) -> str:
    """Blanks or hyphens between groups."""
    mark = rng.choice([" ", "-", "　", "  "])
    step = rng.choice([4, 6, 9])
    return mark.join(code[i : i + step] for i in range(0, len(code), step))


def full_width(code: str, rng: random.Random) -> str:
    """Full-width characters, all or some."""
    share = rng.choice([1.0, 0.5])
    return "".join(_FULL_WIDTH.get(c, c) if rng.random() < share else c for c in code)


def look_alike(code: str, rng: random.Random) -> str:
    """One or two characters by ones that look like them."""
    places = [i for i, c in enumerate(code) if c in _LOOK_ALIKE]
    for place in rng.sample(places, min(len(places), rng.choice([1, 1, 2]))):
        code = code[:place] + _LOOK_ALIKE[code[place]] + code[place + 1 :]
    return code


def code_slip(code: str, rng: random.Random) -> str:
    """One character of the code wrong."""
    place = rng.randrange(len(code))
    return code[:place] + rng.choice([c for c in ALPHABET if c != code[place]]) + code[place + 1 :]


def swapped(text: str, rng: random.Random) -> str:
    """Two different neighbours swapped; the same text when there are none."""
    places = [i for i in range(len(text) - 1) if text[i] != text[i + 1]]
    if not places:
        return text
    place = rng.choice(places)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def missing(text: str, rng: random.Random) -> str:
    """One character lost."""
    place = rng.randrange(len(text))
    return text[:place] + text[place + 1 :]


def character_wrong(name: str, rng: random.Random, characters: str) -> str:
    """One character by another one from ``characters`` (which carries their frequency)."""
    place = rng.randrange(len(name))
    other = name[place]
    while other == name[place]:
        other = rng.choice(characters)
    return name[:place] + other + name[place + 1 :]


def sound_alike(name: str, rng: random.Random) -> str:
    """One character by one that sounds like it; the same text when it has none such."""
    return _alike(name, rng, _SOUND_ALIKE)


def homophone(name: str, rng: random.Random, characters: str, sounds: Mapping[str, str]) -> str:
    """One character by another from ``characters`` that is read alike; the same text when a hundred tries find none."""
    for _ in range(100):
        place, other = rng.randrange(len(name)), rng.choice(characters)
        if other != name[place] and other in sounds and sounds[other] == sounds.get(name[place]):
            return name[:place] + other + name[place + 1 :]
    return name


def look_alike_character(name: str, rng: random.Random) -> str:
    """One character by one that looks like it; the same text when it has none such."""
    return _alike(name, rng, _LOOK_ALIKE_CHARACTERS)


def _alike(name: str, rng: random.Random, groups: tuple[str, ...]) -> str:
    choices = [(place, group) for group in groups for place, character in enumerate(name) if character in group]
    if not choices:
        return name
    place, group = rng.choice(choices)
    return name[:place] + rng.choice([other for other in group if other != name[place]]) + name[place + 1 :]


def character_extra(name: str, rng: random.Random, characters: str) -> str:
    """One character too many, sometimes a doubled one."""
    place = rng.randrange(len(name))
    return name[:place] + rng.choice([name[place], rng.choice(characters)]) + name[place:]


def brackets(name: str, rng: random.Random) -> str:
    """Brackets of another kind, or none."""
    opening, closing = rng.choice([("(", ")"), ("【", "】"), ("[", "]"), ("", ""), ("（ ", " ）"), ("〔", "〕")])
    return name.replace("（", opening).replace("）", closing).replace("(", opening).replace(")", closing)


def traditional(name: str, _: random.Random) -> str:
    """Traditional characters."""
    return str(_TRADITIONAL.convert(name))


def without_form(name: str, _: random.Random) -> str:
    """Without 有限公司 and its like."""
    for form in _FORMS:
        if name.endswith(form):
            return name[: -len(form)]
    return name


def in_sentence(name: str, rng: random.Random) -> str:
    """The name inside a sentence or title."""
    return rng.choice(_SENTENCES).format(name)


def other_number(name: str, rng: random.Random) -> str:
    """A number or direction word changed: another firm."""
    for words in (_NUMBERS, _DIRECTIONS):
        places = [i for i, c in enumerate(name) if c in words]
        if places:
            place = rng.choice(places)
            return name[:place] + rng.choice([w for w in words if w != name[place]]) + name[place + 1 :]
    return name


def other_form(name: str, _: random.Random) -> str:
    """Another legal form: another legal person."""
    if name.endswith("股份有限公司"):
        return name[:-6] + "有限公司"
    return without_form(name, _) + "股份有限公司"


def branch(name: str, rng: random.Random) -> str:
    """A branch or a chain's shop that is not registered."""
    place = rng.choice(["第一", "第二", "城东", "城西", "解放路", "人民路", "中山路", "新华", "开发区"])
    return name + place + rng.choice(["分公司", "分店", "营业部", "连锁店", "门市部", "办事处"])


def division_table() -> Path:
    """The table of divisions that noise and reading share."""
    return Path(__file__).parents[2] / "linkage" / "data" / "divisions.csv"
