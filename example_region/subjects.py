"""How departments write who a record is about: codes and names as they come, and the enterprise really meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from example_region import codes, words
from example_region.columns import Texts, choose, full_width, join, lookup
from example_region.enterprises import OUTSIDE, Enterprises, person_names
from example_region.randomness import Draws, Indices, Mask
from example_region.rows import Subject

SHARES = {
    "code_lower_case": 0.03,
    "code_full_width": 0.01,
    "code_masked": 0.015,
    "code_placeholder": 0.03,
    "code_zeros": 0.01,
    "code_missing": 0.05,
    "code_check_wrong": 0.02,
    "code_one_character_more": 0.006,
    "code_in_other_column": 0.006,
    "code_of_other_enterprise": 0.008,
    "code_of_parent": 0.02,
    "organisation_code_only": 0.02,
    "registration_number_only": 0.03,
    "former_name": 0.02,
    "former_name_without_code": 0.01,
    "name_width": 0.02,
    "name_traditional": 0.01,
    "name_short": 0.015,
    "name_short_without_code": 0.004,
    "name_missing": 0.006,
    "not_registered": 0.02,
    "natural_person": 0.02,
}
_WITHOUT_CODE = (
    "code_missing",
    "organisation_code_only",
    "registration_number_only",
    "former_name_without_code",
    "name_short_without_code",
    "natural_person",
)
_OTHER_NUMBERS = ("organisation_code_only", "registration_number_only")
_PLACEHOLDERS = pa.array(["/", "无", "暂无", "\\N", "NULL", "-"])
_ZEROS = pa.array(["00000000000000000X", "000000000000000000"])
_TRADITIONAL = str.maketrans("业网医电饮汽车馆龙华东兴农贸际传广庆宝", "業網醫電飲汽車館龍華東興農貿際傳廣慶寶")
_OTHER_CITIES = pa.array([district.city for district in words.OTHER_DISTRICTS])
_OTHER_DIVISIONS = np.array([district.division for district in words.OTHER_DISTRICTS])


@dataclass
class Written:
    """What stands in the file about the subject; arrays of text, null where the cell is empty."""

    name: pa.Array
    uscc: pa.Array
    organisation_code: pa.Array
    registration_number: pa.Array


def outsiders(seed: int, keys: Indices) -> tuple[pa.Array, pa.Array]:
    """Names and codes of companies of the neighbour province, which the region's register does not have."""
    base = Enterprises(seed, OUTSIDE + (keys % (1 << 20)) * 20)
    place = base.draws.integers("outside", 0, len(_OTHER_DIVISIONS))
    trade = pa.array([trade.word for trade in words.COMPANY_TRADES])
    name = join(lookup(_OTHER_CITIES, place), base.brand, lookup(trade, base.trade), base.form)
    kind = np.full(len(keys), 91)
    return name, codes.strings(codes.uscc(kind, _OTHER_DIVISIONS[place], base.organisation_characters))


def write(
    enterprises: Enterprises,
    draws: Draws,
    *,
    count: int,
    role: str,
    keys: Indices,
    without: tuple[str, ...] = (),
    spared: Mask | None = None,
) -> tuple[Written, Subject]:
    """Write the subject of each row with its noise, ``spared`` rows without any.

    ``without`` names kinds this feed has no column for.
    """
    kind = draws.share("kind", SHARES)
    kind = _applicable(kind, enterprises, without)
    kind = kind if spared is None else np.where(spared, "", kind)
    outside_name, outside_code = outsiders(enterprises.seed, keys)
    is_outside, is_person = kind == "not_registered", kind == "natural_person"
    name = choose(is_outside, outside_name, enterprises.name)
    name = choose(is_person, person_names(draws, "person"), name)
    code = choose(is_outside, outside_code, enterprises.uscc)
    truth = Subject(role, choose(is_person, None, code), name, ~(is_outside | is_person), kind)
    written = Written(
        _names(name, kind, enterprises),
        _codes(code, kind, enterprises, count, draws),
        _only(enterprises.organisation_code, kind == "organisation_code_only"),
        _only(enterprises.registration_number, kind == "registration_number_only"),
    )
    in_other = kind == "code_in_other_column"
    written.registration_number = choose(in_other, enterprises.uscc, written.registration_number)
    return written, truth


