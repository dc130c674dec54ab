"""Redemptions in review are cleared or declined in the admin, with a reason."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Subscriber
from accounts.operations import put_subscribers
from loyalty.models import GateChange, Redemption
from loyalty.policy.gate import Screening
from tests.admin.conftest import IN_REVIEW, NOW, REVIEWS, LogIn, sentences_of
from tests.books import dump, wallet
from tests.factories import item, reserve
from tests.screens import WHY

LIST = reverse("admin:loyalty_redemption_changelist")
Says = dict[str, Screening]
STEPS = ("clear", "decline")


def page(redemption: Redemption) -> str:
    return reverse("admin:loyalty_redemption_change", args=[redemption.pk])


def address(step: str) -> str:
    return reverse("admin:loyalty_redemption_step", args=[step])


def take(
    browser: Browser, step: str, *redemptions: Redemption, reason: str = "I asked.", **said: Any
) -> Any:
    chosen = {"id": [str(each.pk) for each in redemptions], "reason": reason, **said}
    return browser.post(address(step), chosen, follow=True)


def buttons(browser: Browser, redemption: Redemption) -> list[str]:
    return [step.name for step, _ in browser.get(page(redemption)).context["steps"]]


def listed(browser: Browser, **query: str) -> set[str]:
    answer = browser.get(LIST, query)
    assert answer.status_code == 200
    return {redemption.redemption_id for redemption in answer.context["cl"].result_list}


def asked_for(redemption_id: str, says: Says, *, now: datetime = NOW) -> Redemption:
    says[redemption_id] = IN_REVIEW
    reserve(redemption_id, 100, "S-1", now=now)
    return Redemption.objects.get(redemption_id=redemption_id)


@pytest.fixture
def waiting(member: Subscriber, says: Says) -> Redemption:
    """100 of Anna's 500 points, in review."""
    return asked_for("R-2", says)


def test_what_is_cleared_is_reserved_from_now_on(reviewer: Browser, waiting: Redemption) -> None:
    assert buttons(reviewer, waiting) == ["clear", "decline"]
    answer = take(reviewer, "clear", waiting)
    assert sentences_of(answer) == ["1 redemption goes on."]
    assert answer.redirect_chain[-1][0] == page(waiting)
    expires_at = waiting.expires_at
    waiting.refresh_from_db()
    assert waiting.status == "reserved"
    assert waiting.expires_at > expires_at
    taken = GateChange.objects.get(subject_id="R-2", step="clear")
    assert (taken.changed_by, taken.reason) == ("ben", "I asked.")
    assert buttons(reviewer, waiting) == []


def test_what_is_declined_gives_its_points_back(reviewer: Browser, waiting: Redemption) -> None:
    assert wallet("S-1")["available"] == 400
    answer = take(reviewer, "decline", waiting)
    assert sentences_of(answer) == ["1 redemption is declined: its points are back."]
    waiting.refresh_from_db()
    assert waiting.status == "declined"
    assert wallet("S-1")["available"] == 500
    shown = reviewer.get(page(waiting)).content.decode()
    assert "I asked." in shown
    assert WHY.detail in shown


def test_the_page_has_words_and_the_history(reviewer: Browser, waiting: Redemption) -> None:
    answer = reviewer.get(page(waiting))
    shown = answer.content.decode()
    assert "in review" in shown
    assert "('in_review'" not in shown
    history = answer.context["history"]
    assert [(str(step.step), str(step.by), step.reason) for step in history] == [
        ("Held for review", "the screen", WHY.detail)
    ]


def test_many_are_decided_at_once_from_the_list(
    reviewer: Browser, waiting: Redemption, says: Says
) -> None:
    other = asked_for("R-3", says)
    settled = Redemption.objects.get(redemption_id="R-1")
    bulk = {"action": "decline", "_selected_action": [waiting.pk, other.pk, settled.pk]}
    asked = reviewer.post(f"{LIST}?q=S-1", bulk)
    assert [choice.id for choice in asked.context["going"]] == ["R-3", "R-2"]
    assert [choice.id for choice in asked.context["staying"]] == ["R-1"]
    answer = take(reviewer, "decline", waiting, other, filters=asked.context["filters"])
    assert sentences_of(answer) == ["2 redemptions are declined: their points are back."]
    assert answer.redirect_chain[-1][0] == f"{LIST}?q=S-1"


