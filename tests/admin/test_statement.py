"""The statement says what the ledger says, now and as of a past instant."""

import csv
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Subscriber
from loyalty.operations.post_charges import post_charges
from loyalty.policy.accrual import ChargeItem
from loyalty.queries import ledger_pages
from tests.admin.conftest import LAST_WEEK, NOW, register

MOSCOW = ZoneInfo("Europe/Moscow")


def statement(browser: Browser, member: Subscriber, **query: str) -> Any:
    answer = browser.get(reverse("admin:loyalty_statement", args=[member.pk]), query)
    assert answer.status_code == 200
    return answer.context


def exported(browser: Browser, member: Subscriber, part: str) -> list[dict[str, str]]:
    address = reverse("admin:loyalty_statement_csv", args=[member.pk])
    answer = browser.get(f"{address}?{urlencode({'show': part})}")
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(b"".join(answer).decode().splitlines()))


def test_balances_and_lots(manager: Browser, member: Subscriber) -> None:
    shown = statement(manager, member)
    assert (shown["wallet"].available, shown["wallet"].value_minor) == (500, 500)
    assert [(lot.points, lot.remaining) for lot in shown["lots"]] == [(1000, 500)]
    assert [month.points_earned for month in shown["months"]] == [700]


def test_entries_newest_first_signed_as_the_member_sees_them(
    manager: Browser, member: Subscriber
) -> None:
    entries = statement(manager, member, show="entries")["entries"]
    assert [(entry.kind, entry.change, entry.available_after) for entry in entries] == [
        ("settlement", 0, 500),
        ("reservation", -200, 500),
        ("refund", -300, 700),
        ("accrual", 1000, 1000),
    ]


def test_charges_and_refunds_in_one_list(manager: Browser, member: Subscriber) -> None:
    billed = statement(manager, member, show="billed")["billed"]
    assert [(line.id, line.amount_minor, line.points_earned) for line in billed] == [
        ("RF-1", -30_000, -300),
        ("CH-1", 100_000, 1000),
    ]


def test_redemptions_and_payouts(manager: Browser, held: Subscriber) -> None:
    redemptions = statement(manager, held, show="redemptions")["redemptions"]
    assert [(row.redemption_id, row.status) for row in redemptions] == [("R-1", "settled")]
    payouts = statement(manager, held, show="payouts")["payouts"]
    assert [row.payout.status for row in payouts] == ["in_review"]


def test_as_of_a_past_instant(manager: Browser, member: Subscriber) -> None:
    then = (LAST_WEEK + timedelta(minutes=1)).astimezone(MOSCOW)
    as_of = then.replace(tzinfo=None).isoformat()
    shown = statement(manager, member, as_of=as_of)
    assert shown["wallet"].available == 1000
    assert [lot.remaining for lot in shown["lots"]] == [1000]
    entries = statement(manager, member, as_of=as_of, show="entries")["entries"]
    assert [entry.kind for entry in entries] == ["accrual"]


@pytest.mark.parametrize("as_of", ["2999-01-01T00:00", "yesterday"])
def test_a_moment_that_has_no_statement_says_why(
    manager: Browser, member: Subscriber, as_of: str
) -> None:
    address = reverse("admin:loyalty_statement", args=[member.pk])
    answer = manager.get(address, {"as_of": as_of})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize("as_of", ["2999-01-01T00:00", "yesterday"])
def test_there_is_no_file_as_of_such_a_moment_and_the_page_says_why(
    manager: Browser, member: Subscriber, as_of: str
) -> None:
    address = reverse("admin:loyalty_statement_csv", args=[member.pk])
    answer = manager.get(address, {"as_of": as_of, "show": "entries"}, follow=True)
    assert answer.redirect_chain
    assert 'role="alert"' in answer.content.decode()


def test_long_before_the_beginning_there_was_nothing(manager: Browser, member: Subscriber) -> None:
    assert statement(manager, member, as_of="0001-01-01T00:00")["wallet"].available == 0


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "²", "2025-01-01|x", "|", "a\x00b"])
@pytest.mark.parametrize("part", ["entries", "billed", "redemptions", "payouts", "nonsense"])
def test_an_invented_place_begins_somewhere(
    manager: Browser, member: Subscriber, part: str, after: str
) -> None:
    statement(manager, member, show=part, after=after)


@pytest.mark.parametrize("part", ["entries", "billed"])
def test_pages_and_files_hold_everything_once(
    manager: Browser, member: Subscriber, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    charges = [ChargeItem(f"CH-{n}", "S-1", 10_000, "top_up", NOW) for n in range(2, 130)]
    post_charges(charges=charges, now=NOW)
    monkeypatch.setattr(ledger_pages, "EXPORT_PAGE", 7)
    place = "number" if part == "entries" else "id"

    seen, after = [], ""
    while True:
        shown = statement(manager, member, show=part, after=after)
        seen += [str(getattr(row, place)) for row in shown[part]]
        after = shown["next"]
        if not after:
            break

    assert len(seen) == len(set(seen)) == {"entries": 132, "billed": 130}[part]
    assert [row[place] for row in exported(manager, member, part)] == seen


def test_a_file_runs_nothing_in_a_spreadsheet(manager: Browser, member: Subscriber) -> None:
    trap = ChargeItem("=1+2", "S-1", 10_000, "service", NOW)
    post_charges(charges=[trap], now=NOW)
    assert exported(manager, member, "entries")[0]["cause_id"] == "'=1+2"
    assert exported(manager, member, "billed")[-1]["amount"] == "1000.00"


def test_the_statement_asks_as_much_for_many_as_for_few(
    manager: Browser, member: Subscriber, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    charges = [ChargeItem(f"CH-{n}", "S-1", 10_000, "top_up", NOW) for n in range(2, 60)]
    post_charges(charges=charges, now=NOW)
    for part in ("overview", "entries", "billed", "redemptions", "payouts"):
        with django_assert_max_num_queries(10):
            statement(manager, member, show=part)


def test_a_new_subscriber_has_an_empty_statement(manager: Browser) -> None:
    newcomer = register("S-9", "+79160000009")
    for part in ("overview", "entries", "billed", "redemptions", "payouts"):
        answer = manager.get(reverse("admin:loyalty_statement", args=[newcomer.pk]), {"show": part})
        assert 'class="empty"' in answer.content.decode()
