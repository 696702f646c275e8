"""Bodies that are not the party, and their codes: taken for the party's they would put records on the wrong enterprise."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.checks.meaning.claims import Claim, neighbour_role
from connectors.checks.meaning.evidence import CONFIRMING_SHARE, CONTRARY_SHARE
from connectors.checks.meaning.values import Profile
from connectors.checks.meaning.vocabulary import vocabulary
from connectors.checks.meaning.wording import read_wording
from connectors.contract.model import Contract

# Codes of bodies of state begin so (GB 32100-2015): one for many parties is the authority's own.
_STATE_BODY = "11"
_MANY_PARTIES = 3
_BUSINESS = re.compile(
    r"(?:公司|厂|店|超市|商行|商场|经营部|服务部|批发部|合作社|药房|餐馆|餐厅|工作室|小卖部|集团)(?:[（(].{1,40}[）)])?$"
)
_NAME = re.compile(r"(?:名称|全称|姓名|名)$")


def codes_of_other_bodies(
    contract: Contract, header: Sequence[str], claims: Sequence[Claim | None], profiles: Sequence[Profile]
) -> list[int]:
    """Places whose codes are read as the party's and are, or may be, the authority's or somebody else's."""
    subject = contract.subjects[0]
    own = _profile_of_column(claims, profiles, subject.uscc)
    others = {subject.registration_number, subject.organisation_code} - {None}
    names = _profile_of_column(claims, profiles, subject.name)
    found = []
    for place, claim in enumerate(claims):
        if claim is None or claim.source == "pin" or claim.column not in (subject.uscc, *others) or claim.feeds[0][1]:
            continue
        codes, is_bare = profiles[place], claim.attribute is not None
        parties = min(codes.filled, names.distinct if names else 0)
        state_bodies = sum(text.startswith(_STATE_BODY) for text in codes.texts)
        is_state = codes.filled > 0 and state_bodies >= CONFIRMING_SHARE * codes.filled
        beside = is_bare and neighbour_role(contract, claims, place) in ("authority", "source")
        if (
            (codes.distinct == 1 and parties >= _MANY_PARTIES)
            or (is_bare and _is_of_another(contract, header, claims, profiles, place, names))
            or (beside and (is_state or codes.distinct == 1))
            or (is_state and _are_businesses(names))
            or (claim.column in others and _are_not_the_same(codes, own))
        ):
            found.append(place)
    return found


def organs_as_parties(contract: Contract, claims: Sequence[Claim | None], profiles: Sequence[Profile]) -> list[int]:
    """Places of parties that are authorities: the table's own, or fewer of them than rows."""
    parties = {subject.name for subject in contract.subjects}
    authority = _profile_of_column(claims, profiles, "authority_name")
    own = set(authority.texts) if authority else set()
    found = []
    for place, claim in enumerate(claims):
        if claim is None or claim.source == "pin" or claim.column not in parties:
            continue
        names = profiles[place]
        is_repeated = names.filled >= _MANY_PARTIES and names.distinct <= CONFIRMING_SHARE * names.filled
        if names.share("organ") >= CONTRARY_SHARE and (is_repeated or set(names.texts) <= own):
            found.append(place)
    return found


def code_named_after_party(
    contract: Contract, header: Sequence[str], claims: Sequence[Claim | None], profiles: Sequence[Profile]
) -> int | None:
    """The place of the codes whose header begins as that of the party (建设单位, 建设单位统一社会信用代码)."""
    is_code = vocabulary(contract).bare["uscc"]
    bases = [read_wording(text).base for text in header]
    party = contract.subjects[0].name
    said = {_NAME.sub("", bases[place]) for place, claim in enumerate(claims) if claim and claim.column == party} - {""}
    for place, base in enumerate(bases):
        is_named = any(base.startswith(name) and is_code.fullmatch(base[len(name) :]) for name in said)
        if claims[place] is None and is_named and profiles[place].share("uscc") >= CONFIRMING_SHARE:
            return place
    return None


def _are_not_the_same(codes: Profile, own: Profile | None) -> bool:
    """Whether credit codes under another header are not those that the party's own column holds."""
    if own is None or own.share("uscc") < CONFIRMING_SHARE or codes.share("uscc") < CONTRARY_SHARE:
        return False
    return sum(text in set(own.texts) for text in codes.texts) < CONFIRMING_SHARE * codes.filled


def _are_businesses(names: Profile | None) -> bool:
    told = sum(_BUSINESS.search(text) is not None for text in names.texts) if names else 0
    return names is not None and names.filled > 0 and told >= CONFIRMING_SHARE * names.filled


def _is_of_another(
    contract: Contract,
    header: Sequence[str],
    claims: Sequence[Claim | None],
    profiles: Sequence[Profile],
    place: int,
    parties: Profile | None,
) -> bool:
    """Whether a code that does not say whose it is stands right of bodies that are not the parties."""
    if not place or claims[place - 1] is not None:
        return False
    left = profiles[place - 1]
    if left.share("enterprise", "organ") < CONFIRMING_SHARE:
        return False
    same = sum(text in set(parties.texts) for text in left.texts) if parties else 0
    is_other = vocabulary(contract).others.search(header[place - 1]) is not None
    return is_other or same < CONFIRMING_SHARE * left.filled


def _profile_of_column(
    claims: Sequence[Claim | None], profiles: Sequence[Profile], column: str | None
) -> Profile | None:
    return next((profiles[p] for p, claim in enumerate(claims) if claim is not None and claim.column == column), None)
