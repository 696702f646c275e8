"""The enterprises of the fictitious region: what each one is, was called and where it is.

Every property is a function of seed and index, so any enterprise can be made on its own. Of each twenty indices eleven
are companies (91), six individual businesses (92), one a cooperative (93), two branches of companies before them.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from example_region import codes, words
from example_region.columns import choose, join, lookup, number
from example_region.randomness import Draws, Indices, Mask, scattered

GROUP = 20
COMPANIES_PER_GROUP = 11
INDIVIDUALS_PER_GROUP = 6
OUTSIDE = GROUP << 29  # indices from here on are enterprises of the neighbour province
TODAY = 20423  # 2025-12-01, the day of the deliveries, in days since 1970-01-01
NEW_CODES_SINCE = 16709  # 2015-10-01: codes given from that day on begin with MA
MAXIMUM_ENTERPRISES = 10_000_000

_DIVISIONS = np.array([d.division for d in words.DISTRICTS])
_CITIES = pa.array([d.city for d in words.DISTRICTS])
_COUNTIES = pa.array([d.county for d in words.DISTRICTS])
_CITY_FIRST = np.array([0, 4, 8])
_BRANDS = len(words.FIRST_CHARACTERS) * len(words.SECOND_CHARACTERS)
_COMPANY_WORDS = pa.array([t.word for t in words.COMPANY_TRADES])
_SHOP_WORDS = pa.array([t.word for t in words.SHOP_TRADES])
_CROP_WORDS = pa.array([t.word for t in words.CROPS])
_TRADES = (*words.COMPANY_TRADES, *words.SHOP_TRADES, *words.CROPS)
_SHOPS_FROM, _CROPS_FROM = len(words.COMPANY_TRADES), len(words.COMPANY_TRADES) + len(words.SHOP_TRADES)
GROUPS = np.array([t.group for t in _TRADES])
_SCOPES = pa.array([t.scope for t in _TRADES])


def _brand(positions: Indices) -> pa.Array:
    first, second = np.divmod(positions, len(words.SECOND_CHARACTERS))
    return join(lookup(words.FIRST_CHARACTERS, first), lookup(words.SECOND_CHARACTERS, second))


def person_names(draws: Draws, name: str) -> pa.Array:
    """Fictitious names of natural persons."""
    return join(draws.pick(name + "/surname", words.SURNAMES), draws.pick(name + "/given", words.GIVEN_NAMES))


class Enterprises:
    """The enterprises at ``index`` (shape (n,), repeats allowed); each property is an array of n values."""

    def __init__(self, seed: int, index: Indices) -> None:
        self.seed = seed
        self.index = index
        self.draws = Draws(seed, "enterprise", index)
        self.position = index % GROUP
        self.group = index // GROUP
        self.is_company: Mask = self.position < COMPANIES_PER_GROUP
        self.is_individual: Mask = (self.position >= 11) & (self.position < 17)
        self.is_cooperative: Mask = self.position == 17
        self.is_branch: Mask = self.position > 17

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def parent(self) -> Enterprises:
        """The company a branch belongs to, the head of a franchise; any company for the others."""
        group = self.draws.integers("parent/group", 0, np.minimum(self.group, MAXIMUM_ENTERPRISES) + 1)
        return Enterprises(self.seed, group * GROUP + self.draws.integers("parent/position", 0, COMPANIES_PER_GROUP))

    # Places

    @cached_property
    def _name_digits(self) -> tuple[Indices, Indices, Indices]:
        """City, trade and brand of a company: distinct companies differ in at least one, so full names are unique."""
        cities, trades = len(_CITY_FIRST), len(words.COMPANY_TRADES)
        ordinal = self.group * COMPANIES_PER_GROUP + np.minimum(self.position, COMPANIES_PER_GROUP - 1)
        rest = scattered(ordinal, cities * trades * _BRANDS, self.seed, "company")
        rest, city = np.divmod(rest, cities)
        brand, trade = np.divmod(rest, trades)
        return city, trade, brand

    @cached_property
    def first_place(self) -> Indices:
        """Position in ``words.DISTRICTS`` of the district it was first registered in; the code keeps it for life."""
        anywhere = self.draws.integers("district", 0, len(_DIVISIONS))
        return np.where(self.is_company, _CITY_FIRST[self._name_digits[0]] + anywhere % 4, anywhere)

    @cached_property
    def has_moved(self) -> Mask:
        """Moved to another district at ``moved_day``."""
        return self.draws.chance("moved", 0.08) & (self.established < TODAY - 900)

    @cached_property
    def moved_day(self) -> Indices:
        """Day of the move, in days since 1970-01-01."""
        return self._between("moved/when")

    @cached_property
    def place(self) -> Indices:
        """Position in ``words.DISTRICTS`` of the district it is in now."""
        other = (self.first_place + self.draws.integers("moved/to", 1, len(_DIVISIONS))) % len(_DIVISIONS)
        return np.where(self.has_moved, other, self.first_place)

    @cached_property
    def division(self) -> Indices:
        """Six-digit division of the place it is in now."""
        return _DIVISIONS[self.place]

    @cached_property
    def city(self) -> pa.Array:
        """City it is in now."""
        return lookup(_CITIES, self.place)

    @cached_property
    def county(self) -> pa.Array:
        """District or county it is in now."""
        return lookup(_COUNTIES, self.place)

    def _address(self, place: Indices, name: str) -> pa.Array:
        draws = self.draws
        house = number(draws.integers(name + "/house", 1, 400))
        room = join(
            number(draws.integers(name + "/floor", 1, 19)), number(draws.integers(name + "/room", 1, 30), 2), "室"
        )
        street = draws.pick(name + "/street", words.STREETS)
        base = join(words.PROVINCE, lookup(_CITIES, place), lookup(_COUNTIES, place), street, house, "号")
        return choose(draws.chance(name + "/roomed", 0.5), join(base, room), base)

    @cached_property
    def address(self) -> pa.Array:
        """Registered address now."""
        return choose(self.has_moved, self._address(self.place, "address/new"), self.former_address)

    @cached_property
    def former_address(self) -> pa.Array:
        """First registered address."""
        return self._address(self.first_place, "address")

    # Codes

    @cached_property
    def established(self) -> Indices:
        """Day it was established, between 1995 and the middle of 2025; the newer the more."""
        age = np.square(self.draws.fraction("established")) * 11000
        return (TODAY - 170 - age).astype(np.int64)

    @cached_property
    def organisation_characters(self) -> codes.Characters:
        """Organisation code, shape (n, 9)."""
        is_new = (self.established >= NEW_CODES_SINCE) | (self.index >= OUTSIDE)
        inside = np.where(self.index >= OUTSIDE, 5 * 10**7 + self.index - OUTSIDE, self.index)
        numbers = np.where(
            is_new,
            scattered(inside, 31**6, self.seed, "code/new"),
            scattered(inside % 10**8, 10**8, self.seed, "code/old"),
        )
        return codes.organisation_codes(numbers, is_new)

    @cached_property
    def uscc_characters(self) -> codes.Characters:
        """Unified social credit code, shape (n, 18)."""
        kind = np.where(self.is_individual, 92, np.where(self.is_cooperative, 93, 91))
        return codes.uscc(kind, _DIVISIONS[self.first_place], self.organisation_characters)

    @cached_property
    def uscc(self) -> pa.Array:
        """Unified social credit code."""
        return codes.strings(self.uscc_characters)

    @cached_property
    def organisation_code(self) -> pa.Array:
        """Organisation code, nine characters without hyphen."""
        return codes.strings(self.organisation_characters)

    @cached_property
    def has_registration_number(self) -> Mask:
        """Only those from before the unified codes have one."""
        return (self.established < NEW_CODES_SINCE) & (self.index < OUTSIDE)

    @cached_property
    def registration_number(self) -> pa.Array:
        """Registration number of 15 digits; null for those founded since October 2015."""
        kind = np.where(self.is_individual, 6 + self.index % 4, self.index % 4)
        numbers = codes.registration_numbers(_DIVISIONS[self.first_place], kind * 10**7 + self.index % 10**7)
        return choose(self.has_registration_number, codes.strings(numbers), None)

    # Names

    @cached_property
    def trade(self) -> Indices:
        """Position of its trade; ``GROUPS`` tells the group of a trade."""
        shop = _SHOPS_FROM + self.draws.integers("trade/shop", 0, len(words.SHOP_TRADES))
        crop = _CROPS_FROM + self.draws.integers("trade/crop", 0, len(words.CROPS))
        if not self.is_branch.any():
            return np.where(self.is_company, self._name_digits[1], np.where(self.is_individual, shop, crop))
        others = np.where(self.is_individual, shop, np.where(self.is_branch, self.parent._name_digits[1], crop))
        return np.where(self.is_company, self._name_digits[1], others)

    @cached_property
    def trade_group(self) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        """Group of its trade: food, catering, drug, online …"""
        return GROUPS[self.trade]

    @cached_property
    def business_scope(self) -> pa.Array:
        """Registered business scope."""
        return lookup(_SCOPES, self.trade)

    @cached_property
    def form(self) -> pa.Array:
        """Legal form at the end of a company's name."""
        return self.draws.pick("form", words.COMPANY_FORMS)

    def _company(self, brand: pa.Array) -> pa.Array:
        city, trade, _ = self._name_digits
        region = lookup(_CITIES, _CITY_FIRST[city])
        trade_word = lookup(_COMPANY_WORDS, trade)
        in_brackets = join(brand, trade_word, "（", pc.utf8_rtrim(region, "市"), "）", self.form)
        plain = join(region, brand, trade_word, self.form)
        return choose(self.draws.chance("name/brackets", 0.06), in_brackets, plain)

    @cached_property
    def brand(self) -> pa.Array:
        """Brand (字号) of a company."""
        return _brand(self._name_digits[2])

    @cached_property
    def has_other_name_before(self) -> Mask:
        """Companies that were renamed."""
        return self.is_company & self.draws.chance("renamed", 0.12) & (self.established < TODAY - 900)

    @cached_property
    def former_name(self) -> pa.Array:
        """Name before the change at ``renamed_day``; null for the others."""
        first = lookup(words.FIRST_CHARACTERS, self._name_digits[2] // len(words.SECOND_CHARACTERS))
        name = self._company(join(first, self.draws.pick("former", words.FORMER_CHARACTERS)))
        return choose(self.has_other_name_before, name, None)

    @cached_property
    def renamed_day(self) -> Indices:
        """Day of the change of name."""
        return self._between("renamed/when")

    def _between(self, name: str) -> Indices:
        """A day of its life, not in the first year and not in the last 100 days."""
        return self.established + self.draws.integers(name, 365, np.maximum(TODAY - 100 - self.established, 366))

    @cached_property
    def operator(self) -> pa.Array:
        """Legal representative or operator, a fictitious person."""
        return person_names(self.draws, "operator")

    @cached_property
    def _shop_name(self) -> pa.Array:
        """Names of individual businesses: unique ones, after a person, common ones that several bear, franchises."""
        county = lookup(_COUNTIES, self.first_place)
        city = lookup(_CITIES, self.first_place)
        shop = lookup(_SHOP_WORDS, np.clip(self.trade - _SHOPS_FROM, 0, len(words.SHOP_TRADES) - 1))
        ordinal = self.group * INDIVIDUALS_PER_GROUP + self.position - 11
        own = _brand(scattered(ordinal % _BRANDS, _BRANDS, self.seed, "shop"))
        name = join(county, own, shop)
        name = choose(self.position == 13, join(county, self.operator, shop), name)
        name = choose(
            self.position == 14, join(city, county, self.draws.pick("common", words.COMMON_BRANDS), shop), name
        )
        name = choose(self.position == 15, join(city, own, shop, "（个体工商户）"), name)
        street = self.draws.pick("address/street", words.STREETS)
        return choose(self.position == 16, join(city, self.parent.brand, shop, "（", street, "店）"), name)

    @cached_property
    def _cooperative_name(self) -> pa.Array:
        own = _brand(scattered(self.group % _BRANDS, _BRANDS, self.seed, "cooperative"))
        crop = lookup(_CROP_WORDS, np.clip(self.trade - _CROPS_FROM, 0, len(words.CROPS) - 1))
        return join(lookup(_CITIES, self.first_place), lookup(_COUNTIES, self.first_place), own, crop)

    @cached_property
    def _branch_name(self) -> pa.Array:
        county = lookup(_COUNTIES, self.first_place)
        area = join(county, "分公司")
        store = join(self.draws.pick("address/street", words.STREETS), "分公司")
        numbered = join("第", number(self.draws.integers("branch/number", 2, 30)), "分公司")
        label = self.draws.share("branch/kind", {"store": 0.3, "numbered": 0.2})
        return join(self.parent.name, choose(label == "store", store, choose(label == "numbered", numbered, area)))

    @cached_property
    def name(self) -> pa.Array:
        """Registered name now."""
        name = self._company(self.brand)
        if self.is_individual.any():
            name = choose(self.is_individual, self._shop_name, name)
        if self.is_cooperative.any():
            name = choose(self.is_cooperative, self._cooperative_name, name)
        return choose(self.is_branch, self._branch_name, name) if self.is_branch.any() else name

    # Life

    @cached_property
    def status(self) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        """注销, 吊销, 迁出 or empty for a living one."""
        return self.draws.share("status", {"注销": 0.11, "吊销": 0.04, "迁出": 0.02})

    @cached_property
    def status_day(self) -> Indices:
        """Day the status was reached; the day of establishment for living ones."""
        latest = np.where(self.has_moved | self.has_other_name_before, TODAY - 99, self._between("status/when"))
        return np.where(self.status == "", self.established, latest)

    @cached_property
    def was_merged(self) -> Mask:
        """Deregistered because another company took it in."""
        return np.asarray(self.is_company & (self.status == "注销") & self.draws.chance("merged", 0.06))

    @cached_property
    def has_shop(self) -> Mask:
        """Runs an online shop."""
        sells_online = (self.trade_group == "online") & self.draws.chance("shop/online", 0.7)
        return np.asarray(self.draws.chance("shop", 0.10) | sells_online)

    @cached_property
    def platform(self) -> Indices:
        """Position in ``words.PLATFORMS``."""
        return self.draws.integers("shop/platform", 0, len(words.PLATFORMS))

    @cached_property
    def shop_name(self) -> pa.Array:
        """Name of its online shop."""
        return join(
            self.brand, self.draws.pick("shop/word", pa.array(["旗舰店", "专营店", "官方店", "优品店", "生活馆"]))
        )

    @cached_property
    def shop_url(self) -> pa.Array:
        """Address of its online shop."""
        host = lookup(words.PLATFORM_HOSTS, self.platform)
        return join("https://shop", number(self.index % 10**8, 8), ".", host)
