"""Posting refunds and chargebacks."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Subscriber
from kernel.moments import CLOCK_SKEW
from kernel.refusals import IdReused, Refusal
from loyalty.operations.audit_ledger import audit_ledger
from loyalty.operations.expire_points import expire_points
from loyalty.operations.post_refunds import RefundOutcome, post_refunds
from loyalty.operations.revoke_closed import revoke_closed
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.refunds import RefundAboveCharge
from loyalty.policy.standing import OccurredInTheFuture, UnknownSubscriber
from tests.books import dump, lots, months, moves, news, rows, wallet
from tests.factories import give_back, post, refund, register, reserve
from tests.loyalty.laws import prove_laws

pytestmark = pytest.mark.usefixtures("member")

YEAR = timedelta(days=370)


def test_takes_the_points_of_the_refunded_amount_back(now: datetime) -> None:
    assert give_back("f", "charge", amount_minor=10_050, now=now) == RefundOutcome(
        "f", "charge", "applied", points_revoked=101
    )
    assert moves("subscriber")[1:] == [("refund", "available", "revoked", 101)]
    assert months("subscriber") == {"2026-03": (89_950, 899, 899, 0)}
    assert news("points.refunded")[0]["points"] == 101
    prove_laws(now)


def test_names_a_chargeback_by_its_name(now: datetime) -> None:
    give_back("f", "charge", reason="chargeback", now=now)
    assert moves("subscriber")[1:] == [("chargeback", "available", "revoked", 100)]


@pytest.mark.parametrize("split", [[100_000], [1, 99_999], [33_333, 33_333, 33_334], [99] * 10])
def test_takes_as_much_however_the_sum_is_split(split: list[int], now: datetime) -> None:
    outcomes = post_refunds(
        refunds=[refund(f"f{n}", "charge", amount_minor=part) for n, part in enumerate(split)],
        now=now,
    )
    net = 100_000 - sum(split)
    assert sum(outcome.points_revoked for outcome in outcomes) == 1000 - net // 100
    prove_laws(now)


def test_draws_the_lot_of_the_charge_first_and_then_the_earliest(now: datetime) -> None:
    old, new = now - timedelta(days=30), now - timedelta(days=1)
    post("older", amount_minor=20_000, occurred_at=old, now=now)
    post("newer", amount_minor=30_000, occurred_at=new, now=now)
    reserve("r", 500, now=now)
    assert lots("subscriber") == {1: (1000, 700), 2: (200, 0), 3: (300, 300)}
    give_back("f", "newer", amount_minor=10_000, now=now)
    assert lots("subscriber") == {1: (1000, 700), 2: (200, 0), 3: (300, 200)}
    give_back("g", "older", amount_minor=20_000, now=now)
    assert lots("subscriber") == {1: (1000, 500), 2: (200, 0), 3: (300, 200)}
    prove_laws(now)


def test_lets_what_was_spent_be_owed(now: datetime) -> None:
    reserve("r", 700, now=now)
    outcome = give_back("f", "charge", amount_minor=100_000, now=now)
    assert (outcome.points_revoked, outcome.points_to_debt) == (300, 700)
    assert (wallet("subscriber")["available"], wallet("subscriber")["debt"]) == (0, 700)
    prove_laws(now)


@pytest.mark.parametrize("swept", [False, True])
def test_never_takes_a_second_time_what_lapsed_unspent(swept: bool, now: datetime) -> None:
    reserve("r", 400, now=now)
    then = now + YEAR
    post("newer", amount_minor=500_000, occurred_at=then, now=then)
    if swept:
        expire_points(now=then)
    half = give_back("f", "charge", amount_minor=50_000, now=then)
    assert (half.points_lapsed, half.points_revoked, half.points_to_debt) == (500, 0, 0)
    rest = give_back("g", "charge", amount_minor=50_000, now=then)
    assert (rest.points_lapsed, rest.points_revoked, rest.points_to_debt) == (100, 400, 0)
    expire_points(now=then)
    assert wallet("subscriber")["available"] == 4600
    prove_laws(then)


def test_counts_what_lapsed_once_among_refunds_of_one_list(now: datetime) -> None:
    reserve("r", 700, now=now)
    then = now + YEAR
    halves = [refund(name, "charge", amount_minor=50_000, occurred_at=then) for name in "fg"]
    half, rest = post_refunds(refunds=halves, now=then)
    assert (half.points_lapsed, half.points_to_debt) == (300, 200)
    assert (rest.points_lapsed, rest.points_to_debt) == (0, 500)
    prove_laws(then)


def test_never_takes_a_second_time_what_was_revoked_at_closing(now: datetime) -> None:
    reserve("r", 400, now=now)
    settle_redemptions(redemption_ids=["r"], now=now)
    register("subscriber", now=now, status="closed")
    then = now + timedelta(days=30)
    revoke_closed(now=then)
    outcome = give_back("f", "charge", amount_minor=100_000, now=then)
    assert (outcome.points_lapsed, outcome.points_to_debt) == (600, 400)
    prove_laws(then)


def test_first_reduces_what_waits_above_the_cap(now: datetime) -> None:
    post("huge", amount_minor=49_950_000, now=now)
    before = wallet("subscriber")["available"]
    [payout] = rows("SELECT points FROM loyalty_payout")
    assert payout["points"] == 500
    outcome = give_back("f", "huge", amount_minor=60_000, now=now)
    assert (outcome.points_from_review, outcome.points_revoked) == (500, 100)
    assert wallet("subscriber")["available"] == before - 100
    assert rows("SELECT points, value_minor FROM loyalty_payout") == [
        {"points": 0, "value_minor": 0}
    ]
    prove_laws(now)


def test_counts_against_the_month_of_the_charge(now: datetime) -> None:
    then = now + timedelta(days=60)
    give_back("f", "charge", occurred_at=then, now=then)
    assert months("subscriber") == {"2026-03": (90_000, 900, 900, 0)}


def test_answers_a_repetition_with_what_the_refund_made(now: datetime, later: datetime) -> None:
    first = give_back("f", "charge", now=now)
    before = dump()
    assert give_back("f", "charge", now=later) == first._replace(replayed=True)
    assert dump() == before


def test_applies_a_refund_once_that_stands_twice_in_a_list(now: datetime) -> None:
    twice = [refund("f", "charge"), refund("f", "charge"), refund("f", "charge", amount_minor=1)]
    one, two, other = post_refunds(refunds=twice, now=now)
    assert two == one._replace(replayed=True)
    assert isinstance(other.refusal, IdReused)
    assert wallet("subscriber")["revoked"] == 100


@pytest.mark.parametrize(
    "other", [{"amount_minor": 1}, {"reason": "chargeback"}, {"charge_id": "another"}]
)
def test_refuses_an_id_that_meant_something_else(other: dict[str, Any], now: datetime) -> None:
    give_back("f", "charge", now=now)
    before = dump()
    said = {"charge_id": "charge", **other}
    assert isinstance(give_back("f", now=now, **said).refusal, IdReused)
    assert dump() == before


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"amount_minor": 100_001}, RefundAboveCharge),
        ({"subscriber_id": "nobody"}, UnknownSubscriber),
        ({"ahead": CLOCK_SKEW + timedelta(microseconds=1)}, OccurredInTheFuture),
    ],
)
def test_refuses_what_cannot_be_kept(
    said: dict[str, Any], refusal: type[Refusal], now: datetime
) -> None:
    before = dump()
    ahead = said.get("ahead")
    rest = {name: value for name, value in said.items() if name != "ahead"}
    if ahead is not None:
        rest["occurred_at"] = now + ahead
    assert isinstance(give_back("f", "charge", now=now, **rest).refusal, refusal)
    assert dump() == before


def test_refuses_what_all_refunds_together_exceed(now: datetime) -> None:
    give_back("f", "charge", amount_minor=60_000, now=now)
    before = dump()
    refused = give_back("g", "charge", amount_minor=40_001, now=now)
    assert isinstance(refused.refusal, RefundAboveCharge)
    assert refused.refusal.detail == "Of the charge's 1000.00 there is 400.00 left to refund."
    assert dump() == before
    assert give_back("g", "charge", amount_minor=40_000, now=now).status == "applied"


def test_waits_for_a_charge_that_has_not_come(now: datetime) -> None:
    assert give_back("f", "unseen", now=now) == RefundOutcome("f", "unseen", "waiting")
    assert give_back("f", "unseen", now=now).replayed
    assert wallet("subscriber")["waiting_refunds"] == 1
    assert news("points.refunded") == []


def test_never_applies_a_refund_to_the_charge_of_another(now: datetime) -> None:
    register("another", now=now)
    assert give_back("f", "charge", "another", now=now).status == "waiting"
    assert lots("subscriber") == {1: (1000, 1000)}


def test_takes_points_of_a_closed_subscriber(member: Subscriber, now: datetime) -> None:
    register("subscriber", now=now, status="closed")
    assert give_back("f", "charge", now=now).points_revoked == 100
    prove_laws(now)


SOON = timedelta(milliseconds=3)


def test_is_never_applied_before_it_came(now: datetime) -> None:
    """The charge's request read its clock first, and waited for the wallet."""
    give_back("late", "unseen", now=now + 2 * SOON)
    give_back("early", "unseen", now=now + SOON)
    post("unseen", amount_minor=20_000, occurred_at=now, now=now)
    applied = {row["refund_id"]: row for row in rows("SELECT * FROM loyalty_refund")}
    assert applied["early"]["applied_at"] == now + SOON
    assert applied["late"]["applied_at"] == now + 2 * SOON
    assert audit_ledger(now=now).faults == []


def test_is_never_applied_before_its_charge_came(now: datetime) -> None:
    """A charge that earns nothing leaves no entry whose moment would be followed."""
    post("small", amount_minor=50, occurred_at=now, now=now + SOON)
    give_back("f", "small", amount_minor=50, now=now)
    assert audit_ledger(now=now).faults == []


@pytest.mark.usefixtures("subscriber")
def test_a_wallet_is_never_younger_than_its_first_entry(now: datetime) -> None:
    give_back("f", "another", now=now + SOON)
    post("charge-2", occurred_at=now, now=now)
    assert audit_ledger(now=now).faults == []


def test_many_refunds_may_wait_for_one_charge(now: datetime) -> None:
    for n in range(45):
        give_back(f"f{n}", "unseen", amount_minor=1_000, now=now)
    post("unseen", amount_minor=100_000, occurred_at=now, now=now)
    assert wallet("subscriber")["available"] == 1000 + 1000 - 450
    prove_laws(now)
