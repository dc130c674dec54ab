"""From an invitation to a bonus that is paid in parts, and taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loyalty.operations.pay_due import pay_due
from loyalty.operations.screen_payouts import screen_payouts
from referrals.operations.vest_referrals import vest_referrals
from tests.journeys.conftest import Billing

NOW = datetime.now(UTC)


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


def invite(billing: Billing, *, days: int = 100, bill: str = "600.00") -> tuple[str, str, Any]:
    """An inviter, an invitee who was activated some days ago, and the answer of the join."""
    inviter = billing.subscriber()
    invitee = billing.subscriber(activated_at=ago(days=days))
    code = billing.get(f"/subscribers/{inviter}/referral-code").json()["referral_code"]
    joined = billing.post(
        "/referrals",
        {
            "referral_id": f"ref-{invitee}",
            "referral_code": code.lower(),
            "invitee_id": invitee,
            "occurred_at": ago(days=days - 1),
            "device": f"device-of-{invitee}",
            "ip": "203.0.113.7",
        },
    )
    for month in range(min(3, days // 28)):
        answer = billing.post(
            "/charges",
            {
                "charge_id": f"ch-{invitee}-{month}",
                "subscriber_id": invitee,
                "amount": bill,
                "currency": "RUB",
                "kind": "service",
                "occurred_at": ago(days=days - 5 - 28 * month),
            },
        )
        assert answer.status_code == 201, answer.content
    return inviter, invitee, joined


def run_jobs(now: datetime = NOW) -> None:
    vest_referrals(now=now)
    screen_payouts(now=now)
    pay_due(now=now)


def test_a_bonus_is_paid_in_parts_while_the_invitee_stays(billing: Billing) -> None:
    inviter, invitee, joined = invite(billing)
    assert joined.status_code == 201, joined.content
    assert joined.json()["status"] == "joined"
    assert joined.json()["payouts"] == []

    run_jobs()

    referral = billing.get(f"/referrals/ref-{invitee}").json()
    assert referral["status"] == "qualified"
    assert referral["gates"]["retention"]["met"]
    assert referral["gates"]["arpu"] == {
        "met": True, "needed": "500.00", "so_far": "600.00", "missing": "0.00",
    }  # fmt: skip
    [payout] = referral["payouts"]
    assert payout["status"] == "cleared"
    assert payout["value"] == "300.00"
    assert [part["status"] for part in payout["instalments"]] == ["paid", "due", "due"]
    assert [part["value"] for part in payout["instalments"]] == ["100.00"] * 3
    assert billing.wallet(inviter)["points"] == {
        "available": 10_000, "pending": 20_000, "reserved": 0, "debt": 0,
    }  # fmt: skip

    run_jobs(NOW + timedelta(days=70))

    [payout] = billing.get(f"/referrals/ref-{invitee}").json()["payouts"]
    assert payout["status"] == "paid"
    assert billing.wallet(inviter)["points"]["available"] == 30_000
    assert billing.get(f"/payouts/{payout['payout_id']}").json()["status"] == "paid"
    listed = billing.get(f"/referrals?inviter_id={inviter}").json()
    assert [each["referral_id"] for each in listed["data"]] == [f"ref-{invitee}"]


def test_a_repeated_join_is_a_replay_and_a_second_one_is_refused(billing: Billing) -> None:
    inviter, invitee, _ = invite(billing, days=10)
    code = billing.get(f"/subscribers/{inviter}/referral-code").json()["referral_code"]
    body = {
        "referral_id": f"ref-{invitee}",
        "referral_code": code,
        "invitee_id": invitee,
        "occurred_at": ago(days=9),
        "device": f"device-of-{invitee}",
        "ip": "203.0.113.7",
    }
    again = billing.post("/referrals", body)
    assert again.status_code == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    other = billing.post("/referrals", {**body, "ip": "203.0.113.8"})
    assert (other.status_code, other.json()["code"]) == (422, "id_reused")
    second = billing.post("/referrals", {**body, "referral_id": "another"})
    assert (second.status_code, second.json()["code"]) == (422, "already_invited")
    assert billing.get("/referrals/another").status_code == 404


def test_nothing_more_is_paid_for_an_invitee_who_left_and_what_was_goes_back(
    billing: Billing,
) -> None:
    inviter, invitee, _ = invite(billing)
    run_jobs()
    body = billing.get(f"/subscribers/{invitee}").json()
    closed = {
        "msisdn": "+79161234567",
        "status": "closed",
        "activated_at": body["activated_at"],
        "closed_at": ago(minutes=1),
        "plan": "Unlimited",
        "region": "Moscow",
    }
    assert billing.put(f"/subscribers/{invitee}", closed).status_code == 200

    run_jobs(datetime.now(UTC))

    [payout] = billing.get(f"/referrals/ref-{invitee}").json()["payouts"]
    assert payout["status"] == "clawed_back"
    statuses = [part["status"] for part in payout["instalments"]]
    assert statuses == ["clawed_back", "cancelled", "cancelled"]
    assert billing.wallet(inviter)["points"] == {
        "available": 0, "pending": 0, "reserved": 0, "debt": 0,
    }  # fmt: skip


@pytest.mark.parametrize("bill", ["499.99", "100.00"])
def test_too_little_revenue_expires(billing: Billing, bill: str) -> None:
    _, invitee, _ = invite(billing, bill=bill)
    run_jobs()
    referral = billing.get(f"/referrals/ref-{invitee}").json()
    assert (referral["status"], referral["reason"]) == ("expired", "arpu_not_reached")
    assert referral["gates"]["arpu"]["missing"] != "0.00"
