"""Payouts are listed, filtered, found, and shown with all that became of them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Subscriber
from doors.admin import readonly
from kernel.moments import add_months
from loyalty.admin.gate.words import PAYOUT_KINDS, PAYOUT_STATUSES, STEPS_TAKEN
from loyalty.models import Payout
from loyalty.operations.decide_payouts import clear_payouts
from loyalty.policy import gate
from loyalty.policy.gate import CLEAR, Reason, Screening
from tests.admin.conftest import NOW, REVIEWS, Asking, LogIn
from tests.screens import WHY

LIST = reverse("admin:loyalty_payout_changelist")
ABOVE = 450_000
WAITS = Screening("wait", (Reason("identity", "The identity is not verified."),))


def listed(browser: Browser, **query: str) -> set[str]:
    answer = browser.get(LIST, query)
    assert answer.status_code == 200
    return {payout.cause_id for payout in answer.context["cl"].result_list}


def shown(browser: Browser, payout: Payout) -> Any:
    answer = browser.get(reverse("admin:loyalty_payout_change", args=[payout.pk]))
    assert answer.status_code == 200
    return answer


def text(answer: Any) -> str:
    found: str = answer.content.decode().replace("\u00a0", " ")
    return found


@pytest.fixture
def four(credit: Asking) -> dict[str, Payout]:
    """One that waits, one in review, one cleared in three parts, and one above the limit."""
    return {
        "waits": credit("waits", screened=WAITS),
        "review": credit("review"),
        "cleared": credit("cleared", screened=CLEAR, parts=3),
        "above": credit("above", screened=CLEAR, value_minor=ABOVE, maker="ann"),
    }


def test_everything_has_words() -> None:
    assert PAYOUT_STATUSES.keys() == set(gate.PAYOUT_STATUSES)
    assert PAYOUT_KINDS.keys() == set(gate.PAYOUT_KINDS)
    assert set(gate.STEPS) | set(gate.REDEMPTION_STEPS) <= STEPS_TAKEN.keys()


@pytest.mark.usefixtures("four")
def test_the_list_says_why_each_waits_and_what_is_paid(reviewer: Browser) -> None:
    page = text(reviewer.get(LIST))
    assert "The identity is not verified." in page
    assert WHY.detail in page
    assert "Two persons have to agree." in page
    assert "ann has asked for it." in page
    assert "1 of 3" in page
    assert "4,500 ₽" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"waits", "review", "cleared", "above"}),
        ({"status__exact": "requested"}, {"waits"}),
        ({"status__exact": "in_review"}, {"review", "above"}),
        ({"status__exact": "cleared"}, {"cleared"}),
        ({"status__exact": "refused"}, set()),
        ({"kind__exact": "goodwill"}, {"waits", "review", "cleared", "above"}),
        ({"kind__exact": "referral_bonus"}, set()),
        ({"four_eyes": "mine"}, {"above"}),
        ({"four_eyes": "others"}, set()),
        ({"four_eyes": "first"}, set()),
        ({"four_eyes": "all"}, {"above"}),
        ({"four_eyes": "x"}, {"waits", "review", "cleared", "above"}),
        ({"month": NOW.date().replace(day=1).isoformat()}, None),
        ({"month": add_months(date(2024, 1, 1), -1).isoformat()}, set()),
        ({"month": "x"}, set()),
        ({"month": "9999-12-01"}, set()),
        ({"q": "S-1"}, {"waits", "review", "cleared", "above"}),
        ({"q": "S"}, set()),
        ({"q": " \x00"}, {"waits", "review", "cleared", "above"}),
    ],
)
@pytest.mark.usefixtures("four")
def test_filters_and_search(
    reviewer: Browser, query: dict[str, str], found: set[str] | None
) -> None:
    everything = {"waits", "review", "cleared", "above"}
    assert listed(reviewer, **query) == (everything if found is None else found)


def test_whose_turn_it_is_depends_on_who_asks(
    reviewer: Browser, log_in: LogIn, credit: Asking
) -> None:
    credit("fresh", value_minor=ABOVE)
    ann = log_in(*REVIEWS, name="ann")
    credit("of ann", value_minor=ABOVE, maker="ann")
    assert listed(ann, four_eyes="mine") == set()
    assert listed(ann, four_eyes="others") == {"of ann"}
    assert listed(reviewer, four_eyes="mine") == {"of ann"}
    assert listed(reviewer, four_eyes="first") == {"fresh"}


def test_a_payout_is_found_by_how_its_id_begins(reviewer: Browser, four: dict[str, Payout]) -> None:
    whole = str(four["review"].pk)
    for typed in (whole, whole.upper(), whole[:8], whole[:13], whole.replace("-", "")):
        assert listed(reviewer, q=typed) == {"review"}, typed
    assert listed(reviewer, q=whole[:7]) == set()


def test_payouts_of_a_referral_are_found_by_its_id(reviewer: Browser, credit: Asking) -> None:
    payout = credit()
    Payout.objects.filter(pk=payout.pk).update(cause_type="referral", cause_id="ref-1")
    assert listed(reviewer, q="ref-1") == {"ref-1"}


def test_the_list_asks_as_much_for_many_as_for_few(
    reviewer: Browser, credit: Asking, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for n in range(15):
        credit(f"c{n}", screened=CLEAR, parts=3)
    with django_assert_max_num_queries(10):
        assert len(listed(reviewer)) == 15


def test_the_list_is_cut_into_pages(
    reviewer: Browser, credit: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readonly.ReadOnlyAdmin, "list_per_page", 2)
    for n in range(3):
        credit(f"c{n}")
    assert len(listed(reviewer)) == 2
    assert len(listed(reviewer, p="2")) == 1


def test_empty_lists_say_what_would_be_there(reviewer: Browser) -> None:
    assert "has to pass the gate" in text(reviewer.get(LIST))
    assert "Nothing matches" in text(reviewer.get(LIST, {"status__exact": "paid"}))


def test_ways_of_the_list_are_those_that_the_user_may_go(manager: Browser, log_in: LogIn) -> None:
    assert "Give a credit" in text(manager.get(LIST))
    assert "Needs my confirmation" in text(manager.get(LIST))
    reader = log_in("loyalty.view_payout")
    assert "Give a credit" not in text(reader.get(LIST))
    assert "Needs my confirmation" not in text(reader.get(LIST))
    assert reader.get(LIST).context["action_form"] is None


def test_a_page_has_the_parts_the_history_and_the_entries(manager: Browser, credit: Asking) -> None:
    payout = credit(parts=3, maker="ann", note="Three days without a network.")
    clear_payouts(payout_ids=[payout.pk], reason="It is due.", by="ben", now=NOW)
    answer = shown(manager, payout)
    assert [(part.number, part.status) for part, _ in answer.context["parts"]] == [
        (1, "paid"),
        (2, "due"),
        (3, "due"),
    ]
    history = answer.context["history"]
    assert [(str(step.step), str(step.by), step.reason) for step in history] == [
        ("Asked for", "ann", "Three days without a network."),
        ("Held for review", "the screen", WHY.detail),
        ("Cleared", "ben", "It is due."),
    ]
    assert [entry.kind for entry in answer.context["entries"]] == ["grant", "payment"]
    assert answer.context["paid"] == "1 of 3"
    page = text(answer)
    assert "asked for by ann" in page
    assert "300 ₽" in page


def test_a_page_says_what_is_above_the_limit_once(reviewer: Browser, credit: Asking) -> None:
    payout = credit(screened=CLEAR, value_minor=ABOVE)
    answer = shown(reviewer, payout)
    assert "nobody decides alone" in " ".join(answer.context["four_eyes"])
    assert answer.context["why"] == []


def test_entries_are_shown_to_those_who_may_read_the_ledger(
    reviewer: Browser, credit: Asking
) -> None:
    answer = shown(reviewer, credit(screened=CLEAR))
    assert answer.context["entries"] is None
    assert "Entries in the ledger" not in text(answer)


def test_the_excess_of_a_month_names_the_month(reviewer: Browser, held: Subscriber) -> None:
    assert "Cap of the month" in text(shown(reviewer, held.payouts.get()))


@pytest.mark.parametrize("unknown", ["00000000-0000-0000-0000-000000000000", "x", "1"])
def test_what_is_unknown_is_not_found(reviewer: Browser, unknown: str) -> None:
    page = reverse("admin:loyalty_payout_change", args=[unknown])
    assert reviewer.get(page).status_code == 404


def test_a_page_is_not_written_to(manager: Browser, credit: Asking) -> None:
    payout = credit()
    page = reverse("admin:loyalty_payout_change", args=[payout.pk])
    manager.post(page, {"status": "paid"})
    payout.refresh_from_db()
    assert payout.status == "in_review"


def test_a_page_asks_few_questions(
    manager: Browser, credit: Asking, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    payout = credit(screened=CLEAR, parts=12)
    with django_assert_max_num_queries(12):
        shown(manager, payout)
