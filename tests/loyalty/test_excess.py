"""What exceeds a cap waits for a verdict; a charge and its refunds keep the rule on the net."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Subscriber
from loyalty.models import Payout
from loyalty.operations.decide_payouts import clear_payouts, refuse_payouts
from loyalty.operations.expire_points import expire_points
from loyalty.operations.screen_payouts import screen_payouts
from tests.books import dump, lots, months, moves, rows, wallet
from tests.factories import activate, give_back, post, register
from tests.loyalty.promises import payout, prove_promises, reasons, state, steps

pytestmark = pytest.mark.usefixtures("subscriber", "says", "sweeps_are_unlimited")


@pytest.fixture
def sweeps_are_unlimited(settings: Any) -> None:
    """Of one subscriber's points, what lapses is more than a sweep may take unasked."""
    settings.SWEEP_POINTS_MAX = 10**9


DAY = timedelta(days=1)
# 6,000 roubles of points, of which the month has room for 5,000.
BILL = 60_000_000


def excess() -> UUID:
    return Payout.objects.get(kind="cap_excess", status="in_review").pk


def billed(now: datetime, *, amount_minor: int = BILL, charge_id: str = "bill") -> None:
    post(charge_id, amount_minor=amount_minor, occurred_at=now, now=now)


def clear(payout_id: UUID, now: datetime) -> None:
    clear_payouts(payout_ids=[payout_id], reason="Earned.", by="ann", now=now)


def refuse(payout_id: UUID, now: datetime) -> None:
    refuse_payouts(payout_ids=[payout_id], reason="Odd.", by="ann", now=now)


def charge_row(charge_id: str = "bill") -> tuple[int, int, int, int]:
    """What of a charge was earned, waits, was cleared, was declined."""
    [row] = rows("SELECT * FROM loyalty_charge WHERE charge_id = %s", charge_id)
    names = ("points_earned", "points_waiting", "points_cleared", "points_declined")
    earned, waiting, cleared, declined = (row[name] for name in names)
    return earned, waiting, cleared, declined


def test_what_exceeds_the_cap_waits(now: datetime) -> None:
    billed(now)
    assert state(excess()) == ("in_review", [])
    assert (payout(excess())["points"], payout(excess())["value_minor"]) == (100_000, 100_000)
    assert reasons(excess()) == ["cap_benefits"]
    assert charge_row() == (500_000, 100_000, 0, 0)
    assert wallet("subscriber")["pending"] == 0


def test_a_verdict_that_clears_gives_it_and_counts_it_in_the_month(
    now: datetime, later: datetime
) -> None:
    billed(now)
    payout_id = excess()
    clear(payout_id, later + 40 * DAY)
    assert state(payout_id) == ("paid", [(1, "paid")])
    assert charge_row() == (500_000, 0, 100_000, 0)
    assert months("subscriber") == {"2026-03": (BILL, 600_000, 600_000, 0)}
    assert wallet("subscriber")["available"] == 600_000
    prove_promises()


def test_a_verdict_that_refuses_declines_it(now: datetime) -> None:
    billed(now)
    payout_id = excess()
    refuse(payout_id, now)
    assert state(payout_id) == ("refused", [])
    assert charge_row() == (500_000, 0, 0, 100_000)
    assert months("subscriber") == {"2026-03": (BILL, 500_000, 500_000, 0)}
    prove_promises()


@pytest.mark.parametrize("decide", [clear, refuse])
def test_what_exceeds_it_after_a_verdict_waits_in_another_payout(
    now: datetime, decide: Any
) -> None:
    billed(now)
    first = excess()
    decide(first, now)
    billed(now, charge_id="more", amount_minor=10_000)
    second = excess()
    assert second != first
    assert payout(second)["points"] == 100
    assert charge_row("more") == (0, 100, 0, 0)
    assert charge_row()[1] == 0
    prove_promises()


