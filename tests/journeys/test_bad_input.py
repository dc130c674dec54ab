"""Bad input gets a clear problem, and nothing is written."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client as Browser

from tests.journeys.conftest import Billing, subscriber_body
from tests.journeys.test_bill_to_credit import charge, redemption, refund

DEEP = b'{"a":' * 1000 + b"1" + b"}" * 1000
FUTURE = (datetime.now(UTC) + timedelta(hours=2)).isoformat()


def contents() -> dict[str, int]:
    """How many rows our tables have: refused requests add none."""
    tables = [
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.app_label in {"accounts", "loyalty", "outbox"}
    ]
    with connection.cursor() as cursor:
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
            counts[table] = cursor.fetchone()[0]
    return counts


def assert_problem(answer: Any, status: int, code: str | None = None) -> None:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    if code is not None:
        assert problem["code"] == code


CHARGES: list[tuple[dict[str, Any], int, str]] = [
    ({"subscriber_id": "nobody"}, 422, "unknown_subscriber"),
    ({"amount": "0"}, 400, "invalid"),
    ({"amount": "0.00"}, 400, "invalid"),
    ({"amount": "-1.00"}, 400, "invalid"),
    ({"amount": "1.005"}, 400, "invalid"),
    ({"amount": "1e3"}, 400, "invalid"),
    ({"amount": 599}, 400, "invalid"),
    ({"amount": 599.9}, 400, "invalid"),
    ({"amount": "99999999999999999999"}, 400, "invalid"),
    ({"currency": "USD"}, 400, "invalid"),
    ({"occurred_at": FUTURE}, 422, "occurred_in_the_future"),
    ({"occurred_at": "2026-11-01T10:00:00"}, 400, "invalid"),
    ({"occurred_at": 1790000000}, 400, "invalid"),
    ({"kind": "gift"}, 400, "invalid"),
    ({"surprise": 1}, 400, "invalid"),
    ({"charge_id": 7}, 400, "invalid"),
    ({"charge_id": "x" * 65}, 400, "invalid"),
    ({"charge_id": ""}, 400, "invalid"),
    ({"charge_id": "a\u0000b"}, 400, "invalid"),
    ({"subscriber_id": None}, 400, "invalid"),
    ({"subscriber_id": ["S-1"]}, 400, "invalid"),
]


@pytest.mark.parametrize(("change", "status", "code"), CHARGES)
def test_a_bad_charge_is_refused(
    billing: Billing, change: dict[str, Any], status: int, code: str
) -> None:
    subscriber = billing.subscriber()
    before = contents()
    assert_problem(billing.post("/charges", {**charge(subscriber), **change}), status, code)
    assert contents() == before


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"",
        b'{"charge_id": "\\ud800"}',
        b'{"charge_id": "\xff"}',
        b"[" * 1000 + b"]" * 1000,
        b"[" * 100_000,
        DEEP,
        b'{"a": NaN}',
        b"\x00",
    ],
)
def test_what_is_not_json_is_refused_with_and_without_a_token(
    billing: Billing, browser: Browser, body: bytes
) -> None:
    assert_problem(billing.post("/charges", body), 400)
    anonymous = browser.generic("POST", "/api/v1/charges", body, content_type="application/json")
    assert_problem(anonymous, 400)


def test_without_a_token_nothing_is_done(billing: Billing, browser: Browser) -> None:
    subscriber = billing.subscriber()
    before = contents()
    body = charge(subscriber)
    answer = browser.post("/api/v1/charges", body, content_type="application/json")
    assert_problem(answer, 401)
    assert contents() == before


def test_a_token_without_the_scope_is_told_which_one_it_lacks(
    browser: Browser, bearer: Callable[..., str], billing: Billing
) -> None:
    subscriber = billing.subscriber()
    reader = Billing(browser, bearer("wallets:read"))
    assert_problem(reader.post("/charges", charge(subscriber)), 403)
    assert reader.get(f"/subscribers/{subscriber}/wallet").status_code == 200


def test_a_batch_of_10_001_is_refused_whole(billing: Billing) -> None:
    subscriber = billing.subscriber()
    before = contents()
    charges = [charge(subscriber, f"c-{n}") for n in range(10_001)]
    assert_problem(billing.post("/charges/batch", {"charges": charges}), 400, "invalid")
    assert contents() == before


@pytest.mark.parametrize("body", [{}, {"charges": {}}, {"charges": "x"}, [], {"charges": None}])
def test_a_batch_that_is_none_is_refused(billing: Billing, body: Any) -> None:
    assert_problem(billing.post("/charges/batch", body), 400)


REFUNDS: list[tuple[dict[str, Any], int, str]] = [
    ({"amount": "599.91"}, 422, "refund_above_charge"),
    ({"amount": "0"}, 400, "invalid"),
    ({"reason": "because"}, 400, "invalid"),
    ({"subscriber_id": "nobody"}, 422, "unknown_subscriber"),
    ({"occurred_at": FUTURE}, 422, "occurred_in_the_future"),
    ({"refund_id": "x" * 65}, 400, "invalid"),
    ({"extra": True}, 400, "invalid"),
]


@pytest.mark.parametrize(("change", "status", "code"), REFUNDS)
def test_a_bad_refund_is_refused(
    billing: Billing, change: dict[str, Any], status: int, code: str
) -> None:
    subscriber = billing.subscriber()
    billing.post("/charges", charge(subscriber))
    before = contents()
    answer = billing.post("/charges/c-1/refunds", {**refund(subscriber), **change})
    assert_problem(answer, status, code)
    assert contents() == before


REDEMPTIONS: list[tuple[dict[str, Any], int, str]] = [
    ({"points": 1000}, 422, "insufficient_points"),
    ({"points": 99}, 422, "below_minimum"),
    ({"points": 0}, 400, "invalid"),
    ({"points": "100"}, 400, "invalid"),
    ({"points": 100.0}, 400, "invalid"),
    ({"points": True}, 400, "invalid"),
    ({"reward": "cash"}, 400, "invalid"),
    ({"ip": "300.1.1.1"}, 400, "invalid"),
    ({"subscriber_id": "nobody"}, 422, "unknown_subscriber"),
]


@pytest.mark.parametrize(("change", "status", "code"), REDEMPTIONS)
def test_a_bad_redemption_is_refused(
    billing: Billing, change: dict[str, Any], status: int, code: str
) -> None:
    subscriber = billing.subscriber()
    billing.post("/charges", charge(subscriber))
    before = contents()
    answer = billing.post("/redemptions", {**redemption(subscriber, "bad-1", 200), **change})
    assert_problem(answer, status, code)
    assert contents() == before


def test_redeeming_above_the_cap_is_refused(billing: Billing) -> None:
    subscriber = billing.subscriber()
    last_month = (datetime.now(UTC) - timedelta(days=35)).isoformat()
    billing.post("/charges", charge(subscriber, "c-1", amount="499000.00"))
    before_last = charge(subscriber, "c-2", amount="499000.00", occurred_at=last_month)
    billing.post("/charges", before_last)
    answer = billing.post("/redemptions", redemption(subscriber, "cap-1", 500_001))
    assert_problem(answer, 422, "redemption_cap_reached")
    assert answer.json()["redeemable_points"] == 500_000


def test_steps_that_no_longer_apply_are_refused(billing: Billing) -> None:
    subscriber = billing.subscriber()
    billing.post("/charges", charge(subscriber))
    billing.post("/redemptions", redemption(subscriber, "step-1", 200))
    assert billing.post("/redemptions/step-1/release").status_code == 200
    assert billing.post("/redemptions/step-1/release").headers["Idempotent-Replayed"] == "true"
    assert_problem(billing.post("/redemptions/step-1/settle"), 422, "not_reserved")
    assert_problem(billing.post("/redemptions/step-1/reverse"), 422, "not_settled")
    assert_problem(billing.post("/redemptions/nothing/settle"), 404, "unknown_redemption")


SUBSCRIBERS: list[tuple[dict[str, Any], int]] = [
    ({"identifiers": [{"kind": "shoe size", "value": "43"}]}, 400),
    ({"identifiers": [{"kind": "ip", "value": "not an address"}]}, 400),
    ({"identifiers": {"card": "x"}}, 400),
    ({"msisdn": "call me"}, 400),
    ({"msisdn": 79161234567}, 400),
    ({"status": "asleep"}, 400),
    ({"activated_at": FUTURE}, 422),
    ({"status_since": "2020-01-01T00:00:00Z"}, 422),
    ({"closed_at": "2025-01-01T00:00:00Z"}, 422),
    ({"contract": {"months": 0, "ends_on": "2027-01-01"}}, 400),
    ({"verified": {"phone": "yes"}}, 400),
    ({"birth_date": "31.12.1999"}, 400),
    ({"nickname": "Bob"}, 400),
]


@pytest.mark.parametrize(("change", "status"), SUBSCRIBERS)
def test_a_bad_subscriber_is_refused(billing: Billing, change: dict[str, Any], status: int) -> None:
    before = contents()
    answer = billing.put("/subscribers/bad", {**subscriber_body(), **change})
    assert_problem(answer, status)
    assert contents() == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/charges", 405),
        ("DELETE", "/charges", 405),
        ("GET", "/subscribers/nobody", 404),
        ("GET", "/subscribers/nobody/wallet", 404),
        ("GET", "/subscribers/nobody/entries", 404),
        ("GET", "/subscribers/nobody/tier", 404),
        ("GET", "/redemptions/nothing", 404),
        ("GET", "/payouts/nothing", 404),
        ("GET", "/payouts/00000000-0000-0000-0000-000000000000", 404),
        ("GET", "/payouts?limit=0", 400),
        ("GET", "/payouts?surprise=1", 400),
        ("GET", "/payouts?status=lost", 400),
        ("GET", "/payouts?status=", 400),
        ("GET", "/payouts?after=x", 400),
        ("GET", "/payouts?after=00000000-0000-0000-0000-000000000000x", 400),
        ("GET", "/redemptions?after=x", 400),
        ("GET", "/program/", 404),
    ],
)
def test_addresses_and_parameters_that_are_none_are_refused(
    billing: Billing, method: str, path: str, status: int
) -> None:
    assert_problem(billing.call(method, path), status)


def test_a_malformed_instant_in_the_address_is_refused(billing: Billing) -> None:
    subscriber = billing.subscriber()
    assert_problem(billing.get(f"/subscribers/{subscriber}/wallet?as_of=yesterday"), 400)
    ahead = billing.get(f"/subscribers/{subscriber}/wallet?as_of=2999-01-01T00:00:00Z")
    assert_problem(ahead, 400)
    assert ahead.json()["errors"][0]["code"] == "in_the_future"
