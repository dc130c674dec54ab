"""Examples of the OpenAPI document: one subscriber's way from a bill to credit."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_WALLET: dict[str, Any] = {
    "subscriber_id": "S-1001",
    "points": {"available": 599, "pending": 0, "reserved": 0, "debt": 0},
    "value": "5.99",
    "currency": "RUB",
    "tier": "bronze",
    "month": {
        "bonus_value": "5.99",
        "bonus_cap": "5000.00",
        "redeemed_points": 0,
        "redemption_cap_points": 500_000,
    },
    "expiring": [{"expires_at": "2027-11-01T21:00:00Z", "points": 599}],
}
_CHARGE: dict[str, Any] = {
    "charge_id": "ch-2026-11-0001",
    "subscriber_id": "S-1001",
    "amount": "599.90",
    "currency": "RUB",
    "kind": "service",
    "occurred_at": "2026-11-01T10:00:00+03:00",
}
_MADE = {
    "charge_id": "ch-2026-11-0001",
    "points_earned": 599,
    "points_in_review": 0,
    "points_to_debt": 0,
}


def _asked(name: str, body: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(name, body, request_only=True)


def _answered(name: str, body: dict[str, Any], *statuses: str) -> list[OpenApiExample]:
    return [
        OpenApiExample(name, body, response_only=True, status_codes=[status]) for status in statuses
    ]


WALLET = _answered("After one bill", _WALLET, "200")
CHARGE = [
    _asked("A monthly fee", _CHARGE),
    *_answered("What it earned", {**_MADE, "wallet": _WALLET}, "201"),
]
BATCH = [
    _asked("One of up to 10,000", {"charges": [_CHARGE]}),
    *_answered(
        "In the order of the request",
        {
            "accepted": 1,
            "replayed": 0,
            "rejected": 0,
            "results": [{**_MADE, "status": "accepted"}],
        },
        "200",
    ),
]
REFUND = [
    _asked(
        "A part of the fee",
        {
            "refund_id": "rf-2026-11-0001",
            "subscriber_id": "S-1001",
            "amount": "99.90",
            "reason": "refund",
            "occurred_at": "2026-11-05T12:00:00+03:00",
        },
    )
]
REDEMPTION = [
    _asked(
        "Five roubles of credit",
        {
            "redemption_id": "rd-2026-11-0001",
            "subscriber_id": "S-1001",
            "points": 500,
            "reward": "bill_credit",
            "payment_instrument": "tok_4f1c9b",
        },
    )
]
SETTLEMENT = [_asked("Applied to a bill", {"credit_reference": "bill-2026-12-77"})]
PREVIEW = [
    _asked(
        "A charge that has not happened",
        {
            "charge": {
                "subscriber_id": "S-1001",
                "amount": "599.90",
                "currency": "RUB",
                "kind": "service",
            }
        },
    ),
    _asked("A redemption", {"redemption": {"subscriber_id": "S-1001", "points": 500}}),
]