def test_a_closed_subscriber_gets_what_charges_earned(now: datetime) -> None:
    billed(now)
    register("subscriber", status="closed", now=now + DAY)
    payout_id = excess()
    clear(payout_id, now + 2 * DAY)
    assert state(payout_id)[0] == "paid"
    prove_promises()


def test_an_excess_that_was_all_refunded_is_closed(now: datetime) -> None:
    billed(now)
    payout_id = excess()
    give_back("f", "bill", amount_minor=10_000_000, occurred_at=now, now=now)
    assert state(payout_id) == ("in_review", [])
    screen_payouts(now=now)
    assert state(payout_id) == ("cancelled", [])
    assert reasons(payout_id) == ["nothing_left"]
    assert steps(payout_id)[-1] == ("cancel", "in_review", "cancelled", "screen")
    before = dump()
    assert screen_payouts(now=now) == 0
    assert dump() == before
    billed(now, charge_id="more")
    assert excess() != payout_id
    prove_promises()


def test_a_verdict_on_what_was_all_refunded_gives_nothing(now: datetime) -> None:
    billed(now)
    payout_id = excess()
    give_back("f", "bill", amount_minor=10_000_000, occurred_at=now, now=now)
    clear(payout_id, now)
    assert state(payout_id) == ("cancelled", [])
    assert wallet("subscriber")["available"] == 500_000
    prove_promises()


def test_above_the_limit_two_persons_clear_it(now: datetime) -> None:
    billed(now, amount_minor=90_000_000)
    payout_id = excess()
    clear(payout_id, now)
    assert state(payout_id) == ("in_review", [])
    clear_payouts(payout_ids=[payout_id], reason="Earned.", by="ben", now=now)
    assert state(payout_id)[0] == "paid"
    assert wallet("subscriber")["available"] == 900_000
    prove_promises()


def test_each_point_is_worth_what_its_terms_say(now: datetime) -> None:
    activate({"point_value_minor": 7}, effective_from=now, now=now - DAY)
    post("old", amount_minor=60_000_000, occurred_at=now - DAY, now=now)
    billed(now, amount_minor=1_000_000)
    payout_id = excess()
    kept = payout(payout_id)
    assert (kept["points"], kept["value_minor"]) == (110_000, 100_000 + 70_000)
    clear(payout_id, now)
    assert months("subscriber")["2026-03"][1:3] == (610_000, 670_000)
    give_back("f1", "old", amount_minor=60_000_000, occurred_at=now, now=now)
    give_back("f2", "bill", amount_minor=1_000_000, occurred_at=now, now=now)
    assert months("subscriber")["2026-03"] == (0, 0, 0, 0)
    assert wallet("subscriber")["benefit_life_minor"] == 0
    prove_promises()


@pytest.mark.parametrize("is_swept", [True, False])
def test_what_lapsed_of_it_is_not_taken_a_second_time(now: datetime, is_swept: bool) -> None:
    billed(now)
    clear(excess(), now)
    late = now + 380 * DAY
    post("new", amount_minor=70_000_000, occurred_at=late, now=late)
    if is_swept:
        expire_points(now=late)
    give_back("f", "bill", amount_minor=BILL, occurred_at=late, now=late)
    expire_points(now=late)
    assert wallet("subscriber")["available"] == 500_000
    assert wallet("subscriber")["debt"] == 0


@pytest.mark.parametrize("first", ["a", "b"])
@pytest.mark.parametrize("halves", [False, True])
def test_charges_share_what_lapsed_of_an_excess_by_what_each_was_given(
    now: datetime, first: str, halves: bool
) -> None:
    billed(now, charge_id="a")
    billed(now, charge_id="b", amount_minor=10_000_000)
    clear(excess(), now)
    assert charge_row("b")[2] == 100_000
    late = now + 380 * DAY
    post("new", amount_minor=70_000_000, occurred_at=late, now=late)
    refunded = {"a": BILL, "b": 10_000_000}
    for charge_id in sorted(refunded, reverse=first == "b"):
        amount = refunded[charge_id] // 2 if halves else refunded[charge_id]
        for place in range(2 if halves else 1):
            give_back(f"{charge_id}{place}", charge_id, amount_minor=amount, occurred_at=late,
                      now=late)  # fmt: skip
            prove_promises()
        assert wallet("subscriber")["debt"] == 0
        if place:
            expire_points(now=late)
    expire_points(now=late)
    assert wallet("subscriber")["available"] == 500_000