@pytest.mark.parametrize("step", STEPS)
def test_what_was_decided_meanwhile_is_not_decided_again(
    reviewer: Browser, waiting: Redemption, says: Says, step: str
) -> None:
    other = asked_for("R-3", says)
    take(reviewer, "clear" if step == "decline" else "decline", waiting)
    before = dump()
    [sentence] = sentences_of(take(reviewer, step, other, waiting))
    assert sentence.startswith("Nothing was changed. What you chose cannot go this way now")
    assert dump() == before


def test_a_closed_subscribers_redemption_is_not_cleared(
    reviewer: Browser, waiting: Redemption
) -> None:
    report = item(subscriber_id="S-1", status="closed", status_since=NOW, closed_at=NOW)
    put_subscribers(subscribers=[report], now=NOW)
    before = dump()
    assert "Nothing was changed." in sentences_of(take(reviewer, "clear", waiting))[0]
    assert dump() == before


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_needs_a_reason_that_can_be_kept(
    reviewer: Browser, waiting: Redemption, step: str, reason: str
) -> None:
    before = dump()
    answer = take(reviewer, step, waiting, reason=reason)
    assert answer.status_code == 200
    assert answer.context["form"].errors["reason"]
    assert dump() == before


@pytest.mark.parametrize("step", STEPS)
def test_the_longest_reason_is_kept(reviewer: Browser, waiting: Redemption, step: str) -> None:
    take(reviewer, step, waiting, reason="x" * 200)
    assert GateChange.objects.get(subject_id="R-2", step=step).reason == "x" * 200


@pytest.mark.parametrize("step", STEPS)
def test_a_step_needs_its_permission(log_in: LogIn, waiting: Redemption, step: str) -> None:
    reader = log_in("loyalty.view_redemption")
    decider = log_in("loyalty.decide_redemption", name="dan")
    before = dump()
    for browser in (reader, decider):
        assert browser.get(address(step), {"id": waiting.pk}).status_code == 403
        assert take(browser, step, waiting).status_code == 403
    assert Browser().post(address(step), {"id": waiting.pk}).status_code == 302
    assert buttons(reader, waiting) == []
    assert reader.get(LIST).context["action_form"] is None
    assert decider.get(page(waiting)).status_code == 403
    assert dump() == before


@pytest.mark.usefixtures("reviewer")
def test_a_step_of_another_site_is_refused(waiting: Redemption) -> None:
    forged = Browser(enforce_csrf_checks=True)
    forged.force_login(User.objects.get(username="ben"))
    before = dump()
    assert take(forged, "clear", waiting).status_code == 403
    assert dump() == before


@pytest.mark.parametrize("unknown", ["0", "999999", "x", "99999999999999999999999"])
def test_what_is_unknown_is_not_found(reviewer: Browser, waiting: Redemption, unknown: str) -> None:
    wrong = reverse("admin:loyalty_redemption_change", args=[unknown])
    assert reviewer.get(wrong).status_code == 404
    assert reviewer.get(address("clear"), {"id": [str(waiting.pk), unknown]}).status_code == 404
    assert reviewer.get(address("freeze"), {"id": waiting.pk}).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"R-1", "R-2"}),
        ({"status__exact": "in_review"}, {"R-2"}),
        ({"status__exact": "settled"}, {"R-1"}),
        ({"status__exact": "declined"}, set()),
        ({"month": "2024-01-01"}, set()),
        ({"month": "x"}, set()),
        ({"q": "R-2"}, {"R-2"}),
        ({"q": "R-"}, {"R-1", "R-2"}),
        ({"q": "S-1"}, {"R-1", "R-2"}),
        ({"q": "S-2"}, set()),
    ],
)
@pytest.mark.usefixtures("waiting")
def test_filters_and_search(reviewer: Browser, query: dict[str, str], found: set[str]) -> None:
    assert listed(reviewer, **query) == found


@pytest.mark.usefixtures("member")
def test_the_list_asks_as_much_for_many_as_for_few(
    log_in: LogIn, says: Says, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    browser = log_in(*REVIEWS)
    for n in range(4):
        asked_for(f"R-1{n}", says)
    with django_assert_max_num_queries(9):
        assert len(listed(browser)) == 5
