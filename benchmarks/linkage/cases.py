"""Labelled cases from a registry: what a careful sender, a careless one and an adversary would write.

A case is (kind, name, code, region, address, label); an empty label means that any automatic link is wrong. Six per cent
of the enterprises are held out of the registry: records about them must stay unlinked.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks.linkage import noise
from linkage.divisions import standard
from linkage.names import folded_keys, key, normalise, parse
from linkage.text import Texts

HELD_OUT_SHARE = 0.06
PER_KIND = 900


@dataclass(frozen=True)
class Enterprise:
    """An enterprise of the registry, held or not."""

    name: str
    uscc: str
    province: str
    city: str
    address: str


@dataclass(frozen=True)
class Case:
    """One record with its label ('' when it must not be linked)."""

    kind: str
    name: str
    code: str
    region: str
    address: str
    label: str


@dataclass
class Pool:
    """What the makers of cases draw from."""

    rng: random.Random
    held: list[Enterprise]
    absent: list[Enterprise]
    near_absent: list[Enterprise]
    ambiguous: list[Enterprise]
    unplaced: dict[str, str]
    bearers: Counter[str]
    characters: str
    keys: frozenset[str]
    folded: frozenset[str]

    def one(self) -> Enterprise:
        """A held enterprise."""
        return self.rng.choice(self.held)

    def is_another(self, name: str, enterprise: Enterprise, kind: str, linkable: bool) -> bool:
        """Whether a spoilt name happens to be that of another enterprise held, and a made-up one to be read as such."""
        written, own = key(normalise(Texts.from_strings([name, enterprise.name]))).strings()
        if kind.startswith("other_"):
            parts = parse(Texts.from_strings([written]), standard())
            # 平南县… is how 广西平南县… is written, too.
            shorter = {name.removeprefix(enterprise.province) for name in folded_keys(parts)[0].strings()}
            return not self.folded.isdisjoint(
                {*folded_keys(parts)[0].strings(), *shorter} | {f"{enterprise.province}{name}" for name in shorter}
            )
        return written in self.keys and not (linkable and written == own)

    def fitting(self, fits: Callable[[Enterprise], bool]) -> Enterprise:
        """A held enterprise that fits; the last one tried when a thousand do not."""
        for _ in range(1000):
            enterprise = self.one()
            if fits(enterprise):
                return enterprise
        return enterprise


def split(registry: pa.Table, seed: int, share: float = HELD_OUT_SHARE) -> tuple[pa.Table, pa.Table]:
    """(held, absent): the registry without the held-out enterprises, and those; by code, so that twins stay together."""
    codes = registry["uscc"].to_pylist()
    chosen = random.Random(f"{seed}-held-out")
    out = {code for code in sorted(set(codes)) if chosen.random() < share}
    mask = np.array([code in out for code in codes])
    return registry.filter(pa.array(~mask)), registry.filter(pa.array(mask))


def make_cases(held: pa.Table, absent: pa.Table, seed: int, per_kind: int = PER_KIND) -> list[Case]:
    """``per_kind`` cases of every kind that the registry can give, in random order."""
    pool = _pool(held, absent, random.Random(f"{seed}-cases"))
    cases = [case for kind, maker in MAKERS.items() for case in _made(pool, kind, maker, per_kind)]
    pool.rng.shuffle(cases)
    return cases


Maker = Callable[[Pool], tuple[Enterprise, str, str, bool] | None]


def _made(pool: Pool, kind: str, maker: Maker, count: int) -> list[Case]:
    cases: list[Case] = []
    for _ in range(count * 20):
        if len(cases) == count:
            break
        made = maker(pool)
        if made is None:
            continue
        enterprise, name, code, linkable = made
        if not code and pool.is_another(name, enterprise, kind, linkable):
            continue
        region, address = _place(pool, enterprise, kind)
        label = enterprise.uscc if linkable else ""
        cases.append(Case(kind, name, code, region, address, label))
    return cases


def _place(pool: Pool, enterprise: Enterprise, kind: str) -> tuple[str, str]:
    region = pool.rng.choice(
        [enterprise.province + enterprise.city, enterprise.city, f"{enterprise.province}省", "", ""]
    )
    if "with_region" in kind:
        region = enterprise.province + enterprise.city
    if "without_region" in kind:
        return "", ""
    if "region_wrong" in kind:
        other = pool.one()
        region = other.province + other.city
    address = enterprise.address if pool.rng.random() < 0.2 and "region_wrong" not in kind else ""
    return region, address


def _pool(held: pa.Table, absent: pa.Table, rng: random.Random) -> Pool:
    present, missing = _enterprises(held), _enterprises(absent)
    parts = parse(key(normalise(Texts.from_strings([e.name for e in present]))), standard())
    folded, without_place, _, _ = folded_keys(parts)
    unplaced = without_place.strings()
    # The register holds some enterprises twice: two rows with one code are one bearer.
    bearers = Counter(name for _, name in {(e.uscc, name) for e, name in zip(present, unplaced, strict=True)})
    deletions = {n[:i] + n[i + 1 :] for n in (e.name for e in present) for i in range(len(n)) if len(n) <= 30}
    near = [e for e in missing if any(e.name[:i] + e.name[i + 1 :] in deletions for i in range(len(e.name)))]
    sample = rng.sample(present, min(len(present), 20000))
    return Pool(
        rng,
        present,
        missing,
        near,
        [e for e, u in zip(present, unplaced, strict=True) if bearers[u] > 1 and u != e.name and len(u) >= 4],
        {e.uscc: u for e, u in zip(present, unplaced, strict=True)},
        bearers,
        "".join(e.name for e in sample),
        frozenset(parts.key.strings()),
        frozenset(folded.strings()),
    )


def _enterprises(table: pa.Table) -> list[Enterprise]:
    columns = [table[c].to_pylist() for c in ("name", "uscc", "province", "city", "address")]
    rows = (Enterprise(*(str(v or "") for v in row)) for row in zip(*columns, strict=True))
    return [row for row in rows if 4 <= len(row.name) <= 60 and len(row.uscc) >= 13]


def _code(spoil: Callable[[str, random.Random], str], with_name: bool = True) -> Maker:
    def make(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
        e = pool.fitting(lambda e: len(e.uscc) == 18)
        code = spoil(e.uscc, pool.rng)
        return (e, e.name if with_name else "", code, True) if code != e.uscc or not with_name else None

    return make


def _name(spoil: Callable[[str, random.Random], str], linkable: bool = True) -> Maker:
    def make(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
        e = pool.one()
        name = spoil(e.name, pool.rng)
        return (e, name, "", linkable) if name != e.name else None

    return make


def _same(value: str, _: random.Random) -> str:
    return value


def _character_wrong(pool: Pool) -> tuple[Enterprise, str, str, bool]:
    e = pool.one()
    return e, noise.character_wrong(e.name, pool.rng, pool.characters), "", True


def _character_rare(pool: Pool) -> tuple[Enterprise, str, str, bool]:
    e = pool.one()
    return e, noise.character_wrong(e.name, pool.rng, "".join(sorted(set(pool.characters)))), "", True


def _character_extra(pool: Pool) -> tuple[Enterprise, str, str, bool]:
    e = pool.one()
    return e, noise.character_extra(e.name, pool.rng, pool.characters), "", True


def _brackets(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.fitting(lambda e: "（" in e.name or "(" in e.name)
    name = noise.brackets(e.name, pool.rng)
    return (e, name, "", True) if name != e.name else None


def _traditional(pool: Pool) -> tuple[Enterprise, str, str, bool]:
    e = pool.one()
    return e, noise.traditional(e.name, pool.rng), "", True


def _unplaced(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.one()
    name = pool.unplaced[e.uscc]
    usable = len(name) >= 4 and pool.bearers[name] == 1 and not e.name.endswith(name + "x") and name != e.name
    return (e, name, "", True) if usable else None


def _unplaced_formless(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    made = _unplaced(pool)
    if made is None:
        return None
    name = noise.without_form(made[1], pool.rng)
    return (made[0], name, "", True) if name != made[1] and len(name) >= 4 else None


def _province_lost(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.fitting(lambda e: e.name.startswith(f"{e.province}省") and len(e.name) > 9)
    name = e.name[len(e.province) + 1 :]
    usable = e.name.startswith(f"{e.province}省") and name.startswith(e.city)
    return (e, name, "", True) if usable else None


def _ambiguous(pool: Pool) -> tuple[Enterprise, str, str, bool]:
    e = pool.rng.choice(pool.ambiguous)
    return e, pool.unplaced[e.uscc], "", False


def _without_form(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.one()
    name = noise.without_form(e.name, pool.rng)
    return (e, name, "", True) if name != e.name else None


def _other_code(pool: Pool) -> tuple[Enterprise, str, str, bool]:
    return pool.one(), pool.one().name, pool.one().uscc, False


def _sibling_code(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.rng.choice(pool.near_absent)
    return e, e.name, pool.one().uscc, False


def _unheld_code(pool: Pool) -> tuple[Enterprise, str, str, bool]:
    return pool.one(), pool.one().name, pool.rng.choice(pool.absent).uscc, False


def _absent(spoil: Callable[[str, random.Random], str], with_code: bool = False, near: bool = False) -> Maker:
    def make(pool: Pool) -> tuple[Enterprise, str, str, bool]:
        e = pool.rng.choice(pool.near_absent if near else pool.absent)
        return e, spoil(e.name, pool.rng), e.uscc if with_code else "", False

    return make


def _absent_unplaced(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.rng.choice(pool.absent)
    name = folded_keys(parse(key(normalise(Texts.from_strings([e.name]))), standard()))[1].strings()[0]
    return (e, name, "", False) if name != e.name and len(name) >= 4 else None


def _absent_unplaced_formless(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    made = _absent_unplaced(pool)
    if made is None:
        return None
    name = noise.without_form(made[1], pool.rng)
    return (made[0], name, "", False) if name != made[1] and len(name) >= 4 else None


def _code_with_slip_in_name(pool: Pool) -> tuple[Enterprise, str, str, bool]:
    e = pool.one()
    return e, noise.character_wrong(e.name, pool.rng, pool.characters), e.uscc, True


def _code_in_name(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.one()
    name = pool.rng.choice(["{0}{1}", "{0}（统一社会信用代码：{1}）", "{0} {1}", "{1}{0}"]).format(e.name, e.uscc)
    return (e, name, "", True) if len(e.uscc) == 18 else None


def _registration_number(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.fitting(lambda e: len(e.uscc) == 15)
    return (e, pool.rng.choice([e.name, ""]), e.uscc, True) if len(e.uscc) == 15 else None


def _masked(pool: Pool) -> tuple[Enterprise, str, str, bool]:
    e = pool.one()
    return (
        e,
        e.name,
        pool.rng.choice([e.uscc[:6] + "******" + e.uscc[12:], "无", "/", "0" * 18, "00000000000000000X"]),
        True,
    )


def _head_without_branch(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.fitting(lambda e: e.name.endswith("公司"))
    return e, noise.branch(e.name, pool.rng), "", False


def _other_number(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.fitting(lambda e: any(c in e.name for c in "一二三四五六七八九十东南西北"))
    return e, noise.other_number(e.name, pool.rng), "", False


def _form_twin(pool: Pool) -> tuple[Enterprise, str, str, bool] | None:
    e = pool.fitting(lambda e: e.name.endswith(("有限公司", "有限责任公司")))
    return e, noise.other_form(e.name, pool.rng), "", False


MAKERS: dict[str, Maker] = {
    "code_and_name": lambda pool: (e := pool.one(), e.name, e.uscc, True),
    "code_only": _code(_same, with_name=False),
    "code_lower": _code(noise.lower),
    "code_lower_only": _code(noise.lower, with_name=False),
    "code_spaced": _code(noise.spaced),
    "code_full_width": _code(noise.full_width),
    "code_look_alike": _code(noise.look_alike),
    "code_look_alike_only": _code(noise.look_alike, with_name=False),
    "code_swapped": _code(noise.swapped),
    "code_slip": _code(noise.code_slip),
    "code_short": _code(noise.missing),
    "code_organisation": _code(lambda c, _: c[8:17]),
    "code_organisation_hyphen": _code(lambda c, _: f"{c[8:16]}-{c[16]}", with_name=False),
    "code_in_name": _code_in_name,
    "code_masked": _masked,
    "code_with_name_slip": _code_with_slip_in_name,
    "registration_number": _registration_number,
    "code_of_other": _other_code,
    "code_of_other_near_absent": _sibling_code,
    "code_unheld": _unheld_code,
    "name_exact": lambda pool: (e := pool.one(), e.name, "", True),
    "name_with_region": lambda pool: (e := pool.one(), e.name, "", True),
    "name_region_wrong": lambda pool: (e := pool.one(), e.name, "", True),
    "name_brackets": _brackets,
    "name_traditional": _traditional,
    "name_character_wrong": _character_wrong,
    "name_character_rare": _character_rare,
    "name_character_extra": _character_extra,
    "name_character_missing": _name(noise.missing),
    "name_character_swapped": _name(noise.swapped),
    "name_sound_alike": _name(noise.sound_alike),
    "name_look_alike": _name(noise.look_alike_character),
    "name_without_form": _without_form,
    "name_unplaced_with_region": _unplaced,
    "name_unplaced_without_region": _unplaced,
    "name_unplaced_formless_with_region": _unplaced_formless,
    "name_province_lost": _province_lost,
    "name_in_sentence": _name(noise.in_sentence),
    "ambiguous_without_region": _ambiguous,
    "absent": _absent(_same),
    "absent_with_code": _absent(_same, with_code=True),
    "absent_near": _absent(_same, near=True),
    "absent_near_with_region": _absent(_same, near=True),
    "absent_slip": _absent(noise.swapped),
    "absent_without_form": _absent(noise.without_form),
    "absent_unplaced_with_region": _absent_unplaced,
    "absent_unplaced_without_region": _absent_unplaced,
    "absent_unplaced_formless_with_region": _absent_unplaced_formless,
    "absent_in_sentence": _absent(noise.in_sentence),
    "branch_of_held": _head_without_branch,
    "other_number": _other_number,
    "other_form": _form_twin,
}