AMOUNTS = (1, 99, 100, 150, 12_345, 5_000_000, 9_999_999, 20_000_000, 31_415_926)
Refunds = list[tuple[int, int]]


@given(
    bills=st.lists(st.sampled_from((40_000_050, 30_000_199, 52_345_678)), min_size=2, max_size=3),
    refunds=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(AMOUNTS)), max_size=7),
    verdicts=st.lists(st.tuples(st.integers(0, 7), st.sampled_from((clear, refuse))), max_size=2),
)
def test_refunds_take_the_rule_on_the_net_before_and_after_verdicts(
    bills: list[int], refunds: Refunds, verdicts: list[tuple[int, Any]], now: datetime,
    subscriber: Subscriber,
) -> None:  # fmt: skip
    with transaction.atomic():
        # Nobody has to be asked twice.
        activate({"four_eyes_above_minor": 10**9}, effective_from=now - DAY, now=now - 2 * DAY)
        for place, amount in enumerate(bills):
            billed(now, charge_id=f"c{place}", amount_minor=amount)
        begun = [charge_row(f"c{place}") for place in range(len(bills))]
        given_back, verdict = dict.fromkeys(range(len(bills)), 0), None
        for place in range(len(refunds) + 1):
            for when, decide in verdicts:
                held = Payout.objects.filter(kind="cap_excess", status="in_review")
                if when == place and held.exists():
                    decide(held.get().pk, now)
                    verdict = decide
                    prove_promises()
            if place == len(refunds):
                break
            which, amount = refunds[place]
            which %= len(bills)
            outcome = give_back(
                f"f{place}", f"c{which}", amount_minor=amount, occurred_at=now, now=now
            )
            given_back[which] += 0 if outcome.refusal else amount
            prove_promises()
            prove_net(bills, given_back)
        screen_payouts(now=now)
        prove_promises()
        prove_net(bills, given_back)
        for place, (earned, waiting, *_) in enumerate(begun):
            # It makes no difference whether refunds came before the verdict or after it.
            taken = bills[place] // 100 - (bills[place] - given_back[place]) // 100
            left = waiting - taken if verdict is clear else min(0, waiting - taken)
            assert given_points(place) == earned + left
        transaction.set_rollback(True)


def given_points(place: int) -> int:
    """What a charge has given, net of its refunds."""
    earned, _, cleared, _ = charge_row(f"c{place}")
    [taken] = rows(
        "SELECT coalesce(sum(points_revoked + points_lapsed + points_to_debt), 0)::bigint AS points"
        " FROM loyalty_refund WHERE charge_id = %s",
        f"c{place}",
    )
    return int(earned + cleared - taken["points"])


def prove_net(bills: list[int], given_back: dict[int, int]) -> None:
    """What charges gave, have waiting and were declined is what their net amounts earn."""
    total = 0
    for place, amount in enumerate(bills):
        _, waiting, _, declined = charge_row(f"c{place}")
        given = given_points(place)
        assert given >= 0
        assert given + waiting + declined == (amount - given_back[place]) // 100
        total += given
    held = wallet("subscriber")
    assert held["available"] - held["debt"] == total == months("subscriber")["2026-03"][1]
    assert held["benefit_life_minor"] == total


def test_what_it_gives_is_a_lot_of_its_own(now: datetime) -> None:
    billed(now)
    clear(excess(), now)
    assert [move[0] for move in moves("subscriber")] == ["accrual", "grant", "payment"]
    assert lots("subscriber") == {1: (500_000, 500_000), 3: (100_000, 100_000)}
