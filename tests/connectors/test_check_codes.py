"""Codes: read in layers, in the right column, and by bytes as by SQL."""

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.checks import install_macros
from connectors.checks.bytes import TextBytes
from connectors.checks.codes import ALPHABET, ORGANISATION_WEIGHTS, WEIGHTS, uscc_holds
from tests.connectors.checking import GOOD, PENALTY, REGISTER, check, one, penalty

CODES = {
    "914403001922038216": ("914403001922038216", []),
    "91330203674737244w": ("91330203674737244W", ["cleaned"]),
    "9１990101FX00000A1C": (GOOD, ["cleaned"]),
    "914403001922038217": ("914403001922038217", ["check_character_wrong"]),
    "914403001922038261": ("914403001922038261", ["check_character_wrong"]),
    "9144O3001922038216": ("9144O3001922038216", ["character_not_allowed"]),
    "914403001922038203": ("914403001922038203", ["organisation_check_wrong"]),
    "000000000000000000": (None, ["placeholder"]),
    "00000000000000000X": (None, ["placeholder"]),
    "113305******093287": ("113305******093287", ["masked"]),
    "/": (None, ["placeholder"]),
    "": (None, []),
}


@pytest.mark.parametrize("written", CODES)
def test_a_code_is_read_in_layers(written):
    row = one(REGISTER, enterprise_name="甲", uscc=written)
    value, notes = CODES[written]
    assert row["uscc"] == value
    assert row["notes"] == [f"uscc:{note}" for note in notes]


def _code(body: str) -> str:
    total = sum(int(mark, 36) * weight for mark, weight in zip(body[8:16], ORGANISATION_WEIGHTS, strict=True))
    first = body[:16] + "0123456789X0"[11 - total % 11]
    total = sum(ALPHABET.index(mark) * weight for mark, weight in zip(first, WEIGHTS, strict=True))
    return first + ALPHABET[(31 - total % 31) % 31]


@given(st.text(ALPHABET, min_size=8, max_size=8).filter(lambda text: len(set(text)) > 1))
@settings(max_examples=25, deadline=None)
def test_every_substitution_and_every_swap_of_neighbours_is_caught(body):
    good = _code("91990101" + body)
    slips = [good[:i] + mark + good[i + 1 :] for i in range(18) for mark in ALPHABET if mark != good[i]]
    slips += [good[:i] + good[i + 1] + good[i] + good[i + 2 :] for i in range(17) if good[i] != good[i + 1]]
    holds = uscc_holds(TextBytes.of(pa.array([good, *slips])))
    assert holds[0] and not holds[1:].any()


@given(st.lists(st.text(ALPHABET + "OISVZ*a", min_size=16, max_size=19), min_size=1, max_size=20))
@settings(max_examples=25, deadline=None)
def test_bytes_and_sql_agree_on_codes(texts):
    texts = [*texts, GOOD, *(_code("91990101" + text[:8]) for text in texts if set(text[:8]) <= set(ALPHABET))]
    with duckdb.connect() as connection:
        install_macros(connection)
        rows = connection.execute(
            "SELECT coalesce(uscc_holds(x), false) FROM (SELECT unnest(?) AS x)", [texts]
        ).fetchall()
    assert [row[0] for row in rows] == uscc_holds(TextBytes.of(pa.array(texts))).tolist()


def test_a_registration_number_moves_to_its_empty_column():
    row = one(REGISTER, enterprise_name="甲", uscc="990101000000018", registration_number="")
    assert (row["uscc"], row["registration_number"]) == (None, "990101000000018")
    assert row["notes"] == ["uscc:registration_number_given"]


def test_codes_in_each_other_s_columns_change_places():
    row = one(REGISTER, enterprise_name="甲", uscc="990101000000018", registration_number=GOOD)
    assert (row["uscc"], row["registration_number"]) == (GOOD, "990101000000018")


def test_a_code_stays_where_it_is_when_its_column_holds_another():
    row = one(REGISTER, enterprise_name="甲", uscc="990101000000018", registration_number="990101400000017")
    assert (row["uscc"], row["registration_number"]) == ("990101000000018", "990101400000017")
    assert "uscc:registration_number_given" in row["notes"]


def test_of_several_codes_in_a_cell_none_is_taken():
    other = "91990101FX00000BX4"
    for written in (f"{GOOD}、{other}", f"{GOOD}{other}", f"甲：{GOOD}；乙：{other}"):
        row = one(REGISTER, enterprise_name="甲", uscc=written)
        assert row["uscc"] == written
        assert row["notes"] == ["uscc:several_codes"]
    row = one(REGISTER, enterprise_name="甲", uscc=f"{GOOD}/{GOOD}")
    assert (row["uscc"], row["notes"]) == (GOOD, ["uscc:cleaned"])


def test_an_organisation_code_with_hyphen_is_an_organisation_code():
    row = one(REGISTER, enterprise_name="甲", uscc="FX00000A-1")
    assert (row["uscc"], row["organisation_code"]) == (None, "FX00000A1")


def test_an_identity_number_among_codes_goes_to_the_personal_column():
    accepted, _ = check(PENALTY, [penalty(**{"统一社会信用代码": "110101199001011234"})])
    assert accepted[0]["uscc"] is None
    assert accepted[0]["counterpart_document_number"] == "110101199001011234"
