"""Whether a boosted score is better than a logistic one, on users whom neither was learnt from."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fraud.policy.boosting import boosted
from fraud.policy.comparisons import (
    BOOSTED,
    DISJOINT,
    IN_TIME,
    LOGISTIC,
    WAYS,
    Comparison,
    Gain,
    Measured,
    Proposal,
)
from fraud.policy.evaluation import FALSE_POSITIVES_MAX, threshold_within
from fraud.policy.folds import Fold, disjoint_folds, time_folds
from fraud.policy.intervals import share_of
from fraud.policy.learning import demand_enough, logistic
from fraud.policy.rulesets import RuleSet
from fraud.policy.samples import Places, Sample, Truth, scores_of

RESAMPLES = 1_000
_AT_ONCE = 50
_TAILS = (2.5, 97.5)
_DECIMALS = 6

Counts = NDArray[np.float64]
Fit = Callable[[Sample], RuleSet]


def proposed(sample: Sample, base: RuleSet, *, seed: int) -> Proposal:
    """Fit both, and propose the boosted one only if it won both comparisons.

    Raises:
        TooFewExamples: fewer than 30 of either kind.
    """
    demand_enough(sample)
    comparisons = compared(sample, base, seed=seed)
    if len(comparisons) == len(WAYS) and all(each.is_won for each in comparisons):
        return Proposal(boosted(sample, base, seed=seed), BOOSTED, comparisons)
    return Proposal(logistic(sample, base), LOGISTIC, comparisons)


def compared(sample: Sample, base: RuleSet, *, seed: int) -> tuple[Comparison, ...]:
    """Both scores measured on held-out users in two ways.

    Intervals are of differences, over groups of users drawn again with replacement: those of one
    ring are no independent witnesses.
    """
    ways = {DISJOINT: disjoint_folds(sample, seed=seed), IN_TIME: time_folds(sample)}
    return tuple(_compared(sample, base, way, folds, seed) for way, folds in ways.items() if folds)


def _compared(
    sample: Sample, base: RuleSet, way: str, folds: Sequence[Fold], seed: int
) -> Comparison:
    plain, stumps = (
        [_held_out(sample, fold, fit) for fold in folds]
        for fit in (
            lambda part: logistic(part, base),
            lambda part: boosted(part, base, seed=seed),
        )
    )
    draw = np.random.default_rng(seed)
    gains = np.concatenate(
        [_drawn_gains(plain, stumps, _drawn(plain, draw)) for _ in range(RESAMPLES // _AT_ONCE)]
    )
    once = [np.ones((1, len(each.truth))) for each in plain]
    values = _drawn_gains(plain, stumps, once)
    bounds = np.vstack([values, np.percentile(gains, _TAILS, axis=0)]).round(_DECIMALS)
    auc_gain, caught_gain = (Gain(*column) for column in bounds.T.tolist())
    return Comparison(way, _measured(plain), _measured(stumps), auc_gain, caught_gain)


class _HeldOut(NamedTuple):
    """Scores of those whom a rule set was not learnt from, and the threshold it came with."""

    scores: Places
    truth: Truth
    groups: Places
    threshold: int


def _held_out(sample: Sample, fold: Fold, fit: Fit) -> _HeldOut:
    known, unseen = sample.part(fold.learnt_from), sample.part(fold.measured_on)
    rules = fit(known)
    threshold = threshold_within(scores_of(known, rules), known.truth)
    return _HeldOut(scores_of(unseen, rules), unseen.truth, unseen.groups, threshold)


def _measured(parts: Sequence[_HeldOut]) -> Measured:
    once = [np.ones((1, len(each.truth))) for each in parts]
    auc, at_limit = _weighed(parts, once)[0].tolist()
    frauds = sum(int(each.truth.sum()) for each in parts)
    normal = sum(len(each.truth) for each in parts) - frauds
    stops = [each.scores >= each.threshold for each in parts]
    pairs = list(zip(stops, parts, strict=True))
    caught = sum(int((stop & each.truth).sum()) for stop, each in pairs)
    stopped = sum(int((stop & ~each.truth).sum()) for stop, each in pairs)
    return Measured(
        auc,
        share_of(round(at_limit * frauds), frauds),
        share_of(caught, frauds),
        share_of(stopped, normal),
    )


def _drawn(parts: Sequence[_HeldOut], draw: np.random.Generator) -> list[Counts]:
    """How often each user is drawn, by resample: as often as their group."""
    counts = []
    for each in parts:
        groups, back = np.unique(each.groups, return_inverse=True)
        drawn = draw.multinomial(len(groups), [1 / len(groups)] * len(groups), size=_AT_ONCE)
        counts.append(drawn[:, back].astype(np.float64))
    return counts


def _drawn_gains(
    plain: Sequence[_HeldOut], stumps: Sequence[_HeldOut], counts: Sequence[Counts]
) -> Counts:
    gains: Counts = _weighed(stumps, counts) - _weighed(plain, counts)
    return gains


def _weighed(parts: Sequence[_HeldOut], counts: Sequence[Counts]) -> Counts:
    """The area under the curve, and what is caught at the limit, per resample; over all folds."""
    won, pairs, caught, frauds = (np.zeros(len(counts[0])) for _ in range(4))
    for each, drawn in zip(parts, counts, strict=True):
        order = np.argsort(-each.scores, kind="stable")
        scores, weights = each.scores[order], drawn[:, order]
        # Where equal scores end: nobody can be stopped without those who score the same.
        ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
        bad = _upto(weights * each.truth[order], ends)
        good = _upto(weights * ~each.truth[order], ends)
        all_bad, all_good = bad[:, -1:], good[:, -1:]
        # A fraud wins against each normal user below, and half against its equals.
        below = all_good - (good[:, 1:] + good[:, :-1]) / 2
        won += (np.diff(bad, axis=1) * below).sum(axis=1)
        pairs += (all_bad * all_good)[:, 0]
        within = (good <= FALSE_POSITIVES_MAX * all_good).sum(axis=1) - 1
        caught += np.take_along_axis(bad, within[:, None], axis=1)[:, 0]
        frauds += all_bad[:, 0]
    return np.column_stack([won / np.maximum(pairs, 1), caught / np.maximum(frauds, 1)])


def _upto(weights: Counts, ends: Places) -> Counts:
    """Sums from the highest score on, beginning with nobody."""
    sums = np.cumsum(weights, axis=1)[:, ends]
    return np.hstack([np.zeros((len(sums), 1)), sums])
