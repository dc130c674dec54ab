"""What machines send isn't recorded in the audit trail, and pays nothing for it."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.books import rows
from tests.journeys.conftest import Billing

pytestmark = pytest.mark.django_db


def test_a_charge_says_nothing_to_the_trail(billing: Billing, monkeypatch: Any) -> None:
    subscriber = billing.subscriber()
    entered: list[dict[str, str]] = []
    monkeypatch.setattr("doors.middleware.acting", lambda **said: entered.append(said))
    body = {
        "charge_id": "ch-1", "subscriber_id": subscriber, "amount": "100.00", "currency": "RUB",
        "kind": "service", "occurred_at": "2026-03-01T10:00:00+03:00",
    }  # fmt: skip
    with CaptureQueriesContext(connection) as captured:
        assert billing.post("/charges", body).status_code == 201
    assert entered == []
    assert "pghistory" not in str(captured.captured_queries)
    assert rows("SELECT current_setting('pghistory.context_id', true) AS said")[0]["said"] in (
        None,
        "",
    )
