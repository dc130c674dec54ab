"""Intervals, curves and thresholds."""

from statistics import NormalDist

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest

from fraud.policy.curves import Scored, best_point_within, caught_at, thinned
from fraud.policy.intervals import Z_95, Z_UNSEEN, share_of
from fraud.policy.measuring import curve_of, point_at

SCORED = st.lists(st.builds(Scored, st.integers(0, 20), st.booleans()), max_size=40)


@pytest.mark.parametrize(
    ("part", "of", "lower", "upper"),
    # Newcombe (1998), table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval(part: int, of: int, lower: float, upper: float) -> None:
    share = share_of(part, of)
    assert (share.lower, share.upper) == pytest.approx((lower, upper), abs=5e-5)


@given(st.integers(0, 1_000), st.integers(0, 1_000))
def test_an_interval_holds_its_share(part: int, rest: int) -> None:
    share = share_of(part, part + rest)
    assert 0 <= share.lower <= share.value <= share.upper <= 1
    wider = share_of(part, part + rest, Z_UNSEEN)
    assert wider.lower <= share.lower
    assert share.upper <= wider.upper


@given(st.integers(0, 1_000), st.integers(0, 1_000), st.sampled_from([Z_95, Z_UNSEEN]))
def test_intervals_are_those_of_scipy(part: int, rest: int, z: float) -> None:
    assume(part + rest)
    share = share_of(part, part + rest, z)
    confidence = 2 * NormalDist().cdf(z) - 1
    known = binomtest(part, part + rest).proportion_ci(confidence, method="wilson")
    assert (share.lower, share.upper) == pytest.approx((known.low, known.high), abs=1e-9)


def test_of_nobody_nothing_is_sure() -> None:
    assert share_of(0, 0) == (0, 0, 0.0, 1.0)
    assert pytest.approx(1.96, abs=0.001) == Z_95


@given(SCORED)
def test_each_point_is_what_its_threshold_stops(scored: list[Scored]) -> None:
    curve = curve_of(scored)
    assert [p.score_millionths for p in curve.points] == sorted(
        {each.score_millionths for each in scored}, reverse=True
    )
    assert all(point == point_at(scored, point.score_millionths) for point in curve.points)


@given(SCORED)
def test_the_area_is_the_chance_that_a_fraud_scores_higher(scored: list[Scored]) -> None:
    frauds = [each.score_millionths for each in scored if each.is_fraud]
    normal = [each.score_millionths for each in scored if not each.is_fraud]
    auc = curve_of(scored).auc
    if not frauds or not normal:
        assert auc is None
        return
    higher = sum((f > n) + (f == n) / 2 for f in frauds for n in normal)
    assert auc == pytest.approx(higher / len(frauds) / len(normal))


def test_a_threshold_is_accepted_only_if_the_upper_bound_is_beneath_the_limit() -> None:
    frauds = [Scored(90, True)] * 50 + [Scored(50, True)] * 50
    normal = [Scored(50, False)] * 5 + [Scored(10, False)] * 995
    curve = curve_of(frauds + normal)
    # Half a per cent are stopped, and truly it may be 1.17 %.
    strict = best_point_within(curve, 0.01)
    assert strict is not None
    assert (strict.score_millionths, strict.caught.part, strict.stopped.part) == (90, 50, 0)
    lenient = best_point_within(curve, 0.012)
    assert lenient is not None
    assert (lenient.score_millionths, lenient.caught.part) == (50, 100)
    assert best_point_within(curve, 0.003) is None
    assert caught_at(curve, 0.01).part == 100
    assert caught_at(curve, 0.004).part == 50


def test_of_thresholds_that_catch_the_same_the_strictest_is_taken() -> None:
    normal = [Scored(n % 50, False) for n in range(2_000)]
    point = best_point_within(curve_of([Scored(99, True), *normal]), 0.2)
    assert point is not None
    assert point.score_millionths == 99


def test_a_curve_is_thinned_to_its_ends() -> None:
    points = curve_of([Scored(n, n % 2 == 0) for n in range(1_000)]).points
    shown = thinned(points, 7)
    assert (len(shown), shown[0], shown[-1]) == (7, points[0], points[-1])
    assert thinned(points[:3], 7) == list(points[:3])
