"""From a bill to points to bill credit, over HTTP only."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.conftest import Billing, subscriber_body


def charge(subscriber_id: str, charge_id: str = "c-1", **changes: Any) -> dict[str, Any]:
    return {
        "charge_id": charge_id,
        "subscriber_id": subscriber_id,
        "amount": "599.90",
        "currency": "RUB",
        "kind": "service",
        "occurred_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        **changes,
    }


def refund(subscriber_id: str, refund_id: str = "f-1", **changes: Any) -> dict[str, Any]:
    return {
        "refund_id": refund_id,
        "subscriber_id": subscriber_id,
        "amount": "599.90",
        "reason": "refund",
        "occurred_at": datetime.now(UTC).isoformat(),
        **changes,
    }


def redemption(subscriber_id: str, redemption_id: str, points: int = 500) -> dict[str, Any]:
    return {
        "redemption_id": redemption_id,
        "subscriber_id": subscriber_id,
        "points": points,
        "reward": "bill_credit",
    }


def test_a_charge_becomes_points_and_points_become_credit(billing: Billing) -> None:
    subscriber = billing.subscriber()

    posted = billing.post("/charges", charge(subscriber))
    assert posted.status_code == 201
    assert posted.json()["points_earned"] == 599
    assert posted.json()["wallet"]["points"]["available"] == 599

    reserved = billing.post("/redemptions", redemption(subscriber, "journey-1"))
    assert reserved.status_code == 201
    assert reserved.json()["status"] == "reserved"
    assert reserved.json()["value"] == "5.00"
    assert billing.wallet(subscriber)["points"] == {
        "available": 99,
        "pending": 0,
        "reserved": 500,
        "debt": 0,
    }

    settled = billing.post("/redemptions/journey-1/settle", {"credit_reference": "bill-7"})
    assert settled.status_code == 200
    assert settled.json()["status"] == "settled"
    assert settled.json()["credit_reference"] == "bill-7"

    entries = billing.get(f"/subscribers/{subscriber}/entries").json()["data"]
    assert [entry["kind"] for entry in entries] == ["accrual", "reservation", "settlement"]
    assert [entry["number"] for entry in entries] == [1, 2, 3]


def test_a_repeated_charge_is_answered_as_the_first_time(billing: Billing) -> None:
    subscriber = billing.subscriber()
    at = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    body = charge(subscriber, amount="600", occurred_at=at.isoformat())
    first = billing.post("/charges", body)
    same = {**body, "amount": "600.00", "occurred_at": "2026-11-01T15:00:00.000+03:00"}
    again = billing.post("/charges", same)
    other = billing.post("/charges", {**body, "amount": "600.01"})

    assert first.status_code == 201
    assert "Idempotent-Replayed" not in first.headers
    assert again.status_code == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert other.status_code == 422
    assert other.json()["code"] == "id_reused"
    assert billing.wallet(subscriber)["points"]["available"] == 600


def test_a_batch_posts_the_good_and_rejects_the_bad_in_their_order(billing: Billing) -> None:
    subscriber = billing.subscriber()
    good = charge(subscriber, "b-1")
    bad = charge(subscriber, "b-2", amount="0")
    unknown = charge("nobody", "b-3")
    answer = billing.post("/charges/batch", {"charges": [good, bad, unknown, 7, good]})

    assert answer.status_code == 200
    body = answer.json()
    statuses = [result["status"] for result in body["results"]]
    assert statuses == ["accepted", "rejected", "rejected", "rejected", "replayed"]
    assert (body["accepted"], body["replayed"], body["rejected"]) == (1, 1, 3)
    assert body["results"][1]["error"]["errors"][0]["pointer"] == "/amount"
    assert body["results"][2]["error"]["code"] == "unknown_subscriber"
    assert billing.wallet(subscriber)["points"]["available"] == 599


def test_a_refund_takes_back_what_was_spent_as_debt_and_earnings_pay_it(billing: Billing) -> None:
    subscriber = billing.subscriber()
    billing.post("/charges", charge(subscriber))
    billing.post("/redemptions", redemption(subscriber, "journey-2"))
    billing.post("/redemptions/journey-2/settle")

    refunded = billing.post("/charges/c-1/refunds", refund(subscriber))
    assert refunded.status_code == 201
    assert refunded.json()["status"] == "applied"
    assert refunded.json()["points_revoked"] == 99
    assert refunded.json()["points_to_debt"] == 500
    assert refunded.json()["wallet"]["points"]["debt"] == 500

    later = billing.post("/charges", charge(subscriber, "c-2"))
    assert later.json()["points_earned"] == 599
    assert later.json()["points_to_debt"] == 500
    assert later.json()["wallet"]["points"] == {
        "available": 99,
        "pending": 0,
        "reserved": 0,
        "debt": 0,
    }


def test_a_chargeback_that_was_won_gives_everything_back(billing: Billing) -> None:
    subscriber = billing.subscriber()
    billing.post("/charges", charge(subscriber, "c-won"))
    before = billing.wallet(subscriber)
    back = {
        "refund_id": "cb-won", "subscriber_id": subscriber, "amount": "599.90",
        "reason": "chargeback", "occurred_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    assert billing.post("/charges/c-won/refunds", back).json()["points_revoked"] == 599
    won = {"subscriber_id": subscriber, "reason": "The bank decided for us"}
    first = billing.post("/refunds/cb-won/reverse", won)
    assert (first.status_code, first.json()["status"]) == (200, "reversed")
    assert "Idempotent-Replayed" not in first.headers
    assert billing.wallet(subscriber) == before == first.json()["wallet"]
    again = billing.post("/refunds/cb-won/reverse", {"subscriber_id": subscriber})
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    repeated = billing.post("/charges/c-won/refunds", back)
    assert (repeated.status_code, repeated.json()["status"]) == (200, "reversed")
    anew = billing.post("/charges/c-won/refunds", {**back, "refund_id": "cb-anew"})
    assert (anew.status_code, anew.json()["points_revoked"]) == (201, 599)


def test_what_is_no_refund_is_not_reversed(billing: Billing) -> None:
    subscriber, other = billing.subscriber(), billing.subscriber()
    billing.post("/charges", charge(subscriber, "c-mine"))
    back = {
        "refund_id": "rf-mine", "subscriber_id": subscriber, "amount": "1.00",
        "reason": "refund", "occurred_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    billing.post("/charges/c-mine/refunds", back)
    for body, status, code in (
        ({"subscriber_id": other}, 404, "unknown_refund"),
        ({"subscriber_id": "nobody"}, 404, "unknown_refund"),
        ({}, 400, "invalid"),
        ({"subscriber_id": subscriber, "surprise": 1}, 400, "invalid"),
        ({"subscriber_id": subscriber, "occurred_at": "2020-01-01T00:00:00Z"}, 422,
         "reversed_before_refund"),
        ({"subscriber_id": subscriber, "occurred_at": "2999-01-01T00:00:00Z"}, 422,
         "occurred_in_the_future"),
    ):  # fmt: skip
        answer = billing.post("/refunds/rf-mine/reverse", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_refund_that_comes_first_waits_for_its_charge(billing: Billing) -> None:
    subscriber = billing.subscriber()
    body = refund(subscriber, amount="99.90")
    waiting = billing.post("/charges/c-1/refunds", body)
    assert waiting.status_code == 201
    assert waiting.json()["status"] == "waiting"

    billing.post("/charges", charge(subscriber))
    assert billing.wallet(subscriber)["points"]["available"] == 500
    again = billing.post("/charges/c-1/refunds", body)
    assert again.status_code == 200
    assert again.json()["status"] == "applied"
    assert again.json()["points_revoked"] == 99


def test_excess_over_the_cap_waits_in_one_payout(billing: Billing) -> None:
    subscriber = billing.subscriber()
    first = billing.post("/charges", charge(subscriber, "c-1", amount="499999.00"))
    second = billing.post("/charges", charge(subscriber, "c-2", amount="10.00"))
    assert first.json()["points_earned"] == 499_999
    assert second.json()["points_earned"] == 1
    assert second.json()["points_in_review"] == 9

    [payout] = billing.get(f"/payouts?subscriber_id={subscriber}").json()["data"]
    assert payout["status"] == "in_review"
    assert payout["points"] == 9
    assert billing.get(f"/payouts/{payout['payout_id']}").json() == payout


def test_a_preview_says_what_would_happen_and_changes_nothing(billing: Billing) -> None:
    subscriber = billing.subscriber()
    asked = {"subscriber_id": subscriber, "amount": "100.00", "currency": "RUB", "kind": "service"}
    preview = billing.post("/program/preview", {"charge": asked})
    assert preview.status_code == 200
    assert preview.json()["charge"]["points_earned"] == 100
    assert billing.get(f"/subscribers/{subscriber}/entries").json()["data"] == []

    refused = {"redemption": {"subscriber_id": subscriber, "points": 100}}
    answer = billing.post("/program/preview", refused)
    assert answer.status_code == 422
    assert answer.json()["code"] == "insufficient_points"


def test_a_closed_subscriber_earns_for_what_came_before(billing: Billing) -> None:
    body = subscriber_body()
    billing.put("/subscribers/closing", body)
    closed_at = datetime.now(UTC) - timedelta(days=1)
    closed = billing.put(
        "/subscribers/closing",
        {**body, "status": "closed", "closed_at": closed_at.isoformat()},
    )
    assert closed.status_code == 200
    assert closed.json()["status"] == "closed"

    before = charge("closing", "c-1", occurred_at=(closed_at - timedelta(hours=1)).isoformat())
    after = charge("closing", "c-2")
    assert billing.post("/charges", before).json()["points_earned"] == 599
    refused = billing.post("/charges", after)
    assert refused.status_code == 422
    assert refused.json()["code"] == "subscriber_closed"


def test_the_wallet_is_known_as_of_any_past_instant(billing: Billing) -> None:
    subscriber = billing.subscriber()
    billing.post("/charges", charge(subscriber))
    between = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    billing.post("/charges", charge(subscriber, "c-2"))

    then = billing.get(f"/subscribers/{subscriber}/wallet?as_of={between}").json()
    assert then["points"]["available"] == 599
    assert then["month"]["bonus_value"] == "5.99"
    assert billing.wallet(subscriber)["points"]["available"] == 1198


def test_entries_come_in_pages(billing: Billing) -> None:
    subscriber = billing.subscriber()
    charges = [charge(subscriber, f"c-{n}") for n in range(5)]
    billing.post("/charges/batch", {"charges": charges})
    first = billing.get(f"/subscribers/{subscriber}/entries?limit=3").json()
    assert [entry["number"] for entry in first["data"]] == [1, 2, 3]
    rest = billing.get(f"/subscribers/{subscriber}/entries?limit=3&after={first['next']}").json()
    assert [entry["number"] for entry in rest["data"]] == [4, 5]
    assert rest["next"] is None
