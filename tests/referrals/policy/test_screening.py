"""The plain screen: what clears, what waits, what a person looks at."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.policy.gate import CLEAR
from loyalty.policy.terms import Terms
from referrals.policy.screening import Given, ScreenFacts, Shared, screening_of

TERMS = Terms()
BONUS = ScreenFacts("referral_bonus", 30_000, Given(0, 0, identity_is_verified=True))


def codes(facts: ScreenFacts) -> tuple[str, list[str]]:
    screening = screening_of(facts, TERMS)
    return screening.outcome, [reason.code for reason in screening.reasons]


def given_so_far(benefits: int = 0, referrals: int = 0, *, verified: bool = True) -> ScreenFacts:
    return replace(BONUS, given=Given(benefits, referrals, verified))


@pytest.mark.parametrize(
    ("facts", "outcome", "reasons"),
    [
        (BONUS, "clear", []),
        (
            replace(BONUS, shared=(Shared("passport", True, False),)),
            "review", ["passport_shared_with_inviter"],
        ),
        (
            replace(BONUS, shared=(Shared("card", False, True),)),
            "review", ["card_shared_by_invitees"],
        ),
        (
            replace(BONUS, shared=(Shared("device", True, True), Shared("card", True, False))),
            "review",
            ["device_shared_with_inviter", "device_shared_by_invitees", "card_shared_with_inviter"],
        ),
        (given_so_far(10_000_000 - 30_000), "clear", []),
        (given_so_far(10_000_000 - 29_999), "review", ["cap_benefits"]),
        (given_so_far(0, 1_500_000 - 30_000), "clear", []),
        (given_so_far(0, 1_500_000 - 29_999), "review", ["cap_referral_value_life"]),
        (
            replace(given_so_far(0, 1_500_000), kind="goodwill"), "clear", [],
        ),
        (given_so_far(270_000, verified=False), "clear", []),
        (given_so_far(270_001, verified=False), "wait", ["identity_not_verified"]),
        (
            given_so_far(9_999_999, verified=False),
            "review", ["cap_benefits", "identity_not_verified"],
        ),
    ],
)  # fmt: skip
def test_a_payout_is_screened(facts: ScreenFacts, outcome: str, reasons: list[str]) -> None:
    facts = replace(facts, given=replace(facts.given))
    assert codes(facts) == (outcome, reasons)


def test_what_is_cleared_counts_for_the_next_and_what_is_held_does_not() -> None:
    given = Given(0, 1_500_000 - 70_000, identity_is_verified=True)
    outcomes = []
    for value in (30_000, 50_000, 40_000, 1):
        facts = ScreenFacts("referral_bonus", value, given)
        outcomes.append(screening_of(facts, TERMS).outcome)
    assert outcomes == ["clear", "review", "clear", "review"]
    assert (given.benefits_minor, given.referrals_minor) == (70_000, 1_500_000)


def test_another_benefit_does_not_count_among_referrals() -> None:
    given = Given(0, 0, identity_is_verified=True)
    assert screening_of(ScreenFacts("goodwill", 500, given), TERMS) == CLEAR
    assert (given.benefits_minor, given.referrals_minor) == (500, 0)


@given(
    values=st.lists(st.integers(1, 400_000), max_size=30),
    verified=st.booleans(),
)
def test_nothing_above_a_limit_is_ever_cleared(values: list[int], verified: bool) -> None:
    given = Given(0, 0, identity_is_verified=verified)
    cleared = [
        value
        for value in values
        if screening_of(ScreenFacts("referral_bonus", value, given), TERMS) == CLEAR
    ]
    limit = TERMS.referral.value_life_minor
    if not verified:
        limit = min(limit, TERMS.redemption.identity_needed_above_minor)
    assert sum(cleared) == given.referrals_minor <= limit
