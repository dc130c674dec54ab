"""Tiers: up at once, down one step a month after a month of grace."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.moments import add_months
from loyalty.policy.terms import TIERS, Terms
from loyalty.policy.tiers import (
    TierStanding,
    TierStart,
    standing_in,
    tier_at,
    tier_window,
    withdraws_downgrade,
)

TERMS = Terms()
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


@pytest.mark.parametrize(
    ("before", "paid", "after"),
    [
        (TierStanding("bronze"), 599_999, TierStanding("bronze")),
        (TierStanding("bronze"), 600_000, TierStanding("silver")),
        (TierStanding("bronze"), 1_200_000, TierStanding("gold")),
        (TierStanding("gold"), 1_199_999, TierStanding("gold", APRIL)),
        (TierStanding("gold", APRIL), 0, TierStanding("gold", APRIL)),
        (TierStanding("gold", MARCH), 0, TierStanding("silver", APRIL)),
        (TierStanding("gold", MARCH), 600_000, TierStanding("silver")),
        (TierStanding("silver", MARCH), 0, TierStanding("bronze")),
        (TierStanding("silver", MARCH), 600_000, TierStanding("silver")),
        (TierStanding("silver", MARCH), 1_200_000, TierStanding("gold")),
    ],
)
def test_a_standing_in_march(before: TierStanding, paid: int, after: TierStanding) -> None:
    assert standing_in(MARCH, before, paid, TERMS) == after


@given(payments=st.lists(st.integers(0, 2_000_000), min_size=1, max_size=24))
def test_nobody_falls_unannounced_or_more_than_a_step(payments: list[int]) -> None:
    standing, month = TierStanding("bronze"), date(2025, 1, 1)
    for paid in payments:
        after = standing_in(month, standing, paid, TERMS)
        fall = TIERS.index(standing.tier) - TIERS.index(after.tier)
        assert fall <= 1
        if fall == 1:
            assert standing.downgrade_on == month
        if after.downgrade_on is not None:
            assert after.downgrade_on == add_months(month, 1)
        deserved = 2 if paid >= 1_200_000 else 1 if paid >= 600_000 else 0
        assert TIERS.index(after.tier) >= deserved
        assert (after.downgrade_on is None) == (TIERS.index(after.tier) == deserved)
        standing, month = after, add_months(month, 1)


@pytest.mark.parametrize(
    ("before", "after", "withdrawn"),
    [
        (TierStanding("gold", MARCH), TierStanding("gold"), True),
        (TierStanding("silver", MARCH), TierStanding("gold"), True),
        (TierStanding("gold", MARCH), TierStanding("silver"), False),
        (TierStanding("gold", MARCH), TierStanding("gold", MARCH), False),
        (TierStanding("gold"), TierStanding("gold"), False),
    ],
)
def test_a_downgrade_is_withdrawn(
    before: TierStanding, after: TierStanding, withdrawn: bool
) -> None:
    assert withdraws_downgrade(before, after, TERMS) is withdrawn


def test_the_window_is_of_full_months() -> None:
    assert tier_window(MARCH, TERMS) == (date(2025, 3, 1), MARCH)


def test_a_tier_is_in_force_from_its_start() -> None:
    def at(day: int) -> datetime:
        return datetime(2026, 3, day, tzinfo=UTC)

    changes = [TierStart(at(20), "silver"), TierStart(at(10), "gold")]
    assert [tier_at(changes, at(day)) for day in (9, 10, 19, 20)] == [
        "bronze",
        "gold",
        "gold",
        "silver",
    ]
    assert tier_at([], at(1)) == "bronze"
