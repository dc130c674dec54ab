"""Examples of the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_SAID = {
    "webhook_id": "crm",
    "url": "https://crm.example.com/hooks/tenure",
    "description": "The CRM's notices",
    "events": ["points.accrued", "points.expiring", "payout.paid"],
}
_SHOWN: dict[str, Any] = {
    **_SAID,
    "status": "enabled",
    "disabled": None,
    "failing_since": None,
    "previous_secret_until": None,
    "created_at": "2026-11-23T09:00:00Z",
}
_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # noqa: S105 (of the documentation)
_MESSAGE: dict[str, Any] = {
    "message_id": "msg_4711",
    "event": "payout.paid",
    "event_id": 90210,
    "replay_id": None,
    "status": "pending",
    "attempts": 2,
    "next_attempt_at": "2026-11-23T09:05:09Z",
    "ended_at": None,
    "last_answer": 503,
    "last_error": "HTTP 503",
    "announced_at": "2026-11-23T09:00:00Z",
}
_REPLAY: dict[str, Any] = {
    "replay_id": "after-the-outage",
    "webhook_id": "crm",
    "event_id": None,
    "since": "2026-11-22T00:00:00Z",
    "until": "2026-11-23T00:00:00Z",
    "messages": 0,
    "finished_at": None,
}


def _request(value: Any) -> OpenApiExample:
    return OpenApiExample("Said", value, request_only=True)


def _answers(value: Any, *statuses: str) -> list[OpenApiExample]:
    return [
        OpenApiExample("Answered", value, response_only=True, status_codes=[status])
        for status in statuses
    ]


ONE = _answers(_SHOWN, "200")
REGISTERED = [
    _request(_SAID),
    *_answers({**_SHOWN, "secret": _SECRET}, "201"),
    *_answers({**_SHOWN, "secret": None}, "200"),
]
LISTED = _answers({"data": [_SHOWN], "next": None}, "200")
CHANGED = [_request({"status": "disabled"}), *ONE]
ROTATED = [
    _request({"rotation_id": "2026-11"}),
    *_answers(
        {**_SHOWN, "previous_secret_until": "2026-11-24T09:00:00Z", "secret": _SECRET}, "201"
    ),
    *_answers({**_SHOWN, "secret": None}, "200"),
]
TESTED = [
    _request({"test_id": "first-try"}),
    *_answers({"test_id": "first-try", "webhook_id": "crm"}, "202", "200"),
]
REPLAYED = [
    _request(
        {
            "replay_id": "after-the-outage",
            "since": "2026-11-22T00:00:00Z",
            "until": "2026-11-23T00:00:00Z",
        }
    ),
    *_answers(_REPLAY, "202", "200"),
]
MESSAGES = _answers({"data": [_MESSAGE], "next": 4710}, "200")
