"""Bodies of requests, as a billing system would write them."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

RUN = uuid4().hex[:8]
_numbers = count(1)


def fresh(kind: str) -> str:
    """An id that no run of the drill has used."""
    return f"{kind}-{RUN}-{next(_numbers)}"


def subscriber_body(**changes: Any) -> dict[str, Any]:
    """A subscriber who may do everything."""
    number = next(_numbers)
    return {
        # Another run's numbers would make them somebody who was a subscriber before.
        "msisdn": f"+7916{(int(RUN, 16) + number) % 10**7:07d}",
        "status": "active",
        "activated_at": "2020-01-15T10:00:00+03:00",
        "plan": "Unlimited",
        "region": "Moscow",
        "verified": {"phone": True, "identity": True},
        "identifiers": [{"kind": "card", "value": f"tok_{RUN}_{number}"}],
        **changes,
    }


def charge_body(subscriber_id: str, charge_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """A charge of an hour ago."""
    return {
        "charge_id": charge_id or fresh("ch"),
        "subscriber_id": subscriber_id,
        "amount": "100.00",
        "currency": "RUB",
        "kind": "service",
        "occurred_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        **changes,
    }


def refund_body(subscriber_id: str, refund_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """A refund of a moment ago."""
    return {
        "refund_id": refund_id or fresh("rf"),
        "subscriber_id": subscriber_id,
        "amount": "10.00",
        "reason": "refund",
        "occurred_at": datetime.now(UTC).isoformat(),
        **changes,
    }


def redemption_body(
    subscriber_id: str, points: int, redemption_id: str | None = None
) -> dict[str, Any]:
    """A redemption for bill credit."""
    return {
        "redemption_id": redemption_id or fresh("rd"),
        "subscriber_id": subscriber_id,
        "points": points,
        "reward": "bill_credit",
    }


def referral_body(code: str, invitee_id: str, referral_id: str | None = None) -> dict[str, Any]:
    """A referral that was accepted an hour ago."""
    return {
        "referral_id": referral_id or fresh("rl"),
        "referral_code": code,
        "invitee_id": invitee_id,
        "occurred_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        "device": fresh("dev"),
        "ip": "203.0.113.7",
    }
