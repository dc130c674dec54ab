"""Payouts: equal parts on their days, and what becomes of a part that is due."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy.accrual import Benefits
from loyalty.policy.payouts import (
    InstalmentFacts,
    InstalmentPlan,
    ReferralPay,
    instalments_of,
    payment_for,
)
from loyalty.policy.terms import Terms

TERMS = Terms()
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
LAST_YEAR = date(2025, 12, 1)
days = st.dates(date(2015, 1, 1), date(2035, 1, 1))


@pytest.mark.parametrize(
    ("points", "parts", "cleared_on", "plan"),
    [
        (
            30_000, 3, date(2026, 3, 17),
            [(1, "2026-03-17", 10_000), (2, "2026-04-17", 10_000), (3, "2026-05-17", 10_000)],
        ),
        # The last takes what is left over.
        (
            4_285, 3, date(2026, 3, 17),
            [(1, "2026-03-17", 1428), (2, "2026-04-17", 1428), (3, "2026-05-17", 1429)],
        ),
        # Each day is clamped by itself: the third is not shortened by February.
        (
            300, 3, date(2025, 12, 31),
            [(1, "2025-12-31", 100), (2, "2026-01-31", 100), (3, "2026-02-28", 100)],
        ),
        (
            400, 4, date(2028, 1, 30),
            [
                (1, "2028-01-30", 100), (2, "2028-02-29", 100), (3, "2028-03-30", 100),
                (4, "2028-04-30", 100),
            ],
        ),
        (5, 1, date(2028, 2, 29), [(1, "2028-02-29", 5)]),
        # A part of less than a point would be none.
        (2, 3, date(2026, 3, 17), [(1, "2026-03-17", 1), (2, "2026-04-17", 1)]),
        (1, 3, date(2026, 3, 17), [(1, "2026-03-17", 1)]),
    ],
)  # fmt: skip
def test_a_payout_has_parts(
    points: int, parts: int, cleared_on: date, plan: list[tuple[int, str, int]]
) -> None:
    assert instalments_of(points, parts, cleared_on) == [
        InstalmentPlan(number, date.fromisoformat(day), each) for number, day, each in plan
    ]


@given(points=st.integers(1, 10**7), parts=st.integers(1, 120), cleared_on=days)
def test_parts_add_up_to_the_whole(points: int, parts: int, cleared_on: date) -> None:
    plan = instalments_of(points, parts, cleared_on)
    assert sum(part.points for part in plan) == points
    assert len(plan) == min(parts, points)
    *equal, last = [part.points for part in plan]
    assert len({*equal}) <= 1
    assert last >= max(equal, default=0) > 0 or not equal
    assert last - max(equal, default=last) < len(plan)
    assert [part.number for part in plan] == list(range(1, len(plan) + 1))


@given(points=st.integers(12, 10**6), parts=st.integers(1, 12), cleared_on=days)
def test_parts_are_due_a_month_apart(points: int, parts: int, cleared_on: date) -> None:
    plan = instalments_of(points, parts, cleared_on)
    assert plan[0].due_on == cleared_on
    for place, part in enumerate(plan):
        months = (part.due_on.year - cleared_on.year) * 12 + part.due_on.month - cleared_on.month
        assert months == place
        is_last_of_month = (part.due_on + timedelta(days=1)).day == 1
        assert part.due_on.day == cleared_on.day or (
            is_last_of_month and part.due_on.day < cleared_on.day
        )


PART = InstalmentFacts(
    kind="referral_bonus",
    number=1,
    month=MARCH,
    value_minor=10_000,
    caps_waived=False,
    status="active",
    depends_on_status="active",
)


def became(
    facts: InstalmentFacts,
    benefits: Benefits | None = None,
    referrals: ReferralPay | None = None,
) -> tuple[str, str]:
    payment = payment_for(facts, benefits or Benefits(0, {}), referrals or ReferralPay(), TERMS)
    return payment.outcome, "" if payment.reason is None else payment.reason.code


@pytest.mark.parametrize(
    ("said", "outcome", "code"),
    [
        ({}, "pay", ""),
        ({"depends_on_status": None}, "pay", ""),
        ({"status": None}, "pay", ""),
        ({"depends_on_status": "suspended"}, "cancel", "invitee_not_active"),
        ({"depends_on_status": "closed"}, "cancel", "invitee_not_active"),
        ({"depends_on_status": "unknown"}, "cancel", "invitee_not_active"),
        ({"status": "suspended"}, "cancel", "subscriber_suspended"),
        ({"status": "closed"}, "cancel", "subscriber_closed"),
        ({"status": "closed", "depends_on_status": "closed"}, "cancel", "invitee_not_active"),
        ({"status": "closed", "caps_waived": True}, "cancel", "subscriber_closed"),
        ({"kind": "goodwill", "status": "suspended"}, "cancel", "subscriber_suspended"),
        # What charges earned is the subscriber's, whatever they are by now.
        ({"kind": "cap_excess", "status": "closed", "depends_on_status": None}, "pay", ""),
        ({"value_minor": 500_000, "kind": "goodwill"}, "pay", ""),
        ({"value_minor": 500_001, "kind": "goodwill"}, "hold", "cap_benefits"),
        ({"value_minor": 500_001, "kind": "goodwill", "caps_waived": True}, "pay", ""),
        ({"value_minor": 500_001, "status": "closed"}, "cancel", "subscriber_closed"),
    ],
)
def test_a_part_is_paid_held_or_cancelled(said: dict[str, Any], outcome: str, code: str) -> None:
    assert became(PART._replace(**said)) == (outcome, code)


@pytest.mark.parametrize(
    ("benefits", "outcome"),
    [
        (Benefits(490_000, {MARCH: 490_000}), "pay"),
        (Benefits(490_001, {MARCH: 490_001}), "hold"),
        (Benefits(490_001, {APRIL: 490_001}), "pay"),
        (Benefits(2_990_001, {date(2026, 1, 1): 2_990_001}), "hold"),
        (Benefits(2_990_000, {date(2026, 1, 1): 2_990_000}), "pay"),
        (Benefits(2_990_001, {LAST_YEAR: 2_990_001}), "pay"),
        (Benefits(9_990_000, {}), "pay"),
        (Benefits(9_990_001, {}), "hold"),
    ],
)
def test_benefits_keep_to_the_caps_of_month_year_and_life(benefits: Benefits, outcome: str) -> None:
    assert became(PART, replace(benefits, added={})) == (
        outcome, "cap_benefits" if outcome == "hold" else "",
    )  # fmt: skip


def pay(value: dict[date, int], begun: dict[date, int] | None = None) -> ReferralPay:
    return ReferralPay(dict(value), dict(begun or {}))


@pytest.mark.parametrize(
    ("referrals", "number", "code"),
    [
        (pay({}), 1, ""),
        (pay({MARCH: 140_000}), 1, ""),
        (pay({MARCH: 140_001}), 1, "cap_referral_value_month"),
        (pay({APRIL: 140_001}), 1, ""),
        (pay({date(2026, 1, 1): 590_000}), 1, ""),
        (pay({date(2026, 1, 1): 590_001}), 1, "cap_referral_value_year"),
        (pay({LAST_YEAR: 590_001}), 1, ""),
        (pay({LAST_YEAR: 1_490_000}), 1, ""),
        (pay({LAST_YEAR: 1_490_001}), 1, "cap_referral_value_life"),
        (pay({}, {MARCH: 4}), 1, ""),
        (pay({}, {MARCH: 5}), 1, "cap_referral_per_month"),
        # Later parts belong to a referral that was counted when it began.
        (pay({}, {MARCH: 5}), 2, ""),
        (pay({}, {APRIL: 5}), 1, ""),
        (pay({}, {date(2026, 1, 1): 59}), 1, ""),
        (pay({}, {date(2026, 1, 1): 60}), 1, "cap_referral_per_year"),
        (pay({}, {LAST_YEAR: 60}), 1, ""),
        (pay({}, {LAST_YEAR: 599}), 1, ""),
        (pay({}, {LAST_YEAR: 600}), 1, "cap_referral_per_life"),
        # The sums come before the numbers.
        (pay({MARCH: 150_000}, {MARCH: 5}), 1, "cap_referral_value_month"),
    ],
)
def test_referral_bonuses_keep_to_limits_of_their_own(
    referrals: ReferralPay, number: int, code: str
) -> None:
    outcome = "hold" if code else "pay"
    assert became(PART._replace(number=number), referrals=replace(referrals)) == (outcome, code)
    assert became(PART._replace(number=number, kind="goodwill"), referrals=referrals)[0] == "pay"
    assert became(PART._replace(number=number, caps_waived=True), referrals=referrals)[0] == "pay"


@pytest.mark.parametrize(
    ("said", "counted", "as_referral"),
    [
        ({}, 10_000, True),
        ({"caps_waived": True}, 10_000, True),
        ({"kind": "goodwill"}, 10_000, False),
        ({"kind": "cap_excess", "caps_waived": True}, 10_000, False),
        ({"status": "closed"}, 0, False),
        ({"value_minor": 150_001}, 0, False),
    ],
)
def test_what_is_paid_counts_and_what_is_not_does_not(
    said: dict[str, Any], counted: int, as_referral: bool
) -> None:
    benefits, referrals = Benefits(7, {}), ReferralPay()
    payment_for(PART._replace(**said), benefits, referrals, TERMS)
    assert benefits.life_minor == 7 + counted
    assert benefits.added.get(MARCH, 0) == counted
    assert referrals.value_minor.get(MARCH, 0) == (counted if as_referral else 0)
    assert referrals.begun.get(MARCH, 0) == int(as_referral)


parts = st.lists(
    st.tuples(
        st.sampled_from((LAST_YEAR, MARCH, APRIL)),
        st.integers(1, 90_000),
        st.integers(1, 3),
        st.sampled_from(("referral_bonus", "goodwill")),
    ),
    max_size=60,
)


@given(asked=parts)
def test_whatever_comes_no_limit_is_passed(asked: list[tuple[date, int, int, str]]) -> None:
    benefits, referrals, paid = Benefits(0, {}), ReferralPay(), []
    for month, value, number, kind in asked:
        facts = PART._replace(month=month, value_minor=value, number=number, kind=kind)
        if payment_for(facts, benefits, referrals, TERMS).outcome == "pay":
            paid.append(facts)
    bonuses = [facts for facts in paid if facts.kind == "referral_bonus"]
    for month in (LAST_YEAR, MARCH, APRIL):
        mine = [facts for facts in bonuses if facts.month == month]
        assert sum(facts.value_minor for facts in paid if facts.month == month) <= 500_000
        assert sum(facts.value_minor for facts in mine) <= 150_000
        assert sum(facts.number == 1 for facts in mine) <= 5
    assert benefits.life_minor == sum(facts.value_minor for facts in paid)
    assert sum(referrals.value_minor.values()) == sum(facts.value_minor for facts in bonuses)
