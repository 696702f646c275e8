"""What senders write about a subject, read: codes with their reason, names in one spelling, parties in sentences."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.codes import ALPHABET, read_codes
from linkage.divisions import standard
from linkage.names import folded_keys, key, normalise, parse
from linkage.parties import find_parties
from linkage.text import Texts

SOUND = "91990101FX00000A1C"
LETTERS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30)


@pytest.mark.parametrize(
    ("written", "status", "uscc"),
    [
        (SOUND, "valid", SOUND),
        (SOUND.lower(), "valid_cleaned", SOUND),
        ("9１990101FX00000A1C", "valid_cleaned", SOUND),
        ("9199 0101 FX00 000A 1C", "valid_cleaned", SOUND),
        ("9199O101FX00000A1C", "valid_look_alike", SOUND),
        ("91990101FX0000A01C", "check_character_wrong", None),
        ("91990101FX00000A09", "organisation_check_wrong", None),
        ("000000000000000000", "placeholder", None),
        ("00000000000000000X", "placeholder", None),
        ("113305******093287", "masked", None),
        ("71526726-X", "organisation_code", None),
        ("330203000030639", "registration_number", None),
        ("无", "placeholder", None),
        ("", "absent", None),
        (None, "absent", None),
    ],
)
def test_a_code_is_classified_with_its_reason(written: str | None, status: str, uscc: str | None) -> None:
    found = read_codes(pa.array([written], pa.string()))
    assert found.status.to_pylist() == [status]
    assert found.uscc.to_pylist() == [uscc]


@settings(deadline=None)  # never timed
@given(place=st.integers(0, 17), other=st.sampled_from(ALPHABET))
def test_one_wrong_character_is_never_valid_and_its_repair_is_found(place: int, other: str) -> None:
    spoilt = SOUND[:place] + other + SOUND[place + 1 :]
    found = read_codes(pa.array([spoilt]))
    if spoilt == SOUND:
        assert found.uscc.to_pylist() == [SOUND]
    else:
        assert found.uscc.to_pylist() == [None]
        assert SOUND in found.repairs.to_pylist()[0].split(" ")


@settings(deadline=None)  # never timed
@given(st.lists(LETTERS, max_size=8))
def test_texts_come_back_as_they_went_in(strings: list[str]) -> None:
    assert Texts.from_strings(strings).strings() == strings
    assert Texts.from_strings(strings).to_arrow().to_pylist() == [string or None for string in strings]


@settings(deadline=None)  # never timed
@given(LETTERS)
def test_normalising_twice_changes_nothing(name: str) -> None:
    once = normalise(Texts.from_strings([name]))
    assert normalise(once).strings() == once.strings()


def _keys(name: str) -> list[str]:
    return [texts.strings()[0] for texts in folded_keys(parse(key(normalise(Texts.from_strings([name]))), standard()))]


def test_spellings_of_one_name_fold_to_one_key() -> None:
    assert _keys("杭州市安康食品有限责任公司")[0] == _keys("杭州安康食品有限公司")[0]
    assert _keys("華為技術（深圳）有限公司")[0] == _keys("华为技术(深圳)有限公司")[0]
    assert _keys("北溪三座標香薰衞浴有限公司")[0] == _keys("北溪三坐标香熏卫浴有限公司")[0]


def test_different_firms_keep_different_keys() -> None:
    assert _keys("杭州安康科技有限公司")[0] != _keys("杭州安康科技股份有限公司")[0]
    assert _keys("第一建筑工程公司")[0] != _keys("第二建筑工程公司")[0]


def test_a_county_that_only_got_another_code_is_still_a_place_and_a_brand_is_not() -> None:
    assert _keys("寿县安康食品有限公司")[1] == _keys("简阳市安康食品有限公司")[1] == "安康食品有限公司"
    assert _keys("大方安康食品有限公司")[1] == "大方安康食品有限公司"


def test_names_are_found_in_sentences_with_their_role() -> None:
    parties = find_parties("经销商:杭州安康食品有限公司;生产商:宁波健康食品厂")
    assert [(party.label, party.name) for party in parties] == [
        ("经销商", "杭州安康食品有限公司"),
        ("生产商", "宁波健康食品厂"),
    ]
    assert find_parties("关于武汉市连城经贸有限责任公司的行政处罚决定书")[0].name == "武汉市连城经贸有限责任公司"
    assert find_parties("对淮南市艺海印刷有限责任公司经营部作出处罚")[0].name == "淮南市艺海印刷有限责任公司经营部"