def kind_without_code(kind: Texts, mask: Mask) -> Texts:
    """The kinds as they are where the feed leaves the cell of the code empty, or has none."""
    only_name = mask & ((kind == "") | np.char.startswith(kind, "code_") | np.isin(kind, _OTHER_NUMBERS))
    kind = np.where(only_name, "name_only", kind)
    for name in ("former_name", "name_short"):
        kind = np.where(mask & (kind == name), name + "_without_code", kind)
    return np.where(mask & (kind == "name_missing"), "nothing_written", kind)


def _applicable(kind: Texts, enterprises: Enterprises, without: tuple[str, ...]) -> Texts:
    """The kind where it can happen to this enterprise, else none."""
    possible: dict[str, Mask] = {
        "code_of_parent": enterprises.is_branch,
        "registration_number_only": enterprises.has_registration_number,
        "former_name": enterprises.has_other_name_before,
        "former_name_without_code": enterprises.has_other_name_before,
        "name_short": enterprises.is_company,
        "name_short_without_code": enterprises.is_company,
    }
    for name, mask in possible.items():
        kind = np.where((kind == name) & ~mask, "", kind)
    return np.where(np.isin(kind, without), "", kind)


def _only(column: pa.Array, mask: Mask) -> pa.Array:
    return choose(mask, column, None)


def _changed(text: pa.Array, mask: Mask, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """``change`` applied to the rows of the mask alone: some changes are slow."""
    if not mask.any():
        return text
    chosen = pa.array(mask)
    return pc.replace_with_mask(text, chosen, change(text.filter(chosen)))


def _codes(code: pa.Array, kind: Texts, enterprises: Enterprises, count: int, draws: Draws) -> pa.Array:
    other = Enterprises(enterprises.seed, (enterprises.index + draws.integers("other", 1, max(count, 2))) % count)
    code = _changed(code, kind == "code_lower_case", pc.ascii_lower)
    code = _changed(code, kind == "code_full_width", full_width)
    code = _changed(code, kind == "code_masked", lambda text: pc.utf8_replace_slice(text, 6, 14, "********"))
    code = _changed(code, kind == "code_check_wrong", _with_wrong_check)
    code = _changed(code, kind == "code_one_character_more", lambda text: join(text, "0"))
    code = choose(kind == "code_placeholder", draws.pick("placeholder", _PLACEHOLDERS), code)
    code = choose(kind == "code_zeros", draws.pick("zeros", _ZEROS), code)
    code = choose(kind == "code_of_other_enterprise", other.uscc, code)
    if (kind == "code_of_parent").any():
        code = choose(kind == "code_of_parent", enterprises.parent.uscc, code)
    return choose(np.isin(kind, (*_WITHOUT_CODE, "code_in_other_column")), None, code)


def _with_wrong_check(text: pa.Array) -> pa.Array:
    return codes.strings(codes.with_wrong_check(codes.characters_of(text, 18)))


def _names(name: pa.Array, kind: Texts, enterprises: Enterprises) -> pa.Array:
    is_former = np.isin(kind, ("former_name", "former_name_without_code"))
    name = choose(is_former, enterprises.former_name, name)
    name = _changed(name, kind == "name_width", _other_width)
    name = _changed(name, kind == "name_traditional", _traditional)
    is_short = np.isin(kind, ("name_short", "name_short_without_code"))
    name = _changed(name, is_short, lambda text: pc.replace_substring_regex(text, "^..市|（..）", ""))
    return choose(kind == "name_missing", None, name)


def _other_width(text: pa.Array) -> pa.Array:
    """Half-width brackets, and the spaces that cells are padded with."""
    half = pc.replace_substring(pc.replace_substring(text, "（", "("), "）", ")")
    return join(" ", half, "　")


def _traditional(text: pa.Array) -> pa.Array:
    return pa.array([value.translate(_TRADITIONAL) for value in text.to_pylist()], pa.string())
