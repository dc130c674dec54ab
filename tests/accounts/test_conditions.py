"""Conditional requests for subscribers: tags that change with what is answered."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import PersonalAccess, Subscriber
from accounts.operations import IdentifierSeen, record_uses
from tests.books import dump
from tests.factories import digest
from tests.journeys.conftest import Billing, subscriber_body

pytestmark = pytest.mark.django_db

PATH = "/subscribers/a"
BODY = {**subscriber_body(), "birth_date": "1990-02-28"}


@pytest.fixture
def billing(browser: Browser, bearer: Callable[..., str]) -> Billing:
    return Billing(browser, bearer())


@pytest.fixture
def app(browser: Browser, bearer: Callable[..., str]) -> Billing:
    """A client that isn't shown birth dates."""
    return Billing(browser, bearer("subscribers:read", "subscribers:write"))


def tag_of(answer: Any) -> str:
    tag = answer["ETag"]
    assert tag.startswith('"'), "a strong tag"
    assert tag.endswith('"')
    return str(tag)


def refused(billing: Billing, headers: dict[str, str], *, path: str = PATH) -> None:
    before = dump()
    answer = billing.put(path, {**BODY, "plan": "another"}, **headers)
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert dump() == before


def test_each_answer_carries_the_tag_of_the_state(billing: Billing) -> None:
    first = billing.put(PATH, BODY)
    assert first.status_code == 201
    assert tag_of(first) == tag_of(billing.get(PATH)) == tag_of(billing.call("HEAD", PATH))
    assert tag_of(billing.get(PATH)) == tag_of(billing.get(PATH))


@pytest.mark.parametrize(
    "change",
    [
        {"status": "suspended"},
        {"status": "active", "status_since": "2024-02-01T00:00:00Z"},
        {"msisdn": "+79169999999"},
        {"plan": "another"},
        {"region": "Tver"},
        {"birth_date": "1990-03-01"},
        {"birth_date": None},
        {"contract": {"months": 3, "ends_on": "2026-01-01"}},
        {"verified": {"phone": False}},
        {"identifiers": [{"kind": "device", "value": "another"}]},
        {"reported_at": None},
    ],
    ids=str,
)
def test_the_tag_changes_with_what_is_answered(change: dict[str, Any], billing: Billing) -> None:
    before = tag_of(billing.put(PATH, {**BODY, "status": "suspended"}))
    assert tag_of(billing.put(PATH, {**BODY, **change})) != before


def test_the_tag_changes_with_an_identifier_that_another_door_saw(billing: Billing) -> None:
    before = tag_of(billing.put(PATH, BODY))
    seen = IdentifierSeen(Subscriber.objects.get().pk, digest("ip", "203.0.113.7"), _now())
    record_uses(seen=[seen])
    assert tag_of(billing.get(PATH)) != before


def test_a_write_with_the_current_tag_goes_on(billing: Billing) -> None:
    tag = tag_of(billing.put(PATH, BODY))
    answer = billing.put(PATH, {**BODY, "plan": "another"}, **{"If-Match": f'"old", {tag}'})
    assert answer.status_code == 200
    assert answer.json()["plan"] == "another"
    assert tag_of(answer) != tag
    refused(billing, {"If-Match": tag})


@pytest.mark.parametrize(
    "condition", ['"old"', '"old","older"', 'W/"old"', '"old" , W/"x"', '""', '"*"']
)
def test_a_write_with_another_tag_is_refused(condition: str, billing: Billing) -> None:
    billing.put(PATH, BODY)
    refused(billing, {"If-Match": condition})


def test_a_weak_tag_never_matches_a_write(billing: Billing) -> None:
    tag = tag_of(billing.put(PATH, BODY))
    refused(billing, {"If-Match": f"W/{tag}"})


def test_any_tag_means_somebody_who_is_known(billing: Billing) -> None:
    refused(billing, {"If-Match": "*"}, path="/subscribers/nobody")
    refused(billing, {"If-Match": '"x"'}, path="/subscribers/nobody")
    billing.put(PATH, BODY)
    assert billing.put(PATH, {**BODY, "plan": "b"}, **{"If-Match": "*"}).status_code == 200


