"""Weights of evidence by logistic regression, and the measured share of right links at a score or better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt

# Of 100 records six are about enterprises that the registry does not hold.
ABSENT_SHARE = 0.06
# Largest share of wrong links among the links at a score or better -> confidence.
LEVELS = ((1e-4, 0.9999), (1e-3, 0.9993), (1e-2, 0.995))
LEAST = 0.9
PENALTY = 3.0
# A right record's address is taken to be written like the register's in one case of two.
ADDRESS_KEPT = 0.5
SAME_ADDRESS = "same_address"

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


def weights(pairs: Pairs) -> list[float]:
    """Intercept and weights, one per name of the evidence; an address is weighed by how often wrong pairs share one.

    Made-up slips have no addresses of their own, so that weight cannot be fitted with the others.
    """
    fitted = _regression(_without_address(pairs), pairs.right)
    place = list(pairs.names).index(SAME_ADDRESS)
    shared = pairs.evidence[~pairs.right, place]
    fitted.insert(place + 1, log(ADDRESS_KEPT * (len(shared) + 2) / (float(shared.sum()) + 1)))
    return [round(weight, 4) for weight in fitted]


def _without_address(pairs: Pairs) -> Numbers:
    return np.delete(pairs.evidence, list(pairs.names).index(SAME_ADDRESS), axis=1)


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


def levels(score: Numbers, pairs: Pairs, right_share: float, wrong_share: float) -> list[tuple[float, float]]:
    """(least score, confidence) rows: from which score on the links are as often right as the confidence says.

    ``right_share`` and ``wrong_share``: what one right and one wrong pair are worth in the stated mix of records.
    """
    wrong = np.sort(score[~pairs.right])[::-1]
    right = np.sort(score[pairs.right])
    found: list[tuple[float, float]] = []
    for share, confidence in LEVELS:
        links = (len(right) - np.searchsorted(right, wrong, side="right")) * right_share
        errors = (np.searchsorted(-wrong, -wrong, side="right") + 1) * wrong_share
        fits = errors <= share * (links + errors)
        # Nothing fits: only what lies above every wrong pair. The sureness of the worst pair may hold for all.
        least = float(wrong[np.flatnonzero(fits)[-1]]) if fits.any() else float(wrong[0])
        least = -1000.0 if fits.size and fits[-1] else round(least + 5e-4, 3)
        print(f"  {confidence}: score {least}, right {(right > least).mean():.4f}, wrong {(wrong > least).sum()}")
        found.append((least, confidence))
    return [*found, (-1000.0, LEAST)]
