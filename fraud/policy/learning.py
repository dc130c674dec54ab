"""Weights learnt from what became of users: proposals, never live by themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
from sklearn.linear_model import LogisticRegression

from fraud.policy.rulesets import RuleSet
from fraud.policy.samples import Matrix, Sample, Truth, xs_of
from fraud.policy.signals import SIGNALS
from fraud.policy.step_curves import StepCurve

EACH_KIND_MIN = 30
_STEP = Decimal("0.0001")
# How little the fit trusts its data, as scikit-learn counts: the smaller, the less.
_C = 1.0


class TooFewExamples(ValueError):
    """Fewer frauds or fewer normal users than weights can be learnt from."""

    def __init__(self, frauds: int, normal: int) -> None:
        super().__init__(
            f"Weights are learnt from at least {EACH_KIND_MIN} frauds and as many normal users;"
            f" there are {frauds} and {normal}."
        )


def demand_enough(sample: Sample) -> None:
    """Demand what weights can be learnt from.

    Raises:
        TooFewExamples: fewer than 30 of either kind.
    """
    if min(sample.frauds, sample.normal) < EACH_KIND_MIN:
        raise TooFewExamples(sample.frauds, sample.normal)


def logistic(sample: Sample, base: RuleSet) -> RuleSet:
    """The base with weights learnt by a regularised logistic regression over the signals' x.

    No weight is negative: a signal that would count in a user's favour is left out, and the
    others are fitted again. Learnt signals have their own curves.
    """
    telling = telling_signals(sample)
    places = [place for place, signal in enumerate(SIGNALS) if signal.name in telling]
    plain = replace(base, curves={})
    found = _fitted(xs_of(sample, plain), sample.truth, places)
    return with_learnt(base, telling, {SIGNALS[place].name: c for place, c in found.items()}, {})


def telling_signals(sample: Sample) -> list[str]:
    """Signals that tell users of the sample apart; the others keep what they have."""
    spreads = np.ptp(xs_of(sample, RuleSet()), axis=0)
    return [signal.name for signal, spread in zip(SIGNALS, spreads, strict=True) if spread]


def with_learnt(
    base: RuleSet,
    telling: Sequence[str],
    found: Mapping[str, float],
    curves: Mapping[str, StepCurve],
) -> RuleSet:
    """The base with what was found shared out among the telling signals.

    What they weigh together stays as it is, so that S and its thresholds keep their scale.
    """
    budget = float(sum(base.weights[name] for name in telling)) or 1.0
    whole = sum(found.values())
    weights = dict(base.weights)
    for name in telling:
        weight = budget * found.get(name, 0.0) / whole if whole else 0.0
        weights[name] = Decimal(str(weight)).quantize(_STEP)
    kept = {name: curve for name, curve in base.curves.items() if name not in telling}
    learnt = {name: curve for name, curve in curves.items() if weights[name]}
    return replace(base, weights=weights, curves=kept | learnt)


def _fitted(x: Matrix, is_fraud: Truth, places: list[int]) -> dict[int, float]:
    """Coefficients by place, none negative."""
    while places:
        fit = LogisticRegression(C=_C, max_iter=5_000).fit(x[:, places], is_fraud)
        found = {place: float(c) for place, c in zip(places, fit.coef_[0], strict=True)}
        if min(found.values()) >= 0:
            return found
        places = [place for place in places if found[place] > 0]
    return {}
