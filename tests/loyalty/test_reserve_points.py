"""Reserving points for bill credits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import IdentifierUse, Subscriber
from kernel.refusals import IdReused, Refusal
from loyalty.models import Redemption
from loyalty.operations.reserve_points import reserve_points
from loyalty.operations.return_points import release_redemptions, reverse_redemptions
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.redemptions import (
    BelowMinimum,
    IdentityNotVerified,
    InsufficientPoints,
    PaymentInstrumentMissing,
    PaymentInstrumentShared,
    PhoneNotVerified,
    RedemptionCapReached,
)
from loyalty.policy.standing import SubscriberClosed, SubscriberSuspended, UnknownSubscriber
from tests.books import dump, lots, months, moves, news
from tests.factories import digest, post, register, request, reserve
from tests.loyalty.laws import prove_laws

pytestmark = pytest.mark.usefixtures("member")

DAY = timedelta(days=1)


def refused(refusal: type[Refusal], points: int, *, now: datetime, **said: Any) -> Refusal:
    """Reserve, be refused, and leave nothing behind."""
    before = dump()
    with pytest.raises(refusal) as caught:
        reserve("refused", points, now=now, **said)
    assert type(caught.value) is refusal
    assert dump() == before
    return caught.value


def test_holds_points_until_its_end(now: datetime) -> None:
    made = reserve("r", 400, now=now).redemption
    assert (made.status, made.points, made.value_minor) == ("reserved", 400, 400)
    assert made.expires_at == now + timedelta(hours=72)
    assert moves("subscriber")[1:] == [("reservation", "available", "reserved", 400)]
    assert months("subscriber")["2026-03"] == (100_000, 1000, 1000, 400)
    assert news("redemption.reserved")[0]["redemption_id"] == "r"
    prove_laws(now)


def test_draws_the_earliest_lot_first_and_ties_by_number(now: datetime) -> None:
    post("same day", amount_minor=20_000, occurred_at=now - 10 * DAY, now=now)
    post("older", amount_minor=30_000, occurred_at=now - 11 * DAY, now=now)
    reserve("r", 1350, now=now)
    assert lots("subscriber") == {1: (1000, 0), 2: (200, 150), 3: (300, 0)}


def test_never_draws_a_lapsed_lot(now: datetime) -> None:
    post("lapsed", occurred_at=now - 400 * DAY, now=now)
    assert refused(InsufficientPoints, 1001, now=now).facts == {"spendable_points": 1000}
    reserve("r", 1000, now=now)
    assert lots("subscriber") == {1: (1000, 0), 2: (1000, 1000)}


def test_takes_the_minimum_and_no_less(now: datetime) -> None:
    refused(BelowMinimum, 99, now=now)
    assert reserve("r", 100, now=now).redemption.points == 100


def test_refuses_more_than_there_is(now: datetime) -> None:
    refused(InsufficientPoints, 1001, now=now)


@pytest.mark.parametrize(
    ("status", "refusal"), [("suspended", SubscriberSuspended), ("closed", SubscriberClosed)]
)
def test_refuses_whoever_is_not_active(status: str, refusal: type[Refusal], now: datetime) -> None:
    register("subscriber", now=now, status=status)
    refused(refusal, 100, now=now)


def test_refuses_whom_billing_has_not_reported(now: datetime) -> None:
    refused(UnknownSubscriber, 100, subscriber_id="nobody", now=now)


def fill(now: datetime, months: int) -> None:
    """The most that a subscriber can earn in each of the last months."""
    for back in range(months):
        at = now - timedelta(days=30 * back)
        post(f"bill{back}", amount_minor=50_000_000, occurred_at=at, now=now)


def test_keeps_to_the_cap_of_a_month(now: datetime) -> None:
    fill(now, 3)
    reserve("r", 499_950, now=now)
    assert refused(RedemptionCapReached, 100, now=now).facts == {"redeemable_points": 50}
    midnight = datetime(2026, 3, 31, 21, tzinfo=UTC)
    refused(RedemptionCapReached, 100, now=midnight - timedelta(microseconds=1))
    assert reserve("s", 100, now=midnight).redemption.month.month == 4


def test_keeps_to_the_cap_of_a_year() -> None:
    new_year = datetime(2026, 12, 31, 21, tzinfo=UTC)
    fill(new_year - DAY, 14)
    for month in range(6):
        reserve(f"r{month}", 499_990, now=datetime(2026, 6 + month, 2, tzinfo=UTC))
    late = new_year - timedelta(microseconds=1)
    assert refused(RedemptionCapReached, 100, now=late).facts == {"redeemable_points": 60}
    assert reserve("new", 100, now=new_year).redemption.points == 100


@pytest.mark.parametrize("verb", [release_redemptions, reverse_redemptions])
def test_gets_the_room_of_a_cap_back(verb: Any, now: datetime) -> None:
    fill(now, 3)
    reserve("r", 500_000, now=now)
    refused(RedemptionCapReached, 100, now=now)
    if verb is reverse_redemptions:
        settle_redemptions(redemption_ids=["r"], now=now)
    verb(redemption_ids=["r"], now=now)
    assert reserve("s", 500_000, now=now).redemption.status == "reserved"
    prove_laws(now)


def test_needs_a_verified_phone_at_first(now: datetime) -> None:
    register("subscriber", now=now, optional={"phone_verified": False})
    refused(PhoneNotVerified, 100, now=now)


def test_needs_a_payment_instrument_at_first(now: datetime) -> None:
    register("poor", now=now, card=None)
    post("c", "poor", now=now)
    refused(PaymentInstrumentMissing, 100, subscriber_id="poor", now=now)
    card = digest("card", "presented")
    assert reserve("r", 100, "poor", payment_instrument=card, now=now).redemption.points == 100
    assert IdentifierUse.objects.filter(subscriber__external_id="poor").count() == 2


def test_needs_a_payment_instrument_of_their_own_at_first(now: datetime) -> None:
    register("another", now=now, card="card of subscriber")
    refused(PaymentInstrumentShared, 100, now=now)
    shared = digest("card", "card of subscriber")
    refused(PaymentInstrumentShared, 100, payment_instrument=shared, now=now)
    own = digest("card", "a new one")
    assert reserve("r", 100, payment_instrument=own, now=now).redemption.points == 100


def test_never_takes_a_card_that_somebody_else_was_seen_with(now: datetime) -> None:
    register("another", now=now)
    theirs = digest("card", "card of another")
    refused(PaymentInstrumentShared, 100, payment_instrument=theirs, now=now)


def test_asks_for_less_once_one_was_settled(now: datetime) -> None:
    reserve("first", 100, now=now)
    register("subscriber", now=now, optional={"phone_verified": False})
    refused(PhoneNotVerified, 100, now=now)
    settle_redemptions(redemption_ids=["first"], now=now)
    assert reserve("second", 100, now=now).redemption.status == "reserved"


def test_needs_a_verified_identity_above_a_sum_of_benefits(now: datetime) -> None:
    post("more", amount_minor=40_000_000, now=now)
    register("subscriber", now=now, optional={"identity_verified": False})
    reserve("r", 200_000, now=now)
    refused(IdentityNotVerified, 100_001, now=now)
    reserve("s", 100_000, now=now)
    refused(IdentityNotVerified, 100, now=now)
    register("subscriber", now=now, optional={"identity_verified": True})
    assert reserve("t", 100, now=now).redemption.status == "reserved"


def test_answers_a_repetition_with_the_redemption_as_it_is(now: datetime, later: datetime) -> None:
    reserve("r", 400, now=now)
    settle_redemptions(redemption_ids=["r"], now=now)
    before = dump()
    again = reserve("r", 400, now=later)
    assert (again.replayed, again.redemption.status) == (True, "settled")
    assert dump() == before


@pytest.mark.parametrize(
    "other",
    [
        {"points": 401},
        {"device": digest("device", "x")},
        {"subscriber_id": "another"},
    ],
)
def test_refuses_an_id_that_meant_something_else(other: dict[str, Any], now: datetime) -> None:
    register("another", now=now)
    post("c", "another", now=now)
    reserve("r", 400, now=now)
    before = dump()
    with pytest.raises(IdReused):
        reserve("r", **{"points": 400, **other}, now=now)
    assert dump() == before


def test_reserves_all_of_a_list_or_none(now: datetime) -> None:
    before = dump()
    with pytest.raises(InsufficientPoints):
        reserve_points(requests=[request("a", 600), request("b", 500)], now=now)
    assert dump() == before
    outcomes = reserve_points(
        requests=[request("b", 600), request("a", 400), request("b", 600)], now=now
    )
    assert [outcome.replayed for outcome in outcomes] == [False, False, True]
    assert Redemption.objects.count() == 2
    prove_laws(now)


def test_remembers_what_the_request_was_seen_with(member: Subscriber, now: datetime) -> None:
    device, ip = digest("device", "d"), digest("ip", "192.0.2.1")
    reserve("r", 400, now=now, device=device, ip=ip)
    kinds = IdentifierUse.objects.filter(subscriber=member).values_list("identifier__kind")
    assert {kind for (kind,) in kinds} == {"phone", "card", "device", "ip"}
