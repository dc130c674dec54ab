"""The figures of a period: counted as they happened, with how sure they are."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fraud.models import Case
from fraud.operations.decide_cases import decide_case
from fraud.operations.work_cases import claim_case
from fraud.policy.figures import Bin, Rates
from fraud.policy.verdicts import Verdict
from fraud.queries.figures import FraudFigures, fraud_figures
from loyalty.models import Payout
from loyalty.operations.claw_back_payouts import Claim, claw_back_payouts
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.gate import MACHINES, Reason
from tests.factories import give_goodwill, invite, post, register, reserve
from tests.fraud.stories import ANN, BEN, DAY, NOW, suspicious_payout, the_case
from tests.loyalty.promises import ask

pytestmark = pytest.mark.django_db


def figures(
    *, since: datetime = NOW - 10 * DAY, until: datetime = NOW + 4 * DAY, now: datetime = NOW
) -> FraudFigures:
    return fraud_figures(since=since, until=until, now=now)


def test_nothing_is_empty_and_everything_is_possible() -> None:
    found = figures()
    assert found.is_empty
    assert (found.payouts.number_share, found.payouts.value_share) == (None, None)
    assert found.rates.precision == (0, 0, 0.0, 1.0)
    assert (found.rates.false_positive_rate, found.rates.recall) == (None, None)
    assert found.waiting.oldest_at is None
    assert [week.starts_on for week in found.weeks] == [
        date(2026, 3, 2),
        date(2026, 3, 9),
        date(2026, 3, 16),
    ]


def test_a_stopped_payout_from_the_queue_to_the_verdict() -> None:
    suspicious_payout(30_000)
    waiting = figures(now=NOW + timedelta(hours=5)).waiting
    assert (waiting.cases, waiting.overdue, waiting.value_minor) == (1, 0, 30_000)
    assert (waiting.oldest_at, waiting.by_queue) == (NOW, {"gate": 1})
    assert Bin("4–24 h", 1) in waiting.histogram
    assert figures(now=NOW + 30 * DAY).waiting.overdue == 1

    claim_case(case_id=the_case().pk, by=BEN, now=NOW + timedelta(minutes=1))
    claim_case(case_id=the_case().pk, by=BEN, now=NOW + timedelta(minutes=10))
    decide_case(
        case_id=the_case().pk,
        verdict=Verdict("confirmed_fraud", "A ring."),
        by=BEN,
        now=NOW + timedelta(minutes=25),
    )
    found = figures()
    assert found.payouts.asked == (1, 30_000)
    assert found.payouts.cancelled["refused"] == (1, 30_000)
    assert found.payouts.number_share == found.payouts.value_share == 1.0
    assert found.rates.precision.part == found.rates.precision.of == 1
    assert (found.rates.stopped, found.rates.cleared) == (1, 0)
    assert found.waiting.cases == 0
    [ben] = found.analysts
    assert (ben.name, ben.decided, ben.frauds, ben.minutes_median) == ("ben", 1, 1, 15.0)
    assert ben.per_day == pytest.approx(1 / 14)
    week = found.weeks[-1]
    assert (week.stopped_minor, week.refused_minor, week.released_minor) == (30_000, 30_000, 0)
    assert (week.opened, week.decided, week.frauds) == (1, 1, 1)


def test_what_is_released_and_what_is_taken_back() -> None:
    payout_id = suspicious_payout(30_000)
    claim_case(case_id=the_case().pk, by=ANN, now=NOW)
    said = Verdict("false_positive", "A family.")
    decide_case(case_id=the_case().pk, verdict=said, by=ANN, now=NOW)
    assert Payout.objects.get(pk=payout_id).status == "paid"
    register("other", now=NOW)
    other = give_goodwill("other", cause_id="other", value_minor=20_000, now=NOW)
    claim = Claim(other, Reason("odd", "It was not meant for them."))
    claw_back_payouts(claims=[claim], by="eve", now=NOW + DAY)

    found = figures()
    assert found.rates.false_alarms.part == 1
    week = found.weeks[-1]
    assert (week.released_minor, week.refused_minor, week.taken_back_minor) == (30_000, 0, 20_000)
    assert found.payouts.cancelled["clawed_back"] == (1, 20_000)
    assert found.payouts.number_share == 0.5
    assert found.payouts.value_share == 0.4


def test_the_end_of_a_period_is_not_in_it() -> None:
    register("subscriber", now=NOW - DAY)
    ask(value_minor=10_000, now=NOW)
    screen_payouts(now=NOW)
    assert figures(since=NOW - DAY, until=NOW).payouts.asked == (0, 0)
    assert figures(since=NOW, until=NOW + DAY).payouts.asked == (1, 10_000)


def test_the_first_redemption_counts_and_no_later_one() -> None:
    since = NOW - 2 * DAY
    for name in ("ann", "ben"):
        register(name, activated_at=since, now=since)
        post(f"of {name}", name, occurred_at=since, now=since)
    reserve("1", 100, "ann", now=since + timedelta(minutes=30))
    reserve("2", 100, "ann", now=since + timedelta(hours=30))
    reserve("3", 100, "ben", now=since + timedelta(hours=5))
    first = figures().first_redemptions
    assert first.subscribers == 2
    assert first.quantiles[5] == 30
    assert first.quantiles[95] == 300
    assert first.histogram[:3] == [("under 1 h", 1), ("1–24 h", 1), ("1–7 days", 0)]
    assert figures(since=NOW - DAY).first_redemptions.subscribers == 0


def test_referrals_per_inviter() -> None:
    register("ann", now=NOW - DAY)
    register("ben", now=NOW - DAY)
    for n in range(2):
        invite("ann", f"a{n}", referral_id=f"ra{n}", now=NOW)
    invite("ben", "b", referral_id="rb", now=NOW)
    found = figures().invitations
    assert found[:3] == (2, 3, 2)
    assert found.histogram[:3] == [("1", 1), ("2", 1), ("3", 0)]


def test_a_sample_says_how_much_was_missed() -> None:
    for place, verdict in enumerate(["confirmed_fraud"] * 2 + ["false_positive"] * 178):
        Case.objects.create(
            queue="sample", subject_type="payout", subject_id=str(place), subscriber_id=1,
            value_minor=0, score_millionths=0, band="low", status="closed", opened_at=NOW,
            due_at=NOW, verdict=verdict, decided_at=NOW, decided_by="ann",
        )  # fmt: skip
    # A machine is nobody.
    for machine in MACHINES:
        Case.objects.create(
            queue="sample", subject_type="payout", subject_id=machine, subscriber_id=1,
            value_minor=0, score_millionths=0, band="low", status="closed", opened_at=NOW,
            due_at=NOW, verdict="confirmed_fraud", decided_at=NOW, decided_by=machine,
        )  # fmt: skip
    assert [each.name for each in figures().analysts] == ["ann"]
    missed = figures().rates.missed
    assert (missed.part, missed.of) == (2, 180)
    assert (round(missed.lower, 3), round(missed.upper, 3)) == (0.003, 0.040)


def test_rates_are_estimated_from_both_kinds_of_verdicts() -> None:
    rates = Rates(
        stopped=100, cleared=9_900, stopped_frauds=30, stopped_normals=20,
        sampled_frauds=1, sampled_normals=99, inconclusive=0,
    )  # fmt: skip
    alarms = rates.false_positive_rate
    recall = rates.recall
    assert alarms is not None
    assert recall is not None
    assert alarms.value == pytest.approx(40 / (40 + 9_900 * 0.99))
    assert recall.value == pytest.approx(60 / (60 + 9_900 * 0.01))
    for estimate in (alarms, recall):
        assert 0 <= estimate.lower < estimate.value < estimate.upper <= 1


def test_a_longer_period_takes_as_many_statements() -> None:
    suspicious_payout()
    counts = []
    for days in (1, 400):
        with CaptureQueriesContext(connection) as captured:
            figures(since=NOW - days * DAY)
        counts.append(len(captured))
    assert counts == [9, 9]
