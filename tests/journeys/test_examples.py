"""The examples of the OpenAPI document are true: sent in their order, they are accepted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.api.views import EXAMPLES as SUBSCRIBER
from loyalty.api import examples
from loyalty.operations.screen_payouts import screen_payouts
from referrals.api import examples as referral_examples
from referrals.operations.vest_referrals import vest_referrals
from tests.journeys.conftest import Billing


def asked(shown: list[Any]) -> dict[str, Any]:
    body: dict[str, Any] = next(each.value for each in shown if each.request_only)
    return body


def answered(shown: list[Any]) -> dict[str, Any]:
    body: dict[str, Any] = next(each.value for each in shown if each.response_only)
    return body


def members(value: Any) -> Any:
    """The members of an answer; what is null in one may be a moment in another."""
    if isinstance(value, dict):
        return {name: members(item) for name, item in value.items()}
    return [members(item) for item in value[:1]] if isinstance(value, list) else None


def same(answer: Any, shown: list[Any], *besides: str) -> dict[str, Any]:
    """An answer that has the members of its example, and those values that stand still."""
    made: dict[str, Any] = answer.json()
    example = answered(shown)
    assert members(made) == members(example)
    for name, value in example.items():
        if not name.endswith(("_at", "_id")) and name not in ("wallet", "data", *besides):
            assert made[name] == value, name
    if "wallet" in made:
        # What the month was worth depends on the month in which this runs.
        still = [name for name in made["wallet"] if name != "month"]
        assert {n: made["wallet"][n] for n in still} == {n: example["wallet"][n] for n in still}
    return made


def test_one_subscribers_way_from_a_bill_to_credit(billing: Billing) -> None:
    put = billing.put("/subscribers/S-1001", asked(SUBSCRIBER))
    assert put.status_code == 201
    shown = same(put, SUBSCRIBER, "identifiers", "status_since")
    hints = {each["kind"]: each["hint"] for each in answered(SUBSCRIBER)["identifiers"]}
    assert {each["kind"]: each["hint"] for each in shown["identifiers"]} == hints

    charged = billing.post("/charges", asked(examples.CHARGE))
    assert charged.status_code == 201
    made = same(charged, examples.CHARGE)
    same(billing.get("/subscribers/S-1001/wallet"), examples.WALLET, "month")
    same(billing.get("/subscribers/S-1001/tier"), examples.TIER)
    entries = same(billing.get("/subscribers/S-1001/entries"), examples.ENTRIES)
    assert entries["data"][0]["cause"] == {"type": "charge", "id": made["charge_id"]}

    batch = billing.post("/charges/batch", asked(examples.BATCH)).json()
    assert [result["status"] for result in batch["results"]] == ["replayed"]

    questions = [each for each in examples.PREVIEW if each.request_only]
    foretold = [each for each in examples.PREVIEW if each.response_only]
    for question, answer in zip(questions, foretold, strict=True):
        preview = billing.post("/program/preview", question.value)
        assert preview.status_code == 200
        assert members(preview.json()) == members(answer.value)

    redemption = asked(examples.REDEMPTION)
    held = billing.post("/redemptions", redemption)
    assert held.status_code == 201
    same(held, examples.REDEMPTION)
    address = f"/redemptions/{redemption['redemption_id']}"
    same(billing.get(address), examples.ONE_REDEMPTION)
    same(billing.get("/redemptions"), examples.REDEMPTIONS)
    settled = billing.post(f"{address}/settle", asked(examples.SETTLEMENT))
    same(settled, examples.SETTLEMENT)

    refund = billing.post(f"/charges/{made['charge_id']}/refunds", asked(examples.REFUND))
    assert refund.status_code == 201
    same(refund, examples.REFUND)
    address = f"/refunds/{refund.json()['refund_id']}/reverse"
    same(billing.post(address, asked(examples.REFUND_REVERSAL)), examples.REFUND_REVERSAL)


@pytest.mark.parametrize("steps", [["release"], ["settle", "reverse"]])
def test_the_ways_back(billing: Billing, steps: list[str]) -> None:
    billing.put("/subscribers/S-1001", asked(SUBSCRIBER))
    billing.post("/charges", asked(examples.CHARGE))
    redemption = asked(examples.REDEMPTION)
    billing.post("/redemptions", redemption)
    shown = {
        "settle": examples.SETTLEMENT,
        "release": examples.RELEASE,
        "reverse": examples.REVERSAL,
    }
    for step in steps:
        address = f"/redemptions/{redemption['redemption_id']}/{step}"
        same(billing.post(address, asked(shown[step])), shown[step])


def test_an_excess_waits(billing: Billing) -> None:
    subscriber = billing.subscriber()
    billing.post(
        "/charges", {**asked(examples.CHARGE), "subscriber_id": subscriber, "amount": "501200.00"}
    )
    payouts = same(billing.get("/payouts"), examples.PAYOUTS)
    [payout] = payouts["data"]
    same(billing.get(f"/payouts/{payout['payout_id']}"), examples.PAYOUT)


def test_a_referral_as_it_is_shown(billing: Billing) -> None:
    inviter = billing.subscriber()
    activated_at = datetime.now(UTC) - timedelta(days=100)
    invitee = billing.subscriber(activated_at=activated_at.isoformat())
    code = billing.get(f"/subscribers/{inviter}/referral-code").json()
    assert members(code) == members(answered(referral_examples.CODE))
    report = {
        **asked(referral_examples.JOIN),
        "referral_code": code["referral_code"],
        "invitee_id": invitee,
        "occurred_at": activated_at.isoformat(),
    }

    joined = billing.post("/referrals", report)
    assert joined.status_code == 201
    assert members(joined.json()) == members(answered(referral_examples.JOIN))

    bill = {**asked(examples.CHARGE), "subscriber_id": invitee, "amount": "1800.00"}
    billing.post("/charges", {**bill, "occurred_at": activated_at.isoformat()})
    now = datetime.now(UTC)
    vest_referrals(now=now)
    screen_payouts(now=now)

    referral = billing.get(f"/referrals/{report['referral_id']}").json()
    shown = answered(referral_examples.REFERRAL)
    assert members(referral) == members(shown)
    assert referral["gates"]["arpu"] == shown["gates"]["arpu"]
    assert [part["value"] for part in referral["payouts"][0]["instalments"]] == [
        part["value"] for part in shown["payouts"][0]["instalments"]
    ]
    assert members(billing.get("/referrals").json()) == members(
        answered(referral_examples.REFERRALS)
    )
