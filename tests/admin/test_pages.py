"""Every page of the admin answers to whom it should, and to nobody else."""

import pytest
from django.contrib import admin
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Subscriber
from loyalty.models import Payout, Redemption
from tests.admin.conftest import CARD, DEVICE, PHONE, LogIn

LISTS = [
    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for model in admin.site._registry
]
READ_ONLY = ["accounts_subscriber", "loyalty_redemption", "loyalty_payout", "loyalty_termsversion"]


def pages_of(member: Subscriber) -> list[str]:
    statement = reverse("admin:loyalty_statement", args=[member.pk])
    parts = ["overview", "entries", "billed", "redemptions", "payouts"]
    redemption, payout = Redemption.objects.get(), Payout.objects.get()
    return [
        reverse("admin:accounts_subscriber_change", args=[member.pk]),
        *(f"{statement}?show={part}" for part in parts),
        *(f"{statement}csv/?show={part}" for part in ("entries", "billed")),
        reverse("admin:loyalty_redemption_change", args=[redemption.pk]),
        reverse("admin:loyalty_payout_change", args=[payout.pk]),
    ]


@pytest.mark.parametrize("address", [reverse("admin:index"), *LISTS])
def test_lists_answer(manager: Browser, address: str) -> None:
    assert manager.get(address).status_code == 200


@pytest.mark.parametrize("address", LISTS)
def test_lists_are_closed_to_those_without_the_permission(log_in: LogIn, address: str) -> None:
    assert log_in().get(address).status_code == 403
    assert Browser().get(address).status_code == 302


def test_pages_of_a_member_answer_to_an_analyst(log_in: LogIn, held: Subscriber) -> None:
    may = ["accounts.view_subscriber", "loyalty.view_entry"]
    analyst = log_in(*may, "loyalty.view_redemption", "loyalty.view_payout")
    assert {analyst.get(page).status_code for page in pages_of(held)} == {200}


def test_pages_of_a_member_are_closed_to_others(log_in: LogIn, held: Subscriber) -> None:
    stranger = log_in()
    assert {stranger.get(page).status_code for page in pages_of(held)} == {403}
    assert {Browser().get(page).status_code for page in pages_of(held)} == {302}


def test_facts_without_the_ledger(log_in: LogIn, held: Subscriber) -> None:
    desk = log_in("accounts.view_subscriber")
    facts, statement, *_ = pages_of(held)
    answer = desk.get(facts)
    assert answer.status_code == 200
    assert statement.partition("?")[0] not in answer.content.decode()
    assert desk.get(statement).status_code == 403


@pytest.mark.parametrize("page", READ_ONLY)
def test_nobody_adds_or_deletes(manager: Browser, held: Subscriber, page: str) -> None:
    row = {
        "accounts_subscriber": held.pk,
        "loyalty_redemption": Redemption.objects.get().pk,
        "loyalty_payout": Payout.objects.get().pk,
        "loyalty_termsversion": 1,
    }[page]
    assert manager.post(reverse(f"admin:{page}_add"), {}).status_code == 403
    deletion = reverse(f"admin:{page}_delete", args=[row])
    assert manager.post(deletion, {"post": "yes"}).status_code == 403


def test_nobody_edits_what_billing_says(manager: Browser, member: Subscriber) -> None:
    page = reverse("admin:accounts_subscriber_change", args=[member.pk])
    assert manager.post(page, {"plan": "Free"}).status_code == 403
    member.refresh_from_db()
    assert member.plan == "Family"


def test_no_value_of_an_identifier_is_shown(manager: Browser, held: Subscriber) -> None:
    listed = reverse("admin:accounts_subscriber_changelist")
    for page in [*pages_of(held), listed]:
        answer = manager.get(page)
        shown = b"".join(answer) if answer.streaming else answer.content
        for value in (PHONE, PHONE[2:], CARD, DEVICE):
            assert value.encode() not in shown, page


def test_an_empty_program_says_what_to_do(manager: Browser) -> None:
    assert "knows no subscriber" in manager.get(reverse("admin:index")).content.decode()


def test_the_overview_shows_figures_to_those_who_may(log_in: LogIn, held: Subscriber) -> None:
    index = reverse("admin:index")
    reviewer = log_in("loyalty.view_payout", name="reviewer").get(index).content.decode()
    assert "Payouts in review" in reviewer
    assert "1,007" in reviewer
    assert "Issued" not in reviewer
    assert "sees none of the program" in log_in(name="nobody").get(index).content.decode()
