"""Subscribers are found by id or phone number, quickly, and shown with what they share."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Subscriber
from doors.admin import readonly
from tests.admin.conftest import CARD, LogIn, digest, register

LIST = reverse("admin:accounts_subscriber_changelist")


def found(browser: Browser, typed: str) -> str:
    answer = browser.post(LIST, {"q": typed}, follow=True)
    assert answer.status_code == 200
    assert typed not in answer.request["QUERY_STRING"] or typed.startswith("S-")
    return answer.content.decode()


@pytest.mark.parametrize(
    "typed", ["+79161234567", "8 (916) 123-45-67", "89161234567", "7 916 1234567"]
)
def test_a_phone_number_finds_its_line(manager: Browser, member: Subscriber, typed: str) -> None:
    register("S-2", "+79160000000")
    shown = found(manager, typed)
    assert f"/admin/accounts/subscriber/{member.pk}/change/" in shown
    assert "S-2" not in shown
    assert typed not in shown


def test_a_phone_number_in_an_address_is_replaced(manager: Browser, member: Subscriber) -> None:
    answer = manager.get(LIST, {"q": "+79161234567"})
    assert answer.status_code == 302
    assert "916" not in answer["Location"]


def test_an_unknown_phone_number_is_said_to_be_so(manager: Browser, member: Subscriber) -> None:
    assert "No subscriber has this phone number" in found(manager, "+79169999999")


def test_an_id_is_found_by_its_beginning(manager: Browser, member: Subscriber) -> None:
    register("T-1", "+79160000000")
    shown = found(manager, "S-")
    assert "S-1" in shown
    assert "T-1" not in shown


def test_an_id_that_looks_like_a_phone_number_is_an_id(
    manager: Browser, member: Subscriber
) -> None:
    register("79161234567", "+79160000000")
    answer = manager.post(LIST, {"q": "79161234567"})
    assert answer["Location"].endswith("?q=79161234567")


@pytest.mark.parametrize("key", ["x", "0", "9" * 30, "-1", "²"])
def test_an_invented_identifier_finds_nobody(
    manager: Browser, member: Subscriber, key: str
) -> None:
    answer = manager.get(LIST, {"identifier": key})
    assert answer.status_code == 200
    assert "Nothing matches" in answer.content.decode()


def test_a_shared_identifier_leads_to_those_who_share_it(
    manager: Browser, member: Subscriber
) -> None:
    register("S-2", "+79160000000", digest("card", CARD))
    page = reverse("admin:accounts_subscriber_change", args=[member.pk])
    shown = manager.get(page).content.decode()
    assert "1 other" in shown
    key = shown.partition("?identifier=")[2].partition('"')[0]
    listed = manager.get(LIST, {"identifier": key}).content.decode()
    assert "S-1" in listed
    assert "S-2" in listed


@pytest.mark.parametrize(
    ("query", "are_found"),
    [
        ({"status__exact": "active"}, True),
        ({"status__exact": "closed"}, False),
        ({"plan": "Family"}, True),
        ({"plan": "Start"}, False),
        ({"region": "Moscow"}, True),
        ({"verified": "both"}, True),
        ({"verified": "neither"}, False),
        ({"tier": "bronze"}, True),
        ({"tier": "gold"}, False),
        ({"tier": "none"}, False),
    ],
)
def test_filters(
    manager: Browser, member: Subscriber, query: dict[str, str], are_found: bool
) -> None:
    shown = manager.get(LIST, query).content.decode()
    assert (f"/subscriber/{member.pk}/change/" in shown) is are_found


def test_the_list_asks_as_much_for_many_as_for_one(
    log_in: LogIn, member: Subscriber, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(20):
        register(f"S-{number + 10}", f"+791600000{number:02d}")
    analyst = log_in("accounts.view_subscriber")
    # Session, user, two of permissions, two of filters, the count or its estimate, the rows.
    with django_assert_max_num_queries(10):
        analyst.get(LIST)


def test_a_large_table_is_estimated(
    manager: Browser, member: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readonly, "estimated_rows", lambda table: 5_000_000)
    assert manager.get(LIST).context["cl"].result_count == 5_000_000
