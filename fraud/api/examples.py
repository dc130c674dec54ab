"""Examples of the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_OPEN: dict[str, Any] = {
    "case_id": 4711,
    "queue": "gate",
    "subject": {"type": "payout", "id": "0b6f3c1e-5a0c-4d5e-9d0f-3f6f2a8f4f11"},
    "subscriber_id": "S-1001",
    "other_id": "S-1002",
    "value": "300.00",
    "currency": "RUB",
    "score": 0.35,
    "band": "medium",
    "status": "open",
    "is_escalated": False,
    "opened_at": "2026-11-19T09:00:00Z",
    "due_at": "2026-11-22T09:00:00Z",
    "claimed_by": None,
    "claimed_until": None,
    "snoozed_until": None,
    "proposed_by": None,
    "verdict": None,
    "decided_at": None,
    "decided_by": None,
    "hits": [
        {
            "rule": "self_referral",
            "action": "review",
            "detail": "Seen with somebody else's device.",
        }
    ],
    "contributions": [
        {
            "signal": "accounts_on_device",
            "title": "Others on the same device",
            "unit": "accounts",
            "value": 4.0,
            "weight": 0.35,
            "points": 0.35,
        }
    ],
}
_CLAIMED = {
    **_OPEN,
    "status": "claimed",
    "claimed_by": "client:case-tool/ann",
    "claimed_until": "2026-11-19T11:00:00Z",
}
_SNOOZED = {**_OPEN, "status": "snoozed", "snoozed_until": "2026-11-20T09:00:00Z"}
_ESCALATED = {**_OPEN, "is_escalated": True}
_CLOSED = {
    **_OPEN,
    "status": "closed",
    "verdict": "confirmed_fraud",
    "decided_at": "2026-11-19T10:20:00Z",
    "decided_by": "client:case-tool/ann",
}


_DETAIL = {"needs_two": False, "said_before": None}


def _step(body: Any, value: Any) -> list[OpenApiExample]:
    return [OpenApiExample("What an analyst does", body, request_only=True), *_answer(value)]


def _answer(value: Any) -> list[OpenApiExample]:
    shown = {**value, **_DETAIL}
    return [OpenApiExample("A case", shown, response_only=True, status_codes=["200"])]


CASE = _answer(_OPEN)
CASES = [
    OpenApiExample(
        "Cases", {"data": [_OPEN], "next": None}, response_only=True, status_codes=["200"]
    )
]
CLAIM = _step({"analyst": "ann"}, _CLAIMED)
SNOOZE = _step(
    {"analyst": "ann", "reason": "They will call back.", "until": "2026-11-20T12:00:00+03:00"},
    _SNOOZED,
)
ESCALATE = _step({"analyst": "ann", "reason": "A ring, I think."}, _ESCALATED)
VERDICT = _step(
    {
        "analyst": "ann",
        "verdict": "confirmed_fraud",
        "reason": "The invitee is the inviter's second line.",
        "block_identifiers": [90210],
        "linked_subscribers": ["S-1002"],
    },
    _CLOSED,
)
