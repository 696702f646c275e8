"""Claims of the headers settled by the values: confirmed, overruled, or left open and said so.

A wrong column is worse than a missing one: what contradicts itself or could be two things is not mapped.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations

import pyarrow as pa
import pyarrow.compute as pc

from connectors.checks.meaning.claims import Claim, known_headers
from connectors.checks.meaning.evidence import (
    CONFIRMING_SHARE,
    CONTRARY_SHARE,
    confirms,
    contradicts,
    listed_values,
    may_be,
)
from connectors.checks.meaning.guards import code_named_after_party, codes_of_other_bodies, organs_as_parties
from connectors.checks.meaning.lodgers import with_lodger
from connectors.checks.meaning.takes import Take, taken
from connectors.checks.meaning.values import Profile, profile_of
from connectors.checks.meaning.vocabulary import vocabulary
from connectors.checks.meaning.wording import read_wording
from connectors.contract.header_key import header_key
from connectors.contract.model import CODE_KINDS, Contract

_EXCHANGED = ("authority_name", "decision_date")
_CLASS_OF_EXCHANGED = {"authority_name": "organ", "decision_date": "date"}


@dataclass(frozen=True)
class Doubt:
    """A header that is left open: ``column`` is what it might be, ``reason`` values_disagree, ambiguous or unconfirmed."""

    position: int
    column: str
    reason: str


@dataclass(frozen=True)
class Settled:
    """A claim or None per header, and the headers left open."""

    claims: tuple[Claim | None, ...]
    doubts: tuple[Doubt, ...]


def settle(
    contract: Contract,
    header: Sequence[str],
    found: Sequence[Claim | None],
    sample: Sequence[pa.Array] | None,
    skipped: Set[int] = frozenset(),
    *,
    is_lenient: bool = False,
) -> Settled:
    """Settle ``found`` by ``sample`` (some cells of each column, or None where no values are at hand).

    What a person pinned is not judged; columns at the positions ``skipped`` are not looked at. ``is_lenient``: two headers
    for a column that the contract requires are left open too, and not to the caller's refusal; and where none names the
    party, the only enterprises of the table are it.
    """
    if sample is None:
        kept = [None if claim is not None and claim.needs_values else claim for claim in found]
        judge = _Judge(contract, header, kept, [Profile.nothing()] * len(header), [])
        judge.yield_to_outright()
        return judge.settled()
    known, listed = frozenset(known_headers(contract)), listed_values(contract)
    texts = [column if column.type == pa.string() else column.cast(pa.string()) for column in sample]
    profiles = [
        Profile.nothing() if position in skipped else profile_of(column, known, listed)
        for position, column in enumerate(texts)
    ]
    judge = _Judge(contract, header, list(found), profiles, texts)
    judge.weigh(known)
    judge.yield_to_outright()
    judge.choose_among_several(is_lenient)
    judge.read_by_values(is_lenient)
    judge.guard_codes_of_authorities()
    return judge.settled()


def _is_nearly(claim: Claim) -> bool:
    return claim.note is not None or claim.yields or claim.source == "weak"


class _Judge:
    def __init__(
        self,
        contract: Contract,
        header: Sequence[str],
        claims: list[Claim | None],
        profiles: list[Profile],
        texts: list[pa.StringArray],
    ) -> None:
        self._contract, self._header = contract, header
        self._claims, self._profiles, self._texts = claims, profiles, texts
        self._doubts: list[Doubt] = []
        self._words = vocabulary(contract)

    def settled(self) -> Settled:
        return Settled(tuple(self._claims), tuple(sorted(self._doubts, key=lambda doubt: doubt.position)))

    def _mostly(self, position: int, kind: str) -> bool:
        return self._profiles[position].share(kind) >= CONFIRMING_SHARE

    def _doubt(self, position: int, column: str, reason: str) -> None:
        self._claims[position] = None
        self._doubts.append(Doubt(position, column, reason))

    def weigh(self, known: frozenset[str]) -> None:
        """Claims that the values contradict, or should confirm and do not, are left open."""
        opened: dict[int, Claim] = {}
        for position, said in enumerate(self._claims):
            if said is None or said.source == "pin":
                continue
            claim = self._with_lodger(position, said)
            column = self._contract.column(claim.column)
            profile = self._profiles[position]
            take = claim.feeds[0][1]
            if take is not None and profile.filled:
                profile = profile_of(taken(take, self._texts[position]), known)
            if contradicts(column, profile):
                self._doubt(position, claim.column, "values_disagree")
            elif not self._is_confirmed(position, claim, profile):
                self._doubt(position, claim.column, "unconfirmed")
            if self._claims[position] is None:
                opened[position] = claim
        for position, claim in opened.items():
            if self._take_otherwise(position, claim):
                self._doubts = [doubt for doubt in self._doubts if doubt.position != position]
        self._exchange()
        self._open_exchanged_party()
        self._open(organs_as_parties(self._contract, self._claims, self._profiles), "values_disagree")
        self._guard_workplaces()

    def _open_exchanged_party(self) -> None:
        """Authorities under the party's header, where enterprises stand under the authority's: who is who, a person says."""
        denied = [
            doubt for doubt in self._doubts if (doubt.column, doubt.reason) == ("authority_name", "values_disagree")
        ]
        if not any(self._mostly(doubt.position, "enterprise") for doubt in denied):
            return
        parties = {subject.name for subject in self._contract.subjects}
        for place, claim in enumerate(self._claims):
            is_party = claim is not None and claim.column in parties and claim.source != "pin"
            if claim and is_party and self._mostly(place, "organ"):
                self._doubt(place, claim.column, "values_disagree")

    def _guard_workplaces(self) -> None:
        """Enterprises under a vague header beside persons that nobody claims: who the party is, nobody can tell."""
        if len(self._contract.subjects) != 1:
            return
        persons = [
            place
            for place, claim in enumerate(self._claims)
            if claim is None
            and self._words.persons.fullmatch(read_wording(self._header[place]).base)
            and self._mostly(place, "person")
        ]
        for place, claim in enumerate(self._claims):
            is_party = claim is not None and claim.column == self._contract.subjects[0].name
            is_vague = claim is not None and claim.source in ("weak", "values")
            if claim and persons and is_party and is_vague and self._mostly(place, "enterprise"):
                self._doubt(place, claim.column, "ambiguous")

    def _is_confirmed(self, position: int, claim: Claim, profile: Profile) -> bool:
        """Whether the values say so too where they must: also where persons or numbers are promised behind names."""
        if (claim.needs_values or claim.source == "doubtful") and not confirms(
            self._contract.column(claim.column), profile
        ):
            return False
        take = claim.feeds[0][1]
        if take is None or take.fact not in ("person", "certificate_number"):
            return True
        found = taken(Take(take.fact, "found"), self._texts[position])
        return bool(len(found) - found.null_count >= CONTRARY_SHARE * self._profiles[position].filled)

    def _exchange(self) -> None:
        """Authority and date under each other's headers: both denied, and each the other's beyond doubt."""
        denied = {doubt.column: doubt for doubt in self._doubts if doubt.reason == "values_disagree"}
        if not set(_EXCHANGED) <= set(denied) or any(self._is_given(name) for name in _EXCHANGED):
            return
        for name, other in (_EXCHANGED, _EXCHANGED[::-1]):
            if sum(doubt.column == name for doubt in self._doubts) != 1:
                return
            classes = _CLASS_OF_EXCHANGED[other]
            if self._profiles[denied[name].position].share(classes) < CONTRARY_SHARE:
                return
        for name, other in (_EXCHANGED, _EXCHANGED[::-1]):
            doubt = denied[name]
            self._doubts.remove(doubt)
            self._claims[doubt.position] = Claim(((other, None),), "values", "header_overruled")

    def _with_lodger(self, position: int, claim: Claim) -> Claim:
        if len(claim.feeds) > 1:
            return claim
        feeds = with_lodger(self._contract, claim.column, self._texts[position])
        told = replace(claim, feeds=feeds) if feeds else claim
        self._claims[position] = told
        return told

    def yield_to_outright(self) -> None:
        """A header that says it only nearly (date of effect) gives way to one that says it outright."""
        for position, claim in enumerate(self._claims):
            if claim is None or not _is_nearly(claim) or claim.source == "pin":
                continue
            outright = [
                place
                for place, other in enumerate(self._claims)
                if other is not None and other.column == claim.column and not _is_nearly(other)
            ]
            if not any(self._profiles[place].filled or not self._profiles[position].filled for place in outright):
                continue
            if claim.source == "weak" and any(self._is_person_beside(position, place) for place in outright):
                continue
            if not self._take_otherwise(position, claim):
                self._doubt(position, claim.column, "ambiguous")

    def _is_person_beside(self, weak: int, outright: int) -> bool:
        """Whether the vague header holds enterprises and the outright one persons: each may be the party."""
        return self._mostly(weak, "enterprise") and self._mostly(outright, "person")

    def _take_otherwise(self, position: int, claim: Claim) -> bool:
        """Whether the header means its other column, which nobody else says and the values allow."""
        column = claim.otherwise
        if column is None or any(other and other.column == column for other in self._claims):
            return False
        if not may_be(self._contract.column(column), self._profiles[position]):
            return False
        self._claims[position] = Claim(((column, None),), "wording")
        return True

    def choose_among_several(self, is_lenient: bool) -> None:
        """Of several headers for a column that takes one, the only one with values, or one of equal ones."""
        for column in self._contract.columns:
            if column.several_headers is not None:
                continue
            places = [
                place
                for place, claim in enumerate(self._claims)
                if claim is not None and claim.column == column.name and claim.source != "pin"
            ]
            if len(places) < 2:
                continue
            filled = [place for place in places if self._profiles[place].filled]
            kept = filled or places
            alike = len({self._profiles[place].texts for place in kept}) == 1
            for place in places:
                if place not in kept or (alike and place != kept[0]):
                    self._claims[place] = None
            if self._take_turns(kept):
                for place in kept:
                    self._share(place)
                continue
            if alike or len(kept) == 1 or (column.required_in and not is_lenient):
                continue
            own = [place for place in kept if header_key(self._header[place]) == header_key(column.header)]
            own = own or [place for place in kept if confirms(column, self._profiles[place])]
            for place in kept:
                if own != [place]:
                    self._doubt(place, column.name, "ambiguous")

    def _take_turns(self, places: Sequence[int]) -> bool:
        """Whether each row of the sample has a value under one of ``places`` at most."""
        filled = [pc.not_equal(pc.utf8_trim_whitespace(pc.fill_null(self._texts[place], "")), "") for place in places]
        return (
            len(places) > 1
            and max(pc.max(pc.cast(one, pa.int8())).as_py() or 0 for one in filled) == 1
            and not any(pc.any(pc.and_(one, other)).as_py() for one, other in combinations(filled, 2))
        )

    def _share(self, place: int) -> None:
        claim = self._claims[place]
        self._claims[place] = replace(claim, is_shared=True) if claim is not None else None

    def read_by_values(self, is_lenient: bool) -> None:
        """Columns whose headers say nothing, or something wrong: a code of the subject, and what a vague header allows."""
        if len(self._contract.subjects) != 1:
            return
        subject = self._contract.subjects[0]
        if subject.uscc is not None and not self._is_given(subject.uscc):
            place = code_named_after_party(self._contract, self._header, self._claims, self._profiles)
            if place is not None:
                self._doubts = [doubt for doubt in self._doubts if doubt.position != place]
                self._claims[place] = Claim(((subject.uscc, None),), "wording")
        names = set(self._contract.column_names)
        wanted: list[tuple[str | None, tuple[str, ...], bool]] = [
            (subject.uscc, ("uscc",), False),
            (subject.name, ("enterprise", "person"), True),
            ("decision_number" if "decision_number" in names else None, ("document_number",), True),
            ("authority_name" if "authority_name" in names else None, ("organ",), True),
            ("penalty_content" if "penalty_content" in names else None, ("sanction",), True),
        ]
        for column, classes, only_vague in wanted:
            if column is not None and not self._is_given(column):
                self._take_by_values(column, classes, only_vague)
        if is_lenient and subject.name is not None and not self._is_given(subject.name):
            self._take_only_bodies(subject.name)

    def _is_given(self, column: str) -> bool:
        return any(
            claim is not None and self._profiles[place].filled and any(name == column for name, _ in claim.feeds)
            for place, claim in enumerate(self._claims)
        )

    def _take_by_values(self, column: str, classes: tuple[str, ...], only_vague: bool) -> None:
        places = []
        for place, claim in enumerate(self._claims):
            said = self._said(place)
            is_vague = self._words.vague.fullmatch(said) is not None
            if self._profiles[place].share(*classes) < CONTRARY_SHARE or (only_vague and not is_vague):
                continue
            if (
                claim is None
                and self._words.attribute(read_wording(self._header[place]).base)
                and self._is_said(column)
            ):
                self._doubt_once(place, column)  # another header says outright that it is the party's
                continue
            is_code = claim is not None and self._contract.column(claim.column).kind in CODE_KINDS
            if is_code or (not is_vague and self._words.not_party.search(said)):
                continue  # a code in the column of another code of the subject finds its place row by row
            if claim is None or not only_vague:
                places.append(place)
        if len(places) != 1:
            for place in places:
                self._doubt_once(place, column)
            return
        empty = [p for p, claim in enumerate(self._claims) if claim is not None and claim.column == column]
        for place in empty:
            self._claims[place] = None
        self._doubts = [doubt for doubt in self._doubts if doubt.position != places[0]]
        note = "header_overruled" if not only_vague else "header_says_nothing"
        self._claims[places[0]] = Claim(((column, None),), "values", note)

    def _take_only_bodies(self, column: str) -> None:
        """The party under words that nobody listed: the only enterprises of the table, under a header that may name one.

        Of several (转让方, 受让方) nobody can tell; each is left open.
        """
        places = [
            place for place, profile in enumerate(self._profiles) if profile.share("enterprise") >= 1 - CONTRARY_SHARE
        ]
        if any(doubt.column == column for doubt in self._doubts):
            return
        free = [
            place for place in places if self._claims[place] is None and self._words.bodies.fullmatch(self._said(place))
        ]
        if len(free) > 1:
            for place in free:
                self._doubt(place, column, "ambiguous")
            return
        is_sure = bool(free) and self._profiles[free[0]].share("enterprise", "person") >= CONTRARY_SHARE
        if free == places and is_sure and not self._words.not_party.search(self._said(free[0])):
            self._claims[free[0]] = Claim(((column, None),), "values", "header_says_nothing")
            self._guard_workplaces()

    def _said(self, place: int) -> str:
        words = read_wording(self._header[place])
        return "".join((words.base, *words.inner))

    def _is_said(self, column: str) -> bool:
        """Whether a header names ``column`` and whose it is, with values or without."""
        return any(claim is not None and claim.column == column and claim.attribute is None for claim in self._claims)

    def _doubt_once(self, place: int, column: str) -> None:
        if not any(doubt.position == place for doubt in self._doubts):
            self._doubt(place, column, "ambiguous")

    def guard_codes_of_authorities(self) -> None:
        """The authority's own code among the parties' would put every record on the wrong enterprise."""
        if len(self._contract.subjects) != 1:
            return
        self._open(codes_of_other_bodies(self._contract, self._header, self._claims, self._profiles), "ambiguous")

    def _open(self, places: Sequence[int], reason: str) -> None:
        for place in places:
            claim = self._claims[place]
            if claim is not None:
                self._doubt(place, claim.column, reason)
