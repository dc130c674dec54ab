"""Persons decide over payouts in the admin: with a reason, with a permission, and not alone."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from accounts.operations import put_subscribers
from loyalty.admin.gate import desk
from loyalty.models import GateChange, Payout
from loyalty.policy.gate import CLEAR, VERDICTS
from tests.admin.conftest import NOW, REVIEWS, Asking, LogIn, sentences_of
from tests.books import dump
from tests.factories import item

LIST = reverse("admin:loyalty_payout_changelist")
ABOVE = 450_000
STEPS = ("clear", "refuse", "freeze", "unfreeze", "claw_back")
PERMISSIONS = {
    "clear": "loyalty.decide_payout",
    "refuse": "loyalty.decide_payout",
    "freeze": "loyalty.freeze_payout",
    "unfreeze": "loyalty.freeze_payout",
    "claw_back": "loyalty.claw_back_payout",
}


def address(step: str) -> str:
    return reverse("admin:loyalty_payout_step", args=[step])


def page(payout: Payout) -> str:
    return reverse("admin:loyalty_payout_change", args=[payout.pk])


def take(
    browser: Browser, step: str, *payouts: Payout, reason: str = "I looked at it.", **said: Any
) -> Any:
    chosen = {"id": [str(payout.pk) for payout in payouts], "reason": reason, **said}
    return browser.post(address(step), chosen, follow=True)


def look(browser: Browser, step: str, *payouts: Payout) -> Any:
    return browser.get(address(step), {"id": [str(payout.pk) for payout in payouts]})


def buttons(browser: Browser, payout: Payout) -> list[str]:
    return [step.name for step, _ in browser.get(page(payout)).context["steps"]]


def foreseen(choices: Iterable[Any]) -> list[str]:
    return [str(choice.foreseen.words).replace("\u00a0", " ") for choice in choices]


def status(payout: Payout) -> str:
    payout.refresh_from_db()
    return payout.status


def test_what_is_cleared_is_paid_and_kept_with_who_and_why(
    reviewer: Browser, credit: Asking
) -> None:
    payout = credit()
    asked = look(reviewer, "clear", payout)
    assert foreseen(asked.context["going"]) == ["It will be cleared."]
    answer = take(reviewer, "clear", payout)
    assert sentences_of(answer) == ["1 payout is cleared."]
    assert answer.redirect_chain[-1][0] == page(payout)
    assert status(payout) == "paid"
    taken = GateChange.objects.get(subject_id=str(payout.pk), step="clear")
    assert (taken.changed_by, taken.reason) == ("ben", "I looked at it.")


def test_what_is_refused_is_not_paid(reviewer: Browser, credit: Asking) -> None:
    payout = credit()
    assert sentences_of(take(reviewer, "refuse", payout)) == ["1 payout is refused."]
    assert status(payout) == "refused"
    assert "I looked at it." in reviewer.get(page(payout)).content.decode()


def test_what_is_frozen_goes_on_once_it_is_unfrozen(reviewer: Browser, credit: Asking) -> None:
    payout = credit(screened=CLEAR, parts=3)
    assert buttons(reviewer, payout) == ["freeze", "claw_back"]
    assert sentences_of(take(reviewer, "freeze", payout)) == ["1 payout is frozen."]
    assert status(payout) == "frozen"
    assert buttons(reviewer, payout) == ["unfreeze", "claw_back"]
    assert sentences_of(take(reviewer, "unfreeze", payout)) == ["1 payout goes on."]
    assert status(payout) == "cleared"


def test_what_was_paid_is_taken_back(reviewer: Browser, credit: Asking) -> None:
    payout = credit(screened=CLEAR, parts=3)
    asked = look(reviewer, "claw_back", payout)
    assert foreseen(asked.context["going"]) == ["100 ₽ will be taken back."]
    assert sentences_of(take(reviewer, "claw_back", payout)) == ["1 payout was taken back."]
    assert status(payout) == "clawed_back"
    parts = payout.instalments.order_by("number").values_list("status", flat=True)
    assert list(parts) == ["clawed_back", "cancelled", "cancelled"]
    assert buttons(reviewer, payout) == []
    again = take(reviewer, "claw_back", payout)
    assert sentences_of(again) == ["There was nothing left to be taken back."]


@pytest.mark.usefixtures("held")
def test_what_charges_earned_goes_back_with_their_refunds_only(reviewer: Browser) -> None:
    excess = Payout.objects.get(kind="cap_excess")
    assert buttons(reviewer, excess) == ["clear", "refuse"]
    before = dump()
    assert "cannot go this way" in sentences_of(take(reviewer, "claw_back", excess))[0]
    assert dump() == before


def test_above_the_limit_the_first_verdict_is_a_proposal(
    reviewer: Browser, log_in: LogIn, credit: Asking
) -> None:
    payout = credit(value_minor=ABOVE)
    asked = look(reviewer, "clear", payout)
    assert foreseen(asked.context["going"]) == [
        "Your verdict will be a proposal: somebody else has to confirm it."
    ]
    assert "above the four-eyes limit" in sentences_of(take(reviewer, "clear", payout))[0]
    assert status(payout) == "in_review"

    assert buttons(reviewer, payout) == ["refuse"]
    before = dump()
    assert "You have proposed this yourself" in sentences_of(take(reviewer, "clear", payout))[0]
    assert dump() == before

    second = log_in(*REVIEWS, name="cat")
    assert "ben proposes to clear it" in " ".join(second.get(page(payout)).context["four_eyes"])
    asked = look(second, "clear", payout)
    assert foreseen(asked.context["going"]) == [
        "You will confirm the proposal of ben. It will be cleared."
    ]
    assert sentences_of(take(second, "clear", payout)) == ["1 payout is cleared."]
    assert status(payout) == "paid"
    assert second.get(page(payout)).context["decided_by"] == "ben, cat"


def test_another_verdict_takes_the_place_of_the_proposal(
    reviewer: Browser, log_in: LogIn, credit: Asking
) -> None:
    payout = credit(value_minor=ABOVE)
    take(reviewer, "clear", payout)
    take(log_in(*REVIEWS, name="cat"), "refuse", payout)
    assert status(payout) == "in_review"
    assert (payout.maker, payout.proposed_verdict) == ("cat", "refuse")
    assert buttons(reviewer, payout) == ["clear", "refuse"]


@pytest.mark.parametrize("value_minor", [30_000, ABOVE])
def test_nobody_clears_what_they_have_asked_for(
    reviewer: Browser, credit: Asking, value_minor: int
) -> None:
    payout = credit(value_minor=value_minor, maker="ben")
    assert buttons(reviewer, payout) == ["refuse"]
    assert reviewer.get(page(payout)).context["four_eyes"]
    before = dump()
    assert "somebody else has to confirm it" in sentences_of(take(reviewer, "clear", payout))[0]
    assert dump() == before


def test_what_was_decided_meanwhile_is_not_decided_again(reviewer: Browser, credit: Asking) -> None:
    first, second = credit("c"), credit("d")
    take(reviewer, "refuse", first)
    before = dump()
    [sentence] = sentences_of(take(reviewer, "clear", first, second))
    assert sentence.startswith("Nothing was changed.")
    assert dump() == before


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 501, "a\x00b"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_needs_a_reason(reviewer: Browser, credit: Asking, step: str, reason: str) -> None:
    payout = credit() if step in VERDICTS else credit(screened=CLEAR, parts=3)
    if step == "unfreeze":
        take(reviewer, "freeze", payout)
    before = dump()
    answer = take(reviewer, step, payout, reason=reason)
    assert answer.status_code == 200
    assert answer.context["form"].errors["reason"]
    assert 'role="alert"' in answer.content.decode()
    assert dump() == before


@pytest.mark.parametrize("step", STEPS)
def test_a_step_needs_its_permission(log_in: LogIn, credit: Asking, step: str) -> None:
    payout = credit()
    others = [each for each in REVIEWS if each != PERMISSIONS[step]]
    browser = log_in(*others, name="dan")
    before = dump()
    assert look(browser, step, payout).status_code == 403
    assert take(browser, step, payout).status_code == 403
    assert dump() == before
    assert step not in buttons(browser, payout)
    actions = dict(browser.get(LIST).context["action_form"].fields["action"].choices)
    assert step not in actions
    asked = {"action": step, "_selected_action": [str(payout.pk)]}
    assert browser.post(LIST, asked).status_code != 200
    assert dump() == before


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_closed_to_those_who_may_not_view(
    log_in: LogIn, credit: Asking, step: str
) -> None:
    payout = credit()
    browser = log_in(PERMISSIONS[step], name="dan")
    assert take(browser, step, payout).status_code == 403
    assert Browser().post(address(step), {"id": payout.pk}).status_code == 302


@pytest.mark.usefixtures("reviewer")
def test_a_step_of_another_site_is_refused(credit: Asking) -> None:
    payout = credit()
    forged = Browser(enforce_csrf_checks=True)
    forged.force_login(User.objects.get(username="ben"))
    before = dump()
    assert take(forged, "clear", payout).status_code == 403
    assert dump() == before


def test_looking_at_a_step_takes_nothing(reviewer: Browser, credit: Asking) -> None:
    payout = credit()
    before = dump()
    for step in STEPS:
        answer = reviewer.get(address(step), {"id": str(payout.pk), "reason": "Why not"})
        assert answer.status_code == 200
    assert dump() == before


@pytest.mark.parametrize("unknown", [str(UUID(int=7)), "x", "1", "' OR 1", "a\x00b"])
def test_what_is_unknown_is_not_found(reviewer: Browser, credit: Asking, unknown: str) -> None:
    payout = credit()
    assert reviewer.get(address("clear"), {"id": [str(payout.pk), unknown]}).status_code == 404
    chosen = {"id": [str(payout.pk), unknown], "reason": "Why"}
    assert reviewer.post(address("clear"), chosen).status_code == 404
    assert look(reviewer, "shred", payout).status_code == 404
    assert status(payout) == "in_review"


def test_none_or_too_many_are_said_to_be_so(
    reviewer: Browser, credit: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "CHOSEN_MAX", 1)
    chosen = [credit("c"), credit("d")]
    before = dump()
    for payouts in ([], chosen):
        answer = take(reviewer, "clear", *payouts, filters="status__exact=in_review")
        assert "at least one, and at most 1" in sentences_of(answer)[0]
        assert answer.redirect_chain[-1][0] == f"{LIST}?status__exact=in_review"
    bulk = {"action": "clear", "_selected_action": [str(payout.pk) for payout in chosen]}
    assert "at most 1" in sentences_of(reviewer.post(LIST, bulk, follow=True))[0]
    assert dump() == before


def test_many_are_chosen_in_the_list_and_decided_at_once(reviewer: Browser, credit: Asking) -> None:
    small, large = credit("c"), credit("d", value_minor=ABOVE)
    paid = credit("e", screened=CLEAR)
    chosen = [str(payout.pk) for payout in (small, large, paid)]
    bulk = {"action": "clear", "_selected_action": chosen}
    asked = reviewer.post(f"{LIST}?kind__exact=goodwill", bulk)
    assert asked.status_code == 200
    assert {choice.row.pk for choice in asked.context["going"]} == {small.pk, large.pk}
    assert foreseen(asked.context["staying"]) == ["Not possible: it is paid."]
    answer = take(reviewer, "clear", small, large, filters=asked.context["filters"])
    assert len(sentences_of(answer)) == 2
    assert answer.redirect_chain[-1][0] == f"{LIST}?kind__exact=goodwill"
    assert (status(small), status(large), status(paid)) == ("paid", "in_review", "paid")


def test_many_are_asked_about_with_few_questions(
    reviewer: Browser, credit: Asking, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    payouts = [credit(f"c{n}") for n in range(12)]
    with django_assert_max_num_queries(10):
        answer = look(reviewer, "clear", *payouts)
    assert len(answer.context["going"]) == 12


def test_a_reason_is_shown_and_never_run(reviewer: Browser, credit: Asking) -> None:
    payout = credit()
    take(reviewer, "refuse", payout, reason="<script>alert(1)</script>")
    for address_ in (page(payout), LIST):
        shown = reviewer.get(address_).content.decode()
        assert "<script>alert(1)" not in shown
        assert "&lt;script&gt;alert(1)" in shown


def test_what_exceeds_a_limit_after_all_is_said_to_be_held(
    reviewer: Browser, credit: Asking
) -> None:
    payout = credit(value_minor=300_000)
    with_it = credit("d", value_minor=300_000)
    answer = take(reviewer, "clear", payout, with_it)
    levels = [message.level_tag for message in answer.context["messages"]]
    assert sorted(levels) == ["success", "warning"]
    assert sorted([status(payout), status(with_it)]) == ["in_review", "paid"]
    held = payout if status(payout) == "in_review" else with_it
    assert take(reviewer, "clear", held).status_code == 200
    assert status(held) == "paid"


def test_what_goes_to_nobody_is_said_to_be_cancelled(reviewer: Browser, credit: Asking) -> None:
    payout = credit()
    suspended = item(subscriber_id="S-1", status="suspended", status_since=NOW)
    put_subscribers(subscribers=[suspended], now=NOW)
    [sentence] = sentences_of(take(reviewer, "clear", payout))
    assert "is cancelled" in sentence
    assert status(payout) == "cancelled"
