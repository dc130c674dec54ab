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
_HELD = {
    **_WALLET,
    "points": {"available": 99, "pending": 0, "reserved": 500, "debt": 0},
    "value": "0.99",
    "month": {**_WALLET["month"], "redeemed_points": 500},
    "expiring": [{"expires_at": "2027-11-01T21:00:00Z", "points": 99}],
}
_SPENT = {**_HELD, "points": {"available": 99, "pending": 0, "reserved": 0, "debt": 0}}
_REFUNDED = {
    **_SPENT,
    "points": {"available": 0, "pending": 0, "reserved": 0, "debt": 0},
    "value": "0.00",
    "month": {**_SPENT["month"], "bonus_value": "5.00"},
    "expiring": [],
}
_REDEMPTION: dict[str, Any] = {
    "redemption_id": "rd-2026-11-0001",
    "subscriber_id": "S-1001",
    "status": "reserved",
    "points": 500,
    "value": "5.00",
    "currency": "RUB",
    "reward": "bill_credit",
    "expires_at": "2026-11-06T09:00:00Z",
    "credit_reference": None,
    "reserved_at": "2026-11-03T09:00:00Z",
    "settled_at": None,
    "returned_at": None,
    "reasons": [],
}
_SETTLED = {
    **_REDEMPTION,
    "status": "settled",
    "credit_reference": "bill-2026-12-77",
    "settled_at": "2026-11-05T09:00:00Z",
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
    ),
    *_answered(
        "Taken out of what was left",
        {
            "refund_id": "rf-2026-11-0001",
            "charge_id": "ch-2026-11-0001",
            "status": "applied",
            "points_revoked": 99,
            "points_to_debt": 0,
            "points_from_review": 0,
            "points_lapsed": 0,
            "wallet": _REFUNDED,
        },
        "201",
    ),
]
REFUND_REVERSAL = [
    _asked(
        "A dispute that was won",
        {"subscriber_id": "S-1001", "reason": "The bank decided for us"},
    ),
    *_answered(
        "Back where they were",
        {
            "refund_id": "rf-2026-11-0001",
            "charge_id": "ch-2026-11-0001",
            "status": "reversed",
            "points_restored": 99,
            "debt_cancelled": 0,
            "points_to_review": 0,
            "points_lapsed": 0,
            "points_rounded": 0,
            "wallet": _SPENT,
        },
        "200",
    ),
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
    ),
    *_answered("Held", {**_REDEMPTION, "wallet": _HELD}, "201"),
]
ONE_REDEMPTION = _answered("Held", _REDEMPTION, "200")
REDEMPTIONS = _answered("The last page", {"data": [_REDEMPTION], "next": None}, "200")
SETTLEMENT = [
    _asked("Applied to a bill", {"credit_reference": "bill-2026-12-77"}),
    *_answered("Spent", {**_SETTLED, "wallet": _SPENT}, "200"),
]
RELEASE = [
    _asked("With a reason", {"reason": "The bill was paid already."}),
    *_answered(
        "Given back",
        {
            **_REDEMPTION,
            "status": "released",
            "returned_at": "2026-11-04T09:00:00Z",
            "wallet": _WALLET,
        },
        "200",
    ),
]
REVERSAL = [
    _asked("With a reason", {"reason": "The credit was cancelled."}),
    *_answered(
        "Given back",
        {
            **_SETTLED,
            "status": "reversed",
            "returned_at": "2026-11-06T09:00:00Z",
            "wallet": _WALLET,
        },
        "200",
    ),
]
ENTRIES = _answered(
    "A bill's points",
    {
        "data": [
            {
                "number": 1,
                "kind": "accrual",
                "source": "issued",
                "destination": "available",
                "points": 599,
                "cause": {"type": "charge", "id": "ch-2026-11-0001"},
                "occurred_at": "2026-11-01T07:00:00Z",
                "posted_at": "2026-11-01T07:00:04.117000Z",
                "available_after": 599,
                "terms": 1,
            }
        ],
        "next": None,
    },
    "200",
)
TIER = _answered(
    "Before the first evaluation",
    {
        "subscriber_id": "S-1001",
        "tier": "bronze",
        "since": None,
        "multiplier": "1.0",
        "paid": "0.00",
        "currency": "RUB",
        "next_tier": "silver",
        "missing": "6000.00",
        "downgrade_on": None,
    },
    "200",
)
_PAYOUT: dict[str, Any] = {
    "payout_id": "0b6f3c1e-5a0c-4d5e-9d0f-3f6f2a8f4f11",
    "subscriber_id": "S-1001",
    "kind": "cap_excess",
    "status": "in_review",
    "points": 1200,
    "value": "12.00",
    "currency": "RUB",
    "cause": {"type": "month", "id": "2026-11"},
    "month": "2026-11-01",
    "requested_at": "2026-11-20T08:30:00Z",
    "decided_at": None,
    "reasons": [
        {
            "code": "cap_benefits",
            "detail": "Charges of this month earned more than the caps of benefits leave room for.",
        }
    ],
    "instalments": [],
}
PAYOUT = _answered("What exceeded a cap", _PAYOUT, "200")
PAYOUTS = _answered("The last page", {"data": [_PAYOUT], "next": None}, "200")
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
    *_answered(
        "What the charge would earn",
        {
            "charge": {
                "points_earned": 599,
                "points_in_review": 0,
                "points_to_debt": 0,
                "tier": "bronze",
                "terms": 1,
                "expires_at": "2027-11-03T21:00:00Z",
            }
        },
        "200",
    ),
    *_answered(
        "What the redemption would hold",
        {
            "redemption": {
                "points": 500,
                "value": "5.00",
                "status": "reserved",
                "expires_at": "2026-11-06T09:00:00Z",
            }
        },
        "200",
    ),
]
