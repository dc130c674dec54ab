"""Boosted stumps as curves: additive to the millionth, monotone, the same each time."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from fraud.policy import boosting
from fraud.policy.boosting import STEPS_KEPT, boosted
from fraud.policy.comparing import proposed
from fraud.policy.facts import Facts
from fraud.policy.learning import TooFewExamples, logistic, telling_signals
from fraud.policy.rulesets import RuleSet
from fraud.policy.samples import Example, Sample, sample_of, scores_of
from fraud.policy.scoring import MILLION, judged
from fraud.policy.signals import BY_NAME, falling
from tests.fraud.samples import PLAIN, jumping, of, straight

FITS: list[Any] = [
    pytest.param(logistic, id="logistic"),
    pytest.param(lambda sample, base: boosted(sample, base, seed=0), id="boosted"),
]


@pytest.fixture(scope="module")
def jumps() -> RuleSet:
    return boosted(jumping(800), RuleSet(), seed=0)


def test_contributions_are_the_score_and_replay_from_what_is_kept(jumps: RuleSet) -> None:
    kept = RuleSet.from_content(jumps.content())
    draw = np.random.default_rng(5)
    for _ in range(300):
        facts = of(float(draw.random()), int(draw.integers(0, 9_000)), int(draw.integers(0, 99)))
        found = judged(facts, jumps)
        added = sum(each.weight * each.x for each in found.contributions)
        assert found.score_millionths == round(added * MILLION)
        assert all(0 <= each.x <= 1 for each in found.contributions)
        assert judged(Facts.from_content(facts.content()), kept) == found


def test_scores_of_many_are_those_of_screenings(jumps: RuleSet) -> None:
    known = [of(0.1), of(0.3, 5), of(0.2, 5_000, 3), PLAIN, replace(PLAIN, accounts_on_device=4)]
    sample = sample_of([Example(facts, False, 0) for facts in known])
    for rules in (jumps, RuleSet()):
        assert scores_of(sample, rules).tolist() == [
            judged(facts, rules).score_millionths for facts in known
        ]


def test_a_stronger_value_never_scores_less(jumps: RuleSet) -> None:
    assert set(jumps.curves) == {"refund_rate", "redemption_haste"}
    by_refunds = [judged(of(share / 100, 500), jumps).score_millionths for share in range(101)]
    by_minutes = [judged(of(0.1, after), jumps).score_millionths for after in range(0, 4_000, 7)]
    assert by_refunds == sorted(by_refunds)
    assert by_minutes == sorted(by_minutes, reverse=True)
    # Where the risk jumps, the score does.
    assert by_refunds[22] > 2 * by_refunds[18] - by_refunds[14]
    for curve in jumps.curves.values():
        assert len(curve.steps) <= STEPS_KEPT


def test_whoever_is_weakest_or_unknown_adds_nothing(jumps: RuleSet) -> None:
    assert judged(PLAIN, jumps).score_millionths == 0
    assert judged(of(0.0, 10**7), jumps).score_millionths == 0


def test_the_same_sample_and_seed_make_the_same_curves(jumps: RuleSet) -> None:
    assert boosted(jumping(800), RuleSet(), seed=0).content() == jumps.content()


@pytest.mark.parametrize("fit", FITS)
def test_what_tells_nothing_keeps_what_it_has_and_the_scale_stays(fit: Any) -> None:
    sample, base = jumping(600), RuleSet()
    learnt = fit(sample, base)
    telling = telling_signals(sample)
    assert telling == ["refund_rate", "redemption_haste"]
    for name in set(base.weights) - set(telling):
        assert learnt.weights[name] == base.weights[name]
        assert name not in learnt.curves
    assert min(learnt.weights.values()) >= 0
    before, after = (sum(rules.weights[name] for name in telling) for rules in (base, learnt))
    assert abs(before - after) < Decimal("0.001")
    assert (learnt.review_from, learnt.block_from) == (base.review_from, base.block_from)


@pytest.mark.parametrize("fit", FITS)
def test_constant_signals_teach_nothing(fit: Any) -> None:
    sample = sample_of([Example(of(0.1, 60), place % 2 == 0, place) for place in range(80)])
    assert fit(sample, RuleSet()).content() == RuleSet().content()


def test_logistic_weights_go_with_the_signals_own_curves(jumps: RuleSet) -> None:
    other = {"anomaly": jumps.curves["refund_rate"]}
    found = logistic(jumping(600), replace(jumps, curves={**jumps.curves, **other}))
    assert dict(found.curves) == other


def test_a_signal_in_the_users_favour_is_left_out() -> None:
    draw = np.random.default_rng(3)
    examples = []
    for place in range(400):
        refunded = float(draw.random() * 0.5)
        # Whoever gets much back is no fraud here.
        is_fraud = bool(draw.random() < 0.5 - 0.8 * refunded)
        examples.append(Example(of(refunded, int(draw.integers(0, 99))), is_fraud, place))
    for rules in (logistic(sample_of(examples), RuleSet()), boosted_of(sample_of(examples))):
        assert rules.weights["refund_rate"] == 0
        assert "refund_rate" not in rules.curves


def test_few_steps_are_kept_and_they_still_rise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosting, "STEPS_KEPT", 4)
    [(name, curve)] = boosted_of(straight(1_000)).curves.items()
    assert name == "refund_rate"
    assert 2 <= len(curve.steps) <= 4
    xs = [step.x for step in curve.steps]
    assert [float(xs[0]), float(xs[-1])] == [0.0, 1.0]
    assert xs == sorted(xs)
    assert BY_NAME[name].curve is not falling


@pytest.mark.parametrize(("frauds", "normal"), [(29, 60), (60, 29), (0, 100), (0, 0)])
def test_too_few_of_either_kind_teach_nothing(frauds: int, normal: int) -> None:
    known = [of(0.1 * (place % 5)) for place in range(frauds + normal)]
    examples = [Example(facts, place < frauds, place) for place, facts in enumerate(known)]
    with pytest.raises(TooFewExamples, match=f"there are {frauds} and {normal}"):
        proposed(sample_of(examples), RuleSet(), seed=0)


def boosted_of(sample: Sample) -> RuleSet:
    return boosted(sample, RuleSet(), seed=0)
