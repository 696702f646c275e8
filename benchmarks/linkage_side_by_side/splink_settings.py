"""How Splink 5 is set up as a peer: blocking, comparisons, m and u.

u of names and codes is set by hand: Splink's random sampling of pairs never meets two records with one code or one name
among a million enterprises, so its estimate stays empty. m is set from the mix of the benchmark, in Splink's favour.
"""

from __future__ import annotations

from splink import SettingsCreator, block_on
from splink.comparison_level_library import CustomLevel, ElseLevel
from splink.comparison_library import CustomComparison

ENTERPRISES = 1_000_000
NEAR = "jaro_winkler_similarity(name_key_l, name_key_r) >= 0.85"
BLOCKING = (
    block_on("code"),
    block_on("organisation_code"),
    block_on("registration_number"),
    block_on("name_key"),
    block_on("name_folded"),
    block_on("name_stem"),
    block_on("name_unplaced", "city"),
    block_on("name_core", "city"),
    "l.name_unplaced = r.name_unplaced and length(l.name_unplaced) >= 6",
    "substr(l.name_key, 1, 7) = substr(r.name_key, 1, 7) and abs(length(l.name_key) - length(r.name_key)) <= 1",
    "substr(l.name_key, -9) = substr(r.name_key, -9) and abs(length(l.name_key) - length(r.name_key)) <= 1",
    "substr(l.name_key, 1, 4) = substr(r.name_key, 1, 4) and l.name_core = r.name_core",
)


def _level(condition: str, m: float, u: float, frequency_of: str | None = None) -> CustomLevel:
    level = CustomLevel(condition)
    if frequency_of:
        return level.configure(
            m_probability=m, u_probability=u, tf_adjustment_column=frequency_of, tf_minimum_u_value=1e-8
        )
    return level.configure(m_probability=m, u_probability=u)


def _null(column: str) -> CustomLevel:
    return CustomLevel(f"{column}_l is null or {column}_r is null").configure(is_null_level=True)


def _else(m: float, u: float) -> ElseLevel:
    return ElseLevel().configure(m_probability=m, u_probability=u)


def _code() -> CustomComparison:
    levels = [
        _null("code"),
        _level(f"code_l = code_r and (name_key_l is null or name_key_r is null or {NEAR})", 0.90, 1e-9),
        _level("code_l = code_r", 0.001, 1e-6),  # the code of another enterprise
        _level("organisation_code_l = organisation_code_r", 0.05, 1e-9),
        _level("registration_number_l = registration_number_r", 0.01, 1e-9),
        _level("damerau_levenshtein(code_l, code_r) <= 1", 0.03, 1e-8),
        _else(0.001, 0.999997),
    ]
    return CustomComparison(levels, output_column_name="code")


def _name() -> CustomComparison:
    levels = [
        _null("name_key"),
        _level("name_key_l = name_key_r", 0.62, 5e-8, "name_key"),
        _level("name_folded_l = name_folded_r", 0.05, 1e-8, "name_folded"),
        _level("name_stem_l = name_stem_r", 0.04, 2e-8, "name_stem"),
        _level("name_unplaced_l = name_unplaced_r", 0.08, 1e-6, "name_unplaced"),
        _level("jaro_winkler_similarity(name_key_l, name_key_r) >= 0.97", 0.11, 8e-6),
        _level("jaro_winkler_similarity(name_key_l, name_key_r) >= 0.94", 0.05, 8e-5),
        _level("name_core_l = name_core_r", 0.02, 1e-5),
        _level("jaro_winkler_similarity(name_key_l, name_key_r) >= 0.90", 0.02, 3e-4),
        _else(0.005, 0.9996),
    ]
    return CustomComparison(levels, output_column_name="name_key")


def _place() -> CustomComparison:
    levels = [
        _null("province"),
        _level("city_l = city_r", 0.90, 0.01),
        _level("province_l = province_r", 0.06, 0.06),
        _else(0.04, 0.93),
    ]
    return CustomComparison(levels, output_column_name="city")


def settings() -> SettingsCreator:
    """Settings for ``link_only`` between the records and the register."""
    return SettingsCreator(
        link_type="link_only",
        comparisons=[_code(), _name(), _place()],
        blocking_rules_to_generate_predictions=list(BLOCKING),
        probability_two_random_records_match=0.7 / ENTERPRISES,
        retain_matching_columns=False,
    )
