"""From a held benefit to a verdict, by an operator's own case tool."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fraud.models import Case
from loyalty.models import Payout
from tests.books import dump
from tests.fraud.stories import suspicious_payout
from tests.journeys.conftest import Billing

NOW = datetime.now(UTC)


@pytest.fixture
def case_id(db: None) -> int:
    suspicious_payout(now=NOW - timedelta(minutes=1))
    return Case.objects.get().pk


def act(billing: Billing, case_id: int, step: str, **said: Any) -> Any:
    return billing.post(f"/cases/{case_id}/{step}", {"analyst": "ann", **said})


def test_a_case_is_claimed_and_decided(billing: Billing, case_id: int) -> None:
    [listed] = billing.get("/cases?status=open").json()["data"]
    assert listed["case_id"] == case_id
    assert listed["band"] == "medium"
    assert listed["contributions"][0]["signal"] == "accounts_on_device"
    claimed = act(billing, case_id, "claim")
    assert claimed.status_code == 200
    assert claimed.json()["claimed_by"].endswith("/ann")
    taken = billing.post(f"/cases/{case_id}/claim", {"analyst": "ben"})
    assert (taken.status_code, taken.json()["code"]) == (422, "case_not_yours")
    decided = act(billing, case_id, "verdict", verdict="false_positive", reason="A family.")
    assert decided.status_code == 200, decided.content
    assert (decided.json()["status"], decided.json()["verdict"]) == ("closed", "false_positive")
    assert Payout.objects.get().status == "paid"
    again = act(billing, case_id, "verdict", verdict="false_positive", reason="A family.")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    other = act(billing, case_id, "verdict", verdict="confirmed_fraud", reason="No.")
    assert (other.status_code, other.json()["code"]) == (422, "case_closed")


def test_a_case_is_snoozed_and_escalated(billing: Billing, case_id: int) -> None:
    act(billing, case_id, "claim")
    until = (NOW + timedelta(days=1)).isoformat()
    snoozed = act(billing, case_id, "snooze", reason="They call back.", until=until)
    assert snoozed.json()["status"] == "snoozed"
    assert "Idempotent-Replayed" not in snoozed.headers
    again = act(billing, case_id, "snooze", reason="They call back.", until=until)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (snoozed.json(), "true")
    act(billing, case_id, "claim")
    escalated = act(billing, case_id, "escalate", reason="Too odd.")
    assert (escalated.json()["status"], escalated.json()["is_escalated"]) == ("open", True)


@pytest.mark.parametrize(
    ("step", "said", "status", "code"),
    [
        ("claim", {"analyst": ""}, 400, "invalid"),
        ("claim", {"analyst": 7}, 400, "invalid"),
        ("claim", {"other": "x"}, 400, "invalid"),
        ("verdict", {"verdict": "guilty", "reason": "x"}, 400, "invalid"),
        ("verdict", {"verdict": "confirmed_fraud"}, 400, "invalid"),
        ("verdict", {"verdict": "inconclusive", "reason": "x"}, 422, "invalid_verdict"),
        (
            "verdict",
            {"verdict": "confirmed_fraud", "reason": "x", "block_identifiers": [10**18]},
            404,
            "unknown_identifier",
        ),
        (
            "verdict",
            {"verdict": "confirmed_fraud", "reason": "x", "linked_subscribers": ["nobody"]},
            404,
            "unknown_subscriber",
        ),
        ("snooze", {"reason": "x", "until": "2030-01-01"}, 400, "invalid"),
        ("snooze", {"reason": "x", "until": "2040-01-01T00:00:00Z"}, 422, "snooze_too_long"),
        ("snooze", {"reason": "x", "until": "2020-01-01T00:00:00Z"}, 422, "snooze_in_the_past"),
        ("escalate", {"reason": " "}, 400, "invalid"),
        ("escalate", {"reason": "a\x00b"}, 400, "invalid"),
    ],
)
def test_bad_input_changes_nothing(
    billing: Billing, case_id: int, step: str, said: dict[str, Any], status: int, code: str
) -> None:
    act(billing, case_id, "claim")
    before = dump()
    answer = act(billing, case_id, step, **said)
    assert answer.status_code == status, answer.content
    if status != 400:
        assert answer.json()["code"] == code
    assert dump() == before


@pytest.mark.parametrize("number", [999, 2**63, 10**30])
def test_an_unknown_case_is_not_found(billing: Billing, number: int) -> None:
    assert billing.get(f"/cases/{number}").status_code == 404
    assert billing.post(f"/cases/{number}/claim", {"analyst": "ann"}).status_code == 404
