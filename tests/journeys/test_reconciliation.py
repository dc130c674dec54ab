"""The report that billing compares its books with, over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import post, register
from tests.journeys.conftest import Billing

pytestmark = pytest.mark.django_db


def test_totals_are_read(billing: Billing) -> None:
    at = datetime(2026, 3, 17, 9, tzinfo=UTC)
    register("ann", now=at - timedelta(days=1), activated_at=at - timedelta(days=1))
    for name in ("one", "two"):
        post(name, "ann", amount_minor=12_345, occurred_at=at, now=at)
    answer = billing.get("/reports/reconciliation?since=2026-03-17&until=2026-03-18")
    assert answer.status_code == 200
    assert answer.json() == {
        "since": "2026-03-17",
        "until": "2026-03-18",
        "currency": "RUB",
        "totals": [
            {
                "day": "2026-03-17",
                "record": "charge",
                "kind": "service",
                "count": 2,
                "amount": "246.90",
            }
        ],
    }


def test_a_period_that_is_none_is_refused(billing: Billing) -> None:
    answer = billing.get("/reports/reconciliation?since=2026-03-02&until=2026-03-02")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
