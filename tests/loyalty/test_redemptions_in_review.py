"""Redemptions pass the same screen: what waits holds its points, what is declined has none."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from kernel.refusals import Refusal
from loyalty.models import Redemption
from loyalty.operations.clear_redemptions import clear_redemptions
from loyalty.operations.reserve_points import reserve_points
from loyalty.operations.return_points import (
    decline_redemptions,
    lapse_reservations,
    release_redemptions,
    reverse_redemptions,
)
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.gate import NO_SCREEN, ReasonMissing, Screening, StepNotPossible
from loyalty.policy.redemptions import NotReserved, NotSettled, UnknownRedemption
from loyalty.policy.standing import SubscriberClosed
from tests import screens
from tests.books import dump, lots, months, moves, news, rows, wallet
from tests.factories import digest, give_back, post, register, request, reserve
from tests.loyalty.promises import prove_promises, steps

pytestmark = pytest.mark.usefixtures("member")

Says = dict[str, Screening]
HOURS = timedelta(hours=1)
DAY = timedelta(days=1)


def kept(redemption_id: str = "r") -> Redemption:
    return Redemption.objects.get(redemption_id=redemption_id)


def decide(verb: Callable[..., Any], *, now: datetime, name: str = "r", reason: str = "Why") -> Any:
    return verb(redemption_ids=[name], reason=reason, by="ann", now=now)


def refused(refusal: type[Refusal], call: Callable[[], object]) -> None:
    before = dump()
    with pytest.raises(refusal) as caught:
        call()
    assert type(caught.value) is refusal
    assert dump() == before


@pytest.fixture
def held(says: Says, now: datetime) -> Redemption:
    """400 of 1,000 points in review."""
    says["r"] = Screening("review", (screens.WHY,))
    return reserve("r", 400, now=now).redemption


def test_what_is_clear_is_reserved_at_once(says: Says, now: datetime) -> None:
    card, device = digest("card", "mine"), digest("device", "phone")
    reserve("r", 400, payment_instrument=card, device=device, now=now)
    assert kept().status == "reserved"
    [subject] = screens.ASKED
    assert (subject.type, subject.id, subject.kind) == ("redemption", "r", "bill_credit")
    assert subject.value_minor == 400
    assert dict(subject.digests) == {"card": card.digest, "device": device.digest}


@pytest.mark.parametrize("outcome", ["wait", "review"])
def test_what_waits_holds_its_points(says: Says, now: datetime, outcome: str) -> None:
    says["r"] = Screening(outcome, (screens.WHY,))
    made = reserve("r", 400, now=now).redemption
    assert (made.status, made.reasons) == ("in_review", [screens.WHY.shown()])
    assert moves("subscriber")[1:] == [("reservation", "available", "reserved", 400)]
    assert months("subscriber")["2026-03"][3] == 400
    assert steps("r") == [("hold", "requested", "in_review", "screen")]
    assert news("redemption.reserved") == []
    assert [item["redemption_id"] for item in news("redemption.held")] == ["r"]
    prove_promises()


def test_what_is_refused_is_declined_and_holds_nothing(says: Says, now: datetime) -> None:
    says["r"] = Screening("refuse", (screens.WHY,))
    made = reserve("r", 400, now=now).redemption
    assert (made.status, made.reasons) == ("declined", [screens.WHY.shown()])
    assert made.returned_at == now
    assert moves("subscriber")[1:] == [
        ("reservation", "available", "reserved", 400),
        ("release", "reserved", "available", 400),
    ]
    assert lots("subscriber") == {1: (1000, 1000)}
    assert months("subscriber")["2026-03"][3] == 0
    assert steps("r") == [("decline", "requested", "declined", "screen")]
    assert [item["redemption_id"] for item in news("redemption.declined")] == ["r"]
    prove_promises()


@pytest.mark.parametrize("outcome", ["wait", "review", "refuse"])
def test_repeating_the_request_changes_nothing(says: Says, now: datetime, outcome: str) -> None:
    says["r"] = Screening(outcome, (screens.WHY,))
    reserve("r", 400, now=now)
    before = dump()
    del says["r"]
    again = reserve("r", 400, now=now + DAY)
    assert again.replayed
    assert again.redemption.status == ("declined" if outcome == "refuse" else "in_review")
    assert dump() == before


def test_each_of_a_list_goes_its_own_way(says: Says, now: datetime) -> None:
    says["r0"] = Screening("refuse", (screens.WHY,))
    says["r1"] = Screening("review", (screens.WHY,))
    post("more", amount_minor=50_000, occurred_at=now - DAY, now=now)
    made = reserve_points(requests=[request(f"r{n}", 450, "subscriber") for n in range(3)], now=now)
    statuses = [outcome.redemption.status for outcome in made]
    assert statuses == ["declined", "in_review", "reserved"]
    held = wallet("subscriber")
    assert (held["available"], held["reserved"]) == (600, 900)
    assert months("subscriber")["2026-03"][3] == 900
    assert sum(left for _, left in lots("subscriber").values()) == 600
    prove_promises()


def test_without_a_screen_everything_waits(now: datetime, settings: Any) -> None:
    settings.BENEFIT_SCREEN = ""
    made = reserve("r", 400, now=now).redemption
    assert made.status == "in_review"
    assert made.reasons == [NO_SCREEN.reasons[0].shown()]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("broken", screens.ScreenDown),
        ("speechless", AssertionError),
        ("babbling", AssertionError),
    ],
)
def test_a_screen_out_of_order_leaves_nothing_behind(
    now: datetime, settings: Any, name: str, error: type[Exception]
) -> None:
    settings.BENEFIT_SCREEN = f"tests.screens.{name}"
    before = dump()
    with pytest.raises(error):
        reserve("r", 400, now=now)
    assert dump() == before


def test_a_cleared_one_is_held_from_then_on(held: Redemption, now: datetime) -> None:
    late = now + 500 * HOURS
    [outcome] = decide(clear_redemptions, now=late)
    assert not outcome.replayed
    assert (kept().status, kept().expires_at) == ("reserved", late + 72 * HOURS)
    assert steps("r")[-1] == ("clear", "in_review", "reserved", "ann")
    assert [item["redemption_id"] for item in news("redemption.cleared")] == ["r"]
    settle_redemptions(redemption_ids=["r"], credit_reference="c", now=late + HOURS)
    assert wallet("subscriber")["redeemed"] == 400
    prove_promises()


def test_one_in_review_does_not_lapse(held: Redemption, now: datetime) -> None:
    before = dump()
    assert lapse_reservations(now=now + 500 * HOURS) == 0
    assert dump() == before


def test_one_declined_by_a_person_gives_its_points_back(held: Redemption, now: datetime) -> None:
    decide(decline_redemptions, now=now + DAY)
    assert (kept().status, kept().returned_at) == ("declined", now + DAY)
    assert lots("subscriber") == {1: (1000, 1000)}
    assert months("subscriber")["2026-03"][3] == 0
    assert steps("r")[-1] == ("decline", "in_review", "declined", "ann")
    prove_promises()


def test_points_that_come_back_pay_debt(held: Redemption, now: datetime) -> None:
    give_back("f", "charge", amount_minor=100_000, occurred_at=now, now=now)
    assert (wallet("subscriber")["available"], wallet("subscriber")["debt"]) == (0, 400)
    decide(decline_redemptions, now=now + DAY)
    held_now = wallet("subscriber")
    assert (held_now["available"], held_now["debt"], held_now["reserved"]) == (0, 0, 0)
    assert moves("subscriber")[-1] == ("debt_payment", "available", "debt", 400)
    prove_promises()


def test_one_of_somebody_who_left_is_declined(held: Redemption, now: datetime) -> None:
    register("subscriber", status="closed", now=now + DAY)
    assert lapse_reservations(now=now + DAY) == 1
    assert kept().status == "declined"
    assert steps("r")[-1] == ("decline", "in_review", "declined", "clock")
    before = dump()
    assert lapse_reservations(now=now + 2 * DAY) == 0
    assert dump() == before


def test_somebody_who_left_gets_nothing_cleared(held: Redemption, now: datetime) -> None:
    register("subscriber", status="closed", now=now + DAY)
    refused(SubscriberClosed, lambda: decide(clear_redemptions, now=now + DAY))


@pytest.mark.parametrize("verb", [clear_redemptions, decline_redemptions])
def test_deciding_again_alike_changes_nothing(
    held: Redemption, now: datetime, verb: Callable[..., Any]
) -> None:
    decide(verb, now=now + DAY)
    before = dump()
    [again] = decide(verb, now=now + 2 * DAY)
    assert again.replayed
    assert dump() == before


@pytest.mark.parametrize("verb", [clear_redemptions, decline_redemptions])
def test_a_decision_needs_a_reason_and_a_redemption(
    held: Redemption, now: datetime, verb: Callable[..., Any]
) -> None:
    refused(ReasonMissing, lambda: decide(verb, reason=" ", now=now))
    refused(UnknownRedemption, lambda: decide(verb, name="other", now=now))


def test_a_step_from_elsewhere_is_refused(held: Redemption, now: datetime) -> None:
    refused(
        NotReserved, lambda: settle_redemptions(redemption_ids=["r"], credit_reference="", now=now)
    )
    refused(NotSettled, lambda: reverse_redemptions(redemption_ids=["r"], now=now))
    decide(clear_redemptions, now=now)
    refused(StepNotPossible, lambda: decide(decline_redemptions, now=now))
    release_redemptions(redemption_ids=["r"], now=now)
    refused(StepNotPossible, lambda: decide(clear_redemptions, now=now))
    refused(StepNotPossible, lambda: decide(decline_redemptions, now=now))


def test_its_subscriber_takes_one_back_before_anybody_decides(
    held: Redemption, now: datetime
) -> None:
    [outcome] = release_redemptions(redemption_ids=["r"], now=now + DAY)
    assert not outcome.replayed
    assert (kept().status, kept().returned_at) == ("released", now + DAY)
    assert lots("subscriber") == {1: (1000, 1000)}
    assert months("subscriber")["2026-03"][3] == 0
    assert steps("r")[-1] == ("release", "in_review", "released", "subscriber")
    assert [item["redemption_id"] for item in news("redemption.released")] == ["r"]
    assert news("redemption.declined") == []
    prove_promises()
    before = dump()
    [again] = release_redemptions(redemption_ids=["r"], now=now + 2 * DAY)
    assert again.replayed
    assert dump() == before
    refused(StepNotPossible, lambda: decide(clear_redemptions, now=now + DAY))
    refused(StepNotPossible, lambda: decide(decline_redemptions, now=now + DAY))


def test_taking_one_back_keeps_what_the_client_said(held: Redemption, now: datetime) -> None:
    release_redemptions(redemption_ids=["r"], reason="Changed their mind", now=now)
    said = rows("SELECT reason FROM loyalty_gatechange WHERE step = 'release'")
    assert said == [{"reason": "Changed their mind"}]


def test_one_that_was_declined_is_not_released(held: Redemption, now: datetime) -> None:
    decide(decline_redemptions, now=now)
    refused(NotReserved, lambda: release_redemptions(redemption_ids=["r"], now=now))


def test_points_that_are_taken_back_can_be_asked_for_again(
    held: Redemption, says: Says, now: datetime
) -> None:
    release_redemptions(redemption_ids=["r"], now=now)
    assert reserve("again", 1000, now=now).redemption.status == "reserved"
