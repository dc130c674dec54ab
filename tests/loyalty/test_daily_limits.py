"""What a caller moves in a day is counted in the transaction that moves it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Subscriber
from loyalty.models import Charge, DailyUse
from loyalty.operations.post_charges import post_charges
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from loyalty.operations.reserve_points import reserve_points
from loyalty.policy.gate import Screening
from loyalty.policy.limits import ClientLimitExceeded, DailyLimit
from tests.books import dump
from tests.factories import charge, post, request
from tests.screens import WHY

pytestmark = pytest.mark.django_db

ROUBLE = 100


def limit(roubles: int, actor: str = "client:billing") -> DailyLimit:
    return DailyLimit(actor, roubles * ROUBLE)


def bill(charge_id: str, roubles: int, *, now: datetime, allowed: DailyLimit | None) -> Any:
    item = charge(charge_id, amount_minor=roubles * ROUBLE)
    return post_charges(charges=[item], now=now, limit=allowed)[0]


def used() -> dict[tuple[str, str], int]:
    return {(row.actor, row.use): row.used_minor // ROUBLE for row in DailyUse.objects.all()}


def test_charges_count_until_the_limit_and_no_further(member: Subscriber, now: datetime) -> None:
    bill("a", 60, now=now, allowed=limit(100))
    bill("b", 40, now=now, allowed=limit(100))
    before = dump()
    with pytest.raises(ClientLimitExceeded) as caught:
        bill("c", 1, now=now, allowed=limit(100))
    assert dump() == before
    assert caught.value.facts == {"limit": "100.00", "use": "charges"}
    assert used() == {("client:billing", "charges"): 100}


def test_a_batch_that_exceeds_the_limit_leaves_nothing(member: Subscriber, now: datetime) -> None:
    before = dump()
    items = [charge(f"c-{n}", amount_minor=10 * ROUBLE) for n in range(50)]
    with pytest.raises(ClientLimitExceeded):
        post_charges(charges=items, now=now, limit=limit(499))
    assert dump() == before
    outcomes = post_charges(charges=items, now=now, limit=limit(500))
    assert all(outcome.refusal is None for outcome in outcomes)


def test_what_was_posted_before_is_not_counted_again(member: Subscriber, now: datetime) -> None:
    bill("a", 60, now=now, allowed=limit(100))
    assert bill("a", 60, now=now, allowed=limit(100)).replayed
    refused = bill("a", 61, now=now, allowed=limit(100))
    assert refused.refusal is not None
    assert used() == {("client:billing", "charges"): 60}


def test_each_caller_and_each_day_of_the_program_counts_alone(
    member: Subscriber, now: datetime
) -> None:
    # The program's midnight in Moscow.
    midnight = datetime(2026, 3, 17, 21, tzinfo=UTC)
    bill("a", 100, now=midnight - timedelta(seconds=1), allowed=limit(100))
    bill("b", 100, now=midnight, allowed=limit(100))
    bill("c", 100, now=midnight, allowed=limit(100, "client:crm"))
    assert DailyUse.objects.count() == 3


def test_whoever_has_no_limit_is_not_counted(member: Subscriber, now: datetime) -> None:
    bill("a", 60, now=now, allowed=None)
    assert used() == {}


def test_redemptions_count_by_their_value(
    member: Subscriber, now: datetime, says: dict[str, Screening]
) -> None:
    # A point is worth a kopeck: 600 points are 6 roubles.
    post("more", amount_minor=100_000, now=now)
    says["held"] = Screening("review", (WHY,))
    says["declined"] = Screening("refuse", (WHY,))
    for redemption_id in ("first", "held", "declined"):
        reserve_points(requests=[request(redemption_id, 300)], now=now, limit=limit(6))
    assert used() == {("client:billing", "redemptions"): 6}
    # Repeating one counts nothing.
    reserve_points(requests=[request("first", 300)], now=now, limit=limit(6))
    before = dump()
    with pytest.raises(ClientLimitExceeded):
        reserve_points(requests=[request("fourth", 100)], now=now, limit=limit(6))
    assert dump() == before


def test_a_person_gives_so_much_in_a_day(member: Subscriber, now: datetime) -> None:
    def ask(cause: str, roubles: int) -> Any:
        wanted = PayoutRequest(
            "subscriber", "goodwill", "person", cause, roubles * ROUBLE, terms=1, maker="ann"
        )
        return request_payouts(requests=[wanted], now=now, limit=limit(100, "ann"))[0]

    assert ask("a", 100).payout_id is not None
    assert ask("a", 100).replayed
    before = dump()
    with pytest.raises(ClientLimitExceeded):
        ask("b", 1)
    assert dump() == before
    assert used() == {("ann", "goodwill"): 100}


CHARGE: dict[str, Any] = {
    "charge_id": "over-http", "subscriber_id": "subscriber", "amount": "60.00", "currency": "RUB",
    "kind": "service", "occurred_at": "2026-03-15T12:00:00Z",
}  # fmt: skip


def test_the_client_hears_422_and_nothing_is_written(
    member: Subscriber, api_client: Any, bearer: Any, browser: Browser
) -> None:
    api_client.daily_charge_limit_minor = 10_000
    api_client.daily_redemption_limit_minor = 0
    api_client.save()
    headers = {"authorization": bearer()}

    def send(path: str, body: Any) -> Any:
        return browser.post(path, body, content_type="application/json", headers=headers)

    assert send("/api/v1/charges", CHARGE).status_code == 201
    assert send("/api/v1/charges", CHARGE).status_code == 200
    more = {**CHARGE, "charge_id": "too-much"}
    for path, body in (("charges", more), ("charges/batch", {"charges": [CHARGE, more]})):
        refused = send(f"/api/v1/{path}", body)
        assert refused.status_code == 422
        assert refused.json()["code"] == "client_limit_exceeded"
        assert refused.json()["limit"] == "100.00"
    asked = {"redemption_id": "r", "subscriber_id": "subscriber", "points": 200,
             "reward": "bill_credit", "payment_instrument": "card of subscriber"}  # fmt: skip
    refused = send("/api/v1/redemptions", asked)
    assert refused.json()["code"] == "client_limit_exceeded", refused.json()
    assert not Charge.objects.filter(charge_id="too-much").exists()
