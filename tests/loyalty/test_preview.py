"""What a charge or a redemption would do: as the verbs decide, and written nowhere."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Subscriber
from kernel.refusals import IdReused
from loyalty.operations.post_charges import ChargeOutcome
from loyalty.operations.preview import preview_charge, preview_redemption
from loyalty.policy.redemptions import BelowMinimum, InsufficientPoints
from loyalty.policy.standing import OccurredInTheFuture, UnknownSubscriber
from tests.books import dump
from tests.factories import charge, post, request, reserve

pytestmark = pytest.mark.usefixtures("subscriber")


@pytest.mark.parametrize("amount_minor", [99, 59_990, 49_950_000, 60_000_000])
@pytest.mark.parametrize("with_wallet", [False, True])
def test_a_charge_would_do_what_it_does(
    amount_minor: int, with_wallet: bool, now: datetime
) -> None:
    if with_wallet:
        post("before", now=now)
    before = dump()
    previewed = preview_charge(charge=charge("a", amount_minor=amount_minor), now=now)
    assert dump() == before
    assert previewed.outcome == post("a", amount_minor=amount_minor, now=now)
    assert (previewed.tier, previewed.terms) == ("bronze", 1)


def test_a_charge_would_lapse_when_its_lot_does(now: datetime) -> None:
    at = datetime.fromisoformat("2026-02-28T21:30:00Z")
    previewed = preview_charge(charge=charge("a", occurred_at=at), now=now)
    assert previewed.outcome == ChargeOutcome("a", 1000)
    assert previewed.expires_at == datetime.fromisoformat("2027-03-01T21:00:00Z")


def test_a_charge_would_be_refused_as_it_is(now: datetime) -> None:
    post("a", now=now)
    before = dump()
    for item, refusal in (
        (charge("b", "nobody"), UnknownSubscriber),
        (charge("b", occurred_at=now + timedelta(days=1)), OccurredInTheFuture),
        (charge("a", amount_minor=1), IdReused),
    ):
        with pytest.raises(refusal):
            preview_charge(charge=item, now=now)
    assert dump() == before


def test_a_charge_that_was_posted_would_make_what_it_made(now: datetime) -> None:
    post("a", now=now)
    previewed = preview_charge(charge=charge("a"), now=now)
    assert previewed.outcome == ChargeOutcome("a", 1000, replayed=True)


def test_a_redemption_would_do_what_it_does(member: Subscriber, now: datetime) -> None:
    before = dump()
    previewed = preview_redemption(request=request("r", 400), now=now)
    with pytest.raises(InsufficientPoints):
        preview_redemption(request=request("r", 1001), now=now)
    with pytest.raises(BelowMinimum):
        preview_redemption(request=request("r", 99), now=now)
    assert dump() == before
    made = reserve("r", 400, now=now).redemption
    assert (previewed.points, previewed.value_minor, previewed.expires_at) == (
        made.points,
        made.value_minor,
        made.expires_at,
    )
