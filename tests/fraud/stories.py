"""Subjects that stand out, and what was made of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fraud.models import Case, CaseEvent
from fraud.policy.cases import Analyst
from loyalty.models import Payout
from loyalty.operations.screen_payouts import screen_payouts
from referrals.operations.vest_referrals import vest_referrals
from tests.factories import digest, invite, post, register
from tests.loyalty.promises import ask

NOW = datetime(2026, 3, 17, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ANN, BEN, SUE = Analyst("ann"), Analyst("ben"), Analyst("sue", is_senior=True)


def crowd(size: int = 6, *, at: datetime = NOW) -> None:
    """Subscribers who share one device, and little else."""
    for n in range(size):
        since = at - (n + 2) * DAY
        register(f"crowd-{n}", identifiers=[phone()], activated_at=since, now=since)


def phone() -> Any:
    return digest("device", "the phone of the crowd")


def suspicious_payout(value_minor: int = 30_000, *, now: datetime = NOW) -> UUID:
    """A goodwill credit for somebody on the crowd's device, which the screen reviews."""
    crowd(at=now)
    since = now - DAY
    register("subscriber", identifiers=[phone()], activated_at=since, now=since)
    payout_id = ask(value_minor=value_minor, now=now)
    screen_payouts(now=now)
    assert Payout.objects.get(pk=payout_id).status == "in_review"
    return payout_id


def the_case() -> Case:
    return Case.objects.get()


def steps_of(case: Case) -> list[tuple[str, str]]:
    events = CaseEvent.objects.filter(case=case).order_by("id")
    return [(event.step, event.by) for event in events]


def bonus(now: datetime) -> UUID:
    """A referral bonus that qualified, not screened yet."""
    start = now - timedelta(days=100)
    register("inviter", activated_at=start - DAY, now=start - DAY)
    invite("inviter", "invitee", now=start)
    post("bill", "invitee", amount_minor=300_000, occurred_at=start + DAY, now=start + DAY)
    vest_referrals(now=now)
    return Payout.objects.get(kind="referral_bonus").pk
