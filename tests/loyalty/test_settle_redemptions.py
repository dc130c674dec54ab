"""Settling reservations."""

from datetime import datetime, timedelta

import pytest

from kernel.refusals import IdReused
from loyalty.operations.return_points import (
    lapse_reservations,
    release_redemptions,
    reverse_redemptions,
)
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.redemptions import NotReserved, ReservationLapsed, UnknownRedemption
from loyalty.policy.standing import SubscriberClosed
from tests.books import dump, moves, news, wallet
from tests.factories import register, reserve
from tests.loyalty.laws import prove_laws

pytestmark = pytest.mark.usefixtures("member")

HOLD = timedelta(hours=72)


def test_spends_what_was_held(now: datetime, later: datetime) -> None:
    reserve("r", 400, now=now)
    [outcome] = settle_redemptions(redemption_ids=["r"], credit_reference="c-1", now=later)
    assert (outcome.redemption.status, outcome.replayed) == ("settled", False)
    assert outcome.redemption.settled_at == later
    assert outcome.redemption.credit_reference == "c-1"
    assert moves("subscriber")[2:] == [("settlement", "reserved", "redeemed", 400)]
    assert wallet("subscriber")["redeemed"] == 400
    assert [said["redemption_id"] for said in news("redemption.settled")] == ["r"]
    prove_laws(later)


def test_settles_once(now: datetime, later: datetime) -> None:
    reserve("r", 400, now=now)
    settle_redemptions(redemption_ids=["r"], credit_reference="c-1", now=now)
    before = dump()
    for reference in ("c-1", ""):
        [again] = settle_redemptions(
            redemption_ids=["r"], credit_reference=reference, now=later + HOLD
        )
        assert again.replayed
    with pytest.raises(IdReused):
        settle_redemptions(redemption_ids=["r"], credit_reference="c-2", now=later)
    assert dump() == before


def test_settles_until_the_reservation_ends(now: datetime) -> None:
    reserve("r", 400, now=now)
    before = dump()
    with pytest.raises(ReservationLapsed):
        settle_redemptions(redemption_ids=["r"], now=now + HOLD)
    assert dump() == before
    settle_redemptions(redemption_ids=["r"], now=now + HOLD - timedelta(microseconds=1))
    assert wallet("subscriber")["redeemed"] == 400


def test_refuses_what_is_not_reserved_any_more(now: datetime) -> None:
    for name in ("released", "lapsed", "reversed"):
        reserve(name, 100, now=now)
    settle_redemptions(redemption_ids=["reversed"], now=now)
    reverse_redemptions(redemption_ids=["reversed"], now=now)
    release_redemptions(redemption_ids=["released"], now=now)
    lapse_reservations(now=now + HOLD)
    before = dump()
    for name, refusal in (
        ("released", NotReserved),
        ("lapsed", ReservationLapsed),
        ("reversed", NotReserved),
        ("unseen", UnknownRedemption),
    ):
        with pytest.raises(refusal):
            settle_redemptions(redemption_ids=[name], now=now)
    assert dump() == before


def test_refuses_a_closed_subscriber(now: datetime) -> None:
    reserve("r", 400, now=now)
    register("subscriber", now=now, status="closed")
    before = dump()
    with pytest.raises(SubscriberClosed):
        settle_redemptions(redemption_ids=["r"], now=now)
    assert dump() == before


def test_settles_for_a_suspended_subscriber(now: datetime) -> None:
    reserve("r", 400, now=now)
    register("subscriber", now=now, status="suspended")
    settle_redemptions(redemption_ids=["r"], now=now)
    assert wallet("subscriber")["redeemed"] == 400


def test_settles_all_of_a_list_or_none(now: datetime) -> None:
    for name in ("a", "b"):
        reserve(name, 100, now=now)
    before = dump()
    with pytest.raises(UnknownRedemption):
        settle_redemptions(redemption_ids=["a", "b", "unseen"], now=now)
    assert dump() == before
    outcomes = settle_redemptions(redemption_ids=["b", "a", "b"], now=now)
    assert [outcome.redemption.redemption_id for outcome in outcomes] == ["b", "a"]
    assert wallet("subscriber")["redeemed"] == 200
    prove_laws(now)
