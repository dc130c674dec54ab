"""Weights learnt from what became of users: proposals, never live by themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from fraud.policy.facts import Facts
from fraud.policy.rulesets import RuleSet
from fraud.policy.signals import BY_NAME, SIGNALS, measured, scaled

EACH_KIND_MIN = 30
_STEP = Decimal("0.0001")
# How little the fit trusts its data, as scikit-learn counts: the smaller, the less.
_C = 1.0


class Example(NamedTuple):
    """What was known of a user, and whether they turned out to be a fraud."""

    facts: Facts
    is_fraud: bool


class TooFewExamples(ValueError):
    """Fewer frauds or fewer normal users than weights can be learnt from."""

    def __init__(self, frauds: int, normal: int) -> None:
        super().__init__(
            f"Weights are learnt from at least {EACH_KIND_MIN} frauds and as many normal users;"
            f" there are {frauds} and {normal}."
        )


def learned(examples: Sequence[Example], base: RuleSet) -> RuleSet:
    """The base with weights learnt by a regularised logistic regression over the signals' x.

    No weight is negative: a signal that would count in a user's favour is left out, and the
    others are fitted again. What the learnt signals weigh together stays as it is, so that S
    and its thresholds keep their scale; a signal that nobody's facts tell apart keeps its weight.

    Raises:
        TooFewExamples: fewer than 30 of either kind.
    """
    frauds = sum(example.is_fraud for example in examples)
    if min(frauds, len(examples) - frauds) < EACH_KIND_MIN:
        raise TooFewExamples(frauds, len(examples) - frauds)
    x = np.array([xs_of(example.facts) for example in examples])
    is_fraud = np.array([example.is_fraud for example in examples])
    telling = [place for place in range(len(SIGNALS)) if np.ptp(x[:, place]) > 0]
    found = _fitted(x, is_fraud, telling)
    return replace(base, weights=_shared_out(found, telling, base.weights))


def xs_of(facts: Facts) -> list[float]:
    """Every signal's x in their order; what is missing adds nothing, as in the score."""
    return [
        0.0 if value is None else scaled(BY_NAME[name], value)
        for name, value in measured(facts).items()
    ]


def _fitted(
    x: "np.ndarray[tuple[int, int], np.dtype[np.float64]]",
    is_fraud: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    places: list[int],
) -> dict[int, float]:
    """Coefficients by place, none negative."""
    while places:
        fit = LogisticRegression(C=_C, max_iter=5_000).fit(x[:, places], is_fraud)
        found = {place: float(c) for place, c in zip(places, fit.coef_[0], strict=True)}
        if min(found.values()) >= 0:
            return found
        places = [place for place in places if found[place] > 0]
    return {}


def _shared_out(
    found: Mapping[int, float], telling: Sequence[int], base: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    names = [signal.name for signal in SIGNALS]
    budget = float(sum(base[names[place]] for place in telling)) or 1.0
    whole = sum(found.values())
    weights = dict(base)
    for place in telling:
        weight = budget * found.get(place, 0.0) / whole if whole else 0.0
        weights[names[place]] = Decimal(str(weight)).quantize(_STEP)
    return weights
