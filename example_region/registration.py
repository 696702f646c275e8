"""The register of market entities and the changes of what is registered."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from example_region import words
from example_region.columns import choose, date_text, join, number, repeated, time_text, untidy_date
from example_region.dirt import damage_lines, run_together, soil, spoil_dates
from example_region.enterprises import TODAY, Enterprises, person_names
from example_region.randomness import Draws, Indices
from example_region.rows import KEYS_PER_ENTERPRISE, Rows, Subject, interleave, with_repeats

_STATUS_WORDS = pa.array(["存续", "存续", "存续（在营、开业、在册）", "在业", "开业"])
_TYPES = ("有限责任公司(自然人独资)", "有限责任公司(自然人投资或控股)", "股份有限公司(非上市)")
_CURRENCIES = pa.array(["人民币", "人民币", "人民币", "CNY"])
_DAY = 86400


def authority(enterprises: Enterprises) -> pa.Array:
    """The registering authority: market supervision of the district it is in."""
    return join(enterprises.county, "市场监督管理局")


def _types(enterprises: Enterprises) -> pa.Array:
    text = enterprises.draws.pick("type", pa.array(_TYPES))
    text = choose(enterprises.is_individual, "个体工商户", text)
    text = choose(enterprises.is_cooperative, "农民专业合作社", text)
    return choose(enterprises.is_branch, "有限责任公司分公司", text)


def _capital(enterprises: Enterprises, draws: Draws) -> pa.Array:
    """Amounts as registers write them: bare numbers in 万元, with the unit, with the currency in the cell."""
    amount = number(np.array([10, 50, 100, 200, 500, 1000, 3000])[draws.integers("capital", 0, 7)])
    label = draws.share("capital/style", {"unit": 0.3, "currency": 0.1, "decimal": 0.1})
    text = choose(label == "unit", join(amount, "万元"), amount)
    text = choose(label == "currency", join(amount, "万人民币"), text)
    text = choose(label == "decimal", join(amount, ".000000"), text)
    return choose(enterprises.is_branch | enterprises.is_individual, None, text)


def registration(seed: int, _count: int, index: Indices) -> Rows:
    """One row per enterprise; enterprises changed in November come again in the later delivery."""
    enterprises = Enterprises(seed, index)
    draws = Draws(seed, "registration", index)
    status = choose(enterprises.status == "", draws.pick("status", _STATUS_WORDS), pa.array(enterprises.status))
    code, kind = _register_codes(enterprises, draws)
    updated = (TODAY - 40) * _DAY - draws.integers("updated", 0, 500 * _DAY)
    columns = {
        "principal_id": join(number(enterprises.division), number(index % 10**10, 10)),
        "enterprise_name": enterprises.name,
        "uscc": code,
        "registration_number": enterprises.registration_number,
        "organisation_code": choose(draws.chance("organisation", 0.4), enterprises.organisation_code, None),
        "enterprise_type": _types(enterprises),
        "legal_representative": enterprises.operator,
        "registered_capital_amount": _capital(enterprises, draws),
        "registered_capital_currency": choose(
            enterprises.is_branch | enterprises.is_individual, None, draws.pick("currency", _CURRENCIES)
        ),
        "establishment_date": untidy_date(enterprises.established, draws, "established"),
        "approval_date": date_text(np.maximum(enterprises.established, enterprises.status_day)),
        "registration_status": status,
        "status_date": choose(enterprises.status == "", None, date_text(enterprises.status_day)),
        "business_scope": enterprises.business_scope,
        "registration_authority": authority(enterprises),
        "province": repeated(words.PROVINCE, len(index)),
        "city": enterprises.city,
        "county": enterprises.county,
        "address": enterprises.address,
        "website": choose(enterprises.has_shop, enterprises.shop_url, None),
        "parent_uscc": choose(enterprises.is_branch, enterprises.parent.uscc, None),
        "source_updated_at": time_text(updated),
    }
    everyone = np.ones(len(index), dtype=bool)
    rows = Rows.of(columns, [Subject("enterprise", enterprises.uscc, enterprises.name, everyone, kind)], index)
    _soil_register(rows, enterprises, draws)
    return with_repeats(_with_update(rows, enterprises, draws), seed, "registration", 0.002)


def _register_codes(enterprises: Enterprises, draws: Draws) -> tuple[pa.Array, np.ndarray]:
    """The register's own codes: nearly all right, some in lower case, some old ones without a unified code."""
    kind = draws.share("code", {"code_lower_case": 0.004, "registration_number_only": 0.004})
    can_lack = enterprises.has_registration_number & enterprises.is_company & (enterprises.status != "")
    kind = np.where((kind == "registration_number_only") & ~can_lack, "", kind)
    code = choose(kind == "code_lower_case", pc.ascii_lower(enterprises.uscc), enterprises.uscc)
    return choose(kind == "registration_number_only", None, code), kind


