"""What `POST /referrals` gets for bad input: a clear problem, and nothing written."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.books import dump
from tests.journeys.conftest import Billing

NOW = datetime.now(UTC)


@pytest.fixture
def body(billing: Billing) -> dict[str, Any]:
    """A good report, by an active inviter, of an invitee who was activated yesterday."""
    inviter = billing.subscriber()
    invitee = billing.subscriber(activated_at=(NOW - timedelta(days=1)).isoformat())
    code = billing.get(f"/subscribers/{inviter}/referral-code").json()["referral_code"]
    return {"referral_id": f"ref-{invitee}", "referral_code": code, "invitee_id": invitee}


def refused(billing: Billing, body: Any, status: int, code: str) -> dict[str, Any]:
    before = dump()
    answer = billing.post("/referrals", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert dump() == before
    problem: dict[str, Any] = answer.json()
    return problem


def test_the_good_one_is_taken(billing: Billing, body: dict[str, Any]) -> None:
    assert billing.post("/referrals", body).status_code == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"referral_id": 7}, "/referral_id"),
        ({"referral_id": "x" * 65}, "/referral_id"),
        ({"referral_id": "a\x00b"}, "/referral_id"),
        ({"referral_code": ""}, "/referral_code"),
        ({"referral_code": "x" * 33}, "/referral_code"),
        ({"referral_code": None}, "/referral_code"),
        ({"invitee_id": ["S-1"]}, "/invitee_id"),
        ({"occurred_at": "2026-01-01T00:00:00"}, "/occurred_at"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
        ({"device": ""}, "/device"),
        ({"ip": "300.1.1.1"}, "/ip"),
        ({"bonus": "1000000.00"}, "/bonus"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_pointer(
    billing: Billing, body: dict[str, Any], change: dict[str, Any], pointer: str
) -> None:
    problem = refused(billing, {**body, **change}, 400, "invalid")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_what_is_missing_is_told(billing: Billing) -> None:
    problem = refused(billing, {}, 400, "invalid")
    pointers = {error["pointer"] for error in problem["errors"]}
    assert pointers == {"/referral_id", "/referral_code", "/invitee_id"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"invitee_id": "nobody"}, "unknown_subscriber"),
        ({"referral_code": "2222-2222"}, "unknown_referral_code"),
        ({"referral_code": "Ж" * 8}, "unknown_referral_code"),
        ({"occurred_at": (NOW + timedelta(hours=1)).isoformat()}, "occurred_in_the_future"),
    ],
)
def test_what_a_rule_refuses_has_its_code(
    billing: Billing, body: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    refused(billing, {**body, **change}, 422, code)


def test_nobody_invites_themselves(billing: Billing, body: dict[str, Any]) -> None:
    own = billing.get(f"/subscribers/{body['invitee_id']}/referral-code").json()["referral_code"]
    refused(billing, {**body, "referral_code": own}, 422, "own_referral_code")


def test_thirty_days_after_the_activation_it_is_too_late(billing: Billing) -> None:
    inviter = billing.subscriber()
    invitee = billing.subscriber(activated_at=(NOW - timedelta(days=31)).isoformat())
    code = billing.get(f"/subscribers/{inviter}/referral-code").json()["referral_code"]
    body = {"referral_id": "late", "referral_code": code, "invitee_id": invitee}
    refused(billing, body, 422, "joined_too_late")
    in_time = {**body, "occurred_at": (NOW - timedelta(days=2)).isoformat()}
    assert billing.post("/referrals", in_time).status_code == 201


def test_a_token_without_the_scope_writes_nothing(billing: Billing, body: dict[str, Any]) -> None:
    billing.token = "Bearer nobody"
    assert billing.post("/referrals", body).status_code == 401


def test_an_unknown_referral_is_not_found(billing: Billing) -> None:
    answer = billing.get("/referrals/never-seen")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_referral")
    assert billing.get("/subscribers/nobody/referral-code").status_code == 404
    page = billing.get("/referrals?inviter_id=nobody")
    assert page.json() == {"data": [], "next": None}
    assert billing.get("/referrals?color=red").status_code == 400
