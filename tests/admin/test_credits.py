"""Credits that persons give: asked for in a form, and no way around the gate."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse

from loyalty.models import GateChange, Payout
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.terms import Terms
from loyalty.policy.terms_changes import content_with, terms_by_path
from tests.admin.conftest import NOW, LogIn, sentences_of
from tests.books import dump
from tests.factories import activate

GIVE = reverse("admin:loyalty_payout_credit")
CAUSE = "8d7a6c1e-0000-4000-8000-000000000001"

pytestmark = pytest.mark.usefixtures("member")


@pytest.fixture
def agent(log_in: LogIn) -> Browser:
    """Ann, who may ask for credits and decides over none."""
    return log_in("loyalty.view_payout", "loyalty.grant_payout", name="ann")


def filled(**said: str) -> dict[str, str]:
    return {
        "subscriber": "S-1",
        "value": "250",
        "reason": "Three days without a network.",
        "cause": CAUSE,
        **said,
    }


def ask(browser: Browser, **said: str) -> Any:
    return browser.post(GIVE, filled(**said), follow=True)


def test_a_credit_is_requested_with_who_and_why(agent: Browser) -> None:
    answer = ask(agent)
    [sentence] = sentences_of(answer)
    assert sentence.replace("\u00a0", " ").startswith("A credit of 250 ₽ for S-1 is requested.")
    payout = Payout.objects.get()
    assert answer.redirect_chain[-1][0].endswith(f"{payout.pk}/change/")
    assert (payout.kind, payout.status, payout.value_minor) == ("goodwill", "requested", 25_000)
    assert payout.maker == "ann"
    asked = GateChange.objects.get()
    assert (asked.step, asked.changed_by) == ("request", "ann")
    assert asked.reason == "Three days without a network."


def test_nobody_gives_more_than_a_days_credits(agent: Browser, settings: Any) -> None:
    settings.GOODWILL_DAILY_LIMIT = 300
    ask(agent)
    before = dump()
    answer = ask(agent, value="51", cause="8d7a6c1e-0000-4000-8000-000000000002")
    assert "You may give credits of 300" in answer.content.decode()
    assert dump() == before
    ask(agent, value="50", cause="8d7a6c1e-0000-4000-8000-000000000003")
    assert Payout.objects.count() == 2


def test_above_the_limit_it_waits_for_somebody_else(agent: Browser, reviewer: Browser) -> None:
    ask(agent, value="4500")
    payout = Payout.objects.get()
    screen_payouts(now=payout.requested_at)
    payout.refresh_from_db()
    assert (payout.status, payout.proposed_verdict) == ("in_review", "clear")
    step = reverse("admin:loyalty_payout_step", args=["clear"])
    reviewer.post(step, {"id": str(payout.pk), "reason": "Agreed."})
    payout.refresh_from_db()
    assert (payout.status, payout.maker, payout.checker) == ("paid", "ann", "ben")


@pytest.mark.parametrize(
    ("written", "value_minor"),
    [("99.50", 9_950), ("99,5", 9_950), ("1 500", 150_000), ("0.01", 1), (" 300 ", 30_000)],
)
def test_sums_as_people_write_them(agent: Browser, written: str, value_minor: int) -> None:
    ask(agent, value=written)
    assert Payout.objects.get().value_minor == value_minor


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("subscriber", "", "required"),
        ("subscriber", "nobody", "has not reported"),
        ("subscriber", "x" * 65, "at most 64"),
        ("subscriber", "a\x00b", "Null"),
        ("value", "", "required"),
        ("value", "0", "more than nothing"),
        ("value", "-5", "Give a sum"),
        ("value", "1e5", "Give a sum"),
        ("value", "NaN", "Give a sum"),
        ("value", "1,500.50", "Give a sum"),
        ("value", "1.005", "Give a sum"),
        ("value", "²", "Give a sum"),
        ("reason", "", "required"),
        ("reason", "   ", "required"),
        ("reason", "x" * 501, "at most 500"),
        ("cause", "", "required"),
        ("cause", "x", "valid UUID"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    agent: Browser, field: str, value: str, sentence: str
) -> None:
    before = dump()
    answer = ask(agent, **{field: value})
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert sentence in str(answer.context["form"].errors[field])
    assert 'role="alert"' in answer.content.decode()
    assert dump() == before


def test_a_sum_is_of_whole_points(agent: Browser) -> None:
    content = content_with({**terms_by_path(Terms()), "point_value_minor": 100})
    activate(content, effective_from=NOW, now=NOW)
    answer = ask(agent, value="99.50")
    assert "whole points" in str(answer.context["form"].errors["value"])
    ask(agent, value="99")
    assert Payout.objects.get().points == 99


def test_a_form_that_is_sent_twice_asks_for_one_credit(agent: Browser) -> None:
    ask(agent)
    before = dump()
    assert "was sent before" in sentences_of(ask(agent))[0]
    assert dump() == before


def test_every_empty_form_asks_for_a_credit_of_its_own(agent: Browser) -> None:
    pages = [agent.get(GIVE, {"subscriber": "S-1"}).content.decode() for _ in range(2)]
    causes = {re.findall(r'name="cause" value="([^"]+)"', page)[0] for page in pages}
    assert len(causes) == 2
    assert 'value="S-1"' in pages[0]
    assert "3,000\u00a0₽" in pages[0]


@pytest.mark.parametrize("may", ["loyalty.view_payout", "loyalty.grant_payout"])
def test_a_credit_needs_its_permissions(log_in: LogIn, may: str) -> None:
    browser = log_in(may)
    before = dump()
    assert browser.get(GIVE).status_code == 403
    assert ask(browser).status_code == 403
    assert dump() == before
    assert Browser().get(GIVE).status_code == 302


@pytest.mark.usefixtures("agent")
def test_a_form_of_another_site_is_refused() -> None:
    forged = Browser(enforce_csrf_checks=True)
    forged.force_login(User.objects.get(username="ann"))
    before = dump()
    assert ask(forged).status_code == 403
    assert dump() == before
