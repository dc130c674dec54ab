"""What is learnt late neither gains nor loses a referral."""

from datetime import datetime, timedelta

import pytest

from referrals.models import Referral
from referrals.operations.vest_referrals import vest_referrals
from tests.factories import invite, post, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def joined(now: datetime) -> datetime:
    """An invitation a hundred days ago; its moment."""
    at = now - timedelta(days=100)
    register("inviter", now=at)
    invite("inviter", "invitee", now=at)
    return at


def status() -> tuple[str, str]:
    referral = Referral.objects.get()
    return referral.status, referral.reason


def bill(now: datetime, at: datetime) -> None:
    post("bill", "invitee", amount_minor=150_000, occurred_at=at + timedelta(days=5), now=now)


def test_bills_that_come_late_still_count(joined: datetime, now: datetime) -> None:
    vest_referrals(now=now)
    assert status() == ("expired", "arpu_not_reached")
    bill(now, joined)
    assert vest_referrals(now=now).qualified == 1
    assert status() == ("qualified", "")


def test_bills_that_come_after_half_a_year_do_not(joined: datetime, now: datetime) -> None:
    vest_referrals(now=now)
    late = now + timedelta(days=200)
    bill(late, joined)
    assert vest_referrals(now=late).qualified == 0
    assert status() == ("expired", "arpu_not_reached")


def test_a_status_that_is_corrected_counts_as_corrected(joined: datetime, now: datetime) -> None:
    early = joined + timedelta(days=50)
    register(
        "invitee",
        activated_at=joined,
        status="suspended",
        status_since=joined + timedelta(days=40),
        now=early,
    )
    vest_referrals(now=early)
    assert status() == ("expired", "invitee_left")
    register("invitee", activated_at=joined, status="active", status_since=joined, now=early)
    vest_referrals(now=early)
    assert status() == ("joined", "")
    bill(now, joined)
    vest_referrals(now=now)
    assert status() == ("qualified", "")


def test_an_activation_that_is_corrected_moves_the_window(joined: datetime, now: datetime) -> None:
    bill(now, joined)
    first_end = Referral.objects.get().window_ends_at
    register("invitee", activated_at=joined + timedelta(days=3), now=now)
    vest_referrals(now=first_end + timedelta(hours=1))
    assert status() == ("joined", "")
    assert Referral.objects.get().window_ends_at > first_end
    vest_referrals(now=now)
    assert status() == ("qualified", "")


def test_a_second_run_changes_nothing(joined: datetime, now: datetime) -> None:
    for moment in (now, now, now + timedelta(days=1)):
        vest_referrals(now=moment)
    decided_at = Referral.objects.get().decided_at
    assert decided_at == now