def test_if_none_match_creates_only(billing: Billing) -> None:
    assert billing.put(PATH, BODY, **{"If-None-Match": "*"}).status_code == 201
    refused(billing, {"If-None-Match": "*"})
    tag = tag_of(billing.get(PATH))
    refused(billing, {"If-None-Match": tag})
    refused(billing, {"If-None-Match": f"W/{tag}"})
    assert billing.put(PATH, {**BODY, "plan": "b"}, **{"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize("form", ["{}", '"x", {}', "W/{}", "*"])
def test_what_the_client_has_is_not_sent_again(form: str, billing: Billing) -> None:
    tag = tag_of(billing.put(PATH, BODY))
    looks = PersonalAccess.objects.count()
    answer = billing.get(PATH, **{"If-None-Match": form.format(tag)})
    assert (answer.status_code, answer.content, tag_of(answer)) == (304, b"", tag)
    assert PersonalAccess.objects.count() == looks, "nothing was shown"
    assert billing.get(PATH, **{"If-None-Match": '"x"'}).status_code == 200
    assert billing.get(PATH, **{"If-Match": '"x"'}).status_code == 412


def test_tags_keep_to_what_a_client_is_shown(billing: Billing, app: Billing) -> None:
    billing.put(PATH, BODY)
    shown, masked = tag_of(billing.get(PATH)), tag_of(app.get(PATH))
    assert shown != masked
    # The answer to the one is not the answer to the other.
    assert app.get(PATH, **{"If-None-Match": shown}).status_code == 200
    before = PersonalAccess.objects.count()
    assert billing.get(PATH, **{"If-None-Match": shown}).status_code == 304
    assert app.get(PATH, **{"If-None-Match": masked}).status_code == 304
    assert PersonalAccess.objects.count() == before


def test_tags_differ_by_scope_where_nothing_else_does(billing: Billing, app: Billing) -> None:
    billing.put(PATH, {**BODY, "birth_date": None})
    assert billing.get(PATH).json() == app.get(PATH).json()
    assert tag_of(billing.get(PATH)) != tag_of(app.get(PATH))


def test_either_form_of_the_current_state_lets_a_write_go_on(
    billing: Billing, app: Billing
) -> None:
    billing.put(PATH, BODY)
    assert app.put(PATH, BODY, **{"If-Match": tag_of(billing.get(PATH))}).status_code == 200
    assert billing.put(PATH, BODY, **{"If-Match": tag_of(app.get(PATH))}).status_code == 200


@pytest.mark.parametrize("written", ["abc", '"a', '"a" "b"', '"a",', "*, *", '"a" b', "", 'w/"a"'])
@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_a_condition_that_cannot_be_read_is_refused(
    header: str, written: str, billing: Billing
) -> None:
    before = dump()
    answer = billing.put(PATH, BODY, **{header: written})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")
    assert dump() == before


DATE = "Mon, 01 Jan 2035 00:00:00 GMT"
DATED = dict.fromkeys(("If-Unmodified-Since", "If-Modified-Since", "If-Range"), DATE)


@pytest.mark.parametrize("header", DATED)
def test_dates_are_no_condition_of_a_write(header: str, billing: Billing) -> None:
    before = dump()
    answer = billing.put(PATH, BODY, **{header: DATE})
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_unsupported")
    assert header in answer.json()["detail"]
    assert dump() == before


WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/charges", {}),
    ("POST", "/charges/batch", {"charges": []}),
    ("POST", "/redemptions", {}),
    ("POST", "/redemptions/r/settle", {}),
    ("POST", "/referrals", {}),
    ("POST", "/webhooks", {}),
    ("DELETE", "/webhooks/1", None),
]


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match", *DATED])
@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_no_write_ignores_a_condition(
    method: str, path: str, body: Any, header: str, billing: Billing
) -> None:
    before = dump()
    answer = billing.call(method, path, body, **{header: "*"})
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_unsupported")
    assert dump() == before


def test_reads_without_a_tag_are_answered_in_full(billing: Billing) -> None:
    billing.put(PATH, BODY)
    for header in ("If-None-Match", "If-Modified-Since", "If-Range"):
        assert billing.get(f"{PATH}/wallet", **{header: '"x"'}).status_code == 200
    for header in ("If-Match", "If-Unmodified-Since"):
        assert billing.get(f"{PATH}/wallet", **{header: '"x"'}).status_code == 412


def test_a_late_report_is_a_conflict(billing: Billing) -> None:
    at = _now() - timedelta(hours=1)
    billing.put(PATH, {**BODY, "reported_at": at.isoformat()})
    before = dump()
    earlier = {**BODY, "plan": "b", "reported_at": (at - timedelta(seconds=1)).isoformat()}
    answer = billing.put(PATH, earlier)
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "stale_report"
    assert datetime.fromisoformat(problem["reported_at"]) == at
    assert "Retry-After" not in answer.headers
    assert dump() == before
    assert datetime.fromisoformat(billing.get(PATH).json()["reported_at"]) == at


def _now() -> datetime:
    return datetime.now(UTC)
