"""Referrals in the admin: listed, found, shown with their gates, and never written."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Subscriber
from loyalty.models import Payout
from loyalty.operations.pay_due import pay_due
from loyalty.operations.screen_payouts import screen_payouts
from referrals.admin.words import REASONS, REASONS_IN_SHORT, STATUSES
from referrals.models import Referral, ReferralCode
from referrals.operations.vest_referrals import vest_referrals
from referrals.policy.gates import EXPIRY_REASONS, REFERRAL_STATUSES
from tests.admin.conftest import NOW, LogIn
from tests.factories import invite, post, register

LIST = reverse("admin:referrals_referral_changelist")
DAY = timedelta(days=1)
LONG_AGO = NOW - 140 * DAY
NAMES = {"ref-good", "ref-left", "ref-poor", "ref-new"}
READS = ("accounts.view_subscriber", "referrals.view_referral")


def joined(name: str, *, at: datetime, bill: int = 0) -> None:
    """An invitee who was activated when they joined, with one bill a week later."""
    invite("inviter", name, referral_id=f"ref-{name}", now=at)
    if bill:
        week_later = at + 7 * DAY
        post(f"bill of {name}", name, amount_minor=bill, occurred_at=week_later, now=week_later)


@pytest.fixture
def four(db: None) -> Subscriber:
    """An inviter of four: one who qualified, one who left, one who paid little, one who is new."""
    inviter = register("inviter", now=LONG_AGO - 400 * DAY)
    joined("good", at=LONG_AGO, bill=180_000)
    joined("left", at=LONG_AGO, bill=180_000)
    joined("poor", at=LONG_AGO, bill=60_000)
    joined("new", at=NOW - 40 * DAY, bill=90_100)
    gone = LONG_AGO + 45 * DAY
    register("left", now=gone, status="suspended", status_since=gone, activated_at=LONG_AGO)
    for now in (NOW - DAY, NOW):
        vest_referrals(now=now)
        screen_payouts(now=now)
        pay_due(now=now)
    return inviter


@pytest.fixture
def analyst(log_in: LogIn) -> Browser:
    return log_in(*READS, "loyalty.view_payout")


def text(answer: Any) -> str:
    found: str = answer.content.decode().replace("\u00a0", " ")
    return found


def listed(browser: Browser, **query: str) -> set[str]:
    answer = browser.get(LIST, query)
    assert answer.status_code == 200
    return {referral.referral_id for referral in answer.context["cl"].result_list}


def page(name: str) -> str:
    found = Referral.objects.get(referral_id=f"ref-{name}")
    return reverse("admin:referrals_referral_change", args=[found.pk])


def gates(browser: Browser, name: str) -> list[tuple[str, str, int, str]]:
    answer = browser.get(page(name))
    assert answer.status_code == 200
    return [
        (
            gate.progress.replace("\u00a0", " "),
            gate.missing.replace("\u00a0", " "),
            gate.percent,
            str(gate.word.text),
        )
        for gate in answer.context["gates"]
    ]


def facts(browser: Browser, subscriber: Subscriber) -> Any:
    address = reverse("admin:accounts_subscriber_change", args=[subscriber.pk])
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer


def test_everything_has_words() -> None:
    assert STATUSES.keys() == set(REFERRAL_STATUSES)
    assert REASONS.keys() == REASONS_IN_SHORT.keys() == set(EXPIRY_REASONS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("good", [("3 of 3 months", "", 100, "met"), ("600 ₽, needed 500 ₽", "", 100, "met")]),
        (
            "left",
            [
                ("1 of 3 months", "2 months", 33, "not met"),
                ("600 ₽, needed 500 ₽", "", 100, "met"),
            ],
        ),
        (
            "poor",
            [("3 of 3 months", "", 100, "met"), ("200 ₽ of 500 ₽", "300 ₽", 40, "not met")],
        ),
        (
            "new",
            [
                ("1 of 3 months", "2 months", 33, "not yet"),
                ("300.33 ₽ of 500 ₽", "199.67 ₽", 60, "not yet"),
            ],
        ),
    ],
)
@pytest.mark.usefixtures("four")
def test_a_page_says_how_far_both_gates_are(
    analyst: Browser, name: str, expected: list[tuple[str, str, int, str]]
) -> None:
    assert gates(analyst, name) == expected


@pytest.mark.usefixtures("four")
def test_a_page_shows_the_bonus_with_its_instalments(analyst: Browser) -> None:
    answer = analyst.get(page("good"))
    [bonus] = answer.context["bonuses"]
    assert [(part.number, part.status) for part, _ in bonus["parts"]] == [
        (1, "paid"),
        (2, "due"),
        (3, "due"),
    ]
    payout = reverse("admin:loyalty_payout_change", args=[Payout.objects.get().pk])
    assert payout in text(answer)
    assert "referral bonus for inviter" in text(answer)
    assert 'role="progressbar"' in text(answer)
    assert 'aria-valuenow="100"' in text(answer)


@pytest.mark.usefixtures("four")
def test_a_page_says_why_there_is_no_bonus(analyst: Browser) -> None:
    assert "did not stay active" in text(analyst.get(page("left")))
    assert "less than the ARPU" in text(analyst.get(page("poor")))
    assert "brought no bonus" in text(analyst.get(page("poor")))
    assert "then the bonus is requested" in text(analyst.get(page("new")))


@pytest.mark.usefixtures("four")
def test_the_way_to_the_payout_is_open_to_those_who_may(log_in: LogIn) -> None:
    assert "Open the payout" not in text(log_in(*READS).get(page("good")))


@pytest.mark.usefixtures("four")
def test_a_payout_leads_to_its_referral(analyst: Browser, log_in: LogIn) -> None:
    payout = reverse("admin:loyalty_payout_change", args=[Payout.objects.get().pk])
    called = reverse("admin:referrals_referral_called", args=["ref-good"])
    assert called in text(analyst.get(payout))
    assert analyst.get(called)["Location"] == page("good")
    only_payouts = log_in("loyalty.view_payout", name="dan")
    assert called not in text(only_payouts.get(payout))
    assert only_payouts.get(called).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, NAMES),
        ({"status": "joined"}, {"ref-new"}),
        ({"status": "qualified"}, {"ref-good"}),
        ({"status": "expired"}, {"ref-left", "ref-poor"}),
        ({"status": "refused"}, set()),
        ({"reason": "invitee_left"}, {"ref-left"}),
        ({"reason": "arpu_not_reached"}, {"ref-poor"}),
        ({"month": LONG_AGO.date().replace(day=1).isoformat()}, NAMES - {"ref-new"}),
        ({"month": "x"}, set()),
        ({"q": "ref-good"}, {"ref-good"}),
        ({"q": "inviter"}, NAMES),
        ({"q": "left"}, {"ref-left"}),
        ({"q": "ref-"}, set()),
        ({"q": "AAAA-AAAA"}, set()),
    ],
)
@pytest.mark.usefixtures("four")
def test_filters_and_search(analyst: Browser, query: dict[str, str], found: set[str]) -> None:
    assert listed(analyst, **query) == found


def test_referrals_are_found_by_the_code(analyst: Browser, four: Subscriber) -> None:
    code = ReferralCode.objects.get(subscriber=four).code
    for typed in (code, code.lower(), f"{code[:4]}-{code[4:]}"):
        assert listed(analyst, q=typed) == NAMES


@pytest.mark.usefixtures("four")
def test_the_list_says_how_far_each_is_and_what_came_of_it(analyst: Browser) -> None:
    shown = text(analyst.get(LIST))
    for words in ("1 of 3 paid", "the invitee left", "ARPU not reached", "300.33 ₽ of 500 ₽"):
        assert words in shown


def test_the_list_asks_as_much_for_many_as_for_few(
    analyst: Browser, four: Subscriber, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for n in range(8):
        joined(f"more-{n}", at=NOW - (70 + 32 * n) * DAY)
    with django_assert_max_num_queries(13):
        assert len(listed(analyst)) == 12


def test_an_empty_list_says_what_would_be_there(analyst: Browser) -> None:
    assert "joined by an invitation" in text(analyst.get(LIST))


@pytest.mark.usefixtures("four")
def test_referrals_are_closed_to_others(log_in: LogIn) -> None:
    stranger = log_in("loyalty.view_payout")
    assert stranger.get(LIST).status_code == 403
    assert stranger.get(page("good")).status_code == 403
    assert Browser().get(page("good")).status_code == 302


@pytest.mark.usefixtures("four")
def test_nobody_writes_a_referral(manager: Browser) -> None:
    assert manager.post(reverse("admin:referrals_referral_add"), {}).status_code == 403
    referral = Referral.objects.get(referral_id="ref-new")
    deletion = reverse("admin:referrals_referral_delete", args=[referral.pk])
    assert manager.post(deletion, {"post": "yes"}).status_code == 403
    manager.post(page("new"), {"status": "qualified"})
    referral.refresh_from_db()
    assert referral.status == "joined"


@pytest.mark.parametrize("unknown", ["0", "x", "99999999999999999999999"])
def test_what_is_unknown_is_not_found(analyst: Browser, unknown: str) -> None:
    for name in ("referrals_referral_change", "referrals_referral_called"):
        assert analyst.get(reverse(f"admin:{name}", args=[unknown])).status_code == 404


def test_a_subscribers_page_shows_whom_they_invited(analyst: Browser, four: Subscriber) -> None:
    shown = text(facts(analyst, four))
    code = ReferralCode.objects.get(subscriber=four).code
    assert f"{code[:4]}-{code[4:]}" in shown
    assert "(2 expired, 1 joined, 1 qualified)" in shown
    assert f"{LIST}?q=inviter" in shown


@pytest.mark.usefixtures("four")
def test_a_subscribers_page_shows_who_invited_them(analyst: Browser) -> None:
    shown = text(facts(analyst, Subscriber.objects.get(external_id="good")))
    assert page("good") in shown
    assert "not asked for yet" in shown
    assert "nobody yet" in shown


def test_a_subscribers_page_keeps_invitations_from_others(log_in: LogIn, four: Subscriber) -> None:
    shown = text(facts(log_in("accounts.view_subscriber"), four))
    assert "Referral code" not in shown


def test_a_subscribers_payouts_are_in_their_statement(log_in: LogIn, four: Subscriber) -> None:
    statement = reverse("admin:loyalty_statement", args=[four.pk])
    reads = (*READS, "loyalty.view_entry")
    payout = reverse("admin:loyalty_payout_change", args=[Payout.objects.get().pk])
    credit = f"{reverse('admin:loyalty_payout_credit')}?subscriber=inviter"
    closed = text(log_in(*reads, name="dan").get(statement, {"show": "payouts"}))
    assert "referral bonus" in closed
    assert "1 of 3" in closed
    assert payout not in closed
    assert credit not in closed
    may = ("loyalty.view_payout", "loyalty.grant_payout")
    opened = text(log_in(*reads, *may, name="eve").get(statement, {"show": "payouts"}))
    assert payout in opened
    assert credit in opened
