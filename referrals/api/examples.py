"""Examples of the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_JOIN = {
    "referral_id": "ref-2026-09-0001",
    "referral_code": "K7QF-2M9X",
    "invitee_id": "S-1002",
    "occurred_at": "2026-08-20T12:00:00+03:00",
    "device": "d41f-77ab-0c11",
}
_JOINED: dict[str, Any] = {
    "referral_id": "ref-2026-09-0001",
    "inviter_id": "S-1001",
    "invitee_id": "S-1002",
    "status": "joined",
    "reason": None,
    "joined_at": "2026-08-20T09:00:00Z",
    "currency": "RUB",
    "gates": {
        "retention": {
            "met": False,
            "needed": 3,
            "so_far": 2,
            "missing": 1,
            "until": "2026-11-19T07:00:00Z",
        },
        "arpu": {"met": False, "needed": "500.00", "so_far": "400.00", "missing": "100.00"},
    },
    "payouts": [],
}
_PAID = {
    **_JOINED,
    "status": "qualified",
    "gates": {
        "retention": {**_JOINED["gates"]["retention"], "met": True, "so_far": 3, "missing": 0},
        "arpu": {"met": True, "needed": "500.00", "so_far": "600.00", "missing": "0.00"},
    },
    "payouts": [
        {
            "payout_id": "0b6f3c1e-5a0c-4d5e-9d0f-3f6f2a8f4f11",
            "subscriber_id": "S-1001",
            "status": "cleared",
            "value": "300.00",
            "reasons": [],
            "instalments": [
                {"due_on": "2026-11-19", "value": "100.00", "status": "paid"},
                {"due_on": "2026-12-19", "value": "100.00", "status": "due"},
                {"due_on": "2027-01-19", "value": "100.00", "status": "due"},
            ],
        }
    ],
}


def _answer(value: Any, *statuses: str) -> list[OpenApiExample]:
    return [
        OpenApiExample("A referral", value, response_only=True, status_codes=[status])
        for status in statuses
    ]


CODE = _answer({"subscriber_id": "S-1001", "referral_code": "K7QF-2M9X"}, "200")
JOIN = [
    OpenApiExample("Reported late", _JOIN, request_only=True),
    *_answer(_JOINED, "201", "200"),
]
REFERRAL = _answer(_PAID, "200")
REFERRALS = _answer({"data": [_PAID], "next": None}, "200")
