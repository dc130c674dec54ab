"""Names and contacts over REST: written by whoever reports, read by few, and each look is kept."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import PersonalAccess
from tests.journeys.conftest import Billing, subscriber_body

pytestmark = pytest.mark.django_db

SAID = {
    "name": "Anna Petrova",
    "birth_date": "1990-02-28",
    "identifiers": [
        {"kind": "email", "value": "First@example.com"},
        {"kind": "email", "value": "Anna@Example.com"},
        {"kind": "passport", "value": "4510 123456"},
    ],
}


@pytest.fixture
def billing(browser: Browser, bearer: Callable[..., str]) -> Billing:
    return Billing(browser, bearer())


@pytest.fixture
def app(browser: Browser, bearer: Callable[..., str]) -> Billing:
    """A client that may read subscribers, and not who they are."""
    return Billing(browser, bearer("subscribers:read", "subscribers:write"))


def looks() -> list[tuple[str, str, Any]]:
    return list(PersonalAccess.objects.order_by("id").values_list("seen_by", "reason", "what"))


def test_a_look_says_who_and_why(billing: Billing) -> None:
    body = {**subscriber_body(), **SAID, "msisdn": "8 (916) 123-45-67"}
    assert billing.put("/subscribers/a", body).status_code == 201
    before = len(looks())
    answer = billing.get("/subscribers/a/personal?reason=a%20parcel")
    assert answer.status_code == 200
    assert answer.json() == {
        "subscriber_id": "a",
        "name": "Anna Petrova",
        "msisdn": "+79161234567",
        "email": "Anna@Example.com",
        "address": None,
        "birth_date": "1990-02-28",
    }
    [look] = looks()[before:]
    assert look == ("client:billing", "a parcel", ["birth_date", "email", "msisdn", "name"])


def test_no_reason_no_look(billing: Billing) -> None:
    billing.put("/subscribers/a", {**subscriber_body(), **SAID})
    before = looks()
    assert billing.get("/subscribers/a/personal").status_code == 400
    assert billing.get("/subscribers/a/personal?reason=").status_code == 400
    assert billing.get("/subscribers/nobody/personal?reason=x").status_code == 404
    assert looks() == before


def test_without_the_scope_nothing_is_shown_and_nothing_kept(app: Billing) -> None:
    answer = app.put("/subscribers/a", {**subscriber_body(), **SAID})
    assert answer.status_code == 201
    assert answer.json()["birth_date"] is None
    assert "name" not in answer.json()
    assert app.get("/subscribers/a/personal?reason=x").status_code == 403
    assert looks() == []


def test_a_birth_date_in_an_answer_is_a_look(billing: Billing, app: Billing) -> None:
    app.put("/subscribers/a", {**subscriber_body(), **SAID})
    assert billing.get("/subscribers/a").json()["birth_date"] == "1990-02-28"
    assert looks() == [("client:billing", "GET of the subscriber", ["birth_date"])]
    app.put("/subscribers/a", {**subscriber_body(), "birth_date": None})
    assert billing.get("/subscribers/a").json()["birth_date"] is None
    assert len(looks()) == 1
