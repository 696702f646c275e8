"""Personal numbers are found wherever they stand; codes and numbers of decisions are not taken for them."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from expectations.leaks import CANDIDATE, IDENTITY_CHECKS, IDENTITY_WEIGHTS, find_leaks, is_credit_code, is_luhn, mask
from tests.publication.warehouse import code


def identity_number(first: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(first, IDENTITY_WEIGHTS, strict=True))
    return first + IDENTITY_CHECKS[total % 11]


dates = st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 1, 1))
identities = st.builds(
    lambda day, order: identity_number(f"110105{day.year}{day:%m%d}{order:03d}"),
    dates,
    st.integers(0, 999),
)
surroundings = st.sampled_from(["", "证号", "身份证:", "(", " ", "电话", "。"])


@given(surroundings, identities, surroundings)
def test_every_identity_number_is_found_and_masked(before: str, number: str, after: str) -> None:
    [leak] = list(find_leaks(before + number + after))
    assert leak.kind == "identity_number"
    assert leak.masked == number[:3] + "***********" + number[-4:]


def test_no_identity_number_passes_as_a_code_in_text() -> None:
    both = "11010519990518278X"  # made up; the check of a credit code holds for it by chance
    assert is_credit_code(both)
    assert [leak.kind for leak in find_leaks(both, "violation_facts")] == ["identity_number"]
    assert [leak.kind for leak in find_leaks(both, "authority_uscc")] == ["identity_number"]
    assert list(find_leaks(both, "uscc")) == []


@given(identities)
def test_a_wrong_check_character_is_no_identity_number(number: str) -> None:
    wrong = "0" if number[-1] != "0" else "1"
    assert [leak.kind for leak in find_leaks(number[:-1] + wrong)] == []


@given(surroundings, st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), surroundings)
def test_every_mobile_number_is_found_in_text_and_among_numbers_but_not_in_codes(
    before: str, number: str, after: str
) -> None:
    text = before + number + after
    assert [leak.kind for leak in find_leaks(text)] == ["mobile_number"]
    assert [leak.kind for leak in find_leaks(text, "licence_number")] == ["mobile_number"]
    assert list(find_leaks(text, "record_id")) == []


def test_numbers_of_documents_and_registers_are_left_alone_in_their_columns() -> None:
    for column, number in (
        ("decision_number", identity_number("33010020260301001")),  # division, day of the document, place in the day
        ("registration_number", "110105491231002"),
        ("licence_number", "110105191231002"),
        ("decision_number", "第13812345678号"),
    ):
        assert list(find_leaks(number, column)) == [], number
    born = identity_number("33010019800301001")
    assert [leak.kind for leak in find_leaks(born, "decision_number")] == ["identity_number"]


@given(st.integers(0, 999999), st.sampled_from(["990101", "990203"]))
def test_credit_codes_are_no_leak(number: int, division: str) -> None:
    subject = code(number, division)
    assert is_credit_code(subject)
    assert list(find_leaks(f"当事人(统一社会信用代码{subject})")) == []


def test_numbers_that_only_look_personal_are_left_alone() -> None:
    for text in (
        "JY13301060123456",
        "https://example.invalid/13812345678",
        "第13812345678号",
        "138123456789",
        "0.13812345678",
    ):
        assert list(find_leaks(text)) == [], text


def test_bank_cards_are_told_by_their_check_digit() -> None:
    first = "622202123456789012"
    card = next(first + digit for digit in "0123456789" if is_luhn(first + digit))
    wrong = first + str((int(card[-1]) + 1) % 10)
    assert [leak.kind for leak in find_leaks(f"账号{card}")] == ["bank_card"]
    assert list(find_leaks(f"账号{wrong}")) == []


def test_personal_values_are_found_however_they_are_written() -> None:
    number = identity_number("11010519491231002")
    card = next(first + digit for first in ("622202123456789012",) for digit in "0123456789" if is_luhn(first + digit))
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    found = {
        "identity_number": [
            f"{number[:6]} {number[6:14]} {number[14:]}", number.translate(wide), number.lower(), "110105491231002",
        ],
        "mobile_number": ["138 1234 5678", "138-1234-5678", "１３８１２３４５６７８", "138－1234－5678"],
        "landline_number": ["0571-88881234", "010 88881234"],
        "bank_card": [f"{card[:4]} {card[4:8]} {card[8:12]} {card[12:16]} {card[16:]}", card.translate(wide)],
        "mail_address": ["zhang.san@example.com", "zhangsan＠example.com"],
    }  # fmt: skip
    for kind, texts in found.items():
        for one in texts:
            assert [leak.kind for leak in find_leaks(f"联系{one}，")] == [kind], one
            assert re.search(CANDIDATE, f"联系{one}，"), one
    assert list(find_leaks("注册号:110105491231002")) == []


def test_mask_keeps_ends_only() -> None:
    assert mask("13812345678") == "138****5678"
