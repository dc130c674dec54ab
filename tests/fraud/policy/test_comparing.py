"""Which of two models is proposed: held-out users decide, and only surely."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import orjson
import pytest
from sklearn.metrics import roc_auc_score

from fraud.policy.comparing import compared, proposed
from fraud.policy.comparisons import BOOSTED, DISJOINT, IN_TIME, LOGISTIC, Comparison, Gain
from fraud.policy.curves import caught_at
from fraud.policy.evaluation import threshold_within
from fraud.policy.folds import FOLDS, disjoint_folds, time_folds
from fraud.policy.learning import logistic
from fraud.policy.measuring import curve_of
from fraud.policy.rulesets import RuleSet
from fraud.policy.samples import Sample, scored, scores_of
from tests.fraud.samples import jumping, straight


@pytest.fixture(scope="module")
def jumps() -> tuple[Comparison, ...]:
    return compared(jumping(800), RuleSet(), seed=0)


def test_where_risk_jumps_the_boosted_curves_win_both_ways(jumps: tuple[Comparison, ...]) -> None:
    assert [each.way for each in jumps] == [DISJOINT, IN_TIME]
    assert all(each.is_won for each in jumps)
    found = proposed(jumping(800), RuleSet(), seed=0)
    assert (found.model, found.comparisons) == (BOOSTED, jumps)
    assert found.rules.curves


def test_where_risk_is_straight_they_lose() -> None:
    found = proposed(straight(2_000), RuleSet(), seed=0)
    assert found.model == LOGISTIC
    assert found.rules == logistic(straight(2_000), RuleSet())
    assert not any(each.is_won for each in found.comparisons)


def test_one_way_alone_does_not_win() -> None:
    """The later half has another risk than the earlier one taught: the steps are elsewhere."""
    early, late = jumping(600, seed=1), straight(600, seed=2)
    mixed = Sample(
        np.vstack([early.values, late.values]),
        np.concatenate([early.truth, late.truth]),
        np.arange(1_200),
    )
    ways = {each.way: each for each in compared(mixed, RuleSet(), seed=0)}
    assert not ways[IN_TIME].is_won
    assert proposed(mixed, RuleSet(), seed=0).model == LOGISTIC


def test_the_figures_are_those_of_the_held_out_users(jumps: tuple[Comparison, ...]) -> None:
    sample = jumping(800)
    [fold] = time_folds(sample)
    known, unseen = sample.part(fold.learnt_from), sample.part(fold.measured_on)
    rules = logistic(known, RuleSet())
    scores = scores_of(unseen, rules)
    found = jumps[1].logistic
    assert found.auc == pytest.approx(roc_auc_score(unseen.truth, scores))
    assert found.at_limit == caught_at(curve_of(scored(scores, unseen.truth)), 0.01)
    stops = scores >= threshold_within(scores_of(known, rules), known.truth)
    assert found.caught.part == int((stops & unseen.truth).sum())
    assert found.stopped.part == int((stops & ~unseen.truth).sum())
    assert found.stopped.of == unseen.normal
    gain = jumps[1].auc_gain
    assert gain.value == pytest.approx(jumps[1].boosted.auc - found.auc, abs=1e-6)
    assert gain.low < gain.value < gain.high


def test_folds_share_no_group_and_leave_nobody_out() -> None:
    sample = jumping(997)
    grouped = replace(sample, groups=np.arange(997) // 4)
    folds = disjoint_folds(grouped, seed=3)
    assert len(folds) == FOLDS
    together = np.sort(np.concatenate([fold.measured_on for fold in folds]))
    assert together.tolist() == list(range(997))
    for fold in folds:
        assert not set(grouped.groups[fold.learnt_from]) & set(grouped.groups[fold.measured_on])
        assert len(fold.learnt_from) + len(fold.measured_on) == 997
    frauds = [int(grouped.truth[fold.measured_on].sum()) for fold in folds]
    assert max(abs(one - other) for one, other in combinations(frauds, 2)) <= 4
    assert [f.measured_on.tolist() for f in disjoint_folds(grouped, seed=3)] == [
        fold.measured_on.tolist() for fold in folds
    ]


def test_time_splits_in_halves_that_both_have_enough() -> None:
    [fold] = time_folds(jumping(1_000))
    assert (fold.learnt_from.max(), fold.measured_on.min()) == (499, 500)
    assert time_folds(jumping(60)) == []


def test_rings_too_few_to_be_apart_are_not_compared_and_the_logistic_is_proposed() -> None:
    sample = jumping(400)
    one_ring = replace(sample, groups=np.where(sample.truth, 0, 1 + np.arange(400)))
    assert disjoint_folds(one_ring, seed=0) == []
    found = proposed(one_ring, RuleSet(), seed=0)
    assert found.model == LOGISTIC
    assert [each.way for each in found.comparisons] == [IN_TIME]


def test_rings_are_drawn_whole_so_that_they_are_less_sure() -> None:
    sample = jumping(800)
    rings = replace(sample, groups=np.arange(800) % 40)
    alone, together = (compared(each, RuleSet(), seed=0)[1].auc_gain for each in (sample, rings))
    assert alone.value == together.value
    assert (alone.low, alone.high) != (together.low, together.high)


@pytest.mark.parametrize(
    ("auc", "caught", "is_won"),
    [
        ((0.01, 0.001, 0.02), (0.0, -0.01, 0.01), True),
        ((0.0, -0.01, 0.01), (0.05, 0.01, 0.09), True),
        ((0.01, -0.001, 0.02), (0.05, -0.01, 0.09), False),
        ((0.01, 0.0, 0.02), (0.0, 0.0, 0.0), False),
        ((0.01, 0.001, 0.02), (-0.05, -0.09, -0.01), False),
    ],
)
def test_won_is_surely_better_in_one_and_surely_worse_in_none(
    jumps: tuple[Comparison, ...],
    auc: tuple[float, float, float],
    caught: tuple[float, float, float],
    is_won: bool,
) -> None:
    assert replace(jumps[0], auc_gain=Gain(*auc), caught_gain=Gain(*caught)).is_won is is_won


def test_a_comparison_comes_back_from_what_a_trial_keeps(jumps: tuple[Comparison, ...]) -> None:
    for each in jumps:
        assert Comparison.from_content(orjson.loads(orjson.dumps(each.content()))) == each