def _soil_register(rows: Rows, enterprises: Enterprises, draws: Draws) -> None:
    """Rows that are lost are companies' alone: a lost shop would make the name of its namesake look unique."""
    soil(rows, draws, placeholders=("website", "business_scope"), sentinels=("approval_date",))
    spoil_dates(rows, draws, "establishment_date", is_required=False, only=enterprises.is_company)
    run_together(rows, draws, "enterprise_name", "address", only=enterprises.is_company)
    damage_lines(rows, draws, only=enterprises.is_company)


def _with_update(rows: Rows, enterprises: Enterprises, draws: Draws) -> Rows:
    """Some enterprises are delivered again with a newer state; the renamed ones among them under their new name."""
    renewed = draws.chance("renewed", 0.04) & rows.is_clean
    newer = rows.take(np.flatnonzero(renewed))
    newer.version[:] = 1
    later = (TODAY - 28) * _DAY + draws.integers("renewed/at", 0, 25 * _DAY)
    newer.columns["source_updated_at"] = time_text(later[renewed])
    with_former_name = renewed & enterprises.has_other_name_before
    rows.columns["enterprise_name"] = choose(with_former_name, enterprises.former_name, rows.columns["enterprise_name"])
    return interleave(rows, newer, np.flatnonzero(renewed))


def change(seed: int, _count: int, index: Indices) -> Rows:
    """What was changed: names, addresses, representatives, mergers, deregistrations; one row per item."""
    enterprises = Enterprises(seed, index)
    events = {
        "name": enterprises.has_other_name_before,
        "address": enterprises.has_moved,
        "person": Draws(seed, "change", index).chance("person", 0.08),
        "merger": enterprises.was_merged,
    }
    positions = np.concatenate([np.flatnonzero(mask) for mask in events.values()])
    item = np.concatenate([np.full(mask.sum(), name, dtype="<U8") for name, mask in events.items()])
    order = np.argsort(positions, kind="stable")
    return _changes(seed, index[positions[order]], item[order])


def _changes(seed: int, index: Indices, item: np.ndarray) -> Rows:
    enterprises = Enterprises(seed, index)
    event = np.select([item == "name", item == "address", item == "merger"], [0, 1, 2], 3)
    draws = Draws(seed, "change/row", index * KEYS_PER_ENTERPRISE + event)
    day = np.select(
        [item == "name", item == "address", item == "merger"],
        [enterprises.renamed_day, enterprises.moved_day, enterprises.status_day],
        np.maximum(enterprises.established + 30, TODAY - draws.integers("day", 60, 3000)),
    )
    before = choose(item == "name", enterprises.former_name, person_names(draws, "before"))
    before = choose(item == "address", enterprises.former_address, before)
    after = choose(item == "name", enterprises.name, enterprises.operator)
    after = choose(item == "address", enterprises.address, after)
    merged = join("被", enterprises.parent.name, "吸收合并，办理注销登记")
    names = pa.array(["名称变更", "住所变更", "公司合并", "法定代表人变更"])
    columns = {
        "enterprise_name": enterprises.name,
        "uscc": enterprises.uscc,
        "registration_number": enterprises.registration_number,
        "change_item": names.take(pa.array(event)),
        "before_content": choose(item == "merger", "存续", before),
        "after_content": choose(item == "merger", merged, after),
        "change_date": untidy_date(day, draws, "day"),
        "registration_authority": authority(enterprises),
        "source_updated_at": time_text(day * _DAY + draws.integers("time", 9 * 3600, 17 * 3600)),
    }
    everyone = np.ones(len(index), dtype=bool)
    truth = Subject("enterprise", enterprises.uscc, enterprises.name, everyone, np.full(len(index), "", dtype="<U40"))
    rows = Rows.of(columns, [truth], index * KEYS_PER_ENTERPRISE + event)
    spoil_dates(rows, draws, "change_date", only=item != "name")
    return with_repeats(rows, seed, "change", 0.003)
