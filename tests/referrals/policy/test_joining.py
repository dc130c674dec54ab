"""Joining: each reason to refuse, and which one is given where several apply."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any, NamedTuple

import pytest

from kernel.refusals import Refusal
from loyalty.policy.standing import OccurredInTheFuture, UnknownSubscriber
from loyalty.policy.terms import ReferralTerms
from referrals.policy.joining import (
    AlreadyInvited,
    EarlierLine,
    InviteeWasSubscriber,
    InviterNotActive,
    JoinedTooLate,
    JoinFacts,
    OwnReferralCode,
    ReferralCycle,
    ReferralLimitReached,
    UnknownReferralCode,
    refusal_for_join,
)

TERMS = ReferralTerms()
ACTIVATED_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
GOOD = JoinFacts(
    inviter_id=1,
    invitee_id=2,
    inviter_status="active",
    activated_at=ACTIVATED_AT,
    earlier=None,
    is_invited=False,
    closes_cycle=False,
    referrals_of_month=4,
)


class Rung(NamedTuple):
    refusal: type[Refusal]
    facts: dict[str, Any] = {}
    after: timedelta = timedelta(0)


# Everything that can be wrong, the first to be told first.
LADDER = (
    Rung(UnknownSubscriber, {"activated_at": None}),
    Rung(UnknownReferralCode, {"inviter_id": None}),
    Rung(OccurredInTheFuture, after=timedelta(days=60)),
    Rung(OwnReferralCode, {"invitee_id": 1}),
    Rung(AlreadyInvited, {"is_invited": True}),
    Rung(InviteeWasSubscriber, {"earlier": EarlierLine("passport", ACTIVATED_AT)}),
    # That it came too late is tried below: here it would be in the future, too.
    Rung(InviterNotActive, {"inviter_status": "suspended"}),
    Rung(ReferralLimitReached, {"referrals_of_month": 5}),
    Rung(ReferralCycle, {"closes_cycle": True}),
)


def refused(facts: JoinFacts, at: datetime = NOW, now: datetime = NOW) -> type[Refusal] | None:
    refusal = refusal_for_join(facts, at, TERMS, now)
    return None if refusal is None else type(refusal)


def test_a_good_invitation_counts() -> None:
    assert refused(GOOD) is None


@pytest.mark.parametrize("rung", LADDER, ids=lambda rung: rung.refusal.__name__)
def test_each_reason_refuses(rung: Rung) -> None:
    assert refused(replace(GOOD, **rung.facts), NOW + rung.after) is rung.refusal


@pytest.mark.parametrize(
    ("first", "second"),
    list(combinations(LADDER, 2)),
    ids=lambda rung: rung.refusal.__name__,
)
def test_the_first_reason_of_the_ladder_is_told(first: Rung, second: Rung) -> None:
    both = replace(GOOD, **{**second.facts, **first.facts})
    assert refused(both, NOW + max(first.after, second.after)) is first.refusal


def test_an_invitee_whom_billing_has_not_reported_is_unknown() -> None:
    assert refused(replace(GOOD, invitee_id=None)) is UnknownSubscriber


@pytest.mark.parametrize("status", [None, "suspended", "closed"])
def test_only_active_inviters_count(status: str | None) -> None:
    assert refused(replace(GOOD, inviter_status=status)) is InviterNotActive


@pytest.mark.parametrize(
    ("at", "refusal"),
    [
        (ACTIVATED_AT - timedelta(days=200), None),
        (ACTIVATED_AT, None),
        (ACTIVATED_AT + timedelta(days=30) - timedelta(microseconds=1), None),
        (ACTIVATED_AT + timedelta(days=30), JoinedTooLate),
        (ACTIVATED_AT + timedelta(days=300), JoinedTooLate),
    ],
)
def test_an_invitation_counts_soon_after_the_activation(
    at: datetime, refusal: type[Refusal] | None
) -> None:
    late = ACTIVATED_AT + timedelta(days=400)
    assert refused(GOOD, at, late) is refusal


@pytest.mark.parametrize("later", LADDER[6:], ids=lambda rung: rung.refusal.__name__)
@pytest.mark.parametrize("earlier", LADDER[4:6], ids=lambda rung: rung.refusal.__name__)
def test_coming_too_late_stands_between_history_and_the_inviter(earlier: Rung, later: Rung) -> None:
    late = ACTIVATED_AT + timedelta(days=30)
    assert refused(replace(GOOD, **later.facts), late, late) is JoinedTooLate
    assert refused(replace(GOOD, **earlier.facts), late, late) is earlier.refusal


@pytest.mark.parametrize(
    ("ahead", "refusal"),
    [
        (timedelta(minutes=5), None),
        (timedelta(minutes=5, microseconds=1), OccurredInTheFuture),
    ],
)
def test_clocks_may_differ_by_a_few_minutes(
    ahead: timedelta, refusal: type[Refusal] | None
) -> None:
    assert refused(GOOD, NOW + ahead) is refusal


@pytest.mark.parametrize(("so_far", "refusal"), [(0, None), (4, None), (5, ReferralLimitReached)])
def test_the_limit_of_a_month_is_the_last_that_counts(
    so_far: int, refusal: type[Refusal] | None
) -> None:
    assert refused(replace(GOOD, referrals_of_month=so_far)) is refusal
