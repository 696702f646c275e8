"""Weights of evidence by logistic regression, and from which score on links may be automatic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, log

import numpy as np
import numpy.typing as npt

# Largest share of wrong links among all automatic links of a mix harder than what departments send -> confidence.
LEVELS = ((1.1e-4, 0.9999), (5e-4, 0.9995), (1.5e-3, 0.99))
LEAST = 0.9
LOWEST = -1000.0
# Of 100 records 48 are linked by a code or a whole name; their errors are not counted here.
SURE_SHARE = 0.48
PENALTY = 3.0
# A right record's address is taken to be written like the register's in one case of two, to be quite another one in one of ten:
# who writes the name otherwise than the register and the address, too, is left to a person unless the name says very much.
ADDRESS_KEPT = {"same_address": 0.5, "other_address": 0.1}
# Sister firms share an address and nearly a name (群力, 群立), more than near pairs at large: so much speaks for a slip at most.
MOST_OF_ADDRESS = 2.3

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Pairs of one kind: evidence (a row per pair, a column per name), whether right, and which half of the enterprises."""

    names: Sequence[str]
    evidence: Numbers
    right: npt.NDArray[np.bool_]
    half: npt.NDArray[np.bool_]


def together(parts: Sequence[Pairs]) -> Pairs:
    """All pairs of several lists with the same evidence."""
    return Pairs(
        parts[0].names,
        np.concatenate([p.evidence for p in parts]),
        np.concatenate([p.right for p in parts]),
        np.concatenate([p.half for p in parts]),
    )


def with_products(pairs: Pairs, together: Sequence[tuple[str, str]]) -> Pairs:
    """The same pairs with the products of evidence that counts together."""
    place = {name: number for number, name in enumerate(pairs.names)}
    products = [pairs.evidence[:, place[first]] * pairs.evidence[:, place[second]] for first, second in together]
    names = [*pairs.names, *(f"{first}_and_{second}" for first, second in together)]
    return Pairs(names, np.column_stack([pairs.evidence, *products]), pairs.right, pairs.half)


def weights(pairs: Pairs, most_of_address: float = inf) -> list[float]:
    """Intercept and weights, one per name of the evidence; an address is weighed by how often wrong pairs share one.

    Made-up slips have no addresses of their own, so these weights cannot be fitted with the others.
    """
    fitted = _regression(_without_address(pairs), pairs.right)
    for place, name in enumerate(pairs.names):
        if name in ADDRESS_KEPT:
            found = pairs.evidence[~pairs.right, place]
            weight = log(ADDRESS_KEPT[name] * (len(found) + 2) / (float(found.sum()) + 1))
            fitted.insert(place + 1, min(weight, most_of_address))
    return [round(weight, 4) for weight in fitted]


def _without_address(pairs: Pairs) -> Numbers:
    return pairs.evidence[:, [name not in ADDRESS_KEPT for name in pairs.names]]


def _regression(evidence: Numbers, right: npt.NDArray[np.bool_]) -> list[float]:
    """Intercept and weights of a logistic regression with a quadratic penalty on standardised evidence."""
    middle, spread = evidence.mean(axis=0), evidence.std(axis=0)
    spread[spread < 1e-9] = np.inf
    design = np.column_stack([np.ones(len(right)), (evidence - middle) / spread])
    penalty = np.full(design.shape[1], PENALTY)
    penalty[0] = 0.0
    found = np.zeros(design.shape[1])
    for _ in range(30):
        share = 1 / (1 + np.exp(-np.clip(design @ found, -50, 50)))
        slope = design.T @ (right - share) - penalty * found
        curve = (design * (share * (1 - share))[:, None]).T @ design + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curve, slope)
        found = found + step
        if np.abs(step).max() < 1e-6:
            break
    plain = found[1:] / spread
    return [float(found[0] - plain @ middle), *map(float, plain)]


def scores(pairs: Pairs) -> Numbers:
    """Score of each pair by the weights of the other half, as if no address were known."""
    evidence = _without_address(pairs)
    score = np.zeros(len(pairs.right))
    for half in (True, False):
        fitted = np.array(_regression(evidence[pairs.half != half], pairs.right[pairs.half != half]))
        score[pairs.half == half] = fitted[0] + evidence[pairs.half == half] @ fitted[1:]
    return score


@dataclass(frozen=True)
class Graded:
    """Scores of right and wrong pairs of one method, grade and band, best first, and what one of each is worth in the mix."""

    method: str
    grade: str
    band: str
    right: Numbers
    wrong: Numbers
    right_share: float
    wrong_share: float


def graded(
    method: str, grade: str, pairs: Pairs, bands: Mapping[str, npt.NDArray[np.bool_]], shares: tuple[float, float]
) -> list[Graded]:
    """Scores of pairs parted into right and wrong ones in each band; ``shares``: what one of each is worth."""
    score, right = scores(pairs), pairs.right
    return [
        Graded(method, grade, band, np.sort(score[held & right])[::-1], np.sort(score[held & ~right])[::-1], *shares)
        for band, held in bands.items()
    ]


def levels(kinds: Sequence[Graded]) -> list[list[object]]:
    """Rows of link_confidence: the least score of each method, grade and band from which on a level of confidence holds.

    A level allows a share of wrong links among *all* automatic links of the mix. It is spent where it finds most: every
    method gives up wrong links at the same price in right ones, and that price is the lowest the level can pay.
    """
    rows: list[list[object]] = []
    for share, confidence in LEVELS:
        low, high = 0.0, 20.0
        for _ in range(60):
            price = (low + high) / 2
            low, high = (low, price) if _wrong_share(kinds, np.exp(price)) <= share else (price, high)
        for kind in kinds:
            taken, given = _best(kind, np.exp(high))
            least = _above(kind, given)
            found = f"{taken / max(len(kind.right), 1):.4f} of the right, {given} wrong"
            print(f"{kind.method} {kind.grade} {kind.band} {confidence}: from {least}, {found}")
            rows.append([kind.method, kind.grade, kind.band, least, confidence])
    rows += [[kind.method, kind.grade, kind.band, LOWEST, LEAST] for kind in kinds]
    return sorted(rows, key=lambda row: [*map(str, row[:3]), -float(str(row[4]))])


def _wrong_share(kinds: Sequence[Graded], price: float) -> float:
    links = [_best(kind, price) for kind in kinds]
    wrong = sum(given * kind.wrong_share for (_, given), kind in zip(links, kinds, strict=True))
    right = SURE_SHARE + sum(taken * kind.right_share for (taken, _), kind in zip(links, kinds, strict=True))
    return float(wrong / (wrong + right))


def _best(kind: Graded, price: float) -> tuple[int, int]:
    """(right, wrong) pairs linked where a wrong link costs ``price`` right ones."""
    wrong = np.arange(len(kind.wrong) + 1)
    above = np.searchsorted(-kind.right, -np.append(kind.wrong, -np.inf), side="left")
    # One more wrong pair than seen: the registry is a sample.
    gain = above * kind.right_share - price * (wrong + 1) * kind.wrong_share
    place = int(np.argmax(gain))
    return int(above[place]), place


def _above(kind: Graded, given: int) -> float:
    """A score just above the first wrong pair that is left out, after ``given`` of them."""
    if given == len(kind.wrong):
        return LOWEST
    return round(float(kind.wrong[given]) + 5e-4, 3)
