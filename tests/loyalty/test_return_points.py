"""Release, lapse and reversal: points go back to the lots that they came from."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from loyalty.models import Redemption
from loyalty.operations.expire_points import expire_points
from loyalty.operations.return_points import (
    lapse_reservations,
    release_redemptions,
    reverse_redemptions,
)
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.redemptions import NotReserved, NotSettled, UnknownRedemption
from loyalty.queries.statements import wallet_now
from tests.books import dump, lots, months, moves, news, rows, wallet
from tests.factories import give_back, post, register, reserve
from tests.loyalty.laws import prove_laws

pytestmark = pytest.mark.usefixtures("member")

HOLD = timedelta(hours=72)


def status(redemption_id: str) -> str:
    return Redemption.objects.get(redemption_id=redemption_id).status


def test_a_release_restores_the_very_lots(now: datetime, later: datetime) -> None:
    post("older", amount_minor=30_000, occurred_at=now - timedelta(days=20), now=now)
    reserve("r", 500, now=now)
    assert lots("subscriber") == {1: (1000, 800), 2: (300, 0)}
    [outcome] = release_redemptions(redemption_ids=["r"], reason="changed mind", now=later)
    assert (outcome.redemption.status, outcome.redemption.returned_at) == ("released", later)
    assert lots("subscriber") == {1: (1000, 1000), 2: (300, 300)}
    assert moves("subscriber")[-1] == ("release", "reserved", "available", 500)
    assert [row["reverses"] for row in rows("SELECT reverses FROM loyalty_entry ORDER BY number")][
        -1
    ] == 3
    assert months("subscriber")["2026-03"][3] == 0
    assert news("redemption.released")[0]["redemption_id"] == "r"
    prove_laws(later)


def test_a_reversal_mirrors_both_entries(now: datetime, later: datetime) -> None:
    reserve("r", 500, now=now)
    settle_redemptions(redemption_ids=["r"], now=now)
    reverse_redemptions(redemption_ids=["r"], now=later)
    assert moves("subscriber")[-2:] == [
        ("reversal", "redeemed", "reserved", 500),
        ("reversal", "reserved", "available", 500),
    ]
    assert (wallet("subscriber")["redeemed"], wallet("subscriber")["available"]) == (0, 1000)
    assert status("r") == "reversed"
    prove_laws(later)


@pytest.mark.parametrize("verb", [release_redemptions, reverse_redemptions])
def test_a_step_repeated_changes_nothing(verb: Any, now: datetime, later: datetime) -> None:
    reserve("r", 500, now=now)
    if verb is reverse_redemptions:
        settle_redemptions(redemption_ids=["r"], now=now)
    verb(redemption_ids=["r"], now=now)
    before = dump()
    [again] = verb(redemption_ids=["r"], now=later)
    assert again.replayed
    assert dump() == before


def test_a_step_that_no_longer_applies_is_refused(now: datetime) -> None:
    for name in ("reserved", "released", "settled", "reversed"):
        reserve(name, 100, now=now)
    settle_redemptions(redemption_ids=["settled", "reversed"], now=now)
    reverse_redemptions(redemption_ids=["reversed"], now=now)
    release_redemptions(redemption_ids=["released"], now=now)
    before = dump()
    for verb, name, refusal in (
        (release_redemptions, "settled", NotReserved),
        (release_redemptions, "reversed", NotReserved),
        (release_redemptions, "unseen", UnknownRedemption),
        (reverse_redemptions, "reserved", NotSettled),
        (reverse_redemptions, "released", NotSettled),
        (reverse_redemptions, "unseen", UnknownRedemption),
    ):
        with pytest.raises(refusal):
            verb(redemption_ids=[name], now=now)
    assert dump() == before


def test_reservations_lapse_when_they_end(now: datetime) -> None:
    reserve("r", 500, now=now)
    assert lapse_reservations(now=now + HOLD - timedelta(microseconds=1)) == 0
    assert status("r") == "reserved"
    assert lapse_reservations(now=now + HOLD) == 1
    assert status("r") == "lapsed"
    assert lots("subscriber") == {1: (1000, 1000)}
    assert news("redemption.lapsed")[0]["points"] == 500
    assert lapse_reservations(now=now + HOLD) == 0
    prove_laws(now + HOLD)


def test_reservations_of_a_closed_subscriber_are_released(now: datetime) -> None:
    reserve("r", 500, now=now)
    register("subscriber", now=now, status="closed")
    assert lapse_reservations(now=now) == 1
    assert status("r") == "released"
    prove_laws(now)


def test_what_comes_back_to_a_lapsed_lot_cannot_be_spent(now: datetime) -> None:
    ends = datetime.fromisoformat("2027-03-07T21:00:00Z")
    reserve("r", 500, now=ends - timedelta(hours=1))
    release_redemptions(redemption_ids=["r"], now=ends)
    assert wallet_now(external_id="subscriber", now=ends).available == 0
    assert expire_points(now=ends) == 1
    assert wallet("subscriber")["expired"] == 1000
    prove_laws(ends)


@pytest.mark.parametrize(("owed", "left"), [(1000, 0), (700, 300)])
def test_what_comes_back_pays_debt_at_once(owed: int, left: int, now: datetime) -> None:
    reserve("r", 1000, now=now)
    give_back("f", "charge", amount_minor=owed * 100, now=now)
    assert wallet("subscriber")["debt"] == owed
    release_redemptions(redemption_ids=["r"], now=now)
    assert (wallet("subscriber")["debt"], wallet("subscriber")["available"]) == (0, left)
    assert moves("subscriber")[-1] == ("debt_payment", "available", "debt", owed)
    prove_laws(now)


def test_what_comes_back_to_two_lots_pays_debt_from_what_lapses_first(now: datetime) -> None:
    post("older", amount_minor=30_000, occurred_at=now - timedelta(days=20), now=now)
    reserve("r", 1300, now=now)
    give_back("f", "charge", amount_minor=50_000, now=now)
    release_redemptions(redemption_ids=["r"], now=now)
    assert lots("subscriber") == {1: (1000, 800), 2: (300, 0)}
    prove_laws(now)
